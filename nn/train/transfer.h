// SPDX-License-Identifier: MIT
// Models of any origin as the start of a training for other classes: with their own last layers, or
// with our head on their feature maps.
#ifndef NN_TRAIN_TRANSFER_H
#define NN_TRAIN_TRANSFER_H

#include "nn/base/api.h"
#include "nn/data/class_map.h"
#include "nn/graph/model.h"

// The classes of a new model and what they start from.
typedef struct nn_class_start {
    const char *const *labels; // `count` names
    int count;
    // count x old: class i starts as the sum of part[i * old + o] times class o of the model that
    // is taken; a row of zeros: as something new.
    const float *part;
    int old;
} nn_class_start;

// Which class starts from which by their names (ASCII case does not count; "motorbike" is
// "motorcycle" and so on): one of the same name, else the mean of those that `rules`
// ("handbag=bag,suitcase=bag", may be NULL) sends there. part has count x old entries. Returns how
// many classes start from others.
NN_API int nn_class_parts(float *part, const char *const *labels, int count,
                          const char *const *old_labels, int old, const char *rules);

typedef struct nn_transfer_options {
    nn_class_start classes;
    int input_h, input_w; // the size that the new model is for
    uint64_t seed;        // of what starts at random
    // nn_put_head: names of the nodes whose values are the feature maps, finest first, with
    // commas; NULL: the last one at 1/8, 1/16 and 1/32 in front of the last layers.
    const char *taps;
    int neck; // nn_put_head: channels of the neck; 0: the head's own choice
} nn_transfer_options;

// What was made, for people.
typedef struct nn_transfer_report {
    char text[512]; // levels, or feature maps with names and channels
} nn_transfer_report;

// A new model that ends in the last layers of `from` (of a card for detection): outputs "clsS" and
// "distS" or "boxS" for each stride S, head "gfl", "gfl_corner" or "fcos" (nn/vision/decode); of
// YOLOX and FastestDet also "objS", head "yolox_maps" or "fastestdet_maps".
// Whatever came behind them is gone; with the same classes it finds the same. A model that wants
// blue first becomes one that wants red first. NN_EUNSUPPORTED when there is no loss for its head.
NN_API nn_status nn_keep_head(nn_model **out, const nn_model *from, const nn_transfer_options *o,
                              nn_transfer_report *report, nn_error *err);

// A new model with the neck and head "fcos" of nn/zoo on three feature maps of `from`, whose new
// parameters are called "head.*". Of `classes` the labels are read. NN_ENOTFOUND: no such taps,
// NN_EUNSUPPORTED: no maps of the strides.
NN_API nn_status nn_put_head(nn_model **out, const nn_model *from, const nn_transfer_options *o,
                             nn_transfer_report *report, nn_error *err);

// A new classifier: `from` up to its last layer (linear, a product with a matrix, or a convolution
// whose maps are averaged), then one of the same kind, "head.fc", with a row for each class and
// logits as the only output, "logits". NN_EUNSUPPORTED: its first output does not end so.
NN_API nn_status nn_put_classifier(nn_model **out, const nn_model *from,
                                   const nn_transfer_options *o, nn_transfer_report *report,
                                   nn_error *err);

// Turns the weights of the first layers, so that the model wants red first; nothing when it does.
// NN_EUNSUPPORTED when the image goes elsewhere than into convolutions.
nn_status nn_want_red_first(nn_model *m, nn_error *err);

// The inputs that the new model can take are any when it runs at two sizes, else those of `from`.
nn_status nn_free_inputs(nn_model *m, const nn_model *from, int h, int w, nn_error *err);

#endif
