// SPDX-License-Identifier: MIT
// The user's feedback on boxes: which one is selected, which are wrong, what was missed.
#ifndef PLUGINS_SINK_SINK_PICK_H
#define PLUGINS_SINK_SINK_PICK_H

#include "nn/vision/result.h"

#include <glib.h>

typedef enum NeroVerdict {
    NERO_VERDICT_WRONG,     // there is no such object
    NERO_VERDICT_MISSED,    // an object was not detected
    NERO_VERDICT_WITHDRAWN, // takes back an earlier "wrong"
    NERO_VERDICT_REMOVED,   // takes back an earlier "missed"
} NeroVerdict;

typedef struct NeroFeedback {
    guint id; // counts from 1; for WITHDRAWN and REMOVED that of the verdict that is taken back
    NeroVerdict verdict;
    nn_box box; // pixels of the shown frame
} NeroFeedback;

// A marked box, as it was on the last frame that had it.
typedef struct NeroMark {
    guint id;
    nn_box box;
    int gone; // number of frames since then
} NeroMark;

// Without locks and SDL: the window calls it on its thread.
typedef struct NeroPick {
    gboolean selected;
    NeroMark choice;    // the selected box; its id is 0
    GArray *wrong;      // of NeroMark
    GArray *missed;     // of nn_box: what was drawn on the shown frame
    GArray *drawn;      // of NeroFeedback: the last drawn boxes, the oldest first
    gboolean adding;    // the user may draw a missed box; the picture stands still
    gboolean drawing;   // the button is down
    float x0, y0, x, y; // where the button went down, and where the mouse is
    int label;          // class of the box that is drawn
    guint last_id;
} NeroPick;

void nero_pick_init(NeroPick *p);
void nero_pick_release(NeroPick *p);
void nero_pick_reset(NeroPick *p); // for a new stream: forgets all boxes

// Takes the boxes of the next frame. Selected and marked boxes are found again by position, or
// forgotten after a while.
void nero_pick_follow(NeroPick *p, const nn_result *r);
// Selects the smallest box at this point, or the next larger one when that is selected already;
// nothing when there is no box.
void nero_pick_click(NeroPick *p, const nn_result *r, float x, float y);
// Marks the selected box as wrong, or takes that back. FALSE when none is selected.
gboolean nero_pick_mark(NeroPick *p, NeroFeedback *f);
// Whether a box is marked.
gboolean nero_pick_is_wrong(const NeroPick *p, const nn_box *box);

// Starts drawing a box, of the class of the selected box or of the last one.
void nero_pick_add(NeroPick *p);
void nero_pick_press(NeroPick *p, float x, float y);
void nero_pick_move(NeroPick *p, float x, float y);
// Ends drawing on a frame of this size. FALSE when the box is too small; drawing may start again.
gboolean nero_pick_drop(NeroPick *p, int width, int height, NeroFeedback *f);
// Takes back the last drawn box, also one of an earlier frame. FALSE when there is none.
gboolean nero_pick_undo(NeroPick *p, NeroFeedback *f);
// Ends drawing, else clears the selection. FALSE when there was neither.
gboolean nero_pick_cancel(NeroPick *p);

#endif
