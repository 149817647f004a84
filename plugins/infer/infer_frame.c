// SPDX-License-Identifier: MIT
// Decides for each frame whether it is inferred at once, in the worker, or not at all.
#include "plugins/common/segment_time.h"
#include "plugins/common/upstream.h"
#include "plugins/common/video.h"
#include "plugins/infer/neroinfer.h"
#include "po/translate.h"

GST_DEBUG_CATEGORY_EXTERN(nero_infer_debug);
#define GST_CAT_DEFAULT nero_infer_debug

nn_status nero_infer_configure(NeroInfer *self, nn_error *err)
{
    GST_OBJECT_LOCK(self);
    self->props_changed = FALSE;
    NeroEngineSettings settings = {.threshold = self->props.threshold,
                                   .shift = self->props.threshold_shift,
                                   .iou_threshold = self->props.iou_threshold,
                                   .max_detections = self->props.max_detections,
                                   .agnostic_nms = self->props.agnostic_nms,
                                   .faint = self->faint,
                                   .labels = self->props.labels,
                                   .thresholds = self->props.thresholds};
    int height, width;
    nn_status status = nero_engine_configure(self->engine, &settings, err);
    if (status == NN_OK)
        status = nero_sizes_parse(self->props.input_size, &height, &width, err);
    GST_OBJECT_UNLOCK(self);
    return status;
}

void nero_infer_tell_note(NeroInfer *self)
{
    g_autofree char *note = nero_model_note(nero_engine_model(self->engine));
    if (note)
        GST_ELEMENT_INFO(self, LIBRARY, SETTINGS, ("%s", note), (NULL));
    GST_OBJECT_LOCK(self);
    const gboolean rounds = self->props.precision != NERO_PRECISION_FLOAT32;
    GST_OBJECT_UNLOCK(self);
    if (rounds && !nn_precision_has_bf16())
        GST_ELEMENT_INFO(
            self, LIBRARY, SETTINGS,
            ("This machine has no fast bfloat16 (AMX, or AVX-512 BF16 of AMD) and runs "
             "in float32"),
            (NULL));
}

gboolean nero_infer_runs_async(NeroInfer *self, gboolean live)
{
    GST_OBJECT_LOCK(self);
    NeroAsync async = self->props.async;
    const gboolean waits = self->props.region == NERO_REGION_ROI_LIST;
    GST_OBJECT_UNLOCK(self);
    return !waits && (async == NERO_ASYNC_TRUE || (async == NERO_ASYNC_AUTO && live));
}

// Asks upstream whether it is live: once, at the first frame, when the whole chain is connected.
static void decide_mode(NeroInfer *self)
{
    gboolean live = FALSE;
    GstClockTime upstream = 0;
    g_autoptr(GstQuery) query = gst_query_new_latency();
    if (gst_pad_peer_query(self->base.sinkpad, query))
        gst_query_parse_latency(query, &live, &upstream, NULL);
    gboolean async = nero_infer_runs_async(self, live);
    self->is_live = live;
    self->mode_known = TRUE;
    GST_OBJECT_LOCK(self);
    self->is_async = async;
    self->pace.upstream = upstream;
    GST_OBJECT_UNLOCK(self);
    GST_INFO_OBJECT(self, "%s source, %s inference", live ? "live" : "non-live",
                    async ? "asynchronous" : "synchronous");
}

// Counts a frame; TRUE when the interval makes it due for inference.
static gboolean count_frame(NeroInfer *self, int interval)
{
    gboolean due = self->waited + 1 >= (guint64)interval;
    GST_OBJECT_LOCK(self);
    self->last_us = g_get_monotonic_time();
    if (self->frames++ == 0) {
        self->first_us = self->last_us;
        due = TRUE;
    }
    self->use = (NeroInferUse){.interval = (guint)interval,
                               .size_changes = (guint)self->adapt.budget.changes,
                               .scene = self->adapt.figures};
    GST_OBJECT_UNLOCK(self);
    self->waited = due ? 0 : self->waited + 1;
    return due;
}

// Running time of now; NONE without a clock.
static GstClockTime running_now(NeroInfer *self)
{
    g_autoptr(GstClock) clock = gst_element_get_clock(GST_ELEMENT(self));
    const GstClockTime base = gst_element_get_base_time(GST_ELEMENT(self));
    const GstClockTime now = clock ? gst_clock_get_time(clock) : GST_CLOCK_TIME_NONE;
    return GST_CLOCK_TIME_IS_VALID(now) && GST_CLOCK_TIME_IS_VALID(base) && now >= base
               ? now - base
               : GST_CLOCK_TIME_NONE;
}

// Decides about a frame that is due; posts the QoS message of a skipped one.
static NeroQosChoice choose(NeroInfer *self, GstBuffer *buffer, GstClockTime running)
{
    GstMessage *m = NULL;
    NeroQosChoice choice = self->is_async ? NERO_QOS_BESIDE : NERO_QOS_WAIT;
    if (self->is_async || !self->is_live)
        return choice;
    const GstClockTime now = running_now(self);
    const gboolean busy = nero_engine_is_busy(self->engine);
    GST_OBJECT_LOCK(self);
    choice = nero_qos_choose(&self->pace, running, now);
    if (choice == NERO_QOS_SKIP)
        m = nero_qos_message(&self->pace, GST_OBJECT(self), buffer, &self->base.segment,
                             self->frames - self->skipped - 1, self->skipped + 1);
    GST_OBJECT_UNLOCK(self);
    if (m)
        gst_element_post_message(GST_ELEMENT(self), m);
    return choice == NERO_QOS_WAIT && busy ? NERO_QOS_BESIDE : choice;
}

// Synchronous inference delays the stream: announces the latency when it has changed.
static void update_latency(NeroInfer *self)
{
    NeroEngineStats s;
    nero_engine_get_stats(self->engine, &s);
    if (s.inferred == 0)
        return;
    GST_OBJECT_LOCK(self);
    gboolean changed = nero_qos_measure(&self->pace, s.peak_ms);
    GST_OBJECT_UNLOCK(self);
    if (changed)
        gst_element_post_message(GST_ELEMENT(self), gst_message_new_latency(GST_OBJECT(self)));
}

typedef enum Outcome { SKIPPED, SUBMITTED, MEASURED } Outcome;

// Starts the inference of a frame in the worker, or infers it into self->result.
static Outcome infer_frame(NeroInfer *self, GstBuffer *buffer, gboolean beside, nn_error *err)
{
    GstVideoFrame frame;
    if (!gst_video_frame_map(&frame, &self->info, buffer, GST_MAP_READ)) {
        if (!self->warned)
            GST_ELEMENT_WARNING(
                self, STREAM, FORMAT, (_("A frame that cannot be read is not inferred")),
                ("buffer of %" G_GSIZE_FORMAT " bytes", gst_buffer_get_size(buffer)));
        self->warned = TRUE;
        return SKIPPED;
    }
    GstClockTime pts = GST_BUFFER_PTS(buffer);
    const GstVideoRectangle area = nero_video_area(&frame, &self->info);
    Outcome outcome = SKIPPED;
    if (self->cascade) {
        if (!beside && nero_cascade_infer(self->cascade, self->engine, &frame, &area, err) == NN_OK)
            outcome = MEASURED;
    } else if (!beside) {
        if (nero_engine_run(self->engine, &frame, &area, pts, &self->result, err) == NN_OK)
            outcome = MEASURED;
    } else if (nero_engine_submit(self->engine, &frame, &area, pts)) {
        outcome = SUBMITTED;
    }
    gst_video_frame_unmap(&frame);
    return outcome;
}

// The interval for this frame; sets the engine's input size.
static int adapt(NeroInfer *self, GstBuffer *buffer, GstClockTime running)
{
    GstVideoFrame frame;
    nn_error err = {.status = NN_OK};
    NeroAdaptSetup setup = {.live = self->is_live};
    if (self->info.fps_n > 0)
        setup.period_ms = 1000.0 * self->info.fps_d / self->info.fps_n;
    GST_OBJECT_LOCK(self);
    setup.budget_ms = self->props.latency_budget;
    setup.interval = (int)MIN(self->props.interval, (guint)G_MAXINT);
    nero_sizes_parse(self->props.input_size, &setup.height, &setup.width, &err);
    GST_OBJECT_UNLOCK(self);
    nero_adapt_tick(&self->adapt, running);
    if (nero_adapt_prepare(&self->adapt, self->engine, &setup, &err) != NN_OK)
        GST_ELEMENT_WARNING(self, RESOURCE, SETTINGS,
                            (_("The input size is not used: %s"), err.text), (NULL));
    if (setup.budget_ms > 0 && gst_video_frame_map(&frame, &self->info, buffer, GST_MAP_READ)) {
        const GstVideoRectangle area = nero_video_area(&frame, &self->info);
        nero_adapt_look(&self->adapt, &frame, &area);
        gst_video_frame_unmap(&frame);
    }
    return nero_adapt_choose(&self->adapt, self->engine, (double)g_get_monotonic_time() / 1e6);
}

static Outcome handle_frame(NeroInfer *self, GstBuffer *buffer, nn_error *err)
{
    GstClockTime running = nero_running_time(&self->base.segment, GST_BUFFER_PTS(buffer));
    Outcome outcome = SKIPPED;
    const int interval = adapt(self, buffer, running);
    const NeroQosChoice choice =
        count_frame(self, interval) ? choose(self, buffer, running) : NERO_QOS_SKIP;
    if (choice != NERO_QOS_SKIP)
        outcome = infer_frame(self, buffer, choice == NERO_QOS_BESIDE, err);
    GST_OBJECT_LOCK(self);
    if (outcome == SKIPPED)
        self->skipped++;
    else
        self->pace.inferred = running;
    GST_OBJECT_UNLOCK(self);
    const gboolean idle =
        outcome == MEASURED && self->cascade && nero_cascade_was_idle(self->cascade);
    if (idle || (outcome == SKIPPED && choice == NERO_QOS_BESIDE))
        self->waited = (guint64)interval; // nothing was done: the next frame is due
    return outcome;
}

// Records the model in use; returns the name of the old one (g_free).
static char *take_model(NeroInfer *self, const char *name)
{
    GST_OBJECT_LOCK(self);
    char *previous = self->running;
    self->running = g_strdup(name);
    self->props_changed = TRUE; // the wanted classes must be looked up among the new ones
    if (g_strcmp0(self->props.model, name) == 0) {
        self->model_asked = self->model_set;
    } else if (!self->model_set && !self->model_asked) { // another stream has changed it for all
        g_free(self->props.model);
        self->props.model = g_strdup(name);
    }
    GST_OBJECT_UNLOCK(self);
    return previous;
}

// Sets the property back to the model that stays, unless another one was set meanwhile. Returns its
// name (g_free).
static char *refuse_model(NeroInfer *self)
{
    GST_OBJECT_LOCK(self);
    char *running = g_strdup(self->running);
    self->model_asked = FALSE;
    if (!self->model_set) {
        g_free(self->props.model);
        self->props.model = g_strdup(running);
    }
    GST_OBJECT_UNLOCK(self);
    return running;
}

// Reports what has become of a model: the one in use from this frame on, or one that cannot be
// used.
static void report_model(NeroInfer *self, GstBuffer *buffer, NeroLoad *load)
{
    const gboolean taken = load->error.status == NN_OK;
    g_autofree char *other = taken ? take_model(self, load->name) : refuse_model(self);
    nero_load_tell(load, GST_ELEMENT(self), other, GST_BUFFER_PTS(buffer));
    if (taken)
        nero_infer_tell_note(self);
    nero_load_release(load);
    g_object_notify(G_OBJECT(self), "model");
}

// Starts to load a model that was set, and goes over to one that is ready.
static void change_model(NeroInfer *self, GstBuffer *buffer)
{
    GST_OBJECT_LOCK(self);
    if (self->model_set) {
        const NeroInferProps *p = &self->props;
        nn_detector_options options = {.threads = p->threads,
                                       .head = p->head,
                                       .labels = p->labels_file,
                                       .texts = p->labels_text,
                                       .precision = (nn_precision)p->precision,
                                       .tail_limits = nero_infer_tail_limits(p)};
        nero_sizes_parse(p->input_size, &options.input_h, &options.input_w, NULL);
        self->model_set =
            !nero_loader_ask(self->loader, p->model ? p->model : "", &options, &self->info);
        self->model_asked = TRUE;
    }
    GST_OBJECT_UNLOCK(self);
    NeroLoad load = {0};
    NeroModel *old;
    if (nero_loader_refused(self->loader, &load))
        report_model(self, buffer, &load);
    load = (NeroLoad){0};
    if (nero_engine_follow(self->engine, &old, &load.name, &load.load_ms)) {
        report_model(self, buffer, &load);
        nero_loader_retire(self->loader, old);
    }
}

// Applies controlled and changed properties.
static void refresh_properties(NeroInfer *self, GstBuffer *buffer)
{
    GstClockTime stream = nero_stream_time(&self->base.segment, GST_BUFFER_PTS(buffer));
    if (GST_CLOCK_TIME_IS_VALID(stream))
        gst_object_sync_values(GST_OBJECT(self), stream);
    GST_OBJECT_LOCK(self);
    gboolean changed = self->props_changed;
    GST_OBJECT_UNLOCK(self);
    nn_error err = {.status = NN_OK};
    if (changed && nero_infer_configure(self, &err) != NN_OK)
        GST_ELEMENT_WARNING(self, RESOURCE, SETTINGS,
                            (_("A part of the settings is ignored: %s"), err.text), (NULL));
}

// Puts the boxes for this frame into self->result; FALSE when there are none yet. When the worker
// may infer the frame, the boxes are read before it gets the frame: they are always those of an
// older one.
static gboolean find_boxes(NeroInfer *self, GstBuffer *buffer, nn_error *err)
{
    gboolean found = FALSE;
    GstClockTime pts = GST_BUFFER_PTS(buffer);
    const gboolean before = self->is_async || self->is_live;
    if (before && nero_engine_carry(self->engine, pts, &self->result, &found, err) != NN_OK)
        return FALSE;
    Outcome outcome = handle_frame(self, buffer, err);
    if (!self->is_async && outcome != SKIPPED)
        update_latency(self);
    if (!before && outcome == SKIPPED && err->status == NN_OK)
        nero_engine_carry(self->engine, pts, &self->result, &found, err);
    return found || outcome == MEASURED;
}

static void find_regions(NeroInfer *self, GstBuffer *buffer)
{
    nero_upstream_need(&self->upstream, GST_ELEMENT(self),
                       "neroinfer ! neroinfer inference-region=roi-list", self->base.sinkpad,
                       buffer);
    GST_OBJECT_LOCK(self);
    nero_cascade_find(self->cascade, buffer, self->props.object_class, self->props.reclassify);
    g_autofree char *missed = NULL;
    if (nero_cascade_misses(self->cascade, buffer, self->props.object_class))
        missed = g_strdup(self->props.object_class);
    GST_OBJECT_UNLOCK(self);
    if (missed)
        GST_ELEMENT_WARNING(
            self, RESOURCE, SETTINGS,
            (_("No model before this element finds the class '%s' of object-class"), missed),
            (NULL));
}

GstFlowReturn nero_infer_frame(NeroInfer *self, GstBuffer *buffer)
{
    nn_error err = {.status = NN_OK};
    change_model(self, buffer);
    refresh_properties(self, buffer);
    nero_infer_refresh_look(self);
    if (!self->mode_known)
        decide_mode(self);
    if (self->cascade)
        find_regions(self, buffer);
    gboolean found = find_boxes(self, buffer, &err);
    if (err.status != NN_OK) {
        GST_ELEMENT_ERROR(self, STREAM, FAILED, (_("Inference failed: %s"), err.text), (NULL));
        return GST_FLOW_ERROR;
    }
    GST_LOG_OBJECT(self, "%d boxes, %.1f ms old", found ? self->result.count : 0,
                   found ? self->result.age_ms : 0);
    if (!nero_infer_attach(self, buffer, &self->result, found)) {
        GST_ELEMENT_ERROR(self, RESOURCE, FAILED, (_("Out of memory for boxes")), (NULL));
        return GST_FLOW_ERROR;
    }
    return GST_FLOW_OK;
}
