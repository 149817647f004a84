// SPDX-License-Identifier: MIT
// The inputs that a user may name: a file, pictures, a URI, a camera device or the word "test".
#ifndef PIPELINE_INPUT_H
#define PIPELINE_INPUT_H

#include "nn/base/status.h"

#include <stdbool.h>

typedef enum vp_input_kind {
    VP_INPUT_FILE,     // a video file, or a file:// URI
    VP_INPUT_IMAGE,    // one picture, a folder, or the files of a pattern
    VP_INPUT_DEVICE,   // /dev/videoN
    VP_INPUT_NETWORK,  // any other URI
    VP_INPUT_TEST,     // "test": a moving ball, endless
    VP_INPUT_SCREEN,   // "screen": that of the X server
    VP_INPUT_PIPEWIRE, // "pipewire:NAME": a node of PipeWire (pipeline/pipewire.h)
} vp_input_kind;

typedef struct vp_input {
    vp_input_kind kind;
    char *text;               // owned: the user's text, for messages
    char *uri;                // owned; NULL for TEST, SCREEN, PIPEWIRE and IMAGE
    char **names;             // owned: the files of IMAGE in order, NULL at the end; else NULL
    double seconds;           // time to show each picture of IMAGE
    struct vp_camera *camera; // owned, of DEVICE (pipeline/camera.h); else NULL
    bool live;                // frames come in real time (cameras, RTSP, UDP)
    bool any_certificate;     // of rtsps:// and https://: taken without a check
} vp_input;

// Recognises `text` and checks that files and devices can be read. A name that exists is a file,
// whatever it looks like (except "test" and "screen"). Then come URIs with a protocol that
// GStreamer knows, and patterns: "*.jpg" (one picture a second) or "img%03d.jpg" (25 a second). On
// failure `input` is released.
nn_status vp_input_parse(vp_input *input, const char *text, nn_error *err);
// Whether the input is one picture, which may be an animation.
bool vp_input_is_single(const vp_input *input);
// The same, but a camera or a node of PipeWire need not exist yet.
nn_status vp_input_parse_absent(vp_input *input, const char *text, nn_error *err);
void vp_input_release(vp_input *input); // leaves it zeroed

#endif
