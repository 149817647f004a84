// SPDX-License-Identifier: MIT
// One run of `neroscale label`: pictures in, teachers, links over time, files out.
#ifndef APP_LABEL_LABEL_H
#define APP_LABEL_LABEL_H

#include "app/cli/progress.h"
#include "app/label/choose.h"
#include "app/label/link.h"
#include "app/label/teachers.h"

#include <signal.h>

typedef enum label_format {
    LABEL_YOLO, // pictures and a label file for each
    LABEL_MOT,  // one text for the video, no pictures
} label_format;

// A part of a video whose pictures go elsewhere than those to train on.
typedef struct label_part {
    double from;        // where it begins, a part of all pictures; it ends where the next begins
    const char *folder; // below OUT; NULL: OUT itself
    const char *prefix; // of the pictures' names
    int most;           // pictures to write; 0: all
    // Labels that it is to hold: where it holds fewer it begins earlier, but no earlier than in the
    // middle of what is before it.
    int least;
} label_part;

enum { LABEL_MAX_PARTS = 2 };

typedef struct label_options {
    const char *input; // a folder of pictures, a video, a camera
    const char *out;   // folder
    label_teachers_options teachers;
    label_link_options link;
    label_format format;
    int first, last;  // frames of a video to look at; 0, 0: all
    int every;        // frames from one that is looked at to the next; 0: chosen by the rate
    int frames;       // pictures to write; 0: all
    double hold_back; // the last part of the pictures of a video, named held-...; 0: none
    // Or all of this; `gap` seconds before each part are left out.
    label_part parts[LABEL_MAX_PARTS];
    int part_count;
    double gap;
    double seconds; // of a camera
} label_options;

// What a run made, for who goes on with it.
typedef struct label_outcome {
    label_detections finds;
    label_set set;
    nn_names classes;     // that have labels
    int to[NN_CLASS_MAX]; // class of the teachers -> number in `classes`, or -1
    bool *chosen;         // pages written as pictures
    int every;
    char *video;    // that was read, owned: of a camera its recording; NULL: pictures
    double rate;    // its frames a second; 0: unknown
    double seconds; // looking took, a picture
} label_outcome;

// Says what it will do, does it with a progress bar, and says what it made. What is in the folder
// already is not done again. When *stop becomes true, what was found until then is written and
// NN_OK returned.
nn_status label_run(const label_options *o, const volatile sig_atomic_t *stop,
                    label_outcome *outcome, nn_error *err);
void label_outcome_release(label_outcome *o);

// What a run over a video would be, before it is begun.
typedef struct label_preview {
    int64_t pictures; // to look at; 0: nothing tells how many
    int width, height;
    int passes;
    double seconds; // a picture takes, measured on the first
} label_preview;

nn_status label_preview_video(const label_options *o, label_preview *preview, nn_error *err);

#endif
