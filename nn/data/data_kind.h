// SPDX-License-Identifier: MIT
// Kinds of labels, and what follows from them.
#ifndef NN_DATA_DATA_KIND_H
#define NN_DATA_DATA_KIND_H

#include "nn/base/api.h"
#include "nn/data/augment/view.h"

typedef enum nn_data_kind {
    NN_DATA_BOXES,    // to train detectors: samples get truths
    NN_DATA_CLASSES,  // to train classifiers: samples get classes
    NN_DATA_MASKS,    // to train segmentation: samples get a mask, and the classes that are in it
    NN_DATA_PICTURES, // to train networks that enlarge pictures: samples have nothing else
    NN_DATA_VIEWS,    // to learn from views of pictures without labels: the same
    NN_DATA_CAPTIONS, // to train pictures and texts against each other: samples get texts
} nn_data_kind;

enum { NN_VIEW_TRUTHS = 1024 }; // most boxes of a view

// Code asks these in place of the kind.
typedef struct nn_data_facts {
    // Labels are of whole pictures. Views show a random part of a picture, as classifiers see it;
    // what is held back is drawn picture by picture.
    bool whole;
    bool objects; // labels are of objects: those of a picture may be unknown, or there are none
    // Labels are of pixels and hold the numbers of classes; outlines in the files are painted.
    bool pixels;
    bool unlabelled; // there are no classes, and any folder of pictures may look like such data
    bool frames;     // those of a video are such data as they are
    bool full_size;  // every pixel of a picture is wanted, however small the views are
    int first_class; // labels below it are no objects: the background
    // Bytes of the labels of a view; 0: there is nothing to learn. `classes` of NN_DATA_PICTURES:
    // by what their sides grow.
    size_t (*view_bytes)(int classes, int height, int width);
    // Gives a view room for its labels, which is all 0.
    void (*attach)(nn_view *v, void *room, int classes);
} nn_data_facts;

NN_API const nn_data_facts *nn_data_kind_facts(nn_data_kind kind);

#endif
