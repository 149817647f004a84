// SPDX-License-Identifier: MIT
// Notices a training that goes wrong, and says in a line what it sees and what to try.
#ifndef NN_TRAIN_HEALTH_H
#define NN_TRAIN_HEALTH_H

#include "nn/train/trainer.h"

// What has been seen of a training; zeroed at its start.
typedef struct nn_health {
    double loss, weight; // running mean over the last steps, and the weight of those
    double first, least; // of that mean: the first one that says something, and the lowest so far
    int64_t steps;       // that were finite
    int bad;             // steps in a row whose gradient was not finite
    int same;            // steps in a row whose outputs were all the same
    unsigned said;       // what has been said, one bit each: nothing is said twice
} nn_health;

enum { NN_HEALTH_LINE = 400 }; // bytes that a line may have

// After a step. NN_EINVAL, with a text in err: the loss is no finite number any more and never will
// be, because the weights are none or because of the last ten steps; or the outputs have been the
// same for all pictures for twenty steps (nn_train_task.collapsed); the training has to end. True
// in *said: `line` says that the loss rose far above what it was.
nn_status nn_health_step(nn_health *h, nn_trainer *t, const nn_trainer_report *r, char *line,
                         bool *said, nn_error *err);
// After an epoch that was validated: whether there is something to say, because the model is not
// better than one that knows nothing (nn_score.chance), long enough after the start.
bool nn_health_score(nn_health *h, const nn_trainer *t, int epoch, const nn_score *score,
                     char *line);
// After the last step of an epoch: whether there is something to say about layers that are dead.
bool nn_health_layers(nn_health *h, const nn_trainer *t, char *line);

// Layers whose output is zero, or of weights the same for every picture of the last batch.
typedef struct nn_dead_layers {
    int count, layers; // dead ones, of so many
    const char *first; // the name of the first one, in the order of the network
    bool zero;         // its output is zero; otherwise the same for every picture
} nn_dead_layers;

// Looks at the values of the last step. Nothing is dead when all pictures of it were the same, or
// it had one. Layers of a single number for each channel (gates) do not count.
nn_dead_layers nn_trainer_dead_layers(const nn_trainer *t);

#endif
