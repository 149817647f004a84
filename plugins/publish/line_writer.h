// SPDX-License-Identifier: MIT
// Writes lines of text to a file or standard output, whole lines only, one writer at a time.
#ifndef PLUGINS_PUBLISH_LINE_WRITER_H
#define PLUGINS_PUBLISH_LINE_WRITER_H

#include "nn/base/status.h"

#include <glib.h>

typedef struct NeroLineWriter {
    int fd; // -1: closed
    gboolean own, begun;
} NeroLineWriter;

// Opens `name`, or standard output for "-". The old content stays until the first line is written,
// so that a wrong model or input does not destroy it. NN_EINVAL when another writer has the file,
// else NN_EIO.
gboolean nero_line_writer_open(NeroLineWriter *l, const char *name, nn_error *err);

// Empties the file before the first line. Devices and pipes are left alone.
void nero_line_writer_begin(NeroLineWriter *l);

// Writes one line and its end with a system call. Returns 0 or errno; on an error nothing of the
// line stays in the file.
int nero_line_writer_write(NeroLineWriter *l, const char *line);

void nero_line_writer_close(NeroLineWriter *l);

#endif
