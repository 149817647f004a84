// SPDX-License-Identifier: MIT
// Private to app/learn: the state of a run and the steps of a round.
#ifndef APP_LEARN_RUN_H
#define APP_LEARN_RUN_H

#include "app/learn/child.h"
#include "app/learn/frames.h"
#include "app/learn/options.h"
#include "app/learn/score.h"
#include "app/learn/state.h"

typedef struct app_learn {
    app_learn_options o; // its strings are owned
    learn_state state;
    learn_frames frames;
    learn_child child;
    learn_counts counts; // at the start of the round
    char *model;         // owned: the model in use
    GThread *thread;

    GMutex lock; // guards what follows
    GCond changed;
    int width, height; // input size for specialists of this stream, pixels
    bool stop;
    char *asked;  // owned: the requested model; NULL: none
    bool refused; // the request was refused
    char *why;    // owned: the reason
} app_learn;

// The model file of a round; round 0: the user's model. Free with g_free.
char *learn_model_of(const app_learn *l, int round);
// Passes a line of text to the user.
void learn_say(app_learn *l, const char *format, ...) G_GNUC_PRINTF(2, 3);
// Requests a model and waits until it is in use.
nn_status learn_use(app_learn *l, const char *model, nn_error *err);

// Labels the pictures that have no labels yet.
nn_status learn_label(app_learn *l, nn_error *err);
// Trains the specialist of the round, or continues its training.
nn_status learn_train(app_learn *l, nn_error *err);
// Evaluates the models of `rounds` on the held-back pictures whose names match the pattern `match`.
nn_status learn_compare(app_learn *l, const char *match, const int *rounds, int count,
                        learn_score *scores, nn_error *err);

#endif
