// SPDX-License-Identifier: MIT
// Private to pipeline/: the file in which a recording grows, beside the name that it will have.
#ifndef PIPELINE_PARTIAL_FILE_H
#define PIPELINE_PARTIAL_FILE_H

#include "nn/base/status.h"

#include <stdbool.h>

typedef struct vp_partial_file {
    char *path; // where the recording goes, links followed
    char *name; // path.part, where it grows: no older one is lost before this one is whole
    char *kept; // where what an earlier run had left in it lies now; NULL: there was nothing
    int fd;     // of `name`; holds it for this recording
} vp_partial_file;

// Makes an empty one. What a run that was killed left there plays up to its last second: it is
// renamed to NAME.recovered.mp4 (or -2, -3, ...). NN_EINVAL when a running one writes there.
nn_status vp_partial_file_open(vp_partial_file *p, const char *path, nn_error *err);

// For when it is written. One without `frames` is removed. A `whole` one takes the name `path`;
// what an error cut short does only where no older one stands, else it is kept as a recovered one.
// NULL, or the name under which it stays (g_free).
char *vp_partial_file_settle(vp_partial_file *p, bool frames, bool whole);

// Lets it go; one that was not settled is removed.
void vp_partial_file_close(vp_partial_file *p);

#endif
