// SPDX-License-Identifier: MIT
// Prints figures and events of a run for people.
#include "app/run/summary.h"

#include <glib.h>
#include <string.h>
#include <sys/resource.h>

FILE *app_run_text_output(const app_run_options *r)
{
    return r->json && strcmp(r->json, "-") == 0 ? stderr : stdout;
}

void app_run_print_event(void *user, const vp_event *event)
{
    app_run_options *r = user;
    if (r->o.on_frame) // the line of the progress
        fputs("\r\033[K", stderr);
    app_areas_print(app_run_text_output(r), event);
    fflush(app_run_text_output(r));
}

void app_run_show_progress(void *user, int64_t frame, const nn_result *result)
{
    static gint64 shown; // one run in the process
    gint64 now = g_get_monotonic_time();
    (void)user;
    if (now - shown < G_USEC_PER_SEC / 4)
        return;
    shown = now;
    fprintf(stderr, "\rframe %lld, ", (long long)frame);
    if (!result || result->map.width == 0)
        fprintf(stderr, "%d found, ", result ? result->count : 0);
    fprintf(stderr, "%.1f ms   ", result ? (double)result->infer_ms : 0.0);
}

static double peak_mib(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (double)usage.ru_maxrss / 1024 : 0;
}

// "yard-*.mp4" for a recording in several files (g_free).
static char *name_segments(const app_run_options *r)
{
    const char *dot = r->record ? strrchr(r->record, '.') : NULL;
    if (!dot || !(r->o.record_segment > 0))
        return g_strdup(r->record);
    return g_strdup_printf("%.*s-*%s", (int)(dot - r->record), r->record, dot);
}

void app_run_print_summary(const app_run_options *r, const vp_stats *s)
{
    FILE *out = app_run_text_output(r);
    if (s->frames > 1)
        fprintf(out, "%lld frames in %.2f s: %.1f frames/s; %lld", (long long)s->frames, s->seconds,
                s->fps, (long long)s->inferred);
    else // one picture takes no time between frames
        fprintf(out, "%s", s->frames == 1 ? "1 frame" : "no frame");
    if (s->inferred > 0)
        fprintf(out, "%s inferred at %dx%d, %.2f ms%s", s->frames > 1 ? "" : ",", s->input_width,
                s->input_height, s->infer_ms, s->inferred > 1 ? " each" : "");
    else if (s->frames > 1)
        fputs(" inferred", out);
    fputc('\n', out);
    if (r->o.latency_budget > 0 && s->inferred > 0)
        fprintf(out,
                "budget %g ms: 95 %% of the last inferences took at most %.2f ms; the input "
                "size changed %d times\n",
                r->o.latency_budget, s->infer_ms_p95, s->size_changes);
    if (!s->maps)
        fprintf(out, "%lld detections", (long long)s->detections);
    if (s->first_detection_ms >= 0)
        fprintf(out, ", the first %.0f ms after the start", s->first_detection_ms);
    fprintf(out, "%speak memory %.0f MiB\n", s->maps ? "" : "; ", peak_mib());
    if (r->record_events)
        fprintf(out, "%d %s of events in %s\n", s->events, s->events == 1 ? "clip" : "clips",
                r->record_events);
    if (s->reconnects)
        fprintf(out, "%d reconnections\n", s->reconnects);
    g_autofree char *segments = name_segments(r);
    const char *const files[][2] = {{"JSON lines", r->json},
                                    {"recording", segments},
                                    {"snapshot", r->snapshot},
                                    {"YOLO labels", r->save_txt},
                                    {"COCO labels", r->save_json}};
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
        if (files[i][1] && strcmp(files[i][1], "-") != 0)
            fprintf(out, "%-11s %s\n", files[i][0], files[i][1]);
}
