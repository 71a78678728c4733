// The role `renderer`: pictures of instances.
#ifndef HILUM_DICOM_RENDERER_HPP
#define HILUM_DICOM_RENDERER_HPP

#include "Gateway.hpp"
#include "Service.hpp"
#include "Threads.hpp"

namespace hilum::dicom {

class Renderer : public Service {
public:
    explicit Renderer(const hilum_service_host *host) : gateway_(host) {}
    void handle(Message message) override;
    void stop() override;

private:
    Message render(const Message &message);

    Gateway gateway_;
    Threads threads_;
    // Pictures need memory of several times the pixels: two at a time.
    std::mutex mutex_;
    std::condition_variable free_;
    unsigned busy_ = 0;
};

}  // namespace hilum::dicom

#endif
