/*
 * Load for the benchmarks: N connections of instruments, each in lock step with its acknowledgements.
 *
 *   load astm|hl7 PORT CONNECTIONS SECONDS RATE RESULTS
 *
 * PORT is the first of CONNECTIONS ports, one a device. RATE: messages/s over all connections, 0: as fast as they are
 * acknowledged. RESULTS: results a message. Prints one JSON object: messages, bytes, seconds, latencies in ms from the
 * last byte of a message written to its acknowledgement read.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum state { READY, ENQUIRED, SENT };

struct device {
    int fd;
    enum state state;
    long count;
    double due;     /* when the next message may start */
    double started; /* when the message was written */
    double enquired;
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static int put(struct device *d, const char *bytes, int count) {
    while (count > 0) {
        ssize_t n = write(d->fd, bytes, count);
        if (n < 0) {
            if (errno == EAGAIN) {
                continue;
            }
            return -1;
        }
        bytes += n;
        count -= n;
    }
    return 0;
}

static int astm_frame(char *out, int device, long count, int results) {
    int n = sprintf(out, "\0021H|\\^&|||Bench^1.0|||||||P|LIS2-A2|20240318124000\rP|1\rO|1|B%03d-%07ld||^^^ALL|R\r", device, count);
    for (int r = 0; r < results; r++) {
        n += sprintf(out + n, "R|%d|^^^T%02d|%ld.%d|mmol/L||N||F||||20240318123800\r", r + 1, r, count % 90, r);
    }
    n += sprintf(out + n, "L|1|N\r\003");
    unsigned sum = 0;
    for (int i = 1; i < n; i++) {
        sum += (unsigned char)out[i];
    }
    return n + sprintf(out + n, "%02X\r\n", sum & 0xFF);
}

static int hl7_message(char *out, int device, long count, int results) {
    int n = sprintf(out,
        "\013MSH|^~\\&|Bench|Lab|||20240318143000||ORU^R01|%ld|P|2.3.1||||0||UNICODE\rPID|1|P%07ld^^^^MR\r"
        "OBR|1|B%03d-%07ld|%ld|Bench^BS|N||20240318142800\r", count, count % 1000, device, count, count);
    for (int r = 0; r < results; r++) {
        n += sprintf(out + n, "OBX|%d|NM|%d|TEST%02d|%ld.%d|mmol/L|3.9-6.1|N|||F||%ld.%d|20240318142800\r", r + 1, r + 1, r,
            count % 90, r, count % 90, r);
    }
    return n + sprintf(out + n, "\034\r");
}

int main(int argc, char **argv) {
    if (argc != 7) {
        fprintf(stderr, "usage: load astm|hl7 PORT CONNECTIONS SECONDS RATE RESULTS\n");
        return 2;
    }
    int is_hl7 = !strcmp(argv[1], "hl7"), port = atoi(argv[2]), connections = atoi(argv[3]), results = atoi(argv[6]);
    double seconds = atof(argv[4]), rate = atof(argv[5]);
    struct device *devices = calloc(connections, sizeof *devices);
    size_t capacity = 1 << 22, taken = 0;
    double *latencies = malloc(capacity * sizeof *latencies);
    char *out = malloc(1 << 20), in[65536];
    int poller = epoll_create1(0);
    for (int i = 0; i < connections; i++) {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port + i), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        int one = 1;
        devices[i].fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(devices[i].fd, (struct sockaddr *)&address, sizeof address) < 0) {
            perror("connect");
            return 1;
        }
        setsockopt(devices[i].fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        fcntl(devices[i].fd, F_SETFL, O_NONBLOCK);
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        epoll_ctl(poller, EPOLL_CTL_ADD, devices[i].fd, &event);
    }
    double start = now(), end = start + seconds, interval = rate > 0 ? connections / rate : 0;
    for (int i = 0; i < connections; i++) {
        devices[i].due = start + interval * i / connections;
    }
    long messages = 0, bytes = 0, refused = 0;
    for (int busy = 1; busy;) {
        double t = now(), next = t + 0.05;
        busy = 0;
        for (int i = 0; i < connections; i++) {
            struct device *d = &devices[i];
            if (d->state != READY) {
                busy = busy || t < end + 10;
                continue;
            }
            if (t >= end) {
                continue;
            }
            busy = 1;
            if (t < d->due) {
                next = d->due < next ? d->due : next;
                continue;
            }
            if (is_hl7) {
                int n = hl7_message(out, i, d->count, results);
                d->started = now();
                put(d, out, n);
                bytes += n;
                d->state = SENT;
            } else {
                put(d, "\005", 1);
                bytes++;
                d->state = ENQUIRED;
            }
        }
        struct epoll_event events[128];
        int wait = (int)((next - now()) * 1000);
        int n = epoll_wait(poller, events, 128, wait < 0 ? 0 : wait);
        for (int e = 0; e < n; e++) {
            int i = events[e].data.u32;
            struct device *d = &devices[i];
            ssize_t got = read(d->fd, in, sizeof in);
            if (got <= 0) {
                fprintf(stderr, "device %d: closed\n", i);
                return 1;
            }
            if (d->state == ENQUIRED && in[0] == 6) {
                int size = astm_frame(out, i, d->count, results);
                d->started = now();
                put(d, out, size);
                bytes += size;
                d->state = SENT;
            } else if (d->state == SENT && (is_hl7 ? in[got - 1] == '\r' : in[0] == 6)) {
                double latency = now() - d->started;
                if (taken < capacity) {
                    latencies[taken++] = latency;
                }
                messages++;
                d->count++;
                if (!is_hl7) {
                    put(d, "\004", 1);
                    bytes++;
                }
                d->due = interval > 0 ? d->due + interval : 0;
                d->state = READY;
            } else if (in[0] == 21) {
                refused++;
            }
        }
    }
    double took = now() - start;
    qsort(latencies, taken, sizeof *latencies, compare);
    printf("{\"messages\": %ld, \"results\": %ld, \"bytes\": %ld, \"seconds\": %.3f, \"refused\": %ld, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f}\n",
        messages, messages * results, bytes, took, refused, taken ? latencies[taken / 2] * 1e3 : 0,
        taken ? latencies[taken * 99 / 100] * 1e3 : 0, taken ? latencies[taken - 1] * 1e3 : 0);
    return 0;
}
