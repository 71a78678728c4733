// The role `sender`: associations of our own, as the gateway asks for them.
#ifndef HILUM_DICOM_SENDER_HPP
#define HILUM_DICOM_SENDER_HPP

#include "Gateway.hpp"
#include "Options.hpp"
#include "Sending.hpp"
#include "Service.hpp"
#include "TLS.hpp"
#include "Threads.hpp"

#include <atomic>

namespace hilum::dicom {

class Sender : public Service {
public:
    Sender(std::shared_ptr<const Options> options, const hilum_service_host *host);
    void handle(Message message) override;
    void stop() override;

private:
    void work(const Message &message);
    Message send(const Message &message, const Destination &destination);
    Message echo(const Message &message, const Destination &destination);
    Message request_commit(const Message &message, const Destination &destination);
    Message await_report(
        const Message &message, cdcmtk_association *association, const Destination &destination);
    Message report_commit(const Message &message, const Destination &destination);

    Gateway gateway_;
    std::shared_ptr<const Options> options_;
    std::unique_ptr<TLSContext> tls_;
    Threads threads_;
    std::atomic<bool> stopping_{false};
};

}  // namespace hilum::dicom

#endif
