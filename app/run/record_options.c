// SPDX-License-Identifier: MIT
// Reads times and sizes with units.
#include "app/run/record_options.h"

#include <glib.h>
#include <string.h>

typedef struct unit {
    const char *word;
    double factor;
} unit;

// A number and one of the units; negative for anything else.
static double parse(const char *text, const unit *units, size_t count)
{
    char *end = NULL;
    const double value = g_ascii_strtod(text, &end);
    for (size_t i = 0; end != text && i < count; i++)
        if (g_ascii_strcasecmp(end, units[i].word) == 0)
            return value * units[i].factor;
    return -1;
}

nn_status app_record_parse_segment(double *seconds, const char *text, nn_error *err)
{
    static const unit units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"min", 60}, {"h", 3600}};
    *seconds = text ? parse(text, units, G_N_ELEMENTS(units)) : 0;
    return !text || (*seconds >= 1 && *seconds <= 7 * 86400.0)
               ? NN_OK
               : nn_fail(err, NN_EINVAL,
                         "--record-segment '%s': write 90s, 10m or 1h, up to 7 days", text);
}

nn_status app_record_parse_limit(uint64_t *bytes, const char *text, nn_error *err)
{
    static const unit units[] = {{"", 1},    {"k", 1e3},  {"kB", 1e3}, {"M", 1e6},  {"MB", 1e6},
                                 {"G", 1e9}, {"GB", 1e9}, {"T", 1e12}, {"TB", 1e12}};
    const double value = text ? parse(text, units, G_N_ELEMENTS(units)) : 0;
    const int fits = !text || (value >= 1e6 && value < 1e18);
    *bytes = fits ? (uint64_t)value : 0;
    return fits ? NN_OK
                : nn_fail(err, NN_EINVAL, "--record-limit '%s': write 500M or 5G, at least 1M",
                          text);
}
