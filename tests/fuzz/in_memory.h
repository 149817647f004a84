// SPDX-License-Identifier: MIT
// A file in memory, for readers that need a path.
#ifndef TESTS_FUZZ_IN_MEMORY_H
#define TESTS_FUZZ_IN_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// The path of the only such file, which now holds these bytes.
static const char *fuzz_file(const void *bytes, size_t size)
{
    static char path[64];
    static int fd = -1;
    if (fd < 0) {
        fd = memfd_create("fuzz", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, bytes, size, 0) != (ssize_t)size)
        abort();
    return path;
}

#endif
