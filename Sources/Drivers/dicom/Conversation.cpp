#include "Conversation.hpp"

#include "Reporting.hpp"
#include "SOPClasses.hpp"

#include <cstring>

namespace hilum::dicom {

Conversation::Conversation(Node &node, Association association, Origin origin, uint64_t number)
    : node_(node), association_(std::move(association)), origin_(std::move(origin)), number_(number),
      options_(node.options()), started_(std::chrono::steady_clock::now()) {
    // One second more than the request may take: only a handshake does not end by itself.
    deadline_ = started_ + std::chrono::seconds(options_->request_seconds + 1);
}

void Conversation::run() { open(); }

Message Conversation::about(const char *kind) const {
    Message message(kind);
    message.with("association", number_)
        .with("device", device_)
        .with("calling", peer_.calling)
        .with("called", peer_.called)
        .with("address", origin_.text)
        .with("port", origin_.listener);
    return message;
}

std::chrono::milliseconds Conversation::answer_time() const {
    return std::chrono::milliseconds(options_->answer_seconds * 1000ull);
}

void Conversation::converse() {
    const auto idle = std::chrono::milliseconds(options_->idle_seconds * 1000ull);
    auto last = std::chrono::steady_clock::now();
    while (true) {
        if (awaits_reports_ && cdcmtk_is_waiting(association_.get(), 100) == 0) {
            // A report of storage commitment may have to go out meanwhile.
            if (!send_reports()) return end(fault_.outcome, fault_.text);
            if (std::chrono::steady_clock::now() - last < idle) continue;
            cdcmtk_abort(association_.get());
            return end(CDCMTK_TIMEOUT, "the peer was silent for too long");
        }
        cdcmtk_command command{};
        const int32_t outcome = cdcmtk_receive_command(
            association_.get(), static_cast<uint32_t>(idle.count()), &command, &fault_);
        if (outcome != CDCMTK_OK) {
            if (outcome == CDCMTK_TIMEOUT || outcome == CDCMTK_MALFORMED) cdcmtk_abort(association_.get());
            return end(outcome, fault_.text);
        }
        if (!serve(command)) {
            if (fault_.outcome == CDCMTK_MALFORMED || fault_.outcome == CDCMTK_TIMEOUT) {
                cdcmtk_abort(association_.get());
            }
            return end(fault_.outcome, fault_.text);
        }
        last = std::chrono::steady_clock::now();
    }
}

void Conversation::end(int32_t outcome, const std::string &reason) {
    if (ended_) return;
    ended_ = true;
    const char *how = "lost";
    if (outcome == CDCMTK_RELEASED) how = "released";
    if (outcome == CDCMTK_ABORTED || outcome == CDCMTK_MALFORMED) how = "aborted";
    if (outcome == CDCMTK_TIMEOUT) how = "timeout";
    const auto now = std::chrono::steady_clock::now();
    const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(now - started_);
    Message message = about("ended");
    message.with("how", how)
        .with("stored", stored_)
        .with("failed", failed_)
        .with("bytes", bytes_)
        .with("milliseconds", static_cast<uint64_t>(time.count()));
    if (outcome != CDCMTK_RELEASED) message.with("reason", reason);
    node_.gateway.tell(message);
}

bool Conversation::serve(const cdcmtk_command &command) {
    const std::string &abstract = abstract_syntax(command.context);
    const SOPClass *known = find_sop_class(abstract);
    const std::string model = known != nullptr ? known->model : "";
    const bool commits = abstract == storage_commitment, steps = abstract == performed_step;
    switch (command.field) {
        case CDCMTK_C_ECHO_RQ: return answer(command, 0x0000);
        case CDCMTK_C_STORE_RQ:
            if (known == nullptr) return store(command);
            break;
        case CDCMTK_C_FIND_RQ:
            if (!model.empty()) return find(command);
            break;
        case CDCMTK_C_MOVE_RQ:
        case CDCMTK_C_GET_RQ:
            if (!model.empty()) return retrieve(command);
            break;
        case CDCMTK_N_CREATE_RQ:
            if (steps) return create_step(command);
            break;
        case CDCMTK_N_SET_RQ:
            if (steps) return set_step(command);
            break;
        case CDCMTK_N_ACTION_RQ:
            if (commits) return commit(command);
            break;
        case CDCMTK_N_EVENT_REPORT_RQ:
            if (commits) return take_report(command);
            break;
        case CDCMTK_C_CANCEL_RQ: return true;  // of something that has ended already
        default: break;
    }
    if ((command.field & 0x8000) != 0) {
        fault_.outcome = CDCMTK_MALFORMED;
        snprintf(fault_.text, sizeof(fault_.text), "an answer to nothing (%04X)", command.field);
        return false;
    }
    // PS3.7 C.5.9: the operation is not one of this SOP class.
    if (command.has_data != 0 && !data_of(command, 0) && fault_.outcome != CDCMTK_TOO_LARGE) return false;
    return answer(command, 0x0211);
}

cdcmtk_command Conversation::answer_to(
    const cdcmtk_command &command, uint16_t status, const std::string &comment) const {
    cdcmtk_command reply{};
    reply.context = command.context;
    reply.field = static_cast<uint16_t>(command.field | 0x8000);
    reply.message = command.message;
    reply.status = status;
    reply.event = command.event;
    reply.action = command.action;
    std::memcpy(reply.sop_class, command.sop_class, sizeof(reply.sop_class));
    std::memcpy(reply.sop_instance, command.sop_instance, sizeof(reply.sop_instance));
    // LO: at most 64 characters. Cut where a character of UTF-8 begins.
    size_t count = std::min(comment.size(), sizeof(reply.comment) - 1);
    while (count > 0 && count < comment.size() && (comment[count] & 0xC0) == 0x80) count--;
    std::memcpy(reply.comment, comment.data(), count);
    return reply;
}

bool Conversation::answer(const cdcmtk_command &command, uint16_t status, const std::string &comment) {
    return send(answer_to(command, status, comment));
}

bool Conversation::send(const cdcmtk_command &command, const std::vector<uint8_t> &data) {
    return cdcmtk_send(association_.get(), &command, data.data(), data.size(), &fault_) == CDCMTK_OK;
}

std::optional<std::vector<uint8_t>> Conversation::data_of(const cdcmtk_command &command, size_t limit) {
    if (command.has_data == 0) return std::vector<uint8_t>();
    uint8_t *bytes = nullptr;
    size_t count = 0;
    const int32_t outcome = cdcmtk_receive_data(association_.get(), &command, limit, &bytes, &count, &fault_);
    std::unique_ptr<uint8_t, decltype(&cdcmtk_free)> owner(bytes, cdcmtk_free);
    if (outcome != CDCMTK_OK) return std::nullopt;
    return std::vector<uint8_t>(bytes, bytes + count);
}

}  // namespace hilum::dicom
