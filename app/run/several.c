// SPDX-License-Identifier: MIT
// Runs several inputs as a group and prints a table of their figures.
#include "app/run/several.h"

#include "app/cli/arguments.h"
#include "app/cli/interrupt.h"
#include "pipeline/group.h"

#include <sys/resource.h>

static vp_group *running; // for the signal handler

static void interrupt(void)
{
    vp_group_stop(running);
}

static void print_figures(vp_group *g, const char *const *inputs, int count, FILE *out)
{
    double total = 0;
    fprintf(out, "%8s %9s %9s %9s %11s  input\n", "frames", "frames/s", "inferred", "ms each",
            "detections");
    for (int i = 0; i < count; i++) {
        const vp_stats s = vp_group_stats(g, i);
        g_autofree char *name = app_show_address(inputs[i]);
        total += s.fps;
        fprintf(out, "%8lld %9.1f %9lld %9.2f %11lld  %s\n", (long long)s.frames, s.fps,
                (long long)s.inferred, s.infer_ms, (long long)s.detections, name);
    }
    struct rusage usage = {0};
    getrusage(RUSAGE_SELF, &usage);
    fprintf(out, "%d inputs, %.1f frames/s together; peak memory %.0f MiB\n", count, total,
            (double)usage.ru_maxrss / 1024);
}

nn_status app_run_several(const vp_options *options, const char *const *inputs, int count,
                          FILE *out, nn_error *err)
{
    vp_group *g;
    nn_status status = vp_group_open(&g, options, inputs, count, err);
    if (status != NN_OK)
        return status;
    running = g;
    app_interrupt_catch(interrupt);
    status = vp_group_run(g, err);
    app_interrupt_leave();
    if (options->on_frame)
        fputs("\r\033[K", stderr);
    if (status == NN_OK)
        print_figures(g, inputs, count, out);
    vp_group_free(g);
    return status;
}
