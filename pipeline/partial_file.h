// SPDX-License-Identifier: MIT
// Private to pipeline/: the file of a recording in progress, beside its final name.
#ifndef PIPELINE_PARTIAL_FILE_H
#define PIPELINE_PARTIAL_FILE_H

#include "nn/base/status.h"

#include <stdbool.h>

typedef struct vp_partial_file {
    char *path; // final name, links resolved
    // path.part, the file in progress: an older recording is kept until this one is complete
    char *name;
    char *kept; // new name of what an earlier run left; NULL: there was nothing
    int fd;     // of `name`; locks it for this recording
} vp_partial_file;

// Creates an empty file. What a killed run left can be played up to its last second and is renamed
// to NAME.recovered.mp4 (or -2, -3, ...). NN_EINVAL when another run is recording there.
nn_status vp_partial_file_open(vp_partial_file *p, const char *path, nn_error *err);

// To be called when the file is written. A recording without `frames` is removed. A `whole` one
// gets the name `path`. One that an error cut short gets it only when no older file is there;
// otherwise it is kept as a recovered one. Returns that name (g_free), or NULL.
char *vp_partial_file_settle(vp_partial_file *p, bool frames, bool whole);

// Unlocks the file; removes it when it was not settled.
void vp_partial_file_close(vp_partial_file *p);

#endif
