// DCMTK's globals, set once before there are threads; and the names it knows.
#include "Association.hpp"
#include "Fault.hpp"

#include "dcmtk/dcmdata/dcdict.h"
#include "dcmtk/dcmdata/dcobject.h"
#include "dcmtk/dcmdata/dcrledrg.h"
#include "dcmtk/dcmdata/dcrleerg.h"
#include "dcmtk/dcmdata/dcuid.h"
#include "dcmtk/dcmdata/dcxfer.h"
#include "dcmtk/dcmjpeg/djdecode.h"
#include "dcmtk/dcmjpeg/djencode.h"
#include "dcmtk/dcmjpls/djdecode.h"
#include "dcmtk/dcmjpls/djencode.h"
#include "dcmtk/dcmnet/diutil.h"
#include "dcmtk/dcmtls/tlslayer.h"
#include "dcmtk/oflog/oflog.h"

#include <csignal>
#include <cstdlib>
#include <sys/socket.h>

namespace cdcmtk {

T_ASC_Network *network = nullptr;

// DCMTK takes an accepted socket from a global. It looks at it and hands it to the transport layer, which has the real
// one already: so one end of a pair that nobody uses serves all associations, and no lock is needed around them.
static int32_t make_network(cdcmtk_fault *fault) {
    int pair[2] = {-1, -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return tell(fault, CDCMTK_FAILED, "no socket pair: " + system_text(errno), errno);
    }
    dcmExternalSocketHandle.set(pair[0]);
    OFCondition outcome = ASC_initializeNetwork(NET_ACCEPTORREQUESTOR, 0, 10, &network);
    if (outcome.good()) outcome = ASC_setTransportLayer(network, new WireLayer(), 1);
    return outcome.good() ? CDCMTK_OK : tell(fault, CDCMTK_FAILED, outcome.text());
}

static int32_t start(cdcmtk_fault *fault) {
    signal(SIGPIPE, SIG_IGN);
    // Would be applied to sockets that are not ours to set; Link sets it on those that are.
    unsetenv("TCP_NODELAY");
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    dcmDisableGethostbyaddr.set(OFTrue);
    dcmEnableAutomaticInputDataCorrection.set(OFFalse);
    dcmAcceptOddAttributeLength.set(OFTrue);
    dcmMaxOutgoingPDUSize.set(131072);
    dcmConnectionTimeout.set(15);
    if (!dcmDataDict.isDictionaryLoaded()) {
        return tell(
            fault, CDCMTK_FAILED,
            "DCMTK has no data dictionary; install the package of it (Debian: libdcmtk17), or name the file in "
            "DCMDICTPATH");
    }
    DJDecoderRegistration::registerCodecs();
    DJEncoderRegistration::registerCodecs();
    DJLSDecoderRegistration::registerCodecs();
    DJLSEncoderRegistration::registerCodecs();
    DcmRLEDecoderRegistration::registerCodecs();
    DcmRLEEncoderRegistration::registerCodecs();
    DcmTLSTransportLayer::initializeOpenSSL();
    return make_network(fault);
}

}  // namespace cdcmtk

extern "C" int32_t cdcmtk_start(cdcmtk_fault *fault) {
    static int32_t outcome = -1;
    if (outcome < 0) outcome = cdcmtk::start(fault);
    return outcome;
}

extern "C" void cdcmtk_free(void *memory) { free(memory); }

extern "C" int32_t cdcmtk_is_storage(const char *sop_class) {
    for (int index = 0; index < numberOfDcmAllStorageSOPClassUIDs; index++) {
        if (std::strcmp(dcmAllStorageSOPClassUIDs[index], sop_class) == 0) return 1;
    }
    return 0;
}

extern "C" const char *cdcmtk_storage(size_t index) {
    return index < static_cast<size_t>(numberOfDcmAllStorageSOPClassUIDs) ? dcmAllStorageSOPClassUIDs[index] : nullptr;
}

extern "C" int32_t cdcmtk_knows_transfer_syntax(const char *uid) {
    const E_TransferSyntax syntax = DcmXfer(uid).getXfer();
    // A private syntax of old devices whose pixel data have another byte order than the rest: they offer better ones.
    return syntax != EXS_Unknown && syntax != EXS_PrivateGE_LEI_WithBigEndianPixelData;
}

extern "C" const char *cdcmtk_name(const char *uid) {
    const char *name = dcmFindNameOfUID(uid, nullptr);
    return name != nullptr ? name : "";
}

// Made from a random UUID (PS3.5 B.2): no registered root is used.
extern "C" const char *cdcmtk_implementation_class(void) { return "2.25.76789477581763723990047335383980644364"; }
extern "C" const char *cdcmtk_implementation_version(void) { return "HILUM_1"; }
