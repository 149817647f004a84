// SPDX-License-Identifier: MIT
// One or several detectors that look at a picture in several ways, their boxes fused into one
// opinion.
#ifndef APP_LABEL_TEACHERS_H
#define APP_LABEL_TEACHERS_H

#include "nn/data/dataset.h"
#include "nn/vision/frame.h"
#include "nn/vision/fuse_boxes.h"

#define LABEL_GENERAL "street"    // the installed model for any camera
#define LABEL_START "street-nano" // ... and the one that small specialists go on from

enum { LABEL_MAX_TEACHERS = 8, LABEL_MAX_SCALES = 4, LABEL_MAX_TILES = 8 };

typedef struct label_teachers_options {
    const char *models;  // "A,B": files or names of installed models
    const char *heads;   // "yolox,,gfl": one a model, empty where it says so itself; NULL: none
    const char *labels;  // file with the names of their classes; NULL: what they say
    const char *classes; // "person,car": of the labels to be made; NULL: those that all share
    const char *map;     // "car=vehicle,bus=vehicle,truck=ignore"; NULL: by name only
    double scales[LABEL_MAX_SCALES]; // factors on a model's input
    int scale_count;                 // 0: by the size of the pictures
    int tiles_x, tiles_y;            // 1, 1: none
    double overlap;                  // of neighbouring tiles, a part of their side
    bool mirror;
    double least; // boxes with a lower score are not looked at
    int threads;
    nn_fuse_options fuse;
} label_teachers_options;

// Mirror, sizes by those of the pictures, no tiles, boxes from 0.05 on.
extern const label_teachers_options label_teachers_defaults;

typedef struct label_teachers label_teachers;

// Opens all models; `notes`, also later, hears of scales that a model cannot take. NN_EINVAL names
// an option that is wrong, a class that no model knows.
nn_status label_teachers_open(label_teachers **out, const label_teachers_options *o, nn_notes notes,
                              nn_error *err);
void label_teachers_free(label_teachers *t);

const nn_names *label_teachers_classes(const label_teachers *t); // of the labels
int label_teachers_count(const label_teachers *t);
const char *label_teachers_name(const label_teachers *t, int i); // of a file, without folder
// Over one picture; known after label_teachers_fit.
int label_teachers_passes(const label_teachers *t);

// Opens the sizes that are asked for, or that suit pictures like this; once, at the first look at
// the latest.
nn_status label_teachers_fit(label_teachers *t, int width, int height, nn_error *err);

// What they find on an RGB frame: classes are those of the labels, models bit i is teacher i. Valid
// until the next call.
nn_status label_teachers_detect(label_teachers *t, const nn_frame *frame,
                                const nn_fused_box **boxes, int *count, nn_error *err);

#endif
