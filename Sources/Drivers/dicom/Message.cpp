#include "Message.hpp"

namespace hilum::dicom {

static const char separator = '\x1F';

static std::string printable(std::string_view text) {
    std::string clean(text);
    for (char &letter : clean) {
        const auto byte = static_cast<unsigned char>(letter);
        if (byte < 0x20 || byte == 0x7F) letter = ' ';
    }
    return clean;
}

Message &Message::with(std::string_view name, std::string_view value) {
    fields.emplace_back(std::string(name), printable(value));
    return *this;
}

const std::string &Message::operator[](std::string_view name) const {
    static const std::string none;
    for (const auto &field : fields) {
        if (field.first == name) return field.second;
    }
    return none;
}

bool Message::has(std::string_view name) const {
    for (const auto &field : fields) {
        if (field.first == name) return true;
    }
    return false;
}

uint64_t Message::number(std::string_view name, uint64_t fallback) const {
    const std::string &text = (*this)[name];
    if (text.empty() || text.size() > 18 || text.find_first_not_of("0123456789") != std::string::npos) return fallback;
    return std::stoull(text);
}

std::string Message::head() const {
    std::string head = kind;
    for (const auto &field : fields) {
        head += separator;
        head += field.first;
        head += '=';
        head += field.second;
    }
    return head;
}

Message Message::parse(std::string_view head, uint64_t id) {
    size_t end = head.find(separator);
    Message message{std::string(head.substr(0, end)), id};
    while (end != std::string_view::npos) {
        const size_t start = end + 1;
        end = head.find(separator, start);
        const std::string_view field = head.substr(start, end == std::string_view::npos ? end : end - start);
        const size_t equals = field.find('=');
        message.fields.emplace_back(
            std::string(field.substr(0, equals)),
            equals == std::string_view::npos ? std::string() : std::string(field.substr(equals + 1)));
    }
    return message;
}

}  // namespace hilum::dicom
