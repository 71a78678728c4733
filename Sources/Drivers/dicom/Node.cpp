#include "Node.hpp"

#include "Conversation.hpp"
#include "Reporting.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace hilum::dicom {

// Connections that have not shown who they are yet, beside the associations.
static const unsigned most_openings = 256;
// Of them from one address: one that goes mad leaves room for the others.
static const unsigned most_openings_of_one = 128;

Node::Node(std::shared_ptr<const Options> options, const hilum_service_host *host)
    : gateway(host), images(options->incoming, options->images), options_(std::move(options)) {}

Node::~Node() {
    for (const Listener &listener : listeners_) {
        if (listener.socket >= 0) close(listener.socket);
    }
    if (wake_ >= 0) close(wake_);
}

void Node::start() {
    wake_ = eventfd(0, EFD_CLOEXEC);
    for (const std::string &name : options_->unknown) {
        gateway.tell(Message("trouble").with("problem", "unknown option " + name).with("cure", "take it out"));
    }
    if (options_->tls) {
        try {
            sending_tls_ = std::make_unique<TLSContext>(*options_->tls, false);
        } catch (const OptionsFault &fault) {
            gateway.tell(
                Message("trouble").with("problem", fault.what()).with("cure", "check the files that tls names"));
        }
    }
    for (const Listen &listen : options_->listen) listen_to(listen);
    if (!acceptor_.start([this] { accept_all(); })) throw OptionsFault("the system gives no thread for listening");
}

static void tell_trouble(Gateway &gateway, const Listen &listen, const std::string &problem, const std::string &cure) {
    gateway.tell(Message("trouble")
                     .with("problem", listen.address + ":" + std::to_string(listen.port) + ": " + problem)
                     .with("cure", cure));
}

static std::string address_text(const sockaddr_storage &address) {
    char text[INET6_ADDRSTRLEN] = "";
    if (address.ss_family == AF_INET) {
        inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in &>(address).sin_addr, text, sizeof(text));
    } else {
        inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6 &>(address).sin6_addr, text, sizeof(text));
    }
    return text;
}

static uint16_t port_of(const sockaddr_storage &address) {
    return ntohs(
        address.ss_family == AF_INET ? reinterpret_cast<const sockaddr_in &>(address).sin_port
                                     : reinterpret_cast<const sockaddr_in6 &>(address).sin6_port);
}

void Node::listen_to(const Listen &listen) {
    Listener listener;
    if (listen.tls) {
        try {
            listener.tls = std::make_unique<TLSContext>(*listen.tls, true);
        } catch (const OptionsFault &fault) {
            return tell_trouble(gateway, listen, fault.what(), "check the files that listen.tls names");
        }
    }
    addrinfo hints{};
    hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo *found = nullptr;
    if (getaddrinfo(listen.address.c_str(), std::to_string(listen.port).c_str(), &hints, &found) != 0) {
        return tell_trouble(gateway, listen, "this is no address", "write one of this machine, or 0.0.0.0 for all");
    }
    const int on = 1;
    listener.socket = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    setsockopt(listener.socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    const bool bound =
        bind(listener.socket, found->ai_addr, found->ai_addrlen) == 0 && ::listen(listener.socket, 512) == 0;
    const int error = errno;
    freeaddrinfo(found);
    if (!bound) {
        if (listener.socket >= 0) close(listener.socket);
        return tell_trouble(
            gateway, listen, strerror(error),
            error == EADDRINUSE ? "another program has this port: stop it, or write another port"
                                : "write an address of this machine and a port that Hilum may use");
    }
    sockaddr_storage real{};
    socklen_t length = sizeof(real);
    getsockname(listener.socket, reinterpret_cast<sockaddr *>(&real), &length);
    listener.port = port_of(real);
    gateway.tell(Message("listening")
                     .with("address", address_text(real))
                     .with("port", listener.port)
                     .with("tls", listen.tls ? "1" : "0"));
    listeners_.push_back(std::move(listener));
}

void Node::accept_all() {
    std::vector<pollfd> entries;
    for (const Listener &listener : listeners_) entries.push_back({listener.socket, POLLIN, 0});
    entries.push_back({wake_, POLLIN, 0});
    while (!stopping_) {
        if (poll(entries.data(), entries.size(), 500) > 0) {
            for (size_t index = 0; index < listeners_.size(); index++) {
                if (entries[index].revents != 0) accept_one(listeners_[index]);
            }
        }
        interrupt_late();
        const uint64_t rest = refusals.rest();
        if (rest > 0) {
            gateway.tell(Message("refused").with("reason", "a flood of refused connections").with("untold", rest));
        }
    }
}

void Node::accept_one(const Listener &listener) {
    sockaddr_storage from{};
    socklen_t length = sizeof(from);
    const int socket = accept4(listener.socket, reinterpret_cast<sockaddr *>(&from), &length, SOCK_CLOEXEC);
    if (socket < 0) {
        // Out of descriptors or memory: the connection stays in the queue; looking again at once would burn a core.
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) usleep(50000);
        return;
    }
    Origin origin;
    origin.text = address_text(from);
    origin.port = port_of(from);
    origin.listener = listener.port;
    if (const auto range = AddressRange::parse(origin.text)) origin.address = range->address;
    if (origin.text.compare(0, 7, "::ffff:") == 0) origin.text.erase(0, 7);
    const std::shared_ptr<const Options> options = this->options();
    if (begin_opening(origin)) {
        if (threads_.count() < options->associations + most_openings &&
            threads_.start([this, socket, &listener, origin] { converse(socket, listener, origin); })) {
            return;
        }
        end_opening(origin);
    }
    close(socket);
    Message refused("refused");
    refused.with("address", origin.text).with("port", origin.listener);
    tell_refused(
        *this, refused.with("reason", "too many connections are open")
                   .with("cure", "find out who connects so often, or raise dicom.associations"));
}

bool Node::begin_opening(const Origin &origin) {
    const std::lock_guard<std::mutex> lock(mutex_);
    unsigned &count = openings_[origin.address];
    if (count >= most_openings_of_one) return false;
    count++;
    return true;
}

void Node::end_opening(const Origin &origin) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = openings_.find(origin.address);
    if (found != openings_.end() && --found->second == 0) openings_.erase(found);
}

void Node::converse(int socket, const Listener &listener, const Origin &origin) {
    Association association(cdcmtk_open(socket, listener.tls == nullptr ? nullptr : listener.tls->get()));
    if (association == nullptr) {
        close(socket);
        return end_opening(origin);
    }
    uint64_t number = 0;
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        number = next_++;
    }
    Conversation conversation(*this, std::move(association), origin, number);
    join(number, &conversation);
    try {
        if (!stopping_) conversation.run();
    } catch (const std::exception &problem) {
        gateway.tell(Message("trouble").with("problem", problem.what()).with("cure", "this association has ended"));
    }
    leave(number);
    for (const Message &report : conversation.leftover_reports()) this->report(report);
}

void Node::join(uint64_t number, Conversation *conversation) {
    const std::lock_guard<std::mutex> lock(mutex_);
    conversations_[number] = conversation;
}

void Node::leave(uint64_t number) {
    const std::lock_guard<std::mutex> lock(mutex_);
    conversations_.erase(number);
}

void Node::interrupt_late() {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto &entry : conversations_) {
        if (entry.second->is_late(now)) entry.second->interrupt();
    }
}

void Node::stop() {
    stopping_ = true;
    gateway.stop();
    const uint64_t one = 1;
    if (write(wake_, &one, sizeof(one)) < 0) return;
    acceptor_.wait(std::chrono::seconds(5));
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        for (const auto &entry : conversations_) entry.second->interrupt();
    }
    threads_.wait(std::chrono::seconds(5));
}

std::shared_ptr<const Options> Node::options() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return options_;
}

const Peer *Node::find_peer(const Options &options, const std::string &calling, const Origin &origin) {
    const Peer *best = nullptr;
    int best_score = -1;
    for (const Peer &peer : options.peers) {
        if (!peer.ae.empty() && peer.ae != calling) continue;
        if (peer.range && !peer.range->contains(origin.address)) continue;
        // The one that says most about itself; a title says more than a network.
        const int score = (peer.ae.empty() ? 0 : 1000) + (peer.range ? static_cast<int>(peer.range->bits) : 0);
        if (score > best_score) {
            best = &peer;
            best_score = score;
        }
    }
    return best;
}

static std::string key_of(const Peer &peer) { return peer.device + '\n' + peer.ae; }

bool Node::admit(const Options &options, const Peer &peer) {
    const std::lock_guard<std::mutex> lock(mutex_);
    unsigned &count = admitted_[key_of(peer)];
    if (count >= peer.associations || admitted_all_ >= options.associations) return false;
    count++;
    admitted_all_++;
    return true;
}

void Node::dismiss(const Peer &peer) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = admitted_.find(key_of(peer));
    if (found != admitted_.end() && --found->second == 0) admitted_.erase(found);
    admitted_all_--;
}

void Node::handle(Message message) {
    if (message.kind == "answer" || message.kind == "match") {
        gateway.deliver(std::move(message));
    } else if (message.kind == "configure") {
        configure(message);
    } else if (message.kind == "report-commit") {
        report(message);
    } else {
        const std::string problem = "the node does not know the message " + message.kind;
        gateway.tell(failed_result(message, problem, "send it to the sender or the renderer"));
    }
}

void Node::configure(const Message &message) {
    try {
        auto parsed = Options::parse({reinterpret_cast<const char *>(message.body.data()), message.body.size()});
        const std::lock_guard<std::mutex> lock(mutex_);
        options_ = std::move(parsed);
    } catch (const OptionsFault &fault) {
        gateway.tell(Message("trouble").with("problem", fault.what()).with("cure", "the options of before stay"));
    }
}

void Node::report(const Message &message) {
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        const auto found = conversations_.find(message.number("association", 0));
        if (found != conversations_.end() && found->second->enqueue_report(message)) return;
    }
    if (!threads_.start([this, message] { report_anew(message); })) {
        gateway.tell(failed_result(message, "the system gives no thread", "try again"));
    }
}

void Node::report_anew(const Message &message) {
    gateway.tell(report_on_new_association(*this, message));
}

}  // namespace hilum::dicom
