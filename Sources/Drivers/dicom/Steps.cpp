// MPPS (PS3.4 F.7) and storage commitment (PS3.4 J.3): the gateway decides, this passes on.
#include "Conversation.hpp"
#include "Reporting.hpp"
#include "SOPClasses.hpp"
#include "Sending.hpp"

namespace hilum::dicom {

// References to some hundred thousand instances.
static const size_t longest = 64 << 20;

static uint16_t status_of_data(const cdcmtk_fault &fault) {
    return fault.outcome == CDCMTK_TOO_LARGE ? 0x0213 : 0x0115;  // PS3.7 C.5.13, C.5.10
}

static bool goes_on(const cdcmtk_fault &fault) {
    return fault.outcome == CDCMTK_TOO_LARGE || fault.outcome == CDCMTK_UNSUPPORTED;
}

bool Conversation::create_step(const cdcmtk_command &command) {
    auto data = data_of(command, longest);
    if (!data) return goes_on(fault_) && answer(command, status_of_data(fault_), fault_.text);
    Message message = about("mpps-create");
    message.with("sop_instance", command.sop_instance);
    message.body = std::move(*data);
    const auto reply = node_.gateway.ask(std::move(message), answer_time());
    if (!reply) return answer(command, 0x0110, "no answer in time");
    cdcmtk_command response = answer_to(command, status_of((*reply)["status"], 0x0110), (*reply)["comment"]);
    // Where the modality leaves the instance UID to us: PS3.7 10.1.5.1.4.
    const std::string &instance = (*reply)["sop_instance"];
    if (response.sop_instance[0] == 0 && instance.size() < sizeof(response.sop_instance)) {
        std::copy(instance.begin(), instance.end(), response.sop_instance);
    }
    return send(response);
}

bool Conversation::set_step(const cdcmtk_command &command) {
    auto data = data_of(command, longest);
    if (!data) return goes_on(fault_) && answer(command, status_of_data(fault_), fault_.text);
    Message message = about("mpps-set");
    message.with("sop_instance", command.sop_instance);
    message.body = std::move(*data);
    const auto reply = node_.gateway.ask(std::move(message), answer_time());
    if (!reply) return answer(command, 0x0110, "no answer in time");
    return answer(command, status_of((*reply)["status"], 0x0110), (*reply)["comment"]);
}

bool Conversation::commit(const cdcmtk_command &command) {
    auto data = data_of(command, longest);
    if (!data) return goes_on(fault_) && answer(command, status_of_data(fault_), fault_.text);
    if (command.action != 1) return answer(command, 0x0123);  // no such action
    Message message = about("commit");
    message.body = std::move(*data);
    awaits_reports_ = true;
    const auto reply = node_.gateway.ask(std::move(message), answer_time());
    if (!reply) return answer(command, 0x0110, "no answer in time");
    return answer(command, status_of((*reply)["status"], 0x0110), (*reply)["comment"]);
}

bool Conversation::take_report(const cdcmtk_command &command) {
    auto data = data_of(command, longest);
    if (!data) return goes_on(fault_) && answer(command, status_of_data(fault_), fault_.text);
    if (command.event != 1 && command.event != 2) return answer(command, 0x0113);  // no such event type
    Message message = about("commit-report");
    message.with("event", command.event);
    message.body = std::move(*data);
    const auto reply = node_.gateway.ask(std::move(message), answer_time());
    if (!reply) return answer(command, 0x0110, "no answer in time");
    return answer(command, status_of((*reply)["status"], 0x0110), (*reply)["comment"]);
}

bool Conversation::enqueue_report(const Message &report) {
    if (!awaits_reports_) return false;
    const std::lock_guard<std::mutex> lock(mutex_);
    reports_.push_back(report);
    return true;
}

std::deque<Message> Conversation::leftover_reports() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::move(reports_);
}

// False: the association is over. What could not be reported on it goes out on a new one, by the gateway's decision.
bool Conversation::send_reports() {
    while (true) {
        Message report("");
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            if (reports_.empty()) return true;
            report = std::move(reports_.front());
            reports_.pop_front();
        }
        uint8_t context = 0;
        for (size_t id = 1; id < contexts_.size() && context == 0; id += 2) {
            if (contexts_[id].abstract_syntax == storage_commitment) context = static_cast<uint8_t>(id);
        }
        const Message result = send_report(association_.get(), context, next_message_++, report, fault_);
        node_.gateway.tell(result);
        if (result["outcome"] != "done" && fault_.outcome != CDCMTK_OK) return false;
    }
}

}  // namespace hilum::dicom
