// Filling in what a caller is told.
#ifndef CDCMTK_FAULT_HPP
#define CDCMTK_FAULT_HPP

#include "cdcmtk.h"

#include <cerrno>
#include <cstring>
#include <string>

namespace cdcmtk {

// Printable text of what was received: control characters become blanks; what is too long is cut.
inline void copy_text(char *target, size_t size, const char *source) {
    size_t place = 0;
    for (; place + 1 < size && source[place] != 0; place++) {
        const auto byte = static_cast<unsigned char>(source[place]);
        target[place] = byte < 0x20 || byte == 0x7F ? ' ' : source[place];
    }
    target[place] = 0;
}

// The same without blanks at both ends, as AE titles and UIDs are compared (PS3.5 6.2).
inline void copy_trimmed(char *target, size_t size, const char *source) {
    while (*source == ' ') source++;
    copy_text(target, size, source);
    for (size_t count = std::strlen(target); count > 0 && target[count - 1] == ' '; count--) target[count - 1] = 0;
}

inline int32_t tell(cdcmtk_fault *fault, int32_t outcome, const std::string &text, int32_t system_error = 0) {
    if (fault != nullptr) {
        *fault = cdcmtk_fault{};
        fault->outcome = outcome;
        fault->system_error = system_error;
        copy_text(fault->text, sizeof(fault->text), text.c_str());
    }
    return outcome;
}

inline std::string system_text(int error) {
    char buffer[128] = "";
    return strerror_r(error, buffer, sizeof(buffer));
}

}  // namespace cdcmtk

#endif
