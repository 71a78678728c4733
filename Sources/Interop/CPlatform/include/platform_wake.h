/* Waking a thread that waits in poll(2), and being told of changes in a folder. */
#ifndef HILUM_PLATFORM_WAKE_H
#define HILUM_PLATFORM_WAKE_H

/** A descriptor that becomes readable by `platform_wake_signal`. -1: errno. */
int platform_wake_open(void);

/** Makes it readable; any thread. */
void platform_wake_signal(int fd);

/** Makes it unreadable again. */
void platform_wake_clear(int fd);

/** An inotify instance (non-blocking, close-on-exec), or -1 with errno. */
int platform_watch_open(void);

/** Watches a folder for files that are written, closed, renamed into or out of it. A watch descriptor, or -1. */
int platform_watch_folder(int fd, const char *path);

/** Throws away the notices that wait. 1 if some did, 0 if none, -1 with errno. */
int platform_watch_drain(int fd);

#endif
