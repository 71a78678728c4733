// A TLS context that is closed with its owner.
#ifndef HILUM_DICOM_TLS_HPP
#define HILUM_DICOM_TLS_HPP

#include "Options.hpp"

#include "cdcmtk.h"

namespace hilum::dicom {

class TLSContext {
public:
    // Throws OptionsFault.
    TLSContext(const TLSOptions &options, bool acceptor) {
        const auto path = [](const std::string &text) { return text.empty() ? nullptr : text.c_str(); };
        cdcmtk_tls_options given{};
        given.certificate = path(options.certificate);
        given.key = path(options.key);
        given.authorities = path(options.authorities);
        given.peer = options.clients;
        given.profile = options.profile;
        given.acceptor = acceptor ? 1 : 0;
        cdcmtk_fault fault{};
        context_ = cdcmtk_tls_open(&given, &fault);
        if (context_ == nullptr) throw OptionsFault(fault.text);
    }
    ~TLSContext() { cdcmtk_tls_close(context_); }
    TLSContext(const TLSContext &) = delete;
    TLSContext &operator=(const TLSContext &) = delete;

    cdcmtk_tls *get() const { return context_; }

private:
    cdcmtk_tls *context_ = nullptr;
};

}  // namespace hilum::dicom

#endif
