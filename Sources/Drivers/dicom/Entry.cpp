// The module's one exported symbol, and the calls of hilum_service.
#include "Node.hpp"
#include "Renderer.hpp"
#include "Sender.hpp"

#include "cdcmtk.h"
#include "hilum_driver_dicom.h"

#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace hilum::dicom {

namespace {

// Few rights: whoever breaks into DCMTK gets no more by running another program, and a crash leaves no patients in a
// core file.
void restrict_process() {
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    // An arena a thread would keep what hundreds of associations once needed.
    mallopt(M_ARENA_MAX, 4);
    mallopt(M_TRIM_THRESHOLD, 4 << 20);
}

std::unique_ptr<Service> make(const std::shared_ptr<const Options> &options, const hilum_service_host *host) {
    if (options->role == "node") {
        auto node = std::make_unique<Node>(options, host);
        node->start();
        return node;
    }
    if (options->role == "sender") return std::make_unique<Sender>(options, host);
    return std::make_unique<Renderer>(host);
}

std::string last_error;

int32_t refuse(const std::string &problem, hilum_bytes *error) {
    last_error = problem;
    error->bytes = reinterpret_cast<const uint8_t *>(last_error.data());
    error->count = last_error.size();
    return HILUM_INVALID_OPTIONS;
}

int32_t start(hilum_bytes options, const hilum_service_host *host, void **instance, hilum_bytes *error) {
    *instance = nullptr;
    try {
        if (host == nullptr || host->struct_size < sizeof(hilum_service_host)) {
            return refuse("the host is older than this driver: use the one of the same release", error);
        }
        const auto parsed = Options::parse({reinterpret_cast<const char *>(options.bytes), options.count});
        cdcmtk_fault fault{};
        if (cdcmtk_start(&fault) != CDCMTK_OK) return refuse(fault.text, error);
        restrict_process();
        *instance = make(parsed, host).release();
        return HILUM_OK;
    } catch (const std::exception &problem) {
        return refuse(problem.what(), error);
    }
}

void handle(void *instance, const hilum_service_message *message) {
    try {
        const auto *head = reinterpret_cast<const char *>(message->head.bytes);
        Message received = Message::parse({head, message->head.count}, message->id);
        if (message->body.count > 0) {
            received.body.assign(message->body.bytes, message->body.bytes + message->body.count);
        }
        static_cast<Service *>(instance)->handle(std::move(received));
    } catch (const std::exception &problem) {
        fprintf(stderr, "dicom: a message was lost: %s\n", problem.what());
    }
}

// The object stays: a thread that did not end in time may still look at it, and the process ends anyway.
void stop(void *instance) { static_cast<Service *>(instance)->stop(); }

const hilum_service service = {sizeof(hilum_service), 0, start, handle, stop};

const hilum_driver driver = {
    sizeof(hilum_driver), HILUM_DRIVER_ABI_VERSION, "dicom", "1.0.0", nullptr, nullptr, nullptr, nullptr, nullptr,
    nullptr, nullptr, nullptr, HILUM_KIND_SERVICE, 0, &service,
};

}  // namespace

}  // namespace hilum::dicom

extern "C" const hilum_driver *hilum_driver_entry(uint32_t host_abi_version) {
    return host_abi_version == HILUM_DRIVER_ABI_VERSION ? &hilum::dicom::driver : nullptr;
}
