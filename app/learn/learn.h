// SPDX-License-Identifier: MIT
// Trains a specialist for one camera while the pipeline runs. The specialist takes over when it is
// better.
#ifndef APP_LEARN_LEARN_H
#define APP_LEARN_LEARN_H

#include "app/learn/options.h"
#include "pipeline/pipeline.h"

// The files in DIR:
//   new/images/       frames that wait (app/learn/frames.h)
//   stream/images/    pictures for training, choice of the epoch, and comparison
//   labelled/         the same with the teacher's labels
//   feedback/         the user's feedback (app/learn/window_feedback.h)
//   rounds/NNNN.*     the specialist of a round, its training and its scores
//   state.json        the state of learning
//   learn.log         the output of the steps
//
// A round has these steps. The teacher labels the new pictures. The last specialist is trained
// further; the first round begins with street-nano, where it is installed. The new model and the
// model in use are evaluated on held-back pictures against the teacher's labels. The better model
// is used; of equally good ones, the faster. Before the next round the model in use and the
// previous one are evaluated on pictures that came since; if the model in use is worse there, the
// previous one comes back. Steps are processes of this program at idle priority, one at a time. An
// interrupted step continues after a restart.
typedef struct app_learn app_learn;

// Defaults: frames 240, epochs 24, most 2000.
extern const app_learn_options app_learn_defaults;

// Reads the state of the folder; starts nothing. Strings of the options are copied.
nn_status app_learn_open(app_learn **out, const app_learn_options *o, nn_error *err);
// The model to use now: the user's, or the best specialist of an earlier run. Borrowed.
const char *app_learn_model(const app_learn *l);
void app_learn_start(app_learn *l);
// Offers a frame of the stream. One thread.
void app_learn_offer(app_learn *l, const vp_still *still);
// Answers `use`: `refused` is NULL when the model is in use, otherwise the reason. Any thread.
void app_learn_answer(app_learn *l, const char *model, const char *refused);
// Stops the current step and waits for it. No callback runs afterwards; frames are still accepted.
void app_learn_stop(app_learn *l);
// Stops, too; NULL is a no-op.
void app_learn_close(app_learn *l);

#endif
