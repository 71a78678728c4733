// Data sets of files in another transfer syntax, without loss, and with changes (PS3.5 8, A).
#include "DataSets.hpp"
#include "Fault.hpp"

#include "dcmtk/dcmdata/dcdeftag.h"
#include "dcmtk/dcmdata/dcdict.h"
#include "dcmtk/dcmdata/dcfilefo.h"
#include "dcmtk/dcmdata/dcostrmb.h"
#include "dcmtk/dcmdata/dcspchrs.h"
#include "dcmtk/dcmdata/dcwcache.h"

#include <algorithm>

using namespace cdcmtk;

namespace cdcmtk {

// Compressed, and the pixels come out as they went in (or: what is decompressed is what every viewer would show).
static bool can_decompress(E_TransferSyntax syntax) {
    switch (syntax) {
        case EXS_RLELossless:
        case EXS_JPEGProcess14:
        case EXS_JPEGProcess14SV1:
        case EXS_JPEGLSLossless: return true;
        default: return false;
    }
}

static bool is_uncompressed(E_TransferSyntax syntax) {
    return syntax == EXS_LittleEndianExplicit || syntax == EXS_LittleEndianImplicit ||
           syntax == EXS_BigEndianExplicit || syntax == EXS_DeflatedLittleEndianExplicit;
}

static bool can_convert(E_TransferSyntax from, E_TransferSyntax to) {
    if (from == EXS_Unknown || to == EXS_Unknown) return false;
    if (from == to) return true;
    return is_uncompressed(to) && (is_uncompressed(from) || can_decompress(from));
}

// From UTF-8 to what the data set declares (0008,0005). What cannot be said in it is an error, never a question mark.
static OFCondition to_character_set(DcmDataset &set, OFString &value) {
    const auto is_ascii = [](char letter) { return static_cast<unsigned char>(letter) < 0x80; };
    if (std::all_of(value.begin(), value.end(), is_ascii)) return EC_Normal;
    OFString declared;
    set.findAndGetOFStringArray(DCM_SpecificCharacterSet, declared);
    if (declared == "ISO_IR 192") return EC_Normal;
    DcmSpecificCharacterSet converter;
    OFString converted;
    OFCondition outcome = converter.selectCharacterSet("ISO_IR 192", declared);
    if (outcome.good()) outcome = converter.setConversionFlags(OFCharacterEncoding::AbortTranscodingOnIllegalSequence);
    if (outcome.good()) outcome = converter.convertString(value, converted);
    if (outcome.good()) value = converted;
    return outcome;
}

static OFCondition apply(DcmDataset &set, const cdcmtk_change &change) {
    const DcmTagKey key(change.group, change.element);
    if (change.value == nullptr) {
        const OFCondition outcome = set.findAndDeleteElement(key);
        return outcome == EC_TagNotFound ? OFCondition(EC_Normal) : outcome;
    }
    OFString value = change.value;
    const OFCondition outcome = to_character_set(set, value);
    return outcome.good() ? set.putAndInsertOFStringArray(DcmTag(key), value) : outcome;
}

static int32_t write(DcmDataset &set, E_TransferSyntax syntax, std::vector<uint8_t> &bytes, cdcmtk_fault *fault) {
    std::vector<uint8_t> buffer(1 << 20);
    DcmOutputBufferStream stream(buffer.data(), static_cast<offile_off_t>(buffer.size()));
    DcmWriteCache cache;
    OFCondition outcome;
    if (syntax == EXS_DeflatedLittleEndianExplicit) {
        outcome = stream.installCompressionFilter(ESC_zlib);
        if (outcome.bad()) return tell(fault, CDCMTK_FAILED, outcome.text());
    }
    set.transferInit();
    bool flushed = false;
    do {
        outcome = set.write(stream, syntax, EET_UndefinedLength, &cache, EGL_noChange);
        if (outcome.good()) {
            stream.flush();
            flushed = stream.isFlushed();
        }
        void *part = nullptr;
        offile_off_t count = 0;
        stream.flushBuffer(part, count);
        const auto *from = static_cast<const uint8_t *>(part);
        bytes.insert(bytes.end(), from, from + count);
    } while (outcome == EC_StreamNotifyClient || (outcome.good() && !flushed));
    set.transferEnd();
    if (outcome.bad()) {
        return tell(fault, CDCMTK_FAILED, std::string("the data set cannot be written: ") + outcome.text());
    }
    if (bytes.size() % 2 != 0) bytes.push_back(0);  // PS3.5 A.5: the deflated stream is padded
    return CDCMTK_OK;
}

static int32_t convert(
    const char *path, const char *uid, const cdcmtk_change *changes, size_t count, std::vector<uint8_t> &bytes,
    cdcmtk_fault *fault) {
    DcmFileFormat file;
    OFCondition outcome = file.loadFile(path, EXS_Unknown, EGL_noChange, 4096);
    if (outcome.bad()) return tell(fault, CDCMTK_FILE, std::string("the file cannot be read: ") + outcome.text());
    DcmDataset &set = *file.getDataset();
    const E_TransferSyntax from = set.getOriginalXfer(), to = DcmXfer(uid).getXfer();
    if (!can_convert(from, to)) {
        const std::string text = std::string(DcmXfer(from).getXferName()) + " cannot be made ";
        return tell(fault, CDCMTK_UNSUPPORTED, text + DcmXfer(to).getXferName() + " without loss");
    }
    if (from != to) {
        outcome = set.chooseRepresentation(to, nullptr);
        if (outcome.bad() || !set.canWriteXfer(to)) {
            const std::string text = "the pixel data cannot be decompressed: ";
            return tell(fault, CDCMTK_UNSUPPORTED, text + outcome.text());
        }
    }
    for (size_t index = 0; index < count; index++) {
        outcome = apply(set, changes[index]);
        if (outcome.bad()) {
            return tell(fault, CDCMTK_FAILED, std::string("an element cannot be changed: ") + outcome.text());
        }
    }
    return write(set, to, bytes, fault);
}

}  // namespace cdcmtk

extern "C" int32_t cdcmtk_can_convert(const char *from, const char *to) {
    return can_convert(DcmXfer(from).getXfer(), DcmXfer(to).getXfer()) ? 1 : 0;
}

extern "C" int32_t cdcmtk_convert(
    const char *path, const char *transfer_syntax, const cdcmtk_change *changes, size_t change_count,
    uint8_t **bytes, size_t *count, cdcmtk_fault *fault) {
    *bytes = nullptr;
    *count = 0;
    try {
        std::vector<uint8_t> converted;
        const int32_t outcome = convert(path, transfer_syntax, changes, change_count, converted, fault);
        if (outcome != CDCMTK_OK) return outcome;
        return hand_over(converted, bytes, count) ? CDCMTK_OK : tell(fault, CDCMTK_FAILED, "out of memory");
    } catch (const std::exception &problem) {
        return tell(fault, CDCMTK_FAILED, problem.what());
    }
}
