#include "Gateway.hpp"

namespace hilum::dicom {

void Gateway::tell(const Message &message) {
    if (is_stopping()) return;
    const std::string head = message.head();
    hilum_service_message out{};
    out.struct_size = sizeof(out);
    out.id = message.id;
    out.head.bytes = reinterpret_cast<const uint8_t *>(head.data());
    out.head.count = head.size();
    out.body.bytes = message.body.data();
    out.body.count = message.body.size();
    host_->emit(host_->context, &out);
}

Gateway::Question::Question(Gateway &gateway, Message message) : gateway_(gateway) {
    {
        const std::lock_guard<std::mutex> lock(gateway.mutex_);
        id_ = gateway.next_++;
        gateway.waiting_.emplace(id_, std::make_shared<Waiting>());
    }
    message.id = id_;
    gateway.tell(message);
}

Gateway::Question::~Question() {
    const std::lock_guard<std::mutex> lock(gateway_.mutex_);
    gateway_.waiting_.erase(id_);
}

std::optional<Message> Gateway::Question::wait(std::chrono::milliseconds time) {
    std::unique_lock<std::mutex> lock(gateway_.mutex_);
    const std::shared_ptr<Waiting> waiting = gateway_.waiting_[id_];
    waiting->changed.wait_for(lock, time, [&] { return gateway_.stopping_ || !waiting->received.empty(); });
    if (waiting->received.empty()) return std::nullopt;
    Message message = std::move(waiting->received.front());
    waiting->received.pop_front();
    return message;
}

std::optional<Message> Gateway::ask(Message message, std::chrono::milliseconds time) {
    Question question(*this, std::move(message));
    const auto deadline = std::chrono::steady_clock::now() + time;
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        std::optional<Message> received = question.wait(std::max(left, std::chrono::milliseconds(0)));
        if (!received || received->kind == "answer") return received;
    }
}

bool Gateway::deliver(Message message) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = waiting_.find(message.id);
    if (found == waiting_.end()) return false;
    found->second->received.push_back(std::move(message));
    found->second->changed.notify_one();
    return true;
}

void Gateway::stop() {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    for (const auto &entry : waiting_) entry.second->changed.notify_all();
}

bool Gateway::is_stopping() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return stopping_;
}

}  // namespace hilum::dicom
