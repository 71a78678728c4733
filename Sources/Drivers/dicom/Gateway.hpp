// The gateway as the driver's threads see it: they tell it something, or ask and wait.
#ifndef HILUM_DICOM_GATEWAY_HPP
#define HILUM_DICOM_GATEWAY_HPP

#include "Message.hpp"

#include "hilum_driver.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace hilum::dicom {

class Gateway {
public:
    explicit Gateway(const hilum_service_host *host) : host_(host) {}

    void tell(const Message &message);

    // A question, open as long as the object lives.
    class Question {
    public:
        Question(Gateway &gateway, Message message);
        ~Question();
        Question(const Question &) = delete;
        Question &operator=(const Question &) = delete;

        uint64_t id() const { return id_; }
        // The next `match` or the `answer`. nullopt: none within that time, or the driver is stopping.
        std::optional<Message> wait(std::chrono::milliseconds time);

    private:
        Gateway &gateway_;
        uint64_t id_ = 0;
    };

    // Asks, and waits for the answer.
    std::optional<Message> ask(Message message, std::chrono::milliseconds time);

    // An `answer` or a `match`. False: nobody waits for it any more.
    bool deliver(Message message);

    // No question is answered from here on, and nothing is told.
    void stop();
    bool is_stopping() const;

private:
    struct Waiting {
        std::condition_variable changed;
        std::deque<Message> received;
    };

    const hilum_service_host *host_;
    mutable std::mutex mutex_;
    std::unordered_map<uint64_t, std::shared_ptr<Waiting>> waiting_;
    uint64_t next_ = 1;
    bool stopping_ = false;
};

}  // namespace hilum::dicom

#endif
