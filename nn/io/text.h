// SPDX-License-Identifier: MIT
// Text files of people: line by line, whatever program ended the lines or marked the encoding.
#ifndef NN_IO_TEXT_H
#define NN_IO_TEXT_H

#include "nn/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct nn_text {
    FILE *file;
    int number; // of the last line, from 1
    bool cut;   // the last line was longer than its buffer; its rest was skipped
} nn_text;

// Opens a file of UTF-8 text; a byte order mark at its start is skipped. Errors name the path:
// NN_ENOTFOUND, NN_EIO, and NN_EUNSUPPORTED for UTF-16 and UTF-32.
nn_status nn_text_open(nn_text *t, const char *path, nn_error *err);
// The next line without its end (LF, CR LF or CR) into `line`; false when there is none.
bool nn_text_next(nn_text *t, char *line, size_t size);
// NN_EIO when reading failed in between. Closes the file.
nn_status nn_text_close(nn_text *t, const char *path, nn_error *err);

// The same for text in memory: moves *text behind a byte order mark. NN_EUNSUPPORTED for UTF-16
// and UTF-32.
nn_status nn_text_skip_mark(const char **text, size_t *size, nn_error *err);

#endif
