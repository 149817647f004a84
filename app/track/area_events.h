// SPDX-License-Identifier: MIT
// Zones and lines of the command line, and what happens there as lines of text.
#ifndef APP_TRACK_AREA_EVENTS_H
#define APP_TRACK_AREA_EVENTS_H

#include "pipeline/pipeline.h"

#include <glib.h>
#include <stdio.h>

// The values of --zone, --line and --analytics, which are owned; NULL: not given.
typedef struct app_areas {
    char **zone, **line;
    char *file;
    char *zones, *lines; // joined
    char *kept;          // where those are kept that the user draws in the window
} app_areas;

// Whether any zone or line was given.
bool app_areas_given(const app_areas *a);
// Checks them, and sets the options of a run. NN_EINVAL names the option and what is wrong.
nn_status app_areas_use(app_areas *a, vp_options *o, nn_error *err);
// Where zones and lines are kept that the user draws or changes in the window of a run on `input`,
// with all others of the run: in the file of --analytics, else in the user's folder of
// configurations. What is there is used; --zone and --line go before it where names are the same.
void app_areas_keep(app_areas *a, const char *input, vp_options *o);
void app_areas_release(app_areas *a);

// Prints an event, or at the end a zone or line with its counts.
void app_areas_print(FILE *out, const vp_event *e);

#endif
