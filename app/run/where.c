// SPDX-License-Identifier: MIT
// Adds and checks the options that say where in a frame a model looks.
#include "app/run/where.h"

#include "app/cli/option_entries.h"
#include "app/cli/option_table.h"

#include <string.h>

void app_where_add_options(GOptionGroup *group, app_where *w)
{
    const GOptionEntry entries[] = {
        APP_OPTION("tiles", &w->tiles, "off"),
        APP_OPTION("tile-overlap", &w->overlap, "0.2"),
        APP_OPTION("tile-motion", &w->motion, NULL),
        APP_OPTION("roi", &w->roi, "the whole frame"),
        APP_OPTION("ignore-area", &w->ignore, "none"),
        APP_OPTIONS_END,
    };
    app_options_add_entries(group, entries);
}

nn_status app_where_check(const app_where *w, nn_error *err)
{
    const nn_region_options tiles = {.tiles = w->tiles, .overlap = (float)w->overlap},
                            roi = {.roi = w->roi}, ignore = {.roi = w->ignore};
    nn_error why;
    nn_status status = nn_region_options_check(&tiles, &why);
    if (status == NN_OK)
        status = nn_region_options_check(&roi, &why);
    if (status != NN_OK)
        return nn_fail(err, status, "--%s", why.text); // it begins with the name
    status = nn_region_options_check(&ignore, &why);
    return status == NN_OK ? NN_OK
                           : nn_fail(err, status, "--ignore-area: %s", why.text + strlen("roi: "));
}

void app_where_release(app_where *w)
{
    g_free(w->tiles);
    g_free(w->roi);
    g_free(w->ignore);
}
