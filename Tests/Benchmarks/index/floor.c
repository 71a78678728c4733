/* The floor of reading headers: what the kernel alone costs. Reads the first 8 KiB of every file and makes nothing of it.
 *
 *     floor plain LIST     open, pread, close of each path of a list, paths ended by NUL
 *     floor ring LIST      the same in linked batches through io_uring (CFileRing)
 *     floor walk FOLDER    openat, pread, close of every regular file of a tree, with its walk
 *
 * Prints how many files and bytes were read. */
#define _GNU_SOURCE
#include "hilum_file_ring.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD = 8192, BATCH = 64 };

static char heads[BATCH][HEAD];
static long files, bytes;

static void one(int folder, const char *name)
{
    int file = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (file < 0) return;
    ssize_t got = pread(file, heads[0], HEAD, 0);
    if (got >= 0) files++, bytes += got;
    close(file);
}

static void walk(int folder, int depth)
{
    DIR *entries = fdopendir(folder);
    if (!entries) return;
    for (struct dirent *entry; (entry = readdir(entries));) {
        if (entry->d_type == DT_REG) {
            one(folder, entry->d_name);
        } else if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") && depth < 100) {
            int inner = openat(folder, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            if (inner >= 0) walk(inner, depth + 1);
        }
    }
    closedir(entries);
}

int main(int count, char **arguments)
{
    if (count != 3) return 2;
    if (!strcmp(arguments[1], "walk")) {
        int folder = open(arguments[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder < 0) return 1;
        walk(folder, 0);
        printf("%ld %ld\n", files, bytes);
        return 0;
    }
    int list = open(arguments[2], O_RDONLY);
    struct stat about;
    if (list < 0 || fstat(list, &about)) return 1;
    char *names = malloc((size_t)about.st_size + 1);
    ssize_t length = 0, got;
    while (names && length < about.st_size && (got = read(list, names + length, (size_t)(about.st_size - length))) > 0) length += got;
    if (!names || length != about.st_size) return 1;
    if (!strcmp(arguments[1], "plain")) {
        for (char *name = names; name < names + length; name += strlen(name) + 1) one(AT_FDCWD, name);
    } else {
        hilum_file_ring *ring = hilum_file_ring_create(BATCH);
        if (!ring) {
            fprintf(stderr, "io_uring: %s\n", strerror(errno));
            return 4;
        }
        hilum_file_head batch[BATCH];
        for (char *name = names; name < names + length;) {
            uint32_t n = 0;
            for (; n < BATCH && name < names + length; n++, name += strlen(name) + 1)
                batch[n] = (hilum_file_head){.folder = AT_FDCWD, .name = name, .bytes = heads[n], .capacity = HEAD};
            int status = hilum_file_heads(ring, batch, n);
            if (status < 0) {
                fprintf(stderr, "io_uring: %s\n", strerror(-status));
                return 4;
            }
            for (uint32_t i = 0; i < n; i++)
                if (batch[i].result >= 0) files++, bytes += batch[i].result;
        }
        hilum_file_ring_destroy(ring);
    }
    printf("%ld %ld\n", files, bytes);
    return 0;
}
