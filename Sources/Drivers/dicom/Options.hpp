// The options of README.md.
#ifndef HILUM_DICOM_OPTIONS_HPP
#define HILUM_DICOM_OPTIONS_HPP

#include "Json.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hilum::dicom {

struct TLSOptions {
    std::string certificate, key, authorities;
    int clients = 0;  // CDCMTK_PEER_
    int profile = 1;  // CDCMTK_TLS_
};

struct Listen {
    std::string address = "127.0.0.1";
    uint16_t port = 0;
    std::optional<TLSOptions> tls;
};

// A range of addresses, IPv4 in its IPv6 form.
struct AddressRange {
    std::array<uint8_t, 16> address{};
    unsigned bits = 0;

    // nullopt: it is neither an address nor address/bits.
    static std::optional<AddressRange> parse(const std::string &text);
    bool contains(const std::array<uint8_t, 16> &other) const;
};

// What a peer may ask for.
enum May : unsigned {
    may_store = 1, may_find = 2, may_worklist = 4, may_mpps = 8, may_commit = 16, may_retrieve = 32
};

struct Peer {
    std::string device, ae, called;
    std::optional<AddressRange> range;
    unsigned associations = 8;
    unsigned may = may_store;
};

struct Options {
    std::string role, ae_title = "HILUM", incoming, images;
    std::vector<Listen> listen;
    std::optional<TLSOptions> tls;  // of the sender
    uint32_t max_pdu = 131072;
    unsigned associations = 64;
    uint32_t idle_seconds = 60, request_seconds = 10, answer_seconds = 60;
    uint64_t largest_instance = 16ull << 30;
    bool any_called = false, any_storage = false;
    std::vector<Peer> peers;
    std::vector<std::string> unknown;  // names that nothing here knows

    // Throws OptionsFault.
    static std::shared_ptr<const Options> parse(std::string_view json);
};

}  // namespace hilum::dicom

#endif
