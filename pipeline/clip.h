// SPDX-License-Identifier: MIT
// Private to pipeline/: a short video of frames that are encoded already.
#ifndef PIPELINE_CLIP_H
#define PIPELINE_CLIP_H

#include "nn/base/status.h"
#include "pipeline/ring.h"

#include <stdbool.h>

typedef struct vp_clip vp_clip;

// Whether video of these caps can be in a clip without being encoded again.
bool vp_clip_takes(const GstCaps *caps);

// Begins PATH.part, a Matroska file. The frames follow in the order of decoding, a key frame first.
nn_status vp_clip_open(vp_clip **out, const char *path, GstCaps *caps, nn_error *err);
void vp_clip_push(vp_clip *c, const vp_encoded *frame); // never waits
// From the first frame to the last.
GstClockTime vp_clip_start(const vp_clip *c);
GstClockTime vp_clip_duration(const vp_clip *c);
// Completes the file and gives it its name; frees the clip. When that fails, PATH.part stays, which
// players read as far as it goes.
nn_status vp_clip_close(vp_clip *c, nn_error *err);

#endif
