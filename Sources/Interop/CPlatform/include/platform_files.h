/* Files of a watched folder: opened without ever leaving the folder, moved without ever replacing another. */
#ifndef HILUM_PLATFORM_FILES_H
#define HILUM_PLATFORM_FILES_H

#include <stddef.h>
#include <stdint.h>

/** What identifies one state of a file. */
struct platform_file_stamp {
    int64_t size;
    int64_t modified; /* nanoseconds since 1970 */
    uint64_t inode;
    int32_t is_regular;
    int32_t is_folder;
};

/** Opens a folder for the calls below (-1: errno). */
int platform_folder_open(const char *path);

/** Opens what lies at a relative path below a folder, read-only, following no symbolic link on the way: -1 with ELOOP or
    ENOTDIR if there is one, EINVAL for an absolute path or `..`. */
int platform_open_beneath(int folder, const char *path, int is_folder);

/** The stamp of an open file. 0, or -1 with errno. */
int platform_file_stamp(int fd, struct platform_file_stamp *stamp);

/** The stamp of a name in a folder; a symbolic link is itself, neither regular nor a folder. 0, or -1 with errno. */
int platform_name_stamp(int folder, const char *name, struct platform_file_stamp *stamp);

/** Names in an open folder, one call each: length of the name put into `name`, 0 at the end, -1 with errno. `list` is
    from `platform_list_open` (which takes no ownership of the descriptor) and goes to `platform_list_close`. */
void *platform_list_open(int folder);
int platform_list_next(void *list, char *name, size_t capacity);
void platform_list_close(void *list);

/** Renames without replacing: -1 with EEXIST if the new name is taken. */
int platform_rename_new(int from_folder, const char *from, int to_folder, const char *to);

#endif
