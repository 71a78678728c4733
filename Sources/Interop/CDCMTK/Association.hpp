// The state of an association.
#ifndef CDCMTK_ASSOCIATION_HPP
#define CDCMTK_ASSOCIATION_HPP

#include "Link.hpp"

#include "dcmtk/dcmnet/assoc.h"
#include "dcmtk/dcmnet/dimse.h"
#include "dcmtk/dcmtls/tlslayer.h"

#include "cdcmtk.h"

struct cdcmtk_tls {
    explicit cdcmtk_tls(T_ASC_NetworkRole role) : layer(role, nullptr, OFFalse) {}
    DcmTLSTransportLayer layer;
};

struct cdcmtk_association {
    cdcmtk::Link link;
    cdcmtk_tls *tls = nullptr;
    T_ASC_Association *upper = nullptr;
    uint32_t idle = 60000;
    // Accepted transfer syntaxes by presentation context ID.
    std::array<E_TransferSyntax, 256> syntaxes{};

    cdcmtk_association() { syntaxes.fill(EXS_Unknown); }
    explicit cdcmtk_association(int socket) : link(socket) { syntaxes.fill(EXS_Unknown); }
    // DCMTK's part first: it still speaks to the link.
    ~cdcmtk_association() {
        if (upper != nullptr) ASC_destroyAssociation(&upper);
    }
};

namespace cdcmtk {

// One for all associations of the process.
extern T_ASC_Network *network;

// What a request is that is not one: HTTP, TLS, HL7 …
std::string describe_stranger(const uint8_t *bytes, size_t count);
// Checks that the items of an A-ASSOCIATE-RQ lie within each other (PS3.8 9.3.2) before DCMTK parses it.
bool check_request(const uint8_t *bytes, size_t count, std::string &problem);
// What a failed call of the upper layer means.
int32_t tell_upper(const cdcmtk_association &association, const OFCondition &outcome, cdcmtk_fault *fault);
// Remembers the accepted contexts.
void note_syntaxes(cdcmtk_association &association);

}  // namespace cdcmtk

#endif
