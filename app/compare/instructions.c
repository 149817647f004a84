// SPDX-License-Identifier: MIT
// Reads the instruction counter of the processor through the kernel (man 2 perf_event_open).
#include "app/compare/instructions.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

bool compare_counter_open(compare_counter *c, char *why, int size)
{
    struct perf_event_attr attr = {.type = PERF_TYPE_HARDWARE,
                                   .size = sizeof attr,
                                   .config = PERF_COUNT_HW_INSTRUCTIONS,
                                   .disabled = 1,
                                   .exclude_kernel = 1,
                                   .exclude_hv = 1};
    c->fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    if (c->fd >= 0) { // some virtual machines open it, and it stays at zero
        compare_counter_start(c);
        if (compare_counter_stop(c) > 0)
            return true;
        compare_counter_close(c);
        errno = ENOENT;
    }
    snprintf(why, (size_t)size, "%s",
             errno == EACCES || errno == EPERM
                 ? "the kernel forbids it (kernel.perf_event_paranoid)"
             : errno == ENOENT || errno == EOPNOTSUPP || errno == ENODEV
                 ? "this machine has no counter for it"
                 : strerror(errno));
    return false;
}

void compare_counter_start(const compare_counter *c)
{
    if (c->fd < 0)
        return;
    ioctl(c->fd, PERF_EVENT_IOC_RESET, 0);
    ioctl(c->fd, PERF_EVENT_IOC_ENABLE, 0);
}

double compare_counter_stop(const compare_counter *c)
{
    uint64_t count = 0;
    if (c->fd < 0)
        return NAN;
    ioctl(c->fd, PERF_EVENT_IOC_DISABLE, 0);
    return read(c->fd, &count, sizeof count) == (ssize_t)sizeof count ? (double)count : NAN;
}

void compare_counter_close(compare_counter *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}
