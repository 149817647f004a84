// SPDX-License-Identifier: MIT
// The options that say where in a frame a model looks.
#ifndef APP_RUN_WHERE_H
#define APP_RUN_WHERE_H

#include "nn/vision/regions.h"

#include <glib.h>

typedef struct app_where {
    char *tiles, *roi, *ignore; // owned; NULL: not given
    double overlap;
    gboolean motion;
} app_where;

#define APP_WHERE_START                                                                            \
    {                                                                                              \
        .overlap = (double)NN_TILES_OVERLAP                                                        \
    }

// Adds --tiles, --tile-overlap, --tile-motion, --roi and --ignore-area.
void app_where_add_options(GOptionGroup *group, app_where *w);
// NN_EINVAL names the option and says what is wrong with its text.
nn_status app_where_check(const app_where *w, nn_error *err);
void app_where_release(app_where *w);

#endif
