// SPDX-License-Identifier: MIT
// The pictures that nerosink saves.
#include "plugins/sink/sink_save.h"

#include "plugins/sink/sink_snapshot.h"
#include "po/translate.h"

static float sum_of_scores(const NeroMeta *meta)
{
    float sum = 0;
    for (int i = 0; meta && i < meta->result.count; i++)
        sum += meta->result.boxes[i].score;
    return sum;
}

void nero_sink_keep_best(NeroSink *self, const NeroMeta *meta)
{
    GST_OBJECT_LOCK(self);
    gboolean wanted =
        self->settings.snapshot && self->settings.snapshot_frame == NERO_SNAPSHOT_BEST;
    GST_OBJECT_UNLOCK(self);
    float score = sum_of_scores(meta);
    if (!wanted || (self->have_best && score <= self->best_score))
        return;
    self->have_best = nero_window_read(self->window, &self->best, NULL) == NN_OK;
    self->best_score = score;
}

// For calls that may come while the element shuts down.
void nero_sink_call_on_ui(nero_ui_task *task, gpointer data)
{
    nero_ui_ref();
    nero_ui_call(task, data);
    nero_ui_unref();
}

static void save_now(gpointer data)
{
    NeroSinkCall *call = data;
    nn_image image = {0};
    nn_status status = call->self->window
                           ? nero_window_read(call->self->window, &image, &call->error)
                           : nn_fail(&call->error, NN_EINVAL, "no frame is shown");
    if (status == NN_OK)
        status = nn_image_save_png(&image, call->path, &call->error);
    nn_image_release(&image);
    call->ok = status == NN_OK;
}

gboolean nero_sink_save_snapshot(NeroSink *self, const char *path)
{
    NeroSinkCall call = {.self = self, .path = path};
    if (!path)
        return FALSE;
    nero_sink_call_on_ui(save_now, &call);
    if (!call.ok)
        GST_ELEMENT_WARNING(self, RESOURCE, WRITE, (_("Snapshot: %s"), call.error.text), (NULL));
    return call.ok;
}

void nero_sink_screenshot(NeroSink *self)
{
    const char *pictures = g_get_user_special_dir(G_USER_DIRECTORY_PICTURES);
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *name = g_date_time_format(now, "neroscale-%Y%m%d-%H%M%S.png");
    g_autofree char *path = g_build_filename(
        pictures && g_file_test(pictures, G_FILE_TEST_IS_DIR) ? pictures : ".", name, NULL);
    NeroSinkCall call = {.self = self, .path = path};
    save_now(&call);
    g_autofree char *line = call.ok ? g_strdup_printf(_("saved as %s"), path)
                                    : g_strdup_printf(_("not saved: %s"), call.error.text);
    if (self->window)
        nero_window_tell(self->window, line);
}

// Saves the picture that the property asks for, unless it is saved already.
void nero_sink_save_chosen(gpointer data)
{
    NeroSinkCall *call = data;
    NeroSink *self = call->self;
    call->ok = TRUE;
    if (!call->path || self->saved)
        return;
    if (self->have_best)
        call->ok = nn_image_save_png(&self->best, call->path, &call->error) == NN_OK;
    else if (self->window)
        save_now(call);
    self->saved = TRUE;
}

void nero_sink_close_window(gpointer data)
{
    NeroSink *self = ((NeroSinkCall *)data)->self;
    nero_sink_save_chosen(data);
    nn_image_release(&self->best);
    self->have_best = self->saved = FALSE;
    nero_window_free(self->window);
    self->window = NULL;
    self->navigation = (NeroNavigation){0};
    g_clear_pointer(&self->shown, gst_sample_unref);
}

void nero_sink_run_snapshot(NeroSink *self, nero_ui_task *task)
{
    GST_OBJECT_LOCK(self);
    g_autofree char *path = g_strdup(self->settings.snapshot);
    GST_OBJECT_UNLOCK(self);
    NeroSinkCall call = {.self = self, .path = path};
    nero_ui_call(task, &call);
    if (!call.ok)
        GST_ELEMENT_ERROR(self, RESOURCE, WRITE, (_("Snapshot: %s"), call.error.text), (NULL));
}

gboolean nero_sink_check_snapshot(NeroSink *self)
{
    nn_error err = {0};
    GST_OBJECT_LOCK(self);
    g_autofree char *path = g_strdup(self->settings.snapshot);
    GST_OBJECT_UNLOCK(self);
    if (!path || nero_snapshot_check(path, &err) == NN_OK)
        return TRUE;
    GST_ELEMENT_ERROR(self, RESOURCE, OPEN_WRITE, (_("Snapshot: %s"), err.text), (NULL));
    return FALSE;
}
