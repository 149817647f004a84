// SPDX-License-Identifier: MIT
// Reads text files line by line, with any line ending and byte order mark.
#ifndef NN_IO_TEXT_H
#define NN_IO_TEXT_H

#include "nn/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct nn_text {
    FILE *file;
    int number; // of the last line, counted from 1
    bool cut;   // the last line was longer than its buffer; the rest was skipped
} nn_text;

// Opens a UTF-8 file and skips a byte order mark. Errors name the path: NN_ENOTFOUND, NN_EIO, and
// NN_EUNSUPPORTED for UTF-16 and UTF-32.
nn_status nn_text_open(nn_text *t, const char *path, nn_error *err);
// Reads the next line without its ending (LF, CR LF or CR) into `line`; false at the end.
bool nn_text_next(nn_text *t, char *line, size_t size);
// Closes the file. NN_EIO when a read has failed.
nn_status nn_text_close(nn_text *t, const char *path, nn_error *err);

// The same for text in memory: moves *text behind a byte order mark. NN_EUNSUPPORTED for UTF-16 and
// UTF-32.
nn_status nn_text_skip_mark(const char **text, size_t *size, nn_error *err);

#endif
