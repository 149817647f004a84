// SPDX-License-Identifier: MIT
// Passes frames of one pipeline, of any size and time, to the encoder and container of another.
#include "pipeline/recorder.h"

#include "pipeline/bus.h"
#include "pipeline/crash.h"
#include "pipeline/encoder.h"
#include "pipeline/partial_file.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>
#include <stdint.h>
#include <sys/statvfs.h>

#define CLOSING (30 * GST_SECOND)                      // longest time to close the file
#define PLAYABLE (2 * GST_SECOND)                      // shortest video that can be played
enum { USUAL_RATE = 25 };                              // frames a second, when unknown
enum { RESERVE = 512 * 1024, RESERVE_PER_FRAME = 32 }; // bytes that the end of a file may need

struct vp_recorder {
    vp_partial_file part;
    GstElement *pipeline, *source;
    char *news;
    gint over; // atomic: no more frames are accepted
    bool broke;
    GMutex lock; // guards what follows
    int64_t frames;
    GstClockTime first, last; // running time of the first frame; time of the last one in the file
};

const char vp_recorder_branch[] =
    "videoconvert name=record-in ! videoscale add-borders=true ! "
    "capsfilter name=record-fit caps=video/x-raw,format=I420 ! "
    "appsink name=record sync=false async=false enable-last-sample=false max-buffers=1";

// --- frames, on the streaming thread of the branch ---

// Encoders and containers keep their first size, so all frames get the size of the first one. Caps
// before the first frame do not count: a tag that rotates the picture may follow them.
static GstPadProbeReturn fix_size(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    GstElement *fit = data;
    GstCaps *caps = NULL;
    GstVideoInfo in;
    (void)pad;
    if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER)
        return GST_PAD_PROBE_REMOVE;
    if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) != GST_EVENT_CAPS)
        return GST_PAD_PROBE_OK;
    gst_event_parse_caps(GST_PAD_PROBE_INFO_EVENT(info), &caps);
    if (!gst_video_info_from_caps(&in, caps))
        return GST_PAD_PROBE_OK;
    g_autoptr(GstCaps) fixed = gst_caps_new_simple(
        "video/x-raw", "format", G_TYPE_STRING, "I420", "width", G_TYPE_INT,
        vp_encoder_size(GST_VIDEO_INFO_WIDTH(&in)), "height", G_TYPE_INT,
        vp_encoder_size(GST_VIDEO_INFO_HEIGHT(&in)), "pixel-aspect-ratio", GST_TYPE_FRACTION,
        GST_VIDEO_INFO_PAR_N(&in), GST_VIDEO_INFO_PAR_D(&in), NULL);
    g_object_set(fit, "caps", fixed, NULL);
    return GST_PAD_PROBE_OK;
}

// The time in the file: running time, which always increases, by no less than Matroska can tell.
static GstClockTime find_time(vp_recorder *r, GstClockTime at, GstClockTime gap)
{
    g_mutex_lock(&r->lock);
    if (r->frames++ == 0) {
        r->first = GST_CLOCK_TIME_IS_VALID(at) ? at : 0;
        r->last = 0;
    } else if (GST_CLOCK_TIME_IS_VALID(at) && at > r->first && at - r->first > r->last) {
        r->last = MAX(at - r->first, r->last + GST_MSECOND);
    } else {
        r->last += gap;
    }
    const GstClockTime time = r->last;
    g_mutex_unlock(&r->lock);
    return time;
}

// Sets the format of the first frame; the encoder sees no later change. Without a rate, parsers
// make the last frame so short that players skip it.
static void say_format(vp_recorder *r, GstCaps *of_frame, const GstVideoInfo *info)
{
    g_autoptr(GstCaps) caps = gst_caps_copy(of_frame);
    if (info->fps_n <= 0)
        gst_caps_set_simple(caps, "framerate", GST_TYPE_FRACTION, USUAL_RATE, 1, NULL);
    gst_app_src_set_caps(GST_APP_SRC(r->source), caps);
}

static void push(vp_recorder *r, GstSample *sample)
{
    GstVideoInfo info;
    const GstSegment *segment = gst_sample_get_segment(sample);
    GstBuffer *buffer = gst_buffer_copy(gst_sample_get_buffer(sample));
    GstClockTime gap = GST_SECOND / USUAL_RATE, at = GST_CLOCK_TIME_NONE;
    if (gst_video_info_from_caps(&info, gst_sample_get_caps(sample)) && info.fps_n > 0)
        gap = gst_util_uint64_scale_int(GST_SECOND, info.fps_d, info.fps_n);
    if (segment->format == GST_FORMAT_TIME)
        at = gst_segment_to_running_time(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    GST_BUFFER_PTS(buffer) = find_time(r, at, gap);
    GST_BUFFER_DTS(buffer) = GST_CLOCK_TIME_NONE;
    GST_BUFFER_DURATION(buffer) = gap;
    if (GST_BUFFER_PTS(buffer) == 0)
        say_format(r, gst_sample_get_caps(sample), &info);
    gst_app_src_push_buffer(GST_APP_SRC(r->source), buffer); // waits for the encoder
}

void vp_recorder_take(vp_recorder *r, GstSample *sample)
{
    if (!g_atomic_int_get(&r->over))
        push(r, sample);
}

static GstFlowReturn take(GstAppSink *sink, gpointer data)
{
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
    if (sample)
        vp_recorder_take(data, sample);
    return GST_FLOW_OK; // whatever happens to the recording
}

GstClockTime vp_recorder_length(vp_recorder *r)
{
    g_mutex_lock(&r->lock);
    const GstClockTime length = r->last;
    g_mutex_unlock(&r->lock);
    return length;
}

// --- opening ---

static nn_status build(vp_recorder *r, const char *path, nn_error *err)
{
    GError *error = NULL;
    g_autofree char *encoder = vp_encoder_text(path, err);
    if (!encoder)
        return NN_EUNSUPPORTED;
    nn_status status = vp_partial_file_open(&r->part, path, err);
    if (status != NN_OK)
        return status;
    g_autofree char *text = g_strdup_printf(
        "appsrc name=frames format=time block=true max-buffers=4 max-bytes=0 max-time=0 ! %s ! "
        "filesink name=file async=false buffer-mode=unbuffered",
        encoder);
    r->pipeline = gst_parse_launch(text, &error);
    if (error) {
        nn_fail(err, NN_EUNSUPPORTED,
                "cannot build the recorder: %s; install gstreamer1.0-plugins-base", error->message);
        g_clear_error(&error);
        return NN_EUNSUPPORTED;
    }
    r->source = gst_bin_get_by_name(GST_BIN(r->pipeline), "frames");
    g_autoptr(GstElement) file = gst_bin_get_by_name(GST_BIN(r->pipeline), "file");
    g_object_set(file, "location", r->part.name, NULL);
    if (r->part.kept)
        r->news = g_strdup_printf("a recording that an earlier run could not finish is now %s",
                                  r->part.kept);
    return NN_OK;
}

nn_status vp_recorder_new(vp_recorder **out, const char *path, nn_error *err)
{
    vp_recorder *r = g_new0(vp_recorder, 1);
    *out = NULL;
    g_mutex_init(&r->lock);
    r->part.fd = -1;
    const nn_status status = build(r, path, err);
    if (status == NN_OK)
        *out = r;
    else
        vp_recorder_free(r);
    return status;
}

static nn_status fail(vp_recorder *r, GstMessage *m, nn_error *err)
{
    char why[160] = "its pipeline does not start";
    if (m)
        vp_bus_reason(m, why, sizeof why);
    return nn_fail(err, NN_EIO, "cannot write the recording '%s': %s", r->part.path, why);
}

void vp_recorder_fix_size(GstElement *pipeline)
{
    g_autoptr(GstElement) in = gst_bin_get_by_name(GST_BIN(pipeline), "record-in");
    g_autoptr(GstElement) fit = gst_bin_get_by_name(GST_BIN(pipeline), "record-fit");
    g_autoptr(GstPad) pad = gst_element_get_static_pad(in, "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM | GST_PAD_PROBE_TYPE_BUFFER,
                      fix_size, gst_object_ref(fit), gst_object_unref);
}

nn_status vp_recorder_start(vp_recorder *r, nn_error *err)
{
    vp_crash_records(r->part.name);
    if (gst_element_set_state(r->pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE)
        return NN_OK;
    g_autoptr(GstBus) bus = gst_element_get_bus(r->pipeline);
    GstMessage *m = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    const nn_status status = fail(r, m, err);
    g_clear_pointer(&m, gst_message_unref);
    return status;
}

nn_status vp_recorder_attach(vp_recorder *r, GstElement *pipeline, nn_error *err)
{
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "record");
    GstAppSinkCallbacks callbacks = {.new_sample = take};
    vp_recorder_fix_size(pipeline);
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks, r, NULL);
    return vp_recorder_start(r, err);
}

const char *vp_recorder_news(const vp_recorder *r)
{
    return r->news;
}

// --- watching and ending ---

// Whether the rest of the disk is needed for the end of the file. With no space left at all a write
// fails anyway, or the file system reports other numbers.
static bool is_tight(vp_recorder *r)
{
    struct statvfs disk;
    g_mutex_lock(&r->lock);
    const uint64_t need = RESERVE + RESERVE_PER_FRAME * (uint64_t)r->frames;
    const bool any = r->frames > 0;
    g_mutex_unlock(&r->lock);
    if (!any || fstatvfs(r->part.fd, &disk) != 0)
        return false;
    const uint64_t room = (uint64_t)disk.f_bavail * disk.f_frsize;
    return room > 0 && room < need;
}

bool vp_recorder_watch(vp_recorder *r, bool *any, nn_error *why)
{
    if (g_atomic_int_get(&r->over))
        return false;
    g_autoptr(GstBus) bus = gst_element_get_bus(r->pipeline);
    GstMessage *m = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    if (m) {
        r->broke = true;
        fail(r, m, why);
        gst_message_unref(m);
    } else if (is_tight(r)) {
        nn_fail(why, NN_EIO, "no space is left on the disk for the recording '%s'", r->part.path);
    } else {
        return false;
    }
    g_atomic_int_set(&r->over, 1);
    if (r->broke) // a frame may be waiting for the encoder
        gst_element_set_state(r->pipeline, GST_STATE_NULL);
    else
        gst_app_src_end_of_stream(GST_APP_SRC(r->source));
    g_mutex_lock(&r->lock);
    *any = !r->broke || r->last >= PLAYABLE;
    g_mutex_unlock(&r->lock);
    return true;
}

// Waits until everything is in the file.
static nn_status close_file(vp_recorder *r, nn_error *err)
{
    nn_status status = NN_OK;
    g_autoptr(GstBus) bus = gst_element_get_bus(r->pipeline);
    gst_app_src_end_of_stream(GST_APP_SRC(r->source));
    GstMessage *m = gst_bus_timed_pop_filtered(bus, CLOSING, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
    if (!m)
        status = nn_fail(err, NN_EIO, "the recording '%s' could not be completed", r->part.path);
    else if (GST_MESSAGE_TYPE(m) == GST_MESSAGE_ERROR)
        status = fail(r, m, err);
    g_clear_pointer(&m, gst_message_unref);
    return status;
}

nn_status vp_recorder_finish(vp_recorder *r, bool whole, char **left, nn_error *err)
{
    const bool told = g_atomic_int_get(&r->over); // that it ended, and why
    g_atomic_int_set(&r->over, 1);
    g_mutex_lock(&r->lock);
    const bool frames = r->frames > 0;
    g_mutex_unlock(&r->lock);
    const nn_status status = frames && !r->broke ? close_file(r, told ? NULL : err) : NN_OK;
    gst_element_set_state(r->pipeline, GST_STATE_NULL);
    vp_crash_records_end(r->part.name);
    *left = vp_partial_file_settle(&r->part, frames, whole && status == NN_OK);
    return told ? NN_OK : status;
}

void vp_recorder_free(vp_recorder *r)
{
    if (!r)
        return;
    if (r->pipeline)
        gst_element_set_state(r->pipeline, GST_STATE_NULL);
    if (r->part.name)
        vp_crash_records_end(r->part.name);
    gst_clear_object(&r->source);
    gst_clear_object(&r->pipeline);
    vp_partial_file_close(&r->part);
    g_mutex_clear(&r->lock);
    g_free(r->news);
    g_free(r);
}
