// SPDX-License-Identifier: MIT
// Files for tests: the read-only data folder and a temporary folder that goes away at exit.
#ifndef TESTS_SUPPORT_FILES_H
#define TESTS_SUPPORT_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct test_path {
    char text[1024];
} test_path;

// tests/data/NAME ($NEROSCALE_TEST_DATA says where it is).
test_path test_data(const char *name);
// NAME in this process's temporary folder.
test_path test_temp(const char *name);
bool test_is_there(const char *name);
// Number of entries in the temporary folder.
int test_temp_count(void);
// The whole file in a malloc'ed block of exactly its size (so that ASan sees every overrun).
uint8_t *test_read(const char *path, size_t *size);
void test_write(const char *path, const void *bytes, size_t size);

// The same by NAME in the temporary folder, for text: with a NUL at its end, free().
char *test_read_text(const char *name);
void test_write_text(const char *name, const char *text);
// Makes a folder there; its path.
test_path test_make_dir(const char *name);

#endif
