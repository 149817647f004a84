// SPDX-License-Identifier: MIT
// Zero-shot classifiers (Radford 2021, CLIP, section 3.1.2): texts as classes of pictures.
#ifndef NN_PREDICT_ZERO_SHOT_H
#define NN_PREDICT_ZERO_SHOT_H

#include "nn/base/api.h"
#include "nn/predict/text_encoder.h"

#define NN_ZERO_SHOT_SCALE 100.0f // of models that do not say theirs: that of CLIP's

typedef struct nn_zero_shot_options {
    const char *const *texts; // one for each class, `count` of them
    int count;
    const nn_model *text_model; // the text side, where it is a model of its own; NULL: the same
    const char *tokenizer;      // text of nn/text/tokenizer.h; NULL: that of the text model's card
    float scale;                // of cosines; 0: the model's, else NN_ZERO_SHOT_SCALE
} nn_zero_shot_options;

bool nn_zero_shot_compares(const nn_card *card); // has no classes until there are texts
nn_status nn_zero_shot_refuse(nn_error *err);    // NN_EUNSUPPORTED: says that it wants texts

// Makes an ordinary classifier of the side of pictures: embeddings of length 1, and a linear layer
// whose rows are the embeddings of the texts times the scale. Its labels are the texts. `model` is
// borrowed.
NN_API nn_status nn_zero_shot_model(nn_model **out, const nn_model *model,
                                    const nn_zero_shot_options *options, nn_error *err);

#endif
