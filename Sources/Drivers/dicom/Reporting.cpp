#include "Reporting.hpp"

#include "Node.hpp"

namespace hilum::dicom {

uint16_t status_of(const std::string &text, uint16_t fallback) {
    if (text.empty() || text.size() > 4 || text.find_first_not_of("0123456789ABCDEFabcdef") != std::string::npos) {
        return fallback;
    }
    return static_cast<uint16_t>(std::stoul(text, nullptr, 16));
}

void tell_refused(Node &node, Message &message) {
    uint64_t untold = 0;
    if (!node.refusals.admit(untold)) return;
    if (untold > 0) message.with("untold", untold);
    node.gateway.tell(message);
}

}  // namespace hilum::dicom
