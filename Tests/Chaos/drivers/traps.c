/* A driver for tests: it stops the process on the word poison. */
#include "hilum_driver.h"

#include <stdlib.h>
#include <string.h>

static char instance_storage;

static int32_t open_instance(hilum_bytes options, const hilum_time *now, void **instance, hilum_bytes *error) {
    (void)options, (void)now, (void)error;
    *instance = &instance_storage;
    return HILUM_OK;
}

static int32_t receive(void *instance, hilum_bytes bytes, const hilum_time *now) {
    (void)instance, (void)now;
    if (bytes.count == 0 || bytes.bytes[0] != 'p') {
        return HILUM_OK;
    }
    __builtin_trap();
    return HILUM_OK;
}

static int32_t nothing(void *instance, const hilum_time *now) {
    (void)instance, (void)now;
    return HILUM_OK;
}

static int32_t submit(void *instance, hilum_bytes order, const hilum_time *now) {
    (void)instance, (void)order, (void)now;
    return HILUM_UNSUPPORTED;
}

static int32_t poll_event(void *instance, hilum_event *event) {
    (void)instance, (void)event;
    return 0;
}

static int32_t idle(void *instance) {
    (void)instance;
    return 0;
}

static void close_instance(void *instance) { (void)instance; }

static const hilum_driver driver = {
    sizeof(hilum_driver), HILUM_DRIVER_ABI_VERSION, "traps", "1.0.0", open_instance, receive,
    nothing, submit, nothing, poll_event, idle, close_instance,
};

const hilum_driver *hilum_driver_entry(uint32_t host_abi_version) {
    return host_abi_version == HILUM_DRIVER_ABI_VERSION ? &driver : NULL;
}
