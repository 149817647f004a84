// SPDX-License-Identifier: MIT
// The camera behind the calls that fake_calls.c intercepts.
#ifndef TESTS_SUPPORT_FAKE_CAMERA_H
#define TESTS_SUPPORT_FAKE_CAMERA_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// All of them as the calls they stand for: -1 (or MAP_FAILED) and errno.

bool fake_is_path(const char *path); // the camera's
bool fake_is_fd(int fd);             // one that fake_open gave, or a copy
bool fake_is_gone(void);             // unplugged

int fake_open(void); // EBUSY while it is open
void fake_note_copy(int fd, int copy);
void fake_close(int fd);
int fake_ioctl(unsigned long request, void *argument);
void *fake_map(size_t size, off_t offset);
bool fake_is_mapped(const void *at);

#endif
