// SPDX-License-Identifier: MIT
// Runs a fuzz target without a fuzzer: each file of a folder whole, cut short and with changed
// bytes.
#include "tests/fuzz/fuzz.h"
#include "tests/support/files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MUCH = 8192 };

// A copy of exactly `size` bytes, so that the sanitizers see a read behind the end.
static void run(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void replay(const char *path)
{
    static const uint8_t masks[] = {0x01, 0x80, 0x15, 0xff};
    size_t size;
    uint8_t *bytes = test_read(path, &size);
    const size_t step = 1 + size / MUCH; // of large files not every byte
    run(bytes, size);
    for (size_t n = 0; n < size; n += step)
        run(bytes, n);
    for (size_t i = 0; i < size; i += step) {
        for (size_t m = 0; m < sizeof masks; m++) {
            bytes[i] ^= masks[m];
            run(bytes, size);
            bytes[i] ^= masks[m];
        }
    }
    free(bytes);
}

int main(int argc, char **argv)
{
    DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
    if (!dir) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    int count = 0;
    for (struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] == '.')
            continue;
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", argv[1], e->d_name);
        replay(path);
        count++;
    }
    closedir(dir);
    printf("%d files\n", count);
    return count > 0 ? 0 : 1;
}
