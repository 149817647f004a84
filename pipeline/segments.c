// SPDX-License-Identifier: MIT
// One recorder after the other. A thread closes the files, so that no frame waits for that.
#include "pipeline/segments.h"

#include "pipeline/keep.h"
#include "pipeline/recorder.h"

#include <glib/gstdio.h>
#include <gst/app/gstappsink.h>
#include <string.h>

enum { STAMP = 24, LOOK_MS = 5000 }; // "2026-01-31T23-59-59.123Z"; between looks at the sizes

struct vp_segments {
    char *path, *folder;
    char *begin, *ending; // of the names of files: "yard-", ".mp4"
    double seconds;       // 0: one file
    guint64 limit;
    gint64 look_at;
    GThreadPool *closer; // NULL: one file

    GMutex lock;          // guards what follows
    vp_recorder *current; // never NULL once it is open
    nn_error failed;      // of the next file, or of one that was closed
    bool any;             // a file of before can be played
    bool over;
};

// --- names and sizes ---

static void split_name(vp_segments *s, const char *path)
{
    g_autofree char *name = g_path_get_basename(path);
    const char *dot = strrchr(name, '.');
    const gsize stem = dot ? (gsize)(dot - name) : strlen(name);
    s->path = g_strdup(path);
    s->folder = g_path_get_dirname(path);
    s->begin = g_strdup_printf("%.*s-", (int)stem, name);
    s->ending = g_strdup(name + stem);
}

static char *next_path(const vp_segments *s)
{
    if (!(s->seconds > 0))
        return g_strdup(s->path);
    g_autofree char *stem = vp_keep_stem(g_get_real_time(), "");
    g_autofree char *name = g_strdup_printf("%s%.*s%s", s->begin, STAMP, stem, s->ending);
    return g_build_filename(s->folder, name, NULL);
}

// Whether a file is one of ours; those in progress end in ".part".
static bool is_ours(const vp_segments *s, const char *name)
{
    static const char form[] = "0000-00-00T00-00-00.000Z";
    if (!g_str_has_prefix(name, s->begin))
        return false;
    name += strlen(s->begin);
    for (int i = 0; i < STAMP; i++)
        if (form[i] == '0' ? !g_ascii_isdigit(name[i]) : name[i] != form[i])
            return false;
    return strcmp(name + STAMP, s->ending) == 0 ||
           (g_str_has_prefix(name + STAMP, s->ending) &&
            strcmp(name + STAMP + strlen(s->ending), ".part") == 0);
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static guint64 size_of(const char *path)
{
    GStatBuf st;
    return g_stat(path, &st) == 0 ? (guint64)st.st_size : 0;
}

// Removes the oldest files, until the rest may stay.
static void bound(const vp_segments *s)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    GDir *d = s->limit > 0 ? g_dir_open(s->folder, 0, NULL) : NULL;
    guint64 bytes = 0;
    for (const char *name; d && (name = g_dir_read_name(d));)
        if (is_ours(s, name))
            g_ptr_array_add(files, g_build_filename(s->folder, name, NULL));
    if (d)
        g_dir_close(d);
    g_ptr_array_sort(files, by_name);
    for (guint i = 0; i < files->len; i++)
        bytes += size_of(files->pdata[i]);
    for (guint i = 0; i < files->len && bytes > s->limit; i++)
        if (!g_str_has_suffix(files->pdata[i], ".part")) {
            bytes -= MIN(bytes, size_of(files->pdata[i]));
            g_unlink(files->pdata[i]);
        }
}

// --- from one file to the next ---

static void close_one(gpointer recorder, gpointer data)
{
    vp_segments *s = data;
    nn_error why = {0};
    g_autofree char *left = NULL;
    const nn_status status = vp_recorder_finish(recorder, true, &left, &why);
    vp_recorder_free(recorder);
    bound(s);
    g_mutex_lock(&s->lock);
    if (status != NN_OK && s->failed.status == NN_OK)
        s->failed = why;
    s->any = s->any || status == NN_OK;
    g_mutex_unlock(&s->lock);
}

// On failure the recording ends with the file of before.
static void rotate(vp_segments *s)
{
    nn_error why = {0};
    vp_recorder *next = NULL;
    g_autofree char *path = next_path(s);
    nn_status status = vp_recorder_new(&next, path, &why);
    if (status == NN_OK)
        status = vp_recorder_start(next, &why);
    g_mutex_lock(&s->lock);
    vp_recorder *old = s->current;
    const bool goes_on = status == NN_OK && !s->over;
    if (goes_on) { // under the lock: `closer` is there until `over`
        s->current = next;
        g_thread_pool_push(s->closer, old, NULL);
    }
    if (status != NN_OK && s->failed.status == NN_OK)
        s->failed = why;
    g_mutex_unlock(&s->lock);
    if (!goes_on)
        vp_recorder_free(next);
}

static GstFlowReturn take(GstAppSink *sink, gpointer data)
{
    vp_segments *s = data;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
    g_mutex_lock(&s->lock);
    const bool over = s->over || s->failed.status != NN_OK;
    vp_recorder *current = s->current; // only this thread replaces it
    g_mutex_unlock(&s->lock);
    if (!sample || over)
        return GST_FLOW_OK;
    if (s->seconds > 0 && vp_recorder_length(current) >= s->seconds * GST_SECOND) {
        rotate(s);
        g_mutex_lock(&s->lock);
        current = s->current;
        g_mutex_unlock(&s->lock);
    }
    vp_recorder_take(current, sample);
    return GST_FLOW_OK; // whatever happens to the recording
}

// --- opening, watching, ending ---

nn_status vp_segments_new(vp_segments **out, const char *path, double seconds, guint64 limit,
                          nn_error *err)
{
    vp_segments *s = g_new0(vp_segments, 1);
    *out = NULL;
    g_mutex_init(&s->lock);
    s->seconds = seconds;
    s->limit = limit;
    split_name(s, path);
    if (seconds > 0)
        s->closer = g_thread_pool_new(close_one, s, 1, FALSE, NULL);
    g_autofree char *first = next_path(s);
    const nn_status status = vp_recorder_new(&s->current, first, err);
    if (status == NN_OK)
        *out = s;
    else
        vp_segments_free(s);
    return status;
}

nn_status vp_segments_attach(vp_segments *s, GstElement *pipeline, nn_error *err)
{
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "record");
    GstAppSinkCallbacks callbacks = {.new_sample = take};
    vp_recorder_fix_size(pipeline);
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks, s, NULL);
    return vp_recorder_start(s->current, err);
}

const char *vp_segments_news(const vp_segments *s)
{
    return vp_recorder_news(s->current);
}

bool vp_segments_watch(vp_segments *s, bool *any, nn_error *why)
{
    const gint64 now = g_get_monotonic_time();
    g_mutex_lock(&s->lock);
    bool ended = !s->over && vp_recorder_watch(s->current, any, why);
    if (!ended && !s->over && s->failed.status != NN_OK) {
        *why = s->failed;
        *any = ended = true;
    }
    *any = *any || s->any;
    s->over = s->over || ended;
    g_mutex_unlock(&s->lock);
    if (s->seconds > 0 && now > s->look_at) {
        bound(s);
        s->look_at = now + LOOK_MS * G_TIME_SPAN_MILLISECOND;
    }
    return ended;
}

nn_status vp_segments_finish(vp_segments *s, bool whole, char **left, nn_error *err)
{
    g_mutex_lock(&s->lock);
    s->over = true;
    vp_recorder *current = s->current;
    g_mutex_unlock(&s->lock);
    if (s->closer)
        g_thread_pool_free(s->closer, FALSE, TRUE);
    s->closer = NULL;
    const nn_status status = vp_recorder_finish(current, whole, left, err);
    if (s->seconds > 0)
        bound(s);
    return status;
}

void vp_segments_free(vp_segments *s)
{
    if (!s)
        return;
    if (s->closer)
        g_thread_pool_free(s->closer, FALSE, TRUE);
    vp_recorder_free(s->current);
    g_free(s->path);
    g_free(s->folder);
    g_free(s->begin);
    g_free(s->ending);
    g_mutex_clear(&s->lock);
    g_free(s);
}
