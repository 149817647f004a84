// SPDX-License-Identifier: MIT
// Outputs of every detection head with objects planted in them, and models that have such outputs.
#ifndef TESTS_SUPPORT_HEADS_H
#define TESTS_SUPPORT_HEADS_H

#include "nn/vision/decode/decode.h"

// In pixels of the input.
typedef struct head_object {
    float cx, cy, w, h, score;
    int label;
} head_object;

typedef struct head_outputs {
    nn_head_output output[12];
    int n;
    // for heads_write_model: keys of the model's metadata, each followed by its value; NULL ends
    const char *metadata[8];
} head_outputs;

// Classes that a head gets in tests that give others `many`.
int heads_classes(const char *head, int many);
// Whether objects can be planted for this input: classifiers, segmentation, single people, and
// heads with an input size of their own have tests of their own.
bool heads_plants(const nn_decoder *d);
// Empty outputs of the decoder called `head` for an input of w x h, with `batch` samples (1 for
// torchvision) and `classes` classes.
head_outputs heads_make(const char *head, int h, int w, int batch, int classes);
void heads_release(head_outputs *o);
// Plants object number `index`, from 0, in a sample, when those before it have theirs; for
// classifiers only the label counts.
void heads_plant(head_outputs *o, const char *head, int h, int w, int item, int index,
                 const head_object *object);
// Writes an ONNX model with `batch` images as input and these outputs, whatever is in the images.
void heads_write_model(const char *path, const head_outputs *o, int batch, int h, int w);
// Writes PATH ("x.onnx"), a detector for an input of w x h that finds these objects in every
// picture, and "x.json" beside it with the names of its classes: `labels` as JSON has them,
// "[\"person\", \"car\"]".
void heads_write_teacher(const char *path, int h, int w, const head_object *objects, int count,
                         int classes, const char *labels);

// The graph of a model from N x 3 x H x W to "means", N x 3, of each plane.
struct message *heads_start_means(int batch, int h, int w);
// Writes a detector (yolov7_nms) with a tail: a box of class c for each picture whose plane c is
// bright.
void heads_write_list(const char *path, int batch, int h, int w);

#endif
