// Sub-operations of a C-MOVE or C-GET, counted (PS3.7 9.1.3.1).
#ifndef HILUM_DICOM_TALLY_HPP
#define HILUM_DICOM_TALLY_HPP

#include "Sending.hpp"

#include <string>
#include <vector>

namespace hilum::dicom {

struct Tally {
    explicit Tally(size_t instances) : remaining(instances) {}

    size_t remaining, completed = 0, failed = 0, warned = 0;
    bool cancelled = false;
    std::string comment;
    std::vector<std::string> failed_instances;

    void count(const Instance &instance, const Sent &sent) {
        if (remaining > 0) remaining--;
        if (sent.status == 0) {
            completed++;
        } else if (sent.status >> 12 == 0xB) {
            warned++;
        } else {
            failed++;
            failed_instances.push_back(instance.sop_instance);
            if (comment.empty()) comment = sent.comment;
        }
    }

    // What was not tried any more counts as failed.
    void give_up(const std::vector<Instance> &instances, const std::string &reason) {
        for (size_t index = instances.size() - remaining; index < instances.size(); index++) {
            failed_instances.push_back(instances[index].sop_instance);
        }
        failed += remaining;
        remaining = 0;
        comment = reason;
    }

    // PS3.4 C.4.2.1.5.
    uint16_t final_status() const {
        if (cancelled) return 0xFE00;
        if (failed == 0) return warned > 0 ? 0xB000 : 0x0000;
        return completed + warned > 0 ? 0xB000 : 0xA702;
    }

    void put_counts(cdcmtk_command &command) const {
        const auto number = [](size_t count) { return static_cast<uint16_t>(count < 0xFFFF ? count : 0xFFFF); };
        command.has_counts = 1;
        command.remaining = number(remaining);
        command.completed = number(completed);
        command.failed = number(failed);
        command.warning = number(warned);
    }

    // Failed SOP Instance UID List (0008,0058), Explicit VR Little Endian; empty: none failed.
    std::vector<uint8_t> failed_list() const {
        std::string value;
        for (const std::string &uid : failed_instances) {
            // UI has a length of two bytes in explicit VR.
            if (value.size() + uid.size() + 2 > 0xFFFE) break;
            value += (value.empty() ? "" : "\\") + uid;
        }
        if (value.empty()) return {};
        if (value.size() % 2 != 0) value.push_back('\0');
        std::vector<uint8_t> bytes = {0x08, 0x00, 0x58, 0x00, 'U', 'I', static_cast<uint8_t>(value.size()),
                                      static_cast<uint8_t>(value.size() >> 8)};
        bytes.insert(bytes.end(), value.begin(), value.end());
        return bytes;
    }
};

}  // namespace hilum::dicom

#endif
