// Secure transport (PS3.15 B) by DCMTK's layer over OpenSSL.
#include "Association.hpp"
#include "Fault.hpp"

#include <sys/stat.h>

using namespace cdcmtk;

static DcmTLSSecurityProfile profile_of(int32_t profile) {
    switch (profile) {
        case CDCMTK_TLS_BCP195: return TSP_Profile_BCP195;
        case CDCMTK_TLS_EXTENDED: return TSP_Profile_BCP195_Extended;
        default: return TSP_Profile_BCP195_ND;
    }
}

static DcmCertificateVerification verification_of(int32_t peer) {
    switch (peer) {
        case CDCMTK_PEER_NONE: return DCV_ignoreCertificate;
        case CDCMTK_PEER_REQUESTED: return DCV_checkCertificate;
        default: return DCV_requireCertificate;
    }
}

static bool is_folder(const char *path) {
    struct stat about {};
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static int32_t configure(DcmTLSTransportLayer &layer, const cdcmtk_tls_options &options, cdcmtk_fault *fault) {
    if (options.acceptor && (options.certificate == nullptr || options.key == nullptr)) {
        return tell(fault, CDCMTK_FILE, "tls needs a certificate and a key: name two PEM files");
    }
    if (options.key != nullptr && layer.setPrivateKeyFile(options.key, DCF_Filetype_PEM).bad()) {
        return tell(fault, CDCMTK_FILE, std::string("the key cannot be read: ") + options.key);
    }
    if (options.certificate != nullptr && layer.setCertificateFile(options.certificate, DCF_Filetype_PEM).bad()) {
        return tell(fault, CDCMTK_FILE, std::string("the certificate cannot be read: ") + options.certificate);
    }
    if (options.key != nullptr && !layer.checkPrivateKeyMatchesCertificate()) {
        return tell(fault, CDCMTK_FILE, std::string("the key does not belong to the certificate: ") + options.key);
    }
    if (options.authorities != nullptr) {
        const OFCondition outcome = is_folder(options.authorities)
                                        ? layer.addTrustedCertificateDir(options.authorities, DCF_Filetype_PEM)
                                        : layer.addTrustedCertificateFile(options.authorities, DCF_Filetype_PEM);
        if (outcome.bad()) {
            return tell(fault, CDCMTK_FILE, std::string("the authorities cannot be read: ") + options.authorities);
        }
    } else if (options.peer != CDCMTK_PEER_NONE) {
        return tell(fault, CDCMTK_FILE, "tls is to check the peer's certificate but names no authorities: add them");
    }
    if (layer.setTLSProfile(profile_of(options.profile)).bad() || layer.activateCipherSuites().bad()) {
        return tell(fault, CDCMTK_FAILED, "OpenSSL does not offer this TLS profile: use another one");
    }
    layer.setCertificateVerification(verification_of(options.peer));
    return CDCMTK_OK;
}

extern "C" cdcmtk_tls *cdcmtk_tls_open(const cdcmtk_tls_options *options, cdcmtk_fault *fault) {
    try {
        auto tls = std::make_unique<cdcmtk_tls>(options->acceptor ? NET_ACCEPTOR : NET_REQUESTOR);
        return configure(tls->layer, *options, fault) == CDCMTK_OK ? tls.release() : nullptr;
    } catch (const std::exception &problem) {
        tell(fault, CDCMTK_FAILED, problem.what());
        return nullptr;
    }
}

extern "C" void cdcmtk_tls_close(cdcmtk_tls *tls) { delete tls; }
