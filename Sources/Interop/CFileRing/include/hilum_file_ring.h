/* Reads the beginnings of many files with few system calls: open, read and close of a whole batch through io_uring
 * (Linux 5.19 and later), without a library: two calls a batch, one for the openings, one for the reads and closings. */
#ifndef HILUM_FILE_RING_H
#define HILUM_FILE_RING_H

#include <stdint.h>

typedef struct hilum_file_ring hilum_file_ring;

/* One file of a batch. */
typedef struct hilum_file_head {
    int32_t folder;       /* descriptor that `name` is relative to; AT_FDCWD: the working directory */
    int32_t result;       /* out: bytes read, or -errno of the step that failed */
    const char *name;     /* NUL-terminated */
    void *bytes;          /* where to; `capacity` bytes */
    uint32_t capacity;
    uint32_t failed_open; /* out: 1 when `result` is of the opening */
} hilum_file_head;

/* A ring for batches of up to `capacity` (1 to 1024) files; to be made, used and destroyed by one thread. NULL and errno when the kernel has none, or not
 * what is needed, or forbids it: read plainly then (hilum_file_heads_plain). */
hilum_file_ring *hilum_file_ring_create(uint32_t capacity);
void hilum_file_ring_destroy(hilum_file_ring *ring);

/* Opens (read only, close on exec, not blocking, never a controlling terminal), reads from offset 0 and closes each. Each
 * file has its own result. 0, or -errno when the ring itself failed: no result is valid then, the batch is to be read
 * plainly into other memory (the kernel may still write to `bytes` until the ring is destroyed and some time after: never
 * free it), and the ring is of no more use. */
int hilum_file_heads(hilum_file_ring *ring, hilum_file_head *heads, uint32_t count);

/* The same by openat, pread and close. */
void hilum_file_heads_plain(hilum_file_head *heads, uint32_t count);

#endif
