// Preamble and File Meta Information (PS3.10 7.1).
#include "Fault.hpp"

#include <algorithm>
#include <cstdlib>
#include <unistd.h>
#include <vector>

using namespace cdcmtk;

namespace cdcmtk {

static void put_short(std::vector<uint8_t> &bytes, size_t value) {
    bytes.push_back(static_cast<uint8_t>(value));
    bytes.push_back(static_cast<uint8_t>(value >> 8));
}

static void put_element(std::vector<uint8_t> &bytes, uint16_t element, const char *vr, const std::string &value) {
    put_short(bytes, 0x0002);
    put_short(bytes, element);
    bytes.insert(bytes.end(), {static_cast<uint8_t>(vr[0]), static_cast<uint8_t>(vr[1])});
    if (std::strcmp(vr, "OB") == 0) {
        put_short(bytes, 0);
        put_short(bytes, value.size());
        put_short(bytes, value.size() >> 16);
    } else {
        put_short(bytes, value.size());
    }
    bytes.insert(bytes.end(), value.begin(), value.end());
}

static std::string padded(std::string value, char padding) {
    if (value.size() % 2 != 0) value.push_back(padding);
    return value;
}

static std::vector<uint8_t> header(
    const char *sop_class, const char *sop_instance, const char *transfer_syntax, const char *source) {
    std::vector<uint8_t> group;
    put_element(group, 0x0001, "OB", std::string("\0\1", 2));
    put_element(group, 0x0002, "UI", padded(sop_class, 0));
    put_element(group, 0x0003, "UI", padded(sop_instance, 0));
    put_element(group, 0x0010, "UI", padded(transfer_syntax, 0));
    put_element(group, 0x0012, "UI", padded(cdcmtk_implementation_class(), 0));
    put_element(group, 0x0013, "SH", padded(cdcmtk_implementation_version(), ' '));
    if (source[0] != 0) put_element(group, 0x0016, "AE", padded(source, ' '));
    std::vector<uint8_t> bytes(128, 0);
    for (char letter : {'D', 'I', 'C', 'M'}) bytes.push_back(static_cast<uint8_t>(letter));
    std::string length;
    for (int shift = 0; shift < 32; shift += 8) length.push_back(static_cast<char>(group.size() >> shift & 0xFF));
    put_element(bytes, 0x0000, "UL", length);
    bytes.insert(bytes.end(), group.begin(), group.end());
    return bytes;
}

static uint16_t short_at(const uint8_t *bytes) { return static_cast<uint16_t>(bytes[0] | bytes[1] << 8); }

static int32_t read_header(int file, cdcmtk_file_header &found, cdcmtk_fault *fault) {
    // Meta information of some hundred bytes; private information (0002,0102) may make it longer.
    std::vector<uint8_t> bytes(64 * 1024);
    const ssize_t got = pread(file, bytes.data(), bytes.size(), 0);
    if (got < 0) return tell(fault, CDCMTK_FILE, "the file cannot be read: " + system_text(errno), errno);
    const auto count = static_cast<size_t>(got);
    if (count < 132 || std::memcmp(bytes.data() + 128, "DICM", 4) != 0) {
        return tell(fault, CDCMTK_FILE, "this is no DICOM file: it has no \"DICM\" at byte 128");
    }
    size_t place = 132;
    while (count - place >= 8 && short_at(&bytes[place]) == 0x0002) {
        const uint8_t *head = &bytes[place];
        const bool is_long = (head[4] == 'O' && head[5] != 0) || (head[4] == 'U' && (head[5] == 'N' || head[5] == 'T'));
        if (is_long && count - place < 12) break;
        const size_t start = is_long ? 12 : 8;
        const size_t length =
            is_long ? short_at(head + 8) | static_cast<size_t>(short_at(head + 10)) << 16 : short_at(head + 6);
        if (length > count - place - start) break;
        const std::string value(reinterpret_cast<const char *>(head + start), length);
        switch (short_at(head + 2)) {
            case 0x0002: copy_trimmed(found.sop_class, sizeof(found.sop_class), value.c_str()); break;
            case 0x0003: copy_trimmed(found.sop_instance, sizeof(found.sop_instance), value.c_str()); break;
            case 0x0010: copy_trimmed(found.transfer_syntax, sizeof(found.transfer_syntax), value.c_str()); break;
            default: break;
        }
        place += start + length;
    }
    found.offset = place;
    if (found.transfer_syntax[0] == 0) {
        return tell(fault, CDCMTK_FILE, "the file names no transfer syntax (0002,0010)");
    }
    return CDCMTK_OK;
}

}  // namespace cdcmtk

extern "C" size_t cdcmtk_write_header(
    const char *sop_class, const char *sop_instance, const char *transfer_syntax, const char *source_ae,
    uint8_t **bytes) {
    try {
        const std::vector<uint8_t> made = header(sop_class, sop_instance, transfer_syntax, source_ae);
        *bytes = static_cast<uint8_t *>(malloc(made.size()));
        if (*bytes == nullptr) return 0;
        std::memcpy(*bytes, made.data(), made.size());
        return made.size();
    } catch (const std::exception &) {
        return 0;
    }
}

extern "C" int32_t cdcmtk_read_header(int32_t file, cdcmtk_file_header *header, cdcmtk_fault *fault) {
    *header = cdcmtk_file_header{};
    try {
        return read_header(file, *header, fault);
    } catch (const std::exception &problem) {
        return tell(fault, CDCMTK_FAILED, problem.what());
    }
}
