/*
 * An EMR for the benchmarks: takes MLLP on PORT, answers each message AA with its MSH-10, counts.
 *
 *   sink PORT        prints the number of messages and distinct seconds when it is told to end (SIGTERM)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static long taken;
static double first, last;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void count(void) {
    pthread_mutex_lock(&lock);
    last = now();
    first = taken++ ? first : last;
    pthread_mutex_unlock(&lock);
}

static void *serve(void *argument) {
    int fd = (int)(long)argument;
    size_t have = 0, capacity = 1 << 20;
    char *in = malloc(capacity), out[256];
    for (;;) {
        ssize_t n = read(fd, in + have, capacity - have - 1);
        if (n <= 0) {
            break;
        }
        have += n;
        char *end;
        while ((end = memchr(in, 0x1c, have)) != NULL) {
            char *field = in, id[64] = "";
            for (int i = 0; i < 9 && field; i++) {
                field = memchr(field, '|', end - field);
                field = field ? field + 1 : NULL;
            }
            if (field) {
                size_t size = strcspn(field, "|\r");
                snprintf(id, sizeof id, "%.*s", (int)(size < 60 ? size : 60), field);
            }
            int m = snprintf(out, sizeof out, "\013MSH|^~\\&|EMR||||20240318143000||ACK|%s|P|2.5.1\rMSA|AA|%s\r\034\r", id, id);
            if (write(fd, out, m) != m) {
                break;
            }
            count();
            size_t used = (end - in) + 2 <= (long)have ? (end - in) + 2 : have;
            memmove(in, in + used, have - used);
            have -= used;
        }
    }
    close(fd);
    free(in);
    return NULL;
}

static void finish(int signal) {
    (void)signal;
    char text[128];
    int n = snprintf(text, sizeof text, "{\"messages\": %ld, \"seconds\": %.3f}\n", taken, last - first);
    if (write(1, text, n) < 0) {
        _exit(1);
    }
    _exit(0);
}

int main(int argc, char **argv) {
    int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(argc > 1 ? atoi(argv[1]) : 0), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 64) < 0) {
        perror("sink");
        return 1;
    }
    signal(SIGTERM, finish);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) {
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        pthread_t thread;
        pthread_create(&thread, NULL, serve, (void *)(long)fd);
        pthread_detach(thread);
    }
}
