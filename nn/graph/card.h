// SPDX-License-Identifier: MIT
// The card of a model: what it is, what it wants to see, what its outputs mean, how it was made.
#ifndef NN_GRAPH_CARD_H
#define NN_GRAPH_CARD_H

#include "nn/base/anchors.h"
#include "nn/base/api.h"
#include "nn/base/status.h"

#include <stdbool.h>
#include <stddef.h>

// Of detectors for which nothing better was found yet.
#define NN_CARD_THRESHOLD 0.4f
#define NN_CARD_IOU_THRESHOLD 0.6f

typedef struct nn_card {
    char network[64];  // zoo name: "neroscale_alexpp"
    char options[192]; // zoo options: "alpha=0.25,beta=0.5,classes=1"; sorted as the zoo lists them
    char task[16];     // "classify", "detect" or "segment"
    char head[32];     // detect, segment: decoder name in nn/vision/decode
    int input_h, input_w; // the size the model was trained for
    // Network input = (RGB in 0..1 - mean) / std, planes in R, G, B order, or B, G, R.
    float mean[3], std[3];
    bool bgr;
    bool stretch; // frames fill the input instead of keeping their shape
    bool reshape; // detect: the input takes the frame's shape, with as many pixels
                  // (nn_letterbox_reshape); not with stretch
    bool sigmoid; // classify: each class has a probability of its own; otherwise softmax
    float crop;   // classify: middle part of the shorter side that fills the input; 0: 224/256
    // What a foreign file said when it was read; not in our files.
    bool guessed; // the head is from the shapes of the outputs, because nothing said it
    bool unnamed; // the labels are numbers, because the file's names cannot be read or are not as
                  // many as the classes
    char exporter_task[16]; // the task in the exporter's words: "pose"; empty: it says none
    char **labels;          // owned: label_count names, then those of the rivals
    int label_count;
    int rival_count; // detect: further classes that the network tells apart, which win over others
                     // (a bottle over a person) and are never reported
    float threshold, iou_threshold; // detect: what the author found best
    nn_anchors anchors; // detect: for heads that have some; count 0: as such heads usually have
    char *notice;       // owned text or NULL: what it derives from, licences, attribution
    char *training;     // owned JSON object text or NULL: command, data, epochs, score, ...
} nn_card;

NN_API void nn_card_release(nn_card *card); // leaves it zeroed
// *dst must be initialised (zeroed or released); it is replaced only on success.
nn_status nn_card_copy(nn_card *dst, const nn_card *src, nn_error *err);
// Without rivals.
NN_API nn_status nn_card_set_labels(nn_card *card, const char *const *labels, int count,
                                    nn_error *err);
// How many classes the outputs of the network have: those of the labels, then the rivals.
static inline int nn_card_classes(const nn_card *card)
{
    return card->label_count + card->rival_count;
}
// The last `count` of the present labels become rivals; there must be more labels than that.
NN_API void nn_card_set_rivals(nn_card *card, int count);
// "class 0" and so on.
nn_status nn_card_number_labels(nn_card *card, int count, nn_error *err);
// What should be said of a foreign model, in one line without its name; false when nothing is.
NN_API bool nn_card_remark(const nn_card *card, char *text, size_t size);
nn_status nn_card_set_notice(nn_card *card, const char *text, nn_error *err);
NN_API nn_status nn_card_set_training(nn_card *card, const char *json, nn_error *err);

#endif
