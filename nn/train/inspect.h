// SPDX-License-Identifier: MIT
// Looks into the layers of a training: channels that never fire or are saturated, and how large
// weights, gradients and updates are.
#ifndef NN_TRAIN_INSPECT_H
#define NN_TRAIN_INSPECT_H

#include "nn/train/run.h"

// Bins of powers of two: bin i counts magnitudes in [2^(LOW + i), 2^(LOW + i + 1)); the first one
// also smaller ones, the last one larger ones.
enum { NN_MAGNITUDE_BINS = 32, NN_MAGNITUDE_LOW = -28 };

typedef struct nn_magnitudes {
    double norm;          // L2, of the finite numbers
    int64_t count, zeros; // zeros are in no bin
    int64_t odd;          // not finite, in no bin
    int64_t bin[NN_MAGNITUDE_BINS];
} nn_magnitudes;

// What a channel did on the pictures that are looked at.
typedef enum nn_channel_state {
    NN_CHANNEL_ALIVE,
    NN_CHANNEL_DEAD,      // it never fires: no output above 0, of an activation that passes those
    NN_CHANNEL_SATURATED, // 95 % of its outputs are within 1 % of the range of a bound of its
                          // activation (sigmoid, tanh, ReLU6): next to no gradient passes
} nn_channel_state;

// A layer with weights, or an activation that follows none directly (after a sum, a concatenation).
typedef struct nn_layer_inspection {
    const char *name;       // of the node, such as "block1.wide"; of the model
    int channels;           // of the activation behind the layer; 0: none
    int dead, saturated;    // of these
    const uint8_t *state;   // nn_channel_state of each; valid until the next look
    nn_magnitudes weight;   // count 0: the row has no weights
    nn_magnitudes gradient; // of the last step, as the optimiser took it, clipped; count 0:
                            // frozen
    double ratio;           // norm of the last step's update by that of the weights; NAN:
                            // unknown
} nn_layer_inspection;

typedef struct nn_inspection nn_inspection;

enum { NN_INSPECT_PICTURES = 16 };

// For a trainer (borrowed). `pictures` are looked at as in inference: the same NN_INSPECT_PICTURES
// of them, or all, every time.
NN_API nn_status nn_inspection_new(nn_inspection **out, nn_trainer *trainer, nn_dataset *pictures,
                                   nn_error *err);
NN_API void nn_inspection_free(nn_inspection *n); // NULL is a no-op

// To be called after each step: keeps a copy of the weights before the last step of an epoch, and
// looks after it: then *looked is true. It costs a forward run of the pictures, without training,
// and a walk over weights and gradients.
NN_API nn_status nn_inspection_step(nn_inspection *n, const nn_train_state *s, bool *looked,
                                    nn_error *err);

// The layers of the last look, in the order of the graph.
NN_API int nn_inspection_count(const nn_inspection *n);
NN_API const nn_layer_inspection *nn_inspection_at(const nn_inspection *n, int i);

// "12 of 64 channels of block1.wide never fire" for the layer with the largest part of such
// channels, and how many layers more have some. False: nothing is wrong.
enum { NN_INSPECT_LINE = 256 };
NN_API bool nn_inspection_say(const nn_inspection *n, char *line);

#endif
