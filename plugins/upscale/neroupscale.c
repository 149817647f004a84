// SPDX-License-Identifier: MIT
// neroupscale: enlarges frames, or a part of them, with a network.

/**
 * SECTION:element-neroupscale
 * @title: neroupscale
 * @short_description: enlarges frames, or what follows an object, with a network
 *
 * Makes each frame as many times larger as the model says (zoom2: twice). The network makes the
 * luma, colours and alpha are enlarged bicubically. With region only that part of the frame is
 * enlarged and leaves the element; with track-id the part follows an object that nerotrack numbers,
 * and stays where the object was last seen while it is hidden.
 *
 * The model may be set while the element plays: it is loaded at once, between two frames. When it
 * has another factor, the caps of the output change.
 *
 * |[
 * gst-launch-1.0 filesrc location=vtest.avi ! decodebin ! videoconvert ! neroupscale model=zoom2 !
 *     videoconvert ! autovideosink
 * gst-launch-1.0 filesrc location=vtest.avi ! decodebin ! videoconvert ! neroinfer model=street !
 *     nerotrack ! neroupscale region=0,0,0.25,0.25 track-id=1 ! videoconvert ! autovideosink
 * ]|
 */
#include "nn/predict/upscaler.h"
#include "plugins/common/gate.h"
#include "plugins/common/negotiation.h"
#include "plugins/common/objects.h"
#include "plugins/common/position.h"
#include "plugins/common/video.h"
#include "plugins/elements.h"
#include "plugins/upscale/window.h"
#include "po/translate.h"

#include <gst/base/gstbasetransform.h>
#include <string.h>

GST_DEBUG_CATEGORY_STATIC(upscale_debug);
#define GST_CAT_DEFAULT upscale_debug

#define DEFAULT_MODEL "zoom2"

enum { PROP_MODEL = 1, PROP_REGION, PROP_TRACK_ID, PROP_THREADS };

#define NERO_TYPE_UPSCALE (nero_upscale_get_type())
G_DECLARE_FINAL_TYPE(NeroUpscale, nero_upscale, NERO, UPSCALE, GstBaseTransform)

struct _NeroUpscale {
    GstBaseTransform base;
    NeroGate gate; // open from start() to stop()
    // Guarded by the object lock.
    char *model, *region;
    NeroUpscaleWindow window; // of `region`
    gint64 track_id;
    guint threads;
    gboolean changed; // the model, since it was loaded
    int factor;       // of the loaded model; 0: none
    // Used inside the gate only.
    nn_upscaler *upscaler;
    GstVideoInfo in, out;
    NeroUpscalePlace place; // the part that is enlarged now
    GArray *objects;
};

G_DEFINE_TYPE(NeroUpscale, nero_upscale, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(neroupscale, "neroupscale", GST_RANK_NONE, NERO_TYPE_UPSCALE)

// Eight bits a component, each in a byte of its own.
static gboolean can_enlarge(const GstVideoFormatInfo *info)
{
    static const GstVideoFormat formats[] = {
        GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_YV12, GST_VIDEO_FORMAT_NV12,  GST_VIDEO_FORMAT_NV21,
        GST_VIDEO_FORMAT_Y42B, GST_VIDEO_FORMAT_Y444, GST_VIDEO_FORMAT_YUY2,  GST_VIDEO_FORMAT_UYVY,
        GST_VIDEO_FORMAT_RGB,  GST_VIDEO_FORMAT_BGR,  GST_VIDEO_FORMAT_RGBx,  GST_VIDEO_FORMAT_BGRx,
        GST_VIDEO_FORMAT_xRGB, GST_VIDEO_FORMAT_xBGR, GST_VIDEO_FORMAT_RGBA,  GST_VIDEO_FORMAT_BGRA,
        GST_VIDEO_FORMAT_ARGB, GST_VIDEO_FORMAT_ABGR, GST_VIDEO_FORMAT_GRAY8,
    };
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++)
        if (formats[i] == GST_VIDEO_FORMAT_INFO_FORMAT(info))
            return TRUE;
    return FALSE;
}

// --- properties ---

static void set_region(NeroUpscale *self, const char *text)
{
    NeroUpscaleWindow window;
    if (!nero_window_parse(&window, text)) {
        g_warning("neroupscale: region \"%s\" is not X0,Y0,X1,Y1 from 0 to 1 with X0 < X1 and "
                  "Y0 < Y1; it stays \"%s\"",
                  text, self->region ? self->region : "");
        return;
    }
    g_free(self->region);
    self->region = g_strdup(text);
    self->window = window;
}

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
    NeroUpscale *self = NERO_UPSCALE(object);
    GST_OBJECT_LOCK(self);
    switch (id) {
    case PROP_MODEL:
        g_free(self->model);
        self->model = g_value_dup_string(value);
        self->changed = TRUE;
        break;
    case PROP_REGION:
        set_region(self, g_value_get_string(value));
        break;
    case PROP_TRACK_ID:
        self->track_id = g_value_get_int64(value);
        break;
    case PROP_THREADS:
        self->threads = g_value_get_uint(value);
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
    }
    GST_OBJECT_UNLOCK(self);
    if (id == PROP_REGION)
        gst_base_transform_reconfigure_src(&self->base);
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
    NeroUpscale *self = NERO_UPSCALE(object);
    GST_OBJECT_LOCK(self);
    switch (id) {
    case PROP_MODEL:
        g_value_set_string(value, self->model);
        break;
    case PROP_REGION:
        g_value_set_string(value, self->region);
        break;
    case PROP_TRACK_ID:
        g_value_set_int64(value, self->track_id);
        break;
    case PROP_THREADS:
        g_value_set_uint(value, self->threads);
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
    }
    GST_OBJECT_UNLOCK(self);
}

// --- the model ---

// Opens the model that the property names; the one before stays when that fails.
static nn_status open_model(NeroUpscale *self, nn_error *err)
{
    GST_OBJECT_LOCK(self);
    g_autofree char *name = g_strdup(self->model ? self->model : DEFAULT_MODEL);
    const nn_upscaler_options o = {.threads = (int)self->threads};
    self->changed = FALSE;
    GST_OBJECT_UNLOCK(self);
    nn_upscaler *u;
    const nn_status status = nn_upscaler_open(&u, name, &o, err);
    if (status != NN_OK)
        return status;
    nn_upscaler_free(self->upscaler);
    self->upscaler = u;
    GST_OBJECT_LOCK(self);
    self->factor = nn_upscaler_factor(u);
    GST_OBJECT_UNLOCK(self);
    return NN_OK;
}

static gboolean start(GstBaseTransform *base)
{
    NeroUpscale *self = NERO_UPSCALE(base);
    nn_error err = {0};
    self->place = (NeroUpscalePlace){0};
    const gboolean ok = open_model(self, &err) == NN_OK;
    if (!ok)
        GST_ELEMENT_ERROR(self, RESOURCE, OPEN_READ, ("%s", err.text), (NULL));
    nero_gate_open(&self->gate, ok);
    return ok;
}

static gboolean stop(GstBaseTransform *base)
{
    NeroUpscale *self = NERO_UPSCALE(base);
    nero_gate_shut(&self->gate);
    nn_upscaler_free(self->upscaler);
    self->upscaler = NULL;
    GST_OBJECT_LOCK(self);
    self->factor = 0;
    GST_OBJECT_UNLOCK(self);
    return TRUE;
}

// A model that was set while the stream plays: the new caps follow from its factor.
static void take_model(NeroUpscale *self)
{
    nn_error err = {0};
    GST_OBJECT_LOCK(self);
    const gboolean changed = self->changed;
    const int before = self->factor;
    GST_OBJECT_UNLOCK(self);
    if (!changed)
        return;
    if (open_model(self, &err) != NN_OK)
        GST_ELEMENT_WARNING(self, RESOURCE, OPEN_READ,
                            (_("%s; the model before stays in use"), err.text), (NULL));
    else if (before != self->factor)
        gst_base_transform_reconfigure_src(&self->base);
}

// --- caps ---

// A side of what leaves the element; inputs of one side of the region give the same.
static int scale_side(int side, double part, int factor, gboolean grow)
{
    if (!grow)
        return MAX((int)((double)side / factor / part + 0.5), 1);
    return nero_window_side(side, part) * factor;
}

static void scale_value(GstStructure *s, const char *field, double part, int factor, gboolean grow)
{
    int side;
    // The size of the input cannot be told exactly from that of a part of it.
    if (gst_structure_get_int(s, field, &side) && (grow || part >= 1))
        gst_structure_set(s, field, G_TYPE_INT, scale_side(side, part, factor, grow), NULL);
    else
        gst_structure_set(s, field, GST_TYPE_INT_RANGE, 1, G_MAXINT, NULL);
}

static GstCaps *transform_caps(GstBaseTransform *base, GstPadDirection direction, GstCaps *caps,
                               GstCaps *filter)
{
    NeroUpscale *self = NERO_UPSCALE(base);
    GstCaps *out = gst_caps_new_empty();
    GST_OBJECT_LOCK(self);
    const int factor = self->factor;
    const NeroUpscaleWindow w = self->window;
    GST_OBJECT_UNLOCK(self);
    for (guint i = 0; i < gst_caps_get_size(caps); i++) {
        GstStructure *s = gst_structure_copy(gst_caps_get_structure(caps, i));
        const gboolean grow = direction == GST_PAD_SINK;
        if (factor > 0) {
            scale_value(s, "width", w.x1 - w.x0, factor, grow);
            scale_value(s, "height", w.y1 - w.y0, factor, grow);
        } else { // the model is not known yet
            gst_structure_set(s, "width", GST_TYPE_INT_RANGE, 1, G_MAXINT, "height",
                              GST_TYPE_INT_RANGE, 1, G_MAXINT, NULL);
        }
        gst_caps_append_structure(out, s);
    }
    if (filter) {
        GstCaps *all = out;
        out = gst_caps_intersect_full(filter, all, GST_CAPS_INTERSECT_FIRST);
        gst_caps_unref(all);
    }
    return out;
}

static gboolean take_caps(NeroUpscale *self, GstCaps *in, GstCaps *out)
{
    if (!gst_video_info_from_caps(&self->in, in) || !gst_video_info_from_caps(&self->out, out))
        return FALSE;
    self->place = (NeroUpscalePlace){0};
    return TRUE;
}

static gboolean set_caps(GstBaseTransform *base, GstCaps *in, GstCaps *out)
{
    NeroUpscale *self = NERO_UPSCALE(base);
    if (!nero_gate_enter(&self->gate, base->sinkpad))
        return FALSE;
    const gboolean ok = take_caps(self, in, out);
    nero_gate_leave(&self->gate);
    return ok;
}

static gboolean sink_event(GstBaseTransform *base, GstEvent *event)
{
    return nero_sink_event(GST_BASE_TRANSFORM_CLASS(nero_upscale_parent_class), base, event,
                           can_enlarge, N_("enlarge"));
}

static GstFlowReturn submit_input(GstBaseTransform *base, gboolean discont, GstBuffer *buffer)
{
    return nero_submit_input(GST_BASE_TRANSFORM_CLASS(nero_upscale_parent_class), base, discont,
                             buffer);
}

static gboolean get_unit_size(GstBaseTransform *base, GstCaps *caps, gsize *size)
{
    GstVideoInfo info;
    (void)base;
    if (!gst_video_info_from_caps(&info, caps))
        return FALSE;
    *size = GST_VIDEO_INFO_SIZE(&info);
    return TRUE;
}

// Frames may have room behind their lines, so nothing follows from the size of a buffer.
static gboolean transform_size(GstBaseTransform *base, GstPadDirection direction, GstCaps *caps,
                               gsize size, GstCaps *other, gsize *other_size)
{
    (void)direction, (void)caps, (void)size;
    return get_unit_size(base, other, other_size);
}

// --- frames ---

// The part of a component that lies in the window; (x, y, w, h) of the frame's pixels.
static nn_byte_plane component(const GstVideoFrame *f, guint c, const NeroUpscalePlace *p)
{
    const GstVideoFormatInfo *form = f->info.finfo;
    const int sx = GST_VIDEO_FORMAT_INFO_W_SUB(form, c), sy = GST_VIDEO_FORMAT_INFO_H_SUB(form, c);
    const int px = p->left + p->x, py = p->top + p->y;
    const int stride = GST_VIDEO_FRAME_COMP_STRIDE(f, c);
    const int step = GST_VIDEO_FRAME_COMP_PSTRIDE(f, c);
    uint8_t *data = (uint8_t *)GST_VIDEO_FRAME_COMP_DATA(f, c);
    return (nn_byte_plane){.data =
                               data + (ptrdiff_t)(py >> sy) * stride + (ptrdiff_t)(px >> sx) * step,
                           .stride = stride,
                           .step = step,
                           .width = GST_VIDEO_SUB_SCALE(sx, p->width),
                           .height = GST_VIDEO_SUB_SCALE(sy, p->height)};
}

static NeroUpscalePlace whole(const GstVideoFrame *f)
{
    return (NeroUpscalePlace){.width = GST_VIDEO_FRAME_WIDTH(f),
                              .height = GST_VIDEO_FRAME_HEIGHT(f)};
}

static nn_status enlarge_bicubically(NeroUpscale *self, const GstVideoFrame *in, GstVideoFrame *out,
                                     guint c, nn_error *err)
{
    const NeroUpscalePlace all = whole(out);
    const nn_byte_plane from = component(in, c, &self->place), to = component(out, c, &all);
    return nn_filter_resize_bytes(&from, &to, NN_FILTER_BICUBIC, err);
}

static nn_status enlarge_luma(NeroUpscale *self, const GstVideoFrame *in, GstVideoFrame *out,
                              nn_error *err)
{
    if (nn_card_channels(nn_upscaler_card(self->upscaler)) != 1)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "the model enlarges colours: put videoconvert ! video/x-raw,format=RGB "
                       "before neroupscale");
    const NeroUpscalePlace all = whole(out);
    const nn_byte_plane from = component(in, 0, &self->place), to = component(out, 0, &all);
    const gboolean limited = GST_VIDEO_INFO_IS_YUV(&self->in) &&
                             self->in.colorimetry.range != GST_VIDEO_COLOR_RANGE_0_255;
    nn_status status = nn_upscaler_luma(self->upscaler, &from, &to, limited, err);
    for (guint c = 1; c < GST_VIDEO_FRAME_N_COMPONENTS(in) && status == NN_OK; c++)
        status = enlarge_bicubically(self, in, out, c, err);
    return status;
}

static nn_status enlarge_colours(NeroUpscale *self, const GstVideoFrame *in, GstVideoFrame *out,
                                 nn_error *err)
{
    const NeroUpscalePlace *p = &self->place, all = whole(out);
    nn_image small = {p->width, p->height, g_malloc((gsize)3 * p->width * p->height)}, large;
    for (guint c = 0; c < 3; c++) {
        const nn_byte_plane from = component(in, c, p);
        for (int y = 0; y < p->height; y++)
            for (int x = 0; x < p->width; x++)
                small.rgb[3 * ((ptrdiff_t)y * p->width + x) + c] =
                    from.data[y * from.stride + (ptrdiff_t)x * from.step];
    }
    nn_status status = nn_upscaler_picture(self->upscaler, &small, &large, err);
    g_free(small.rgb);
    if (status != NN_OK)
        return status;
    for (guint c = 0; c < 3; c++) {
        const nn_byte_plane to = component(out, c, &all);
        for (int y = 0; y < to.height; y++)
            for (int x = 0; x < to.width; x++)
                to.data[y * to.stride + (ptrdiff_t)x * to.step] =
                    large.rgb[3 * ((ptrdiff_t)y * large.width + x) + c];
    }
    nn_image_release(&large);
    return GST_VIDEO_INFO_HAS_ALPHA(&self->in) ? enlarge_bicubically(self, in, out, 3, err) : NN_OK;
}

// Where the object with the number is now; FALSE: it is not seen.
static gboolean find_object(NeroUpscale *self, GstBuffer *buffer, gint64 id, nn_box *box)
{
    nero_objects_read(buffer, self->objects);
    for (guint i = 0; i < self->objects->len; i++) {
        *box = g_array_index(self->objects, NeroObject, i).box;
        if (box->track_id == id)
            return TRUE;
    }
    return FALSE;
}

static void place_window(NeroUpscale *self, GstBuffer *buffer)
{
    const GstVideoFormatInfo *form = self->in.finfo;
    nn_box box;
    GST_OBJECT_LOCK(self);
    const NeroUpscaleWindow window = self->window;
    const gint64 id = self->track_id;
    GST_OBJECT_UNLOCK(self);
    const gboolean seen = id > 0 && find_object(self, buffer, id, &box);
    const unsigned grain_x = GST_VIDEO_FORMAT_INFO_W_SUB(form, 1),
                   grain_y = GST_VIDEO_FORMAT_INFO_H_SUB(form, 1);
    if (seen || id <= 0 || self->place.width == 0)
        nero_window_place(&self->place, &window, seen ? &box : NULL, self->in.width,
                          self->in.height, grain_x, grain_y);
}

// Whether the caps of the output are those of the present model and region: after a change they
// come with the next frame.
static gboolean has_size(const NeroUpscale *self, const GstVideoFrame *out)
{
    const int factor = nn_upscaler_factor(self->upscaler);
    return GST_VIDEO_FRAME_WIDTH(out) == self->place.width * factor &&
           GST_VIDEO_FRAME_HEIGHT(out) == self->place.height * factor;
}

static GstFlowReturn enlarge(NeroUpscale *self, GstBuffer *in, GstBuffer *out)
{
    GstVideoFrame from, to;
    nn_error err = {0};
    nn_status status = NN_EINVAL;
    gboolean fits = TRUE;
    if (!self->in.finfo || !self->out.finfo)
        return GST_FLOW_NOT_NEGOTIATED;
    if (!gst_video_frame_map(&from, &self->in, in, GST_MAP_READ))
        return GST_FLOW_ERROR;
    if (gst_video_frame_map(&to, &self->out, out, GST_MAP_WRITE)) {
        const GstVideoRectangle area = nero_video_area(&from, &self->in);
        place_window(self, in);
        self->place.left = area.x;
        self->place.top = area.y;
        fits = has_size(self, &to);
        if (fits)
            status = GST_VIDEO_INFO_IS_RGB(&self->in) ? enlarge_colours(self, &from, &to, &err)
                                                      : enlarge_luma(self, &from, &to, &err);
        gst_video_frame_unmap(&to);
    }
    gst_video_frame_unmap(&from);
    if (status == NN_OK || !fits)
        return fits ? GST_FLOW_OK : GST_BASE_TRANSFORM_FLOW_DROPPED;
    GST_ELEMENT_ERROR(self, STREAM, FAILED, (_("a frame cannot be enlarged: %s"), err.text),
                      (NULL));
    return GST_FLOW_ERROR;
}

static GstFlowReturn transform(GstBaseTransform *base, GstBuffer *in, GstBuffer *out)
{
    NeroUpscale *self = NERO_UPSCALE(base);
    if (!nero_gate_enter(&self->gate, base->sinkpad))
        return GST_FLOW_FLUSHING;
    const GstFlowReturn flow = enlarge(self, in, out);
    nero_gate_leave(&self->gate);
    return flow;
}

static GstFlowReturn new_buffer(NeroUpscale *self, GstBuffer **out)
{
    if (!self->out.finfo)
        return GST_FLOW_NOT_NEGOTIATED;
    g_autoptr(GstBufferPool) pool = gst_base_transform_get_buffer_pool(GST_BASE_TRANSFORM(self));
    if (pool && gst_buffer_pool_set_active(pool, TRUE))
        return gst_buffer_pool_acquire_buffer(pool, out, NULL);
    *out = gst_buffer_new_allocate(NULL, GST_VIDEO_INFO_SIZE(&self->out), NULL);
    return *out ? GST_FLOW_OK : GST_FLOW_ERROR;
}

// The base class asks the pads for their caps, which a pad loses while the stream still runs out.
static GstFlowReturn prepare_output_buffer(GstBaseTransform *base, GstBuffer *in, GstBuffer **out)
{
    NeroUpscale *self = NERO_UPSCALE(base);
    if (!nero_gate_enter(&self->gate, base->sinkpad))
        return GST_FLOW_FLUSHING;
    const GstFlowReturn flow = new_buffer(self, out);
    nero_gate_leave(&self->gate);
    if (flow == GST_FLOW_OK)
        GST_BASE_TRANSFORM_GET_CLASS(base)->copy_metadata(base, in, *out);
    return flow;
}

static void before_transform(GstBaseTransform *base, GstBuffer *buffer)
{
    NeroUpscale *self = NERO_UPSCALE(base);
    (void)buffer;
    if (!nero_gate_enter(&self->gate, base->sinkpad))
        return;
    take_model(self);
    nero_gate_leave(&self->gate);
}

// Boxes and regions are in pixels of the small frame: they stay behind.
static gboolean transform_meta(GstBaseTransform *base, GstBuffer *out, GstMeta *meta, GstBuffer *in)
{
    (void)base, (void)out, (void)meta, (void)in;
    return FALSE;
}

static void finalize(GObject *object)
{
    NeroUpscale *self = NERO_UPSCALE(object);
    g_free(self->model);
    g_free(self->region);
    nero_gate_clear(&self->gate);
    g_array_unref(self->objects);
    G_OBJECT_CLASS(nero_upscale_parent_class)->finalize(object);
}

static void install_properties(GObjectClass *object)
{
    const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;
    g_object_class_install_property(
        object, PROP_MODEL,
        g_param_spec_string("model", "Model",
                            "A model of train --task upscale: a file, or an installed one",
                            DEFAULT_MODEL, flags | GST_PARAM_MUTABLE_PLAYING));
    g_object_class_install_property(
        object, PROP_REGION,
        g_param_spec_string("region", "Region",
                            "The part of the frame that is enlarged: X0,Y0,X1,Y1 from 0 to 1",
                            "0,0,1,1", flags | GST_PARAM_MUTABLE_PLAYING));
    g_object_class_install_property(
        object, PROP_TRACK_ID,
        g_param_spec_int64("track-id", "Track ID",
                           "Keep the region, of its size, around the object that nerotrack gives "
                           "this number; 0: the region stays",
                           0, G_MAXINT64, 0, flags | GST_PARAM_MUTABLE_PLAYING));
    g_object_class_install_property(object, PROP_THREADS,
                                    g_param_spec_uint("threads", "Threads",
                                                      "Threads of the network; 0: one per core", 0,
                                                      64, 0, flags | GST_PARAM_MUTABLE_READY));
}

static void nero_upscale_class_init(NeroUpscaleClass *class)
{
    GObjectClass *object = G_OBJECT_CLASS(class);
    GstElementClass *element = GST_ELEMENT_CLASS(class);
    GstBaseTransformClass *base = GST_BASE_TRANSFORM_CLASS(class);
    GST_DEBUG_CATEGORY_INIT(upscale_debug, "neroupscale", 0, "enlarges frames with a network");
    object->set_property = set_property;
    object->get_property = get_property;
    object->finalize = finalize;
    install_properties(object);
    gst_element_class_set_static_metadata(
        element, "Super-resolution", "Filter/Effect/Converter/Video/Scaler",
        "Enlarges frames, or a part that follows an object, with a neural network", "NeroScale");
    nero_video_add_pads(element, can_enlarge);
    base->start = GST_DEBUG_FUNCPTR(start);
    base->stop = GST_DEBUG_FUNCPTR(stop);
    base->query = GST_DEBUG_FUNCPTR(nero_base_query);
    base->transform_caps = GST_DEBUG_FUNCPTR(transform_caps);
    base->set_caps = GST_DEBUG_FUNCPTR(set_caps);
    base->sink_event = GST_DEBUG_FUNCPTR(sink_event);
    base->submit_input_buffer = GST_DEBUG_FUNCPTR(submit_input);
    base->get_unit_size = GST_DEBUG_FUNCPTR(get_unit_size);
    base->transform_size = GST_DEBUG_FUNCPTR(transform_size);
    base->prepare_output_buffer = GST_DEBUG_FUNCPTR(prepare_output_buffer);
    base->before_transform = GST_DEBUG_FUNCPTR(before_transform);
    base->transform_meta = GST_DEBUG_FUNCPTR(transform_meta);
    base->transform = GST_DEBUG_FUNCPTR(transform);
}

static void nero_upscale_init(NeroUpscale *self)
{
    nero_gate_init(&self->gate);
    self->model = g_strdup(DEFAULT_MODEL);
    self->region = g_strdup("0,0,1,1");
    self->window = (NeroUpscaleWindow){0, 0, 1, 1};
    self->objects = g_array_new(FALSE, FALSE, sizeof(NeroObject));
    nero_watch_caps(&self->base, can_enlarge, N_("enlarge"));
    gst_base_transform_set_qos_enabled(&self->base, TRUE);
}
