// SPDX-License-Identifier: MIT
// Checks zones and lines before the run, and prints events one a line.
#include "app/track/area_events.h"

#include "app/cli/arguments.h"
#include "nn/io/analytics_file.h"

bool app_areas_given(const app_areas *a)
{
    return a->zone || a->line || a->file;
}

nn_status app_areas_use(app_areas *a, vp_options *o, nn_error *err)
{
    nn_analytics_config c;
    nn_analytics_config_init(&c);
    a->zones = a->zone ? g_strjoinv(";", a->zone) : NULL;
    a->lines = a->line ? g_strjoinv(";", a->line) : NULL;
    nn_status status = a->file ? nn_analytics_config_load(&c, a->file, err) : NN_OK;
    const char *what = "--analytics";
    for (int lines = 0; lines < 2 && status == NN_OK; lines++) {
        what = lines ? "--line" : "--zone";
        status = nn_analytics_config_parse(&c, lines, lines ? a->lines : a->zones, err);
    }
    nn_analytics_config_release(&c);
    o->zones = a->zones;
    o->lines = a->lines;
    o->analytics = a->file;
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "%s", what);
}

void app_areas_keep(app_areas *a, const char *input, vp_options *o)
{
    if (a->file) {
        o->analytics_save = a->file;
        return;
    }
    g_autofree char *whole = g_file_test(input, G_FILE_TEST_EXISTS)
                                 ? g_canonicalize_filename(input, NULL)
                                 : app_show_address(input);
    g_autofree char *folder = g_build_filename(g_get_user_config_dir(), "neroscale", "zones", NULL);
    g_strcanon(whole, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS ".", '-');
    g_autofree char *name = g_strconcat(whole, ".json", NULL);
    g_free(a->kept);
    a->kept = g_build_filename(folder, name, NULL);
    o->analytics_save = g_mkdir_with_parents(folder, 0700) == 0 ? a->kept : NULL;
    o->analytics = g_file_test(a->kept, G_FILE_TEST_EXISTS) ? a->kept : NULL;
}

void app_areas_release(app_areas *a)
{
    g_free(a->kept);
    g_strfreev(a->zone);
    g_strfreev(a->line);
    g_free(a->file);
    g_free(a->zones);
    g_free(a->lines);
    *a = (app_areas){0};
}

// 1:02:03.4, or 2:03.4 in the first hour.
static void print_time(FILE *out, double seconds)
{
    const int64_t tenths = (int64_t)(seconds * 10 + 0.5), minutes = tenths / 600;
    if (seconds < 0)
        return;
    if (minutes >= 60)
        fprintf(out, "%lld:%02lld", (long long)(minutes / 60), (long long)(minutes % 60));
    else
        fprintf(out, "%lld", (long long)minutes);
    fprintf(out, ":%02d.%d  ", (int)(tenths % 600 / 10), (int)(tenths % 10));
}

static void print_object(FILE *out, const vp_event *e)
{
    fprintf(out, "  %s %d", e->label ? e->label : "object", e->id);
    if (e->direction)
        fprintf(out, " %s", e->direction > 0 ? "in" : "out");
    if (e->dwell_ms >= 1000)
        fprintf(out, " after %.1f s", e->dwell_ms / 1000);
    if (e->lost)
        fputs(", lost", out);
    if (e->speed >= 0)
        fprintf(out, ", %.1f m/s", e->speed);
}

void app_areas_print(FILE *out, const vp_event *e)
{
    const char *name = e->line ? e->line : e->zone;
    g_autofree char *input = e->input ? app_show_address(e->input) : NULL;
    if (e->type) {
        print_time(out, e->seconds);
        fprintf(out, "%-9s  %s%s%s", e->type, input ? input : "", input ? "  " : "", name);
        if (e->id > 0)
            print_object(out, e);
        fputs("  (", out);
    } else {
        fprintf(out, "%s%s%s: ", input ? input : "", input ? "  " : "", name);
    }
    fprintf(out, "%lld in, %lld out", (long long)e->in, (long long)e->out);
    if (e->zone)
        fprintf(out, ", %d there", e->occupancy);
    if (!e->type && e->zone && e->dwell_ms > 0)
        fprintf(out, ", mean stay %.1f s", e->dwell_ms / 1000);
    fputs(e->type ? ")\n" : "\n", out);
}
