// SPDX-License-Identifier: MIT
// A sheet of thumbnails: what each model finds in a picture.
#ifndef APP_MODELS_SHEET_H
#define APP_MODELS_SHEET_H

#include "app/models/facts.h"
#include "app/report/report_sheet.h"
#include "nn/api/predictor.h"

// Pixels of the picture of a cell.
enum { APP_MODEL_CELL_WIDTH = 384, APP_MODEL_CELL_HEIGHT = 288 };

// The example of a model: NAME.jpg beside its file, else that of the name in front of its last "-"
// (street-nano-int8, street-nano, street), else street.jpg there (g_free); NULL: there is none.
char *app_model_example(const app_installed *m);

// Fills a cell with the picture and what the model finds in it. app_report_cell_release.
nn_status app_model_cell(app_report_cell *cell, nn_predictor *p, const nn_image *picture,
                         const app_installed *m, const app_model_facts *facts, double ms,
                         nn_error *err);
// Writes the cells as PNG.
nn_status app_model_sheet_write(app_report_cell *cells, int count, const char *path, nn_error *err);

#endif
