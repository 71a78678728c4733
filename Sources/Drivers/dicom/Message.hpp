// Messages to and from the gateway (hilum_driver.h, hilum_service_message).
#ifndef HILUM_DICOM_MESSAGE_HPP
#define HILUM_DICOM_MESSAGE_HPP

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hilum::dicom {

class Message {
public:
    explicit Message(std::string kind, uint64_t id = 0) : kind(std::move(kind)), id(id) {}

    Message &with(std::string_view name, std::string_view value);
    Message &with(std::string_view name, const char *value) { return with(name, std::string_view(value)); }
    Message &with(std::string_view name, uint64_t value) { return with(name, std::string_view(std::to_string(value))); }
    Message &with_unless_empty(std::string_view name, std::string_view value) {
        return value.empty() ? *this : with(name, value);
    }

    // The first value of a name, "" without.
    const std::string &operator[](std::string_view name) const;
    // A number; the fallback where there is none or it is not one.
    uint64_t number(std::string_view name, uint64_t fallback) const;
    bool has(std::string_view name) const;

    std::string head() const;
    static Message parse(std::string_view head, uint64_t id);

    std::string kind;
    uint64_t id;
    std::vector<std::pair<std::string, std::string>> fields;
    std::vector<uint8_t> body;
};

}  // namespace hilum::dicom

#endif
