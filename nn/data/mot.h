// SPDX-License-Identifier: MIT
// Boxes of a video in the text format of the MOT challenge (Leal-Taixe 2015).
#ifndef NN_DATA_MOT_H
#define NN_DATA_MOT_H

#include "nn/base/api.h"
#include "nn/data/dataset.h"

typedef struct nn_mot_row {
    int frame;  // from 1
    int id;     // of the object; 0: none
    int number; // of its class, from 1; 0: none
    nn_truth truth;
    float score; // 1 when the line has none or -1
    bool ignore; // the object need not be found
    bool other;  // not a person: no box, but the frame is labelled
    bool broken; // damaged: only the frame number is valid
} nn_mot_row;

typedef struct nn_mot {
    nn_mot_row *rows; // owned, sorted by frame
    int count;
    int first, last; // first and last labelled frame; 0 without rows
    // largest k such that all labelled frames are multiples of k apart; 1 with fewer than three
    int stride;
} nn_mot;

// Reads lines "frame,id,x,y,w,h[,score[,...]]": top left corner and size in pixels. Score -1 means
// none; score 0 makes an ignore box. Lines of nine numbers are ground truth of MOT16 to MOT20 when
// the last three can be flag, class and visibility (Milan 2016, tables 2 and 3). Then class 1
// (pedestrian) counts; ambiguous people (2 on vehicle, 7 static, 8 distractor, 12 reflection) are
// ignore boxes; other classes are left out. All boxes get label 0. Damaged lines are noted, and
// their frame, where its number is valid, counts as not labelled: a half-labelled frame would teach
// that objects are background.
NN_API nn_status nn_mot_load(nn_mot *m, const char *path, nn_notes notes, nn_error *err);
NN_API void nn_mot_release(nn_mot *m);
// The same for a file with class names: all classes are objects.
nn_status nn_mot_load_classes(nn_mot *m, const char *path, nn_notes notes, nn_error *err);
// The index of the first row of frame `frame` or a later one.
NN_API int nn_mot_first(const nn_mot *m, int frame);

// Whether a file that labels every `stride`-th frame covers this frame. Frames between labelled
// ones are unknown; a labelled frame without a row has no objects.
NN_API bool nn_mot_covers(const nn_mot *m, int frame, int stride);

// Copies the boxes of a frame into a new array (nn_free; NULL when there are none). Boxes with a
// score below `ignore_below` become ignore boxes.
NN_API nn_status nn_mot_truths(const nn_mot *m, int frame, float ignore_below, nn_truth **out,
                               int *count, nn_error *err);

#endif
