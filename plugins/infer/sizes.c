// SPDX-License-Identifier: MIT
// Finds smaller input sizes for a detector, and tries them.
#include "plugins/infer/sizes.h"

#include <math.h>

enum { STEP = 32, LEAST_SIDE = 128 };

nn_status nero_sizes_parse(const char *text, int *height, int *width, nn_error *err)
{
    *height = *width = 0;
    if (!text || !*text || g_ascii_strcasecmp(text, "auto") == 0)
        return NN_OK;
    char *end = NULL;
    const guint64 w = g_ascii_isdigit(*text) ? g_ascii_strtoull(text, &end, 10) : 0;
    guint64 h = w;
    if (w > 0 && (*end == 'x' || *end == 'X') && g_ascii_isdigit(end[1]))
        h = g_ascii_strtoull(end + 1, &end, 10);
    if (w < 1 || h < 1 || w > G_MAXUINT16 || h > G_MAXUINT16 || *end)
        return nn_fail(err, NN_EINVAL, "input-size \"%s\" is not \"auto\" or WIDTHxHEIGHT", text);
    *height = (int)h;
    *width = (int)w;
    return NN_OK;
}

// A side at a smaller scale, at least LEAST_SIDE where the full one is.
static int scale_side(int side, double scale)
{
    const int scaled = (int)(side * scale / STEP + 0.5) * STEP;
    return MIN(MAX(scaled, LEAST_SIDE), side);
}

void nero_sizes_find(NeroSizes *sizes, const nn_detector *d, int height, int width, gboolean steps)
{
    static const double scale[NERO_BUDGET_SIZES] = {1, 0.83, 0.67, 0.5, 0.375};
    const nn_card *card = nn_detector_card(d);
    int h = height, w = width, own_h, own_w;
    nn_detector_size(d, &own_h, &own_w);
    // The one of the opening may be the one that was wished for then.
    if (h < 1 && nn_detector_is_resizable(d) && card->input_h > 0 && card->input_w > 0) {
        h = card->input_h;
        w = card->input_w;
    } else if (h < 1) {
        h = own_h;
        w = own_w;
    }
    *sizes = (NeroSizes){.count = 1, .at = {{.height = h, .width = w, .cost = 1}}};
    if (!steps || height > 0 || !nn_detector_is_resizable(d)) {
        if (h == own_h && w == own_w)
            sizes->at[0].height = sizes->at[0].width = 0;
        return;
    }
    for (int i = 1; i < NERO_BUDGET_SIZES; i++) {
        const int y = scale_side(h, scale[i]), x = scale_side(w, scale[i]);
        const double cost = (double)y * x / ((double)h * w);
        if (cost >= 0.9 * sizes->at[sizes->count - 1].cost)
            continue; // hardly smaller, after rounding
        sizes->at[sizes->count].height = y;
        sizes->at[sizes->count].width = x;
        sizes->at[sizes->count++].cost = cost;
    }
}

// Costs from what was measured, within what pixels allow: the time of an inference has a part that
// does not depend on them, and a disturbed measurement must not count.
static void take_times(NeroSizes *sizes)
{
    const double full = (double)sizes->at[0].height * sizes->at[0].width;
    for (int i = 0; i < sizes->count; i++) {
        const double pixels = sizes->at[i].height * (double)sizes->at[i].width / full;
        const double part = sizes->at[i].ms / sizes->at[0].ms;
        sizes->at[i].cost = CLAMP(part, 0.8 * pixels, sqrt(pixels));
        if (i > 0)
            sizes->at[i].cost = MIN(sizes->at[i].cost, 0.95 * sizes->at[i - 1].cost);
    }
}

nn_status nero_sizes_try(NeroSizes *sizes, int size, const nn_frame *frame, nero_run_job *run,
                         gpointer user, nn_error *err)
{
    nn_result result;
    nn_status status = NN_OK;
    gint64 begin = 0;
    nn_result_init(&result);
    const nn_detector_filter filter = {.threshold = -1,
                                       .iou_threshold = -1,
                                       .input_h = sizes->at[size].height,
                                       .input_w = sizes->at[size].width};
    const nn_detector_job job = {.frame = frame, .filter = &filter, .result = &result};
    // The first run of a size may plan it, which takes as long at all sizes.
    for (int k = 0; k < 2 && status == NN_OK; k++) {
        begin = g_get_monotonic_time();
        status = run(user, &job, err);
    }
    sizes->at[size].ms = (double)MAX(g_get_monotonic_time() - begin, 1) / 1000;
    if (status == NN_ESHAPE || status == NN_EUNSUPPORTED) {
        sizes->count = size;
        status = NN_OK;
    }
    if (size + 1 >= sizes->count)
        take_times(sizes);
    nn_result_release(&result);
    return status;
}
