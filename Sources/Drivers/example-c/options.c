#include "options.h"

#include <stdio.h>
#include <string.h>

/* A cursor over the text. Every read is preceded by a look at what is left. */
typedef struct cursor {
    const uint8_t *bytes;
    size_t count;
    size_t at;
} cursor;

static void skip_blanks(cursor *text) {
    while (text->at < text->count && (text->bytes[text->at] == ' ' || text->bytes[text->at] == '\n' ||
                                      text->bytes[text->at] == '\r' || text->bytes[text->at] == '\t')) {
        text->at++;
    }
}

static int take(cursor *text, char wanted) {
    skip_blanks(text);
    if (text->at >= text->count || text->bytes[text->at] != (uint8_t)wanted) return 0;
    text->at++;
    return 1;
}

/* A string without escapes, shorter than `size`: all that the names of options need. */
static int take_name(cursor *text, char *name, size_t size) {
    size_t length = 0;
    if (!take(text, '"')) return 0;
    while (text->at < text->count && text->bytes[text->at] != '"') {
        if (text->bytes[text->at] == '\\' || text->bytes[text->at] < 0x20 || length + 1 >= size) return 0;
        name[length++] = (char)text->bytes[text->at++];
    }
    name[length] = 0;
    return take(text, '"');
}

static int take_word(cursor *text, const char *word) {
    size_t length = strlen(word);
    skip_blanks(text);
    if (text->count - text->at < length || memcmp(text->bytes + text->at, word, length) != 0) return 0;
    text->at += length;
    return 1;
}

static int take_number(cursor *text, int64_t largest, int64_t *value) {
    size_t digits = 0;
    *value = 0;
    skip_blanks(text);
    while (text->at < text->count && text->bytes[text->at] >= '0' && text->bytes[text->at] <= '9') {
        *value = *value * 10 + (text->bytes[text->at] - '0');
        if (*value > largest) return 0;
        text->at++;
        digits++;
    }
    return digits > 0;
}

int example_options_read(
    const uint8_t *json, size_t count, example_options *options, char *reason, size_t reason_size) {
    cursor text = {json, count, 0};
    options->silence_us = 30 * 1000000LL;
    options->needs_checksum = 1;
    skip_blanks(&text);
    if (text.at == text.count) return 1;
    if (!take(&text, '{')) {
        snprintf(reason, reason_size, "the options are not a JSON object: write {} for none");
        return 0;
    }
    if (!take(&text, '}')) {
        do {
            char name[32];
            int64_t seconds;
            if (!take_name(&text, name, sizeof name) || !take(&text, ':')) {
                snprintf(reason, reason_size, "byte %zu of the options: expected \"name\": value", text.at);
                return 0;
            }
            if (strcmp(name, "silence_s") == 0) {
                if (!take_number(&text, 3600, &seconds) || seconds == 0) {
                    snprintf(reason, reason_size, "silence_s: write whole seconds from 1 to 3600, for instance 30");
                    return 0;
                }
                options->silence_us = seconds * 1000000;
            } else if (strcmp(name, "checksum") == 0) {
                if (take_word(&text, "true")) {
                    options->needs_checksum = 1;
                } else if (take_word(&text, "false")) {
                    options->needs_checksum = 0;
                } else {
                    snprintf(reason, reason_size, "checksum: write true or false");
                    return 0;
                }
            } else {
                snprintf(reason, reason_size, "unknown option %s: there are silence_s and checksum", name);
                return 0;
            }
        } while (take(&text, ','));
        if (!take(&text, '}')) {
            snprintf(reason, reason_size, "byte %zu of the options: expected , or }", text.at);
            return 0;
        }
    }
    skip_blanks(&text);
    if (text.at == text.count) return 1;
    snprintf(reason, reason_size, "byte %zu of the options: expected the end", text.at);
    return 0;
}
