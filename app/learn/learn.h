// SPDX-License-Identifier: MIT
// A specialist for one camera is taught beside the running pipeline, and takes over when it is
// better.
#ifndef APP_LEARN_LEARN_H
#define APP_LEARN_LEARN_H

#include "pipeline/pipeline.h"

// Everything lies in DIR:
//   new/images/       frames that wait (app/learn/frames.h)
//   stream/images/    pictures to train on, to choose by, to judge by
//   labelled/         the same with the teacher's labels
//   feedback/         what the user said in the window (app/learn/window_feedback.h)
//   rounds/NNNN.*     the specialist of a round, its training and its scores
//   state.json        where it stands; learn.log: what the steps printed
//
// A round: the teacher labels what is new; a network starts from the last specialist, or from
// nothing, and is trained; it and the model in use are scored on pictures held back from training,
// against the teacher's labels. The better one runs, the faster one when it is as good. Before the
// next round the model in use and the one before are scored on pictures that came since: if it is
// worse there, it goes back. Steps are processes of this program at idle priority, one at a time;
// one that is interrupted goes on after a restart.
typedef struct app_learn app_learn;

typedef struct app_learn_options {
    const char *dir;
    const char *model;              // that runs at first, and its head and class names
    const char *head, *labels_file; // or NULL
    const char *teacher;            // models for `label --teacher`; NULL: `model`
    int frames;                     // that the first round waits for, from 48 on
    int epochs;                     // of a round
    int most;                       // pictures kept
    bool urgent;                    // a little of a busy processor, too, not only what is idle
    const char *classes; // "person,car": to learn, of those that the teacher knows; NULL: all
    // Called on a thread of its own.
    void (*say)(void *user, const char *line);
    void (*use)(void *user, const char *model); // to be answered by app_learn_answer
    void *user;
} app_learn_options;

// frames 240, epochs 24, most 2000.
extern const app_learn_options app_learn_defaults;

// Reads what is in the folder; nothing runs yet. The options' texts are copied.
nn_status app_learn_open(app_learn **out, const app_learn_options *o, nn_error *err);
// The model that should run now: the user's, or the best specialist of an earlier run. Borrowed.
const char *app_learn_model(const app_learn *l);
void app_learn_start(app_learn *l);
// A frame of the stream; any one thread.
void app_learn_offer(app_learn *l, const vp_still *still);
// What became of a model that `use` asked for; `refused` is NULL when it runs. Any thread.
void app_learn_answer(app_learn *l, const char *model, const char *refused);
// Ends what runs and waits for it: after that nothing is called any more, and frames are still
// taken.
void app_learn_stop(app_learn *l);
// Stops as well; NULL is a no-op.
void app_learn_close(app_learn *l);

#endif
