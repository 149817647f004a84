// SPDX-License-Identifier: MIT
// Draws what `train --inspect` saw: a row for each layer.
#ifndef APP_REPORT_REPORT_INSPECT_H
#define APP_REPORT_REPORT_INSPECT_H

#include "app/report/inspect_record.h"

enum { APP_INSPECT_ROWS = 48 }; // most layers of a sheet; with more, those with bad channels first

// Writes a PNG with, over the epochs from left to right: the magnitudes of weights and of
// gradients, the channels (dead and saturated ones in colour), and the update ratio. `title` may be
// NULL. NN_EUNSUPPORTED in a build without Pango; NN_EINVAL for an empty record.
nn_status app_report_inspect(const app_inspect_record *r, const char *title, const char *path,
                             nn_error *err);

#endif
