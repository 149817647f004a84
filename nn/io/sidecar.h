// SPDX-License-Identifier: MIT
// Private to nn/io: the JSON file beside an ONNX model, or weights, that says what they do not.
#ifndef NN_IO_SIDECAR_H
#define NN_IO_SIDECAR_H

#include "nn/graph/card.h"

#include <stddef.h>

// The keys of a card (nn/io/card.c), all optional: head, labels, input ([height, width]), mean and
// std (R, G, B of 0 .. 1, or of 0 .. 255 with "range": 255), order ("rgb", "bgr"), fit
// ("letterbox", "stretch"), threshold, iou_threshold, anchors
// and scale_x_y by stride (nn/io/card_anchors.h), task, training; for weights network and
// options. What it leaves out is as the model's own card says, or as networks with that head
// usually want it. Unknown keys are refused.
typedef struct nn_sidecar nn_sidecar;

// The sidecar of `model`: the file with ".json" in place of ".pth", ".pt", ".h5", ".safetensors" or
// an ending of a graph format (".onnx"), or added. *out is NULL when there is none. Errors name the
// file and the key.
nn_status nn_sidecar_read(nn_sidecar **out, const char *model, nn_error *err);
// The same from text; `path` is for errors.
nn_status nn_sidecar_parse(nn_sidecar **out, const char *path, const void *text, size_t size,
                           nn_error *err);
void nn_sidecar_free(nn_sidecar *s); // NULL is a no-op

// The functions below take NULL for "no sidecar".

// Its head, NULL when it names none.
const char *nn_sidecar_head(const nn_sidecar *s);
// Its input size; unchanged when it says none.
void nn_sidecar_input(const nn_sidecar *s, int *h, int *w);
// Its anchors; unchanged when it says none.
nn_status nn_sidecar_anchors(const nn_sidecar *s, nn_anchors *anchors, nn_error *err);
// Writes what it says into the card. `head`: a head that comes before its own, or NULL.
nn_status nn_sidecar_apply(const nn_sidecar *s, const char *head, nn_card *card, nn_error *err);

#endif
