// SPDX-License-Identifier: MIT
// Boxes of a video in the text format of the MOT challenge (Leal-Taixe 2015).
#ifndef NN_DATA_MOT_H
#define NN_DATA_MOT_H

#include "nn/base/api.h"
#include "nn/data/dataset.h"

typedef struct nn_mot_row {
    int frame; // from 1
    nn_truth truth;
    float score; // 1 where the line has none, or -1
    bool ignore; // the line says that nobody has to find it
    bool other;  // of another class than people: no box, though its frame was labelled
    bool broken; // the line could not be read beyond its frame number
} nn_mot_row;

typedef struct nn_mot {
    nn_mot_row *rows; // owned, sorted by frame
    int count;
    int first, last; // labelled frames; 0 when there are no rows
    int stride; // greatest k such that all labelled frames lie k apart; 1 when there are fewer than
                // three
} nn_mot;

// Reads lines "frame,id,x,y,w,h[,score[,...]]": top left corner and size in pixels. A score of -1
// is none, one of 0 makes an ignore box. Lines of nine numbers are ground truth of MOT16 to MOT20
// when the last three can be flag, class and visibility (Milan 2016, tables 2 and 3): class 1
// counts, people that are hard to call so (2 on vehicles, 7 static, 8 distractors, 12 reflections)
// are ignore boxes, other classes are left out. All boxes get label 0. Damaged lines are noted;
// their whole frame counts as not covered when its number can be read, because a half-labelled
// frame would teach that objects are background.
NN_API nn_status nn_mot_load(nn_mot *m, const char *path, nn_notes notes, nn_error *err);
NN_API void nn_mot_release(nn_mot *m);

// Whether a file that labels every `stride`-th frame says something about this one: frames between
// the labelled ones are unknown, frames on the grid without a row hold nobody.
NN_API bool nn_mot_covers(const nn_mot *m, int frame, int stride);

// Copies the boxes of a frame into a new array (nn_free; NULL when there are none); boxes scored
// below `ignore_below` become ignore boxes.
NN_API nn_status nn_mot_truths(const nn_mot *m, int frame, float ignore_below, nn_truth **out,
                               int *count, nn_error *err);

#endif
