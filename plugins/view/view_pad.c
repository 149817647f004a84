// SPDX-License-Identifier: MIT
// Feeds the pad "view" in the manner of sparse streams: events in their order, gaps, the end.
#include "plugins/view/view_pad.h"

GST_DEBUG_CATEGORY_STATIC(view_pad_debug);
#define GST_CAT_DEFAULT view_pad_debug

#define FORMATS "{ RGBx, BGRx, xRGB, xBGR, RGBA, BGRA, ARGB, ABGR, RGB, BGR }"

struct NeroViewPad {
    GstElement *element; // borrowed
    GMutex lock;         // held while the feeding thread pushes; the stream takes it when it is out
    GstPad *pad;         // owned reference; changed under the object lock of the element, too
    gboolean started;
    guint serial;            // of the segment that was sent
    guint oldest;            // from which things are wanted
    gboolean has_segment;    // one was sent
    GstClockTime position;   // end of what was sent
    GstVideoInfo info, sent; // negotiated, and of the caps that were sent
    int wanted_w, wanted_h;  // when it was negotiated
    gint flow;               // atomic: GstFlowReturn of the last push
};

NeroViewPad *nero_view_pad_new(GstElement *element)
{
    static gsize once;
    if (g_once_init_enter(&once)) {
        GST_DEBUG_CATEGORY_INIT(view_pad_debug, "neroview-pad", 0, "NeroScale inner views");
        g_once_init_leave(&once, 1);
    }
    NeroViewPad *p = g_new0(NeroViewPad, 1);
    p->element = element;
    g_mutex_init(&p->lock);
    nero_view_pad_restart(p);
    return p;
}

void nero_view_pad_free(NeroViewPad *p)
{
    gst_clear_object(&p->pad);
    g_mutex_clear(&p->lock);
    g_free(p);
}

GstPadTemplate *nero_view_pad_template(void)
{
    g_autoptr(GstCaps) caps = gst_caps_from_string(GST_VIDEO_CAPS_MAKE(FORMATS));
    return gst_pad_template_new("view", GST_PAD_SRC, GST_PAD_REQUEST, caps);
}

// --- the pad ---

// Lateness and mouse of this branch are not those of the video.
static gboolean take_event(GstPad *pad, GstObject *parent, GstEvent *event)
{
    switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_QOS:
    case GST_EVENT_NAVIGATION:
    case GST_EVENT_RECONFIGURE: // the pad has its mark, see negotiate()
        gst_event_unref(event);
        return TRUE;
    default:
        return gst_pad_event_default(pad, parent, event);
    }
}

static gboolean answer_query(GstPad *pad, GstObject *parent, GstQuery *query)
{
    GstCaps *filter;
    if (GST_QUERY_TYPE(query) != GST_QUERY_CAPS)
        return gst_pad_query_default(pad, parent, query);
    gst_query_parse_caps(query, &filter);
    g_autoptr(GstCaps) all = gst_pad_get_pad_template_caps(pad);
    g_autoptr(GstCaps) caps =
        filter ? gst_caps_intersect_full(filter, all, GST_CAPS_INTERSECT_FIRST) : gst_caps_ref(all);
    gst_query_set_caps_result(query, caps);
    return TRUE;
}

// A reference, or NULL.
static GstPad *get_pad(NeroViewPad *p)
{
    GST_OBJECT_LOCK(p->element);
    GstPad *pad = p->pad ? gst_object_ref(p->pad) : NULL;
    GST_OBJECT_UNLOCK(p->element);
    return pad;
}

static void set_pad(NeroViewPad *p, GstPad *pad)
{
    GST_OBJECT_LOCK(p->element);
    p->pad = pad;
    GST_OBJECT_UNLOCK(p->element);
}

static void begin_anew(NeroViewPad *p)
{
    p->started = p->has_segment = FALSE;
    p->oldest = 0;
    p->position = GST_CLOCK_TIME_NONE;
    gst_video_info_init(&p->info);
    gst_video_info_init(&p->sent);
    g_atomic_int_set(&p->flow, GST_FLOW_OK);
}

GstPad *nero_view_pad_request(NeroViewPad *p, GstPadTemplate *template)
{
    GstPad *pad = get_pad(p);
    if (pad) {
        gst_object_unref(pad);
        return NULL;
    }
    pad = gst_pad_new_from_template(template, "view");
    gst_pad_set_event_function(pad, take_event);
    gst_pad_set_query_function(pad, answer_query);
    g_mutex_lock(&p->lock);
    begin_anew(p);
    set_pad(p, gst_object_ref(pad));
    g_mutex_unlock(&p->lock);
    gst_pad_set_active(pad, TRUE);
    gst_element_add_pad(p->element, pad);
    return pad;
}

void nero_view_pad_release(NeroViewPad *p, GstPad *pad)
{
    gst_pad_set_active(pad, FALSE); // ends a push
    g_mutex_lock(&p->lock);
    set_pad(p, NULL);
    g_mutex_unlock(&p->lock);
    gst_element_remove_pad(p->element, pad);
    gst_object_unref(pad);
}

gboolean nero_view_pad_is_wanted(NeroViewPad *p)
{
    const gint flow = g_atomic_int_get(&p->flow);
    g_autoptr(GstPad) pad = get_pad(p);
    return pad && gst_pad_is_linked(pad) && (flow == GST_FLOW_OK || flow == GST_FLOW_NOT_LINKED);
}

// --- flushes and states ---

void nero_view_pad_flush_start(NeroViewPad *p)
{
    g_autoptr(GstPad) pad = get_pad(p);
    if (pad)
        gst_pad_push_event(pad, gst_event_new_flush_start());
}

void nero_view_pad_flush_stop(NeroViewPad *p, gboolean reset_time, guint serial)
{
    g_autoptr(GstPad) pad = get_pad(p);
    g_mutex_lock(&p->lock); // the pushing thread was sent back by the flush
    p->oldest = serial;
    p->has_segment = FALSE;
    p->position = GST_CLOCK_TIME_NONE;
    g_atomic_int_set(&p->flow, GST_FLOW_OK);
    if (pad)
        gst_pad_push_event(pad, gst_event_new_flush_stop(reset_time));
    g_mutex_unlock(&p->lock);
}

void nero_view_pad_stop(NeroViewPad *p)
{
    g_autoptr(GstPad) pad = get_pad(p);
    if (pad)
        gst_pad_set_active(pad, FALSE);
}

void nero_view_pad_restart(NeroViewPad *p)
{
    g_mutex_lock(&p->lock);
    begin_anew(p);
    g_mutex_unlock(&p->lock);
}

// --- the feeding thread ---

// Width and height for square pixels, in the shape in which the frame is shown.
static void find_size(const GstVideoInfo *frame, const NeroViewChoice *choice, int *w, int *h)
{
    const double shown = (double)frame->width * MAX(frame->par_n, 1) / MAX(frame->par_d, 1);
    const double part = MIN(NERO_VIEW_SIDE / MAX(shown, (double)frame->height), 1);
    *w = choice->width > 0 ? choice->width : MAX((int)(shown * part) / 2 * 2, 2);
    *h = choice->height > 0 ? choice->height : MAX((int)(frame->height * part) / 2 * 2, 2);
}

static gboolean choose_info(GstPad *pad, int w, int h, GstVideoInfo *info)
{
    g_autoptr(GstCaps) all = gst_pad_get_pad_template_caps(pad);
    g_autoptr(GstCaps) taken = gst_pad_peer_query_caps(pad, all);
    if (gst_caps_is_empty(taken))
        return FALSE;
    GstCaps *caps = gst_caps_make_writable(gst_caps_truncate(g_steal_pointer(&taken)));
    GstStructure *s = gst_caps_get_structure(caps, 0);
    gst_structure_fixate_field_nearest_int(s, "width", w);
    gst_structure_fixate_field_nearest_int(s, "height", h);
    gst_structure_fixate_field_nearest_fraction(s, "framerate", 0, 1);
    if (gst_structure_has_field(s, "pixel-aspect-ratio"))
        gst_structure_fixate_field_nearest_fraction(s, "pixel-aspect-ratio", 1, 1);
    caps = gst_caps_fixate(caps);
    const gboolean ok = gst_video_info_from_caps(info, caps);
    gst_caps_unref(caps);
    return ok;
}

// Takes over how a push went and gives up the lock: a flush that comes then begins anew. For a
// thread that drives a stream: others post nothing.
static void settle(NeroViewPad *p, GstPad *pad, GstFlowReturn flow)
{
    const gint before = g_atomic_int_get(&p->flow);
    g_atomic_int_set(&p->flow, (gint)flow);
    g_mutex_unlock(&p->lock);
    if (before == (gint)flow || (flow != GST_FLOW_NOT_NEGOTIATED && flow != GST_FLOW_ERROR))
        return;
    GST_ELEMENT_FLOW_ERROR(p->element, flow);
    gst_pad_push_event(pad, gst_event_new_eos());
}

gboolean nero_view_pad_negotiate(NeroViewPad *p, const GstVideoInfo *frame, NeroViewChoice *choice)
{
    int w, h;
    g_autoptr(GstPad) pad = get_pad(p);
    if (!pad)
        return FALSE;
    find_size(frame, choice, &w, &h);
    g_mutex_lock(&p->lock);
    const gboolean again = gst_pad_check_reconfigure(pad);
    gboolean ok = !again && p->info.width > 0 && p->wanted_w == w && p->wanted_h == h;
    if (!ok)
        ok = choose_info(pad, w, h, &p->info);
    p->wanted_w = w;
    p->wanted_h = h;
    if (!ok) {
        gst_video_info_init(&p->info);
        settle(p, pad, GST_FLOW_NOT_NEGOTIATED);
        return FALSE;
    }
    choice->width = p->info.width;
    choice->height = p->info.height;
    choice->format = GST_VIDEO_INFO_FORMAT(&p->info);
    g_mutex_unlock(&p->lock);
    return TRUE;
}

static void push_start(NeroViewPad *p, GstPad *pad)
{
    if (p->started)
        return;
    g_autoptr(GstPad) sink = gst_element_get_static_pad(p->element, "sink");
    g_autoptr(GstEvent) before = gst_pad_get_sticky_event(sink, GST_EVENT_STREAM_START, 0);
    g_autofree char *id = gst_pad_create_stream_id(pad, p->element, "view");
    GstEvent *start = gst_event_new_stream_start(id);
    guint group;
    if (before && gst_event_parse_group_id(before, &group))
        gst_event_set_group_id(start, group);
    gst_event_set_stream_flags(start, GST_STREAM_FLAG_SPARSE);
    gst_pad_push_event(pad, start);
    p->started = TRUE;
}

static void push_segment(NeroViewPad *p, GstPad *pad, const NeroViewClock *clock)
{
    if (p->has_segment && p->serial == clock->serial)
        return;
    if (clock->segment.format == GST_FORMAT_UNDEFINED)
        return;
    gst_pad_push_event(pad, gst_event_new_segment(&clock->segment));
    p->has_segment = TRUE;
    p->serial = clock->serial;
    p->position = GST_CLOCK_TIME_NONE;
}

static void push_caps(NeroViewPad *p, GstPad *pad)
{
    if (p->sent.width > 0 && gst_video_info_is_equal(&p->sent, &p->info))
        return;
    g_autoptr(GstCaps) caps = gst_video_info_to_caps(&p->info);
    if (gst_pad_push_event(pad, gst_event_new_caps(caps)))
        p->sent = p->info;
}

// Takes the lock for a thing of this time; without a result when it is from before a flush. Things
// that need caps are also from before this pad when nothing was negotiated with it.
static GstPad *enter(NeroViewPad *p, const NeroViewClock *clock, gboolean needs_caps)
{
    GstPad *pad = get_pad(p);
    g_mutex_lock(&p->lock);
    if (pad && clock->serial >= p->oldest && (!needs_caps || p->info.width > 0))
        return pad;
    g_mutex_unlock(&p->lock);
    gst_clear_object(&pad);
    return NULL;
}

static GstClockTime end_of(const NeroInnerView *view)
{
    const gboolean timed =
        GST_CLOCK_TIME_IS_VALID(view->pts) && GST_CLOCK_TIME_IS_VALID(view->duration);
    return timed ? view->pts + view->duration : view->pts;
}

void nero_view_pad_push(NeroViewPad *p, NeroInnerView *view, const NeroViewClock *clock)
{
    g_autoptr(GstPad) pad = enter(p, clock, TRUE);
    if (!pad)
        return;
    GstBuffer *picture = g_steal_pointer(&view->picture);
    GST_BUFFER_PTS(picture) = view->pts;
    GST_BUFFER_DURATION(picture) = view->duration;
    push_start(p, pad);
    push_caps(p, pad);
    push_segment(p, pad, clock);
    const GstFlowReturn flow = gst_pad_push(pad, picture);
    p->position = end_of(view);
    settle(p, pad, flow);
}

// Whether a clock tells where a gap ends.
static gboolean is_timed(const NeroViewClock *clock)
{
    const GstSegment *s = &clock->segment;
    return GST_CLOCK_TIME_IS_VALID(clock->passed) && s->format == GST_FORMAT_TIME && s->rate > 0;
}

static void push_gap(NeroViewPad *p, GstPad *pad, const NeroViewClock *clock)
{
    const GstClockTime end = clock->passed;
    if (!GST_CLOCK_TIME_IS_VALID(p->position)) { // what is behind need not wait
        p->position = MIN(clock->segment.start, end);
        gst_pad_push_event(pad, gst_event_new_gap(p->position, GST_CLOCK_TIME_NONE));
    }
    if (end <= p->position)
        return;
    gst_pad_push_event(pad, gst_event_new_gap(p->position, end - p->position));
    p->position = end;
}

void nero_view_pad_begin(NeroViewPad *p, const NeroViewClock *clock)
{
    g_autoptr(GstPad) pad = enter(p, clock, TRUE);
    if (!pad)
        return;
    push_start(p, pad);
    push_caps(p, pad);
    push_segment(p, pad, clock);
    if (is_timed(clock) && !GST_CLOCK_TIME_IS_VALID(p->position))
        push_gap(p, pad, clock);
    g_mutex_unlock(&p->lock);
}

void nero_view_pad_gap(NeroViewPad *p, const NeroViewClock *clock)
{
    if (!is_timed(clock))
        return;
    g_autoptr(GstPad) pad = enter(p, clock, TRUE);
    if (!pad)
        return;
    push_start(p, pad);
    push_caps(p, pad);
    push_segment(p, pad, clock);
    push_gap(p, pad, clock);
    g_mutex_unlock(&p->lock);
}

void nero_view_pad_end(NeroViewPad *p, const NeroViewClock *clock)
{
    g_autoptr(GstPad) pad = enter(p, clock, FALSE);
    if (!pad)
        return;
    push_start(p, pad);
    push_segment(p, pad, clock);
    gst_pad_push_event(pad, gst_event_new_eos());
    g_mutex_unlock(&p->lock);
}
