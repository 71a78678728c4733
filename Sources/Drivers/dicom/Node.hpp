// The role `node`: listeners, and a thread for each connection.
#ifndef HILUM_DICOM_NODE_HPP
#define HILUM_DICOM_NODE_HPP

#include "Gateway.hpp"
#include "ImageFolder.hpp"
#include "Options.hpp"
#include "Refusals.hpp"
#include "Service.hpp"
#include "TLS.hpp"
#include "Threads.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace hilum::dicom {

class Conversation;

// Who connected, from where.
struct Origin {
    std::array<uint8_t, 16> address{};
    std::string text;
    uint16_t port = 0;
    uint16_t listener = 0;
};

class Node : public Service {
public:
    Node(std::shared_ptr<const Options> options, const hilum_service_host *host);
    ~Node() override;

    void start();
    void handle(Message message) override;
    void stop() override;

    std::shared_ptr<const Options> options() const;

    // Which peer calls; nullptr: none that is known. The options keep it alive.
    static const Peer *find_peer(const Options &options, const std::string &calling, const Origin &origin);
    // Counts an association of a peer. False: it has too many, or all have.
    bool admit(const Options &options, const Peer &peer);
    void dismiss(const Peer &peer);

    // Counts connections that have not shown yet who they are. False: there are too many from that address.
    bool begin_opening(const Origin &origin);
    void end_opening(const Origin &origin);

    // What the conversations that are open may be told, by number.
    void join(uint64_t number, Conversation *conversation);
    void leave(uint64_t number);

    // For associations of our own; nullptr: the options have no `tls`.
    cdcmtk_tls *sending_tls() const { return sending_tls_ == nullptr ? nullptr : sending_tls_->get(); }

    Gateway gateway;
    ImageFolder images;
    Refusals refusals;

private:
    struct Listener {
        int socket = -1;
        uint16_t port = 0;
        std::unique_ptr<TLSContext> tls;
    };

    void listen_to(const Listen &listen);
    void accept_all();
    void accept_one(const Listener &listener);
    void converse(int socket, const Listener &listener, const Origin &origin);
    void configure(const Message &message);
    void report(const Message &message);
    void report_anew(const Message &message);
    void interrupt_late();

    mutable std::mutex mutex_;
    std::shared_ptr<const Options> options_;
    std::vector<Listener> listeners_;
    std::unique_ptr<TLSContext> sending_tls_;
    Threads acceptor_, threads_;
    std::atomic<bool> stopping_{false};
    int wake_ = -1;
    uint64_t next_ = 1;
    std::map<uint64_t, Conversation *> conversations_;
    std::map<std::string, unsigned> admitted_;
    unsigned admitted_all_ = 0;
    std::map<std::array<uint8_t, 16>, unsigned> openings_;
};

}  // namespace hilum::dicom

#endif
