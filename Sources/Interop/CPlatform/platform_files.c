#define _GNU_SOURCE
#include "platform_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int platform_folder_open(const char *path) { return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC); }

int platform_open_beneath(int folder, const char *path, int is_folder) {
    char part[256];
    int at = folder;
    if (*path == '/' || *path == 0) {
        errno = EINVAL;
        return -1;
    }
    for (;;) {
        const char *slash = strchr(path, '/');
        size_t length = slash ? (size_t)(slash - path) : strlen(path);
        int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | (slash || is_folder ? O_DIRECTORY : 0);
        int next = -1, saved;
        if (length == 0 || length >= sizeof part || (length == 2 && path[0] == '.' && path[1] == '.')) {
            saved = EINVAL;
        } else {
            memcpy(part, path, length);
            part[length] = 0;
            next = openat(at, part, flags);
            saved = errno;
        }
        if (at != folder) (void)close(at);
        if (next < 0) {
            errno = saved;
            return -1;
        }
        if (!slash) return next;
        at = next;
        path = slash + 1;
    }
}

static void fill(const struct stat *status, struct platform_file_stamp *stamp) {
    stamp->size = status->st_size;
    stamp->modified = (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec;
    stamp->inode = status->st_ino;
    stamp->is_regular = S_ISREG(status->st_mode);
    stamp->is_folder = S_ISDIR(status->st_mode);
}

int platform_file_stamp(int fd, struct platform_file_stamp *stamp) {
    struct stat status;
    if (fstat(fd, &status) != 0) return -1;
    fill(&status, stamp);
    return 0;
}

int platform_name_stamp(int folder, const char *name, struct platform_file_stamp *stamp) {
    struct stat status;
    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return -1;
    fill(&status, stamp);
    return 0;
}

void *platform_list_open(int folder) {
    int own = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (own < 0) return NULL;
    DIR *list = fdopendir(own);
    if (!list) (void)close(own);
    return list;
}

int platform_list_next(void *list, char *name, size_t capacity) {
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(list);
        if (!entry) return errno == 0 ? 0 : -1;
        size_t length = strlen(entry->d_name);
        if (entry->d_name[0] == '.' || length == 0 || length >= capacity) continue;
        memcpy(name, entry->d_name, length + 1);
        return (int)length;
    }
}

void platform_list_close(void *list) { (void)closedir(list); }

int platform_rename_new(int from_folder, const char *from, int to_folder, const char *to) {
    if (renameat2(from_folder, from, to_folder, to, RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return -1;
    /* A file system without it (some network drives): look, then rename. */
    struct stat status;
    if (fstatat(to_folder, to, &status, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return -1;
    }
    return renameat(from_folder, from, to_folder, to);
}
