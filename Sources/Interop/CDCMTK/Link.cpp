#include "Link.hpp"

#include "Fault.hpp"

#include "dcmtk/dcmnet/cond.h"

#include <algorithm>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace cdcmtk {

// Enough for every command and the head of a P-DATA PDU; the rest of a long PDU goes where it belongs at once.
static const size_t ahead = 4096;

Link::~Link() {
    if (tls_ != nullptr) {
        tls_->close();  // closes the socket too
    } else if (socket_ >= 0) {
        ::close(socket_);
    }
}

void Link::adopt(int socket) {
    socket_ = socket;
    prepare();
}

void Link::prepare() {
    // Debian's DCMTK leaves Nagle's algorithm on, which caps C-STORE at some 20 instances a second.
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(socket_, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    set_idle(idle_);
}

void Link::set_idle(uint32_t milliseconds) {
    idle_ = std::max(milliseconds, 100u);
    timeval time{};
    time.tv_sec = idle_ / 1000;
    time.tv_usec = static_cast<suseconds_t>(idle_ % 1000) * 1000;
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time));
}

bool Link::secure(DcmTransportLayer &layer, bool as_server, std::string &problem) {
    tls_.reset(layer.createConnection(socket_, OFTrue));
    if (tls_ == nullptr) {
        problem = "no memory for a TLS connection";
        return false;
    }
    const OFCondition outcome = as_server ? tls_->serverSideHandshake() : tls_->clientSideHandshake();
    if (outcome.bad()) {
        problem = outcome.text();
        closed_ = true;
        return false;
    }
    OFString text;
    tls_->dumpConnectionParameters(text);
    const size_t subject = text.find("Subject");
    if (subject != OFString_npos) {
        const size_t colon = text.find(":", subject);
        const size_t end = text.find("\n", subject);
        if (colon != OFString_npos && (end == OFString_npos || colon < end)) {
            subject_ = text.substr(colon + 1, end == OFString_npos ? end : end - colon - 1).c_str();
            subject_.erase(0, subject_.find_first_not_of(' '));
        }
    }
    return true;
}

void Link::interrupt() {
    if (socket_ >= 0) shutdown(socket_, SHUT_RDWR);
}

// A peer that leaves Nagle's algorithm on (every DCMTK as it comes) holds the end of a message back until we acknowledge
// what came before, and we acknowledge 40 ms late unless told so. The kernel forgets it again, so it is said at each wait.
void Link::acknowledge_at_once() {
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

bool Link::poll_for(short events, Clock::time_point deadline) {
    if ((events & POLLIN) != 0) acknowledge_at_once();
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
        pollfd entry{socket_, events, 0};
        const int ready = ::poll(&entry, 1, static_cast<int>(std::clamp<int64_t>(left, 0, 1 << 30)));
        if (ready > 0) return true;
        if (ready == 0 || errno != EINTR) return false;
    }
}

bool Link::wait_readable(Clock::time_point deadline) {
    if (buffered_count() > 0 || closed_) return true;
    if (tls_ != nullptr && tls_->networkDataAvailable(0)) return true;
    if (tls_ == nullptr && fill(1, Clock::time_point::min())) return true;
    return closed_ || poll_for(POLLIN, deadline);
}

ssize_t Link::receive(void *bytes, size_t count, bool whole) {
    if (tls_ == nullptr) acknowledge_at_once();
    while (true) {
        errno = 0;
        const ssize_t got =
            tls_ != nullptr ? tls_->read(bytes, count) : ::recv(socket_, bytes, count, whole ? MSG_WAITALL : 0);
        if (got > 0) return got;
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) timed_out_ = true;
        closed_ = true;
        errno = EIO;  // DCMTK would try again at EINTR, whatever came before
        return got == 0 ? 0 : -1;
    }
}

ssize_t Link::read(void *bytes, size_t count) {
    if (buffered_count() == 0) {
        if (closed_) return 0;
        if (count >= ahead) return receive(bytes, count, true);
        buffer_.resize(ahead);
        const ssize_t got = receive(buffer_.data(), ahead, false);
        start_ = 0;
        buffer_.resize(got > 0 ? static_cast<size_t>(got) : 0);
        if (got <= 0) return got;
    }
    const size_t part = std::min(count, buffered_count());
    std::memcpy(bytes, buffered(), part);
    start_ += part;
    if (start_ == buffer_.size()) {
        buffer_.clear();
        start_ = 0;
    }
    return static_cast<ssize_t>(part);
}

bool Link::fill(size_t count, Clock::time_point deadline) {
    while (buffered_count() < count) {
        if (closed_) return false;
        const bool secured_data = tls_ != nullptr && tls_->networkDataAvailable(0);
        if (!secured_data && deadline != Clock::time_point::min() && !poll_for(POLLIN, deadline)) {
            timed_out_ = true;
            return false;
        }
        if (tls_ != nullptr && !secured_data && deadline == Clock::time_point::min()) return false;
        const size_t had = buffer_.size();
        buffer_.resize(had + std::max(ahead, count - buffered_count()));
        ssize_t got = 0;
        if (tls_ != nullptr) {
            got = tls_->read(buffer_.data() + had, buffer_.size() - had);
        } else {
            do {
                got = ::recv(socket_, buffer_.data() + had, buffer_.size() - had, MSG_DONTWAIT);
            } while (got < 0 && errno == EINTR);
        }
        buffer_.resize(had + (got > 0 ? static_cast<size_t>(got) : 0));
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            if (deadline == Clock::time_point::min()) return false;
            continue;
        }
        if (got <= 0) closed_ = true;
    }
    return true;
}

size_t Link::peek(uint8_t *bytes, size_t count, Clock::time_point deadline) {
    if (!poll_for(POLLIN, deadline)) {
        timed_out_ = true;
        return 0;
    }
    const ssize_t got = ::recv(socket_, bytes, count, MSG_PEEK | MSG_DONTWAIT);
    if (got <= 0) closed_ = true;
    return got > 0 ? static_cast<size_t>(got) : 0;
}

ssize_t Link::write(const void *bytes, size_t count) {
    const auto *from = static_cast<const uint8_t *>(bytes);
    // The head of a P-DATA PDU goes with what follows it, instead of in a packet of its own.
    const int more = count == 12 && from[0] == 0x04 ? MSG_MORE : 0;
    size_t done = 0;
    while (done < count) {
        errno = 0;
        const ssize_t sent = tls_ != nullptr ? tls_->write(const_cast<uint8_t *>(from + done), count - done)
                                             : ::send(socket_, from + done, count - done, MSG_NOSIGNAL | more);
        if (sent > 0) {
            done += static_cast<size_t>(sent);
        } else if (sent < 0 && errno == EINTR) {
            continue;
        } else {
            if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) timed_out_ = true;
            closed_ = true;
            errno = EIO;
            return -1;
        }
    }
    return static_cast<ssize_t>(count);
}

thread_local WireLayer::Opening WireLayer::opening;

OFCondition Wire::clientSideHandshake() {
    WireLayer::Opening &opening = WireLayer::opening;
    if (opening.tls == nullptr || link_.secure(*opening.tls, false, opening.problem)) return EC_Normal;
    return makeDcmnetCondition(DULC_TLSERROR, OF_error, opening.problem.c_str());
}

DcmTransportConnection *WireLayer::createConnection(DcmNativeSocketType socket, OFBool) {
    if (opening.link == nullptr) return nullptr;
    if (opening.connects) opening.link->adopt(socket);
    return new Wire(*opening.link);
}

}  // namespace cdcmtk
