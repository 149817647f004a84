// SPDX-License-Identifier: MIT
// Compares several detectors on the same held-back pictures: accuracy, speed, false alarms.
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

typedef struct adapt_candidate {
    adapt_role role;
    char *name; // owned: name of its file
    nn_detector *detector;
    nn_class_map map;        // from the model's classes to those of the data
    float threshold;         // the lowest of all classes
    float *class_thresholds; // owned: of the classes of the data; NULL: one for all
    nn_metrics *metrics;
    nn_tracker *alarms; // tracks false boxes, so that a lasting one counts once
    nn_result result;   // of the last picture, in classes of the data
    int alarm_count;
    float alarm_threshold; // threshold for counting alarms
    double milliseconds;
    nn_metrics_score score;     // at the end
    double fps, alarms_an_hour; // alarms: NAN when the time between pictures is unknown
} adapt_candidate;

typedef struct adapt_comparison {
    adapt_candidate list[ADAPT_MAX_MODELS];
    int count;
    nn_dataset data; // the held-back pictures
    bool have_data;
    nn_names classes;
    double seconds; // duration of the video behind the pictures; 0: unknown
    int frames;     // frames of the video between two pictures
    int threads;
} adapt_comparison;

// Reads all pictures of `folder` (images/, labels/, classes.txt). Labels with a score below
// `ignore_below` are ignored.
nn_status adapt_compare_init(adapt_comparison *c, const char *folder, float ignore_below,
                             nn_error *err);
void adapt_compare_release(adapt_comparison *c);

// Adds a model. `rules` are those of --map. A model that was added before only gets the higher of
// the two roles. NN_ENOTFOUND: it knows none of the classes of the data.
nn_status adapt_compare_add(adapt_comparison *c, adapt_role role, const char *model,
                            const char *head, const char *labels, const char *rules, nn_error *err);

// Runs the models in turn on each picture, so that other load on the machine affects them equally.
// When the specialist finds more objects than the general model, its false alarms are counted at
// the threshold at which it finds as many.
nn_status adapt_compare_run(adapt_comparison *c, const volatile sig_atomic_t *stop, nn_error *err);

// Runs one model on one picture. Gets its boxes, a verdict for each (g_free), and in *found which
// true objects were found (g_free).
nn_status adapt_compare_look(adapt_comparison *c, int model, int picture, nn_verdict **verdicts,
                             bool **found, nn_error *err);

typedef struct adapt_verdict {
    bool better;
    char reason[256]; // one sentence
} adapt_verdict;

// The specialist is better when it is faster, has no lower AP50 on the held-back pictures, and does
// not raise many more false alarms.
adapt_verdict adapt_judge(const adapt_candidate *specialist, const adapt_candidate *general);
const adapt_candidate *adapt_find(const adapt_comparison *c, adapt_role role);

#endif
