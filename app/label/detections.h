// SPDX-License-Identifier: MIT
// What the teachers found, picture by picture: in memory, and in a file that grows with it, so that
// nothing is looked at twice.
#ifndef APP_LABEL_DETECTIONS_H
#define APP_LABEL_DETECTIONS_H

#include "nn/vision/frame.h"
#include "nn/vision/fuse_boxes.h"

#include <glib.h>
#include <stdio.h>

typedef struct label_page {
    int number;          // of the frame in its video, of the picture in its folder, from 1
    char *name;          // owned: of the picture's file; NULL: a frame
    int width, height;   // pixels
    nn_fused_box *boxes; // owned (g_free)
    int count;
    uint8_t *thumb; // owned: the picture in small and grey; NULL: none
} label_page;

typedef struct label_detections {
    GArray *pages;        // of label_page, by number
    int thumb_w, thumb_h; // of all pages
    char *path;           // of the file
    FILE *file;
} label_detections;

// Reads the file at `path` if there is one and goes on writing behind its last whole page.
// `settings`, one line, is what the finds depend on: NN_EINVAL when the file was made with others.
// `classes` bounds the boxes' labels. On failure *f is released.
nn_status label_detections_open(label_detections *f, const char *path, const char *settings,
                                int classes, nn_error *err);
void label_detections_release(label_detections *f);

// Reads the bytes of such a file; *whole gets how many of them are whole pages. For the above, and
// for fuzzing. `f` is zeroed or holds pages.
nn_status label_detections_parse(label_detections *f, const char *bytes, size_t size,
                                 const char *settings, int classes, size_t *whole, nn_error *err);

// Index of a page, or -1.
int label_detections_find(const label_detections *f, int number);
label_page *label_detections_at(const label_detections *f, int index);

// Adds a page and writes it. `boxes` are copied, `name` too.
nn_status label_detections_add(label_detections *f, int number, const char *name, int width,
                               int height, const nn_fused_box *boxes, int count, nn_error *err);

// Gives a page its small grey picture from an RGB frame.
void label_page_shrink(label_page *p, const nn_frame *frame, int thumb_w, int thumb_h);

#endif
