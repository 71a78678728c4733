/* A service that does what it is told, for tests of the host. Kinds of message:
 *
 *   echo                   the same message comes back as `echoed`
 *   count threads times size   so many threads tell `item` (thread, number) with a body of that size, so often each; then `done`
 *   ask                    tells `asked` with a number of its own, from 1; an `answer` comes back as `answered` (number)
 *   crash                  a trap
 *   leave                  exit status 7
 *   nap milliseconds       takes its time
 *   deaf                   never returns
 *   say text               writes to standard error
 *   short                  tells a message without struct_size
 *
 * Options, found by looking for the words: "refuse", "crash", "slow" (start never returns), "early" (tells `early` before start
 * returns), "mark:PATH" (stop makes that file), "lame" (stop never returns), "stubborn" (and SIGTERM does nothing), "fragile:PATH" (crashes on being started once
 * PATH exists).
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hilum_driver.h"

typedef struct service {
    const hilum_service_host *host;
    int is_lame;
    uint64_t asked;
    char mark[400];
} service;

typedef struct work {
    service *s;
    int thread, times, size;
} work;

static void tell(service *s, uint64_t id, const char *head, const uint8_t *body, size_t count) {
    hilum_service_message m;
    memset(&m, 0, sizeof m);
    m.struct_size = sizeof m;
    m.id = id;
    m.head.bytes = (const uint8_t *)head;
    m.head.count = strlen(head);
    m.body.bytes = body;
    m.body.count = count;
    s->host->emit(s->host->context, &m);
}

static int number(const char *head, const char *name) {
    const char *found = strstr(head, name);
    return found ? atoi(found + strlen(name) + 1) : 0;
}

static void *count(void *argument) {
    work *w = argument;
    uint8_t *body = malloc((size_t)w->size + 1);
    char head[100];
    int n;
    for (n = 0; n < w->times; n++) {
        memset(body, n & 0xFF, (size_t)w->size);
        snprintf(head, sizeof head, "item\x1Fthread=%d\x1Fnumber=%d", w->thread, n);
        tell(w->s, 0, head, body, (size_t)w->size);
    }
    free(body);
    return NULL;
}

typedef struct all {
    service *s;
    uint64_t id;
    int threads, times, size;
} all;

/* Not on the thread that calls handle: emit waits while the gateway is behind. */
static void *count_all(void *argument) {
    all *a = argument;
    pthread_t threads[64];
    work works[64];
    int t;
    for (t = 0; t < a->threads && t < 64; t++) {
        works[t].s = a->s;
        works[t].thread = t;
        works[t].times = a->times;
        works[t].size = a->size;
        pthread_create(&threads[t], NULL, count, &works[t]);
    }
    for (t = 0; t < a->threads && t < 64; t++) pthread_join(threads[t], NULL);
    tell(a->s, a->id, "done", NULL, 0);
    free(a);
    return NULL;
}

static int has(hilum_bytes options, const char *word) {
    return memmem(options.bytes, options.count, word, strlen(word)) != NULL;
}

/* What stands behind a word, up to a quotation mark. */
static int path(hilum_bytes options, const char *word, char found[400]) {
    const uint8_t *at = memmem(options.bytes, options.count, word, strlen(word));
    size_t length = 0;
    if (at) {
        for (at += strlen(word); *at != '"' && length < 399; at++) found[length++] = (char)*at;
    }
    found[length] = 0;
    return at != NULL;
}

static int32_t start(hilum_bytes options, const hilum_service_host *host, void **instance, hilum_bytes *error) {
    static const char reason[] = "refuse: write something else";
    service *s;
    char fragile[400];
    if (has(options, "refuse")) {
        error->bytes = (const uint8_t *)reason;
        error->count = sizeof reason - 1;
        return HILUM_INVALID_OPTIONS;
    }
    if (has(options, "crash")) __builtin_trap();
    if (path(options, "fragile:", fragile) && access(fragile, F_OK) == 0) __builtin_trap();
    while (has(options, "slow")) sleep(1);
    if (has(options, "stubborn")) signal(SIGTERM, SIG_IGN);
    s = calloc(1, sizeof *s);
    s->host = host;
    s->is_lame = has(options, "lame") || has(options, "stubborn");
    path(options, "mark:", s->mark);
    *instance = s;
    if (has(options, "early")) tell(s, 0, "early", NULL, 0);
    return HILUM_OK;
}

static void handle(void *instance, const hilum_service_message *m) {
    service *s = instance;
    char *head = calloc(1, m->head.count + 100);
    memcpy(head, m->head.bytes, m->head.count);
    if (strncmp(head, "echo", 4) == 0) {
        char *answer = calloc(1, m->head.count + 100);
        snprintf(answer, m->head.count + 99, "echoed%s", head + 4);
        tell(s, m->id, answer, m->body.bytes, m->body.count);
        free(answer);
    } else if (strncmp(head, "count", 5) == 0) {
        all *a = calloc(1, sizeof *a);
        pthread_t thread;
        a->s = s;
        a->id = m->id;
        a->threads = number(head, "threads");
        a->times = number(head, "times");
        a->size = number(head, "size");
        pthread_create(&thread, NULL, count_all, a);
        pthread_detach(thread);
    } else if (strncmp(head, "ask", 3) == 0) {
        tell(s, ++s->asked, "asked", NULL, 0);
    } else if (strncmp(head, "answer", 6) == 0) {
        char answered[100];
        snprintf(answered, sizeof answered, "answered\x1Fnumber=%llu", (unsigned long long)m->id);
        tell(s, 0, answered, NULL, 0);
    } else if (strncmp(head, "crash", 5) == 0) {
        __builtin_trap();
    } else if (strncmp(head, "leave", 5) == 0) {
        _exit(7);
    } else if (strncmp(head, "nap", 3) == 0) {
        usleep((useconds_t)number(head, "milliseconds") * 1000);
        tell(s, m->id, "rested", NULL, 0);
    } else if (strncmp(head, "deaf", 4) == 0) {
        for (;;) sleep(1);
    } else if (strncmp(head, "say", 3) == 0) {
        fprintf(stderr, "%s\n", head + 4);
    } else if (strncmp(head, "short", 5) == 0) {
        hilum_service_message wrong;
        memset(&wrong, 0, sizeof wrong);
        s->host->emit(s->host->context, &wrong);
    }
    free(head);
}

static void stop(void *instance) {
    service *s = instance;
    while (s->is_lame) sleep(1);
    if (s->mark[0]) {
        FILE *file = fopen(s->mark, "w");
        if (file) fclose(file);
    }
    free(s);
}

const hilum_driver *hilum_driver_entry(uint32_t host_abi_version) {
    static hilum_service calls;
    static hilum_driver driver;
    (void)host_abi_version;
    calls.struct_size = sizeof calls;
    calls.start = start;
    calls.handle = handle;
    calls.stop = stop;
#ifdef BROKEN_TABLE
    calls.handle = NULL;
#endif
    driver.struct_size = sizeof driver;
    driver.abi_version = HILUM_DRIVER_ABI_VERSION;
    driver.name = "service";
    driver.version = "1.2.3";
    driver.kind = HILUM_KIND_SERVICE;
    driver.service = &calls;
    return &driver;
}
