/* Events that wait to be polled, and the text they carry. */
#ifndef EXAMPLE_EVENTS_H
#define EXAMPLE_EVENTS_H

#include "hilum_driver.h"

/* Bytes that grow. `failed` is set when there is no memory; what is appended after that is dropped. */
typedef struct text_buffer {
    uint8_t *bytes;
    size_t count;
    size_t capacity;
    int failed;
} text_buffer;

void text_append(text_buffer *text, const void *bytes, size_t count);
void text_append_string(text_buffer *text, const char *string);
void text_free(text_buffer *text);

/* Rows of a device message (hilum_driver.h): a row is begun, gets its fields, and is ended. */
void row_begin(text_buffer *text, const char *kind);
void row_field(text_buffer *text, const char *name, const uint8_t *value, size_t count);
void row_end(text_buffer *text);

typedef struct waiting_event {
    uint32_t kind, flags, code;
    uint64_t start, end;
    int64_t deadline_us;
    size_t text_start, text_count; /* in the queue's text */
} waiting_event;

/* All events of one call, and their bytes one behind the other. */
typedef struct event_queue {
    waiting_event *events;
    size_t count, capacity, next;
    text_buffer text;
} event_queue;

/* Adds an event with a copy of the bytes. Returns 0 without memory. */
int queue_add(event_queue *queue, waiting_event event, const void *bytes, size_t count);
/* hilum_driver.poll */
int32_t queue_poll(event_queue *queue, hilum_event *event);
void queue_free(event_queue *queue);

#endif
