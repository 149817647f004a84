// SPDX-License-Identifier: MIT
// What `models` shows of a model that enlarges pictures.
#ifndef APP_MODELS_ENLARGE_H
#define APP_MODELS_ENLARGE_H

#include "app/models/facts.h"
#include "app/report/report_sheet.h"
#include "nn/predict/upscaler.h"

// Fills a cell with a part of the picture that is enlarged: its left half bicubically, its right
// half by the model. app_report_cell_release.
nn_status app_enlarge_cell(app_report_cell *cell, nn_upscaler *u, const nn_image *picture,
                           const app_installed *m, const app_model_facts *facts, double ms,
                           nn_error *err);

#endif
