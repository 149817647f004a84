// SPDX-License-Identifier: MIT
// Chooses among the formats, sizes and rates of a camera.
#include "pipeline/camera.h"

#include <math.h>
#include <stdbool.h>

enum { WIDTH = 1280, HEIGHT = 720, LEAST_RATE = 24, MOST_RATE = 30 };

static int nearest(const GValue *value, int wanted)
{
    int best = 0;
    if (!value)
        return 0;
    if (G_VALUE_HOLDS_INT(value))
        return g_value_get_int(value);
    if (GST_VALUE_HOLDS_INT_RANGE(value)) {
        const int low = gst_value_get_int_range_min(value),
                  step = gst_value_get_int_range_step(value);
        const int within = CLAMP(wanted, low, gst_value_get_int_range_max(value));
        return low + (within - low) / step * step;
    }
    for (guint i = 0; GST_VALUE_HOLDS_LIST(value) && i < gst_value_list_get_size(value); i++) {
        const int one = nearest(gst_value_list_get_value(value, i), wanted);
        best = best == 0 || ABS(one - wanted) < ABS(best - wanted) ? one : best;
    }
    return best;
}

static double rate_of(const GValue *fraction)
{
    return (double)gst_value_get_fraction_numerator(fraction) /
           MAX(gst_value_get_fraction_denominator(fraction), 1);
}

// The highest rate up to MOST_RATE, else the lowest above; as a fraction.
static bool find_rate(const GValue *value, int *n, int *d)
{
    double best = 0;
    if (value && GST_VALUE_HOLDS_FRACTION_RANGE(value)) {
        const GValue *low = gst_value_get_fraction_range_min(value);
        const GValue *high = gst_value_get_fraction_range_max(value);
        const GValue *end = rate_of(high) > MOST_RATE ? low : high;
        const bool between = rate_of(high) > MOST_RATE && rate_of(low) < MOST_RATE;
        *n = between ? MOST_RATE : gst_value_get_fraction_numerator(end);
        *d = between ? 1 : gst_value_get_fraction_denominator(end);
        return *n > 0;
    }
    if (value && GST_VALUE_HOLDS_FRACTION(value)) {
        *n = gst_value_get_fraction_numerator(value);
        *d = gst_value_get_fraction_denominator(value);
        return *n > 0 && *d > 0;
    }
    for (guint i = 0; value && GST_VALUE_HOLDS_LIST(value) && i < gst_value_list_get_size(value);
         i++) {
        int a, b;
        if (!find_rate(gst_value_list_get_value(value, i), &a, &b))
            continue;
        const double rate = (double)a / b;
        const bool better = rate <= MOST_RATE + 0.1 ? best > MOST_RATE + 0.1 || rate > best
                                                    : best == 0 || (best > rate);
        if (best == 0 || better) {
            best = rate;
            *n = a;
            *d = b;
        }
    }
    return best > 0;
}

// How much a format is worse than raw video.
static double format_cost(const GstStructure *s)
{
    const char *name = gst_structure_get_name(s);
    if (g_str_equal(name, "video/x-raw"))
        return 0;
    if (g_str_equal(name, "image/jpeg"))
        return 0.1; // is decoded fast, alone
    return g_str_equal(name, "video/x-h264") || g_str_equal(name, "video/x-h265") ? 0.3 : HUGE_VAL;
}

// A size of half the pixels costs as much as half the rate.
static double cost_of(const GstStructure *s, int width, int height, double rate, int want_width,
                      int want_height)
{
    const double area = log2((double)width * height / ((double)want_width * want_height));
    const double shape = log2((double)width * want_height / ((double)height * want_width));
    const double slow = rate < LEAST_RATE ? log2(LEAST_RATE / rate) : 0;
    return 4 * fabs(area) + fabs(shape) + 4 * slow + format_cost(s) +
           (rate > MOST_RATE + 1 ? 0.05 : 0);
}

GstCaps *vp_camera_choose(const GstCaps *offers, int width, int height)
{
    GstStructure *best = NULL;
    double least = HUGE_VAL;
    const int want_width = width > 0 ? width : WIDTH, want_height = height > 0 ? height : HEIGHT;
    for (guint i = 0; i < gst_caps_get_size(offers); i++) {
        const GstStructure *s = gst_caps_get_structure(offers, i);
        const GstCapsFeatures *f = gst_caps_get_features(offers, i);
        const int w = nearest(gst_structure_get_value(s, "width"), want_width);
        const int h = nearest(gst_structure_get_value(s, "height"), want_height);
        int n = 0, d = 1;
        if (w < 1 || h < 1 || !find_rate(gst_structure_get_value(s, "framerate"), &n, &d) ||
            (f && gst_caps_features_contains(f, "memory:DMABuf")))
            continue;
        const double cost = cost_of(s, w, h, (double)n / d, want_width, want_height);
        if (!(cost < least))
            continue;
        least = cost;
        g_clear_pointer(&best, gst_structure_free);
        best = gst_structure_copy(s);
        gst_structure_set(best, "width", G_TYPE_INT, w, "height", G_TYPE_INT, h, "framerate",
                          GST_TYPE_FRACTION, n, d, NULL);
    }
    if (!best)
        return NULL;
    GstCaps *chosen = gst_caps_new_empty();
    gst_caps_append_structure(chosen, best);
    return chosen;
}
