// SPDX-License-Identifier: MIT
// A small untrained detector of the classes person and car, and a picture in which it finds boxes.
#ifndef TESTS_SUPPORT_DETECTOR_H
#define TESTS_SUPPORT_DETECTOR_H

#include "nn/predict/detector.h"
#include "tests/support/files.h"

extern test_path detector_model; // the file that detector_make writes

int detector_make(void **state); // group set-up: a model of 128 x 160
// Writes a model for this task and input.
void detector_save(const char *path, const char *task, int h, int w);
nn_detector *detector_open(const nn_detector_options *o);
// A picture that is the same at every size, and its I420. The caller frees plane 0.
nn_frame detector_rgb(int w, int h);
nn_frame detector_i420(const nn_frame *rgb);
// Runs it, which must succeed, and checks boxes, sizes and times.
void detector_run(nn_detector *d, const nn_frame *f, nn_result *r);
void detector_expect_same(const nn_result *a, const nn_result *b); // to the last bit

#endif
