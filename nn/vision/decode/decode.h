// SPDX-License-Identifier: MIT
// What turns the outputs of a head into boxes or a map of classes: one decoder a file in this
// folder.
#ifndef NN_VISION_DECODE_DECODE_H
#define NN_VISION_DECODE_DECODE_H

#include "nn/base/anchors.h"
#include "nn/base/api.h"
#include "nn/tensor/tensor.h"
#include "nn/vision/nms.h"
#include "nn/vision/resize.h"

// A named output of a network; float32, sample n of the batch outermost.
typedef struct nn_head_output {
    const char *name;
    nn_tensor tensor;
    const nn_anchors *anchors; // of the whole model; NULL or none in it: as its head usually has
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
    const char *const *labels; // names, when there are this many classes; NULL: COCO's for 80
    int label_count;
} nn_decoder_input;

typedef struct nn_decoder nn_decoder;
struct nn_decoder {
    const char *name;   // as in the card: "fcos"
    const char *layout; // of the outputs, in one line for people: "N x A x (5 + classes): ..."
    // Whether these are the outputs that the decoder understands, for an input of this size.
    // NN_ESHAPE and a text that says what is there and what should be. Only names, types and shapes
    // are read. classes 0: any number of them.
    nn_status (*check)(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err);
    // Adds the boxes of sample `item` of outputs that passed the check, in frame pixels and clipped
    // to the frame. The letterbox has the input size of the check. Numbers that are not finite give
    // no box.
    void (*decode)(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *letterbox, const nn_decode_options *options,
                   nn_candidates *candidates);
    // In place of decode(), which is NULL then, for heads that give every pixel a class: those of
    // sample `item` into `map`, as large as the frame lies in the input. A class that is not wanted
    // becomes background. NN_ENOMEM when the map could not grow.
    nn_status (*paint)(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                       const nn_letterbox *letterbox, const nn_decode_options *options,
                       nn_label_map *map);
    // Number of classes of outputs that pass check() with any, or the usual number when the shapes
    // do not tell; 0 when they do not pass.
    int (*classes)(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                   int input_w);
    const void *form; // what tells decoders apart that share these functions; NULL
    bool by_shape;    // outputs that pass can hardly be those of a head that is not in the table
    bool whole_frame; // a class for the frame and no boxes; the task of such cards is "classify"
    nn_decoder_input input;
};

const nn_decoder *nn_decoder_find(const char *name); // NULL when there is no such decoder
// NN_ENOTFOUND and a text that names all there are.
nn_status nn_decoder_unknown(const char *name, nn_error *err);
// The decoder that a card means: by its head, or by its task when that names none.
NN_API const nn_decoder *nn_decoder_of(const char *head, const char *task);
// The only decoder whose outputs these can be, else the only one for which they have COCO's number
// of classes, with *classes; or NULL. `fitting`, when not NULL, gets the names of all that they
// could be, "yolox, ssd", or "".
const nn_decoder *nn_decoder_guess(const nn_head_output *outputs, int n, int input_h, int input_w,
                                   int *classes, char *fitting, size_t size);
enum { NN_COCO_CLASSES = 80, NN_COCO_NUMBERS = 90 };
// Names of the classes of COCO (Lin 2014), which most public detectors have.
extern const char *const nn_coco_labels[NN_COCO_CLASSES];
// The same by their numbers in COCO's files, 1 to 90, ten of which no class has ("-").
extern const char *const nn_coco_numbered_labels[NN_COCO_NUMBERS];
NN_API int nn_decoder_count(void);
NN_API const nn_decoder *nn_decoder_at(int i);

#endif
