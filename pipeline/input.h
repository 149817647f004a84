// SPDX-License-Identifier: MIT
// What a user may name as input: a file, pictures, a URI, a camera device or the word "test".
#ifndef PIPELINE_INPUT_H
#define PIPELINE_INPUT_H

#include "nn/base/status.h"

#include <stdbool.h>

typedef enum vp_input_kind {
    VP_INPUT_FILE,    // a video file, or a file:// URI
    VP_INPUT_IMAGE,   // pictures: one, a folder, or what fits a pattern
    VP_INPUT_DEVICE,  // /dev/videoN
    VP_INPUT_NETWORK, // any other URI
    VP_INPUT_TEST,    // "test": a moving ball, without end
} vp_input_kind;

typedef struct vp_input {
    vp_input_kind kind;
    char *text;     // owned: as the user typed it, for messages
    char *uri;      // owned: for all but TEST and IMAGE, else NULL
    char **names;   // owned: the files of IMAGE, in their order, ended by NULL; else NULL
    double seconds; // of IMAGE: how long each is shown
    bool live;      // frames come at their own pace and cannot wait (cameras, RTSP, UDP)
} vp_input;

// Tells what `text` is and checks that files and devices can be read. What is there under just this
// name is a file, whatever it looks like (but for "test"). Then come URIs with a protocol that
// GStreamer knows, and patterns: "*.jpg", "img%03d.jpg" (25 pictures a second; others one). On
// failure `input` is released.
nn_status vp_input_parse(vp_input *input, const char *text, nn_error *err);
// Whether it is one picture, which may still move.
bool vp_input_is_single(const vp_input *input);
// The same, but a camera need not be plugged in yet.
nn_status vp_input_parse_absent(vp_input *input, const char *text, nn_error *err);
void vp_input_release(vp_input *input); // leaves it zeroed

#endif
