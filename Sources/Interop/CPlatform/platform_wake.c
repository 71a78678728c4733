#define _GNU_SOURCE
#include "platform_wake.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

int platform_wake_open(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void platform_wake_signal(int fd) {
    uint64_t one = 1;
    while (write(fd, &one, sizeof one) < 0 && errno == EINTR) {
    }
}

void platform_wake_clear(int fd) {
    uint64_t count;
    while (read(fd, &count, sizeof count) < 0 && errno == EINTR) {
    }
}

int platform_watch_open(void) { return inotify_init1(IN_CLOEXEC | IN_NONBLOCK); }

int platform_watch_folder(int fd, const char *path) {
    return inotify_add_watch(fd, path,
                             IN_CREATE | IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE_SELF |
                                 IN_MOVE_SELF | IN_ONLYDIR);
}

int platform_watch_drain(int fd) {
    char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    int some = 0;
    for (;;) {
        ssize_t count = read(fd, buffer, sizeof buffer);
        if (count > 0) {
            some = 1;
        } else if (count < 0 && errno == EINTR) {
            continue;
        } else {
            return some || errno == EAGAIN || count == 0 ? some : -1;
        }
    }
}
