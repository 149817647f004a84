// SPDX-License-Identifier: MIT
// Records a camera to a file first, because its frames come only once.
#include "app/cli/arguments.h"
#include "app/label/run.h"

#include "pipeline/record.h"

#define DEFAULT_SECONDS 60.0

static void show(void *ctx, double seconds)
{
    label_work *w = ctx;
    app_progress_show(&w->progress, (int64_t)(10 * seconds), "recording");
}

nn_status label_record(label_work *w, nn_error *err)
{
    const double seconds = w->o->seconds > 0 ? w->o->seconds : DEFAULT_SECONDS;
    w->out->video = g_build_filename(w->o->out, "camera.mkv", NULL);
    if (g_file_test(w->out->video, G_FILE_TEST_EXISTS)) {
        fprintf(stderr, "%s was recorded before\n", w->out->video);
        return NN_OK;
    }
    char text[32];
    g_autofree char *input = app_show_address(w->o->input);
    fprintf(stderr, "recording %s for %s into %s\n", input,
            app_format_seconds(seconds, text, sizeof text), w->out->video);
    app_progress_begin(&w->progress, "", 0, (int64_t)(10 * seconds));
    const nn_status status = vp_record(w->o->input, w->out->video, seconds, w->stop, show, w, err);
    app_progress_break(&w->progress);
    return status;
}
