#include "Sending.hpp"

#include "Node.hpp"
#include "Reporting.hpp"
#include "SOPClasses.hpp"

#include <algorithm>
#include <cstring>

namespace hilum::dicom {

template <size_t size> static void put(char (&target)[size], const std::string &text) {
    const size_t count = std::min(text.size(), size - 1);
    std::memcpy(target, text.data(), count);
    target[count] = 0;
}

Destination Destination::of(
    const Message &message, const Options &options, cdcmtk_tls *tls, std::string &problem) {
    Destination destination;
    destination.host = message["host"];
    destination.port = static_cast<uint16_t>(std::min<uint64_t>(message.number("port", 0), 65535));
    destination.called = message["called"];
    destination.calling = message["calling"].empty() ? options.ae_title : message["calling"];
    destination.max_pdu = options.max_pdu;
    destination.timeout_milliseconds =
        static_cast<uint32_t>(std::clamp<uint64_t>(message.number("timeout_seconds", 30), 1, 3600) * 1000);
    if (destination.host.empty() || destination.host.size() > 100) problem = "host: write a name or an IPv4 address";
    if (destination.port == 0) problem = "port: write a number from 1 to 65535";
    if (destination.called.empty() || destination.called.size() > 16 || destination.calling.size() > 16) {
        problem = "called, calling: write AE titles of one to sixteen characters";
    }
    if (message["tls"] == "1") {
        if (tls == nullptr) problem = "tls is asked for, but the options have no tls with certificates";
        destination.tls = tls;
    }
    return destination;
}

Association associate(
    const Destination &destination, const std::vector<cdcmtk_context> &contexts, cdcmtk_fault &fault) {
    cdcmtk_request request{};
    request.host = destination.host.c_str();
    request.port = destination.port;
    request.calling = destination.calling.c_str();
    request.called = destination.called.c_str();
    request.tls = destination.tls;
    request.max_pdu = destination.max_pdu;
    request.answer_milliseconds = request.idle_milliseconds = destination.timeout_milliseconds;
    request.contexts = contexts.data();
    request.context_count = contexts.size();
    return Association(cdcmtk_associate(&request, &fault));
}

cdcmtk_context propose(const std::string &abstract, const std::vector<std::string> &syntaxes, uint8_t role) {
    cdcmtk_context context{};
    put(context.abstract_syntax, abstract);
    context.role = role;
    for (const std::string &syntax : syntaxes) put(context.transfer_syntaxes[context.count++], syntax);
    return context;
}

Message failed_by(const Message &request, const cdcmtk_fault &fault) {
    const char *cure = "look at the log of the other side";
    switch (fault.outcome) {
        case CDCMTK_UNREACHABLE: cure = "check host, port, firewall, and that the other side is running"; break;
        case CDCMTK_REJECTED:
            cure = fault.rj_result == 2 ? "it may work later" : "compare AE titles and address with what it knows";
            break;
        case CDCMTK_TIMEOUT: cure = "check that the other side is not stuck, or allow it more time"; break;
        case CDCMTK_FILE: cure = "check the files and the disk"; break;
        case CDCMTK_UNSUPPORTED: cure = "let the other side accept this SOP class"; break;
        default: break;
    }
    return failed_result(request, fault.text, cure).with("kind", uint64_t(static_cast<uint32_t>(fault.outcome)));
}

std::vector<Instance> Instance::list(const Message &message) {
    std::vector<Instance> instances;
    for (const auto &field : message.fields) {
        if (field.first == "file") instances.push_back(Instance{field.second, "", "", ""});
        if (instances.empty()) continue;
        if (field.first == "sop_class") instances.back().sop_class = field.second;
        if (field.first == "sop_instance") instances.back().sop_instance = field.second;
        if (field.first == "transfer_syntax") instances.back().transfer_syntax = field.second;
    }
    return instances;
}

Message send_report(
    cdcmtk_association *association, uint8_t context, uint16_t message, const Message &request, cdcmtk_fault &fault) {
    cdcmtk_command command{};
    command.context = context;
    command.field = CDCMTK_N_EVENT_REPORT_RQ;
    command.message = message;
    command.event = request.number("event", 1) == 2 ? 2 : 1;
    put(command.sop_class, storage_commitment);
    put(command.sop_instance, storage_commitment_instance);
    fault = cdcmtk_fault{};
    if (cdcmtk_send(association, &command, request.body.data(), request.body.size(), &fault) != CDCMTK_OK) {
        return failed_by(request, fault);
    }
    cdcmtk_command reply{};
    if (cdcmtk_receive_command(association, 30000, &reply, &fault) != CDCMTK_OK) return failed_by(request, fault);
    if (reply.field != CDCMTK_N_EVENT_REPORT_RSP || reply.message != message || reply.has_data != 0) {
        fault.outcome = CDCMTK_MALFORMED;
        std::strcpy(fault.text, "something else came where the answer to N-EVENT-REPORT must");
        return failed_by(request, fault);
    }
    if (reply.status != 0) {
        return failed_result(request, "the peer answered " + hexadecimal(reply.status), "look at its log")
            .with("status", hexadecimal(reply.status));
    }
    return result_of(request, "done").with("status", hexadecimal(reply.status));
}

Message report_on_new_association(Node &node, const Message &request) {
    const std::shared_ptr<const Options> options = node.options();
    if (request["host"].empty()) {
        return failed_result(
            request, "the association of the request has ended, and no address to report to is known",
            "give the device an address and a port for reports of storage commitment");
    }
    std::string problem;
    const Destination destination = Destination::of(request, *options, node.sending_tls(), problem);
    if (!problem.empty()) return failed_result(request, problem, "correct the device's address");
    // The performer of the service opens it, and says so by role selection (PS3.4 J.3.3).
    const std::vector<cdcmtk_context> contexts = {
        propose(storage_commitment, {explicit_little_endian, implicit_little_endian}, CDCMTK_ROLE_SCP)};
    cdcmtk_fault fault{};
    const Association association = associate(destination, contexts, fault);
    if (association == nullptr) return failed_by(request, fault);
    const Message result = send_report(association.get(), 1, 1, request, fault);
    if (fault.outcome == CDCMTK_OK) cdcmtk_release(association.get());
    return result;
}

}  // namespace hilum::dicom
