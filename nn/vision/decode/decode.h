// SPDX-License-Identifier: MIT
// Decoders: turn the outputs of a head into boxes or a map of classes, one file in this folder
// each.
#ifndef NN_VISION_DECODE_DECODE_H
#define NN_VISION_DECODE_DECODE_H

#include "nn/base/anchors.h"
#include "nn/base/api.h"
#include "nn/tensor/tensor.h"
#include "nn/vision/nms.h"
#include "nn/vision/resize.h"

// A named output of a network: float32, the batch is the outermost dimension.
typedef struct nn_head_output {
    const char *name;
    nn_tensor tensor;
    const nn_anchors *anchors; // of the whole model; NULL or empty: the usual ones of the head
    bool open;                 // the first dim is as long as the data say: a list
} nn_head_output;

typedef struct nn_decode_options {
    float threshold; // drop boxes with a lower score
    int classes;
    const bool *label_mask; // `classes` entries; false: drop boxes of this class; NULL: keep all
} nn_decode_options;

// Preprocessing of networks with this head, where no card says anything else.
typedef struct nn_decoder_input {
    bool bgr;              // planes in the order B, G, R
    bool stretch;          // frames are stretched over the input
    float mean[3], std[3]; // R, G, B of 0 .. 1
    float threshold, iou_threshold;
    // class names, when the number of classes matches; NULL: COCO's for 80
    const char *const *labels;
    int label_count;
} nn_decoder_input;

typedef struct nn_decoder nn_decoder;

// Sample `item` of checked outputs. All borrowed.
typedef struct nn_decode_sample {
    const nn_decoder *decoder;
    const nn_head_output *outputs;
    int n, item;
    int classes;
    const nn_letterbox *letterbox; // has the input size of the check
    float threshold;               // that of nn_decode_options
} nn_decode_sample;

struct nn_decoder {
    const char *name;   // the name in cards: "fcos"
    const char *layout; // of the outputs, in one line for users: "N x A x (5 + classes): ..."
    // Checks that the decoder understands these outputs for an input of this size. NN_ESHAPE with a
    // text that gives actual and expected outputs. It reads names, types and shapes only. classes
    // 0: any number.
    nn_status (*check)(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err);
    // Adds the boxes of sample `item` of checked outputs, in frame pixels and clipped to the frame.
    // The letterbox has the input size of the check. Numbers that are not finite give no box.
    void (*decode)(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *letterbox, const nn_decode_options *options,
                   nn_candidates *candidates);
    // Instead of decode(), which is NULL then, for segmentation: writes the classes of sample
    // `item` into `map`, which becomes as large as the frame in the input. A class that is not
    // wanted becomes background. NN_ENOMEM when the map cannot grow.
    nn_status (*paint)(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                       const nn_letterbox *letterbox, const nn_decode_options *options,
                       nn_label_map *map);
    // Heads that say more of an object than its box; else NULL. decode() gives their boxes a number
    // in `detail`, such as that of a row. After the suppression describe() puts the number of a
    // detail in result->details in its place; 0 when there is none. NN_ENOMEM.
    nn_status (*describe)(const nn_decode_sample *sample, nn_result *result);
    // What describe() gives: NN_DETAIL_ flags, by which eval scores.
    unsigned details;
    // The same where checked outputs decide; NULL: always `details`.
    unsigned (*details_of)(const nn_head_output *outputs, int n);
    // The IoU of two boxes for the suppression, where they are bounds of something else; NULL:
    // their own. `sample` is an nn_decode_sample.
    float (*overlap)(const void *sample, const nn_box *a, const nn_box *b);
    // Number of classes of outputs that pass check(), or the usual number when the shapes do not
    // tell; 0 when they do not pass.
    int (*classes)(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                   int input_w);
    const void *form; // private to decoders that share these functions; NULL
    // outputs that pass the check are unlikely to belong to a head outside of the table
    bool by_shape;
    // a word in the name that the exporter gives an output, where the shapes could mean something
    // else, too: by_shape holds only with it, and then before other heads; NULL: any name
    const char *output_name;
    // the task in the words of exporters whose files have such outputs: they fit only where the
    // file names it; NULL: boxes
    const char *exporter_task;
    // says where the keypoints of the one object are that fills the frame: inside of regions they
    // are those of the region
    bool one_object;
    bool whole_frame; // classifies the whole frame; the task of such cards is "classify"
    // outputs of a batch are no slices, one for each picture: there are lists of the rows of all,
    // or tables for all; decode() finds what is of `item`
    bool joint;
    nn_decoder_input input;
};

// The outputs of one picture of a batch, as decoders take those of a model for single pictures:
// slices, whose first dim is 1; all that there is when `joint`. False where the first dim of an
// output is not `batch`; in joint ones of rank 3 and more.
bool nn_decode_pick(const nn_head_output *outputs, int n, int batch, int item, bool joint,
                    nn_head_output *one);

// Suppresses candidates of a sample (nn_nms, with the overlap of the decoder) and describes those
// that stay.
nn_status nn_decode_finish(const nn_decode_sample *sample, nn_candidates *candidates,
                           const nn_nms_options *nms, nn_result *result);

const nn_decoder *nn_decoder_find(const char *name); // NULL when unknown
// The decoder for the outputs of a file whose exporter names this task, which fits `classes`
// classes (0: any); NULL when there is none.
const nn_decoder *nn_decoder_for_task(const char *exporter_task, const nn_head_output *outputs,
                                      int n, int input_h, int input_w, int classes);
// self->check(), whose text says what to do when only the number of labels is wrong.
nn_status nn_decoder_check(const nn_decoder *d, const nn_head_output *outputs, int n, int input_h,
                           int input_w, int classes, nn_error *err);
// NN_ENOTFOUND, with a text that names the nearest decoder.
nn_status nn_decoder_unknown(const char *name, nn_error *err);
// The decoder for a card: by its head, or by its task when it names no head.
NN_API const nn_decoder *nn_decoder_of(const char *head, const char *task);
// The decoder whose exporter gave the outputs their name, else the only one that accepts them, else
// the only one for which they have the usual number of classes (as many as it has names for, else
// COCO's), with *classes; NULL when there is none. `fitting`, when not NULL, gets the names of all
// that accept them, "yolox, ssd", or "".
const nn_decoder *nn_decoder_guess(const nn_head_output *outputs, int n, int input_h, int input_w,
                                   int *classes, char *fitting, size_t size);
enum { NN_COCO_CLASSES = 80, NN_COCO_NUMBERS = 90 };
// Names of COCO's classes (Lin 2014), which most public detectors have.
extern const char *const nn_coco_labels[NN_COCO_CLASSES];
// The same, numbered as in COCO's files, 1 to 90; ten of the numbers, and 0, are unused ("-").
extern const char *const nn_coco_numbered_labels[1 + NN_COCO_NUMBERS];
NN_API int nn_decoder_count(void);
NN_API const nn_decoder *nn_decoder_at(int i);

#endif
