// SPDX-License-Identifier: MIT
// The teachers' detections of every picture, in memory and in a file that grows. No picture is
// processed twice.
#ifndef APP_LABEL_DETECTIONS_H
#define APP_LABEL_DETECTIONS_H

#include "nn/vision/frame.h"
#include "nn/vision/fuse_boxes.h"

#include <glib.h>
#include <stdio.h>

typedef struct label_picture {
    int number;          // of the frame or the picture, from 1
    char *name;          // owned: file name of the picture; NULL: a frame of a video
    int width, height;   // pixels
    nn_fused_box *boxes; // owned (g_free)
    int count;
    uint8_t *thumb; // owned: grey thumbnail; NULL: none
} label_picture;

typedef struct label_detections {
    GArray *pictures;     // of label_picture, by number
    int thumb_w, thumb_h; // pixels of every thumbnail
    char *path;           // of the file
    FILE *file;
} label_detections;

// Reads the file at `path`, if there is one, and appends after its last complete picture.
// `settings`, one line, holds what the detections depend on; NN_EINVAL when the file has other
// settings. `classes`: number of labels. On failure *f is released.
nn_status label_detections_open(label_detections *f, const char *path, const char *settings,
                                int classes, nn_error *err);
void label_detections_release(label_detections *f);

// Parses the content of such a file; *whole gets the length of its complete pictures in bytes. `f`
// is zeroed or already has pictures.
nn_status label_detections_parse(label_detections *f, const char *bytes, size_t size,
                                 const char *settings, int classes, size_t *whole, nn_error *err);

// Index of a picture, or -1.
int label_detections_find(const label_detections *f, int number);
label_picture *label_detections_at(const label_detections *f, int index);

// Adds a picture and appends it to the file. `boxes` and `name` are copied.
nn_status label_detections_add(label_detections *f, int number, const char *name, int width,
                               int height, const nn_fused_box *boxes, int count, nn_error *err);

// Makes the thumbnail of a picture from an RGB frame.
void label_picture_shrink(label_picture *p, const nn_frame *frame, int thumb_w, int thumb_h);

#endif
