// Opening an association (PS3.8 7.1).
#include "Association.hpp"
#include "Fault.hpp"

#include <algorithm>

using namespace cdcmtk;

namespace cdcmtk {

static T_ASC_SC_ROLE role_of(uint8_t role) {
    switch (role) {
        case CDCMTK_ROLE_SCU: return ASC_SC_ROLE_SCU;
        case CDCMTK_ROLE_SCP: return ASC_SC_ROLE_SCP;
        case CDCMTK_ROLE_BOTH: return ASC_SC_ROLE_SCUSCP;
        default: return ASC_SC_ROLE_DEFAULT;
    }
}

// PS3.8 table 9-21.
static std::string rejection_text(const T_ASC_RejectParameters &rejection) {
    const int reason = rejection.reason & 0xFF;
    std::string text = rejection.result == ASC_RESULT_REJECTEDTRANSIENT ? "rejected for now" : "rejected";
    switch (rejection.source) {
        case ASC_SOURCE_SERVICEUSER:
            text += " by the application: ";
            if (reason == 2) return text + "it does not know the application context";
            if (reason == 3) return text + "it does not know our AE title (or address)";
            if (reason == 7) return text + "the called AE title is not its own";
            return text + "no reason given";
        case ASC_SOURCE_SERVICEPROVIDER_ACSE_RELATED:
            return text + (reason == 2 ? ": the protocol version is not supported" : ": no reason given");
        default:
            if (reason == 1) return text + ": temporary congestion";
            if (reason == 2) return text + ": its limit of associations is reached";
            return text + ": no reason given";
    }
}

static std::string without_prefix(const OFCondition &outcome) {
    const std::string text = outcome.text();
    const std::string prefix = "TCP Initialization Error: ";
    return text.compare(0, prefix.size(), prefix) == 0 ? text.substr(prefix.size()) : text;
}

static void tell_failure(
    const cdcmtk_association &association, const cdcmtk_request &request, const OFCondition &outcome,
    const std::string &tls_problem, T_ASC_Parameters *parameters, cdcmtk_fault *fault) {
    const std::string where = std::string(request.host) + ":" + std::to_string(request.port) + ": ";
    if (!tls_problem.empty()) {
        tell(fault, CDCMTK_UNREACHABLE, where + "the TLS handshake failed: " + tls_problem);
    } else if (outcome == DUL_ASSOCIATIONREJECTED) {
        T_ASC_RejectParameters rejection{};
        ASC_getRejectParameters(parameters, &rejection);
        tell(fault, CDCMTK_REJECTED, where + rejection_text(rejection));
        if (fault != nullptr) {
            fault->rj_result = static_cast<uint8_t>(rejection.result);
            fault->rj_source = static_cast<uint8_t>(rejection.source);
            fault->rj_reason = static_cast<uint8_t>(rejection.reason & 0xFF);
        }
    } else if (outcome.code() == DULC_TCPINITERROR || outcome.code() == DULC_UNKNOWNHOST) {
        tell(fault, CDCMTK_UNREACHABLE, where + without_prefix(outcome));
    } else {
        const int32_t kind = tell_upper(association, outcome, fault);
        if (fault != nullptr) tell(fault, kind, where + fault->text + std::string(", before it answered the request"));
    }
}

static OFCondition prepare(T_ASC_Parameters *parameters, const cdcmtk_request &request) {
    OFCondition outcome = ASC_setAPTitles(parameters, request.calling, request.called, nullptr);
    const std::string address = std::string(request.host) + ":" + std::to_string(request.port);
    if (outcome.good()) outcome = ASC_setPresentationAddresses(parameters, "localhost", address.c_str());
    for (size_t index = 0; index < request.context_count && outcome.good(); index++) {
        const cdcmtk_context &context = request.contexts[index];
        const char *syntaxes[CDCMTK_TRANSFER_SYNTAXES];
        const size_t count = std::min<size_t>(context.count, CDCMTK_TRANSFER_SYNTAXES);
        for (size_t place = 0; place < count; place++) syntaxes[place] = context.transfer_syntaxes[place];
        outcome = ASC_addPresentationContext(
            parameters, static_cast<T_ASC_PresentationContextID>(2 * index + 1), context.abstract_syntax, syntaxes,
            static_cast<int>(count), role_of(context.role));
    }
    copy_text(
        parameters->ourImplementationClassUID, sizeof(parameters->ourImplementationClassUID),
        cdcmtk_implementation_class());
    copy_text(
        parameters->ourImplementationVersionName, sizeof(parameters->ourImplementationVersionName),
        cdcmtk_implementation_version());
    return outcome;
}

static std::unique_ptr<cdcmtk_association> associate(const cdcmtk_request &request, cdcmtk_fault *fault) {
    auto association = std::make_unique<cdcmtk_association>();
    association->tls = request.tls;
    association->idle = request.idle_milliseconds;
    association->link.set_idle(std::max(request.idle_milliseconds, request.answer_milliseconds));
    T_ASC_Parameters *parameters = nullptr;
    const long pdu = std::clamp<long>(request.max_pdu, ASC_MINIMUMPDUSIZE, ASC_MAXIMUMPDUSIZE);
    if (ASC_createAssociationParameters(&parameters, pdu).bad()) {
        tell(fault, CDCMTK_FAILED, "out of memory");
        return nullptr;
    }
    OFCondition outcome = prepare(parameters, request);
    if (outcome.bad()) {
        ASC_destroyAssociationParameters(&parameters);
        tell(fault, CDCMTK_FAILED, outcome.text());
        return nullptr;
    }
    WireLayer::opening = WireLayer::Opening{
        &association->link, true, request.tls == nullptr ? nullptr : &request.tls->layer, {}};
    const int seconds = static_cast<int>(std::max(1u, request.answer_milliseconds / 1000));
    outcome = ASC_requestAssociation(
        network, parameters, &association->upper, nullptr, nullptr, DUL_NOBLOCK, seconds);
    const std::string tls_problem = WireLayer::opening.problem;
    WireLayer::opening = WireLayer::Opening{};
    if (outcome.bad()) {
        tell_failure(*association, request, outcome, tls_problem, parameters, fault);
        if (association->upper == nullptr) ASC_destroyAssociationParameters(&parameters);
        return nullptr;
    }
    note_syntaxes(*association);
    if (ASC_countAcceptedPresentationContexts(association->upper->params) == 0) {
        ASC_releaseAssociation(association->upper);
        tell(
            fault, CDCMTK_UNSUPPORTED,
            std::string(request.host) + ":" + std::to_string(request.port) +
                ": accepts none of the presentation contexts; the first is " +
                (request.context_count > 0 ? request.contexts[0].abstract_syntax : "missing"));
        return nullptr;
    }
    return association;
}

}  // namespace cdcmtk

extern "C" cdcmtk_association *cdcmtk_associate(const cdcmtk_request *request, cdcmtk_fault *fault) {
    try {
        return associate(*request, fault).release();
    } catch (const std::exception &problem) {
        tell(fault, CDCMTK_FAILED, problem.what());
        return nullptr;
    }
}
