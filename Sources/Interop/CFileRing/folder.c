#define _GNU_SOURCE
#include "hilum_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int hilum_folder_open(int folder, const char *name, int follows) {
    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK | (follows ? 0 : O_NOFOLLOW));
    return fd < 0 ? -errno : fd;
}

long hilum_folder_entries(int folder, void *bytes, size_t capacity) {
    long size = syscall(SYS_getdents64, folder, bytes, capacity);
    return size < 0 ? -errno : size;
}

int hilum_stamp_of(int folder, const char *name, int follows, hilum_stamp *stamp) {
    struct stat status;
    int flags = (follows ? 0 : AT_SYMLINK_NOFOLLOW) | (*name ? 0 : AT_EMPTY_PATH) | AT_NO_AUTOMOUNT;
    if (fstatat(folder, name, &status, flags) != 0) return -errno;
    stamp->size = status.st_size;
    /* Times beyond the years 1678 to 2262 are none that a file has had. */
    if (__builtin_mul_overflow((int64_t)status.st_mtim.tv_sec, (int64_t)1000000000, &stamp->modified) ||
        __builtin_add_overflow(stamp->modified, (int64_t)status.st_mtim.tv_nsec, &stamp->modified)) {
        stamp->modified = 0;
    }
    stamp->inode = status.st_ino;
    stamp->device = status.st_dev;
    stamp->mode = (int32_t)status.st_mode;
    stamp->kind = S_ISREG(status.st_mode)   ? HILUM_KIND_FILE
                  : S_ISDIR(status.st_mode) ? HILUM_KIND_FOLDER
                  : S_ISLNK(status.st_mode) ? HILUM_KIND_LINK
                                            : HILUM_KIND_OTHER;
    return 0;
}

int hilum_file_open(int folder, const char *name) {
    struct stat status;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return -errno;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) return fd;
    (void)close(fd);
    return -ENXIO;
}

int hilum_output_open(const char *path, int empties) {
    struct stat status;
    int problem = 0;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    if (fd < 0) return -errno;
    if (fstat(fd, &status) != 0) {
        problem = errno;
    } else if (S_ISREG(status.st_mode)) {
        if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
            problem = EBUSY;
        } else if (empties && ftruncate(fd, 0) != 0) {
            problem = errno;
        }
    }
    if (!problem) return fd;
    (void)close(fd);
    return -problem;
}

void hilum_output_release(int descriptor) { (void)flock(descriptor, LOCK_UN); }

long hilum_descriptor_path(int descriptor, char *path, size_t capacity) {
    char link[32];
    ssize_t length;
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    length = readlink(link, path, capacity);
    if (length < 0) return -errno;
    return (size_t)length == capacity ? -ENAMETOOLONG : (long)length;
}

long hilum_copy_range(int from, int64_t offset, int to, size_t count) {
    char buffer[1 << 16];
    size_t done = 0;
    int in_kernel = 1;
    while (done < count) {
        ssize_t size, written = 0;
        if (in_kernel) {
            off_t place = (off_t)offset + (off_t)done;
            size = copy_file_range(from, &place, to, NULL, count - done, 0);
            if (size < 0 && errno == EINTR) continue;
            if (size < 0 && (errno == ENOSPC || errno == EIO || errno == EDQUOT || errno == EFBIG)) return -errno;
            if (size <= 0) {
                in_kernel = 0; /* not between these file systems, or the end: the plain way tells */
                continue;
            }
            done += (size_t)size;
            continue;
        }
        size = pread(from, buffer, count - done < sizeof buffer ? count - done : sizeof buffer,
                     (off_t)offset + (off_t)done);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return -errno;
        if (size == 0) break;
        while (written < size) {
            ssize_t part = write(to, buffer + written, (size_t)(size - written));
            if (part < 0 && errno == EINTR) continue;
            if (part < 0) return -errno;
            written += part;
        }
        done += (size_t)size;
    }
    return (long)done;
}

void hilum_allow_descriptors(uint64_t count) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= count) return;
    limit.rlim_cur = limit.rlim_max < count ? limit.rlim_max : count;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

void hilum_ignore_closed_pipes(void) {
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}
