// SPDX-License-Identifier: MIT
// Writes lines of text to a file or standard output, whole lines only, one writer at a time.
#ifndef PLUGINS_PUBLISH_LINE_WRITER_H
#define PLUGINS_PUBLISH_LINE_WRITER_H

#include "nn/base/status.h"

#include <glib.h>

typedef enum NeroFsync { NERO_FSYNC_NEVER, NERO_FSYNC_SECOND, NERO_FSYNC_LINE } NeroFsync;

// When a file is full or old enough, NAME becomes NAME.1, NAME.1 becomes NAME.2 and so on, and a
// new NAME begins. Standard output, devices and pipes have no limits.
typedef struct NeroLineLimits {
    guint64 size; // bytes; 0: none. A longer line still gets a file of its own.
    guint age;    // seconds since the first line of the file; 0: none
    guint files;  // the most that there are, with NAME itself; at least 1
    NeroFsync sync;
    gboolean array; // each file is a JSON array of its lines; complete when it is closed
} NeroLineLimits;

typedef struct NeroLineWriter {
    int fd;       // -1: closed
    char *place;  // where the file really is; NULL for standard output
    gboolean own; // it is not standard output
    gboolean begun, regular;
    NeroLineLimits limits;
    gint64 begun_at, synced_at; // microseconds
    gboolean unsynced;
    gboolean any; // a line is in this file
} NeroLineWriter;

// Opens `name`, or standard output for "-". The old content stays until the first line is written,
// so that a wrong model or input does not destroy it. NN_EINVAL when another writer has the file,
// else NN_EIO.
gboolean nero_line_writer_open(NeroLineWriter *l, const char *name, NeroLineLimits limits,
                               nn_error *err);

// To be called for each frame. The first call empties the file, or keeps it as NAME.1 when there
// are limits of size or age; later ones write to the disk what `sync` says. Devices and pipes are
// left alone.
void nero_line_writer_frame(NeroLineWriter *l);

// Writes one line and its end with a system call. Returns 0 or errno; on an error nothing of the
// line stays in the file.
int nero_line_writer_write(NeroLineWriter *l, const char *line);

void nero_line_writer_close(NeroLineWriter *l);

#endif
