// What arrives first, looked at before DCMTK does.
#include "Association.hpp"

#include <algorithm>
#include <cstring>

namespace cdcmtk {

static bool starts(const uint8_t *bytes, size_t count, const char *text) {
    const size_t length = std::strlen(text);
    return count >= length && std::memcmp(bytes, text, length) == 0;
}

std::string describe_stranger(const uint8_t *bytes, size_t count) {
    if (count == 0) return "nothing was sent";
    for (const char *method : {"GET ", "POST", "HEAD", "PUT ", "OPTI", "DELE", "CONN", "PRI "}) {
        if (starts(bytes, count, method)) return "this looks like HTTP, not DICOM";
    }
    if (bytes[0] == 0x16 && (count < 2 || bytes[1] == 0x03)) return "this looks like TLS";
    if (starts(bytes, count, "SSH-")) return "this looks like SSH, not DICOM";
    if (bytes[0] == 0x0B || starts(bytes, count, "MSH")) return "this looks like HL7 (MLLP), not DICOM";
    if (bytes[0] == 0x05) return "this looks like ASTM, not DICOM";
    if (bytes[0] >= 0x02 && bytes[0] <= 0x07) {
        return "a DICOM PDU of type 0" + std::to_string(bytes[0]) + " came where A-ASSOCIATE-RQ (01) must";
    }
    static const char digits[] = "0123456789ABCDEF";
    std::string text = "this is not DICOM; it begins";
    for (size_t index = 0; index < std::min<size_t>(count, 8); index++) {
        text += ' ';
        text += digits[bytes[index] >> 4];
        text += digits[bytes[index] & 15];
    }
    return text;
}

static size_t number(const uint8_t *bytes) { return static_cast<size_t>(bytes[0]) << 8 | bytes[1]; }

// Items of a stretch, one after the other; inside those that hold items, the same again.
static bool check_items(const uint8_t *bytes, size_t count, size_t &items, std::string &problem) {
    size_t place = 0;
    while (place < count) {
        if (count - place < 4 || ++items > 40000) {
            problem = count - place < 4 ? "an item of the request is cut off" : "the request has too many items";
            return false;
        }
        const uint8_t type = bytes[place];
        const size_t length = number(bytes + place + 2);
        if (length > count - place - 4) {
            problem = "an item of the request is longer than what holds it";
            return false;
        }
        const uint8_t *inside = bytes + place + 4;
        if (type == 0x20) {  // presentation context: ID, three reserved bytes, items
            if (length < 4) {
                problem = "a presentation context of the request is too short";
                return false;
            }
            if (!check_items(inside + 4, length - 4, items, problem)) return false;
        } else if (type == 0x50) {
            if (!check_items(inside, length, items, problem)) return false;
        } else if (type == 0x51 && length != 4) {
            problem = "the maximum length of the request has not four bytes";
            return false;
        } else if ((type == 0x30 || type == 0x40 || type == 0x10 || type == 0x52) && length > 64) {
            problem = "a UID of the request is longer than 64 characters";
            return false;
        } else if (type == 0x54 && (length < 4 || number(inside) > length - 4 || number(inside) > 64)) {
            problem = "a role selection of the request is malformed";
            return false;
        } else if (type == 0x56 && (length < 2 || number(inside) > length - 2 || number(inside) > 64)) {
            problem = "an extended negotiation of the request is malformed";
            return false;
        } else if (type == 0x58 && (length < 4 || number(inside + 2) > length - 4)) {
            problem = "the user identity of the request is malformed";
            return false;
        }
        place += 4 + length;
    }
    return true;
}

bool check_request(const uint8_t *bytes, size_t count, std::string &problem) {
    // Protocol version, reserved, called and calling AE titles, 32 reserved bytes: PS3.8 table 9-11.
    if (count < 68) {
        problem = "the request is too short";
        return false;
    }
    size_t items = 0;
    return check_items(bytes + 68, count - 68, items, problem);
}

}  // namespace cdcmtk
