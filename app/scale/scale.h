// SPDX-License-Identifier: MIT
// Searches width, depth and input of a network for a budget: candidates that fill the budget learn
// a little, the better half goes on (successive halving, Jamieson 2016).
#ifndef APP_SCALE_SCALE_H
#define APP_SCALE_SCALE_H

#include "nn/base/pool.h"
#include "nn/graph/card.h"

#include <glib.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

enum { SCALE_MOST = 64, SCALE_MOST_ROUNDS = 6 };

typedef struct scale_options {
    double budget_ms;     // of one picture with one thread; 0: budget_mflops counts
    double budget_mflops; // millions of operations of one picture, two for a multiply-add
    char *data, *val_data, *task, *network, *options;
    char *words; // more options of 'neroscale train'; NULL: none
    char *out;   // the winner's model file; NULL: it stays in the work folder
    char *work;  // trainings, scale.json, scale.png
    double val_split;
    int width, height;      // of the input around which is searched; 0: the network's
    int candidates, rounds; // of the first round; rounds of halving
    int epochs;             // of the first round; each later one ends at twice as many
    int threads;            // of trainings; 0: one per core
} scale_options;

// One network of the search; zeroed before it is filled in.
typedef struct scale_candidate {
    double alpha, beta; // beta 0: the network has no option for depth
    int width, height;
    double macs, parameters;
    double ms;                       // of the fastest run of one picture with one thread
    int rounds;                      // that it has learnt
    double score[SCALE_MOST_ROUNDS]; // after each, on the pictures held back
    int pictures;                    // that were scored
} scale_candidate;

typedef struct scale_search {
    scale_candidate list[SCALE_MOST];
    int count;
    double seconds, work; // of the trainings so far, and their macs times epochs
    int winner;           // -1: not known yet
} scale_search;

// Runs the search from where it stopped, prints what it finds and writes the winner.
nn_status scale_run(const scale_options *o, const volatile sig_atomic_t *stop, nn_error *err);

// --- candidates.c ---

// Fills in networks within the budget, `base` being the card of the network as the data need it.
// NN_EINVAL: there are none.
nn_status scale_find(scale_search *s, const scale_options *o, const nn_card *base,
                     const volatile sig_atomic_t *stop, nn_error *err);
// Options with the multipliers of a candidate in place of alpha, beta and scale (g_free).
char *scale_options_of(const char *options, const scale_candidate *c);
// Measures the latency of some candidates in turn; a faster run than before counts.
nn_status scale_time(scale_candidate *const *list, int count, const nn_card *base, double seconds,
                     nn_error *err);
// Whether a network has an option, "beta".
bool scale_has_option(const char *network, const char *option);

// --- proxy.c ---

// A candidate's name in the work folder, "a0.5-b1-192x192" (g_free).
char *scale_name(const scale_candidate *c);
char *scale_model_file(const scale_options *o, const scale_candidate *c); // g_free
// Words of the training that `c` stands for, as a user would type them (g_free).
char *scale_command(const scale_options *o, const scale_candidate *c, const char *out);
// The card of the network of --network as the data need it: classes, head, input.
nn_status scale_base(nn_card *card, const scale_options *o, nn_error *err);
// Key of the score that networks are compared by: the first of their task, and mAP of classifiers
// of several classes a picture, whose top-1 says little.
const char *scale_metric(const nn_card *card);
// Trains a candidate until the end of `round`, from 0, and sets its score. Goes on where an earlier
// call was stopped; when *stop is set, the score stays unknown.
nn_status scale_train(scale_candidate *c, const scale_options *o, int round,
                      const volatile sig_atomic_t *stop, nn_error *err);

// --- state.c ---

// Reads WORK/scale.json; a missing one is an empty search. NN_EINVAL when it is of other options.
nn_status scale_load(scale_search *s, const scale_options *o, nn_error *err);
nn_status scale_parse(scale_search *s, char **settings, const char *text, size_t size,
                      nn_error *err); // *settings: g_free
// `command`: trains the winner; NULL: there is none yet.
nn_status scale_save(const scale_search *s, const scale_options *o, const char *command,
                     nn_error *err);
// What the search depends on, as text (g_free).
char *scale_settings(const scale_options *o);

#endif
