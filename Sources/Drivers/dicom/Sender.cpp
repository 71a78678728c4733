#include "Sender.hpp"

#include "Reporting.hpp"
#include "SOPClasses.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace hilum::dicom {

// The gateway has a lane or a few for each destination; more at once is a mistake of its own.
static const size_t most_at_once = 128;

Sender::Sender(std::shared_ptr<const Options> options, const hilum_service_host *host)
    : gateway_(host), options_(std::move(options)) {
    if (!options_->tls) return;
    try {
        tls_ = std::make_unique<TLSContext>(*options_->tls, false);
    } catch (const OptionsFault &fault) {
        // Destinations without TLS go on; those with it fail, and say so.
        gateway_.tell(Message("trouble").with("problem", fault.what()).with("cure", "check the files that tls names"));
    }
}

void Sender::handle(Message message) {
    if (message.kind == "answer") {
        gateway_.deliver(std::move(message));
        return;
    }
    if (message.kind == "configure") return;  // peers are the node's
    if (threads_.count() >= most_at_once || !threads_.start([this, message] { work(message); })) {
        gateway_.tell(failed_result(message, "too many associations at once", "try again"));
    }
}

void Sender::stop() {
    stopping_ = true;
    gateway_.stop();
    threads_.wait(std::chrono::seconds(5));
}

void Sender::work(const Message &message) {
    try {
        std::string problem;
        const Destination destination =
            Destination::of(message, *options_, tls_ == nullptr ? nullptr : tls_->get(), problem);
        if (!problem.empty()) return gateway_.tell(failed_result(message, problem, "correct the destination"));
        if (message.kind == "send") return gateway_.tell(send(message, destination));
        if (message.kind == "echo") return gateway_.tell(echo(message, destination));
        if (message.kind == "request-commit") return gateway_.tell(request_commit(message, destination));
        if (message.kind == "report-commit") return gateway_.tell(report_commit(message, destination));
        gateway_.tell(failed_result(
            message, "the sender does not know the message " + message.kind, "send it to the node or the renderer"));
    } catch (const std::exception &problem) {
        gateway_.tell(failed_result(message, problem.what(), "try again"));
    }
}

// `gggg,eeee` at the start of a text.
static bool read_tag(const std::string &text, cdcmtk_change &change) {
    if (text.size() < 9 || text[4] != ',') return false;
    const std::string digits = text.substr(0, 4) + text.substr(5, 4);
    if (digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) return false;
    const unsigned long tag = std::strtoul(digits.c_str(), nullptr, 16);
    change.group = static_cast<uint16_t>(tag >> 16);
    change.element = static_cast<uint16_t>(tag & 0xFFFF);
    return change.group > 0x0002 && change.group != 0xFFFE;
}

static std::string read_changes(const Message &message, std::vector<cdcmtk_change> &changes) {
    for (const auto &field : message.fields) {
        if (field.first != "set" && field.first != "remove") continue;
        const bool set = field.first == "set";
        cdcmtk_change change{};
        const bool well = read_tag(field.second, change) &&
                          (set ? field.second.size() > 9 && field.second[9] == '=' : field.second.size() == 9);
        if (!well) return field.first + ": \"" + field.second + "\" is not " + (set ? "gggg,eeee=VALUE" : "gggg,eeee");
        if (set) change.value = field.second.c_str() + 10;
        changes.push_back(change);
    }
    return "";
}

Message Sender::send(const Message &message, const Destination &destination) {
    std::vector<cdcmtk_change> changes;
    const std::string problem = read_changes(message, changes);
    if (!problem.empty()) return failed_result(message, problem, "correct the coercion rule");
    const std::vector<Instance> instances = Instance::list(message);
    if (instances.empty()) return failed_result(message, "no file is named", "name at least one");
    const auto each = [&](const Instance &instance, const Sent &sent) {
        gateway_.tell(Message("sent", message.id)
                          .with("sop_instance", instance.sop_instance)
                          .with("status", hexadecimal(sent.status))
                          .with("comment", sent.comment));
        return !stopping_;
    };
    cdcmtk_fault fault{};
    Transfer transfer(changes);
    if (!transfer.run(destination, instances, Originator{}, each, fault)) return failed_by(message, fault);
    return result_of(message, "done");
}

Message Sender::echo(const Message &message, const Destination &destination) {
    cdcmtk_fault fault{};
    const std::vector<cdcmtk_context> contexts = {
        propose(verification, {explicit_little_endian, implicit_little_endian})};
    const Association association = associate(destination, contexts, fault);
    if (association == nullptr) return failed_by(message, fault);
    cdcmtk_command request{};
    request.context = 1;
    request.field = CDCMTK_C_ECHO_RQ;
    request.message = 1;
    std::strcpy(request.sop_class, verification);
    cdcmtk_command reply{};
    if (cdcmtk_send(association.get(), &request, nullptr, 0, &fault) != CDCMTK_OK ||
        cdcmtk_receive_command(association.get(), destination.timeout_milliseconds, &reply, &fault) != CDCMTK_OK) {
        return failed_by(message, fault);
    }
    cdcmtk_release(association.get());
    if (reply.field != CDCMTK_C_ECHO_RSP || reply.status != 0) {
        return failed_result(message, "C-ECHO was answered with " + hexadecimal(reply.status), "look at its log");
    }
    return result_of(message, "done");
}

Message Sender::request_commit(const Message &message, const Destination &destination) {
    cdcmtk_fault fault{};
    const std::vector<cdcmtk_context> contexts = {
        propose(storage_commitment, {explicit_little_endian, implicit_little_endian})};
    const Association association = associate(destination, contexts, fault);
    if (association == nullptr) return failed_by(message, fault);
    cdcmtk_command request{};
    request.context = 1;
    request.field = CDCMTK_N_ACTION_RQ;
    request.message = 1;
    request.action = 1;
    std::strcpy(request.sop_class, storage_commitment);
    std::strcpy(request.sop_instance, storage_commitment_instance);
    if (cdcmtk_send(association.get(), &request, message.body.data(), message.body.size(), &fault) != CDCMTK_OK) {
        return failed_by(message, fault);
    }
    return await_report(message, association.get(), destination);
}

// The answer to N-ACTION, and N-EVENT-REPORTs: some archives report before they answer.
Message Sender::await_report(
    const Message &message, cdcmtk_association *association, const Destination &destination) {
    cdcmtk_fault fault{};
    bool answered = false, reported = false;
    std::string status;
    const auto patience = std::chrono::seconds(std::min<uint64_t>(message.number("wait_seconds", 0), 3600));
    auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(destination.timeout_milliseconds);
    while (!stopping_ && !(answered && reported)) {
        if (std::chrono::steady_clock::now() >= deadline) break;
        if (cdcmtk_is_waiting(association, 200) == 0) continue;
        cdcmtk_command received{};
        if (cdcmtk_receive_command(association, 1000, &received, &fault) != CDCMTK_OK) {
            if (answered) break;  // it may report on an association of its own
            return failed_by(message, fault);
        }
        if (received.field == CDCMTK_N_ACTION_RSP) {
            answered = true;
            status = hexadecimal(received.status);
            if (received.status != 0) {
                cdcmtk_release(association);
                return failed_result(message, "the archive answered N-ACTION with " + status + " " + received.comment,
                                     "look at its log")
                    .with("status", status);
            }
            deadline = std::chrono::steady_clock::now() + patience;
        } else if (received.field == CDCMTK_N_EVENT_REPORT_RQ) {
            uint8_t *bytes = nullptr;
            size_t count = 0;
            if (received.has_data != 0 &&
                cdcmtk_receive_data(association, &received, 64 << 20, &bytes, &count, &fault) != CDCMTK_OK) {
                return failed_by(message, fault);
            }
            std::unique_ptr<uint8_t, decltype(&cdcmtk_free)> owner(bytes, cdcmtk_free);
            Message report("commit-report");
            report.with("event", received.event)
                .with("calling", destination.called)
                .with("called", destination.calling);
            report.body.assign(bytes, bytes + count);
            const auto reply = gateway_.ask(std::move(report), std::chrono::seconds(options_->answer_seconds));
            cdcmtk_command response = received;
            response.field = CDCMTK_N_EVENT_REPORT_RSP;
            response.status = reply ? status_of((*reply)["status"], 0x0110) : 0x0110;
            if (cdcmtk_send(association, &response, nullptr, 0, &fault) != CDCMTK_OK) break;
            reported = true;
        } else {
            cdcmtk_abort(association);
            return failed_result(message, "something else came where the answer to N-ACTION must", "look at its log");
        }
    }
    if (fault.outcome == CDCMTK_OK) cdcmtk_release(association);
    if (!answered) return failed_result(message, "N-ACTION was not answered in time", "look at its log");
    return result_of(message, "done").with("status", status).with("reported", reported ? "1" : "0");
}

Message Sender::report_commit(const Message &message, const Destination &destination) {
    cdcmtk_fault fault{};
    const std::vector<cdcmtk_context> contexts = {
        propose(storage_commitment, {explicit_little_endian, implicit_little_endian}, CDCMTK_ROLE_SCP)};
    const Association association = associate(destination, contexts, fault);
    if (association == nullptr) return failed_by(message, fault);
    const Message result = send_report(association.get(), 1, 1, message, fault);
    if (fault.outcome == CDCMTK_OK) cdcmtk_release(association.get());
    return result;
}

}  // namespace hilum::dicom
