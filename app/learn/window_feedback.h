// SPDX-License-Identifier: MIT
// Feedback of the window as a folder for training.
#ifndef APP_LEARN_WINDOW_FEEDBACK_H
#define APP_LEARN_WINDOW_FEEDBACK_H

#include "pipeline/pipeline.h"

// A folder that `train --data DIR` reads; --share sets how much it counts:
//   images/NAME.jpg     a frame with a wrong or a missed box
//   labels/NAME.txt     "class cx cy w h score": its boxes without the wrong ones, and the missed
//                       ones with score 1
//   classes.txt         the names of the class numbers; grows with classes of other models
//   feedback.jsonl      one line for each feedback: time, verdict, id, image, class, box (x0, y0,
//                       x1, y1 in pixels), score, model. A box with "wrong" is an example of what
//                       only looks like the class.
typedef struct app_feedback app_feedback;

// Creates what is missing. Earlier feedback stays.
nn_status app_feedback_open(app_feedback **out, const char *dir, nn_error *err);
// Adds feedback. Feedback on one frame shares a picture. For the last few pictures, feedback can be
// taken back, which changes the labels again.
nn_status app_feedback_add(app_feedback *f, const vp_feedback *said, nn_error *err);
void app_feedback_close(app_feedback *f); // NULL is a no-op

#endif
