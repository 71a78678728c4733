/* The options of the example driver: a flat JSON object. */
#ifndef EXAMPLE_OPTIONS_H
#define EXAMPLE_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

typedef struct example_options {
    int64_t silence_us; /* "silence_s": a sample without its end is given up after that long */
    int needs_checksum; /* "checksum": false: lines come without *XX */
} example_options;

/* 1, or 0 with a text in `reason` that says which option is wrong, and what to write instead. */
int example_options_read(
    const uint8_t *json, size_t count, example_options *options, char *reason, size_t reason_size);

#endif
