// SPDX-License-Identifier: MIT
// Decides at which input size, and on every which frame, a model runs so that its inferences stay
// inside a latency budget.
//
// A pure state machine without clock and locks: the caller says what it measured and when. It keeps
// these rules:
// - An inference shall take at most the budget. When the slower ones of the last sixteen take
//   longer, the size falls at once to the largest one that fits. A single slow inference does
//   nothing.
// - When the smallest size takes longer, too, or the model has one size only, the interval grows
//   until the mean time for a frame is inside the budget.
// - Frames of a live source come in periods. The interval lets each inference end before the next
//   one begins. Among the sizes that fit, a scene full of detail prefers a large one, a scene full
//   of motion one that is fast enough for every frame.
// - Where an inference is one of several regions of a frame, their number changes. What a region
//   takes and how many there are is estimated apart: many at times need a smaller size for good.
// - A size rises by one step, and only when it has promised to fit for a while. Each attempt that
//   fails doubles this while, so that a steady load sees few changes; one that lasts halves it.
#ifndef PLUGINS_INFER_BUDGET_H
#define PLUGINS_INFER_BUDGET_H

#include <stdbool.h>

enum {
    NERO_BUDGET_SIZES = 5,     // the most sizes that are stepped through
    NERO_BUDGET_WINDOW = 16,   // inferences that an estimate rests on
    NERO_BUDGET_INTERVAL = 30, // the longest interval
};

typedef struct NeroBudgetSetup {
    double budget_ms; // for an inference, > 0
    double period_ms; // from frame to frame of a live source; 0: frames wait for their inference
    int interval;     // the shortest: infer every Nth frame; >= 1
    int sizes;        // 1: the model runs at one size only
    double cost[NERO_BUDGET_SIZES]; // time of each size relative to the others, largest first
} NeroBudgetSetup;

typedef struct NeroBudgetUse {
    int size;     // index of the size, 0 is the largest
    int interval; // infer every Nth frame
} NeroBudgetUse;

// How long something better must be possible before it is taken.
typedef struct NeroPatience {
    double hold;  // seconds
    double since; // when it became possible; negative: it is not
    double taken; // when it was last taken; negative: not, or it has lasted
} NeroPatience;

typedef struct NeroBudget {
    NeroBudgetSetup setup;
    NeroBudgetUse use;
    int changes;                        // of the size, so far
    double window[NERO_BUDGET_WINDOW];  // milliseconds / cost / regions of the last inferences
    double regions[NERO_BUDGET_WINDOW]; // in each of them
    int count;                          // inferences so far
    int fresh;                          // inferences since the size changed
    double detail, motion;              // of the scene, smoothed; see nn/vision/scene.h
    bool scene_known;
    NeroPatience size, interval; // of a better size, of a shorter interval
} NeroBudget;

// Starts at the largest size and the shortest interval.
void nero_budget_init(NeroBudget *b, const NeroBudgetSetup *setup);
// Changes budget, period and shortest interval, and keeps what is known. The sizes must stay; their
// costs may change.
void nero_budget_change(NeroBudget *b, const NeroBudgetSetup *setup);
// Records an inference at a size, of so many regions (> 0) together; a whole frame is one.
void nero_budget_measured(NeroBudget *b, int size, int regions, double ms);
// Records the figures of a frame.
void nero_budget_saw(NeroBudget *b, double detail, double motion);
// The size and the interval to use from `now` (seconds of any clock) on.
NeroBudgetUse nero_budget_choose(NeroBudget *b, double now);

#endif
