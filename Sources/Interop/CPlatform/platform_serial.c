#define _GNU_SOURCE
#include "platform_serial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

int platform_serial_open(const char *path) {
    return open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

/* The speeds termios has names for; others need libserialport's way (BOTHER). */
static int speed_code(int32_t baud, speed_t *code) {
    static const struct {
        int32_t baud;
        speed_t code;
    } table[] = {
        {50, B50},         {75, B75},         {110, B110},       {134, B134},       {150, B150},
        {200, B200},       {300, B300},       {600, B600},       {1200, B1200},     {1800, B1800},
        {2400, B2400},     {4800, B4800},     {9600, B9600},     {19200, B19200},   {38400, B38400},
        {57600, B57600},   {115200, B115200}, {230400, B230400}, {460800, B460800}, {921600, B921600},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].baud == baud) {
            *code = table[i].code;
            return 0;
        }
    }
    errno = EINVAL;
    return -1;
}

int platform_serial_configure(int fd, const struct platform_serial_settings *settings) {
    struct termios tio;
    speed_t speed;
    if (tcgetattr(fd, &tio) != 0 || speed_code(settings->baud, &speed) != 0) return -1;
    cfmakeraw(&tio);
    tio.c_cflag |= CLOCAL | CREAD;
    tio.c_cflag &= ~(tcflag_t)(CSIZE | PARENB | PARODD | CMSPAR | CSTOPB | CRTSCTS | HUPCL);
    switch (settings->data_bits) {
    case 5: tio.c_cflag |= CS5; break;
    case 6: tio.c_cflag |= CS6; break;
    case 7: tio.c_cflag |= CS7; break;
    case 8: tio.c_cflag |= CS8; break;
    default: errno = EINVAL; return -1;
    }
    switch (settings->parity) {
    case 'N': break;
    case 'E': tio.c_cflag |= PARENB; break;
    case 'O': tio.c_cflag |= PARENB | PARODD; break;
    case 'S': tio.c_cflag |= PARENB | CMSPAR; break;
    case 'M': tio.c_cflag |= PARENB | PARODD | CMSPAR; break;
    default: errno = EINVAL; return -1;
    }
    if (settings->stop_bits == 2) tio.c_cflag |= CSTOPB;
    if (settings->rtscts) tio.c_cflag |= CRTSCTS;
    tio.c_iflag &= ~(tcflag_t)(IXON | IXOFF | IXANY | INPCK | PARMRK | IGNPAR | IGNBRK | BRKINT);
    if (settings->xonxoff) tio.c_iflag |= IXON | IXOFF;
    tio.c_cc[VMIN] = 1;
    tio.c_cc[VTIME] = 0;
    if (cfsetispeed(&tio, speed) != 0 || cfsetospeed(&tio, speed) != 0) return -1;
    return tcsetattr(fd, TCSANOW, &tio);
}

int platform_serial_finish(int fd, int mark_errors) {
    struct termios tio;
    if (tcgetattr(fd, &tio) != 0) return -1;
    tio.c_cc[VMIN] = 1;
    tio.c_cc[VTIME] = 0;
    tio.c_iflag &= ~(tcflag_t)(IGNPAR | INPCK | PARMRK | IGNBRK | BRKINT);
    if (mark_errors) tio.c_iflag |= INPCK | PARMRK;
    return tcsetattr(fd, TCSANOW, &tio);
}

int platform_serial_claim(int fd) {
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) return -1;
    /* Root is let in all the same, hence the lock as well. */
    (void)ioctl(fd, TIOCEXCL);
    return 0;
}

void platform_serial_drain(int fd, int milliseconds) {
    /* tcdrain waits for ever when the other side has stopped us. */
    struct timespec step = {0, 5 * 1000 * 1000};
    for (int waited = 0; waited < milliseconds; waited += 5) {
        int queued = 0;
        if (ioctl(fd, TIOCOUTQ, &queued) != 0 || queued == 0) return;
        (void)nanosleep(&step, NULL);
    }
    (void)tcflush(fd, TCOFLUSH);
}

void platform_serial_close(int fd) {
    (void)ioctl(fd, TIOCNXCL);
    (void)flock(fd, LOCK_UN);
    (void)close(fd);
}

int platform_pty_open(char *path, size_t capacity) {
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (master < 0) return -1;
    int device = -1;
    if (grantpt(master) != 0 || unlockpt(master) != 0 || ptsname_r(master, path, capacity) != 0) goto failed;
    device = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (device < 0) goto failed;
    struct termios tio;
    if (tcgetattr(device, &tio) != 0) goto failed;
    cfmakeraw(&tio);
    if (tcsetattr(device, TCSANOW, &tio) != 0) goto failed;
    (void)close(device);
    return master;
failed:;
    int saved = errno;
    if (device >= 0) (void)close(device);
    (void)close(master);
    errno = saved;
    return -1;
}
