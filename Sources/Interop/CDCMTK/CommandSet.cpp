#include "CommandSet.hpp"

#include "Fault.hpp"

#include <algorithm>

namespace cdcmtk {

static uint16_t short_at(const uint8_t *bytes) { return static_cast<uint16_t>(bytes[0] | bytes[1] << 8); }

static size_t long_at(const uint8_t *bytes) {
    return short_at(bytes) | static_cast<size_t>(short_at(bytes + 2)) << 16;
}

static void take(const uint8_t *value, size_t count, uint16_t &target) {
    if (count >= 2) target = short_at(value);
}

template <size_t size> static void take(const uint8_t *value, size_t count, char (&target)[size]) {
    const std::string text(reinterpret_cast<const char *>(value), count);
    copy_trimmed(target, size, text.c_str());
}

static void take_element(uint16_t element, const uint8_t *value, size_t count, cdcmtk_command &command) {
    uint16_t data = 0x0101;
    switch (element) {
        case 0x0002: case 0x0003: take(value, count, command.sop_class); break;
        case 0x0100: take(value, count, command.field); break;
        case 0x0110: case 0x0120: take(value, count, command.message); break;
        case 0x0600: take(value, count, command.destination); break;
        case 0x0700: take(value, count, command.priority); break;
        case 0x0800:
            take(value, count, data);
            command.has_data = data != 0x0101 ? 1 : 0;
            break;
        case 0x0900: take(value, count, command.status); break;
        case 0x0902: take(value, count, command.comment); break;
        case 0x1000: case 0x1001: take(value, count, command.sop_instance); break;
        case 0x1002: take(value, count, command.event); break;
        case 0x1008: take(value, count, command.action); break;
        case 0x1020: take(value, count, command.remaining); command.has_counts = 1; break;
        case 0x1021: take(value, count, command.completed); command.has_counts = 1; break;
        case 0x1022: take(value, count, command.failed); command.has_counts = 1; break;
        case 0x1023: take(value, count, command.warning); command.has_counts = 1; break;
        case 0x1030: take(value, count, command.originator); break;
        case 0x1031: take(value, count, command.originator_message); break;
        default: break;
    }
}

bool parse_command(const std::vector<uint8_t> &bytes, cdcmtk_command &command, std::string &problem) {
    size_t place = 0;
    while (place < bytes.size()) {
        if (bytes.size() - place < 8) {
            problem = "a command set is cut off";
            return false;
        }
        const uint8_t *head = bytes.data() + place;
        const size_t count = long_at(head + 4);
        if (short_at(head) != 0x0000 || count > bytes.size() - place - 8) {
            problem = "a command set holds something else than a command";
            return false;
        }
        take_element(short_at(head + 2), head + 8, count, command);
        place += 8 + count;
    }
    if (command.field == 0) {
        problem = "a command set without Command Field (0000,0100)";
        return false;
    }
    return true;
}

namespace {

class Writer {
public:
    void number(uint16_t element, uint16_t value) {
        head(element, 2);
        put_short(value);
    }
    // Padded to even length: UIDs with NUL, text with a blank (PS3.5 6.2).
    void text(uint16_t element, const char *value, char padding) {
        const size_t count = std::strlen(value);
        if (count == 0) return;
        head(element, count + count % 2);
        bytes_.insert(bytes_.end(), value, value + count);
        if (count % 2 != 0) bytes_.push_back(static_cast<uint8_t>(padding));
    }
    std::vector<uint8_t> finish() {
        std::vector<uint8_t> body;
        std::swap(body, bytes_);
        head(0x0000, 4);
        put_short(static_cast<uint16_t>(body.size()));
        put_short(static_cast<uint16_t>(body.size() >> 16));
        bytes_.insert(bytes_.end(), body.begin(), body.end());
        return std::move(bytes_);
    }

private:
    void put_short(uint16_t value) {
        bytes_.push_back(static_cast<uint8_t>(value));
        bytes_.push_back(static_cast<uint8_t>(value >> 8));
    }
    void head(uint16_t element, size_t count) {
        put_short(0x0000);
        put_short(element);
        put_short(static_cast<uint16_t>(count));
        put_short(static_cast<uint16_t>(count >> 16));
    }
    std::vector<uint8_t> bytes_;
};

}  // namespace

// Whether class and instance are "requested" (0003, 1001) or "affected" (0002, 1000): PS3.7 10.1.
static bool names_requested(uint16_t field) {
    return field == CDCMTK_N_GET_RQ || field == CDCMTK_N_SET_RQ || field == CDCMTK_N_ACTION_RQ ||
           field == CDCMTK_N_DELETE_RQ;
}

// In ascending order of elements.
std::vector<uint8_t> encode_command(const cdcmtk_command &command) {
    Writer writer;
    const bool answer = (command.field & 0x8000) != 0;
    const bool requested = names_requested(command.field);
    const bool transfers = command.field == CDCMTK_C_STORE_RQ || command.field == CDCMTK_C_FIND_RQ ||
                           command.field == CDCMTK_C_GET_RQ || command.field == CDCMTK_C_MOVE_RQ;
    writer.text(requested ? 0x0003 : 0x0002, command.sop_class, 0);
    writer.number(0x0100, command.field);
    writer.number(answer || command.field == CDCMTK_C_CANCEL_RQ ? 0x0120 : 0x0110, command.message);
    writer.text(0x0600, command.destination, ' ');
    if (transfers) writer.number(0x0700, command.priority);
    writer.number(0x0800, command.has_data != 0 ? 0x0001 : 0x0101);
    if (answer) writer.number(0x0900, command.status);
    writer.text(0x0902, command.comment, ' ');
    writer.text(requested ? 0x1001 : 0x1000, command.sop_instance, 0);
    if (command.event != 0) writer.number(0x1002, command.event);
    if (command.action != 0) writer.number(0x1008, command.action);
    if (command.has_counts != 0) {
        // Remaining only while there is more to come: PS3.7 9.3.3.2.
        if (command.status == 0xFF00) writer.number(0x1020, command.remaining);
        writer.number(0x1021, command.completed);
        writer.number(0x1022, command.failed);
        writer.number(0x1023, command.warning);
    }
    writer.text(0x1030, command.originator, ' ');
    if (command.originator[0] != 0) writer.number(0x1031, command.originator_message);
    return writer.finish();
}

}  // namespace cdcmtk
