/* Folders and what stands in them, by calls that Swift cannot make itself (variadic) or only with more copying. */
#ifndef HILUM_FOLDER_H
#define HILUM_FOLDER_H

#include <stddef.h>
#include <stdint.h>

enum { HILUM_KIND_OTHER = 0, HILUM_KIND_FILE = 1, HILUM_KIND_FOLDER = 2, HILUM_KIND_LINK = 3 };

typedef struct hilum_stamp {
    int64_t size;     /* bytes */
    int64_t modified; /* nanoseconds since 1970 */
    uint64_t inode;
    uint64_t device;
    int32_t kind; /* HILUM_KIND_… */
    int32_t mode; /* st_mode */
} hilum_stamp;

/* Opens a folder for reading; the descriptor, or -errno. `follows`: by a symbolic link as well. */
int hilum_folder_open(int folder, const char *name, int follows);

/* Entries of a folder as getdents64 gives them; bytes, 0 at the end, -errno. */
long hilum_folder_entries(int folder, void *bytes, size_t capacity);

/* Facts about a name in a folder, or with an empty name about the descriptor itself; 0 or -errno. */
int hilum_stamp_of(int folder, const char *name, int follows, hilum_stamp *stamp);

/* Opens a regular file for reading, never waiting for the other end of a FIFO; the descriptor, or -errno (-ENXIO: not a
 * regular file). */
int hilum_file_open(int folder, const char *name);

/* Opens a file for writing, made when it is not there with mode 0600; `empties` what it holds. The descriptor, or -errno;
 * -EBUSY when another one that was opened so has not been released yet (advisory lock, regular files only). */
int hilum_output_open(const char *path, int empties);
void hilum_output_release(int descriptor);

/* Path of a descriptor without links, as the kernel knows it; length (without NUL) or -errno. */
long hilum_descriptor_path(int descriptor, char *path, size_t capacity);

/* Copies bytes of one file to the end of another's descriptor; bytes copied (fewer at the end of the file), or -errno. */
long hilum_copy_range(int from, int64_t offset, int to, size_t count);

/* Lets this process have at least so many descriptors, as far as it may. */
void hilum_allow_descriptors(uint64_t count);

/* No SIGPIPE in this thread: writing to a closed pipe fails with EPIPE. */
void hilum_ignore_closed_pipes(void);

#endif
