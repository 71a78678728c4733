// The request of an association: who may, and what for (PS3.8 7.1, PS3.7 D).
#include "Conversation.hpp"
#include "Reporting.hpp"
#include "SOPClasses.hpp"

namespace hilum::dicom {

static const char *cure_of(const cdcmtk_fault &fault) {
    const std::string text = fault.text;
    if (text.find("looks like TLS") != std::string::npos) return "use the port that has TLS, or switch TLS off there";
    if (text.find("without TLS") != std::string::npos) return "switch TLS on at the device, or use the port without it";
    if (text.find("TLS handshake") != std::string::npos) {
        return "compare certificates, authorities and TLS profile of both sides";
    }
    if (text.find("HTTP") != std::string::npos) return "a browser or a network scanner; a device needs another port";
    if (fault.outcome == CDCMTK_CLOSED) return "nothing, if this was a test of the port";
    if (fault.outcome == CDCMTK_TIMEOUT) return "look at the device and the network between";
    return "find out what connects from this address";
}

void Conversation::refuse(const std::string &reason, const std::string &cure) {
    Message message = about("refused");
    message.with("reason", reason).with("cure", cure);
    tell_refused(node_, message);
}

void Conversation::reject(uint8_t result, uint8_t source, uint8_t reason) {
    cdcmtk_reject(association_.get(), result, source, reason);
}

void Conversation::end_opening() {
    if (is_opening_.exchange(false)) node_.end_opening(origin_);
}

bool Conversation::open() {
    const uint32_t wait = options_->request_seconds * 1000;
    const int32_t outcome = cdcmtk_receive_request(
        association_.get(), options_->max_pdu, wait, options_->idle_seconds * 1000, &fault_);
    end_opening();
    cdcmtk_get_peer(association_.get(), &peer_);
    if (outcome != CDCMTK_OK) {
        refuse(fault_.text, cure_of(fault_));
        return false;
    }
    const std::string calling = peer_.calling, called = peer_.called;
    const Peer *peer = Node::find_peer(*options_, calling, origin_);
    if (std::string(peer_.application_context) != "1.2.840.10008.3.1.1.1") {
        refuse("the application context is not DICOM's", "the device does not speak DICOM as it should");
        reject(1, 1, 2);
        return false;
    }
    if (peer == nullptr) {
        refuse(
            "no device has the calling AE title " + calling + " and the address " + origin_.text,
            "add the device with this AE title and address, or correct them");
        reject(1, 1, 3);
        return false;
    }
    device_ = peer->device;
    const std::string &expected = peer->called.empty() ? options_->ae_title : peer->called;
    if (!options_->any_called && called != expected) {
        refuse(
            "called AE title " + called + ", but ours is " + expected,
            "write " + expected + " as the AE title of the destination at the device");
        reject(1, 1, 7);
        return false;
    }
    if (!node_.admit(*options_, *peer)) {
        refuse(
            "too many associations: " + std::to_string(peer->associations) + " of this device or " +
                std::to_string(options_->associations) + " in all are allowed",
            "wait until some end, or raise the limit");
        reject(2, 3, 2);
        return false;
    }
    struct Dismissal {
        Node &node;
        const Peer &peer;
        ~Dismissal() { node.dismiss(peer); }
    } dismissal{node_, *peer};
    may_ = peer->may;
    negotiate(*peer);
    return true;
}

// "" where the context can be served; else why not.
std::string Conversation::judge(const cdcmtk_context &context, const Peer &peer) const {
    const SOPClass *known = find_sop_class(context.abstract_syntax);
    const bool storage = known == nullptr && (cdcmtk_is_storage(context.abstract_syntax) != 0 || options_->any_storage);
    if (known == nullptr && !storage) return "not served";
    unsigned needed = known != nullptr ? known->may : may_store;
    // Storage with the peer as SCP is for C-GET (PS3.4 C.5.3).
    if (storage && context.role == CDCMTK_ROLE_SCP) needed = may_retrieve;
    if (storage && context.role == CDCMTK_ROLE_BOTH) needed = may_store | may_retrieve;
    if (needed != 0 && (peer.may & needed) == 0) return "not allowed for this device";
    return "";
}

// The first transfer syntax of the requestor's that we carry, explicit before implicit. "": none.
static std::string choose(const cdcmtk_context &context, bool storage) {
    static const std::string implicit = "1.2.840.10008.1.2";
    bool has_implicit = false;
    for (uint32_t index = 0; index < context.count; index++) {
        const std::string syntax = context.transfer_syntaxes[index];
        if (syntax == implicit) {
            has_implicit = true;
        } else if (storage ? cdcmtk_knows_transfer_syntax(syntax.c_str()) != 0 : is_plain(syntax)) {
            return syntax;
        }
    }
    return has_implicit ? implicit : "";
}

static std::string name_of(const char *uid) {
    const std::string name = cdcmtk_name(uid);
    return name.empty() ? uid : name;
}

void Conversation::negotiate(const Peer &peer) {
    size_t accepted = 0, proposed = 0;
    std::vector<std::string> refused;
    cdcmtk_context context{};
    for (size_t index = 0; cdcmtk_get_context(association_.get(), index, &context) == 1; index++) {
        proposed++;
        std::string problem = judge(context, peer);
        uint8_t result = problem == "not served" ? 3 : 1;
        std::string syntax;
        if (problem.empty()) {
            syntax = choose(context, find_sop_class(context.abstract_syntax) == nullptr);
            if (syntax.empty()) {
                problem = "no transfer syntax in common; offered: ";
                for (uint32_t place = 0; place < context.count; place++) {
                    problem += (place > 0 ? ", " : "") + name_of(context.transfer_syntaxes[place]);
                }
                result = 4;
            }
        }
        if (problem.empty() &&
            cdcmtk_accept_context(association_.get(), context.id, syntax.c_str(), context.role) != 0) {
            contexts_[context.id] = Context{context.abstract_syntax, syntax, context.role};
            accepted++;
        } else {
            cdcmtk_refuse_context(association_.get(), context.id, result);
            refused.push_back(name_of(context.abstract_syntax) + ": " + problem);
        }
    }
    const int32_t outcome = cdcmtk_acknowledge(association_.get(), &fault_);
    if (outcome != CDCMTK_OK) return refuse(fault_.text, "look at the device and the network between");
    Message message = about(accepted > 0 ? "associated" : "refused");
    message.with("contexts", accepted).with("proposed", proposed);
    const size_t most = 16;
    for (size_t index = 0; index < refused.size() && index < most; index++) message.with("refused", refused[index]);
    if (refused.size() > most) message.with("refused", "and " + std::to_string(refused.size() - most) + " more");
    message.with("implementation", std::string(peer_.implementation_version) + " " + peer_.implementation_class)
        .with("max_pdu", peer_.max_pdu)
        .with_unless_empty("tls", peer_.tls_subject);
    if (accepted == 0) {
        message.with("reason", "none of the presentation contexts can be served")
            .with("cure", "compare what the device offers with what it may do here");
        tell_refused(node_, message);
        ended_ = true;  // nothing was told that has to be ended
    } else {
        node_.gateway.tell(message);
    }
    converse();
}

}  // namespace hilum::dicom
