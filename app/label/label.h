// SPDX-License-Identifier: MIT
// Runs `neroscale label`: pictures, teachers, linking over time, output files.
#ifndef APP_LABEL_LABEL_H
#define APP_LABEL_LABEL_H

#include "app/cli/progress.h"
#include "app/label/choose.h"
#include "app/label/link.h"
#include "app/label/teachers.h"

#include <signal.h>

typedef enum label_format {
    LABEL_YOLO, // pictures with label files
    LABEL_MOT,  // one text file for a video
} label_format;

// A part of a video whose pictures are written to a folder of their own.
typedef struct label_part {
    double from;        // start as a fraction of all pictures; it ends where the next one starts
    const char *folder; // below `out`; NULL: `out` itself
    const char *prefix; // prefix of the picture names
    int most;           // largest number of pictures; 0: all
    // smallest number of labels: with fewer it starts earlier, but not before the middle of the
    // part before it
    int least;
} label_part;

enum { LABEL_MAX_PARTS = 2 };

typedef struct label_options {
    const char *input; // a folder of pictures, a video, a camera
    const char *out;   // output folder
    label_teachers_options teachers;
    label_link_options link;
    label_format format;
    int first, last;  // frames to process; 0, 0: all
    int every;        // processes every Nth frame; 0: chosen by the frame rate
    int frames;       // number of pictures to write; 0: all
    double hold_back; // fraction at the end of a video whose pictures are named held-...; 0: none
    // Or several parts. `gap` seconds of video before each part are left out.
    label_part parts[LABEL_MAX_PARTS];
    int part_count;
    double gap;
    double seconds; // to record from a camera
    bool force;     // replaces existing labels
} label_options;

// The results of a run; label_outcome_release frees them.
typedef struct label_outcome {
    label_detections detections;
    label_set set;
    nn_names classes;     // classes that have labels
    int to[NN_CLASS_MAX]; // class of the teachers -> index in `classes`; -1: none
    bool *chosen;         // pictures that were written
    bool stopped;         // before the teachers had seen all pictures
    int every;
    char *video;    // owned: the video, or the recording of a camera; NULL: pictures
    double rate;    // frames a second; 0: unknown
    double seconds; // the teachers' time for each picture
} label_outcome;

// Prints the plan, runs with a progress bar, and prints the results. Existing results in the folder
// are reused. When *stop becomes true, it writes the results so far but no report.json, so that the
// next run goes on, and returns NN_OK.
nn_status label_run(const label_options *o, const volatile sig_atomic_t *stop,
                    label_outcome *outcome, nn_error *err);
void label_outcome_release(label_outcome *o);

// Whether an input is a single picture, of which nothing can be learnt.
bool label_is_picture(const char *input);

// An estimate of a run over a video.
typedef struct label_preview {
    int64_t pictures; // number of pictures to process; 0: unknown
    int width, height;
    int passes;
    double seconds; // for each picture, measured on the first one
} label_preview;

nn_status label_preview_video(const label_options *o, label_preview *preview, nn_error *err);

#endif
