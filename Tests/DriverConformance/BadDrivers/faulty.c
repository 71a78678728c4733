/* A driver that does what it is told, for tests of the host: each line (LF) is a command.
 *
 *   message TEXT   MESSAGE with one result whose value is TEXT, then TRANSMIT "ok TEXT"
 *   part TEXT      keeps TEXT: not idle from here on
 *   end            MESSAGE with all parts joined by +, TRANSMIT, idle again
 *   deadline N     DEADLINE N microseconds after now
 *   crash          a trap              crash-once PATH   the same, unless PATH exists; makes it
 *   hang           a loop without end  hang-once PATH    likewise
 *   sleep          blocks for ever
 *   eat            takes memory until there is none, then aborts
 *   leak N         takes N KiB and forgets them
 *   exit           leaves the process
 *   flood          tells events without end
 *   say TEXT       writes TEXT to standard error
 *   immediate TEXT TRANSMIT TEXT with IMMEDIATE
 *   number         a kind of event that does not exist
 *
 * Options: {"open": "crash"} traps on being opened, {"open": "deadline"} tells a DEADLINE then, {"open": "refuse"} is
 * refused. Compiled with -DBROKEN_TABLE or -DWRONG_ABI it cannot be used at all; with -DOLD_TABLE it is a module made before
 * there were services, whose table ends where `kind` begins.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hilum_driver.h"

typedef struct item {
    uint32_t kind, flags, code;
    uint64_t start, end;
    int64_t deadline;
    char *bytes;
    size_t count;
} item;

typedef struct driver {
    item items[4096];
    size_t count, next;
    char line[65536];
    size_t line_count;
    uint64_t offset, line_start, sample_start;
    char *parts;
    size_t parts_count;
    int is_flooding;
} driver;

static void add(driver *d, uint32_t kind, uint32_t flags, const char *bytes, size_t count, uint64_t start) {
    item *i;
    if (d->count >= 4096) return;
    i = &d->items[d->count++];
    memset(i, 0, sizeof *i);
    i->kind = kind;
    i->flags = flags;
    i->start = start;
    i->end = d->offset;
    i->bytes = malloc(count + 1);
    memcpy(i->bytes, bytes, count);
    i->count = count;
}

static void message(driver *d, const char *value, uint64_t start) {
    size_t size = strlen(value) + 200;
    char *text = malloc(size);
    int count = snprintf(
        text, size, "message\x1Fkind=results\x1Fprotocol=faulty\x1E" "result\x1F" "code=T\x1Fvalue=%s\x1E", value);
    add(d, HILUM_EVENT_MESSAGE, 0, text, (size_t)count, start);
    count = snprintf(text, size, "ok %.60s\n", value);
    add(d, HILUM_EVENT_TRANSMIT, 0, text, (size_t)count, 0);
    free(text);
}

static void trap(void) { __builtin_trap(); }

static int first_time(const char *path) {
    FILE *file;
    if (access(path, F_OK) == 0) return 0;
    file = fopen(path, "w");
    if (file) fclose(file);
    return 1;
}

static const char *after(const char *line, const char *command) {
    size_t count = strlen(command);
    if (strncmp(line, command, count) != 0) return NULL;
    return line[count] == 0 ? line + count : line[count] == ' ' ? line + count + 1 : NULL;
}

static void obey(driver *d, const hilum_time *now) {
    const char *line = d->line, *rest;
    volatile unsigned turns = 0;
    if ((rest = after(line, "message"))) {
        message(d, rest, d->line_start);
    } else if ((rest = after(line, "part"))) {
        if (d->parts_count == 0) d->sample_start = d->line_start;
        d->parts = realloc(d->parts, d->parts_count + strlen(rest) + 2);
        if (d->parts_count > 0) d->parts[d->parts_count++] = '+';
        strcpy(d->parts + d->parts_count, rest);
        d->parts_count += strlen(rest);
        add(d, HILUM_EVENT_TRANSMIT, 0, "part\n", 5, 0);
    } else if (after(line, "end")) {
        message(d, d->parts_count ? d->parts : "nothing", d->sample_start);
        d->parts_count = 0;
    } else if ((rest = after(line, "deadline"))) {
        add(d, HILUM_EVENT_DEADLINE, 0, "", 0, 0);
        d->items[d->count - 1].deadline = now->monotonic_us + atoll(rest);
    } else if (after(line, "crash")) {
        trap();
    } else if ((rest = after(line, "crash-once"))) {
        if (first_time(rest)) trap();
        message(d, "survived", d->line_start);
    } else if (after(line, "hang")) {
        for (;;) turns++;
    } else if ((rest = after(line, "hang-once"))) {
        if (first_time(rest)) for (;;) turns++;
        message(d, "survived", d->line_start);
    } else if (after(line, "sleep")) {
        for (;;) pause();
    } else if (after(line, "eat")) {
        for (;;) {
            char *taken = malloc(1 << 20);
            if (!taken) abort();
            memset(taken, 1, 1 << 20);
        }
    } else if ((rest = after(line, "leak"))) {
        size_t count = (size_t)atoll(rest) << 10;
        char *taken = malloc(count);
        if (!taken) abort();
        memset(taken, 1, count);
        message(d, "leaked", d->line_start);
    } else if (after(line, "exit")) {
        _exit(7);
    } else if (after(line, "flood")) {
        d->is_flooding = 1;
    } else if ((rest = after(line, "say"))) {
        fprintf(stderr, "%s\n", rest);
        message(d, "said", d->line_start);
    } else if ((rest = after(line, "immediate"))) {
        add(d, HILUM_EVENT_TRANSMIT, HILUM_TRANSMIT_IMMEDIATE, rest, strlen(rest), 0);
    } else if (after(line, "number")) {
        add(d, 99, 0, "", 0, d->line_start);
    } else {
        add(d, HILUM_EVENT_FAULT, 0, line, strlen(line), d->line_start);
    }
}

static int32_t faulty_open(hilum_bytes options, const hilum_time *now, void **instance, hilum_bytes *error) {
    static const char reason[] = "open: write something else than refuse";
    driver *d = calloc(1, sizeof *d);
    char text[256] = {0};
    *instance = NULL;
    if (options.count > 0) memcpy(text, options.bytes, options.count < 255 ? options.count : 255);
    if (strstr(text, "\"crash\"")) trap();
    if (strstr(text, "\"refuse\"")) {
        error->bytes = (const uint8_t *)reason;
        error->count = strlen(reason);
        free(d);
        return HILUM_INVALID_OPTIONS;
    }
    if (strstr(text, "\"deadline\"")) {
        add(d, HILUM_EVENT_DEADLINE, 0, "", 0, 0);
        d->items[0].deadline = now->monotonic_us + 1000000;
    }
    *instance = d;
    return HILUM_OK;
}

static int32_t faulty_receive(void *instance, hilum_bytes bytes, const hilum_time *now) {
    driver *d = instance;
    size_t at;
    for (at = 0; at < bytes.count; at++) {
        if (d->line_count == 0) d->line_start = d->offset;
        d->offset++;
        if (bytes.bytes[at] == '\n') {
            d->line[d->line_count] = 0;
            obey(d, now);
            d->line_count = 0;
        } else if (d->line_count + 1 < sizeof d->line) {
            d->line[d->line_count++] = (char)bytes.bytes[at];
        }
    }
    return HILUM_OK;
}

static int32_t faulty_timeout(void *instance, const hilum_time *now) {
    (void)now;
    message(instance, "timeout", ((driver *)instance)->offset);
    return HILUM_OK;
}

static int32_t faulty_finish(void *instance, const hilum_time *now) {
    (void)now;
    add(instance, HILUM_EVENT_FAULT, 0, "finished", 8, 0);
    return HILUM_OK;
}

static int32_t faulty_poll(void *instance, hilum_event *event) {
    driver *d = instance;
    item *i;
    static char flood[65536];
    if (d->next > 0) free(d->items[d->next - 1].bytes);
    if (d->is_flooding) {
        event->kind = HILUM_EVENT_TRANSMIT;
        event->bytes.bytes = (const uint8_t *)flood;
        event->bytes.count = sizeof flood;
        d->next = 0;
        return 1;
    }
    if (d->next >= d->count) {
        d->next = d->count = 0;
        return 0;
    }
    i = &d->items[d->next++];
    event->kind = i->kind;
    event->flags = i->flags;
    event->code = i->code;
    event->start_offset = i->start;
    event->end_offset = i->end;
    event->deadline_us = i->deadline;
    event->bytes.bytes = (const uint8_t *)i->bytes;
    event->bytes.count = i->count;
    return 1;
}

static int32_t faulty_idle(void *instance) {
    return ((driver *)instance)->parts_count == 0 && ((driver *)instance)->line_count == 0;
}

static void faulty_close(void *instance) {
    free(((driver *)instance)->parts);
    free(instance);
}

static const hilum_driver table = {
#ifdef OLD_TABLE
    offsetof(hilum_driver, kind),
#else
    sizeof(hilum_driver),
#endif
#ifdef WRONG_ABI
    HILUM_DRIVER_ABI_VERSION + 1,
#else
    HILUM_DRIVER_ABI_VERSION,
#endif
    "faulty", "0.1.0", faulty_open, faulty_receive, faulty_timeout, NULL, faulty_finish,
#ifdef BROKEN_TABLE
    NULL,
#else
    faulty_poll,
#endif
    faulty_idle, faulty_close,
#ifdef OLD_TABLE
    99, /* must not be read */
#endif
};

const hilum_driver *hilum_driver_entry(uint32_t version) {
    (void)version;
    return &table;
}
