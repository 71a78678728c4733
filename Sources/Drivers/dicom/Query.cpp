// C-FIND (PS3.7 9.1.2): worklist and query; the gateway matches.
#include "Conversation.hpp"
#include "Reporting.hpp"
#include "SOPClasses.hpp"

namespace hilum::dicom {

static const size_t longest_identifier = 1 << 20;

bool Conversation::is_cancelled(const cdcmtk_command &command, uint64_t question) {
    if (cdcmtk_is_waiting(association_.get(), 0) == 0) return false;
    cdcmtk_command next{};
    fault_ = cdcmtk_fault{};
    const int32_t outcome = cdcmtk_receive_command(association_.get(), 1000, &next, &fault_);
    if (outcome == CDCMTK_OK && next.field != CDCMTK_C_CANCEL_RQ) {
        fault_.outcome = CDCMTK_MALFORMED;
        snprintf(fault_.text, sizeof(fault_.text), "a command %04X before the one before it has ended", next.field);
    }
    if (outcome == CDCMTK_OK && fault_.outcome == CDCMTK_OK && next.message != command.message) return false;
    node_.gateway.tell(about("cancel").with("request", question));
    return true;
}

bool Conversation::find(const cdcmtk_command &command) {
    auto identifier = data_of(command, longest_identifier);
    if (!identifier) {
        const bool goes_on = fault_.outcome == CDCMTK_TOO_LARGE || fault_.outcome == CDCMTK_UNSUPPORTED;
        return goes_on && answer(command, 0xA900, fault_.text);
    }
    Message message = about("find");
    message.with("model", find_sop_class(abstract_syntax(command.context))->model);
    message.body = std::move(*identifier);
    Gateway::Question question(node_.gateway, std::move(message));
    auto last = std::chrono::steady_clock::now();
    while (true) {
        const std::optional<Message> reply = question.wait(std::chrono::milliseconds(50));
        fault_ = cdcmtk_fault{};
        if (is_cancelled(command, question.id())) {
            if (fault_.outcome != CDCMTK_OK) return false;
            return answer(command, 0xFE00);
        }
        if (!reply) {
            if (node_.gateway.is_stopping()) return false;
            if (std::chrono::steady_clock::now() - last < answer_time()) continue;
            return answer(command, 0xC000, "no answer in time");
        }
        last = std::chrono::steady_clock::now();
        if (reply->kind == "answer") {
            return answer(command, status_of((*reply)["status"], 0xC000), (*reply)["comment"]);
        }
        cdcmtk_command pending = answer_to(command, status_of((*reply)["status"], 0xFF00));
        if (!send(pending, reply->body)) {
            if (fault_.outcome != CDCMTK_UNSUPPORTED) return false;
            return answer(command, 0xC000, fault_.text);
        }
    }
}

}  // namespace hilum::dicom
