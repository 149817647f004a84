// SPDX-License-Identifier: MIT
// Opens zip files through libzip.
#include "nn/io/zip_file.h"

#include <stdbool.h>
#include <string.h>

nn_late late_zip = {.folder = "nn", .word = "zip", .list = LATE_ZIP_LIST};

enum {
    SMALLEST_ENTRY = 46,
    LOCATOR = 20, // of the 64-bit end record
    LOCATOR_PLACE = 8,
    END_RECORD_64 = 56,
    END_COUNT_64 = 32,
    TAIL = 65535 + 22 + LOCATOR, // the end record with its longest comment
};

nn_status nn_zip_fail(const char *what, zip_error_t *error, nn_error *err)
{
    return nn_fail(err, zip_error_code_zip(error) == ZIP_ER_MEMORY ? NN_ENOMEM : NN_EFORMAT,
                   "zip: %s: %s", what, zip_error_strerror(error));
}

static uint64_t read_64(const uint8_t *p)
{
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--)
        v = v << 8 | p[i];
    return v;
}

// libzip allocates for as many entries as the end record says, whatever the size of the file. A
// 64-bit end record that says too much is refused first; a 32-bit one is limited to 65535.
static bool has_honest_end(const uint8_t *bytes, size_t size)
{
    static const uint8_t mark[4] = {'P', 'K', 6, 7}, record[4] = {'P', 'K', 6, 6};
    const uint8_t *end = bytes + size;
    for (const uint8_t *p = size > TAIL ? end - TAIL : bytes;
         (p = memmem(p, (size_t)(end - p), mark, sizeof mark)) && end - p >= LOCATOR; p++) {
        const uint64_t at = read_64(p + LOCATOR_PLACE);
        if (size < END_RECORD_64 || at > size - END_RECORD_64 ||
            memcmp(bytes + at, record, sizeof record) != 0)
            continue;
        if (read_64(bytes + at + END_COUNT_64) > size / SMALLEST_ENTRY)
            return false;
    }
    return true;
}

nn_status nn_zip_open(zip_t **zip, const void *bytes, size_t size, nn_error *err)
{
    zip_error_t error;
    *zip = NULL;
    nn_status status = nn_late_open(&late_zip, err);
    if (status != NN_OK)
        return status;
    if (!has_honest_end(bytes, size))
        return nn_fail(err, NN_EFORMAT, "zip: more entries than the file can hold");
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(bytes, size, 0, &error);
    *zip = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : NULL;
    status = *zip ? NN_OK : nn_zip_fail("cannot be opened", &error, err);
    if (!*zip)
        zip_source_free(source);
    zip_error_fini(&error);
    return status;
}
