// Associations of our own: storing instances elsewhere, and reports of storage commitment.
#ifndef HILUM_DICOM_SENDING_HPP
#define HILUM_DICOM_SENDING_HPP

#include "Message.hpp"
#include "Options.hpp"

#include "cdcmtk.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace hilum::dicom {

struct Destination {
    std::string host, calling, called;
    uint16_t port = 0;
    cdcmtk_tls *tls = nullptr;
    uint32_t max_pdu = 131072;
    uint32_t timeout_milliseconds = 30000;

    // Of a message with `host` `port` `called` `calling`. "" in problem: well.
    static Destination of(const Message &message, const Options &options, cdcmtk_tls *tls, std::string &problem);
};

struct Closing {
    void operator()(cdcmtk_association *association) const { cdcmtk_close(association); }
};
using Association = std::unique_ptr<cdcmtk_association, Closing>;

// nullptr: fault tells why.
Association associate(const Destination &destination, const std::vector<cdcmtk_context> &contexts, cdcmtk_fault &fault);
// A context with these transfer syntaxes.
cdcmtk_context propose(const std::string &abstract, const std::vector<std::string> &syntaxes, uint8_t role = 0);
// Why, and what to do about it, for a `result`.
Message failed_by(const Message &request, const cdcmtk_fault &fault);

struct Instance {
    std::string file, sop_class, sop_instance, transfer_syntax;

    // The instances a message names: each `file` and what follows it.
    static std::vector<Instance> list(const Message &message);
};

// Who asked for the sub-operation, by C-MOVE (PS3.7 9.3.1.1).
struct Originator {
    std::string ae;
    uint16_t message = 0;
};

// What a receiver said to one instance. status 0122 and C000 of our own: it was not sent, comment tells why.
struct Sent {
    uint16_t status = 0;
    std::string comment;
};

// C-STORE of instances on one association after the other, as many as their presentation contexts need.
class Transfer {
public:
    explicit Transfer(std::vector<cdcmtk_change> changes = {}) : changes_(std::move(changes)) {}

    // Asked after each instance; false: no more.
    using Each = std::function<bool(const Instance &, const Sent &)>;

    // False: the association failed, fault tells how; what was not given to `each` was not sent.
    bool run(
        const Destination &destination, const std::vector<Instance> &instances, const Originator &originator,
        const Each &each, cdcmtk_fault &fault);

    // One instance on the association of a C-GET, whose message ID is `retrieve`; the peer may cancel that meanwhile.
    // False: the association is over.
    bool store_within(
        cdcmtk_association *association, const Instance &instance, uint16_t message, uint32_t timeout_milliseconds,
        uint16_t retrieve, bool &cancelled, Sent &sent, cdcmtk_fault &fault);

private:
    bool store(
        cdcmtk_association *association, const Instance &instance, const Originator &originator, uint16_t message,
        uint32_t timeout_milliseconds, Sent &sent, cdcmtk_fault &fault);
    bool await(
        cdcmtk_association *association, uint16_t message, uint32_t timeout_milliseconds, uint16_t retrieve,
        bool *cancelled, Sent &sent, cdcmtk_fault &fault);
    bool send(
        cdcmtk_association *association, const Instance &instance, bool peer_requested, cdcmtk_command &request,
        Sent &sent, cdcmtk_fault &fault);

    std::vector<cdcmtk_change> changes_;
};

// N-EVENT-REPORT of a storage commitment (`event`, body) and its answer: the `result` of the request. fault.outcome is
// CDCMTK_OK while the association lives.
Message send_report(
    cdcmtk_association *association, uint8_t context, uint16_t message, const Message &request, cdcmtk_fault &fault);

}  // namespace hilum::dicom

#endif
