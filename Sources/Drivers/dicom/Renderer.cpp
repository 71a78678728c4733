#include "Renderer.hpp"

#include "Reporting.hpp"

#include "cdcmtk.h"

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace hilum::dicom {

static const unsigned most_at_once = 2;
static const size_t most_waiting = 64;

void Renderer::handle(Message message) {
    if (message.kind != "render") {
        if (message.id != 0) {
            gateway_.tell(failed_result(message, "the renderer only renders", "send it to the node or the sender"));
        }
        return;
    }
    const bool started = threads_.count() < most_waiting && threads_.start([this, message] {
        {
            std::unique_lock<std::mutex> lock(mutex_);
            free_.wait(lock, [this] { return busy_ < most_at_once; });
            busy_++;
        }
        Message result = failed_result(message, "it could not be rendered", "");
        try {
            result = render(message);
        } catch (const std::exception &problem) {
            result = failed_result(message, problem.what(), "try a smaller picture");
        }
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            busy_--;
            free_.notify_one();
        }
        gateway_.tell(result);
    });
    if (!started) gateway_.tell(failed_result(message, "too many pictures are asked for at once", "try again"));
}

void Renderer::stop() {
    gateway_.stop();
    threads_.wait(std::chrono::seconds(5));
}

Message Renderer::render(const Message &message) {
    cdcmtk_picture picture{};
    picture.frame = static_cast<uint32_t>(std::min<uint64_t>(message.number("frame", 1), 1 << 30));
    picture.width = static_cast<uint32_t>(std::min<uint64_t>(message.number("width", 0), 1 << 16));
    picture.height = static_cast<uint32_t>(std::min<uint64_t>(message.number("height", 0), 1 << 16));
    picture.png = message["format"] == "png" ? 1 : 0;
    const std::string &window = message["window"];
    const size_t slash = window.find('/');
    if (slash != std::string::npos) {
        picture.has_window = 1;
        picture.centre = std::strtod(window.substr(0, slash).c_str(), nullptr);
        picture.window = std::strtod(window.substr(slash + 1).c_str(), nullptr);
    }
    uint8_t *bytes = nullptr;
    size_t count = 0;
    cdcmtk_fault fault{};
    const int32_t outcome = cdcmtk_render(message["path"].c_str(), &picture, &bytes, &count, &fault);
    std::unique_ptr<uint8_t, decltype(&cdcmtk_free)> owner(bytes, cdcmtk_free);
    if (outcome != CDCMTK_OK) {
        return failed_result(
            message, fault.text, outcome == CDCMTK_FILE ? "check the file" : "show it by another viewer");
    }
    Message result = result_of(message, "done");
    result.with("content_type", picture.png != 0 ? "image/png" : "image/jpeg");
    result.body.assign(bytes, bytes + count);
    return result;
}

}  // namespace hilum::dicom
