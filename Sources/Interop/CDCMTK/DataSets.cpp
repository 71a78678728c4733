#include "DataSets.hpp"

#include "dcmtk/dcmdata/dcdatset.h"
#include "dcmtk/dcmdata/dcistrmb.h"
#include "dcmtk/dcmdata/dcostrmb.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace cdcmtk {

static bool read(DcmDataset &set, const uint8_t *bytes, size_t count, E_TransferSyntax syntax, std::string &problem) {
    if (!check_nesting(bytes, count, syntax, problem)) return false;
    DcmInputBufferStream stream;
    stream.setBuffer(bytes, static_cast<offile_off_t>(count));
    stream.setEos();
    set.transferInit();
    const OFCondition outcome = set.read(stream, syntax, EGL_noChange);
    set.transferEnd();
    if (outcome.bad()) problem = std::string("the data set cannot be read: ") + outcome.text();
    return outcome.good();
}

static bool write(DcmDataset &set, E_TransferSyntax syntax, std::vector<uint8_t> &bytes, std::string &problem) {
    OFCondition outcome;
    std::vector<uint8_t> buffer(65536);
    DcmOutputBufferStream stream(buffer.data(), static_cast<offile_off_t>(buffer.size()));
    set.transferInit();
    do {
        outcome = set.write(stream, syntax, EET_ExplicitLength, nullptr, EGL_recalcGL);
        void *part = nullptr;
        offile_off_t count = 0;
        stream.flushBuffer(part, count);
        const auto *from = static_cast<const uint8_t *>(part);
        bytes.insert(bytes.end(), from, from + count);
    } while (outcome == EC_StreamNotifyClient);
    set.transferEnd();
    if (outcome.bad()) problem = std::string("the data set cannot be written: ") + outcome.text();
    return outcome.good();
}

static bool convert(
    const uint8_t *bytes, size_t count, E_TransferSyntax from, E_TransferSyntax to, std::vector<uint8_t> &converted,
    std::string &problem) {
    DcmDataset set;
    return read(set, bytes, count, from, problem) && write(set, to, converted, problem);
}

bool to_explicit(
    std::vector<uint8_t> &received, E_TransferSyntax syntax, std::vector<uint8_t> &converted, std::string &problem) {
    if (syntax != EXS_LittleEndianExplicit) {
        return convert(received.data(), received.size(), syntax, EXS_LittleEndianExplicit, converted, problem);
    }
    std::swap(received, converted);
    return check_nesting(converted.data(), converted.size(), syntax, problem);
}

bool from_explicit(
    const uint8_t *bytes, size_t count, E_TransferSyntax syntax, std::vector<uint8_t> &encoded, std::string &problem) {
    if (syntax != EXS_LittleEndianExplicit) {
        return convert(bytes, count, EXS_LittleEndianExplicit, syntax, encoded, problem);
    }
    encoded.assign(bytes, bytes + count);
    return true;
}

bool hand_over(const std::vector<uint8_t> &from, uint8_t **bytes, size_t *count) {
    auto *memory = static_cast<uint8_t *>(malloc(std::max<size_t>(from.size(), 1)));
    if (memory == nullptr) return false;
    if (!from.empty()) std::memcpy(memory, from.data(), from.size());
    *bytes = memory;
    *count = from.size();
    return true;
}

}  // namespace cdcmtk
