// What several parts tell the gateway in the same words.
#ifndef HILUM_DICOM_REPORTING_HPP
#define HILUM_DICOM_REPORTING_HPP

#include "Message.hpp"

#include <cstdio>
#include <string>

namespace hilum::dicom {

class Node;

inline Message result_of(const Message &request, const char *outcome) {
    return Message("result", request.id).with("outcome", outcome);
}

inline Message failed_result(const Message &request, const std::string &reason, const std::string &cure) {
    return result_of(request, "failed").with("reason", reason).with("cure", cure);
}

inline std::string hexadecimal(uint16_t status) {
    char text[8] = "";
    snprintf(text, sizeof(text), "%04X", status);
    return text;
}

// Four hexadecimal digits; the fallback where they are none.
uint16_t status_of(const std::string &text, uint16_t fallback);

// Tells a refusal, unless too many were told this second.
void tell_refused(Node &node, Message &message);

// Storage commitment on an association of our own (PS3.4 J.3.3): the result for the gateway.
Message report_on_new_association(Node &node, const Message &request);

}  // namespace hilum::dicom

#endif
