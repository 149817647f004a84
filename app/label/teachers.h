// SPDX-License-Identifier: MIT
// Runs one or several detectors over a picture in several passes and fuses their boxes.
#ifndef APP_LABEL_TEACHERS_H
#define APP_LABEL_TEACHERS_H

#include "nn/data/dataset.h"
#include "nn/graph/tail.h"
#include "nn/vision/frame.h"
#include "nn/vision/fuse_boxes.h"

#define LABEL_GENERAL "street"    // the installed general model
#define LABEL_START "street-nano" // the installed model from which small specialists start

enum { LABEL_MAX_TEACHERS = 8, LABEL_MAX_SCALES = 4, LABEL_MAX_TILES = 8 };

typedef struct label_teachers_options {
    const char *models; // "A,B": files or names of installed models
    // "yolox,,gfl": head of each model, empty: as the model says; NULL: all as the models say
    const char *heads;
    const char *labels;  // text file with class names; NULL: those of the models
    const char *classes; // "person,car": labels; NULL: the classes that all models have
    const char *map;     // "car=vehicle,bus=vehicle,truck=ignore"; NULL: matched by name only
    double scales[LABEL_MAX_SCALES]; // factors on a model's input size
    int scale_count;                 // 0: chosen by the size of the pictures
    int tiles_x, tiles_y;            // 1, 1: no tiles
    double overlap;                  // of neighbouring tiles, as a fraction of their side
    bool mirror;
    double least; // boxes with a lower score are dropped
    int threads;
    nn_tail_limits tail; // of the models; 0: the defaults
    nn_fuse_options fuse;
} label_teachers_options;

// Defaults: mirror image, sizes chosen by the pictures, no tiles, boxes from score 0.05.
extern const label_teachers_options label_teachers_defaults;

typedef struct label_teachers label_teachers;

// Opens all models. `notes` receives a line for each scale that a model cannot take, now or later.
// NN_EINVAL names the wrong option or the class that no model has.
nn_status label_teachers_open(label_teachers **out, const label_teachers_options *o, nn_notes notes,
                              nn_error *err);
void label_teachers_free(label_teachers *t);

const nn_names *label_teachers_classes(const label_teachers *t); // of the labels
int label_teachers_count(const label_teachers *t);
const char *label_teachers_name(const label_teachers *t, int i); // file name without folder
// Number of passes over one picture; known after label_teachers_fit.
int label_teachers_passes(const label_teachers *t);

// Opens the requested sizes, or those that suit pictures of this size. The first
// label_teachers_detect calls it when the caller did not.
nn_status label_teachers_fit(label_teachers *t, int width, int height, nn_error *err);

// Detects on an RGB frame. Box classes are labels; bit i of `models` stands for teacher i. The
// result is valid until the next call.
nn_status label_teachers_detect(label_teachers *t, const nn_frame *frame,
                                const nn_fused_box **boxes, int *count, nn_error *err);

#endif
