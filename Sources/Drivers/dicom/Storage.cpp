// C-STORE (PS3.7 9.1.1, PS3.4 B): an instance to a file, and 0000 only when the gateway has it.
#include "Conversation.hpp"
#include "Reporting.hpp"

#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace hilum::dicom {

static bool write_header(int file, const cdcmtk_command &command, const std::string &syntax, const char *source) {
    uint8_t *bytes = nullptr;
    const size_t count = cdcmtk_write_header(command.sop_class, command.sop_instance, syntax.c_str(), source, &bytes);
    std::unique_ptr<uint8_t, decltype(&cdcmtk_free)> owner(bytes, cdcmtk_free);
    errno = ENOMEM;
    return count > 0 && write(file, bytes, count) == static_cast<ssize_t>(count);
}

static std::string disk_text(int error) {
    if (error == ENOSPC || error == EDQUOT) return "the disk is full";
    return std::string("the disk fails: ") + strerror(error);
}

bool Conversation::fail_store(
    const cdcmtk_command &command, uint16_t status, const std::string &reason, bool answered) {
    failed_++;
    node_.gateway.tell(about("failed")
                           .with("sop_class", command.sop_class)
                           .with("sop_instance", command.sop_instance)
                           .with("status", hexadecimal(status))
                           .with("reason", reason));
    return answered && answer(command, status, reason);
}

bool Conversation::store(const cdcmtk_command &command) {
    const Context &context = contexts_[command.context];
    PartFile file = node_.images.broken() == 0 ? node_.images.begin() : PartFile();
    int error = node_.images.broken();
    if (error == 0 && file.descriptor() < 0) error = file.error();
    if (error == 0 && !write_header(file.descriptor(), command, context.transfer_syntax, peer_.calling)) error = errno;
    if (command.has_data == 0) return fail_store(command, 0xC000, "C-STORE without a data set", true);
    uint64_t size = 0;
    const int32_t outcome = cdcmtk_receive_file(
        association_.get(), &command, error == 0 ? file.descriptor() : -1, options_->largest_instance, &size, &fault_);
    bytes_ += size;
    if (outcome == CDCMTK_TOO_LARGE) {
        const std::string most = std::to_string(options_->largest_instance);
        return fail_store(command, 0xA700, "larger than " + most + " bytes", true);
    }
    if (outcome == CDCMTK_FILE) {
        error = fault_.system_error;
    } else if (outcome != CDCMTK_OK) {
        return fail_store(command, 0x0110, fault_.text, false);
    }
    if (error == 0 && size == 0) return fail_store(command, 0xC000, "the data set is empty", true);
    std::string path;
    if (error == 0) error = node_.images.keep(file, path);
    if (error != 0) {
        if (node_.images.broken() != 0) {
            node_.gateway.tell(
                Message("trouble")
                    .with("problem", "instances cannot be made durable: " + disk_text(error))
                    .with("cure", "nothing is taken in any more; repair the disk, then start Hilum again"));
        }
        return fail_store(command, 0xA700, disk_text(error), true);
    }
    Message told = about("stored");
    told.with("sop_class", command.sop_class)
        .with("sop_instance", command.sop_instance)
        .with("transfer_syntax", context.transfer_syntax)
        .with("path", path)
        .with("size", size)
        .with("message", command.message);
    const std::optional<Message> reply = node_.gateway.ask(std::move(told), answer_time());
    if (!reply) return fail_store(command, 0xA700, "the gateway did not answer in time", true);
    const uint16_t status = status_of((*reply)["status"], 0xA700);
    // 0000 and the warnings (B000, B006, B007): it is stored.
    if (status == 0x0000 || status >> 12 == 0xB) stored_++; else failed_++;
    return answer(command, status, (*reply)["comment"]);
}

}  // namespace hilum::dicom
