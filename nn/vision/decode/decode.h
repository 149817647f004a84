// SPDX-License-Identifier: MIT
// What turns the outputs of a detection head into boxes: one decoder a file in this folder.
#ifndef NN_VISION_DECODE_DECODE_H
#define NN_VISION_DECODE_DECODE_H

#include "nn/tensor/tensor.h"
#include "nn/vision/nms.h"
#include "nn/vision/resize.h"

// A named output of a network; float32, sample n of the batch outermost.
typedef struct nn_head_output {
    const char *name;
    nn_tensor tensor;
} nn_head_output;

typedef struct nn_decode_options {
    float threshold; // lowest score
    int classes;
    const bool *label_mask; // `classes` entries, false: the class is not wanted; NULL: all are
} nn_decode_options;

// What networks with this head want when no card says anything else.
typedef struct nn_decoder_input {
    bool bgr;              // planes in the order B, G, R
    bool stretch;          // frames fill the input, their shape is not kept
    float mean[3], std[3]; // R, G, B of 0 .. 1
    float threshold, iou_threshold;
} nn_decoder_input;

typedef struct nn_decoder {
    const char *name; // as in the card: "fcos"
    // Whether these are the outputs that the decoder understands, for an input of this size.
    // NN_ESHAPE and a text that says what is there and what should be. Only names, types and shapes
    // are read.
    nn_status (*check)(const nn_head_output *outputs, int n, int input_h, int input_w, int classes,
                       nn_error *err);
    // Adds the boxes of sample `item` of outputs that passed the check, in frame pixels and clipped
    // to the frame. The letterbox has the input size of the check.
    void (*decode)(const nn_head_output *outputs, int n, int item, const nn_letterbox *letterbox,
                   const nn_decode_options *options, nn_candidates *candidates);
    // Number of classes when these shapes can hardly be anything but this head, else 0. NULL: a
    // card has to name the head.
    int (*guess)(const nn_head_output *outputs, int n, int input_h, int input_w);
    nn_decoder_input input; // with `guess`
} nn_decoder;

const nn_decoder *nn_decoder_find(const char *name); // NULL when there is no such decoder
// Names of the 80 classes of COCO (Lin 2014), which most public detectors have.
extern const char *const nn_coco_labels[80];
int nn_decoder_count(void);
const nn_decoder *nn_decoder_at(int i);

#endif
