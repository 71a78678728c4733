/* Serial lines and pseudo-terminals: what libserialport does not do, and what Swift cannot call (variadic ioctl). */
#ifndef HILUM_PLATFORM_SERIAL_H
#define HILUM_PLATFORM_SERIAL_H

#include <stddef.h>
#include <stdint.h>

/** Line settings, in numbers so that no termios type crosses into Swift. */
struct platform_serial_settings {
    int32_t baud;
    int32_t data_bits; /* 5 .. 8 */
    char parity;       /* 'N' 'E' 'O' 'M' 'S' */
    int32_t stop_bits; /* 1 or 2 */
    int32_t xonxoff;   /* 0 or 1 */
    int32_t rtscts;    /* 0 or 1 */
};

/** Opens a terminal for reading and writing: not our controlling terminal, non-blocking, close-on-exec. -1: errno. */
int platform_serial_open(const char *path);

/** Puts a terminal into raw mode with these settings by termios. A pseudo-terminal accepts and ignores the line's.
    0, or -1 with errno (EINVAL: speed or settings that the port does not have). */
int platform_serial_configure(int fd, const struct platform_serial_settings *settings);

/** After libserialport has configured a port: reads wait for a byte (VMIN 1), so that 0 means hung up, and bytes with
    parity or framing errors are marked FF 00 (PARMRK) if wanted. 0, or -1 with errno. */
int platform_serial_finish(int fd, int mark_errors);

/** Takes the port for this process alone: TIOCEXCL and an advisory lock. 0, or -1 with errno (EWOULDBLOCK: taken). */
int platform_serial_claim(int fd);

/** Waits until everything written has left the port, but not longer than `milliseconds`. */
void platform_serial_drain(int fd, int milliseconds);

/** Gives up the exclusive use and closes. */
void platform_serial_close(int fd);

/** Makes a pseudo-terminal in raw mode. Fills the path of the device side. Returns the master (close-on-exec,
    non-blocking), or -1 with errno. */
int platform_pty_open(char *path, size_t capacity);

#endif
