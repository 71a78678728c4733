#include "Options.hpp"

#include "cdcmtk.h"

#include <arpa/inet.h>
#include <cmath>
#include <cstring>
#include <map>

namespace hilum::dicom {

namespace {

// An object of the options and the name it goes by in complaints.
class Section {
public:
    Section(const Json &json, std::string name, std::vector<std::string> &unknown)
        : json_(json), name_(std::move(name)), unknown_(unknown) {
        const std::string shown = name_.empty() ? "options" : name_;
        if (json.kind != Json::Kind::object) throw OptionsFault(shown + ": write an object");
    }

    void know(std::initializer_list<const char *> names) {
        for (const auto &member : json_.members) {
            bool known = false;
            for (const char *name : names) known = known || member.first == name;
            if (!known) unknown_.push_back(path(member.first));
        }
    }

    void take(const char *name, std::string &target) const {
        const Json *value = json_.find(name);
        if (value == nullptr) return;
        if (value->kind != Json::Kind::text) fail(name, "write a text");
        target = value->text;
    }

    void take(const char *name, bool &target) const {
        const Json *value = json_.find(name);
        if (value == nullptr) return;
        if (value->kind != Json::Kind::boolean) fail(name, "write true or false");
        target = value->boolean;
    }

    template <typename Number> void take(const char *name, Number &target, double least, double most) const {
        const Json *value = json_.find(name);
        if (value == nullptr) return;
        const bool whole = value->kind == Json::Kind::number && std::floor(value->number) == value->number;
        if (!whole || value->number < least || value->number > most) {
            fail(
                name, "write a whole number from " + std::to_string(static_cast<int64_t>(least)) + " to " +
                          std::to_string(static_cast<int64_t>(most)));
        }
        target = static_cast<Number>(value->number);
    }

    void take(const char *name, int &target, const std::map<std::string, int> &words) const {
        std::string word;
        take(name, word);
        if (word.empty()) return;
        const auto found = words.find(word);
        if (found == words.end()) {
            std::string known;
            for (const auto &entry : words) known += (known.empty() ? "" : ", ") + entry.first;
            fail(name, "\"" + word + "\" is none of " + known);
        }
        target = found->second;
    }

    template <typename Each> void each(const char *name, Each &&each) const {
        const Json *value = json_.find(name);
        if (value == nullptr) return;
        if (value->kind != Json::Kind::array) fail(name, "write a list");
        for (size_t index = 0; index < value->items.size(); index++) {
            each(value->items[index], path(name) + "[" + std::to_string(index) + "]");
        }
    }

    const Json *find(const char *name) const { return json_.find(name); }
    std::string path(const std::string &name) const { return name_.empty() ? name : name_ + "." + name; }
    [[noreturn]] void fail(const std::string &name, const std::string &cure) const {
        throw OptionsFault(path(name) + ": " + cure);
    }

private:
    const Json &json_;
    std::string name_;
    std::vector<std::string> &unknown_;
};

TLSOptions read_tls(const Json &json, const std::string &name, std::vector<std::string> &unknown) {
    Section section(json, name, unknown);
    section.know({"certificate", "key", "authorities", "clients", "profile"});
    TLSOptions tls;
    section.take("certificate", tls.certificate);
    section.take("key", tls.key);
    section.take("authorities", tls.authorities);
    section.take(
        "clients", tls.clients,
        {{"required", CDCMTK_PEER_REQUIRED}, {"requested", CDCMTK_PEER_REQUESTED}, {"none", CDCMTK_PEER_NONE}});
    section.take(
        "profile", tls.profile,
        {{"bcp195", CDCMTK_TLS_BCP195},
         {"non-downgrading", CDCMTK_TLS_NON_DOWNGRADING},
         {"extended", CDCMTK_TLS_EXTENDED}});
    return tls;
}

Listen read_listen(const Json &json, const std::string &name, std::vector<std::string> &unknown) {
    Section section(json, name, unknown);
    section.know({"address", "port", "tls"});
    Listen listen;
    section.take("address", listen.address);
    section.take("port", listen.port, 0, 65535);
    if (const Json *tls = section.find("tls")) listen.tls = read_tls(*tls, section.path("tls"), unknown);
    return listen;
}

Peer read_peer(const Json &json, const std::string &name, std::vector<std::string> &unknown) {
    static const std::map<std::string, int> words = {
        {"store", may_store}, {"find", may_find},     {"worklist", may_worklist},
        {"mpps", may_mpps},   {"commit", may_commit}, {"retrieve", may_retrieve}};
    Section section(json, name, unknown);
    section.know({"device", "ae", "address", "called", "associations", "may"});
    Peer peer;
    std::string address;
    section.take("device", peer.device);
    section.take("ae", peer.ae);
    section.take("called", peer.called);
    section.take("address", address);
    section.take("associations", peer.associations, 1, 10000);
    if (!address.empty()) {
        peer.range = AddressRange::parse(address);
        if (!peer.range) section.fail("address", "\"" + address + "\" is no address; write 10.1.2.3 or 10.0.0.0/8");
    }
    if (peer.ae.size() > 16) section.fail("ae", "an AE title has at most 16 characters");
    if (section.find("may") != nullptr) peer.may = 0;
    section.each("may", [&](const Json &item, const std::string &place) {
        const auto found = words.find(item.text);
        if (found == words.end()) {
            throw OptionsFault(place + ": write store, find, worklist, mpps, commit or retrieve");
        }
        peer.may |= static_cast<unsigned>(found->second);
    });
    return peer;
}

}  // namespace

std::shared_ptr<const Options> Options::parse(std::string_view json) {
    auto options = std::make_shared<Options>();
    const Json document = Json::parse(json);
    Section section(document, "", options->unknown);
    section.know(
        {"role", "ae_title", "incoming", "images", "listen", "tls", "max_pdu", "associations", "idle_seconds",
         "request_seconds", "answer_seconds", "largest_instance", "any_called", "any_storage", "peers"});
    section.take("role", options->role);
    section.take("ae_title", options->ae_title);
    section.take("incoming", options->incoming);
    section.take("images", options->images);
    section.take("max_pdu", options->max_pdu, 4096, 131072);
    section.take("associations", options->associations, 1, 4096);
    section.take("idle_seconds", options->idle_seconds, 1, 86400);
    section.take("request_seconds", options->request_seconds, 1, 600);
    section.take("answer_seconds", options->answer_seconds, 1, 3600);
    section.take("largest_instance", options->largest_instance, 1024, 1e15);
    section.take("any_called", options->any_called);
    section.take("any_storage", options->any_storage);
    section.each("listen", [&](const Json &item, const std::string &name) {
        options->listen.push_back(read_listen(item, name, options->unknown));
    });
    section.each("peers", [&](const Json &item, const std::string &name) {
        options->peers.push_back(read_peer(item, name, options->unknown));
    });
    if (const Json *tls = section.find("tls")) options->tls = read_tls(*tls, "tls", options->unknown);
    if (options->role != "node" && options->role != "sender" && options->role != "renderer") {
        throw OptionsFault("role: write node, sender or renderer");
    }
    if (options->ae_title.empty() || options->ae_title.size() > 16) {
        throw OptionsFault("ae_title: write one to sixteen characters");
    }
    if (options->role == "node" && (options->incoming.empty() || options->images.empty())) {
        throw OptionsFault("incoming, images: write two folders of one file system");
    }
    return options;
}

std::optional<AddressRange> AddressRange::parse(const std::string &text) {
    AddressRange range;
    const size_t slash = text.find('/');
    const std::string address = text.substr(0, slash);
    unsigned width = 128;
    if (inet_pton(AF_INET, address.c_str(), range.address.data() + 12) == 1) {
        range.address[10] = range.address[11] = 0xFF;  // RFC 4291 2.5.5.2
        width = 32;
    } else if (inet_pton(AF_INET6, address.c_str(), range.address.data()) != 1) {
        return std::nullopt;
    }
    range.bits = 128;
    if (slash != std::string::npos) {
        const std::string digits = text.substr(slash + 1);
        if (digits.empty() || digits.size() > 3 || digits.find_first_not_of("0123456789") != std::string::npos) {
            return std::nullopt;
        }
        const auto bits = static_cast<unsigned>(std::stoul(digits));
        if (bits > width) return std::nullopt;
        range.bits = 128 - width + bits;
    }
    return range;
}

bool AddressRange::contains(const std::array<uint8_t, 16> &other) const {
    const unsigned whole = bits / 8, rest = bits % 8;
    if (std::memcmp(address.data(), other.data(), whole) != 0) return false;
    if (rest == 0) return true;
    const auto mask = static_cast<uint8_t>(0xFF << (8 - rest));
    return ((address[whole] ^ other[whole]) & mask) == 0;
}

}  // namespace hilum::dicom
