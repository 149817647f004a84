// SPDX-License-Identifier: MIT
// Several detectors on the same held-back pictures: how well, how fast, how many false alarms.
#ifndef APP_ADAPT_COMPARE_H
#define APP_ADAPT_COMPARE_H

#include "app/cli/progress.h"
#include "nn/eval/metrics.h"
#include "nn/predict/detector.h"
#include "nn/vision/track.h"

#include <glib.h>
#include <signal.h>

enum { ADAPT_MAX_MODELS = 12 };

typedef enum adapt_role { ADAPT_TEACHER, ADAPT_GENERAL, ADAPT_SPECIALIST } adapt_role;

typedef struct adapt_contender {
    adapt_role role;
    char *name; // owned: of its file
    nn_detector *detector;
    nn_class_map map; // its classes to those of the data
    float threshold;
    nn_metrics *metrics;
    nn_tracker *alarms; // follows what is false, so that an alarm counts once
    nn_result result;   // of the last picture, its classes those of the data
    int alarm_count;
    float alarm_threshold; // at which they are counted
    double milliseconds;
    nn_metrics_score score;     // when all is done
    double fps, alarms_an_hour; // alarms: NAN when the time between pictures is not known
} adapt_contender;

typedef struct adapt_comparison {
    adapt_contender list[ADAPT_MAX_MODELS];
    int count;
    nn_dataset data; // held back
    bool have_data;
    nn_names classes;
    double seconds; // of video that the pictures stand for; 0: unknown
    int frames;     // of video from one to the next
    int threads;
} adapt_comparison;

// Data: all pictures of `folder` (images/, labels/, classes.txt); labels with a score below
// `ignore_below` count neither way.
nn_status adapt_compare_init(adapt_comparison *c, const char *folder, float ignore_below,
                             nn_error *err);
void adapt_compare_release(adapt_comparison *c);

// `rules` are those of --map. A model that is there already is not added again, but takes a higher
// role. NN_ENOTFOUND: it knows none of the classes of the data.
nn_status adapt_compare_add(adapt_comparison *c, adapt_role role, const char *model,
                            const char *head, const char *labels, const char *rules, nn_error *err);

// All models on each picture in turn, so that a busy machine is busy for all. Where the specialist
// finds more than the general model, its false alarms are counted at the threshold at which it
// finds as much.
nn_status adapt_compare_run(adapt_comparison *c, const volatile sig_atomic_t *stop, nn_error *err);

// Boxes of one model on one picture; what they are worth is in verdicts (g_free), which truths were
// found in *found (g_free).
nn_status adapt_compare_look(adapt_comparison *c, int model, int picture, nn_verdict **verdicts,
                             bool **found, nn_error *err);

typedef struct adapt_verdict {
    bool better;
    char reason[256]; // one sentence
} adapt_verdict;

// The specialist is better when it is not worse on the held-back pictures and faster, and does not
// raise many more false alarms.
adapt_verdict adapt_judge(const adapt_contender *specialist, const adapt_contender *general);
const adapt_contender *adapt_find(const adapt_comparison *c, adapt_role role);

#endif
