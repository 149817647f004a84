// SPDX-License-Identifier: MIT
// Frames of a file are inferred together, one a thread, which keeps all cores busy; each goes on in
// its place as soon as it and those before it are done.
#include "plugins/common/video.h"
#include "plugins/infer/neroinfer.h"

GST_DEBUG_CATEGORY_EXTERN(nero_infer_debug);
#define GST_CAT_DEFAULT nero_infer_debug

enum { MOST_BYTES = 32 << 20 }; // of the pixels that wait; as many are being inferred

// A measured latency, an interval, and parts of a frame depend on the frames before.
gboolean nero_infer_flies(NeroInfer *self)
{
    const nn_detector *d = nero_engine_model(self->engine)->detector;
    if (self->is_live || self->is_async || self->cascade ||
        GST_PAD_MODE(self->base.srcpad) != GST_PAD_MODE_PUSH || nn_detector_lanes(d) < 2)
        return FALSE;
    GST_OBJECT_LOCK(self);
    const gboolean each = self->props.interval <= 1 && self->props.latency_budget <= 0;
    GST_OBJECT_UNLOCK(self);
    return each && nero_look_takes_whole(nero_engine_look(self->engine), nn_detector_card(d));
}

gboolean nero_infer_depart(NeroInfer *self, GstBuffer *buffer)
{
    NeroFlightFrame *f = &self->departing;
    if (!gst_video_frame_map(&f->video, &self->info, buffer, GST_MAP_READ))
        return FALSE;
    f->buffer = buffer; // borrowed until it joins
    f->most = MIN(nn_detector_lanes(nero_engine_model(self->engine)->detector), NERO_FLIGHT_FRAMES);
    f->most = (int)CLAMP(MOST_BYTES / MAX(GST_VIDEO_INFO_SIZE(&self->info), 1), 1, (gsize)f->most);
    return TRUE;
}

GstFlowReturn nero_infer_join_flight(NeroInfer *self, GstBuffer *buffer)
{
    NeroFlightFrame frame = self->departing;
    self->departing.buffer = NULL;
    frame.buffer = buffer;
    return nero_flight_add(&self->flight, &frame);
}

static nn_status infer(NeroInfer *self, const NeroFlightFrame *frames, int count, nn_error *err)
{
    NeroEngineFrame jobs[NERO_FLIGHT_FRAMES] = {{0}};
    for (int i = 0; i < count; i++)
        jobs[i] = (NeroEngineFrame){.video = &frames[i].video,
                                    .area = nero_video_area(&frames[i].video, &self->info),
                                    .pts = GST_BUFFER_PTS(frames[i].buffer),
                                    .result = &self->flown[i]};
    return nero_engine_run_frames(self->engine, jobs, count, err);
}

// Pushes a frame with its boxes, unless one before it was refused.
static GstFlowReturn pass_on(NeroInfer *self, GstBuffer *buffer, const nn_result *result,
                             GstFlowReturn before)
{
    if (before != GST_FLOW_OK) {
        gst_buffer_unref(buffer);
        return before;
    }
    GST_LOG_OBJECT(self, "%d boxes", result->count);
    if (nero_infer_attach(self, buffer, result, TRUE))
        return gst_pad_push(self->base.srcpad, buffer);
    GST_ELEMENT_ERROR(self, RESOURCE, FAILED, ("Out of memory for boxes"), (NULL));
    gst_buffer_unref(buffer);
    return GST_FLOW_ERROR;
}

GstFlowReturn nero_infer_fly(gpointer user, NeroFlightFrame *frames, int count)
{
    NeroInfer *self = user;
    nn_error err = {.status = NN_OK};
    GstFlowReturn flow = GST_FLOW_OK;
    if (infer(self, frames, count, &err) != NN_OK) {
        GST_ELEMENT_ERROR(self, STREAM, FAILED, ("Inference failed: %s", err.text), (NULL));
        flow = GST_FLOW_ERROR;
    }
    for (int i = 0; i < count; i++) { // a mapped buffer is shared, and takes no metadata
        gst_video_frame_unmap(&frames[i].video);
        flow = pass_on(self, frames[i].buffer, &self->flown[i], flow);
    }
    return flow;
}
