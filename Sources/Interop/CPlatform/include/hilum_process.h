/* Child processes and the waiting for them: what of POSIX and Linux the driver host and its children need. */
#ifndef HILUM_PROCESS_H
#define HILUM_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

/* Descriptors of a driver's process. */
#define HILUM_CHILD_SOCKET 3   /* frames, both ways */
#define HILUM_CHILD_PROGRESS 4 /* shared page: what the process is at */

/* A page that gateway and child share. Its words say which call the child is in, so that the gateway knows after a crash
 * whose input it was, although answers may have been lost with the child. */
typedef struct hilum_progress {
    uint64_t calls;    /* calls begun: changes while the child gets on */
    uint64_t instance; /* instance of the call the child is in; 0: in none */
    uint64_t input;    /* number of the call on that instance */
} hilum_progress;

/* Gateway: a memory descriptor with one zeroed page in it, mapped; -1 and errno on failure. */
int hilum_progress_create(hilum_progress **page);
/* Child: maps the page of a descriptor; NULL and errno on failure. */
hilum_progress *hilum_progress_map(int descriptor);
void hilum_progress_unmap(hilum_progress *page);
/* Child: a call begins, a call has ended. */
void hilum_progress_begin(hilum_progress *page, uint64_t instance, uint64_t input);
void hilum_progress_end(hilum_progress *page);
/* Gateway: a copy. */
hilum_progress hilum_progress_read(const hilum_progress *page);

/* Two connected stream sockets, both close-on-exec, the first one non-blocking. 0, or -1 and errno. */
int hilum_socket_pair(int descriptors[2]);
/* A pipe, both ends close-on-exec, the reading end non-blocking. 0, or -1 and errno. */
int hilum_pipe(int descriptors[2]);

/* Starts a program with the two descriptors at their places, its standard error at error_descriptor, standard input and
 * output at /dev/null, nothing else open, default signals, a process group of its own (a Ctrl-C meant for the gateway
 * does not reach it). Returns 0 or an errno value; *process_descriptor becomes readable when the process ends. */
int hilum_spawn(
    const char *path, char *const arguments[], char *const environment[], int socket_descriptor,
    int progress_descriptor, int error_descriptor, pid_t *process, int *process_descriptor);

/* How a process ended. */
typedef struct hilum_exit {
    int32_t collected; /* 1: the rest is valid; 0: it still runs; -1: it cannot be waited for */
    int32_t signal;    /* signal that ended it, 0: none */
    int32_t status;    /* exit status when no signal did */
    int64_t largest_resident; /* bytes */
} hilum_exit;

/* Collects a process that has ended. Never blocks. */
hilum_exit hilum_collect(pid_t process);

/* Child: end when the thread that started us ends; no core dumps, no new privileges; at most that many bytes of data (0: no limit).
 * 0, or -1 and errno. */
int hilum_child_limits(uint64_t largest_data);

/* Waiting for many descriptors, each known by a number. */
int hilum_poll_create(void);
/* change: 0 add, 1 modify, 2 remove. 0, or -1 and errno. */
int hilum_poll_change(int poller, int change, int descriptor, int wants_write, uint64_t token);

typedef struct hilum_ready {
    uint64_t token;
    int32_t readable; /* also when the other side has closed */
    int32_t writable;
} hilum_ready;

/* Waits; timeout in milliseconds, negative: for ever. Number of descriptors ready, 0 on timeout or interruption. */
int hilum_poll_wait(int poller, hilum_ready *ready, int capacity, int timeout);

/* A descriptor that becomes readable when it is rung. */
int hilum_bell_create(void);
void hilum_bell_ring(int bell);
void hilum_bell_clear(int bell);

/* Reads or writes once, again when interrupted. Count, 0 at the end, -1 when it would block, -2 on any other error. */
int64_t hilum_read_some(int descriptor, void *bytes, uint64_t count);
int64_t hilum_send_some(int descriptor, const void *bytes, uint64_t count);

#endif
