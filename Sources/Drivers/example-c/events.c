#include "events.h"

#include <stdlib.h>
#include <string.h>

/* Room for `wanted` elements; 0 without memory or when the count cannot be right. */
static int grow(void **elements, size_t *capacity, size_t wanted, size_t size) {
    size_t larger = *capacity < 16 ? 16 : *capacity;
    void *moved;
    if (wanted <= *capacity) return 1;
    while (larger < wanted) {
        if (larger > SIZE_MAX / 2 / size) return 0;
        larger *= 2;
    }
    moved = realloc(*elements, larger * size);
    if (!moved) return 0;
    *elements = moved;
    *capacity = larger;
    return 1;
}

void text_append(text_buffer *text, const void *bytes, size_t count) {
    if (text->failed || count == 0) return;
    if (count > SIZE_MAX - text->count ||
        !grow((void **)&text->bytes, &text->capacity, text->count + count, 1)) {
        text->failed = 1;
        return;
    }
    memcpy(text->bytes + text->count, bytes, count);
    text->count += count;
}

void text_append_string(text_buffer *text, const char *string) { text_append(text, string, strlen(string)); }

void text_free(text_buffer *text) {
    free(text->bytes);
    memset(text, 0, sizeof *text);
}

void row_begin(text_buffer *text, const char *kind) { text_append_string(text, kind); }

void row_field(text_buffer *text, const char *name, const uint8_t *value, size_t count) {
    if (count == 0) return;
    text_append(text, "\x1F", 1);
    text_append_string(text, name);
    text_append(text, "=", 1);
    /* The line holds printable ASCII only (it was checked), so neither US nor RS can be in a value. */
    text_append(text, value, count);
}

void row_end(text_buffer *text) { text_append(text, "\x1E", 1); }

int queue_add(event_queue *queue, waiting_event event, const void *bytes, size_t count) {
    if (!grow((void **)&queue->events, &queue->capacity, queue->count + 1, sizeof *queue->events)) return 0;
    event.text_start = queue->text.count;
    event.text_count = count;
    text_append(&queue->text, bytes, count);
    if (queue->text.failed) return 0;
    queue->events[queue->count++] = event;
    return 1;
}

int32_t queue_poll(event_queue *queue, hilum_event *event) {
    const waiting_event *next;
    if (queue->next >= queue->count) {
        queue->count = 0;
        queue->next = 0;
        queue->text.count = 0;
        queue->text.failed = 0;
        return 0;
    }
    next = &queue->events[queue->next++];
    event->kind = next->kind;
    event->flags = next->flags;
    event->code = next->code;
    event->start_offset = next->start;
    event->end_offset = next->end;
    event->deadline_us = next->deadline_us;
    /* Valid until the next call: the text grows only in other calls. */
    event->bytes.bytes = next->text_count ? queue->text.bytes + next->text_start : NULL;
    event->bytes.count = next->text_count;
    return 1;
}

void queue_free(event_queue *queue) {
    free(queue->events);
    text_free(&queue->text);
    memset(queue, 0, sizeof *queue);
}
