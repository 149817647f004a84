// SPDX-License-Identifier: MIT
// neroinfer: infers the frames that pass and attaches the results as metadata.

/**
 * SECTION:element-neroinfer
 * @title: neroinfer
 * @short_description: detects objects with the NeroScale engine
 *
 * Runs a model on the video and attaches the results to the buffers: a #NeroMeta with all boxes,
 * and for each box a #GstVideoRegionOfInterestMeta whose "detection" structure has the fields that
 * DL Streamer's elements write. The element only reads the picture. Frames keep their size. To save
 * time it skips inferences, but it never drops a frame.
 *
 * On the bus it posts the element message "model-changed" ("model", "previous", "load-ms",
 * "timestamp"), and with post-messages=true "neroinfer" for each inference. nerotrack, nerooverlay,
 * neropublish and nerosink use the results. Elements like it are gvadetect and gvaclassify of DL
 * Streamer, tensor_filter of NNStreamer and onnxinference of GStreamer.
 *
 * |[
 * gst-launch-1.0 filesrc location=vtest.avi ! decodebin ! videoconvert ! neroinfer model=street !
 *     nerooverlay ! videoconvert ! autovideosink
 * ]|
 *
 * For a file, every frame is inferred before it goes on. For a live source (async=auto), a worker
 * thread infers the newest frame. The other frames pass at once and carry the last boxes, marked as
 * predicted and with their age.
 *
 * With async=false a live stream waits for its boxes. The element measures this time and reports it
 * as latency. A frame that would exceed the latency passes at once with the last boxes, and the
 * worker infers it. When the sink still reports late frames (QoS), inferences are skipped until the
 * sink has caught up. A queue behind this element lets more frames wait: without one, the sink
 * blocks the thread until a frame is due.
 *
 * With latency-budget=40, an inference takes at most 40 ms: the element measures itself, and steps
 * the input size of the network down and up. Where no size is fast enough, or the model has one
 * only, it infers every Nth frame, so that the mean time for a frame is inside the budget. For a
 * live source it weighs the scene: much detail prefers a large input and a longer interval, much
 * motion a small one for every frame.
 *
 * |[
 * gst-launch-1.0 v4l2src ! videoconvert ! neroinfer latency-budget=40 ! nerosink
 * gst-launch-1.0 v4l2src ! videoconvert ! neroinfer @preset=fast ! nerosink
 * ]|
 *
 * Things that are small in a large frame are found in tiles (tiles=auto), which are inferred beside
 * the whole frame in batches; boxes at seams are joined. tile-motion=true infers only the tiles in
 * which something has changed. roi and ignore say which areas count:
 *
 * |[
 * gst-launch-1.0 filesrc location=drone.mp4 ! decodebin ! videoconvert !
 *     neroinfer model=vehicle tiles=auto roi="0,0.3,1,1" ignore="0,0.3,0.2,0.4" ! nerooverlay !
 *     videoconvert ! autovideosink
 * ]|
 *
 * Elements with the same "model-instance-id" share one model, its memory and its threads: their
 * frames are inferred side by side, one in each thread, and in one batch where the model was
 * exported for batches. Each keeps its own thresholds and classes.
 *
 * With inference-region=roi-list the element infers the regions that elements before it found. What
 * a classifier says becomes a structure in the region, as from DL Streamer's gvaclassify; what a
 * detector finds becomes regions with a parent. The keypoints that a model of one person finds
 * (RTMPose, HRNet, MoveNet) become the structure "keypoints" of the region, which such a model sees
 * with a margin of a quarter. Behind a nerotrack, "reclassify-interval" saves
 * inferences. "latency-budget" is for all regions of a frame together; in frames that are not
 * inferred, classes of tracked objects stay and boxes move with their regions. Here
 * coats.safetensors is a classifier, as 'neroscale train' makes them:
 *
 * |[
 * gst-launch-1.0 filesrc location=vtest.avi ! decodebin ! neroinfer model=street ! nerotrack !
 *     neroinfer model=coats.safetensors inference-region=roi-list object-class=person
 *     reclassify-interval=15 ! nerooverlay ! videoconvert ! autovideosink
 * ]|
 *
 * The property "model" may be set at any time. A thread of low priority loads and tries the new
 * model, which takes over between two frames; the element message "model-changed" reports it. A
 * model that cannot be used gives a warning, and the old one stays. Boxes keep the class names of
 * the model that found them.
 */
#include "plugins/infer/neroinfer.h"

#include "plugins/common/allocation.h"
#include "plugins/common/model_query.h"
#include "plugins/common/negotiation.h"
#include "plugins/common/position.h"
#include "plugins/common/video.h"
#include "plugins/elements.h"
#include "plugins/infer/attach.h"
#include "plugins/infer/warm.h"
#include "po/translate.h"

GST_DEBUG_CATEGORY(nero_infer_debug);
#define GST_CAT_DEFAULT nero_infer_debug

G_DEFINE_TYPE_WITH_CODE(NeroInfer, nero_infer, GST_TYPE_BASE_TRANSFORM,
                        G_IMPLEMENT_INTERFACE(GST_TYPE_PRESET, NULL))
GST_ELEMENT_REGISTER_DEFINE(neroinfer, "neroinfer", GST_RANK_NONE, NERO_TYPE_INFER)

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
    NeroInfer *self = NERO_INFER(object);
    GST_OBJECT_LOCK(self);
    const gboolean look = nero_look_props_set(&self->look, id, value);
    gboolean known = look || nero_infer_props_set(&self->props, id, value);
    self->props_changed = self->props_changed || !look;
    self->look_changed = self->look_changed || look;
    self->model_set = self->model_set || id == NERO_INFER_PROP_MODEL;
    GST_OBJECT_UNLOCK(self);
    if (!known)
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

static GstStructure *make_stats(NeroInfer *self)
{
    NeroEngineStats s = {0};
    GST_OBJECT_LOCK(self);
    if (self->engine)
        nero_engine_get_stats(self->engine, &s);
    NeroLookStats look = {0};
    if (self->engine)
        nero_look_get_stats(nero_engine_look(self->engine), &look);
    gdouble seconds = (self->last_us - self->first_us) / 1e6;
    gdouble fps = self->frames > 1 && seconds > 0 ? (self->frames - 1) / seconds : 0;
    GstStructure *stats = gst_structure_new(
        "neroinfer-stats", "frames", G_TYPE_UINT64, self->frames, "inferred", G_TYPE_UINT64,
        s.inferred, "skipped", G_TYPE_UINT64, self->skipped, "detections", G_TYPE_UINT64,
        s.detections, "parts", G_TYPE_UINT64, look.parts, "parts-inferred", G_TYPE_UINT64,
        look.inferred, "infer-ms-last", G_TYPE_DOUBLE, s.last_ms, "infer-ms-average", G_TYPE_DOUBLE,
        s.inferred ? s.sum_ms / s.inferred : 0.0, "infer-ms-min", G_TYPE_DOUBLE, s.min_ms,
        "infer-ms-max", G_TYPE_DOUBLE, s.max_ms, "fps", G_TYPE_DOUBLE, fps, "input-width",
        G_TYPE_INT, s.input_width, "input-height", G_TYPE_INT, s.input_height, "infer-ms-p95",
        G_TYPE_DOUBLE, s.p95_ms, "interval", G_TYPE_UINT, self->use.interval, "size-changes",
        G_TYPE_UINT, self->use.size_changes, "scene-detail", G_TYPE_DOUBLE,
        (double)self->use.scene.detail, "scene-motion", G_TYPE_DOUBLE,
        (double)self->use.scene.motion, "model", G_TYPE_STRING,
        self->running ? self->running : self->props.model, "precision", G_TYPE_STRING, s.precision,
        "async", G_TYPE_BOOLEAN, self->is_async, NULL);
    GST_OBJECT_UNLOCK(self);
    return stats;
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
    NeroInfer *self = NERO_INFER(object);
    if (id == NERO_INFER_PROP_STATS) {
        g_value_take_boxed(value, make_stats(self));
        return;
    }
    GST_OBJECT_LOCK(self);
    gboolean known = nero_infer_props_get(&self->props, id, value) ||
                     nero_look_props_get(&self->look, id, value);
    GST_OBJECT_UNLOCK(self);
    if (!known)
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

// Also takes over `running`.
static void set_engine(NeroInfer *self, NeroEngine *engine, char *running)
{
    nero_loader_free(self->loader);
    self->loader = engine ? nero_loader_new(nero_engine_member(engine)) : NULL;
    nero_cascade_free(self->cascade);
    self->cascade =
        engine && self->props.region == NERO_REGION_ROI_LIST ? nero_cascade_new() : NULL;
    self->upstream = (NeroUpstream){0};
    GST_OBJECT_LOCK(self);
    NeroEngine *old = self->engine;
    self->engine = engine;
    g_free(self->running);
    self->running = running;
    self->frames = self->skipped = 0;
    self->first_us = self->last_us = 0;
    self->use = (NeroInferUse){.interval = self->props.interval};
    nero_qos_init(&self->pace);
    self->is_async = FALSE;
    GST_OBJECT_UNLOCK(self);
    self->mode_known = self->warned = FALSE;
    self->waited = 0;
    self->posted = GST_CLOCK_TIME_NONE;
    nero_adapt_release(&self->adapt);
    nero_engine_free(old);
}

// Time of an inference in milliseconds, without the first one, which allocates; 0 on failure. A
// live pipeline asks for the latency before the first frame.
static double measure(NeroMember *member, NeroModel *model)
{
    GstVideoInfo info;
    const nn_card *card = nn_detector_card(model->detector);
    const int w = card->input_w > 0 ? card->input_w : 640;
    const int h = card->input_h > 0 ? card->input_h : 480;
    gst_video_info_set_format(&info, GST_VIDEO_FORMAT_RGB, (guint)w, (guint)h);
    gint64 begin = 0;
    for (int i = 0; i < 2; i++) {
        nn_error err = {.status = NN_OK};
        begin = g_get_monotonic_time();
        if (nero_model_warm(model, member, &info, &err) != NN_OK)
            return 0;
    }
    return (double)(g_get_monotonic_time() - begin) / 1000;
}

// Time of an inference for a stream that waits for it; 0: it does not.
static double expect_latency(NeroInfer *self, NeroMember *member)
{
    if (nero_infer_runs_async(self, TRUE))
        return 0;
    const double known = nero_member_ms(member);
    if (known > 0) // others run it: by the time that it takes them
        return known;
    NeroModel *model = nero_member_model(member, NULL, NULL);
    const double ms = measure(member, model);
    nero_model_unref(model);
    return ms;
}

// Opens the requested model; FALSE after an error message.
static gboolean open_engine(NeroInfer *self)
{
    GST_OBJECT_LOCK(self);
    self->model_set = self->model_asked = self->faint = FALSE;
    g_autofree char *model = g_strdup(self->props.model ? self->props.model : "");
    g_autofree char *head = g_strdup(self->props.head);
    g_autofree char *labels = g_strdup(self->props.labels_file);
    g_autofree char *texts = g_strdup(self->props.labels_text);
    g_autofree char *id = g_strdup(self->props.instance_id);
    nn_detector_options options = {.threads = self->props.threads,
                                   .head = head,
                                   .labels = labels,
                                   .texts = texts,
                                   .precision = (nn_precision)self->props.precision,
                                   .tail_limits = nero_infer_tail_limits(&self->props)};
    nero_sizes_parse(self->props.input_size, &options.input_h, &options.input_w, NULL);
    GST_OBJECT_UNLOCK(self);
    nn_error err = {0};
    NeroMember *member = nero_member_join(id, model, &options, &err);
    const double ms = member ? expect_latency(self, member) : 0;
    if (member)
        set_engine(self, nero_engine_new(member), g_strdup(model));
    GST_OBJECT_LOCK(self);
    if (ms > 0)
        nero_qos_measure(&self->pace, ms);
    GST_OBJECT_UNLOCK(self);
    if (member && nero_infer_configure(self, &err) == NN_OK) {
        nero_infer_tell_note(self);
        return TRUE;
    }
    set_engine(self, NULL, NULL);
    const char *format = _("Cannot use model \"%s\": %s");
    if (err.status == NN_ENOTFOUND)
        GST_ELEMENT_ERROR(self, RESOURCE, NOT_FOUND, (format, model, err.text), (NULL));
    else
        GST_ELEMENT_ERROR(self, RESOURCE, SETTINGS, (format, model, err.text), (NULL));
    return FALSE;
}

// Whether the device is the one there is.
static gboolean check_device(NeroInfer *self)
{
    GST_OBJECT_LOCK(self);
    g_autofree char *device = g_strdup(self->props.device ? self->props.device : "CPU");
    GST_OBJECT_UNLOCK(self);
    if (g_ascii_strcasecmp(device, "CPU") == 0)
        return TRUE;
    GST_ELEMENT_ERROR(
        self, RESOURCE, SETTINGS,
        (_("Cannot use device \"%s\": models run on the processor, device=CPU"), device), (NULL));
    return FALSE;
}

static gboolean start(GstBaseTransform *base)
{
    NeroInfer *self = NERO_INFER(base);
    nero_gate_shut(&self->gate);
    const gboolean ok = check_device(self) && nero_infer_check_look(self) && open_engine(self);
    nero_gate_open(&self->gate, ok);
    return ok;
}

static gboolean stop(GstBaseTransform *base)
{
    NeroInfer *self = NERO_INFER(base);
    nero_gate_shut(&self->gate);
    set_engine(self, NULL, NULL);
    return TRUE;
}

static gboolean set_caps(GstBaseTransform *base, GstCaps *in, GstCaps *out)
{
    NeroInfer *self = NERO_INFER(base);
    GstVideoInfo info;
    (void)out;
    if (!gst_video_info_from_caps(&info, in) || !nero_video_can_view(info.finfo) ||
        !nero_gate_enter(&self->gate, base->sinkpad))
        return FALSE; // nero_sink_event() posts the error
    self->info = info;
    nero_engine_forget(self->engine); // they are in pixels of another size
    nero_gate_leave(&self->gate);
    return TRUE;
}

static GstFlowReturn transform_ip(GstBaseTransform *base, GstBuffer *buffer)
{
    NeroInfer *self = NERO_INFER(base);
    if (!nero_gate_enter(&self->gate, base->sinkpad))
        return GST_FLOW_FLUSHING;
    const GstFlowReturn ret = nero_infer_frame(self, buffer);
    nero_gate_leave(&self->gate);
    return ret;
}

// Handles the effect of an event on the kept boxes.
static void hear_event(NeroInfer *self, GstEvent *event)
{
    switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_SEGMENT: // times start again: ages across it would be wrong
    case GST_EVENT_FLUSH_STOP:
        nero_engine_forget(self->engine);
        if (self->cascade)
            nero_cascade_forget(self->cascade);
        GST_OBJECT_LOCK(self);
        nero_qos_restart(&self->pace);
        GST_OBJECT_UNLOCK(self);
        break;
    case GST_EVENT_EOS:
        nero_engine_drain(self->engine);
        break;
    default:
        break;
    }
}

static gboolean sink_event(GstBaseTransform *base, GstEvent *event)
{
    NeroInfer *self = NERO_INFER(base);
    if (nero_gate_try(&self->gate)) { // otherwise there are no boxes
        hear_event(self, event);
        nero_gate_leave(&self->gate);
    }
    return nero_sink_event(GST_BASE_TRANSFORM_CLASS(nero_infer_parent_class), base, event,
                           nero_video_can_view, N_("read"));
}

static GstFlowReturn submit_input(GstBaseTransform *base, gboolean discont, GstBuffer *buffer)
{
    return nero_submit_input(GST_BASE_TRANSFORM_CLASS(nero_infer_parent_class), base, discont,
                             buffer);
}

static gboolean src_event(GstBaseTransform *base, GstEvent *event)
{
    NeroInfer *self = NERO_INFER(base);
    gboolean ok;
    if (nero_infer_adjust(self, event, &ok)) {
        gst_event_unref(event);
        return ok;
    }
    if (gst_event_has_name(event, NERO_WANTS_FAINT)) { // nerotrack
        GST_OBJECT_LOCK(self);
        self->props_changed = self->props_changed || !self->faint;
        self->faint = TRUE;
        GST_OBJECT_UNLOCK(self);
        gst_event_unref(event);
        return TRUE;
    }
    if (GST_EVENT_TYPE(event) == GST_EVENT_QOS) {
        GST_OBJECT_LOCK(self);
        nero_qos_event(&self->pace, event);
        GST_OBJECT_UNLOCK(self);
    }
    return GST_BASE_TRANSFORM_CLASS(nero_infer_parent_class)->src_event(base, event);
}

// For the elements behind it that look into the network.
static gboolean answer_model(NeroInfer *self, GstQuery *query)
{
    GST_OBJECT_LOCK(self);
    const gboolean answered = nero_model_answer(query, self->running);
    GST_OBJECT_UNLOCK(self);
    return answered;
}

static gboolean answer_query(GstBaseTransform *base, GstPadDirection direction, GstQuery *query)
{
    NeroInfer *self = NERO_INFER(base);
    if (direction == GST_PAD_SRC && answer_model(self, query))
        return TRUE;
    if (!nero_base_query(base, direction, query))
        return FALSE;
    if (direction == GST_PAD_SRC && GST_QUERY_TYPE(query) == GST_QUERY_LATENCY) {
        gboolean live;
        GstClockTime min, max;
        gst_query_parse_latency(query, &live, &min, &max);
        if (!nero_infer_runs_async(self, live)) {
            GST_OBJECT_LOCK(self);
            GstClockTime own = self->pace.latency;
            self->pace.upstream = min;
            GST_OBJECT_UNLOCK(self);
            max = GST_CLOCK_TIME_IS_VALID(max) ? max + own : max;
            gst_query_set_latency(query, live, min + own, max);
        }
    }
    return TRUE;
}

static void finalize(GObject *object)
{
    NeroInfer *self = NERO_INFER(object);
    nero_gate_clear(&self->gate);
    nero_infer_props_release(&self->props);
    g_free(self->labels_before);
    nero_look_props_release(&self->look);
    nn_result_release(&self->result);
    G_OBJECT_CLASS(nero_infer_parent_class)->finalize(object);
}

static void nero_infer_class_init(NeroInferClass *klass)
{
    GObjectClass *object = G_OBJECT_CLASS(klass);
    GstElementClass *element = GST_ELEMENT_CLASS(klass);
    GstBaseTransformClass *base = GST_BASE_TRANSFORM_CLASS(klass);
    GST_DEBUG_CATEGORY_INIT(nero_infer_debug, "neroinfer", 0, "NeroScale inference");
    object->set_property = set_property;
    object->get_property = get_property;
    object->finalize = finalize;
    nero_infer_props_install(object);
    nero_look_props_install(object);
    nero_video_add_pads(element, nero_video_can_view);
    gst_element_class_set_static_metadata(
        element, "NeroScale object detector", "Filter/Analyzer/Video",
        "Detects objects with a neural network and attaches them to the frames as metadata. Frames "
        "keep their size and are never dropped",
        "NeroScale");
    base->start = GST_DEBUG_FUNCPTR(start);
    base->stop = GST_DEBUG_FUNCPTR(stop);
    base->set_caps = GST_DEBUG_FUNCPTR(set_caps);
    base->transform_ip = GST_DEBUG_FUNCPTR(transform_ip);
    base->submit_input_buffer = GST_DEBUG_FUNCPTR(submit_input);
    base->sink_event = GST_DEBUG_FUNCPTR(sink_event);
    base->src_event = GST_DEBUG_FUNCPTR(src_event);
    base->query = GST_DEBUG_FUNCPTR(answer_query);
    base->propose_allocation = GST_DEBUG_FUNCPTR(nero_propose_allocation);
    base->transform_ip_on_passthrough = FALSE;
}

static void nero_infer_init(NeroInfer *self)
{
    nero_gate_init(&self->gate);
    nero_infer_props_init(&self->props);
    nero_look_props_init(&self->look);
    nn_result_init(&self->result);
    nero_qos_init(&self->pace);
    nero_watch_caps(&self->base, nero_video_can_view, N_("read"));
    gst_base_transform_set_in_place(&self->base, TRUE);
    // The base class would drop late frames; here only inference is skipped (qos.h).
    gst_base_transform_set_qos_enabled(&self->base, FALSE);
}
