// DIMSE messages as P-DATA (PS3.7 6.3, PS3.8 annex E): commands, and data sets to and from memory and files.
#include "Association.hpp"
#include "CommandSet.hpp"
#include "DataSets.hpp"
#include "Fault.hpp"

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <functional>
#include <unistd.h>

using namespace cdcmtk;

namespace cdcmtk {

// Bytes of an instance after which the system is asked to write them.
static const uint64_t write_behind = 8 << 20;

static int seconds_of(uint32_t milliseconds) { return static_cast<int>(std::max(1u, (milliseconds + 999) / 1000)); }

// The next fragment. Data of the fragment live until the next call.
static int32_t next_fragment(
    cdcmtk_association &association, uint32_t milliseconds, DUL_PDV &fragment, cdcmtk_fault *fault) {
    DUL_ASSOCIATIONKEY **upper = &association.upper->DULassociation;
    if (DUL_NextPDV(upper, &fragment).good()) return CDCMTK_OK;
    const OFCondition outcome = DUL_ReadPDVs(upper, nullptr, DUL_NOBLOCK, seconds_of(milliseconds));
    if (outcome == DUL_PDATAPDUARRIVED && DUL_NextPDV(upper, &fragment).good()) return CDCMTK_OK;
    if (outcome == DUL_PEERREQUESTEDRELEASE) {
        ASC_acknowledgeRelease(association.upper);
        return tell(fault, CDCMTK_RELEASED, "released");
    }
    return tell_upper(association, outcome, fault);
}

// All fragments of a data set.
static int32_t read_data(
    cdcmtk_association &association, const cdcmtk_command &command,
    const std::function<void(const uint8_t *, size_t)> &take, cdcmtk_fault *fault) {
    DUL_PDV fragment{};
    do {
        const int32_t outcome = next_fragment(association, association.idle, fragment, fault);
        if (outcome == CDCMTK_RELEASED) {
            return tell(fault, CDCMTK_MALFORMED, "the peer asked for release in the middle of a data set");
        }
        if (outcome != CDCMTK_OK) return outcome;
        if (fragment.pdvType != DUL_DATASETPDV || fragment.presentationContextID != command.context) {
            return tell(fault, CDCMTK_MALFORMED, "a command came in the middle of a data set");
        }
        take(static_cast<const uint8_t *>(fragment.data), fragment.fragmentLength);
    } while (!fragment.lastPDV);
    return CDCMTK_OK;
}

static int32_t receive_command(
    cdcmtk_association &association, uint32_t milliseconds, cdcmtk_command &command, cdcmtk_fault *fault) {
    std::vector<uint8_t> bytes;
    DUL_PDV fragment{};
    command = cdcmtk_command{};
    do {
        const uint32_t wait = bytes.empty() ? milliseconds : association.idle;
        const int32_t outcome = next_fragment(association, wait, fragment, fault);
        if (outcome != CDCMTK_OK) return outcome;
        if (fragment.pdvType != DUL_COMMANDPDV) {
            return tell(fault, CDCMTK_MALFORMED, "a data set came where a command must");
        }
        if (!bytes.empty() && fragment.presentationContextID != command.context) {
            return tell(fault, CDCMTK_MALFORMED, "a command changes its presentation context");
        }
        if (fragment.fragmentLength > longest_command - bytes.size()) {
            return tell(fault, CDCMTK_MALFORMED, "a command set longer than 64 KB");
        }
        command.context = fragment.presentationContextID;
        const auto *data = static_cast<const uint8_t *>(fragment.data);
        bytes.insert(bytes.end(), data, data + fragment.fragmentLength);
    } while (!fragment.lastPDV);
    std::string problem;
    if (association.syntaxes[command.context] == EXS_Unknown) {
        return tell(fault, CDCMTK_MALFORMED, "a command in a presentation context that was not accepted");
    }
    return parse_command(bytes, command, problem) ? CDCMTK_OK : tell(fault, CDCMTK_MALFORMED, problem);
}

static bool write_all(int file, const uint8_t *bytes, size_t count) {
    while (count > 0) {
        const ssize_t done = ::write(file, bytes, count);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return false;
        bytes += done;
        count -= static_cast<size_t>(done);
    }
    return true;
}

static int32_t send_fragment(
    cdcmtk_association &association, uint8_t context, bool is_command, bool is_last, const uint8_t *bytes,
    size_t count, cdcmtk_fault *fault) {
    DUL_PDV fragment{};
    fragment.fragmentLength = count;
    fragment.presentationContextID = context;
    fragment.pdvType = is_command ? DUL_COMMANDPDV : DUL_DATASETPDV;
    fragment.lastPDV = is_last ? OFTrue : OFFalse;
    fragment.data = const_cast<uint8_t *>(bytes);
    DUL_PDVLIST list{};
    list.count = 1;
    list.pdv = &fragment;
    const OFCondition outcome = DUL_WritePDVs(&association.upper->DULassociation, &list);
    return outcome.good() ? CDCMTK_OK : tell_upper(association, outcome, fault);
}

static int32_t send_command(
    cdcmtk_association &association, cdcmtk_command command, bool has_data, cdcmtk_fault *fault) {
    command.has_data = has_data ? 1 : 0;
    const std::vector<uint8_t> bytes = encode_command(command);
    return send_fragment(association, command.context, true, true, bytes.data(), bytes.size(), fault);
}

static int32_t send_encoded(
    cdcmtk_association &association, const cdcmtk_command &command, const uint8_t *bytes, size_t count,
    cdcmtk_fault *fault) {
    int32_t outcome = send_command(association, command, count > 0, fault);
    const size_t longest = association.upper->sendPDVLength;
    for (size_t place = 0; outcome == CDCMTK_OK && place < count;) {
        const size_t part = std::min(longest, count - place);
        outcome =
            send_fragment(association, command.context, false, place + part == count, bytes + place, part, fault);
        place += part;
    }
    return outcome;
}

static int32_t send_file(
    cdcmtk_association &association, const cdcmtk_command &command, int file, uint64_t offset,
    cdcmtk_fault *fault) {
    const off_t end = lseek(file, 0, SEEK_END);
    if (end < 0 || static_cast<uint64_t>(end) <= offset) {
        return tell(fault, CDCMTK_FILE, "the file holds no data set", end < 0 ? errno : 0);
    }
    int32_t outcome = send_command(association, command, true, fault);
    uint8_t *buffer = association.upper->sendPDVBuffer;
    const auto longest = static_cast<uint64_t>(association.upper->sendPDVLength);
    auto left = static_cast<uint64_t>(end) - offset;
    while (outcome == CDCMTK_OK && left > 0) {
        const auto part = static_cast<size_t>(std::min(longest, left));
        const ssize_t got = pread(file, buffer, part, static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) {
            // The message cannot be ended properly any more.
            const int error = got < 0 ? errno : EIO;
            cdcmtk_abort(&association);
            return tell(fault, CDCMTK_FILE, "the file could not be read to its end: " + system_text(error), error);
        }
        offset += static_cast<uint64_t>(got);
        left -= static_cast<uint64_t>(got);
        outcome = send_fragment(
            association, command.context, false, left == 0, buffer, static_cast<size_t>(got), fault);
    }
    return outcome;
}

static int32_t receive_file(
    cdcmtk_association &association, const cdcmtk_command &command, int file, uint64_t limit, uint64_t &size,
    cdcmtk_fault *fault) {
    int error = 0;
    bool too_large = false;
    uint64_t begun = 0;
    const int32_t outcome = read_data(
        association, command,
        [&](const uint8_t *bytes, size_t count) {
            size += count;
            too_large = too_large || size > limit;
            if (file < 0 || error != 0 || too_large) return;
            if (!write_all(file, bytes, count)) error = errno != 0 ? errno : EIO;
            if (size - begun >= write_behind) {
                // Begins writing what is there, so that the sync at the end of a long instance does not outlast the
                // peer's patience, and it does not fill the memory that others need.
                sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE);
                begun = size;
            }
        },
        fault);
    if (outcome != CDCMTK_OK) return outcome;
    if (error != 0) return tell(fault, CDCMTK_FILE, system_text(error), error);
    if (too_large) return tell(fault, CDCMTK_TOO_LARGE, "the instance has " + std::to_string(size) + " bytes");
    return CDCMTK_OK;
}

static int32_t receive_data(
    cdcmtk_association &association, const cdcmtk_command &command, size_t limit, uint8_t **bytes, size_t *count,
    cdcmtk_fault *fault) {
    std::vector<uint8_t> received;
    size_t size = 0;
    const int32_t outcome = read_data(
        association, command,
        [&](const uint8_t *part, size_t length) {
            size += length;
            if (size <= limit) received.insert(received.end(), part, part + length);
        },
        fault);
    if (outcome != CDCMTK_OK) return outcome;
    if (size > limit) return tell(fault, CDCMTK_TOO_LARGE, "the data set has " + std::to_string(size) + " bytes");
    std::vector<uint8_t> converted;
    std::string problem;
    if (!to_explicit(received, association.syntaxes[command.context], converted, problem)) {
        return tell(fault, CDCMTK_UNSUPPORTED, problem);
    }
    return hand_over(converted, bytes, count) ? CDCMTK_OK : tell(fault, CDCMTK_FAILED, "out of memory");
}

// No exception leaves this library.
template <typename Work> static int32_t guarded(cdcmtk_fault *fault, Work &&work) {
    try {
        return work();
    } catch (const std::exception &problem) {
        return tell(fault, CDCMTK_FAILED, problem.what());
    }
}

}  // namespace cdcmtk

extern "C" int32_t cdcmtk_is_waiting(cdcmtk_association *association, uint32_t milliseconds) {
    return association->link.wait_readable(Clock::now() + std::chrono::milliseconds(milliseconds)) ? 1 : 0;
}

extern "C" int32_t cdcmtk_receive_command(
    cdcmtk_association *association, uint32_t milliseconds, cdcmtk_command *command, cdcmtk_fault *fault) {
    return guarded(fault, [&] { return receive_command(*association, milliseconds, *command, fault); });
}

extern "C" int32_t cdcmtk_receive_data(
    cdcmtk_association *association, const cdcmtk_command *command, size_t limit, uint8_t **bytes, size_t *count,
    cdcmtk_fault *fault) {
    *bytes = nullptr;
    *count = 0;
    return guarded(fault, [&] { return receive_data(*association, *command, limit, bytes, count, fault); });
}

extern "C" int32_t cdcmtk_receive_file(
    cdcmtk_association *association, const cdcmtk_command *command, int32_t file, uint64_t limit, uint64_t *size,
    cdcmtk_fault *fault) {
    *size = 0;
    return guarded(fault, [&] { return receive_file(*association, *command, file, limit, *size, fault); });
}

extern "C" int32_t cdcmtk_send(
    cdcmtk_association *association, const cdcmtk_command *command, const uint8_t *bytes, size_t count,
    cdcmtk_fault *fault) {
    return guarded(fault, [&] {
        std::vector<uint8_t> encoded;
        std::string problem;
        const E_TransferSyntax syntax = association->syntaxes[command->context];
        if (count > 0 && !from_explicit(bytes, count, syntax, encoded, problem)) {
            return tell(fault, CDCMTK_UNSUPPORTED, problem);
        }
        return send_encoded(*association, *command, encoded.data(), encoded.size(), fault);
    });
}

extern "C" int32_t cdcmtk_send_encoded(
    cdcmtk_association *association, const cdcmtk_command *command, const uint8_t *bytes, size_t count,
    cdcmtk_fault *fault) {
    return guarded(fault, [&] { return send_encoded(*association, *command, bytes, count, fault); });
}

extern "C" int32_t cdcmtk_send_file(
    cdcmtk_association *association, const cdcmtk_command *command, int32_t file, uint64_t offset,
    cdcmtk_fault *fault) {
    return guarded(fault, [&] { return send_file(*association, *command, file, offset, fault); });
}
