#define _GNU_SOURCE
#include "hilum_file_ring.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of later kernels than the headers this may be built with. */
#define SETUP_SINGLE_ISSUER (1U << 12)
#define SETUP_DEFER_TASKRUN (1U << 13)
#define SETUP_NO_SQARRAY (1U << 16)
#define REGISTER_FILES2 13
#define REGISTER_IOWQ_MAX_WORKERS 19
#define REGISTER_SPARSE (1U << 0)
#define CQE_SKIP_SUCCESS (1U << 6)
#define FEATURES_NEEDED (IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP | IORING_FEAT_SUBMIT_STABLE)

/* O_NONBLOCK: a FIFO that took the place of a file must not hold the batch up. A direct descriptor is never inherited, and
 * the kernel refuses O_CLOEXEC for it. */
#define OPEN_FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_LARGEFILE)
/* What `user_data` of a closing begins with; the others have the place of the file in its batch. */
#define CLOSING (1ULL << 32)

struct hilum_file_ring {
    int fd;
    uint32_t capacity;
    uint8_t *queues; /* submission and completion, mapped at once */
    size_t queues_size;
    struct io_uring_sqe *requests;
    size_t requests_size;
    uint32_t *request_tail, *completion_head, *completion_tail;
    uint32_t request_mask, completion_mask;
    struct io_uring_cqe *completions;
    uint32_t tail;    /* requests written */
    uint32_t waiting; /* of them not yet given to the kernel */
};

static int setup(hilum_file_ring *ring, uint32_t flags) {
    struct io_uring_params parameters = {.flags = flags};
    uint32_t index, *array;
    ring->fd = (int)syscall(SYS_io_uring_setup, ring->capacity * 2, &parameters);
    if (ring->fd < 0) return -1;
    if ((parameters.features & FEATURES_NEEDED) != FEATURES_NEEDED) {
        errno = ENOSYS;
        return -1;
    }
    ring->queues_size = parameters.cq_off.cqes + parameters.cq_entries * sizeof(struct io_uring_cqe);
    if (!(flags & SETUP_NO_SQARRAY)) {
        size_t end = parameters.sq_off.array + parameters.sq_entries * sizeof(uint32_t);
        if (end > ring->queues_size) ring->queues_size = end;
    }
    ring->queues = mmap(NULL, ring->queues_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd,
                        IORING_OFF_SQ_RING);
    if (ring->queues == MAP_FAILED) return -1;
    ring->requests_size = parameters.sq_entries * sizeof(struct io_uring_sqe);
    ring->requests = mmap(NULL, ring->requests_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd,
                          IORING_OFF_SQES);
    if (ring->requests == MAP_FAILED) return -1;
    ring->request_tail = (uint32_t *)(void *)(ring->queues + parameters.sq_off.tail);
    ring->request_mask = *(uint32_t *)(void *)(ring->queues + parameters.sq_off.ring_mask);
    ring->completion_head = (uint32_t *)(void *)(ring->queues + parameters.cq_off.head);
    ring->completion_tail = (uint32_t *)(void *)(ring->queues + parameters.cq_off.tail);
    ring->completion_mask = *(uint32_t *)(void *)(ring->queues + parameters.cq_off.ring_mask);
    ring->completions = (struct io_uring_cqe *)(void *)(ring->queues + parameters.cq_off.cqes);
    if (!(flags & SETUP_NO_SQARRAY)) {
        array = (uint32_t *)(void *)(ring->queues + parameters.sq_off.array);
        for (index = 0; index < parameters.sq_entries; index++) array[index] = index;
    }
    return 0;
}

/* Undoes what `setup` did, whole or in part. */
static void teardown(hilum_file_ring *ring) {
    if (ring->requests != MAP_FAILED) (void)munmap(ring->requests, ring->requests_size);
    if (ring->queues != MAP_FAILED) (void)munmap(ring->queues, ring->queues_size);
    if (ring->fd >= 0) (void)close(ring->fd);
    ring->requests = MAP_FAILED;
    ring->queues = MAP_FAILED;
    ring->fd = -1;
}

hilum_file_ring *hilum_file_ring_create(uint32_t capacity) {
    /* The cheapest first: 6.6, 6.1, 5.15. */
    static const uint32_t choices[] = {SETUP_SINGLE_ISSUER | SETUP_DEFER_TASKRUN | SETUP_NO_SQARRAY,
                                       SETUP_SINGLE_ISSUER | SETUP_DEFER_TASKRUN, 0};
    struct io_uring_rsrc_register table = {.nr = capacity, .flags = REGISTER_SPARSE};
    uint32_t workers[2] = {16, 1};
    size_t choice;
    int problem = EINVAL;
    hilum_file_ring *ring;
    if (capacity == 0 || capacity > 1024) {
        errno = EINVAL;
        return NULL;
    }
    ring = calloc(1, sizeof *ring);
    if (!ring) return NULL;
    ring->capacity = capacity;
    ring->queues = MAP_FAILED;
    ring->requests = MAP_FAILED;
    for (choice = 0; choice < sizeof choices / sizeof *choices; choice++) {
        if (setup(ring, choices[choice]) == 0) {
            /* A sparse table of direct descriptors (5.19): without it opening, reading and closing cannot be given at
             * once, and plain calls are as good. */
            if (syscall(SYS_io_uring_register, ring->fd, REGISTER_FILES2, &table, sizeof table) == 0) {
                /* What is not in the cache goes to threads of the kernel: enough of them, not one a file. */
                (void)syscall(SYS_io_uring_register, ring->fd, REGISTER_IOWQ_MAX_WORKERS, workers, 2);
                return ring;
            }
        }
        problem = errno;
        teardown(ring);
        if (problem != EINVAL) break;
    }
    free(ring);
    errno = problem;
    return NULL;
}

void hilum_file_ring_destroy(hilum_file_ring *ring) {
    if (!ring) return;
    teardown(ring);
    free(ring);
}

static int enter(hilum_file_ring *ring, uint32_t submit, uint32_t wait) {
    uint32_t flags = wait ? IORING_ENTER_GETEVENTS : 0;
    return (int)syscall(SYS_io_uring_enter, ring->fd, submit, wait, flags, NULL, (size_t)0);
}

static struct io_uring_sqe *next_request(hilum_file_ring *ring) {
    struct io_uring_sqe *request = &ring->requests[ring->tail++ & ring->request_mask];
    memset(request, 0, sizeof *request);
    ring->waiting++;
    return request;
}

/* Gives all requests to the kernel and waits until `expected` of them have answered. */
static int run(hilum_file_ring *ring, hilum_file_head *heads, uint32_t expected, uint32_t opening) {
    uint32_t left = expected, head, tail;
    __atomic_store_n(ring->request_tail, ring->tail, __ATOMIC_RELEASE);
    for (;;) {
        if (ring->waiting || left) {
            int taken = enter(ring, ring->waiting, left);
            if (taken < 0 && errno != EINTR && errno != EAGAIN && errno != EBUSY) return -errno;
            if (taken > 0) ring->waiting -= (uint32_t)taken;
        }
        head = *ring->completion_head;
        tail = __atomic_load_n(ring->completion_tail, __ATOMIC_ACQUIRE);
        for (; head != tail; head++) {
            const struct io_uring_cqe *completion = &ring->completions[head & ring->completion_mask];
            if (completion->user_data < ring->capacity) {
                heads[completion->user_data].result = completion->res;
                heads[completion->user_data].failed_open = opening && completion->res < 0;
                if (left) left--;
            }
        }
        __atomic_store_n(ring->completion_head, head, __ATOMIC_RELEASE);
        if (!ring->waiting && !left) return 0;
    }
}

static int read_heads(hilum_file_ring *ring, hilum_file_head *heads, uint32_t count) {
    uint32_t index, opened = 0;
    int problem;
    for (index = 0; index < count; index++) {
        struct io_uring_sqe *request = next_request(ring);
        request->opcode = IORING_OP_OPENAT;
        request->fd = heads[index].folder;
        request->addr = (uint64_t)(uintptr_t)heads[index].name;
        request->open_flags = OPEN_FLAGS;
        request->file_index = index + 1;
        request->user_data = index;
        heads[index].result = -ECANCELED;
        heads[index].failed_open = 1;
    }
    problem = run(ring, heads, count, 1);
    if (problem) return problem;
    /* A read takes hold of its file when it is submitted: the closing behind it needs no link, which would cost more than
     * the closing itself. */
    for (index = 0; index < count; index++) {
        struct io_uring_sqe *request;
        if (heads[index].result < 0) continue;
        opened++;
        heads[index].result = -ECANCELED;
        request = next_request(ring);
        request->opcode = IORING_OP_READ;
        request->fd = (int32_t)index;
        request->flags = IOSQE_FIXED_FILE;
        request->addr = (uint64_t)(uintptr_t)heads[index].bytes;
        request->len = heads[index].capacity;
        request->user_data = index;
        request = next_request(ring);
        request->opcode = IORING_OP_CLOSE;
        request->flags = CQE_SKIP_SUCCESS;
        request->file_index = index + 1;
        request->user_data = CLOSING;
    }
    return run(ring, heads, opened, 0);
}

static void read_plain(hilum_file_head *head) {
    ssize_t size;
    int fd = openat(head->folder, head->name, OPEN_FLAGS | O_CLOEXEC);
    head->failed_open = fd < 0;
    if (fd < 0) {
        head->result = -errno;
        return;
    }
    do size = pread(fd, head->bytes, head->capacity, 0);
    while (size < 0 && errno == EINTR);
    head->result = size < 0 ? -errno : (int32_t)size;
    (void)close(fd);
}

int hilum_file_heads(hilum_file_ring *ring, hilum_file_head *heads, uint32_t count) {
    uint32_t index;
    int problem;
    if (count > ring->capacity) return -EINVAL;
    if (count == 0) return 0;
    problem = read_heads(ring, heads, count);
    if (problem) return problem;
    for (index = 0; index < count; index++) {
        /* Some file systems cannot tell without waiting, and some kinds of file are not read this way: plainly then. */
        int32_t result = heads[index].result;
        if (result == -EAGAIN || result == -ECANCELED || result == -EINTR || result == -EOPNOTSUPP || result == -EINVAL) {
            read_plain(&heads[index]);
        }
    }
    return 0;
}

void hilum_file_heads_plain(hilum_file_head *heads, uint32_t count) {
    uint32_t index;
    for (index = 0; index < count; index++) read_plain(&heads[index]);
}
