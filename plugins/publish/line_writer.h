// SPDX-License-Identifier: MIT
// Lines of text into a file or standard output: one writer, and no line is ever there in part.
#ifndef PLUGINS_PUBLISH_LINE_WRITER_H
#define PLUGINS_PUBLISH_LINE_WRITER_H

#include "nn/base/status.h"

#include <glib.h>

typedef struct NeroLineWriter {
    int fd; // -1: closed
    gboolean own, begun;
} NeroLineWriter;

// Opens `name`, or standard output for "-". What an older run wrote stays until there is a line: a
// wrong model or input does not cost it. NN_EINVAL when another writes there, else NN_EIO.
gboolean nero_line_writer_open(NeroLineWriter *l, const char *name, nn_error *err);

// Empties the file before the first line. Devices and pipes have nothing to cut off.
void nero_line_writer_begin(NeroLineWriter *l);

// One line, its end is added; it is with the system when this returns. 0 or errno: then nothing of
// it is in the file.
int nero_line_writer_write(NeroLineWriter *l, const char *line);

void nero_line_writer_close(NeroLineWriter *l);

#endif
