// SPDX-License-Identifier: MIT
// neropublish: writes the results of each frame as one line of JSON.

/**
 * SECTION:element-neropublish
 * @title: neropublish
 * @short_description: writes detections as JSON lines
 *
 * Writes one JSON object, one line, for each buffer, and passes the buffer unchanged. The keys are
 * those of DL Streamer's gvametaconvert, and these:
 *  - "frame": counts from 1
 *  - "age_ms" of an object: how much older than the frame the inference is
 *  - "predicted" of an object: it was not measured on this frame
 *  - "file": name of the picture, from the tag GST_TAG_LOCATION before the frame
 *  - "segments", of segmentation models: for each class in the frame "label", "label_id" (0:
 *    background), "share" of the picture and "age_ms"
 *  - "timestamp": stream time in nanoseconds; it goes on when a source restarts from 0
 *  - "time" and "run", of live sources: UTC of the line, and an id that all lines of a run share
 * Passwords in "source" are masked.
 *
 * |[
 * gst-launch-1.0 filesrc location=vtest.avi ! decodebin ! videoconvert ! neroinfer model=street !
 *     neropublish location=people.jsonl ! fakesink
 * ]|
 */
#include "nn/base/credentials.h"
#include "plugins/common/allocation.h"
#include "plugins/common/gate.h"
#include "plugins/common/objects.h"
#include "plugins/common/regions.h"
#include "plugins/common/segment_time.h"
#include "plugins/common/upstream.h"
#include "plugins/elements.h"
#include "plugins/meta/nerometa_internal.h"
#include "plugins/publish/line_writer.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <gst/base/gstbasetransform.h>
#include <gst/video/video.h>
#include <math.h>
#include <string.h>

GST_DEBUG_CATEGORY_STATIC(publish_debug);
#define GST_CAT_DEFAULT publish_debug

enum { PROP_LOCATION = 1, PROP_SOURCE, PROP_ADD_EMPTY_RESULTS };

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

#define NERO_TYPE_PUBLISH (nero_publish_get_type())
G_DECLARE_FINAL_TYPE(NeroPublish, nero_publish, NERO, PUBLISH, GstBaseTransform)

struct _NeroPublish {
    GstBaseTransform base;
    NeroGate gate; // open from start() to stop()
    // Properties, guarded by the object lock.
    char *location, *source;
    gboolean add_empty;
    // Used inside the gate only.
    NeroLineWriter lines;
    char *open_name; // name of the open file
    char *uri;       // of the source element; NULL until asked, "" when unknown
    char *picture;   // the file of the frame, from GST_TAG_LOCATION
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
    switch (id) {
    case PROP_LOCATION:
        g_free(self->location);
        self->location = g_value_dup_string(value);
        break;
    case PROP_SOURCE:
        g_free(self->source);
        self->source = g_value_dup_string(value);
        break;
    case PROP_ADD_EMPTY_RESULTS:
        self->add_empty = g_value_get_boolean(value);
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
    }
    GST_OBJECT_UNLOCK(self);
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
    NeroPublish *self = NERO_PUBLISH(object);
    GST_OBJECT_LOCK(self);
    switch (id) {
    case PROP_LOCATION:
        g_value_set_string(value, self->location);
        break;
    case PROP_SOURCE:
        g_value_set_string(value, self->source);
        break;
    case PROP_ADD_EMPTY_RESULTS:
        g_value_set_boolean(value, self->add_empty);
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
    }
    GST_OBJECT_UNLOCK(self);
}

static gboolean open_output(NeroPublish *self)
{
    GST_OBJECT_LOCK(self);
    self->open_name = g_strdup(self->location ? self->location : "-");
    GST_OBJECT_UNLOCK(self);
    self->frame = 0;
    self->last = GST_CLOCK_TIME_NONE;
    self->shift = 0;
    self->live = -1;
    g_snprintf(self->run, sizeof self->run, "%08x", g_random_int());
    self->width = self->height = 0;
    self->upstream = (NeroUpstream){0};
    nn_error err = {0};
    if (nero_line_writer_open(&self->lines, self->open_name, &err))
        return TRUE;
    GST_ELEMENT_ERROR(self, RESOURCE, OPEN_WRITE, ("%s", err.text), (NULL));
    g_clear_pointer(&self->open_name, g_free);
    return FALSE;
}

static gboolean start(GstBaseTransform *base)
{
    NeroPublish *self = NERO_PUBLISH(base);
    nero_gate_shut(&self->gate);
    const gboolean ok = open_output(self);
    nero_gate_open(&self->gate, ok);
    return ok;
}

// Posts the errno of the failed call, once.
static void post_write_error(NeroPublish *self, int error)
{
    const char *format = "Cannot write to \"%s\": %s";
    if (error == ENOSPC || error == EDQUOT)
        GST_ELEMENT_ERROR(self, RESOURCE, NO_SPACE_LEFT,
                          (format, self->open_name, g_strerror(error)), (NULL));
    else
        GST_ELEMENT_ERROR(self, RESOURCE, WRITE, (format, self->open_name, g_strerror(error)),
                          (NULL));
}

static gboolean stop(GstBaseTransform *base)
{
    NeroPublish *self = NERO_PUBLISH(base);
    nero_gate_shut(&self->gate);
    nero_line_writer_close(&self->lines);
    g_clear_pointer(&self->open_name, g_free);
    g_clear_pointer(&self->uri, g_free);
    g_clear_pointer(&self->picture, g_free);
    return TRUE;
}

static gboolean set_caps(GstBaseTransform *base, GstCaps *in, GstCaps *out)
{
    NeroPublish *self = NERO_PUBLISH(base);
    nero_upstream_reset(&self->upstream);
    GstStructure *s = gst_caps_get_structure(in, 0);
    (void)out;
    if (!nero_gate_enter(&self->gate, base->sinkpad))
        return FALSE;
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
    buffer = nero_upstream_look(&self->upstream, GST_ELEMENT(self), base->sinkpad, buffer);
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

// Adds wall clock and run to lines of live sources. A file gives the same lines each time.
static void add_clock(NeroPublish *self, cJSON *root)
{
    if (!is_live(self))
        return;
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *text = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S");
    g_autofree char *whole =
        g_strdup_printf("%s.%03dZ", text, g_date_time_get_microsecond(now) / 1000);
    cJSON_AddStringToObject(root, "time", whole);
    cJSON_AddStringToObject(root, "run", self->run);
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
        nero_gate_leave(&self->gate);
    }
    return GST_BASE_TRANSFORM_CLASS(nero_publish_parent_class)->sink_event(base, event);
}

// Six digits after the point are far below a pixel, and short.
static void add_number(cJSON *to, const char *key, double value)
{
    cJSON_AddNumberToObject(to, key, round(value * 1e6) / 1e6);
}

static void add_object(cJSON *array, const NeroObject *o, int id, int width, int height)
{
    const nn_box *b = &o->box;
    cJSON *object = cJSON_CreateObject();
    cJSON_AddItemToArray(array, object);
    cJSON_AddNumberToObject(object, "age_ms", round(o->age_ms * 1e3) / 1e3);
    cJSON *detection = cJSON_AddObjectToObject(object, "detection");
    cJSON *box = cJSON_AddObjectToObject(detection, "bounding_box");
    if (width > 0 && height > 0) {
        add_number(box, "x_max", b->x1 / width);
        add_number(box, "x_min", b->x0 / width);
        add_number(box, "y_max", b->y1 / height);
        add_number(box, "y_min", b->y0 / height);
    }
    add_number(detection, "confidence", b->score);
    cJSON_AddStringToObject(detection, "label", o->label);
    cJSON_AddNumberToObject(detection, "label_id", b->label);
    int x = (int)(b->x0 + 0.5f), y = (int)(b->y0 + 0.5f);
    cJSON_AddNumberToObject(object, "h", MAX((int)(b->y1 + 0.5f) - y, 1));
    if (b->track_id > 0)
        cJSON_AddNumberToObject(object, "id", b->track_id);
    cJSON_AddNumberToObject(object, "parent_id", 0);
    cJSON_AddBoolToObject(object, "predicted", b->predicted);
    cJSON_AddNumberToObject(object, "region_id", id);
    cJSON_AddStringToObject(object, "roi_type", o->label);
    cJSON_AddNumberToObject(object, "w", MAX((int)(b->x1 + 0.5f) - x, 1));
    cJSON_AddNumberToObject(object, "x", x);
    cJSON_AddNumberToObject(object, "y", y);
}

static void add_segments(cJSON *root, const GArray *regions)
{
    cJSON *array = regions->len > 0 ? cJSON_AddArrayToObject(root, "segments") : NULL;
    for (guint i = 0; i < regions->len; i++) {
        const NeroRegion *r = &g_array_index(regions, NeroRegion, i);
        cJSON *segment = cJSON_CreateObject();
        cJSON_AddItemToArray(array, segment);
        cJSON_AddNumberToObject(segment, "age_ms", round((double)r->age_ms * 1e3) / 1e3);
        cJSON_AddStringToObject(segment, "label", r->label);
        cJSON_AddNumberToObject(segment, "label_id", r->label_id);
        add_number(segment, "share", (double)r->share);
    }
}

// Whether the maps show anything but background.
static gboolean has_segments(const GArray *regions)
{
    gboolean any = FALSE;
    for (guint i = 0; i < regions->len; i++)
        any = any || g_array_index(regions, NeroRegion, i).label_id > 0;
    return any;
}

// The line for a buffer (g_free); NULL when memory is short.
static char *make_line(NeroPublish *self, GstBuffer *buffer)
{
    NeroMeta *meta = nero_meta_get(buffer);
    int width = self->width, height = self->height;
    if (!width && meta) {
        width = meta->result.frame_width;
        height = meta->result.frame_height;
    }
    cJSON *root = cJSON_CreateObject();
    if (self->picture)
        cJSON_AddStringToObject(root, "file", self->picture);
    cJSON_AddNumberToObject(root, "frame", self->frame);
    cJSON *array = cJSON_AddArrayToObject(root, "objects");
    for (guint i = 0; i < self->objects->len; i++)
        add_object(array, &g_array_index(self->objects, NeroObject, i), i + 1, width, height);
    if (width > 0) {
        cJSON *resolution = cJSON_AddObjectToObject(root, "resolution");
        cJSON_AddNumberToObject(resolution, "height", height);
        cJSON_AddNumberToObject(resolution, "width", width);
    }
    add_segments(root, self->regions);
    GST_OBJECT_LOCK(self);
    const char *source = self->source ? self->source : self->uri;
    char shown[4096];
    g_strlcpy(shown, source, sizeof shown);
    nn_mask_credentials(shown, sizeof shown);
    if (*source)
        cJSON_AddStringToObject(root, "source", shown);
    GST_OBJECT_UNLOCK(self);
    const GstClockTime time = find_time(self, buffer);
    if (GST_CLOCK_TIME_IS_VALID(time)) {
        // As text: a double holds whole nanoseconds for 104 days only.
        char text[24];
        g_snprintf(text, sizeof text, "%" G_GUINT64_FORMAT, time);
        cJSON_AddRawToObject(root, "timestamp", text);
    }
    add_clock(self, root);
    char *line = cJSON_PrintUnformatted(root);
    cJSON_Delete(root);
    char *valid = line ? g_utf8_make_valid(line, -1) : NULL; // file names may not be UTF-8
    cJSON_free(line);
    return valid;
}

static GstFlowReturn publish(NeroPublish *self, GstBuffer *buffer)
{
    GST_OBJECT_LOCK(self);
    gboolean add_empty = self->add_empty;
    GST_OBJECT_UNLOCK(self);
    nero_line_writer_begin(&self->lines);
    self->frame++;
    nero_regions_read(buffer, self->regions);
    if (nero_objects_read(buffer, self->objects) == 0 && !has_segments(self->regions) && !add_empty)
        return GST_FLOW_OK;
    if (!self->uri)
        self->uri = query_uri(self);
    char *line = make_line(self, buffer);
    if (!line) {
        GST_ELEMENT_ERROR(self, RESOURCE, FAILED, ("Out of memory for a line of JSON"), (NULL));
        return GST_FLOW_ERROR;
    }
    const int error = nero_line_writer_write(&self->lines, line);
    g_free(line);
    if (error == 0)
        return GST_FLOW_OK;
    post_write_error(self, error);
    return GST_FLOW_ERROR;
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
    g_free(self->location);
    g_free(self->source);
    g_array_unref(self->objects);
    g_array_unref(self->regions);
    G_OBJECT_CLASS(nero_publish_parent_class)->finalize(object);
}

static void install_properties(GObjectClass *object)
{
    const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;
    g_object_class_install_property(
        object, PROP_LOCATION,
        g_param_spec_string(
            "location", "Location",
            "File to write; an existing file is overwritten (\"-\" = standard output)", "-",
            flags | GST_PARAM_MUTABLE_READY));
    g_object_class_install_property(
        object, PROP_SOURCE,
        g_param_spec_string("source", "Source",
                            "Value of the \"source\" key (unset = the URI of the stream)", NULL,
                            flags | GST_PARAM_MUTABLE_PLAYING));
    g_object_class_install_property(
        object, PROP_ADD_EMPTY_RESULTS,
        g_param_spec_boolean("add-empty-results", "Add empty results",
                             "Write a line for frames without objects, too", TRUE,
                             flags | GST_PARAM_MUTABLE_PLAYING));
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
    install_properties(object);
    gst_element_class_add_static_pad_template(element, &sink_template);
    gst_element_class_add_static_pad_template(element, &src_template);
    gst_element_class_set_static_metadata(
        element, "NeroScale detection publisher", "Filter/Metadata",
        "Writes the objects on each frame as one line of JSON with DL Streamer's keys",
        "NeroScale");
    base->start = GST_DEBUG_FUNCPTR(start);
    base->stop = GST_DEBUG_FUNCPTR(stop);
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
    self->location = g_strdup("-");
    self->add_empty = TRUE;
    self->objects = g_array_new(FALSE, TRUE, sizeof(NeroObject));
    self->regions = g_array_new(FALSE, TRUE, sizeof(NeroRegion));
    gst_base_transform_set_in_place(&self->base, TRUE);
    gst_base_transform_set_passthrough(&self->base, TRUE);
    gst_base_transform_set_qos_enabled(&self->base, FALSE);
}
