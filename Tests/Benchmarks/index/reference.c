/* What a plain C program needs for the same rows: reference LIST OUTPUT TAG…, paths ended by NUL, tags as gggg,eeee=Keyword in
 * ascending order. Reads 8 KiB of each file, finds the elements, writes a JSON object a line, text in UTF-8. It knows only what is
 * usual: Part 10, little endian, sets that iconv has (of Korean names only the Latin part comes out right). For comparison of speed,
 * not of what is understood. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <iconv.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD = 8192, MOST = 64, ROOM = 1 << 18 };

static uint8_t head[HEAD];
static uint32_t tags[MOST];
static char keys[MOST][64];
static int key_length[MOST], wanted;
static struct { const uint8_t *value; uint32_t length; } slots[MOST];
static uint8_t out[ROOM];
static size_t filled;

static uint16_t u16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
static uint32_t u32(const uint8_t *p) { return (uint32_t)u16(p) | (uint32_t)u16(p + 2) << 16; }

static int is_long(uint16_t vr)
{
    switch (vr) {
    case 'O' | 'B' << 8: case 'O' | 'D' << 8: case 'O' | 'F' << 8: case 'O' | 'L' << 8: case 'O' | 'V' << 8: case 'O' | 'W' << 8:
    case 'S' | 'Q' << 8: case 'S' | 'V' << 8: case 'U' | 'C' << 8: case 'U' | 'N' << 8: case 'U' | 'R' << 8: case 'U' | 'T' << 8:
    case 'U' | 'V' << 8: return 1;
    default: return 0;
    }
}

/* Head of an element at p: its value and length; NULL when the bytes end. */
static const uint8_t *element(const uint8_t *p, const uint8_t *end, int explicit, uint32_t *tag, uint32_t *length, uint16_t *vr)
{
    if (end - p < 8) return NULL;
    *tag = (uint32_t)u16(p) << 16 | u16(p + 2);
    *vr = 0;
    if (!explicit || *tag >> 16 == 0xFFFE) {
        *length = u32(p + 4);
        return p + 8;
    }
    *vr = u16(p + 4);
    if (!is_long(*vr)) {
        *length = u16(p + 6);
        return p + 8;
    }
    if (end - p < 12) return NULL;
    *length = u32(p + 8);
    return p + 12;
}

/* Passes over items of undefined length, up to their delimiter. */
static const uint8_t *skip(const uint8_t *p, const uint8_t *end, int explicit, int depth)
{
    uint32_t tag, length;
    uint16_t vr;
    while (depth < 32 && (p = element(p, end, explicit, &tag, &length, &vr))) {
        if (tag == 0xFFFEE0DD || tag == 0xFFFEE00D) return p;
        if (length == 0xFFFFFFFF) {
            if (!(p = skip(p, end, vr == ('U' | 'N' << 8) ? 0 : explicit, depth + 1))) return NULL;
        } else if (length > (size_t)(end - p)) {
            return NULL;
        } else {
            p += length;
        }
    }
    return NULL;
}

static int scan(const uint8_t *p, const uint8_t *end, int explicit, int *place, int meta, int *implicit)
{
    uint32_t tag, length;
    uint16_t vr;
    for (const uint8_t *start = p; (p = element(p, end, explicit, &tag, &length, &vr)); start = p) {
        if (meta && tag >> 16 != 2) return (int)(start - head);
        while (*place < wanted && tags[*place] < tag) (*place)++;
        if (*place == wanted) return 0;
        if (tag == 0x00020010) *implicit = length == 18 && !memcmp(p, "1.2.840.10008.1.2", 17);
        if (length == 0xFFFFFFFF) {
            if (!(p = skip(p, end, vr == ('U' | 'N' << 8) ? 0 : explicit, 0))) return -1;
            continue;
        }
        if (length > (size_t)(end - p)) return -1;
        if (tags[*place] == tag) slots[*place].value = p, slots[*place].length = length;
        p += length;
    }
    return -1;
}

static void text(const char *p, size_t n) { memcpy(out + filled, p, n), filled += n; }

static void escaped(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '"' || p[i] == '\\') out[filled++] = '\\', out[filled++] = p[i];
        else if (p[i] < 32) filled += (size_t)sprintf((char *)out + filled, "\\u%04x", p[i]);
        else out[filled++] = p[i];
    }
}

static void cell(const uint8_t *p, size_t n, iconv_t set, int is_number)
{
    static char made[HEAD * 4];
    if (is_number) {
        for (size_t i = 0; i + 1 < n; i += 2) filled += (size_t)sprintf((char *)out + filled, "%s%u", i ? "\\\\" : "", u16(p + i));
        return;
    }
    while (n && (p[n - 1] == ' ' || !p[n - 1])) n--;
    while (n && *p == ' ') p++, n--;
    size_t high = 0;
    for (size_t i = 0; i < n; i++) high |= (size_t)(p[i] >= 0x80 || p[i] == 0x1B);
    if (high && set != (iconv_t)-1) {
        char *from = (char *)p, *to = made;
        size_t left = n, room = sizeof made;
        iconv(set, NULL, NULL, NULL, NULL);
        iconv(set, &from, &left, &to, &room);
        escaped((uint8_t *)made, (size_t)(to - made));
    } else {
        escaped(p, n);
    }
}

static iconv_t converter(const uint8_t *p, size_t n)
{
    static const char *names[][2] = {{"GB18030", "GB18030"}, {"ISO_IR 100", "LATIN1"}, {"IR 87", "ISO-2022-JP"}, {"IR 149", "ISO-2022-KR"}};
    static iconv_t made[4] = {(iconv_t)-1, (iconv_t)-1, (iconv_t)-1, (iconv_t)-1};
    for (int i = 0; i < 4 && n; i++)
        if (memmem(p, n, names[i][0], strlen(names[i][0])))
            return made[i] == (iconv_t)-1 ? (made[i] = iconv_open("UTF-8", names[i][1])) : made[i];
    return (iconv_t)-1;
}

int main(int count, char **arguments)
{
    if (count < 4 || count - 3 > MOST) return 2;
    int charset = -1;
    for (int i = 3; i < count; i++) {
        unsigned group, number;
        char name[48];
        if (sscanf(arguments[i], "%x,%x=%47s", &group, &number, name) != 3) return 2;
        tags[wanted] = group << 16 | number;
        if (tags[wanted] == 0x00080005) charset = wanted;
        key_length[wanted] = sprintf(keys[wanted], ",\"%s\":\"", name);
        wanted++;
    }
    int list = open(arguments[1], O_RDONLY), output = open(arguments[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    struct stat about;
    if (list < 0 || output < 0 || fstat(list, &about)) return 1;
    char *names = malloc((size_t)about.st_size + 1);
    ssize_t length = 0, got;
    while (names && length < about.st_size && (got = read(list, names + length, (size_t)(about.st_size - length))) > 0) length += got;
    if (!names) return 1;
    for (char *name = names; name < names + length; name += strlen(name) + 1) {
        int file = open(name, O_RDONLY | O_CLOEXEC);
        if (file < 0) continue;
        got = pread(file, head, HEAD, 0);
        close(file);
        memset(slots, 0, sizeof slots);
        int place = 0, implicit = 0;
        int body = got < 140 || memcmp(head + 128, "DICM", 4) ? -1 : scan(head + 132, head + got, 1, &place, 1, &implicit);
        if (body < 0 || scan(head + body, head + got, !implicit, &place, 0, &implicit) < 0) {
            fprintf(stderr, "%s\n", name);
            continue;
        }
        iconv_t set = charset >= 0 && slots[charset].value ? converter(slots[charset].value, slots[charset].length) : (iconv_t)-1;
        text("{\"Path\":\"", 9);
        escaped((uint8_t *)name, strlen(name));
        for (int i = 0; i < wanted; i++) {
            text("\"", 1);
            text(keys[i], (size_t)key_length[i]);
            cell(slots[i].value, slots[i].length, set, tags[i] >> 16 == 0x28 && tags[i] != 0x00280008 && tags[i] != 0x00280030);
        }
        text("\"}\n", 3);
        if (filled > ROOM - 6 * HEAD) {
            if (write(output, out, filled) != (ssize_t)filled) return 1;
            filled = 0;
        }
    }
    if (write(output, out, filled) != (ssize_t)filled) return 1;
    return 0;
}
