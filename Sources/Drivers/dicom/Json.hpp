// A strict reader of JSON (RFC 8259), for options.
#ifndef HILUM_DICOM_JSON_HPP
#define HILUM_DICOM_JSON_HPP

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hilum::dicom {

// What is wrong with the options, and what to write instead.
struct OptionsFault : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Json {
public:
    enum class Kind { null, boolean, number, text, array, object };

    // Throws OptionsFault with the offset of the first mistake.
    static Json parse(std::string_view text);

    Kind kind = Kind::null;
    bool boolean = false;
    double number = 0;
    std::string text;
    std::vector<Json> items;
    std::vector<std::pair<std::string, Json>> members;

    // A member of an object; nullptr: there is none, or it is null.
    const Json *find(std::string_view name) const;
};

}  // namespace hilum::dicom

#endif
