// SPDX-License-Identifier: MIT
// What the user of the window says about boxes: which is selected, which are wrong, what was
// missed.
#ifndef PLUGINS_SINK_SINK_PICK_H
#define PLUGINS_SINK_SINK_PICK_H

#include "nn/vision/result.h"

#include <glib.h>

typedef enum NeroVerdict {
    NERO_VERDICT_WRONG,     // there is no such object
    NERO_VERDICT_MISSED,    // there is one that was not found
    NERO_VERDICT_WITHDRAWN, // an earlier "wrong" is taken back
} NeroVerdict;

typedef struct NeroFeedback {
    guint id; // from 1; that of the verdict that is taken back for WITHDRAWN
    NeroVerdict verdict;
    nn_box box; // pixels of the frame that is shown
} NeroFeedback;

// A box that was marked, as it was on the last frame that had it.
typedef struct NeroMark {
    guint id;
    nn_box box;
    int gone; // frames since then
} NeroMark;

// No locks, no SDL: the window calls it on its thread.
typedef struct NeroPick {
    gboolean selected;
    NeroMark choice;    // the selected box; its id is 0
    GArray *wrong;      // of NeroMark
    gboolean adding;    // a box that was missed is to be drawn; the picture stands still
    gboolean drawing;   // ... and the button is down
    float x0, y0, x, y; // where it went down and where it is
    int label;          // class of what is drawn
    guint last_id;
} NeroPick;

void nero_pick_init(NeroPick *p);
void nero_pick_release(NeroPick *p);
void nero_pick_reset(NeroPick *p); // another stream: forgets all boxes

// The boxes of the next frame: the selected one and the marked ones are found again by their place,
// or forgotten after a while.
void nero_pick_follow(NeroPick *p, const nn_result *r);
// Selects the smallest box at this place, or the next larger one after the one that is selected
// there; none where there is none.
void nero_pick_click(NeroPick *p, const nn_result *r, float x, float y);
// Marks the selected box as wrong, or takes that back. FALSE when none is selected.
gboolean nero_pick_mark(NeroPick *p, NeroFeedback *f);
// Whether a box is marked.
gboolean nero_pick_is_wrong(const NeroPick *p, const nn_box *box);

// A box is to be drawn, of the selected box's class or the one before.
void nero_pick_add(NeroPick *p);
void nero_pick_press(NeroPick *p, float x, float y);
void nero_pick_move(NeroPick *p, float x, float y);
// Ends it, on a frame of this size. FALSE, and drawing may begin anew, for one that is too small.
gboolean nero_pick_drop(NeroPick *p, int width, int height, NeroFeedback *f);
// Ends drawing, else the selection; FALSE when there was neither.
gboolean nero_pick_cancel(NeroPick *p);

#endif
