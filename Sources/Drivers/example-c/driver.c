/* The worked example of docs/writing-a-driver.md: a small line protocol, described in README.md. */
#include "events.h"
#include "example_c.h"
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { longest_line = 256, most_results = 1000 };

typedef struct example_driver {
    example_options options;
    event_queue events;
    uint64_t offset; /* bytes received so far */

    uint8_t line[longest_line];
    size_t line_count;
    int line_is_too_long;
    uint64_t line_start;

    /* The sample under way: rows of results, and whose they are. */
    text_buffer rows;
    uint8_t specimen[longest_line];
    size_t specimen_count;
    size_t results;
    uint64_t sample_start;

    /* The last line taken: the device repeats it when our answer was lost. */
    uint8_t last[longest_line];
    size_t last_count;
} example_driver;

/* ---- What is said ---- */

static void transmit(example_driver *driver, const char *answer, uint32_t flags) {
    waiting_event event = {0};
    event.kind = HILUM_EVENT_TRANSMIT;
    event.flags = flags;
    queue_add(&driver->events, event, answer, strlen(answer));
}

static void fault(example_driver *driver, uint32_t code, const char *text, uint64_t start, uint64_t end) {
    waiting_event event = {0};
    event.kind = HILUM_EVENT_FAULT;
    event.code = code;
    event.start = start;
    event.end = end;
    queue_add(&driver->events, event, text, strlen(text));
}

static void set_deadline(example_driver *driver, int64_t time) {
    waiting_event event = {0};
    event.kind = HILUM_EVENT_DEADLINE;
    event.deadline_us = time;
    queue_add(&driver->events, event, NULL, 0);
}

/* "+" acknowledges: it waits for the commit. "-" acknowledges nothing: it need not. */
static void accept_line(example_driver *driver) {
    memcpy(driver->last, driver->line, driver->line_count);
    driver->last_count = driver->line_count;
    transmit(driver, "+", 0);
}

static void refuse_line(example_driver *driver, const char *why) {
    fault(driver, HILUM_FAULT_REFUSED, why, driver->line_start, driver->offset);
    transmit(driver, "-", HILUM_TRANSMIT_IMMEDIATE);
}

/* ---- The sample ---- */

static void forget_sample(example_driver *driver) {
    driver->rows.count = 0;
    driver->rows.failed = 0;
    driver->specimen_count = 0;
    driver->results = 0;
}

static void give_sample_up(example_driver *driver, const char *why) {
    char text[160];
    if (driver->results == 0) return;
    snprintf(
        text, sizeof text, "sample %.40s: %s after %zu results: run the sample again, or send it again from the device",
        (const char *)driver->specimen, why, driver->results);
    fault(driver, HILUM_FAULT_LOST, text, driver->sample_start, driver->offset);
    forget_sample(driver);
    set_deadline(driver, -1);
}

/* ---- Lines ---- */

typedef struct field {
    const uint8_t *bytes;
    size_t count;
} field;

/* Splits at commas; the number of fields, at most `most` + 1. */
static size_t split(const uint8_t *bytes, size_t count, field *fields, size_t most) {
    size_t found = 0, start = 0, at;
    for (at = 0; at <= count; at++) {
        if (at < count && bytes[at] != ',') continue;
        if (found < most) {
            fields[found].bytes = bytes + start;
            fields[found].count = at - start;
        }
        found++;
        start = at + 1;
        if (found > most) break;
    }
    return found;
}

static int hex_digit(uint8_t byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
    return -1;
}

/* The length of the line without its checksum, or 0 when that is wrong. */
static size_t checked(const example_driver *driver) {
    uint8_t sum = 0;
    size_t body, at;
    if (!driver->options.needs_checksum) return driver->line_count;
    if (driver->line_count < 4) return 0;
    body = driver->line_count - 3;
    if (driver->line[body] != '*') return 0;
    for (at = 0; at < body; at++) sum ^= driver->line[at];
    return hex_digit(driver->line[body + 1]) == sum >> 4 && hex_digit(driver->line[body + 2]) == (sum & 15) ? body : 0;
}

static int is_printable(const example_driver *driver) {
    size_t at;
    for (at = 0; at < driver->line_count; at++) {
        if (driver->line[at] < 0x20 || driver->line[at] > 0x7E) return 0;
    }
    return 1;
}

static int is_of_sample(const example_driver *driver, field specimen) {
    return driver->specimen_count == specimen.count &&
           memcmp(driver->specimen, specimen.bytes, specimen.count) == 0;
}

/* R,specimen,code,value,unit,flag */
static void take_result(example_driver *driver, const field *fields, const hilum_time *now) {
    if (driver->results > 0 && !is_of_sample(driver, fields[1])) {
        give_sample_up(driver, "another sample began");
    }
    if (driver->results >= most_results) {
        refuse_line(driver, "a sample of more than 1000 results: end it with a line Q before");
        return;
    }
    if (driver->results == 0) {
        driver->sample_start = driver->line_start;
        memcpy(driver->specimen, fields[1].bytes, fields[1].count);
        driver->specimen[fields[1].count] = 0;
        driver->specimen_count = fields[1].count;
    }
    row_begin(&driver->rows, "result");
    row_field(&driver->rows, "code", fields[2].bytes, fields[2].count);
    row_field(&driver->rows, "value", fields[3].bytes, fields[3].count);
    row_field(&driver->rows, "unit", fields[4].bytes, fields[4].count);
    row_field(&driver->rows, "flag", fields[5].bytes, fields[5].count);
    row_end(&driver->rows);
    driver->results++;
    set_deadline(driver, now->monotonic_us + driver->options.silence_us);
    accept_line(driver);
}

/* Q,specimen: the sample is complete. */
static void take_end(example_driver *driver, const field *fields) {
    text_buffer message = {0};
    waiting_event event = {0};
    if (driver->results == 0) {
        /* The repeat of an end whose answer was lost: taken before, so say so again. */
        fault(driver, HILUM_FAULT_NOTICE, "the end of a sample that is not open", driver->line_start, driver->offset);
        transmit(driver, "+", 0);
        return;
    }
    if (!is_of_sample(driver, fields[1])) {
        refuse_line(driver, "the end of another sample than the open one: send its R lines first");
        return;
    }
    row_begin(&message, "message");
    row_field(&message, "kind", (const uint8_t *)"results", 7);
    row_field(&message, "protocol", (const uint8_t *)"example line protocol", 21);
    row_end(&message);
    row_begin(&message, "order");
    row_field(&message, "specimen_id", driver->specimen, driver->specimen_count);
    row_end(&message);
    text_append(&message, driver->rows.bytes, driver->rows.count);
    if (message.failed || driver->rows.failed) {
        fault(driver, HILUM_FAULT_LOST, "no memory for a message", driver->sample_start, driver->offset);
    } else {
        event.kind = HILUM_EVENT_MESSAGE;
        event.start = driver->sample_start;
        event.end = driver->offset;
        queue_add(&driver->events, event, message.bytes, message.count);
    }
    text_free(&message);
    forget_sample(driver);
    driver->last_count = 0;
    set_deadline(driver, -1);
    /* The message first, then its acknowledgement: the host sends it once the message is stored. */
    transmit(driver, "+", 0);
}

static void take_line(example_driver *driver, const hilum_time *now) {
    field fields[6];
    size_t body, count;
    if (driver->line_is_too_long) {
        refuse_line(driver, "a line of more than 255 bytes: check the device's line settings");
        return;
    }
    if (driver->line_count == 0) return;
    body = checked(driver);
    if (body == 0 || !is_printable(driver)) {
        refuse_line(driver, "a line with a wrong checksum or unprintable bytes: the device sends it again");
        return;
    }
    if (driver->last_count == driver->line_count && memcmp(driver->last, driver->line, driver->line_count) == 0) {
        fault(driver, HILUM_FAULT_NOTICE, "a line was repeated", driver->line_start, driver->offset);
        transmit(driver, "+", 0);
        return;
    }
    count = split(driver->line, body, fields, 6);
    if (count == 6 && fields[0].count == 1 && fields[0].bytes[0] == 'R' && fields[2].count > 0) {
        take_result(driver, fields, now);
    } else if (count == 2 && fields[0].count == 1 && fields[0].bytes[0] == 'Q') {
        take_end(driver, fields);
    } else {
        refuse_line(driver, "a line that is neither R,specimen,code,value,unit,flag nor Q,specimen");
    }
}

/* ---- The functions of the table ---- */

static char refusal[256];

static int32_t example_open(hilum_bytes options, const hilum_time *now, void **instance, hilum_bytes *error) {
    example_driver *driver = calloc(1, sizeof *driver);
    (void)now;
    *instance = NULL;
    if (!driver) {
        snprintf(refusal, sizeof refusal, "no memory");
    } else if (example_options_read(options.bytes, options.count, &driver->options, refusal, sizeof refusal)) {
        *instance = driver;
        return HILUM_OK;
    }
    free(driver);
    error->bytes = (const uint8_t *)refusal;
    error->count = strlen(refusal);
    return HILUM_INVALID_OPTIONS;
}

static int32_t example_receive(void *instance, hilum_bytes bytes, const hilum_time *now) {
    example_driver *driver = instance;
    size_t at;
    for (at = 0; at < bytes.count; at++) {
        uint8_t byte = bytes.bytes[at];
        if (driver->line_count == 0 && !driver->line_is_too_long) driver->line_start = driver->offset;
        driver->offset++;
        if (byte == '\n') {
            if (driver->line_count > 0 && driver->line[driver->line_count - 1] == '\r') driver->line_count--;
            take_line(driver, now);
            driver->line_count = 0;
            driver->line_is_too_long = 0;
        } else if (driver->line_count < sizeof driver->line - 1) {
            driver->line[driver->line_count++] = byte;
        } else {
            driver->line_is_too_long = 1;
        }
    }
    return HILUM_OK;
}

static int32_t example_timeout(void *instance, const hilum_time *now) {
    (void)now;
    give_sample_up(instance, "the device fell silent");
    return HILUM_OK;
}

static int32_t example_finish(void *instance, const hilum_time *now) {
    example_driver *driver = instance;
    (void)now;
    give_sample_up(driver, "the link ended");
    if (driver->line_count > 0 || driver->line_is_too_long) {
        fault(driver, HILUM_FAULT_REFUSED, "the link ended within a line", driver->line_start, driver->offset);
        driver->line_count = 0;
        driver->line_is_too_long = 0;
    }
    return HILUM_OK;
}

static int32_t example_poll(void *instance, hilum_event *event) {
    return queue_poll(&((example_driver *)instance)->events, event);
}

/* Between samples and lines. The last line, kept to recognise a repeat, matters only while its sample is open. */
static int32_t example_idle(void *instance) {
    const example_driver *driver = instance;
    return driver->results == 0 && driver->line_count == 0 && !driver->line_is_too_long;
}

static void example_close(void *instance) {
    example_driver *driver = instance;
    queue_free(&driver->events);
    text_free(&driver->rows);
    free(driver);
}

static const hilum_driver table = {
    sizeof(hilum_driver), HILUM_DRIVER_ABI_VERSION, "example-c", "1.0.0",
    example_open, example_receive, example_timeout, NULL, /* submit: takes no orders */
    example_finish, example_poll, example_idle, example_close,
};

const hilum_driver *hilum_driver_entry(uint32_t host_abi_version) {
    return host_abi_version == HILUM_DRIVER_ABI_VERSION ? &table : NULL;
}
