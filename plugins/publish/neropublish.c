// SPDX-License-Identifier: MIT
// neropublish: writes the results of each frame as one line of JSON.

/**
 * SECTION:element-neropublish
 * @title: neropublish
 * @short_description: publishes detections as JSON lines: files, MQTT, Kafka
 *
 * Writes one JSON object, one line, for each buffer, and passes the buffer unchanged. The keys are
 * those of DL Streamer's gvametaconvert, and these:
 *  - "frame": counts from 1
 *  - "age_ms" of an object: how much older than the frame the inference is
 *  - "predicted" of an object: it was not measured on this frame
 *  - "keypoints", "mask" and "rotated_box" of an object, of models that find them: points with "x"
 *    and "y" as fractions of the frame, "confidence" and "name"; COCO's run lengths ("counts",
 *    "size") over a "bounding_box"; four "corners" and the "rotation" in radians
 *  - "file": name of the picture, from the tag GST_TAG_LOCATION before the frame
 *  - "inference", of neroinfer: "input_width" x "input_height" of the network, "interval" (every
 * which frame it infers at present) and "skipped" (frames so far that it has not inferred)
 *  - "segments", of segmentation models: for each class in the frame "label", "label_id" (0:
 *    background), "share" of the picture and "age_ms"
 *  - "zones", "lines" and "events", behind neroanalytics: of each zone and line "name", "in",
 * "out", of zones "occupancy", "loitering", "overcrowded", "dwell_ms" (mean stay of those that
 * left) and "stay_ms" (longest of those inside); what happened on this frame with "type", "zone" or
 * "line", "id", "label", "direction", "dwell_ms", "lost", place and counts. Objects get "zones"
 * (names) and "speed_mps"
 *  - "pts": time stamp of the frame in nanoseconds
 *  - "timestamp": stream time in nanoseconds; it goes on when a source restarts from 0
 *  - "time" and "run", of live sources: UTC of the line, and an id that all lines of a run share
 *  - "rtp", of network cameras: "sender_ntp_unix_timestamp_ns" and "time" of the frame by the
 *    sender's clock (rtspsrc add-reference-timestamp-meta=true), "ssrc" (depayloader
 *    source-info=true)
 *  - "telemetry", of drones whose MPEG-TS stream has KLV data of MISB ST 0601 (neroscale run):
 * "time", "sensor_latitude", "platform_heading" and other keys, angles in degrees, lengths in
 * metres
 *  - "tags": the property of that name
 * Passwords in "source" are masked. Elements like it are gvametaconvert and gvametapublish of DL
 * Streamer, and nvmsgconv and nvmsgbroker of DeepStream.
 *
 * |[
 * gst-launch-1.0 filesrc location=vtest.avi ! decodebin ! videoconvert ! neroinfer model=street !
 *     neropublish location=people.jsonl ! fakesink
 * gst-launch-1.0 v4l2src ! videoconvert ! neroinfer ! neropublish method=mqtt topic=yard
 *     address=mqtts://bob@broker password-file=secret mqtt-state-topic=yard/state ! fakesink
 * gst-launch-1.0 v4l2src ! videoconvert ! neroinfer ! neropublish method=kafka topic=objects
 *     address=kafka1:9092,kafka2:9092 ! fakesink
 * ]|
 */
#include "nn/base/credentials.h"
#include "nn/base/features.h"
#include "nn/io/json.h"
#include "plugins/common/allocation.h"
#include "plugins/common/gate.h"
#include "plugins/common/objects.h"
#include "plugins/common/position.h"
#include "plugins/common/regions.h"
#include "plugins/common/segment_time.h"
#include "plugins/common/upstream.h"
#include "plugins/elements.h"
#include "plugins/meta/nerometa_internal.h"
#include "plugins/publish/json.h"
#include "plugins/publish/output.h"
#include "po/translate.h"

#include <gst/base/gstbasetransform.h>
#include <gst/video/video.h>
#include <string.h>

GST_DEBUG_CATEGORY_STATIC(publish_debug);
#define GST_CAT_DEFAULT publish_debug

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

static guint stats_id; // behind the settings

#define NERO_TYPE_PUBLISH (nero_publish_get_type())
G_DECLARE_FINAL_TYPE(NeroPublish, nero_publish, NERO, PUBLISH, GstBaseTransform)

struct _NeroPublish {
    GstBaseTransform base;
    NeroGate gate; // open from start() to stop()
    // Guarded by the object lock.
    NeroSettings settings;
    GstStructure *final; // the figures of the last run; NULL before the first
    // Used inside the gate only.
    NeroOutput *output; // NULL: closed
    cJSON *tags;        // NULL: none
    char *uri;          // of the source element; NULL until asked, "" when unknown
    char *picture;      // the file of the frame, from GST_TAG_LOCATION
    guint64 frame;
    GstClockTime last;  // time of the last line; NONE after the start or a flush
    GstClockTime shift; // added to stream times after a camera started again from 0
    int live;           // 1: frames come in real time; -1: not asked yet
    char run[9];        // id of the run, when live
    int width, height;  // of the caps; 0 for other media than video
    GArray *objects, *regions;
    NeroUpstream upstream;
};

G_DEFINE_TYPE(NeroPublish, nero_publish, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(neropublish, "neropublish", GST_RANK_NONE, NERO_TYPE_PUBLISH)

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
    NeroPublish *self = NERO_PUBLISH(object);
    GST_OBJECT_LOCK(self);
    const gboolean ok = nero_settings_set(&self->settings, id, value);
    GST_OBJECT_UNLOCK(self);
    if (!ok)
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

static GstStructure *count_up(NeroPublish *self)
{
    GstStructure *s = gst_structure_new("application/x-neropublish-stats", "frames", G_TYPE_UINT64,
                                        self->frame, NULL);
    nero_output_stats(self->output, s);
    return s;
}

// The figures of this run, or of the last one.
static GstStructure *make_stats(NeroPublish *self)
{
    GstStructure *s = NULL;
    if (nero_gate_try(&self->gate)) {
        s = count_up(self);
        nero_gate_leave(&self->gate);
        return s;
    }
    GST_OBJECT_LOCK(self);
    s = self->final ? gst_structure_copy(self->final) : NULL;
    GST_OBJECT_UNLOCK(self);
    return s ? s : gst_structure_new_empty("application/x-neropublish-stats");
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
    NeroPublish *self = NERO_PUBLISH(object);
    if (id == stats_id) {
        g_value_take_boxed(value, make_stats(self));
        return;
    }
    GST_OBJECT_LOCK(self);
    const gboolean ok = nero_settings_get(&self->settings, id, value);
    GST_OBJECT_UNLOCK(self);
    if (!ok)
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

static void reset(NeroPublish *self)
{
    self->frame = 0;
    self->last = GST_CLOCK_TIME_NONE;
    self->shift = 0;
    self->live = -1;
    g_snprintf(self->run, sizeof self->run, "%08x", g_random_int());
    self->width = self->height = 0;
    self->upstream = (NeroUpstream){0};
}

static gboolean read_tags(NeroPublish *self, const NeroSettings *now)
{
    const char *text = nero_settings_text(now, "tags");
    nn_error ignored;
    if (text)
        nn_json_parse(&self->tags, text, strlen(text), &ignored);
    if (!text || cJSON_IsObject(self->tags))
        return TRUE;
    GST_ELEMENT_ERROR(
        self, RESOURCE, SETTINGS,
        (_("tags must be a JSON object such as {\"camera\":\"gate\"}, not \"%s\""), text), (NULL));
    g_clear_pointer(&self->tags, cJSON_Delete);
    return FALSE;
}

static void open_output(NeroPublish *self, const NeroSettings *now)
{
    nn_error err = {0};
    self->output = nero_output_open(GST_ELEMENT(self), now, &err);
    if (!self->output)
        GST_ELEMENT_ERROR(self, RESOURCE, OPEN_WRITE, ("%s", err.text), (NULL));
}

static gboolean start(GstBaseTransform *base)
{
    NeroPublish *self = NERO_PUBLISH(base);
    NeroSettings now;
    nero_gate_shut(&self->gate);
    reset(self);
    GST_OBJECT_LOCK(self);
    nero_settings_copy(&now, &self->settings);
    GST_OBJECT_UNLOCK(self);
    if (read_tags(self, &now))
        open_output(self, &now);
    nero_settings_clear(&now);
    nero_gate_open(&self->gate, self->output != NULL);
    return self->output != NULL;
}

static gboolean stop(GstBaseTransform *base)
{
    NeroPublish *self = NERO_PUBLISH(base);
    nero_gate_shut(&self->gate);
    if (self->output) {
        nero_output_drain(self->output);
        GstStructure *final = count_up(self);
        GST_OBJECT_LOCK(self);
        g_clear_pointer(&self->final, gst_structure_free);
        self->final = final;
        GST_OBJECT_UNLOCK(self);
        nero_output_close(self->output);
        self->output = NULL;
    }
    g_clear_pointer(&self->tags, cJSON_Delete);
    g_clear_pointer(&self->uri, g_free);
    g_clear_pointer(&self->picture, g_free);
    return TRUE;
}

static gboolean set_caps(GstBaseTransform *base, GstCaps *in, GstCaps *out)
{
    NeroPublish *self = NERO_PUBLISH(base);
    GstStructure *s = gst_caps_get_structure(in, 0);
    (void)out;
    if (!nero_gate_enter(&self->gate, base->sinkpad))
        return FALSE;
    nero_upstream_reset(&self->upstream);
    if (!gst_structure_get_int(s, "width", &self->width) ||
        !gst_structure_get_int(s, "height", &self->height))
        self->width = self->height = 0;
    nero_gate_leave(&self->gate);
    return TRUE;
}

static GstFlowReturn submit_input_buffer(GstBaseTransform *base, gboolean is_discont,
                                         GstBuffer *buffer)
{
    NeroPublish *self = NERO_PUBLISH(base);
    if (nero_gate_enter(&self->gate, base->sinkpad)) {
        buffer = nero_upstream_look(&self->upstream, GST_ELEMENT(self), base->sinkpad, buffer);
        nero_gate_leave(&self->gate);
    }
    return GST_BASE_TRANSFORM_CLASS(nero_publish_parent_class)
        ->submit_input_buffer(base, is_discont, buffer);
}

static gboolean propose_allocation(GstBaseTransform *base, GstQuery *decide, GstQuery *query)
{
    if (!GST_BASE_TRANSFORM_CLASS(nero_publish_parent_class)
             ->propose_allocation(base, decide, query))
        return FALSE;
    nero_allocation_refuse_crop(query);
    return TRUE;
}

static char *query_uri(NeroPublish *self)
{
    char *uri = NULL;
    g_autoptr(GstQuery) query = gst_query_new_uri();
    if (gst_pad_peer_query(self->base.sinkpad, query))
        gst_query_parse_uri(query, &uri);
    return uri ? uri : g_strdup("");
}

static gboolean is_live(NeroPublish *self)
{
    if (self->live < 0) {
        gboolean live = FALSE;
        g_autoptr(GstQuery) query = gst_query_new_latency();
        if (gst_pad_peer_query(self->base.sinkpad, query))
            gst_query_parse_latency(query, &live, NULL, NULL);
        self->live = live ? 1 : 0;
    }
    return self->live == 1;
}

// The stream time of a buffer; it goes on when a source starts again from 0.
static GstClockTime find_time(NeroPublish *self, GstBuffer *buffer)
{
    const GstClockTime stream = nero_stream_time(&self->base.segment, GST_BUFFER_PTS(buffer));
    if (!GST_CLOCK_TIME_IS_VALID(stream))
        return stream;
    const GstClockTime duration =
        GST_BUFFER_DURATION_IS_VALID(buffer) ? GST_BUFFER_DURATION(buffer) : 0;
    if (GST_CLOCK_TIME_IS_VALID(self->last) && stream + self->shift < self->last)
        self->shift = self->last + duration - stream;
    self->last = stream + self->shift;
    return self->last;
}

// A seek may go back in time; a tag may name the picture.
static void hear_event(NeroPublish *self, GstEvent *event)
{
    GstTagList *tags;
    char *location;
    if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) {
        self->last = GST_CLOCK_TIME_NONE;
        self->shift = 0;
    } else if (GST_EVENT_TYPE(event) == GST_EVENT_TAG) {
        gst_event_parse_tag(event, &tags);
        if (gst_tag_list_get_string(tags, GST_TAG_LOCATION, &location)) {
            g_free(self->picture);
            self->picture = location;
        }
    }
}

static gboolean sink_event(GstBaseTransform *base, GstEvent *event)
{
    NeroPublish *self = NERO_PUBLISH(base);
    if (nero_gate_try(&self->gate)) {
        hear_event(self, event);
        if (GST_EVENT_TYPE(event) == GST_EVENT_EOS)
            nero_output_drain(self->output);
        nero_gate_leave(&self->gate);
    }
    return GST_BASE_TRANSFORM_CLASS(nero_publish_parent_class)->sink_event(base, event);
}

// What the line is made of. `source` belongs to the caller (g_free).
static NeroJsonFrame describe(NeroPublish *self, GstBuffer *buffer, char **source,
                              gboolean *add_empty)
{
    NeroMeta *meta = nero_meta_get(buffer);
    NeroJsonFrame f = {
        .buffer = buffer,
        .number = ++self->frame,
        .time = GST_CLOCK_TIME_NONE,
        .width = self->width,
        .height = self->height,
        .objects = self->objects,
        .regions = self->regions,
        .file = self->picture,
        .tags = self->tags,
    };
    if (!f.width && meta) {
        f.width = meta->result.frame_width;
        f.height = meta->result.frame_height;
    }
    nero_regions_read(buffer, self->regions);
    nero_objects_read(buffer, self->objects);
    GST_OBJECT_LOCK(self);
    *source = g_strdup(nero_settings_text(&self->settings, "source"));
    *add_empty = nero_settings_boolean(&self->settings, "add-empty-results");
    GST_OBJECT_UNLOCK(self);
    return f;
}

// The line for a frame (g_free); NULL when memory is short.
static char *make_line(NeroPublish *self, NeroJsonFrame *f, const char *source)
{
    char shown[4096];
    if (!self->uri)
        self->uri = query_uri(self);
    g_strlcpy(shown, source ? source : self->uri, sizeof shown);
    nn_mask_credentials(shown, sizeof shown);
    f->source = *shown ? shown : NULL;
    f->time = find_time(self, f->buffer);
    f->run = is_live(self) ? self->run : NULL;
    return nero_json_line(f);
}

static GstFlowReturn publish(NeroPublish *self, GstBuffer *buffer)
{
    g_autofree char *source = NULL;
    gboolean add_empty;
    nero_output_frame(self->output);
    NeroJsonFrame f = describe(self, buffer, &source, &add_empty);
    if (!add_empty && !nero_json_found(&f))
        return GST_FLOW_OK;
    g_autofree char *line = make_line(self, &f, source);
    if (!line) {
        GST_ELEMENT_ERROR(self, RESOURCE, FAILED, (_("Out of memory for a line of JSON")), (NULL));
        return GST_FLOW_ERROR;
    }
    return nero_output_send(self->output, line) ? GST_FLOW_OK : GST_FLOW_ERROR;
}

static GstFlowReturn transform_ip(GstBaseTransform *base, GstBuffer *buffer)
{
    NeroPublish *self = NERO_PUBLISH(base);
    if (!nero_gate_enter(&self->gate, base->sinkpad))
        return GST_FLOW_FLUSHING;
    const GstFlowReturn ret = publish(self, buffer);
    nero_gate_leave(&self->gate);
    return ret;
}

static void finalize(GObject *object)
{
    NeroPublish *self = NERO_PUBLISH(object);
    nero_gate_clear(&self->gate);
    nero_settings_clear(&self->settings);
    g_clear_pointer(&self->final, gst_structure_free);
    g_array_unref(self->objects);
    g_array_unref(self->regions);
    G_OBJECT_CLASS(nero_publish_parent_class)->finalize(object);
}

static void nero_publish_class_init(NeroPublishClass *klass)
{
    GObjectClass *object = G_OBJECT_CLASS(klass);
    GstElementClass *element = GST_ELEMENT_CLASS(klass);
    GstBaseTransformClass *base = GST_BASE_TRANSFORM_CLASS(klass);
    GST_DEBUG_CATEGORY_INIT(publish_debug, "neropublish", 0, "NeroScale JSON lines");
    object->set_property = set_property;
    object->get_property = get_property;
    object->finalize = finalize;
    stats_id = nero_settings_install(object);
    g_object_class_install_property(
        object, stats_id,
        g_param_spec_boxed("stats", "Statistics",
                           "Figures of this run, or of the last: frames, sent and lost lines, and "
                           "those of the method",
                           GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
    gst_element_class_add_static_pad_template(element, &sink_template);
    gst_element_class_add_static_pad_template(element, &src_template);
    gst_element_class_set_static_metadata(
        element, "NeroScale detection publisher", "Filter/Metadata",
        "Writes the objects on each frame as one line of JSON with DL Streamer's keys: to files, "
        "MQTT brokers and Kafka",
        "NeroScale");
    base->start = GST_DEBUG_FUNCPTR(start);
    base->stop = GST_DEBUG_FUNCPTR(stop);
    base->query = GST_DEBUG_FUNCPTR(nero_base_query);
    base->set_caps = GST_DEBUG_FUNCPTR(set_caps);
    base->sink_event = GST_DEBUG_FUNCPTR(sink_event);
    base->submit_input_buffer = GST_DEBUG_FUNCPTR(submit_input_buffer);
    base->propose_allocation = GST_DEBUG_FUNCPTR(propose_allocation);
    base->transform_ip = GST_DEBUG_FUNCPTR(transform_ip);
    base->transform_ip_on_passthrough = TRUE;
}

static void nero_publish_init(NeroPublish *self)
{
    nero_gate_init(&self->gate);
    nero_settings_init(&self->settings);
    self->objects = g_array_new(FALSE, TRUE, sizeof(NeroObject));
    self->regions = g_array_new(FALSE, TRUE, sizeof(NeroRegion));
    gst_base_transform_set_in_place(&self->base, TRUE);
    gst_base_transform_set_passthrough(&self->base, TRUE);
    gst_base_transform_set_qos_enabled(&self->base, FALSE);
}
