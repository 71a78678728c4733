// One association that a peer opened, from its request to its end.
#ifndef HILUM_DICOM_CONVERSATION_HPP
#define HILUM_DICOM_CONVERSATION_HPP

#include "Node.hpp"
#include "Sending.hpp"

#include "cdcmtk.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace hilum::dicom {

struct Tally;

class Conversation {
public:
    Conversation(Node &node, Association association, Origin origin, uint64_t number);
    ~Conversation() { end_opening(); }
    Conversation(const Conversation &) = delete;
    Conversation &operator=(const Conversation &) = delete;

    void run();

    // From other threads, while the node knows the conversation.
    void interrupt() { cdcmtk_interrupt(association_.get()); }
    bool is_late(std::chrono::steady_clock::time_point now) const { return is_opening_ && now > deadline_; }
    // False: this association has asked for no storage commitment.
    bool enqueue_report(const Message &report);
    // Reports that came too late to go out here.
    std::deque<Message> leftover_reports();

private:
    // Negotiation.cpp
    bool open();
    void end_opening();
    void negotiate(const Peer &peer);
    std::string judge(const cdcmtk_context &context, const Peer &peer) const;
    void refuse(const std::string &reason, const std::string &cure);
    void reject(uint8_t result, uint8_t source, uint8_t reason);

    // Conversation.cpp
    void converse();
    bool serve(const cdcmtk_command &command);
    void end(int32_t outcome, const std::string &reason);
    Message about(const char *kind) const;
    // The answer to a command, without a data set.
    bool answer(const cdcmtk_command &command, uint16_t status, const std::string &comment = "");
    cdcmtk_command answer_to(const cdcmtk_command &command, uint16_t status, const std::string &comment = "") const;
    bool send(const cdcmtk_command &command, const std::vector<uint8_t> &data = {});
    // The data set of a command. nullopt: it was answered with a failure, or the association is over.
    std::optional<std::vector<uint8_t>> data_of(const cdcmtk_command &command, size_t limit);
    std::chrono::milliseconds answer_time() const;
    const std::string &abstract_syntax(uint8_t context) const { return contexts_[context].abstract_syntax; }

    // Storage.cpp
    bool store(const cdcmtk_command &command);
    bool fail_store(const cdcmtk_command &command, uint16_t status, const std::string &reason, bool answered);

    // Query.cpp
    bool find(const cdcmtk_command &command);
    // Retrieve.cpp
    bool retrieve(const cdcmtk_command &command);
    bool move(const cdcmtk_command &command, const Message &answer, uint64_t question);
    bool get(const cdcmtk_command &command, const Message &answer, uint64_t question);
    bool finish_retrieve(const cdcmtk_command &command, Tally &tally);
    // True: the peer cancelled, or is gone. Told to the gateway.
    bool is_cancelled(const cdcmtk_command &command, uint64_t question);

    // Steps.cpp
    bool create_step(const cdcmtk_command &command);
    bool set_step(const cdcmtk_command &command);
    bool commit(const cdcmtk_command &command);
    bool take_report(const cdcmtk_command &command);
    bool send_reports();

    struct Context {
        std::string abstract_syntax, transfer_syntax;
        uint8_t role = 0;
    };

    Node &node_;
    Association association_;
    Origin origin_;
    uint64_t number_;
    std::shared_ptr<const Options> options_;
    std::string device_;
    unsigned may_ = 0;
    cdcmtk_peer peer_{};
    std::array<Context, 256> contexts_;
    std::atomic<bool> is_opening_{true};
    std::chrono::steady_clock::time_point deadline_, started_;
    cdcmtk_fault fault_{};
    bool ended_ = false;
    uint64_t stored_ = 0, failed_ = 0, bytes_ = 0;
    uint16_t next_message_ = 1;

    std::mutex mutex_;
    std::deque<Message> reports_;
    std::atomic<bool> awaits_reports_{false};
};

}  // namespace hilum::dicom

#endif
