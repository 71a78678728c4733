// Data sets of messages, between the transfer syntax of a context and Explicit VR Little Endian.
#ifndef CDCMTK_DATA_SETS_HPP
#define CDCMTK_DATA_SETS_HPP

#include "dcmtk/config/osconfig.h"

#include "dcmtk/dcmdata/dcxfer.h"

#include <cstdint>
#include <string>
#include <vector>

namespace cdcmtk {

// Deepest nesting of sequences that is parsed: DCMTK recurses, and a peer could exhaust the stack with a small message.
constexpr int deepest = 48;

bool check_nesting(const uint8_t *bytes, size_t count, E_TransferSyntax syntax, std::string &problem);

bool to_explicit(
    std::vector<uint8_t> &received, E_TransferSyntax syntax, std::vector<uint8_t> &converted, std::string &problem);
bool from_explicit(
    const uint8_t *bytes, size_t count, E_TransferSyntax syntax, std::vector<uint8_t> &encoded, std::string &problem);

// Copies to memory that cdcmtk_free frees.
bool hand_over(const std::vector<uint8_t> &from, uint8_t **bytes, size_t *count);

}  // namespace cdcmtk

#endif
