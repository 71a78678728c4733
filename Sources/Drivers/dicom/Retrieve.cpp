// C-MOVE and C-GET (PS3.7 9.1.3, 9.1.4): the gateway says which instances and where to; the sub-operations are done
// here.
#include "Conversation.hpp"
#include "Reporting.hpp"
#include "SOPClasses.hpp"
#include "Tally.hpp"

#include <cstring>

namespace hilum::dicom {

static const size_t longest_identifier = 1 << 20;

bool Conversation::retrieve(const cdcmtk_command &command) {
    auto identifier = data_of(command, longest_identifier);
    if (!identifier) {
        const bool goes_on = fault_.outcome == CDCMTK_TOO_LARGE || fault_.outcome == CDCMTK_UNSUPPORTED;
        return goes_on && answer(command, 0xA900, fault_.text);
    }
    const bool is_move = command.field == CDCMTK_C_MOVE_RQ;
    Message message = about("retrieve");
    message.with("model", find_sop_class(abstract_syntax(command.context))->model)
        .with("how", is_move ? "move" : "get");
    if (is_move) message.with("destination", command.destination);
    message.body = std::move(*identifier);
    Gateway::Question question(node_.gateway, std::move(message));
    const auto asked = std::chrono::steady_clock::now();
    while (true) {
        const std::optional<Message> reply = question.wait(std::chrono::milliseconds(50));
        fault_ = cdcmtk_fault{};
        if (is_cancelled(command, question.id())) return fault_.outcome == CDCMTK_OK && answer(command, 0xFE00);
        if (!reply) {
            if (node_.gateway.is_stopping()) return false;
            if (std::chrono::steady_clock::now() - asked < answer_time()) continue;
            return answer(command, 0xC000, "no answer in time");
        }
        const uint16_t status = status_of((*reply)["status"], 0xC000);
        if (status != 0x0000) return answer(command, status, (*reply)["comment"]);
        return is_move ? move(command, *reply, question.id()) : get(command, *reply, question.id());
    }
}

bool Conversation::finish_retrieve(const cdcmtk_command &command, Tally &tally) {
    cdcmtk_command final = answer_to(command, tally.final_status(), tally.comment);
    tally.put_counts(final);
    return send(final, tally.failed_list());
}

bool Conversation::move(const cdcmtk_command &command, const Message &reply, uint64_t question) {
    const std::vector<Instance> instances = Instance::list(reply);
    Tally tally(instances.size());
    if (instances.empty()) return finish_retrieve(command, tally);
    Message target = reply;
    if (target["called"].empty()) target.with("called", command.destination);
    if (target["calling"].empty()) target.with("calling", peer_.called);
    std::string problem;
    const Destination destination = Destination::of(target, *options_, node_.sending_tls(), problem);
    if (!problem.empty()) return answer(command, 0xA801, problem);
    bool alive = true;
    const auto each = [&](const Instance &instance, const Sent &sent) {
        tally.count(instance, sent);
        fault_ = cdcmtk_fault{};
        if (is_cancelled(command, question)) {
            alive = fault_.outcome == CDCMTK_OK;
            tally.cancelled = true;
            return false;
        }
        if (tally.remaining == 0) return true;
        cdcmtk_command pending = answer_to(command, 0xFF00);
        tally.put_counts(pending);
        alive = send(pending);
        return alive;
    };
    cdcmtk_fault fault{};
    Transfer transfer;
    if (!transfer.run(destination, instances, Originator{peer_.calling, command.message}, each, fault)) {
        tally.give_up(instances, fault.text);
    }
    return alive && finish_retrieve(command, tally);
}

bool Conversation::get(const cdcmtk_command &command, const Message &reply, uint64_t question) {
    const std::vector<Instance> instances = Instance::list(reply);
    Tally tally(instances.size());
    Transfer transfer;
    for (const Instance &instance : instances) {
        Sent sent;
        uint16_t message = next_message_++;
        if (message == command.message) message = next_message_++;
        fault_ = cdcmtk_fault{};
        bool cancelled = false;
        if (!transfer.store_within(
                association_.get(), instance, message, options_->idle_seconds * 1000, command.message, cancelled, sent,
                fault_)) {
            return false;
        }
        tally.count(instance, sent);
        if (cancelled || is_cancelled(command, question)) {
            if (fault_.outcome != CDCMTK_OK) return false;
            if (cancelled) node_.gateway.tell(about("cancel").with("request", question));
            tally.cancelled = true;
            break;
        }
        if (tally.remaining == 0) break;
        cdcmtk_command pending = answer_to(command, 0xFF00);
        tally.put_counts(pending);
        if (!send(pending)) return false;
    }
    return finish_retrieve(command, tally);
}

}  // namespace hilum::dicom
