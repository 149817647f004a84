// SPDX-License-Identifier: MIT
// Keeps the inferences of an element inside its latency budget: watches the scene and what the
// engine takes, and sets size and interval.
#ifndef PLUGINS_INFER_ADAPT_H
#define PLUGINS_INFER_ADAPT_H

#include "nn/vision/scene.h"
#include "plugins/infer/budget.h"
#include "plugins/infer/engine.h"

typedef struct NeroAdaptSetup {
    double budget_ms;  // 0: size and interval stay
    gboolean live;     // frames come in periods
    double period_ms;  // as the caps tell; 0: they do not
    int interval;      // the shortest, >= 1
    int height, width; // of the input; 0: the model's, and smaller ones when there is a budget
} NeroAdaptSetup;

// Zeroed at first. For the streaming thread.
typedef struct NeroAdapt {
    NeroAdaptSetup setup;
    const NeroModel *model; // for which it was set up; never followed
    NeroBudget budget;
    gboolean tried;   // the costs in `budget` are measured
    guint64 inferred; // inferences that the budget knows about
    nn_scene *scene;  // owned; NULL: not needed yet
    nn_scene_figures figures;
    GstClockTime last; // running time of the last frame
    double spacing_ms; // from frame to frame, on average
    int spacings;      // how many frames that rests on
    double period_ms;  // as learned; 0: not yet
} NeroAdapt;

void nero_adapt_release(NeroAdapt *a); // leaves it zeroed
// Learns the period from the running time of a frame, or NONE.
void nero_adapt_tick(NeroAdapt *a, GstClockTime running);
// To be called for each frame: does something when the setup or the engine's model has changed.
// NN_EINVAL, once, for a size that the model does not take; its own is used then.
nn_status nero_adapt_prepare(NeroAdapt *a, NeroEngine *e, const NeroAdaptSetup *setup,
                             nn_error *err);
// Measures the scene of a frame. Not needed without a budget.
void nero_adapt_look(NeroAdapt *a, const GstVideoFrame *frame, const GstVideoRectangle *area);
// Chooses for the frames from `now` (seconds) on; returns the interval.
int nero_adapt_choose(NeroAdapt *a, NeroEngine *e, double now);

#endif
