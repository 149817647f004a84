// SPDX-License-Identifier: MIT
// Follows the boxes of a stream over measured, carried and empty frames.
#include "plugins/track/tracking.h"

#include "nn/vision/tracker_kind.h"
#include "plugins/common/segment_time.h"
#include "plugins/common/video.h"
#include "plugins/infer/attach.h"
#include "plugins/track/camera.h"
#include "plugins/track/kept_details.h"
#include "plugins/track/relations.h"
#include "plugins/track/roi.h"
#ifdef NERO_HAVE_GST_ANALYTICS
#include "plugins/track/tracking_mtd.h"
#endif

#include <math.h>
#include <string.h>

#define FOREIGN_THRESHOLD 0.4f // of detectors that do not say theirs

enum {
    MOST_STEPS = 1 << 20, // frames between two frames
    MOST_OTHERS = 16,     // detectors behind the followed one
};

struct NeroTracking {
    nn_tracker *tracker;
    NeroTrackingSettings settings;
    GstClockTime duration; // of a frame; 0: unknown
    float threshold;       // of the detector
    gboolean dirty;        // the options must be made again
    gboolean looks;        // it compares colours
    gboolean backwards;    // times decrease

    // The last measurement, while `measured`.
    gboolean measured;
    GstClockTime time;        // of its frame, ordered; NONE without timestamps
    guint64 source;           // source_pts of its result
    guint since;              // buffers since then
    NeroLabels *labels;       // owned reference; NULL: boxes of other elements
    nn_result shape;          // sizes and times of its result; owns nothing
    GArray *loose;            // its boxes without a track
    GArray *scores;           // work space: those of `boxes`
    NeroKeptDetails *details; // of its other boxes

    GPtrArray *others;  // NeroLabels of detectors that came behind the followed one
    NeroCamera *camera; // NULL: taken to stand still
    GArray *boxes;      // those of the last frame; work space for the next one
    GstClockTime last;  // time of the last frame, ordered
    NeroTrackingStats stats;
#ifdef NERO_HAVE_GST_ANALYTICS
    NeroSightings *sightings;
#endif
};

static void unref_labels(gpointer data)
{
    nero_labels_unref(data);
}

NeroTracking *nero_tracking_new(void)
{
    NeroTracking *t = g_new0(NeroTracking, 1);
    t->boxes = g_array_new(FALSE, FALSE, sizeof(nn_box));
    t->loose = g_array_new(FALSE, FALSE, sizeof(nn_box));
    t->scores = g_array_new(FALSE, FALSE, sizeof(float));
    t->details = nero_kept_details_new();
    t->others = g_ptr_array_new_with_free_func(unref_labels);
    t->last = GST_CLOCK_TIME_NONE;
#ifdef NERO_HAVE_GST_ANALYTICS
    t->sightings = nero_sightings_new();
#endif
    t->dirty = TRUE;
    return t;
}

void nero_tracking_free(NeroTracking *t)
{
    if (!t)
        return;
#ifdef NERO_HAVE_GST_ANALYTICS
    nero_sightings_free(t->sightings);
#endif
    nn_tracker_free(t->tracker);
    nero_camera_free(t->camera);
    nero_labels_unref(t->labels);
    g_ptr_array_unref(t->others);
    g_array_unref(t->boxes);
    g_array_unref(t->loose);
    g_array_unref(t->scores);
    nero_kept_details_free(t->details);
    g_free(t);
}

void nero_tracking_configure(NeroTracking *t, const NeroTrackingSettings *settings)
{
    t->settings = *settings;
    t->dirty = TRUE;
    if (!settings->camera_motion)
        g_clear_pointer(&t->camera, nero_camera_free);
    else if (!t->camera)
        t->camera = nero_camera_new();
}

void nero_tracking_restart(NeroTracking *t)
{
    if (t->tracker)
        nn_tracker_reset(t->tracker);
    if (t->camera)
        nero_camera_forget(t->camera);
    t->measured = FALSE;
    t->last = GST_CLOCK_TIME_NONE;
    t->duration = 0;
    t->dirty = TRUE;
    g_array_set_size(t->loose, 0);
    g_ptr_array_set_size(t->others, 0);
    nero_kept_details_forget(t->details);
}

void nero_tracking_set_backwards(NeroTracking *t, gboolean backwards)
{
    if (t->backwards != backwards)
        nero_tracking_restart(t);
    t->backwards = backwards;
}

static GstClockTime time_of(const NeroTracking *t, GstBuffer *buffer)
{
    return nero_ordered_time(t->backwards, GST_BUFFER_PTS(buffer));
}

NeroTrackingStats nero_tracking_stats(const NeroTracking *t)
{
    NeroTrackingStats s = t->stats;
    s.active = t->tracker ? nn_tracker_count(t->tracker) : 0;
    return s;
}

// --- options ---

static int frames_of(const NeroTracking *t, guint ms)
{
    const GstClockTime duration = t->duration ? t->duration : 100 * GST_MSECOND;
    return (int)MIN((ms * GST_MSECOND + duration / 2) / duration, MOST_STEPS);
}

static nn_track_options make_options(const NeroTracking *t)
{
    const NeroTrackingSettings *s = &t->settings;
    nn_track_options o;
    nn_tracker_kind_at(s->type)->options(&o);
    const float threshold = s->threshold >= 0  ? s->threshold
                            : t->threshold > 0 ? t->threshold
                                               : FOREIGN_THRESHOLD;
    nn_track_scores(&o, threshold);
    o.low = s->low_threshold >= 0 ? s->low_threshold : o.low;
    o.start = s->start_threshold >= 0 ? s->start_threshold : o.start;
    o.lost = MAX(frames_of(t, s->lost_ms), 1);
    o.hold = o.hold > 0 ? frames_of(t, s->hold_ms) : 0;
    o.other_class = s->per_class ? 0 : 0.9f;
    return o;
}

// Applies the settings, the detector's threshold and the duration of frames.
static nn_status prepare(NeroTracking *t, const GstVideoInfo *info, nn_error *err)
{
    if (t->tracker && !t->dirty)
        return NN_OK;
    const nn_track_options o = make_options(t);
    if (!t->tracker)
        t->tracker = nn_tracker_new(&o);
    if (!t->tracker)
        return nn_fail(err, NN_ENOMEM, "no memory for a tracker");
    nn_tracker_set_options(t->tracker, &o);
    t->looks = o.appearance > 0;
    nn_tracker_set_size(t->tracker, GST_VIDEO_INFO_WIDTH(info), GST_VIDEO_INFO_HEIGHT(info));
    t->dirty = FALSE;
    return NN_OK;
}

// The duration of a frame: the caps', else the shortest step between timestamps.
static void learn_duration(NeroTracking *t, const GstVideoInfo *info, GstClockTime time)
{
    GstClockTime duration = 0;
    if (info->fps_n > 0 && info->fps_d > 0)
        duration = gst_util_uint64_scale_int(GST_SECOND, info->fps_d, info->fps_n);
    else if (GST_CLOCK_TIME_IS_VALID(time) && GST_CLOCK_TIME_IS_VALID(t->last) && time > t->last)
        duration = t->duration ? MIN(t->duration, time - t->last) : time - t->last;
    if (duration && duration != t->duration) {
        t->duration = duration;
        t->dirty = TRUE;
    }
    t->last = time;
}

static void learn_threshold(NeroTracking *t, float threshold)
{
    t->dirty = t->dirty || t->threshold != threshold;
    t->threshold = threshold;
}

// Frames from the last measurement to `time`.
static int steps_to(const NeroTracking *t, GstClockTime time)
{
    if (!GST_CLOCK_TIME_IS_VALID(time) || !GST_CLOCK_TIME_IS_VALID(t->time) || !t->duration)
        return (int)MIN(t->since, MOST_STEPS);
    if (time <= t->time)
        return 0;
    return (int)MIN((time - t->time + t->duration / 2) / t->duration, MOST_STEPS);
}

// --- boxes ---

// Shows the picture to the tracker while it looks at the boxes in t->boxes.
static nn_status update_seen(NeroTracking *t, GstBuffer *buffer, const GstVideoInfo *info,
                             int frames, nn_error *err)
{
    GstVideoFrame video;
    NeroView view;
    nn_box *boxes = (nn_box *)(void *)t->boxes->data;
    if (!t->looks || !gst_video_frame_map(&video, info, buffer, GST_MAP_READ))
        return nn_tracker_update(t->tracker, boxes, (int)t->boxes->len, frames, err);
    const GstVideoRectangle area = nero_video_area(&video, info);
    if (nero_video_view(&video, &area, &view))
        nn_tracker_show(t->tracker, &view.frame);
    const nn_status status = nn_tracker_update(t->tracker, boxes, (int)t->boxes->len, frames, err);
    gst_video_frame_unmap(&video);
    return status;
}

// Where classes have thresholds of their own, a score means more or less from class to class.
// Brings the scores to what they would be if all had the lowest threshold: from a threshold to 1,
// and from 0 to it, in proportion. Scores that the user has set for tracks are those of the boxes
// as they are.
static void even_scores(NeroTracking *t, GBytes *thresholds)
{
    const NeroTrackingSettings *s = &t->settings;
    const gboolean told = s->threshold >= 0 || s->low_threshold >= 0 || s->start_threshold >= 0;
    gsize bytes = 0;
    const float *of_class = thresholds && !told ? g_bytes_get_data(thresholds, &bytes) : NULL;
    const float all = t->threshold;
    nn_box *boxes = (nn_box *)(void *)t->boxes->data;
    g_array_set_size(t->scores, t->boxes->len);
    for (guint i = 0; i < t->boxes->len; i++) {
        g_array_index(t->scores, float, i) = boxes[i].score;
        if (boxes[i].label < 0 || (gsize)boxes[i].label >= bytes / sizeof *of_class)
            continue;
        const float own = of_class[boxes[i].label], score = boxes[i].score;
        if (score >= own)
            boxes[i].score = own < 1 ? all + (score - own) * (1 - all) / (1 - own) : score;
        else
            boxes[i].score = MIN(score * all / own, nextafterf(all, 0));
    }
}

static void restore_scores(NeroTracking *t)
{
    nn_box *boxes = (nn_box *)(void *)t->boxes->data;
    for (guint i = 0; i < t->boxes->len; i++)
        boxes[i].score = g_array_index(t->scores, float, i);
}

// Follows the boxes in t->boxes, which were measured at `time`, on this picture or (NULL) on
// another one. The last `faint` of them are shown only with a track. `thresholds` are those of
// classes or NULL. Boxes without one go to t->loose.
static nn_status measure(NeroTracking *t, GstBuffer *picture, const GstVideoInfo *info,
                         GstClockTime time, guint faint, GBytes *thresholds, nn_error *err)
{
    const int frames = t->measured ? MAX(steps_to(t, time), 1) : 1;
    nn_box *boxes = (nn_box *)(void *)t->boxes->data;
    even_scores(t, thresholds);
    const nn_status status =
        picture ? update_seen(t, picture, info, frames, err)
                : nn_tracker_update(t->tracker, boxes, (int)t->boxes->len, frames, err);
    restore_scores(t);
    if (status != NN_OK)
        return status;
    const guint sure = t->boxes->len - faint;
    guint kept = 0;
    g_array_set_size(t->loose, 0);
    for (guint i = 0; i < t->boxes->len; i++) {
        t->stats.last_id = MAX(t->stats.last_id, boxes[i].track_id);
        if (boxes[i].track_id > 0)
            boxes[kept++] = boxes[i];
        else if (i < sure && t->settings.keep_untracked)
            g_array_append_val(t->loose, boxes[i]);
    }
    g_array_set_size(t->boxes, kept);
    t->measured = TRUE;
    t->time = time;
    t->since = 0;
    t->stats.measured++;
    return NN_OK;
}

static gint by_score(gconstpointer a, gconstpointer b)
{
    const nn_box *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return x->track_id - y->track_id;
}

// Adds to t->boxes what is known but was not measured on this frame, `ahead` frames after the last
// measurement.
static void predict(NeroTracking *t, int ahead)
{
    const guint before = t->boxes->len,
                loose = ahead <= frames_of(t, t->settings.lost_ms) ? t->loose->len : 0;
    const int most = nn_tracker_count(t->tracker);
    g_array_append_vals(t->boxes, t->loose->data, loose);
    for (guint i = before; i < t->boxes->len && ahead > 0; i++) {
        g_array_index(t->boxes, nn_box, i).predicted = true;
        g_array_index(t->boxes, nn_box, i).detail = 0; // of an earlier frame
    }
    const guint end = t->boxes->len;
    g_array_set_size(t->boxes, end + (guint)most);
    const int n =
        nn_tracker_predict(t->tracker, ahead, &g_array_index(t->boxes, nn_box, end), most);
    g_array_set_size(t->boxes, end + (guint)n);
    g_array_sort(t->boxes, by_score);
}

// --- NeroMeta ---

static void note_other(NeroTracking *t, NeroLabels *labels)
{
    if (g_ptr_array_find(t->others, labels, NULL))
        return;
    if (t->others->len == MOST_OTHERS)
        g_ptr_array_remove_index(t->others, 0);
    g_ptr_array_add(t->others, nero_labels_ref(labels));
}

// The meta of the detector that is followed: the first one. On frames where that one has none, NULL
// in spite of those of detectors behind it.
static NeroMeta *find_meta(NeroTracking *t, GstBuffer *buffer)
{
    gpointer state = NULL;
    NeroMeta *m = nero_meta_next(buffer, &state);
    if (!m || (m->labels != t->labels && g_ptr_array_find(t->others, m->labels, NULL)))
        return NULL;
    for (NeroMeta *other; (other = nero_meta_next(buffer, &state));)
        if (other->labels != m->labels)
            note_other(t, other->labels);
    return m;
}

// Whether a result was not seen yet: that of this frame, or one that a worker finished meanwhile.
static gboolean is_new(const NeroTracking *t, const nn_result *r)
{
    return r->age_ms <= 0 || !t->measured ||
           (r->source_pts != UINT64_MAX && r->source_pts != t->source);
}

static nn_status read_meta(NeroTracking *t, GstBuffer *buffer, const GstVideoInfo *info,
                           const NeroMeta *meta, nn_error *err)
{
    const nn_result *r = &meta->result;
    const gboolean own = r->age_ms <= 0;
    const GstClockTime time = own ? GST_BUFFER_PTS(buffer) : r->source_pts;
    g_array_append_vals(t->boxes, r->boxes, (guint)r->count);
    g_array_append_vals(t->boxes, meta->faint.boxes, (guint)meta->faint.count);
    if (!own && t->camera)
        nero_camera_bring(t->camera, time, t->boxes);
    nn_status status = measure(t, own ? buffer : NULL, info, nero_ordered_time(t->backwards, time),
                               (guint)meta->faint.count, meta->class_thresholds, err);
    if (status != NN_OK)
        return status;
    nero_kept_details_take(t->details, r, &meta->faint, t->boxes);
    nero_labels_ref(meta->labels);
    nero_labels_unref(t->labels);
    t->labels = meta->labels;
    t->source = r->source_pts;
    t->shape = *r;
    t->shape.boxes = NULL;
    t->shape.count = t->shape.capacity = 0;
    t->shape.map = (nn_label_map){0};
    t->shape.details = (nn_details){0};
    return NN_OK;
}

// Replaces the boxes of a meta, and its regions, by t->boxes. NULL: they have its details.
static gboolean write_meta(NeroTracking *t, GstBuffer *buffer, NeroMeta *meta,
                           const nn_details *details)
{
    NeroRelations *relations = nero_relations_take(buffer, meta);
    NeroMeta old = *meta;
    nn_result with = old.result, faint = old.faint;
    nero_labels_ref(old.labels);
    meta->class_thresholds = NULL; // taken over
    nero_roi_remove(buffer, old.first_region, old.result.count);
    nn_result_init(&meta->result); // taken over
    nn_result_init(&meta->faint);
    gst_buffer_remove_meta(buffer, &meta->meta);
    with.boxes = (nn_box *)(void *)t->boxes->data;
    with.count = with.capacity = (int)t->boxes->len;
    if (details)
        with.details = *details; // borrowed, too
    for (int i = 0; details && i < faint.count; i++)
        faint.boxes[i].detail = 0; // it is not among them
    NeroMeta *written = nero_attach_result(buffer, &with, 0, NULL, old.labels);
    if (written) {
        written->painted = old.painted;
        written->picture = old.picture;
        written->threshold = old.threshold;
        written->class_thresholds = g_steal_pointer(&old.class_thresholds);
        written->interval = old.interval;
        written->skipped = old.skipped;
        written->faint = faint; // nerooverlay covers what might be there, too
        nero_relations_give(relations, buffer, written);
        nero_meta_lead(buffer, written);
    } else {
        nero_relations_free(relations);
        nn_result_release(&faint);
    }
    nn_result_release(&old.result);
    nero_labels_unref(old.labels);
    g_clear_pointer(&old.class_thresholds, g_bytes_unref);
    return written != NULL;
}

// A frame that was not inferred gets a meta of predicted boxes.
static gboolean add_meta(NeroTracking *t, GstBuffer *buffer, int ahead, const nn_details *details)
{
    nn_result r = t->shape;
    if (t->boxes->len == 0 || r.frame_width < 1)
        return TRUE;
    r.boxes = (nn_box *)(void *)t->boxes->data;
    r.count = r.capacity = (int)t->boxes->len;
    r.details = *details;
    r.age_ms += (float)(ahead * (double)(t->duration ? t->duration : 0) / GST_MSECOND);
    const NeroMeta *written = nero_attach_result(buffer, &r, 0, NULL, t->labels);
    if (written)
        nero_meta_lead(buffer, written);
    return written != NULL;
}

static nn_status follow_meta(NeroTracking *t, GstBuffer *buffer, const GstVideoInfo *info,
                             nn_error *err)
{
    NeroMeta *meta = find_meta(t, buffer);
    if (meta)
        learn_threshold(t, meta->threshold);
    nn_status status = prepare(t, info, err);
    if (status == NN_OK && meta && is_new(t, &meta->result))
        status = read_meta(t, buffer, info, meta, err);
    if (status != NN_OK || !t->measured)
        return status;
    const gboolean own = meta && meta->result.age_ms <= 0;
    const int ahead = own ? 0 : MAX(steps_to(t, time_of(t, buffer)), 1);
    if (!own)
        g_array_set_size(t->boxes, 0);
    predict(t, ahead);
    const nn_details *details = own ? NULL : nero_kept_details_place(t->details, t->boxes);
    if (!(meta ? write_meta(t, buffer, meta, details) : add_meta(t, buffer, ahead, details)))
        return nn_fail(err, NN_ENOMEM, "no memory for %u boxes", t->boxes->len);
#ifdef NERO_HAVE_GST_ANALYTICS
    if ((meta = find_meta(t, buffer)))
        nero_tracking_mtd_add(t->sightings, buffer, meta);
#endif
    return NN_OK;
}

// --- regions of other detectors ---

static nn_status follow_regions(NeroTracking *t, GstBuffer *buffer, const GstVideoInfo *info,
                                nn_error *err)
{
    learn_threshold(t, 0);
    nn_status status = prepare(t, info, err);
    const guint count = nero_roi_list(buffer, t->boxes);
    if (status != NN_OK || (count == 0 && !t->measured))
        return status;
    // the labels and order of all
    g_autofree nn_box *all = g_memdup2(t->boxes->data, count * sizeof(nn_box));
    const int frames = t->measured ? MAX(steps_to(t, time_of(t, buffer)), 1) : 1;
    status = update_seen(t, buffer, info, frames, err);
    if (status != NN_OK)
        return status;
    for (guint i = 0; i < count; i++) {
        all[i].track_id = g_array_index(t->boxes, nn_box, i).track_id;
        t->stats.last_id = MAX(t->stats.last_id, all[i].track_id);
    }
    t->measured = TRUE;
    t->time = time_of(t, buffer);
    t->since = 0;
    t->stats.measured++;
    nero_roi_identify(buffer, all, count);
    g_array_set_size(t->boxes, 0);
    g_array_set_size(t->loose, 0);
    predict(t, 0);
    nero_roi_add_predicted(buffer, info, t->boxes);
    return NN_OK;
}

// Follows the camera: what is known moves with the picture.
static void follow_camera(NeroTracking *t, GstBuffer *buffer, const GstVideoInfo *info)
{
    t->stats.motion = nero_camera_look(t->camera, buffer, info, t->boxes);
    if (t->tracker)
        nn_tracker_move(t->tracker, &t->stats.motion);
    for (guint i = 0; i < t->loose->len; i++)
        nn_motion_box(&t->stats.motion, &g_array_index(t->loose, nn_box, i));
}

nn_status nero_tracking_frame(NeroTracking *t, GstBuffer *buffer, const GstVideoInfo *info,
                              nn_error *err)
{
    const GstClockTime time = time_of(t, buffer);
    if (GST_CLOCK_TIME_IS_VALID(time) && GST_CLOCK_TIME_IS_VALID(t->last) && time < t->last)
        nero_tracking_restart(t); // time went back without a seek
    learn_duration(t, info, time);
    if (t->camera)
        follow_camera(t, buffer, info);
    g_array_set_size(t->boxes, 0);
    t->stats.frames++;
    t->since++;
    return nero_meta_get(buffer) || t->labels ? follow_meta(t, buffer, info, err)
                                              : follow_regions(t, buffer, info, err);
}
