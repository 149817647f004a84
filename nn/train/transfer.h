// SPDX-License-Identifier: MIT
// Transfer learning from any model to other classes: with its own last layers, or with our head on
// its feature maps.
#ifndef NN_TRAIN_TRANSFER_H
#define NN_TRAIN_TRANSFER_H

#include "nn/base/api.h"
#include "nn/data/class_map.h"
#include "nn/graph/model.h"

// The classes of a new model, and what they start from.
typedef struct nn_class_start {
    const char *const *labels; // `count` names
    int count;
    // count x old: class i starts as the sum of part[i * old + o] times class o of the old model. A
    // row of zeros starts at random.
    const float *part;
    int old;
} nn_class_start;

// Finds for each class the old ones from which it starts, by name (ignoring ASCII case; "motorbike"
// is "motorcycle", and so on): the one of the same name, else the mean of those that `rules`
// ("handbag=bag,suitcase=bag", may be NULL) map to it. part has count x old entries. Returns the
// number of classes that start from old ones.
NN_API int nn_class_parts(float *part, const char *const *labels, int count,
                          const char *const *old_labels, int old, const char *rules);

typedef struct nn_transfer_options {
    nn_class_start classes;
    int input_h, input_w; // input size of the new model
    uint64_t seed;        // for random parameters
    // nn_replace_head: comma-separated names of the nodes with the feature maps, finest first;
    // NULL: the last ones at 1/8, 1/16 and 1/32 before the last layers.
    const char *taps;
    // nn_replace_head: of the new head; 0: its defaults
    int neck, keypoints;
    const char *head; // nn_replace_head: of nn/zoo, for any task that finds boxes; NULL: "fcos"
} nn_transfer_options;

// A description for the user.
typedef struct nn_transfer_report {
    char text[512]; // levels, or feature maps with names and channels
} nn_transfer_report;

// Makes a model that ends in the last layers of `from` (whose card is for detection). Its outputs
// are "clsS" and "distS" or "boxS" for each stride S, with head "gfl", "gfl_corner" or "fcos"
// (nn/vision/decode); for YOLOX and FastestDet also "objS", with head "yolox_maps" or
// "fastestdet_maps". Everything behind them is removed. With the same classes its detections are
// the same. A model for BGR input becomes one for RGB. NN_EUNSUPPORTED when there is no loss for
// its head.
NN_API nn_status nn_keep_head(nn_model **out, const nn_model *from, const nn_transfer_options *o,
                              nn_transfer_report *report, nn_error *err);

// Makes a model with neck and head of nn/zoo on three feature maps of `from`; new
// parameters are called "head.*". Of `classes` only the labels are used. NN_ENOTFOUND: no such
// taps; NN_EUNSUPPORTED: no maps of these strides.
NN_API nn_status nn_replace_head(nn_model **out, const nn_model *from, const nn_transfer_options *o,
                                 nn_transfer_report *report, nn_error *err);

// Makes a classifier of `from` up to its last layer (linear, a product with a matrix, or a
// convolution whose maps are averaged), then a layer of the same kind, "head.fc", with a row for
// each class. Its only output is "logits". NN_EUNSUPPORTED when the first output does not end so.
NN_API nn_status nn_replace_classifier(nn_model **out, const nn_model *from,
                                       const nn_transfer_options *o, nn_transfer_report *report,
                                       nn_error *err);

// Converts the first layers of a model for BGR to RGB input. NN_EUNSUPPORTED when the image is not
// only read by convolutions.
nn_status nn_want_red_first(nn_model *m, nn_error *err);

// Frees the new model of its input size when it runs at two sizes; else it has the sizes of `from`.
nn_status nn_free_inputs(nn_model *m, const nn_model *from, int h, int w, nn_error *err);

#endif
