// Depth of a data set, found before DCMTK parses it (PS3.5 7.1, 7.5).
#include "DataSets.hpp"

namespace cdcmtk {

namespace {

constexpr uint32_t undefined = 0xFFFFFFFF;
constexpr uint32_t item = 0xFFFEE000;
constexpr uint32_t item_end = 0xFFFEE00D;
constexpr uint32_t sequence_end = 0xFFFEE0DD;

class Walker {
public:
    Walker(const uint8_t *bytes, bool big) : bytes_(bytes), big_(big) {}

    // Elements up to the end, or to an item delimiter where the length is undefined. False: no data set, or too deep.
    bool elements(size_t &place, size_t end, bool is_explicit, bool delimited, int depth) {
        while (place < end) {
            if (end - place < 8) return fail("it is cut off");
            const uint32_t tag = tag_at(place);
            if (tag == item_end && delimited) {
                place += 8;
                return true;
            }
            uint32_t length = 0;
            bool sequence = false, inner_explicit = is_explicit;
            if (!head(place, end, is_explicit, length, sequence, inner_explicit)) return false;
            if (length == undefined || sequence || begins_with_item(place, length, end)) {
                if (!items(place, end, length, inner_explicit, depth)) return false;
            } else if (length > end - place) {
                return fail("an element is longer than what holds it");
            } else {
                place += length;
            }
        }
        return !delimited || fail("an item has no end");
    }

    std::string problem;

private:
    bool fail(const char *text) {
        if (problem.empty()) problem = text;
        return false;
    }

    bool head(
        size_t &place, size_t end, bool is_explicit, uint32_t &length, bool &sequence, bool &inner_explicit) {
        if (!is_explicit) {
            length = long_at(place + 4);
            place += 8;
            return true;
        }
        const char first = static_cast<char>(bytes_[place + 4]), second = static_cast<char>(bytes_[place + 5]);
        if (!is_long(first, second)) {
            length = short_at(place + 6);
            place += 8;
            return true;
        }
        if (end - place < 12) return fail("it is cut off");
        length = long_at(place + 8);
        sequence = first == 'S';
        inner_explicit = first != 'U' || second != 'N';  // PS3.5 6.2.2: inside UN it is implicit
        place += 12;
        return true;
    }

    // VRs whose length has four bytes: PS3.5 7.1.2.
    static bool is_long(char first, char second) {
        if (first == 'O') return true;
        if (first == 'S') return second == 'Q' || second == 'V';
        return first == 'U' && (second == 'C' || second == 'N' || second == 'R' || second == 'T' || second == 'V');
    }

    bool begins_with_item(size_t place, uint32_t length, size_t end) const {
        return length >= 8 && end - place >= 8 && tag_at(place) == item;
    }

    bool items(size_t &place, size_t end, uint32_t length, bool is_explicit, int depth) {
        if (depth >= deepest) return fail("its sequences are nested too deeply");
        if (length != undefined && length > end - place) return fail("a sequence is longer than what holds it");
        const size_t stop = length == undefined ? end : place + length;
        while (place < stop) {
            if (stop - place < 8) return fail("a sequence is cut off");
            const uint32_t tag = tag_at(place), size = long_at(place + 4);
            place += 8;
            if (tag == sequence_end && length == undefined) return true;
            if (tag != item) return fail("a sequence holds something else than items");
            if (size != undefined && size > stop - place) return fail("an item is longer than its sequence");
            const size_t item_stop = size == undefined ? stop : place + size;
            if (!elements(place, item_stop, is_explicit, size == undefined, depth + 1)) return false;
        }
        return length != undefined || fail("a sequence has no end");
    }

    uint16_t short_at(size_t place) const {
        const uint8_t first = bytes_[place], second = bytes_[place + 1];
        return static_cast<uint16_t>(big_ ? first << 8 | second : second << 8 | first);
    }
    uint32_t long_at(size_t place) const {
        const uint32_t first = short_at(place), second = short_at(place + 2);
        return big_ ? first << 16 | second : second << 16 | first;
    }
    uint32_t tag_at(size_t place) const {
        return static_cast<uint32_t>(short_at(place)) << 16 | short_at(place + 2);
    }

    const uint8_t *bytes_;
    bool big_;
};

}  // namespace

bool check_nesting(const uint8_t *bytes, size_t count, E_TransferSyntax syntax, std::string &problem) {
    const DcmXfer transfer(syntax);
    Walker walker(bytes, transfer.getByteOrder() == EBO_BigEndian);
    size_t place = 0;
    if (walker.elements(place, count, transfer.isExplicitVR(), false, 0)) return true;
    problem = "the data set cannot be read: " + walker.problem;
    return false;
}

}  // namespace cdcmtk
