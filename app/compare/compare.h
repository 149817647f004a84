// SPDX-License-Identifier: MIT
// Networks side by side: accuracy, size, work, memory and latency, measured on this machine.
#ifndef APP_COMPARE_COMPARE_H
#define APP_COMPARE_COMPARE_H

#include "nn/data/dataset.h"

#include <glib.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

enum { COMPARE_POOLS = 2 };                           // latencies: with 1 and with 2 threads
enum { COMPARE_LEAST_ROUNDS = 5, COMPARE_MOST = 64 }; // networks

typedef struct compare_options {
    char **networks;   // names of networks and model files, up to NULL
    char *data;        // labelled pictures; NULL: no accuracy
    char *val_data;    // of a training: pictures for the accuracy; NULL: val_split of the data
    char *options;     // of networks by name, "classes=10"; NULL: their own
    char *task;        // of a training; NULL: by the labels of the data
    char *work;        // folder of the trainings
    char *words;       // more options of 'neroscale train', "--lr 3e-4 --batch 32"; NULL: none
    double val_split;  // fraction of the data that is held back from a training
    double seconds;    // of measuring, a network
    int rounds;        // 0: as many as `seconds` allows
    int epochs;        // of a training; 0: nothing is trained
    int threads;       // of training and scoring; 0: one per core
    int width, height; // of the input; 0: the network's
} compare_options;

typedef struct compare_latency {
    double best_ms, median_ms;
    int runs;
} compare_latency;

// One row. Numbers that are not known are NAN.
typedef struct compare_network {
    char *name;         // for readers: the network, or the file without folder and ending; owned
    char *source;       // what is opened: a name or a file; owned
    bool file;          // the source is a model file
    const char *metric; // "top1", "map", "ap50", "miou"; NULL: not scored
    double accuracy;    // 0 .. 1
    int pictures;       // that were scored
    int width, height;
    double parameters, macs; // of one picture
    double memory;           // bytes: most that weights, values and scratch take together
    double weights;          // bytes: of the file, or four a number
    double instructions;     // of one run with one thread, without the kernel's
    const char *precision;   // nn_precision_in_use
    compare_latency latency[COMPARE_POOLS];
    bool on_front; // no other network is at least as good in both axes of the picture, and better
                   // in one
} compare_network;

typedef struct compare_table {
    compare_network list[COMPARE_MOST];
    int count;
    char *energy; // why instructions are not known (owned); NULL: they are
} compare_table;

// Opens every network once, so that wrong names show at once. The table is zeroed before.
nn_status compare_open(compare_table *t, const compare_options *o, nn_error *err);
void compare_release(compare_table *t);

// Trains the networks of the table that are names, each on the same data with the same options, and
// makes their model files the sources. A training that was stopped goes on where it was; one that
// is done is skipped. NN_EINVAL when the work folder belongs to other options.
nn_status compare_train(compare_table *t, const compare_options *o,
                        const volatile sig_atomic_t *stop, nn_error *err);
// Scores the models on all of the data.
nn_status compare_score(compare_table *t, const compare_options *o, nn_error *err);
// Scores one model on a data set with its labels.
nn_status compare_score_on(compare_network *n, nn_dataset *data, const compare_options *o,
                           nn_error *err);

// Measures parameters, work, memory, latencies and instructions. Rounds go over all networks in
// turn, so that what else runs on the machine hits all alike. A visit runs once untimed.
nn_status compare_measure(compare_table *t, const compare_options *o,
                          const volatile sig_atomic_t *stop, nn_error *err);
// Marks the front: latency (one thread, best) against accuracy, or size where none is known.
void compare_mark_front(compare_table *t);

// Whether any network was scored.
bool compare_has_accuracy(const compare_table *t);
// "top-1", "mAP", "AP50", "mIoU" or "accuracy" when networks have different ones.
const char *compare_metric_word(const compare_table *t);

// The processor, its cores and instructions (g_free).
char *compare_machine(void);

// The table for readers, as CSV and as JSON. Paths may be "-".
void compare_print(const compare_table *t, FILE *out);
nn_status compare_write_csv(const compare_table *t, const char *path, nn_error *err);
nn_status compare_write_json(const compare_table *t, const char *path, nn_error *err);
// The picture, a PNG. NN_EUNSUPPORTED in a build without Pango.
nn_status compare_draw(const compare_table *t, const char *path, nn_error *err);

#endif
