// SPDX-License-Identifier: MIT
// Views of the parts of a frame for the engine, and the boxes of all of them.
#include "plugins/infer/look.h"

#include "nn/predict/detector_regions.h"
#include "plugins/common/video.h"

struct NeroLook {
    GMutex lock;             // guards the next four
    nn_region_options *next; // owned, with its texts; NULL: no change
    gboolean forget;
    NeroLookStats stats;

    // used by one thread at a time
    nn_regions *regions;
    GArray *views; // NeroView
    GArray *jobs;  // nn_detector_job
};

NeroLook *nero_look_new(void)
{
    NeroLook *l = g_new0(NeroLook, 1);
    g_mutex_init(&l->lock);
    l->regions = nn_regions_new();
    l->views = g_array_new(FALSE, TRUE, sizeof(NeroView));
    l->jobs = g_array_new(FALSE, TRUE, sizeof(nn_detector_job));
    return l;
}

static void free_options(nn_region_options *o)
{
    if (!o)
        return;
    g_free((char *)o->tiles);
    g_free((char *)o->roi);
    g_free((char *)o->ignore);
    g_free(o);
}

void nero_look_free(NeroLook *l)
{
    if (!l)
        return;
    free_options(l->next);
    nn_regions_free(l->regions);
    g_array_unref(l->views);
    g_array_unref(l->jobs);
    g_mutex_clear(&l->lock);
    g_free(l);
}

nn_status nero_look_set(NeroLook *l, const nn_region_options *options, nn_error *err)
{
    const nn_status status = nn_region_options_check(options, err);
    if (status != NN_OK)
        return status;
    nn_region_options *copy = g_memdup2(options, sizeof *options);
    copy->tiles = g_strdup(options->tiles);
    copy->roi = g_strdup(options->roi);
    copy->ignore = g_strdup(options->ignore);
    g_mutex_lock(&l->lock);
    free_options(l->next);
    l->next = copy;
    g_mutex_unlock(&l->lock);
    return NN_OK;
}

void nero_look_forget(NeroLook *l)
{
    g_mutex_lock(&l->lock);
    l->forget = TRUE;
    g_mutex_unlock(&l->lock);
}

void nero_look_get_stats(NeroLook *l, NeroLookStats *stats)
{
    g_mutex_lock(&l->lock);
    *stats = l->stats;
    g_mutex_unlock(&l->lock);
}

static nn_status refresh(NeroLook *l, nn_error *err)
{
    g_mutex_lock(&l->lock);
    nn_region_options *next = g_steal_pointer(&l->next);
    const gboolean forget = l->forget;
    l->forget = FALSE;
    g_mutex_unlock(&l->lock);
    if (!l->regions)
        return nn_fail(err, NN_ENOMEM, "no memory for the parts of a frame");
    nn_status status = next ? nn_regions_set(l->regions, next, err) : NN_OK;
    free_options(next);
    if (forget)
        nn_regions_forget(l->regions);
    return status;
}

static void count_parts(NeroLook *l, int parts, int inferred)
{
    g_mutex_lock(&l->lock);
    l->stats.parts += (guint64)parts;
    l->stats.inferred += (guint64)inferred;
    g_mutex_unlock(&l->lock);
}

gboolean nero_look_suits(const nn_card *card)
{
    return strcmp(card->task, "segment") != 0 && strcmp(card->task, "classify") != 0;
}

// The frames of the jobs: views of the parts, which stay where they are during the run.
static gboolean view_parts(NeroLook *l, const GstVideoFrame *video, const GstVideoRectangle *area,
                           const nn_rect *parts, int count)
{
    int all, now;
    nn_regions_count(l->regions, &all, &now);
    g_array_set_size(l->views, (guint)count);
    g_array_set_size(l->jobs, (guint)count);
    for (int i = 0; i < count; i++) {
        const GstVideoRectangle part = {area->x + parts[i].x, area->y + parts[i].y, parts[i].width,
                                        parts[i].height};
        NeroView *view = &g_array_index(l->views, NeroView, i);
        if (!nero_video_view(video, &part, view))
            return FALSE;
        g_array_index(l->jobs, nn_detector_job, i) = (nn_detector_job){
            .frame = &view->frame, .result = &nn_regions_results(l->regions)[i], .part = all > 1};
    }
    return TRUE;
}

static nn_status infer_parts(NeroLook *l, const GstVideoFrame *video, const GstVideoRectangle *area,
                             const nn_rect *parts, int count, nero_look_run run, gpointer user,
                             nn_error *err)
{
    if (count == 0)
        return NN_OK;
    if (!view_parts(l, video, area, parts, count))
        return nn_fail(err, NN_EUNSUPPORTED, "pixel format %s is not supported",
                       GST_VIDEO_INFO_NAME(&video->info));
    return run(user, &g_array_index(l->jobs, nn_detector_job, 0), count, err);
}

nn_status nero_look_infer(NeroLook *l, const GstVideoFrame *video, const GstVideoRectangle *area,
                          GstClockTime pts, const nn_card *card, const nn_detector_filter *filter,
                          nero_look_run run, gpointer user, nn_result *result, nn_error *err)
{
    const double seconds =
        (GST_CLOCK_TIME_IS_VALID(pts) ? (double)pts / 1e3 : (double)g_get_monotonic_time()) / 1e6;
    NeroView view;
    const nn_rect *parts;
    int count;
    nn_status status = refresh(l, err);
    if (status != NN_OK)
        return status;
    if (!nero_video_view(video, area, &view))
        return nn_fail(err, NN_EUNSUPPORTED, "pixel format %s is not supported",
                       GST_VIDEO_INFO_NAME(&video->info));
    if (nn_regions_is_plain(l->regions) || !nero_look_suits(card)) {
        nn_detector_job job = {.frame = &view.frame, .result = result};
        count_parts(l, 1, 1);
        return run(user, &job, 1, err);
    }
    const nn_object_sizes sizes = nn_card_object_sizes(card);
    status = nn_regions_begin(l->regions, &view.frame, &sizes, seconds, &parts, &count, err);
    if (status == NN_OK)
        status = infer_parts(l, video, area, parts, count, run, user, err);
    nn_regions_set_agnostic(l->regions, filter->agnostic_nms);
    if (status == NN_OK)
        status = nn_regions_finish(l->regions, filter->max_detections, result, err);
    int all;
    nn_regions_count(l->regions, &all, &count);
    if (status == NN_OK)
        count_parts(l, all, count);
    return status;
}
