// SPDX-License-Identifier: MIT
// The card of a model: its network and task, the input it expects, the meaning of its outputs, and
// how it was made.
#ifndef NN_GRAPH_CARD_H
#define NN_GRAPH_CARD_H

#include "nn/base/anchors.h"
#include "nn/base/api.h"
#include "nn/base/status.h"

#include <stdbool.h>
#include <stddef.h>

// The score threshold of detectors for which no better one is known.
#define NN_CARD_THRESHOLD 0.4f
#define NN_CARD_IOU_THRESHOLD 0.6f

enum { NN_CARD_SIZES = 5 };
enum { NN_CARD_FACTOR = 8 }; // most that a picture grows

typedef struct nn_card {
    char network[64]; // zoo name: "neroscale_alexpp"
    // zoo options, "alpha=0.25,beta=0.5,classes=1"; in the order in which the zoo lists them
    char options[256];
    // "classify", "segment", "upscale", "contrast", "pretrain" (features), "detect", or of
    // detectors that say more of an object "pose", "instance", "obb"
    char task[16];
    char head[32];        // detect, segment: decoder name in nn/vision/decode
    int input_h, input_w; // the size that the model was trained for, in pixels
    // planes of the input; 1: the luma of the picture alone; 0: 3 (nn_card_channels)
    int input_channels;
    int factor; // upscale: how many times the sides of a picture grow; else 0
    // Network input = (RGB in 0..1 - mean) / std, planes in R, G, B order, or B, G, R.
    float mean[3], std[3];
    bool bgr;
    // frames are stretched to the input's shape; otherwise they keep their aspect ratio
    bool stretch;
    // detect: the input takes the frame's shape at the same number of pixels
    // (nn_letterbox_reshape); not with stretch
    bool reshape;
    bool sigmoid; // classify: each class has its own probability (sigmoid); otherwise softmax
    // classify: part of the frame's shorter side that fills the input, from its middle; 0: 224/256
    float crop;
    // What the reader of a foreign file found out; not saved in .nero files.
    bool guessed; // the head was derived from the output shapes, because the file does not name it
    // the labels are numbers, because the file's names are unreadable or their count is wrong
    bool unnamed;
    // the task in the exporter's words, such as "pose"; empty: the file names none
    char exporter_task[16];
    char **labels; // owned: label_count names, then rival_count names of rivals
    int label_count;
    // pose: what its keypoints are; never freed (nn_skeleton_keep); NULL: not known
    const struct nn_skeleton *keypoints;
    // detect: further classes that compete with the labels (a bottle with a person) and are never
    // reported
    int rival_count;
    float threshold, iou_threshold; // detect: the best values according to the author
    // detect: owned: a score threshold for each label, in the place of `threshold`; NULL: none
    float *class_thresholds;
    // detect: sizes of the objects that the model was trained on, as they are in its input: roots
    // of their areas, relative to the root of the input's area. 5, 25, 50, 75 and 95 % are smaller.
    // All 0: unknown.
    float object_sizes[NN_CARD_SIZES];
    nn_anchors anchors; // detect: for heads with anchors; count 0: the usual anchors of the head
    char *tokenizer;    // contrast: owned text of nn/text/tokenizer.h, or NULL
    char *notice;       // owned text or NULL: origin, licences, attribution
    char *training;     // owned JSON object text or NULL: command, data, epochs, score, ...
} nn_card;

NN_API void nn_card_release(nn_card *card); // leaves it zeroed
// Copies src. *dst must be initialised (zeroed or released) and is replaced only on success.
nn_status nn_card_copy(nn_card *dst, const nn_card *src, nn_error *err);
// Whether its task is to find boxes, perhaps with more of each object.
NN_API bool nn_card_finds_boxes(const nn_card *card);
// Copies label_count thresholds from 0 to 1; NULL: there are none afterwards.
NN_API nn_status nn_card_set_class_thresholds(nn_card *card, const float *thresholds,
                                              nn_error *err);
// The score from which a box of this label counts; rivals have none of their own.
static inline float nn_card_threshold_of(const nn_card *card, int label)
{
    return card->class_thresholds && label < card->label_count ? card->class_thresholds[label]
                                                               : card->threshold;
}
// The score below which no box counts, whatever its label.
NN_API float nn_card_lowest_threshold(const nn_card *card);
// Sets the labels; there are no rivals and no thresholds of classes afterwards.
NN_API nn_status nn_card_set_labels(nn_card *card, const char *const *labels, int count,
                                    nn_error *err);
// The number of classes in the outputs of the network: labels and rivals.
static inline int nn_card_classes(const nn_card *card)
{
    return card->label_count + card->rival_count;
}
// Planes of the network's input: 3, or 1 for networks that read the luma alone.
static inline int nn_card_channels(const nn_card *card)
{
    return card->input_channels > 0 ? card->input_channels : 3;
}
// Turns the last `count` labels into rivals; there must be more labels than that.
NN_API void nn_card_set_rivals(nn_card *card, int count);
// Sets `count` labels named "class 0", "class 1" and so on.
nn_status nn_card_number_labels(nn_card *card, int count, nn_error *err);
// Writes one line about a foreign model that the user should know, without the model's name; false
// when there is nothing to say.
NN_API bool nn_card_remark(const nn_card *card, char *text, size_t size);
nn_status nn_card_set_notice(nn_card *card, const char *text, nn_error *err);
NN_API nn_status nn_card_set_tokenizer(nn_card *card, const char *text, nn_error *err);
NN_API nn_status nn_card_set_training(nn_card *card, const char *json, nn_error *err);

#endif
