// A connection with deadlines: what DCMTK's upper layer reads from and writes to.
#ifndef CDCMTK_LINK_HPP
#define CDCMTK_LINK_HPP

#include "dcmtk/config/osconfig.h"

#include "dcmtk/dcmdata/dcerror.h"
#include "dcmtk/dcmnet/dcmlayer.h"
#include "dcmtk/dcmnet/dcmtrans.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cdcmtk {

using Clock = std::chrono::steady_clock;

// The socket of one association, TLS or not. It outlives DCMTK's association, which sees it through a Wire.
class Link {
public:
    explicit Link(int socket) : socket_(socket) { prepare(); }
    ~Link();
    Link(const Link &) = delete;
    Link &operator=(const Link &) = delete;

    // A link that has no socket yet: DCMTK connects and hands one over.
    Link() = default;
    void adopt(int socket);

    // TLS from here on. The handshake ends at the deadline only if another thread interrupts it.
    bool secure(DcmTransportLayer &layer, bool as_server, std::string &problem);

    void set_idle(uint32_t milliseconds);
    // Shuts the socket down: whatever waits on it returns.
    void interrupt();

    // Waits until something can be read. False: not in time. True also at the end of the connection.
    bool wait_readable(Clock::time_point deadline);
    // As read(2); waits at most the idle time for each byte. 0: closed, -1: error or idle for too long.
    ssize_t read(void *bytes, size_t count);
    // All of it, or -1.
    ssize_t write(const void *bytes, size_t count);
    // Reads ahead until that many bytes are buffered. False: closed, or the deadline passed.
    bool fill(size_t count, Clock::time_point deadline);
    // What is buffered and was not read.
    const uint8_t *buffered() const { return buffer_.data() + start_; }
    size_t buffered_count() const { return buffer_.size() - start_; }
    // The first bytes on a plain socket, without taking them.
    size_t peek(uint8_t *bytes, size_t count, Clock::time_point deadline);

    bool is_closed() const { return closed_; }
    bool timed_out() const { return timed_out_; }
    const std::string &tls_subject() const { return subject_; }
    bool is_secure() const { return tls_ != nullptr; }

private:
    void prepare();
    ssize_t receive(void *bytes, size_t count, bool whole);
    void acknowledge_at_once();
    bool poll_for(short events, Clock::time_point deadline);

    int socket_ = -1;
    std::unique_ptr<DcmTransportConnection> tls_;
    std::string subject_;
    std::vector<uint8_t> buffer_;
    size_t start_ = 0;
    uint32_t idle_ = 60000;
    bool closed_ = false;
    bool timed_out_ = false;
};

// What DCMTK owns and deletes: passes everything on to the link.
class Wire : public DcmTransportConnection {
public:
    explicit Wire(Link &link) : DcmTransportConnection(-1), link_(link) {}
    OFCondition serverSideHandshake() override { return EC_Normal; }
    OFCondition clientSideHandshake() override;
    OFCondition renegotiate(const char *) override { return EC_IllegalCall; }
    ssize_t read(void *bytes, size_t count) override { return link_.read(bytes, count); }
    ssize_t write(void *bytes, size_t count) override { return link_.write(bytes, count); }
    void close() override { link_.interrupt(); }
    void closeTransportConnection() override { link_.interrupt(); }
    unsigned long getPeerCertificateLength() override { return 0; }
    unsigned long getPeerCertificate(void *, unsigned long) override { return 0; }
    OFBool networkDataAvailable(int seconds) override {
        return link_.wait_readable(Clock::now() + std::chrono::seconds(seconds > 0 ? seconds : 0));
    }
    OFBool isTransparentConnection() override { return OFFalse; }
    OFString &dumpConnectionParameters(OFString &text) override { return text = ""; }

private:
    Link &link_;
};

// Hands DCMTK the link of the association that this thread is opening.
class WireLayer : public DcmTransportLayer {
public:
    DcmTransportConnection *createConnection(DcmNativeSocketType socket, OFBool) override;

    // Of the requestor, set around the call that connects.
    struct Opening {
        Link *link = nullptr;
        bool connects = false;
        DcmTransportLayer *tls = nullptr;
        std::string problem;  // of the TLS handshake
    };
    static thread_local Opening opening;
};

}  // namespace cdcmtk

#endif
