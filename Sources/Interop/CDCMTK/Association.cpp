// The accepting side of an association (PS3.8), and its end.
#include "Association.hpp"

#include "Fault.hpp"

#include "dcmtk/dcmdata/dcxfer.h"

#include <algorithm>
#include <exception>

using namespace cdcmtk;

namespace cdcmtk {

int32_t tell_upper(const cdcmtk_association &association, const OFCondition &outcome, cdcmtk_fault *fault) {
    if (outcome == DUL_PEERABORTEDASSOCIATION) return tell(fault, CDCMTK_ABORTED, "the peer aborted (A-ABORT)");
    if (outcome == DUL_READTIMEOUT || association.link.timed_out()) {
        return tell(fault, CDCMTK_TIMEOUT, "the peer was silent for too long");
    }
    if (association.link.is_closed()) return tell(fault, CDCMTK_CLOSED, "the connection was closed by the peer");
    return tell(fault, CDCMTK_MALFORMED, outcome.text());
}

void note_syntaxes(cdcmtk_association &association) {
    cdcmtk_context context{};
    for (size_t index = 0; cdcmtk_get_context(&association, index, &context) == 1; index++) {
        if (context.result == 0) association.syntaxes[context.id] = DcmXfer(context.accepted).getXfer();
    }
}

// Until the whole request is buffered: DCMTK would wait for it without a limit.
static int32_t await_request(cdcmtk_association &association, Clock::time_point deadline, cdcmtk_fault *fault) {
    Link &link = association.link;
    const auto cut_off = [&](const char *what) {
        const std::string text = link.timed_out() ? " did not come in time" : ": the peer closed the connection";
        return tell(fault, link.timed_out() ? CDCMTK_TIMEOUT : CDCMTK_CLOSED, what + text);
    };
    if (association.tls != nullptr) {
        uint8_t first[8] = {};
        const size_t count = link.peek(first, sizeof(first), deadline);
        if (count == 0) return cut_off("the TLS handshake");
        if (first[0] != 0x16) {
            const bool plain = first[0] == 0x01;
            return tell(
                fault, CDCMTK_MALFORMED,
                plain ? "DICOM without TLS on a TLS port" : describe_stranger(first, count) + ", on a TLS port");
        }
        std::string problem;
        if (!link.secure(association.tls->layer, true, problem)) {
            return tell(fault, CDCMTK_MALFORMED, "the TLS handshake failed: " + problem);
        }
    }
    if (!link.fill(1, deadline)) return cut_off("the association request");
    if (*link.buffered() != 0x01) {
        link.fill(4, std::min(deadline, Clock::now() + std::chrono::milliseconds(200)));
        std::string text = describe_stranger(link.buffered(), link.buffered_count());
        if (*link.buffered() == 0x16) text += " on a port without it";
        return tell(fault, CDCMTK_MALFORMED, text);
    }
    if (!link.fill(6, deadline)) return cut_off("the rest of the association request");
    const uint8_t *head = link.buffered();
    const size_t length = static_cast<size_t>(head[2]) << 24 | static_cast<size_t>(head[3]) << 16 |
                          static_cast<size_t>(head[4]) << 8 | head[5];
    if (length > 1 << 20) {
        return tell(fault, CDCMTK_MALFORMED, "an association request of " + std::to_string(length) + " bytes");
    }
    if (!link.fill(6 + length, deadline)) return cut_off("the rest of the association request");
    std::string problem;
    static const uint8_t abort[] = {0x07, 0, 0, 0, 0, 4, 0, 0, 2, 6};  // PS3.8 9.3.8: provider, invalid parameter
    if (!check_request(link.buffered() + 6, length, problem)) {
        link.write(abort, sizeof(abort));
        return tell(fault, CDCMTK_MALFORMED, problem);
    }
    return CDCMTK_OK;
}

static int32_t receive_request(
    cdcmtk_association &association, uint32_t max_pdu, uint32_t milliseconds, uint32_t idle, cdcmtk_fault *fault) {
    association.link.set_idle(milliseconds);
    const auto deadline = Clock::now() + std::chrono::milliseconds(milliseconds);
    const int32_t awaited = await_request(association, deadline, fault);
    if (awaited != CDCMTK_OK) return awaited;
    association.idle = idle;
    association.link.set_idle(idle);
    WireLayer::opening = WireLayer::Opening{&association.link, false, nullptr, {}};
    const long pdu = std::clamp<long>(max_pdu, ASC_MINIMUMPDUSIZE, ASC_MAXIMUMPDUSIZE);
    const OFCondition outcome =
        ASC_receiveAssociation(network, &association.upper, pdu, nullptr, nullptr, OFFalse, DUL_NOBLOCK, 5);
    WireLayer::opening = WireLayer::Opening{};
    if (outcome.good()) {
        auto *parameters = association.upper->params;
        copy_text(
            parameters->ourImplementationClassUID, sizeof(parameters->ourImplementationClassUID),
            cdcmtk_implementation_class());
        copy_text(
            parameters->ourImplementationVersionName, sizeof(parameters->ourImplementationVersionName),
            cdcmtk_implementation_version());
        return CDCMTK_OK;
    }
    return tell(fault, CDCMTK_MALFORMED, std::string("the association request is malformed: ") + outcome.text());
}

static uint8_t role_of(T_ASC_SC_ROLE role) {
    switch (role) {
        case ASC_SC_ROLE_SCU: return CDCMTK_ROLE_SCU;
        case ASC_SC_ROLE_SCP: return CDCMTK_ROLE_SCP;
        case ASC_SC_ROLE_SCUSCP: return CDCMTK_ROLE_BOTH;
        default: return CDCMTK_ROLE_DEFAULT;
    }
}

}  // namespace cdcmtk

extern "C" cdcmtk_association *cdcmtk_open(int32_t socket, cdcmtk_tls *tls) {
    try {
        auto *association = new cdcmtk_association(socket);
        association->tls = tls;
        return association;
    } catch (const std::exception &) {
        return nullptr;
    }
}

extern "C" int32_t cdcmtk_receive_request(
    cdcmtk_association *association, uint32_t max_pdu, uint32_t milliseconds, uint32_t idle_milliseconds,
    cdcmtk_fault *fault) {
    try {
        return receive_request(*association, max_pdu, milliseconds, idle_milliseconds, fault);
    } catch (const std::exception &problem) {
        return tell(fault, CDCMTK_FAILED, problem.what());
    }
}

extern "C" void cdcmtk_interrupt(cdcmtk_association *association) { association->link.interrupt(); }

extern "C" void cdcmtk_close(cdcmtk_association *association) { delete association; }

extern "C" void cdcmtk_get_peer(const cdcmtk_association *association, cdcmtk_peer *peer) {
    *peer = cdcmtk_peer{};
    copy_text(peer->tls_subject, sizeof(peer->tls_subject), association->link.tls_subject().c_str());
    if (association->upper == nullptr) return;
    T_ASC_Parameters *parameters = association->upper->params;
    char calling[64] = "", called[64] = "", responding[64] = "", context[128] = "";
    ASC_getAPTitles(parameters, calling, sizeof(calling), called, sizeof(called), responding, sizeof(responding));
    ASC_getApplicationContextName(parameters, context, sizeof(context));
    copy_trimmed(peer->calling, sizeof(peer->calling), calling);
    copy_trimmed(peer->called, sizeof(peer->called), called);
    copy_trimmed(peer->application_context, sizeof(peer->application_context), context);
    copy_trimmed(
        peer->implementation_class, sizeof(peer->implementation_class), parameters->theirImplementationClassUID);
    copy_trimmed(
        peer->implementation_version, sizeof(peer->implementation_version), parameters->theirImplementationVersionName);
    peer->max_pdu = static_cast<uint32_t>(parameters->theirMaxPDUReceiveSize);
}

extern "C" size_t cdcmtk_context_count(const cdcmtk_association *association) {
    const int count = ASC_countPresentationContexts(association->upper->params);
    return count > 0 ? static_cast<size_t>(count) : 0;
}

extern "C" int32_t cdcmtk_get_context(
    const cdcmtk_association *association, size_t index, cdcmtk_context *context) {
    if (index >= cdcmtk_context_count(association)) return 0;
    T_ASC_PresentationContext found{};
    if (ASC_getPresentationContext(association->upper->params, static_cast<int>(index), &found).bad()) return 0;
    *context = cdcmtk_context{};
    context->id = found.presentationContextID;
    context->result = static_cast<uint8_t>(found.resultReason);
    context->role = role_of(found.proposedRole);
    context->accepted_role = role_of(found.acceptedRole);
    copy_trimmed(context->abstract_syntax, sizeof(context->abstract_syntax), found.abstractSyntax);
    copy_trimmed(context->accepted, sizeof(context->accepted), found.acceptedTransferSyntax);
    context->count = std::min<uint32_t>(found.transferSyntaxCount, CDCMTK_TRANSFER_SYNTAXES);
    for (uint32_t place = 0; place < context->count; place++) {
        copy_trimmed(
            context->transfer_syntaxes[place], sizeof(context->transfer_syntaxes[place]),
            found.proposedTransferSyntaxes[place]);
    }
    return 1;
}

extern "C" int32_t cdcmtk_accept_context(
    cdcmtk_association *association, uint8_t id, const char *transfer_syntax, uint8_t role) {
    T_ASC_SC_ROLE accepted = ASC_SC_ROLE_DEFAULT;
    if (role == CDCMTK_ROLE_SCU) accepted = ASC_SC_ROLE_SCU;
    if (role == CDCMTK_ROLE_SCP) accepted = ASC_SC_ROLE_SCP;
    if (role == CDCMTK_ROLE_BOTH) accepted = ASC_SC_ROLE_SCUSCP;
    return ASC_acceptPresentationContext(association->upper->params, id, transfer_syntax, accepted).good() ? 1 : 0;
}

extern "C" int32_t cdcmtk_refuse_context(cdcmtk_association *association, uint8_t id, uint8_t result) {
    const auto reason = static_cast<T_ASC_P_ResultReason>(result);
    return ASC_refusePresentationContext(association->upper->params, id, reason).good() ? 1 : 0;
}

extern "C" int32_t cdcmtk_acknowledge(cdcmtk_association *association, cdcmtk_fault *fault) {
    const OFCondition outcome = ASC_acknowledgeAssociation(association->upper);
    if (outcome.bad()) return tell_upper(*association, outcome, fault);
    note_syntaxes(*association);
    return CDCMTK_OK;
}

extern "C" void cdcmtk_reject(cdcmtk_association *association, uint8_t result, uint8_t source, uint8_t reason) {
    T_ASC_RejectParameters parameters{};
    parameters.result = static_cast<T_ASC_RejectParametersResult>(result);
    parameters.source = static_cast<T_ASC_RejectParametersSource>(source);
    parameters.reason = static_cast<T_ASC_RejectParametersReason>(source << 8 | reason);
    ASC_rejectAssociation(association->upper, &parameters);
    // PS3.8 9.2: the requestor closes. Closing first could lose the rejection on its way.
    if (association->link.wait_readable(Clock::now() + std::chrono::seconds(1))) {
        ASC_closeTransportConnection(association->upper);
    }
}

extern "C" int32_t cdcmtk_release(cdcmtk_association *association) {
    const OFCondition outcome = ASC_releaseAssociation(association->upper);
    return outcome.good() ? CDCMTK_OK : tell_upper(*association, outcome, nullptr);
}

extern "C" void cdcmtk_abort(cdcmtk_association *association) {
    if (association->upper != nullptr) ASC_abortAssociation(association->upper);
}
