// SPDX-License-Identifier: MIT
// What a model got right and wrong, as files for people: report.md, report.json, confusion.png,
// worst.png.
#ifndef APP_REPORT_REPORT_H
#define APP_REPORT_REPORT_H

#include "app/eval/evaluate.h"
#include "app/eval/evaluate_classes.h"
#include "app/eval/evaluate_masks.h"

// All make DIR when it is not there. report.json is what `eval --json` writes, and "mistakes":
// names of the pictures with what was wrong. report.md shows the same with the pictures; also
// curves.png when it lies there. On one thread of a process only.

// A classifier that was scored on `data`.
nn_status app_report_classes(const char *dir, const char *model, const app_class_evaluation *e,
                             nn_dataset *data, char *const *labels, nn_error *err);
// A detector; worst.png shows e->mistakes, confusion.png e->confusion, which must not be NULL.
nn_status app_report_boxes(const char *dir, const char *model, const app_evaluation *e,
                           char *const *labels, int label_count, float threshold, nn_error *err);

// A segmentation model that was scored on `data`; it is run again on the worst pictures.
nn_status app_report_masks(const char *dir, const char *model, const app_mask_evaluation *e,
                           nn_detector *d, nn_dataset *data, nn_error *err);

// Scores a model file on `data`, whose labels are those of the model, as its card says what it is,
// and writes the report: for the end of a training. threads 0: one per core.
nn_status app_report_write(const char *dir, const char *model, nn_dataset *data, int threads,
                           nn_error *err);

// Whether pictures may show several classes: the card says so, or one of them does.
bool app_shows_several(const nn_card *card, const nn_dataset *data);

#endif
