// SPDX-License-Identifier: MIT
// The text side of a dual encoder (Radford 2021, CLIP): embeddings of texts.
#ifndef NN_PREDICT_TEXT_ENCODER_H
#define NN_PREDICT_TEXT_ENCODER_H

#include "nn/base/api.h"
#include "nn/graph/model.h"

typedef struct nn_text_encoder nn_text_encoder;

// For a model of the task "contrast", or one from elsewhere with an input of tokens (N,L) and an
// output of embeddings (N,D), "text_embeds" where there are several. `tokenizer` is a text of
// nn/text/tokenizer.h; NULL: the card's. `model` is borrowed for this call. NN_EUNSUPPORTED when
// the model has no such side, or no tokenizer.
nn_status nn_text_encoder_new(nn_text_encoder **out, const nn_model *model, const char *tokenizer,
                              nn_error *err);
void nn_text_encoder_free(nn_text_encoder *e); // NULL is a no-op

int nn_text_encoder_size(const nn_text_encoder *e); // of an embedding
// What cosines are multiplied by: the model's, else 0.
float nn_text_encoder_scale(const nn_text_encoder *e);

// Writes the embedding of a text, of length 1. One thread at a time. NN_EFORMAT: the model's
// numbers are not finite.
nn_status nn_text_encoder_run(nn_text_encoder *e, const char *text, float *embedding,
                              nn_error *err);

#endif
