// SPDX-License-Identifier: MIT
// Runs several inputs in threads of their own and shows them in one mosaic.
#include "pipeline/group.h"

#include "pipeline/mosaic.h"
#include "pipeline/start.h"
#include "pipeline/state.h"
#include "pipeline/steady.h"
#include "pipeline/window.h"

enum { TICK_MS = 50 };

typedef struct stream {
    vp_group *group;
    vp_pipeline *pipeline;
    GThread *thread;
    nn_error error;
    gint done; // atomic
} stream;

struct vp_group {
    stream streams[VP_GROUP_MAX];
    int count;
    vp_mosaic *mosaic; // NULL: nothing is shown or recorded
    bool is_window; // the mosaic is one
    bool closed;
    char *share; // owned: the name under which the inputs share the model
    GMutex lock; // one callback at a time
    int64_t frames;
    void (*on_frame)(void *user, int64_t frame, const nn_result *result);
    void (*on_event)(void *user, const vp_event *event);
    void (*on_notice)(void *user, const char *line);
    void *user;
};

// In the window, as long as no input has a picture.
static void show_wait(vp_group *g, const char *why)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (int i = 0; i < g->count; i++) {
        g_autofree char *name = vp_window_source_name(&g->streams[i].pipeline->input);
        g_string_append_printf(names, "%s%s", i ? ", " : "", name);
    }
    vp_mosaic_wait(g->mosaic, names->str, why);
}

static void pass_notice(void *user, const char *line)
{
    vp_group *g = ((stream *)user)->group;
    g_mutex_lock(&g->lock);
    if (g->mosaic && g->is_window)
        show_wait(g, line);
    if (g->on_notice)
        g->on_notice(g->user, line);
    g_mutex_unlock(&g->lock);
}

static void pass_lost(void *user, double seconds)
{
    const stream *s = user;
    vp_mosaic_lost(s->group->mosaic, (int)(s - s->group->streams), seconds);
}

static void pass_frame(void *user, int64_t frame, const nn_result *result)
{
    vp_group *g = ((stream *)user)->group;
    (void)frame;
    g_mutex_lock(&g->lock);
    g->frames++;
    if (g->on_frame)
        g->on_frame(g->user, g->frames, result);
    g_mutex_unlock(&g->lock);
}

static void pass_event(void *user, const vp_event *event)
{
    vp_group *g = ((stream *)user)->group;
    vp_event own = *event;
    own.input = ((stream *)user)->pipeline->input.text;
    g_mutex_lock(&g->lock);
    if (g->on_event)
        g->on_event(g->user, &own);
    g_mutex_unlock(&g->lock);
}

static nn_status open_stream(vp_group *g, int index, const vp_options *options, const char *input,
                             nn_error *err)
{
    stream *s = &g->streams[index];
    vp_options own = *options;
    s->group = g;
    own.input = input;
    own.share = g->share;
    own.inputs = g->count;
    own.record = own.snapshot = NULL; // of all inputs together
    g_autofree char *number = g_strdup_printf("input%d", index + 1);
    g_autofree char *folder =
        own.record_events ? g_build_filename(own.record_events, number, NULL) : NULL;
    own.record_root = options->record_events;
    own.record_events = folder; // clips of each input in a folder of its own
    own.on_frame = pass_frame;
    own.on_event = pass_event;
    own.on_notice = pass_notice;
    own.user = s;
    if (g->mosaic) {
        vp_mosaic_tile_size(g->count, &own.tile_width, &own.tile_height);
        own.view = options->view == VP_VIEW_WINDOW ? VP_VIEW_TILE_PACED : VP_VIEW_TILE;
    }
    nn_status status = vp_pipeline_open(&s->pipeline, &own, err);
    if (status != NN_OK || !g->mosaic)
        return status;
    g_autoptr(GstElement) tile = gst_bin_get_by_name(GST_BIN(s->pipeline->pipeline), "tile");
    vp_mosaic_connect(g->mosaic, index, tile);
    g_autofree char *name = vp_window_source_name(&s->pipeline->input);
    vp_mosaic_name(g->mosaic, index, name, s->pipeline->input.live);
    s->pipeline->on_lost = pass_lost;
    return NN_OK;
}

nn_status vp_group_open(vp_group **out, const vp_options *options, const char *const *inputs,
                        int count, nn_error *err)
{
    static gint groups;
    *out = NULL;
    if (count < 2 || count > VP_GROUP_MAX)
        return nn_fail(err, NN_EINVAL, "%d inputs: there can be 1 to %d", count, VP_GROUP_MAX);
    vp_steady_share();
    vp_group *g = g_new0(vp_group, 1);
    g_mutex_init(&g->lock);
    g->count = count;
    g->share = g_strdup_printf("group%d", g_atomic_int_add(&groups, 1));
    g->on_frame = options->on_frame;
    g->on_event = options->on_event;
    g->on_notice = options->on_notice;
    g->user = options->user;
    g->is_window = options->view == VP_VIEW_WINDOW;
    nn_status status = vp_start_plugins(err);
    if (status == NN_OK && (options->view != VP_VIEW_NONE || options->record))
        status = vp_mosaic_new(&g->mosaic, count, options, err);
    for (int i = 0; i < count && status == NN_OK; i++)
        status = open_stream(g, i, options, inputs[i], err);
    if (status == NN_OK)
        *out = g;
    else
        vp_group_free(g);
    return status;
}

static gpointer run_stream(gpointer data)
{
    stream *s = data;
    if (vp_pipeline_run(s->pipeline, &s->error) != NN_OK)
        pass_notice(s, s->error.text);
    g_atomic_int_set(&s->done, 1);
    return NULL;
}

static bool has_ended(vp_group *g)
{
    for (int i = 0; i < g->count; i++)
        if (!g_atomic_int_get(&g->streams[i].done))
            return false;
    return true;
}

static nn_status watch_mosaic(vp_group *g, nn_error *err)
{
    nn_error warning = {0};
    const nn_status status =
        vp_mosaic_watch(g->mosaic, TICK_MS * GST_MSECOND, &g->closed, &warning, err);
    if (warning.status != NN_OK)
        pass_notice(&g->streams[0], warning.text);
    return status;
}

// A closed or broken window ends all runs.
static nn_status watch(vp_group *g, nn_error *err)
{
    nn_status status = NN_OK;
    while (!has_ended(g)) {
        if (!g->mosaic || status != NN_OK || g->closed)
            g_usleep(TICK_MS * 1000);
        else
            status = watch_mosaic(g, err);
        if (status != NN_OK || g->closed)
            vp_group_stop(g);
    }
    return status;
}

// The first error, when no input has worked.
static nn_status outcome(const vp_group *g, nn_error *err)
{
    for (int i = 0; i < g->count; i++)
        if (g->streams[i].error.status == NN_OK)
            return NN_OK;
    return nn_fail(err, g->streams[0].error.status, "none of the %d inputs works", g->count);
}

// The file that the inputs share is opened by all before one can end: else one that begins later
// would open it anew, and what is in it would be lost. What cannot be opened is reported by the run.
static void open_files(vp_group *g)
{
    for (int i = 0; i < g->count; i++) {
        GstElement *pipeline = g->streams[i].pipeline->pipeline;
        g_autoptr(GstElement) publish = gst_bin_get_by_name(GST_BIN(pipeline), "publish");
        if (publish && gst_element_set_state(pipeline, GST_STATE_READY) != GST_STATE_CHANGE_FAILURE)
            gst_element_set_state(publish, GST_STATE_PAUSED);
    }
}

nn_status vp_group_run(vp_group *g, nn_error *err)
{
    nn_status status = g->mosaic ? vp_mosaic_start(g->mosaic, err) : NN_OK;
    if (status != NN_OK)
        return status;
    if (g->mosaic && g->is_window)
        show_wait(g, NULL);
    open_files(g);
    for (int i = 0; i < g->count; i++)
        g->streams[i].thread = g_thread_new("input", run_stream, &g->streams[i]);
    status = watch(g, err);
    for (int i = 0; i < g->count; i++)
        g_thread_join(g->streams[i].thread);
    nn_error last = {0};
    if (g->mosaic && vp_mosaic_finish(g->mosaic, &last) != NN_OK && status == NN_OK)
        status = nn_fail(err, last.status, "%s", last.text);
    return status == NN_OK ? outcome(g, err) : status;
}

void vp_group_stop(vp_group *g)
{
    for (int i = 0; i < g->count; i++)
        vp_pipeline_stop(g->streams[i].pipeline);
}

vp_stats vp_group_stats(vp_group *g, int index)
{
    vp_stats stats = vp_pipeline_stats(g->streams[index].pipeline);
    stats.window_closed = g->closed;
    return stats;
}

void vp_group_free(vp_group *g)
{
    if (!g)
        return;
    for (int i = 0; i < g->count; i++)
        vp_pipeline_free(g->streams[i].pipeline);
    vp_mosaic_free(g->mosaic);
    g_mutex_clear(&g->lock);
    g_free(g->share);
    g_free(g);
}
