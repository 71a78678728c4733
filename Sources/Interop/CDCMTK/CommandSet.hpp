// Command sets (PS3.7 6.3, E): Implicit VR Little Endian, group 0000 only.
#ifndef CDCMTK_COMMAND_SET_HPP
#define CDCMTK_COMMAND_SET_HPP

#include "cdcmtk.h"

#include <cstdint>
#include <string>
#include <vector>

namespace cdcmtk {

// Longest command set that is taken. Those of the standard have some hundred bytes.
constexpr size_t longest_command = 64 * 1024;

bool parse_command(const std::vector<uint8_t> &bytes, cdcmtk_command &command, std::string &problem);
std::vector<uint8_t> encode_command(const cdcmtk_command &command);

}  // namespace cdcmtk

#endif
