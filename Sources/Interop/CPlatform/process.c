#define _GNU_SOURCE
#include "hilum_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Progress ---- */

static const size_t progress_size = 4096;

hilum_progress *hilum_progress_map(int descriptor) {
    void *page = mmap(NULL, progress_size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    return page == MAP_FAILED ? NULL : page;
}

int hilum_progress_create(hilum_progress **page) {
    int descriptor = memfd_create("hilum-progress", MFD_CLOEXEC);
    if (descriptor < 0) return -1;
    if (ftruncate(descriptor, (off_t)progress_size) == 0 && (*page = hilum_progress_map(descriptor)) != NULL) {
        return descriptor;
    }
    int reason = errno;
    close(descriptor);
    errno = reason;
    return -1;
}

void hilum_progress_unmap(hilum_progress *page) {
    if (page) munmap(page, progress_size);
}

void hilum_progress_begin(hilum_progress *page, uint64_t instance, uint64_t input) {
    __atomic_store_n(&page->input, input, __ATOMIC_RELAXED);
    __atomic_store_n(&page->instance, instance, __ATOMIC_RELEASE);
    __atomic_store_n(&page->calls, page->calls + 1, __ATOMIC_RELEASE);
}

void hilum_progress_end(hilum_progress *page) {
    __atomic_store_n(&page->instance, 0, __ATOMIC_RELEASE);
}

hilum_progress hilum_progress_read(const hilum_progress *page) {
    hilum_progress copy;
    copy.calls = __atomic_load_n(&page->calls, __ATOMIC_ACQUIRE);
    copy.instance = __atomic_load_n(&page->instance, __ATOMIC_ACQUIRE);
    copy.input = __atomic_load_n(&page->input, __ATOMIC_RELAXED);
    return copy;
}

/* ---- Descriptors ---- */

static int set_non_blocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags < 0 ? -1 : fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}

static void close_both(int descriptors[2]) {
    int reason = errno;
    close(descriptors[0]);
    close(descriptors[1]);
    errno = reason;
}

int hilum_socket_pair(int descriptors[2]) {
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, descriptors) != 0) return -1;
    if (set_non_blocking(descriptors[0]) == 0) return 0;
    close_both(descriptors);
    return -1;
}

int hilum_pipe(int descriptors[2]) {
    if (pipe2(descriptors, O_CLOEXEC) != 0) return -1;
    if (set_non_blocking(descriptors[0]) == 0) return 0;
    close_both(descriptors);
    return -1;
}

int64_t hilum_read_some(int descriptor, void *bytes, uint64_t count) {
    for (;;) {
        ssize_t done = read(descriptor, bytes, count);
        if (done >= 0) return done;
        if (errno == EAGAIN || errno == EWOULDBLOCK) return -1;
        if (errno != EINTR) return -2;
    }
}

int64_t hilum_send_some(int descriptor, const void *bytes, uint64_t count) {
    for (;;) {
        ssize_t done = send(descriptor, bytes, count, MSG_NOSIGNAL);
        if (done >= 0) return done;
        if (errno == EAGAIN || errno == EWOULDBLOCK) return -1;
        if (errno != EINTR) return -2;
    }
}

/* ---- Processes ---- */

/* A copy out of the way of the places that the child's descriptors get. */
static int moved_up(int descriptor) { return fcntl(descriptor, F_DUPFD_CLOEXEC, 10); }

int hilum_spawn(
    const char *path, char *const arguments[], char *const environment[], int socket_descriptor,
    int progress_descriptor, int error_descriptor, pid_t *process, int *process_descriptor) {
    int sources[3] = {moved_up(socket_descriptor), moved_up(progress_descriptor), moved_up(error_descriptor)};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int result = sources[0] < 0 || sources[1] < 0 || sources[2] < 0 ? EMFILE : 0;
    *process_descriptor = -1;

    if (result == 0) result = posix_spawn_file_actions_init(&actions);
    if (result == 0) {
        if (!result) result = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        if (!result) result = posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
        if (!result) result = posix_spawn_file_actions_adddup2(&actions, sources[2], 2);
        if (!result) result = posix_spawn_file_actions_adddup2(&actions, sources[0], HILUM_CHILD_SOCKET);
        if (!result) result = posix_spawn_file_actions_adddup2(&actions, sources[1], HILUM_CHILD_PROGRESS);
        if (!result) result = posix_spawn_file_actions_addclosefrom_np(&actions, HILUM_CHILD_PROGRESS + 1);
        if (!result) result = posix_spawnattr_init(&attributes);
        if (!result) {
            sigset_t none, all;
            sigemptyset(&none);
            sigfillset(&all);
            result = posix_spawnattr_setflags(
                &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
            if (!result) result = posix_spawnattr_setpgroup(&attributes, 0);
            if (!result) result = posix_spawnattr_setsigdefault(&attributes, &all);
            if (!result) result = posix_spawnattr_setsigmask(&attributes, &none);
            if (!result) result = posix_spawn(process, path, &actions, &attributes, arguments, environment);
            posix_spawnattr_destroy(&attributes);
        }
        posix_spawn_file_actions_destroy(&actions);
    }
    for (int index = 0; index < 3; index++) {
        if (sources[index] >= 0) close(sources[index]);
    }
    if (result != 0) return result;
    *process_descriptor = (int)syscall(SYS_pidfd_open, *process, 0);
    if (*process_descriptor >= 0) return 0;
    /* Without the descriptor its end could not be seen: do without the process. */
    result = errno;
    kill(*process, SIGKILL);
    waitpid(*process, NULL, 0);
    return result;
}

hilum_exit hilum_collect(pid_t process) {
    hilum_exit end = {0, 0, 0, 0};
    struct rusage usage;
    int status = 0;
    pid_t result;
    do {
        result = wait4(process, &status, WNOHANG, &usage);
    } while (result < 0 && errno == EINTR);
    if (result == 0) return end;
    if (result < 0) {
        end.collected = -1;
        return end;
    }
    end.collected = 1;
    end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    end.status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    end.largest_resident = (int64_t)usage.ru_maxrss * 1024;
    return end;
}

int hilum_child_limits(uint64_t largest_data) {
    struct rlimit none = {0, 0};
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        setrlimit(RLIMIT_CORE, &none) != 0) {
        return -1;
    }
    if (largest_data == 0) return 0;
    struct rlimit limit = {largest_data, largest_data};
    return setrlimit(RLIMIT_DATA, &limit);
}

/* ---- Waiting ---- */

int hilum_poll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int hilum_poll_change(int poller, int change, int descriptor, int wants_write, uint64_t token) {
    static const int operations[3] = {EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL};
    struct epoll_event event;
    memset(&event, 0, sizeof event);
    event.events = EPOLLIN | (wants_write ? EPOLLOUT : 0);
    event.data.u64 = token;
    if (change < 0 || change > 2) {
        errno = EINVAL;
        return -1;
    }
    return epoll_ctl(poller, operations[change], descriptor, &event);
}

int hilum_poll_wait(int poller, hilum_ready *ready, int capacity, int timeout) {
    struct epoll_event events[64];
    int count = epoll_wait(poller, events, capacity < 64 ? capacity : 64, timeout);
    for (int index = 0; index < count; index++) {
        ready[index].token = events[index].data.u64;
        ready[index].readable = (events[index].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0;
        ready[index].writable = (events[index].events & EPOLLOUT) != 0;
    }
    return count < 0 ? 0 : count;
}

int hilum_bell_create(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void hilum_bell_ring(int bell) {
    uint64_t one = 1;
    while (write(bell, &one, sizeof one) < 0 && errno == EINTR) {}
}

void hilum_bell_clear(int bell) {
    uint64_t count;
    while (read(bell, &count, sizeof count) < 0 && errno == EINTR) {}
}
