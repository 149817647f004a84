// SPDX-License-Identifier: MIT
// Builds the elements of a run from its options.
#include "pipeline/build.h"

#include "nn/base/features.h"
#include "nn/base/write_lock.h"
#include "nn/vision/tracker_kind.h"
#include "pipeline/look.h"
#include "pipeline/publish.h"
#include "pipeline/recorder.h"
#include "pipeline/start.h"

#include <errno.h>
#include <fcntl.h>
#include <gst/base/gstbasetransform.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

// Limited by frames alone. Decoder, inference and drawing overlap, and memory stays bounded. Of
// several inputs one is always ready, so that each may hold fewer frames.
static const char *queue_of(const vp_options *o)
{
    return o->share ? "queue max-size-buffers=1 max-size-bytes=0 max-size-time=0"
                    : "queue max-size-buffers=4 max-size-bytes=0 max-size-time=0";
}

// Checked before anything runs: an unwritable file must not be found after an hour of video. A
// missing file is created and removed again; a link to it stays.
static nn_status check_writable(const char *what, const char *path, nn_error *err)
{
    if (!path || strcmp(path, "-") == 0)
        return NN_OK;
    char place[PATH_MAX];
    gboolean existed = access(path, F_OK) == 0;
    nn_write_target(path, place);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
    if (fd < 0)
        return nn_fail(err, NN_EIO, "cannot write the %s to '%s': %s", what, path, strerror(errno));
    close(fd);
    if (!existed)
        unlink(place);
    return NN_OK;
}

static nn_status check_options(const vp_options *o, nn_error *err)
{
    if (o->interval < 1 || o->threads < 0 || o->max_frames < 0)
        return nn_fail(
            err, NN_EINVAL,
            "the interval must be 1 or more, threads and the number of frames 0 or more");
    if (o->threshold > 1 || o->iou_threshold > 1)
        return nn_fail(err, NN_EINVAL, "thresholds must be 0 to 1");
    const nn_tracker_kind *kind;
    nn_status status = o->tracker ? nn_tracker_kind_find(&kind, o->tracker, err) : NN_OK;
    if (status == NN_OK)
        status = check_writable("JSON lines", o->json, err);
    if (status == NN_OK)
        status = check_writable("recording", o->record, err);
    if (status == NN_OK)
        status = check_writable("snapshot", o->snapshot, err);
    return status == NN_OK ? vp_look_check(o, err) : status;
}

// Boxes are drawn after scaling, so that lines and text are readable in a small tile.
static void add_tile(GString *s, const vp_options *o)
{
    g_string_append_printf(s,
                           "videoscale ! videoconvert ! video/x-raw,format=BGRx,width=[2,%d],"
                           "height=[2,%d],pixel-aspect-ratio=1/1 ! nerooverlay ! appsink name=tile "
                           "max-buffers=1 drop=true sync=%s",
                           o->tile_width, o->tile_height,
                           o->view == VP_VIEW_TILE_PACED ? "true" : "false");
}

enum { SHOWN_MS = 400 }; // age at which a frame of a camera gives way before a slow window

static void add_view(GString *s, const vp_options *o)
{
    switch (o->view) {
    case VP_VIEW_WINDOW:
        g_string_append(s, "videoconvert ! nerosink name=view offscreen=no");
        break;
    case VP_VIEW_OFFSCREEN:
        g_string_append(s, "videoconvert ! nerosink name=view offscreen=yes sync=false");
        break;
    case VP_VIEW_NONE:
        g_string_append(s, "fakesink sync=false enable-last-sample=false");
        break;
    default:
        add_tile(s, o);
    }
}

static char *launch_text(const vp_options *o, const vp_input *input)
{
    // videoflip follows the orientation tag of phone videos.
    const char *queue = queue_of(o);
    GString *s = g_string_new(queue);
    g_string_append(s, " name=head ! videoconvert ! ");
    if (input->kind != VP_INPUT_IMAGE)
        g_string_append(s, "videoflip name=flip video-direction=auto qos=false ! ");
    g_string_append(s, "neroinfer name=infer");
    if (o->track)
        g_string_append(s, " ! nerotrack name=track");
    if (o->inside)
        g_string_append(s, " ! neroinfer name=inside inference-region=roi-list");
    // The user of a window may draw zones and lines.
    if (o->zones || o->lines || o->analytics || (o->view == VP_VIEW_WINDOW && o->track))
        g_string_append(s, " ! neroanalytics name=analytics");
    g_string_append(s, vp_look_cover(o));
    // The others work on frames that are inferred while neroinfer goes on. A live frame is alone.
    // Tracker and cover ask neroinfer for boxes when they get caps, before the first frame.
    if (!input->live)
        g_string_append_printf(s, " ! %s", queue);
    vp_publish_append(s, o);
    if (o->record)
        g_string_append_printf(s, " ! tee name=t t. ! %s ! %s%s t.", queue,
                               o->record_clean ? "" : "nerooverlay ! ", vp_recorder_branch);
    if (o->view != VP_VIEW_NONE || !o->record) {
        // Nothing is left to do where nothing is shown.
        if (o->view != VP_VIEW_NONE)
            g_string_append_printf(s, " ! %s name=shown", queue);
        g_string_append(s, " ! ");
        add_view(s, o);
    } else {
        g_string_truncate(s, s->len - strlen(" t."));
    }
    return g_string_free(s, FALSE);
}

static void set_property(GstElement *pipeline, const char *element, const char *name,
                         const char *value)
{
    g_autoptr(GstElement) e = gst_bin_get_by_name(GST_BIN(pipeline), element);
    if (e && value)
        g_object_set(e, name, value, NULL);
}

enum { MOST_IN_TILES = 1000 }; // small things are many

static void set_properties(GstElement *pipeline, const vp_options *o)
{
    g_autoptr(GstElement) infer = gst_bin_get_by_name(GST_BIN(pipeline), "infer");
    g_object_set(infer, "model", o->model, "threads", (guint)o->threads, "threshold",
                 (float)fmax(o->threshold, -1), "iou-threshold", (float)fmax(o->iou_threshold, -1),
                 "inference-interval", (guint)o->interval, "latency-budget", o->latency_budget,
                 "agnostic-nms", (gboolean)o->agnostic_nms, NULL);
    // Until a tag says otherwise frames pass as they are; by itself it would copy them.
    g_autoptr(GstElement) flip = gst_bin_get_by_name(GST_BIN(pipeline), "flip");
    if (flip)
        gst_base_transform_set_passthrough(GST_BASE_TRANSFORM(flip), TRUE);
    set_property(pipeline, "infer", "thresholds", o->class_thresholds);
    set_property(pipeline, "infer", "input-size", o->input_size);
    g_object_set(infer, "tail-memory", o->tail_memory, "tail-seconds", o->tail_seconds, NULL);
    if (o->precision)
        gst_util_set_object_arg(G_OBJECT(infer), "precision", o->precision);
    if (o->tiles)
        g_object_set(infer, "tiles", o->tiles, "tile-overlap", (float)o->tile_overlap,
                     "max-detections", MOST_IN_TILES, NULL);
    g_object_set(infer, "tile-motion", (gboolean)o->tile_motion, NULL);
    set_property(pipeline, "infer", "roi", o->roi);
    set_property(pipeline, "infer", "ignore", o->ignore);
    set_property(pipeline, "infer", "head", o->head);
    set_property(pipeline, "infer", "labels-file", o->labels_file);
    set_property(pipeline, "infer", "labels", o->labels);
    set_property(pipeline, "infer", "model-instance-id", o->share);
    set_property(pipeline, "inside", "model", o->inside);
    set_property(pipeline, "inside", "object-class", o->inside_class);
    g_autoptr(GstElement) inside = gst_bin_get_by_name(GST_BIN(pipeline), "inside");
    if (inside)
        g_object_set(inside, "threads", (guint)o->threads, "tail-memory", o->tail_memory,
                     "tail-seconds", o->tail_seconds, NULL);
    if (inside && o->precision)
        gst_util_set_object_arg(G_OBJECT(inside), "precision", o->precision);
    g_autoptr(GstElement) track = gst_bin_get_by_name(GST_BIN(pipeline), "track");
    if (track)
        g_object_set(track, "camera-motion", (gboolean)o->camera_motion, NULL);
    if (track && o->tracker)
        gst_util_set_object_arg(G_OBJECT(track), "tracking-type", o->tracker);
    set_property(pipeline, "analytics", "zones", o->zones);
    set_property(pipeline, "analytics", "lines", o->lines);
    set_property(pipeline, "analytics", "config", o->analytics);
    set_property(pipeline, "analytics", "save-config", o->analytics_save);
    set_property(pipeline, "view", "snapshot", o->snapshot);
    vp_look_apply(pipeline, o);
    g_autoptr(GstElement) view = gst_bin_get_by_name(GST_BIN(pipeline), "view");
    if (view)
        g_object_set(view, "fullscreen", (gboolean)o->fullscreen, NULL);
}

// The advice about a missing element.
static const char *remedy(const char *message)
{
    if (strstr(message, "nerosink"))
        return "the window is in libgstneroscalesink.so, which needs SDL2 and SDL2_ttf; "
               "--no-window runs without one";
    if (strstr(message, "neropublish"))
        return "JSON is written by libgstneroscalepublish.so, which needs libmosquitto and "
               "librdkafka";
    if (strstr(message, "nerooverlay"))
        return "boxes are drawn by libgstneroscaleoverlay.so, which needs Pango and Cairo";
    return "install gstreamer1.0-plugins-base, -good, -bad and -ugly";
}

void vp_build_keep_newest(GstElement *pipeline)
{
    enum { MOST = 8 }; // frames that wait when a network's latency, 200 ms, holds the window back
    g_autoptr(GstElement) head = gst_bin_get_by_name(GST_BIN(pipeline), "head");
    g_autoptr(GstElement) shown = gst_bin_get_by_name(GST_BIN(pipeline), "shown");
    gst_util_set_object_arg(G_OBJECT(head), "leaky", "downstream");
    if (!shown)
        return;
    gst_util_set_object_arg(G_OBJECT(shown), "leaky", "downstream");
    g_object_set(shown, "max-size-buffers", MOST, "max-size-time",
                 (guint64)SHOWN_MS * GST_MSECOND, NULL);
}

GstElement *vp_build(const vp_options *options, const vp_input *input, nn_error *err)
{
    GError *error = NULL;
    if (check_options(options, err) != NN_OK)
        return NULL;
    g_autofree char *text = launch_text(options, input);
    vp_start_elements(text);
    GstElement *pipeline = gst_parse_launch(text, &error);
    if (error) {
        if (strstr(error->message, "nerosink") && !NN_HAS_sdl2)
            nn_fail_prefix(err, nn_fail_without(err, "sdl2"), "--no-window runs without a window");
        else if (strstr(error->message, "nerooverlay") && !NN_HAS_pango)
            nn_fail_without(err, "pango");
        else
            nn_fail(err, NN_EUNSUPPORTED, "%s; %s", error->message, remedy(error->message));
        g_clear_error(&error);
        gst_clear_object(&pipeline);
        return NULL;
    }
    set_properties(pipeline, options);
    if (vp_publish_set_up(pipeline, options, err) != NN_OK)
        gst_clear_object(&pipeline);
    return pipeline;
}
