// SPDX-License-Identifier: MIT
// A stand-in for nn/predict/detector.h: as slow as a test wants, and it records its inputs.
#ifndef TESTS_PLUGINS_FAKE_DETECTOR_H
#define TESTS_PLUGINS_FAKE_DETECTOR_H

#include "nn/predict/detector.h"

// Models: "street" (classes person, car), "farm" (cow, horse), "guessed" (its head, "yolov8", is),
// "broken" (opens, fails to run), "tone" (a classifier: dark or light, by the first pixel, score
// 0.8), "masks" (a segmenter), "large" (640x480, smaller sizes take less), "fixed" (one size),
// "small" (its card tells the size, 128x96), "posed" (the person has a keypoint and a mask),
// "batch" (exported for batches of 4); a "missing" file and a "damaged" one. On every frame it
// finds a person (score 0.9) in columns 10 to 20 and rows 5 to 25, and a car (score 0.4) in the
// right lower quarter of the frame.

typedef struct fake_seen {
    int runs, frames; // a run may be a batch of several frames
    nn_frame frame;   // the last of the last run; do not follow its pointers
    uint8_t first;    // first byte of its first plane
    uint8_t below;    // and of that plane's second row
    int threads, max_detections;
    char head[32], labels[64]; // of the options; empty when not given
    int opened, alive;         // detectors; those alive are counted on through fake_reset()
    int input_h, input_w;      // of the last run
    bool agnostic_nms, part;   // likewise
    int open_nice;             // of the thread that opened the last one
} fake_seen;

fake_seen fake_get(void);
void fake_reset(void);       // counts from 0, nothing held
void fake_slow(int ms);      // every run takes this long
void fake_slow_each(int ms); // every frame of a run takes this long, too
void fake_slow_open(int ms); // opening takes this long
void fake_hold(void);        // runs wait ...
void fake_hold_open(void);   // ... or opening does ...
void fake_release(void);     // ... until this

#endif
