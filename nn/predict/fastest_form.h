// SPDX-License-Identifier: MIT
// Of a model that is installed as float32 and in 8 bits, the form that is faster on this machine.
#ifndef NN_PREDICT_FASTEST_FORM_H
#define NN_PREDICT_FASTEST_FORM_H

#include "nn/base/api.h"
#include "nn/graph/model.h"

#define NN_DEFAULT_MODEL "street"

enum { NN_FORM_TEXT = 512 };

// What quantisation cost: written into the card's training record by nn_card_set_quantized.
typedef struct nn_quantized_score {
    char score[32];       // "ap50"
    double float32, int8; // the score before and after, on pictures that calibrated nothing
} nn_quantized_score;
NN_API nn_status nn_card_set_quantized(nn_card *card, const nn_quantized_score *s, nn_error *err);
NN_API bool nn_card_quantized(const nn_card *card, nn_quantized_score *s); // false: not known

// The most that the 8-bit form may have lost to be chosen.
#define NN_FORM_LOSS 0.005

// Whether a model is named "auto" (the default model) or "auto:NAME".
NN_API bool nn_model_is_auto(const char *name);
// Finds the files NAME and NAME-int8. Where both are installed, and the card of the second says
// that it lost no more than NN_FORM_LOSS, both are run a few times in turn with `threads`; the
// faster one wins. What was measured is kept for the next time (form_cache.h). `path` has room for
// `size` bytes, `why` for NN_FORM_TEXT: a sentence with the choice and its reason. input_h,
// input_w: 0: the card's.
nn_status nn_model_find_fastest(const char *name, int threads, int input_h, int input_w, char *path,
                                size_t size, char *why, nn_error *err);

#endif
