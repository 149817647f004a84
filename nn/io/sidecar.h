// SPDX-License-Identifier: MIT
// Private to nn/io: the JSON file beside an ONNX model or a file of weights, with settings that the
// file lacks.
#ifndef NN_IO_SIDECAR_H
#define NN_IO_SIDECAR_H

#include "nn/graph/card.h"

#include <stddef.h>

// It has the keys of a card (nn/io/card.c), all optional: head, labels, input ([height, width]),
// mean and std (R, G, B of 0 .. 1, or of 0 .. 255 with "range": 255), order ("rgb", "bgr"), fit
// ("letterbox", "stretch"), threshold, iou_threshold, anchors and scale_x_y by stride
// (nn/io/card_anchors.h), task, training; for weights also network and options. Missing keys come
// from the model's own card, or from the defaults of the head. Unknown keys are refused.
typedef struct nn_sidecar nn_sidecar;

// Reads the sidecar of `model`: the file with ".json" instead of ".pth", ".pt", ".h5",
// ".safetensors" or an ending of a graph format (".onnx"), or with ".json" appended. *out is NULL
// when there is none. Errors name file and key.
nn_status nn_sidecar_read(nn_sidecar **out, const char *model, nn_error *err);
// The same from text; `path` is for error messages.
nn_status nn_sidecar_parse(nn_sidecar **out, const char *path, const void *text, size_t size,
                           nn_error *err);
void nn_sidecar_free(nn_sidecar *s); // NULL is a no-op

// The functions below accept NULL as "no sidecar".

// Its head; NULL when it names none.
const char *nn_sidecar_head(const nn_sidecar *s);
// Its input size; unchanged when it has none.
void nn_sidecar_input(const nn_sidecar *s, int *h, int *w);
// Its anchors; unchanged when it has none.
nn_status nn_sidecar_anchors(const nn_sidecar *s, nn_anchors *anchors, nn_error *err);
// Writes its keys into the card. `head` overrides the sidecar's head, or is NULL.
nn_status nn_sidecar_apply(const nn_sidecar *s, const char *head, nn_card *card, nn_error *err);

#endif
