#include "Json.hpp"

#include <cstdlib>

namespace hilum::dicom {

namespace {

constexpr int deepest = 32;

class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    Json document() {
        Json value = read(0);
        blanks();
        if (place_ != text_.size()) fail("nothing more may follow");
        return value;
    }

private:
    [[noreturn]] void fail(const std::string &what) const {
        throw OptionsFault("options are not JSON: " + what + " at byte " + std::to_string(place_));
    }

    void blanks() {
        while (place_ < text_.size() && std::string_view(" \t\r\n").find(text_[place_]) != std::string_view::npos) {
            place_++;
        }
    }

    char peek() const { return place_ < text_.size() ? text_[place_] : '\0'; }

    void expect(char letter) {
        if (peek() != letter) fail(std::string("expected ") + letter);
        place_++;
    }

    bool word(std::string_view word) {
        if (text_.substr(place_, word.size()) != word) return false;
        place_ += word.size();
        return true;
    }

    Json read(int depth) {
        if (depth > deepest) fail("nested too deeply");
        blanks();
        Json value;
        const char first = peek();
        if (first == '{') {
            object(value, depth);
        } else if (first == '[') {
            array(value, depth);
        } else if (first == '"') {
            value.kind = Json::Kind::text;
            value.text = string();
        } else if (first == '-' || (first >= '0' && first <= '9')) {
            number(value);
        } else if (word("true") || word("false")) {
            value.kind = Json::Kind::boolean;
            value.boolean = first == 't';
        } else if (!word("null")) {
            fail("expected a value");
        }
        return value;
    }

    void object(Json &value, int depth) {
        value.kind = Json::Kind::object;
        expect('{');
        blanks();
        while (peek() != '}') {
            if (!value.members.empty()) expect(',');
            blanks();
            std::string name = string();
            blanks();
            expect(':');
            if (value.find(name) != nullptr) fail("a second \"" + name + "\"");
            Json member = read(depth + 1);
            value.members.emplace_back(std::move(name), std::move(member));
            blanks();
        }
        place_++;
    }

    void array(Json &value, int depth) {
        value.kind = Json::Kind::array;
        expect('[');
        blanks();
        while (peek() != ']') {
            if (!value.items.empty()) expect(',');
            value.items.push_back(read(depth + 1));
            blanks();
        }
        place_++;
    }

    void number(Json &value) {
        const size_t start = place_;
        static const std::string_view letters = "+-.eE0123456789";
        while (place_ < text_.size() && letters.find(text_[place_]) != std::string_view::npos) place_++;
        const std::string digits(text_.substr(start, place_ - start));
        char *end = nullptr;
        value.kind = Json::Kind::number;
        value.number = std::strtod(digits.c_str(), &end);
        if (*end != '\0') fail("expected a number");
    }

    unsigned hexadecimal() {
        unsigned value = 0;
        for (int digit = 0; digit < 4; digit++, place_++) {
            const char letter = peek();
            if (letter >= '0' && letter <= '9') {
                value = value * 16 + static_cast<unsigned>(letter - '0');
            } else if ((letter | 0x20) >= 'a' && (letter | 0x20) <= 'f') {
                value = value * 16 + static_cast<unsigned>((letter | 0x20) - 'a' + 10);
            } else {
                fail("expected four hexadecimal digits");
            }
        }
        return value;
    }

    static void append(std::string &text, unsigned scalar) {
        const auto put = [&](unsigned byte) { text.push_back(static_cast<char>(byte)); };
        if (scalar < 0x80) {
            put(scalar);
        } else if (scalar < 0x800) {
            put(0xC0 | scalar >> 6);
            put(0x80 | (scalar & 0x3F));
        } else if (scalar < 0x10000) {
            put(0xE0 | scalar >> 12);
            put(0x80 | (scalar >> 6 & 0x3F));
            put(0x80 | (scalar & 0x3F));
        } else {
            put(0xF0 | scalar >> 18);
            put(0x80 | (scalar >> 12 & 0x3F));
            put(0x80 | (scalar >> 6 & 0x3F));
            put(0x80 | (scalar & 0x3F));
        }
    }

    void escaped(std::string &text) {
        const char letter = peek();
        place_++;
        switch (letter) {
            case '"': case '\\': case '/': text.push_back(letter); return;
            case 'b': text.push_back('\b'); return;
            case 'f': text.push_back('\f'); return;
            case 'n': text.push_back('\n'); return;
            case 'r': text.push_back('\r'); return;
            case 't': text.push_back('\t'); return;
            case 'u': break;
            default: fail("an unknown escape");
        }
        unsigned scalar = hexadecimal();
        if (scalar >= 0xD800 && scalar < 0xDC00) {
            if (!word("\\u")) fail("half a surrogate pair");
            const unsigned low = hexadecimal();
            if (low < 0xDC00 || low > 0xDFFF) fail("half a surrogate pair");
            scalar = 0x10000 + ((scalar - 0xD800) << 10) + (low - 0xDC00);
        }
        append(text, scalar);
    }

    std::string string() {
        expect('"');
        std::string text;
        while (true) {
            if (place_ >= text_.size()) fail("a text without end");
            const char letter = text_[place_++];
            if (letter == '"') return text;
            if (letter == '\\') {
                escaped(text);
            } else if (static_cast<unsigned char>(letter) < 0x20) {
                fail("a control character in a text");
            } else {
                text.push_back(letter);
            }
        }
    }

    std::string_view text_;
    size_t place_ = 0;
};

}  // namespace

Json Json::parse(std::string_view text) { return Reader(text).document(); }

const Json *Json::find(std::string_view name) const {
    for (const auto &member : members) {
        if (member.first == name) return member.second.kind == Kind::null ? nullptr : &member.second;
    }
    return nullptr;
}

}  // namespace hilum::dicom
