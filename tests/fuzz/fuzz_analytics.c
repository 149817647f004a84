// SPDX-License-Identifier: MIT
// Fuzz target: zones and lines as JSON, and as text of a property ("zones\n..." or "lines\n...").
#include "nn/base/memory.h"
#include "nn/io/analytics_file.h"
#include "nn/vision/analytics/analytics.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static nn_status read_text(nn_analytics_config *c, const char *text, size_t size)
{
    nn_error err;
    char *copy = nn_alloc(size + 1);
    if (!copy)
        return NN_ENOMEM;
    memcpy(copy, text, size);
    copy[size] = 0;
    const bool lines = strncmp(copy, "lines\n", 6) == 0;
    nn_status status = lines || strncmp(copy, "zones\n", 6) == 0
                           ? nn_analytics_config_parse(c, lines, copy + 6, &err)
                           : nn_analytics_config_ground(c, copy, &err);
    nn_free(copy);
    return status;
}

// An object walks through the picture; counts fit each other, and numbers are numbers.
static void walk(const nn_analytics_config *c)
{
    nn_analytics_options o = {.lost_ms = 100};
    nn_analytics *a = nn_analytics_new();
    for (int i = 0; i < NN_SETTINGS; i++)
        o.setting[i] = -1;
    if (!a || nn_analytics_configure(a, c, &o, NULL) != NN_OK)
        abort();
    for (int f = 0; f < 24; f++) {
        const float x = (float)(f * 9 % 64), y = (float)(f * 5 % 48);
        const nn_sighting s = {
            .box = {.x0 = x, .y0 = y / 2, .x1 = x + 5, .y1 = y, .track_id = f / 12 + 1},
            .label = "person",
            .measured = f % 4 != 1};
        if (nn_analytics_frame(a, &s, 1, 64, 48, f * 40, NULL) != NN_OK)
            abort();
        const nn_report *r = nn_analytics_report(a);
        for (int i = 0; i < r->area_count; i++) {
            const nn_area *area = &r->areas[i];
            if (!area->line && area->in - area->out != area->occupancy)
                abort();
            for (int k = 0; k < area->count; k++)
                if (!isfinite(nn_report_points(r, area)[k].x))
                    abort();
        }
        for (int i = 0; i < r->object_count; i++)
            if (!isfinite(r->objects[i].speed))
                abort();
    }
    nn_analytics_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nn_error err = {0};
    nn_analytics_config c;
    const char *text = (const char *)data;
    nn_analytics_config_init(&c);
    const nn_status status = size > 0 && text[0] == '{'
                                 ? nn_analytics_config_read(&c, text, size, &err)
                                 : read_text(&c, text, size);
    if (status == NN_OK)
        walk(&c);
    nn_analytics_config_release(&c);
    return 0;
}
