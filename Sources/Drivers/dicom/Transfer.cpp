// C-STORE as the requestor.
#include "Reporting.hpp"
#include "SOPClasses.hpp"
#include "Sending.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <set>
#include <unistd.h>

namespace hilum::dicom {

namespace {

class File {
public:
    explicit File(const std::string &path) : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
    ~File() {
        if (descriptor_ >= 0) close(descriptor_);
    }
    File(const File &) = delete;
    File &operator=(const File &) = delete;
    int descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

// Presentation contexts for instances: each SOP class in each transfer syntax that is there, by itself so that the
// receiver cannot choose another; and one more in which a class may be sent if its own is not accepted.
class Plan {
public:
    // False: there is no room for what this instance needs.
    bool add(const Instance &instance) {
        std::set<std::string> &syntaxes = classes_[instance.sop_class];
        if (syntaxes.count(instance.transfer_syntax) != 0) return true;
        const size_t needed = syntaxes.empty() ? 2 : 1;
        if (contexts_ + needed > 128) {
            if (syntaxes.empty()) classes_.erase(instance.sop_class);
            return false;
        }
        syntaxes.insert(instance.transfer_syntax);
        contexts_ += needed;
        return true;
    }

    std::vector<cdcmtk_context> contexts() const {
        std::vector<cdcmtk_context> contexts;
        for (const auto &entry : classes_) {
            for (const std::string &syntax : entry.second) contexts.push_back(propose(entry.first, {syntax}));
            std::vector<std::string> others;
            for (const char *plain : {explicit_little_endian, implicit_little_endian}) {
                if (entry.second.count(plain) == 0) others.emplace_back(plain);
            }
            if (!others.empty()) contexts.push_back(propose(entry.first, others));
        }
        return contexts;
    }

private:
    std::map<std::string, std::set<std::string>> classes_;
    size_t contexts_ = 0;
};

// The context for an instance: in its own transfer syntax, else in one it can be converted to. 0: none.
uint8_t find_context(
    cdcmtk_association *association, const Instance &instance, bool peer_requested, std::string &syntax) {
    cdcmtk_context context{};
    uint8_t other = 0;
    std::string accepted;
    for (size_t index = 0; cdcmtk_get_context(association, index, &context) == 1; index++) {
        if (context.result != 0 || instance.sop_class != context.abstract_syntax) continue;
        // On an association that the peer opened it has to have asked for the role of SCP (PS3.7 D.3.3.4).
        if (peer_requested && context.role != CDCMTK_ROLE_SCP && context.role != CDCMTK_ROLE_BOTH) continue;
        accepted = context.accepted;
        if (accepted == instance.transfer_syntax) {
            syntax = accepted;
            return context.id;
        }
        if (other == 0 && cdcmtk_can_convert(instance.transfer_syntax.c_str(), accepted.c_str()) != 0) {
            other = context.id;
            syntax = accepted;
        }
    }
    if (other == 0) syntax = accepted;
    return other;
}

std::string name_of(const std::string &uid) {
    const std::string name = cdcmtk_name(uid.c_str());
    return name.empty() ? uid : name;
}

template <size_t size> void put(char (&target)[size], const std::string &text) {
    const size_t count = std::min(text.size(), size - 1);
    std::memcpy(target, text.data(), count);
    target[count] = 0;
}

cdcmtk_command request_for(const Instance &instance, uint16_t message) {
    cdcmtk_command request{};
    request.field = CDCMTK_C_STORE_RQ;
    request.message = message;
    put(request.sop_class, instance.sop_class);
    put(request.sop_instance, instance.sop_instance);
    return request;
}

}  // namespace

bool Transfer::send(
    cdcmtk_association *association, const Instance &instance, bool peer_requested, cdcmtk_command &request,
    Sent &sent, cdcmtk_fault &fault) {
    std::string syntax;
    request.context = find_context(association, instance, peer_requested, syntax);
    if (request.context == 0) {
        sent.status = 0x0122;
        sent.comment = syntax.empty() ? "the receiver does not accept " + name_of(instance.sop_class)
                                      : "the receiver accepts " + name_of(syntax) + ", and " +
                                            name_of(instance.transfer_syntax) + " cannot be made that without loss";
        return true;
    }
    if (syntax == instance.transfer_syntax && changes_.empty()) {
        const File file(instance.file);
        cdcmtk_file_header header{};
        if (file.descriptor() < 0 || cdcmtk_read_header(file.descriptor(), &header, &fault) != CDCMTK_OK) {
            sent.status = 0xC000;
            sent.comment = file.descriptor() < 0 ? "the file cannot be opened" : fault.text;
            return true;
        }
        if (cdcmtk_send_file(association, &request, file.descriptor(), header.offset, &fault) == CDCMTK_OK) return true;
        return false;
    }
    uint8_t *bytes = nullptr;
    size_t count = 0;
    const int32_t outcome = cdcmtk_convert(
        instance.file.c_str(), syntax.c_str(), changes_.data(), changes_.size(), &bytes, &count, &fault);
    std::unique_ptr<uint8_t, decltype(&cdcmtk_free)> owner(bytes, cdcmtk_free);
    if (outcome != CDCMTK_OK) {
        sent.status = 0xC000;
        sent.comment = fault.text;
        return true;
    }
    return cdcmtk_send_encoded(association, &request, bytes, count, &fault) == CDCMTK_OK;
}

bool Transfer::store(
    cdcmtk_association *association, const Instance &instance, const Originator &originator, uint16_t message,
    uint32_t timeout_milliseconds, Sent &sent, cdcmtk_fault &fault) {
    cdcmtk_command request = request_for(instance, message);
    put(request.originator, originator.ae);
    request.originator_message = originator.message;
    sent = Sent{};
    if (!send(association, instance, false, request, sent, fault)) return false;
    // A status by now: it never left.
    return sent.status != 0 || await(association, message, timeout_milliseconds, 0, nullptr, sent, fault);
}

bool Transfer::store_within(
    cdcmtk_association *association, const Instance &instance, uint16_t message, uint32_t timeout_milliseconds,
    uint16_t retrieve, bool &cancelled, Sent &sent, cdcmtk_fault &fault) {
    cdcmtk_command request = request_for(instance, message);
    if (!send(association, instance, true, request, sent, fault)) return false;
    return sent.status != 0 || await(association, message, timeout_milliseconds, retrieve, &cancelled, sent, fault);
}

// The answer to C-STORE.
bool Transfer::await(
    cdcmtk_association *association, uint16_t message, uint32_t timeout_milliseconds, uint16_t retrieve,
    bool *cancelled, Sent &sent, cdcmtk_fault &fault) {
    cdcmtk_command reply{};
    do {
        if (cdcmtk_receive_command(association, timeout_milliseconds, &reply, &fault) != CDCMTK_OK) return false;
        if (cancelled != nullptr && reply.field == CDCMTK_C_CANCEL_RQ) *cancelled = reply.message == retrieve;
    } while (cancelled != nullptr && reply.field == CDCMTK_C_CANCEL_RQ);
    if (reply.field != CDCMTK_C_STORE_RSP || reply.message != message || reply.has_data != 0) {
        fault.outcome = CDCMTK_MALFORMED;
        std::strcpy(fault.text, "something else came where the answer to C-STORE must");
        return false;
    }
    sent.status = reply.status;
    sent.comment = reply.comment;
    return true;
}

bool Transfer::run(
    const Destination &destination, const std::vector<Instance> &instances, const Originator &originator,
    const Each &each, cdcmtk_fault &fault) {
    size_t next = 0;
    while (next < instances.size()) {
        Plan plan;
        size_t end = next;
        while (end < instances.size() && plan.add(instances[end])) end++;
        const Association association = associate(destination, plan.contexts(), fault);
        if (association == nullptr) return false;
        uint16_t message = 1;
        bool more = true;
        for (; next < end && more; next++) {
            Sent sent;
            const Instance &instance = instances[next];
            const uint32_t time = destination.timeout_milliseconds;
            if (!store(association.get(), instance, originator, message++, time, sent, fault)) {
                if (fault.outcome != CDCMTK_ABORTED && fault.outcome != CDCMTK_CLOSED) cdcmtk_abort(association.get());
                return false;
            }
            more = each(instance, sent);
        }
        cdcmtk_release(association.get());
        if (!more) break;
    }
    return true;
}

}  // namespace hilum::dicom
