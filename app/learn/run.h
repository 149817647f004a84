// SPDX-License-Identifier: MIT
// Private to app/learn: what lives for one run, and the steps of a round.
#ifndef APP_LEARN_RUN_H
#define APP_LEARN_RUN_H

#include "app/learn/child.h"
#include "app/learn/frames.h"
#include "app/learn/learn.h"
#include "app/learn/score.h"
#include "app/learn/state.h"

struct app_learn {
    app_learn_options o; // its texts are owned
    learn_state state;
    learn_frames frames;
    learn_child child;
    learn_counts counts; // of the round
    char *model;         // in use, owned
    GThread *thread;

    GMutex lock; // guards what follows
    GCond changed;
    int width, height; // of an input that suits the stream
    bool stop;
    char *asked;  // a model that was asked for, owned; NULL: none
    bool refused; // it was
    char *why;    // owned
};

// The file of a round's specialist, of the user's model for round 0. Freed with g_free.
char *learn_model_of(const app_learn *l, int round);
// A line for the user.
void learn_say(app_learn *l, const char *format, ...) G_GNUC_PRINTF(2, 3);
// Has a model run; waits until it does.
nn_status learn_use(app_learn *l, const char *model, nn_error *err);

// The teacher labels what has no labels yet.
nn_status learn_label(app_learn *l, nn_error *err);
// Trains the specialist of the round, or goes on with that.
nn_status learn_train(app_learn *l, nn_error *err);
// Scores models of rounds on pictures held back whose names match.
nn_status learn_compare(app_learn *l, const char *match, const int *rounds, int count,
                        learn_score *scores, nn_error *err);

#endif
