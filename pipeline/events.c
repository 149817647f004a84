// SPDX-License-Identifier: MIT
// Records what happens before and after an event. Streaming threads hand over frames and events; a
// thread of its own keeps the ring and writes files, so that no stream waits for a disk.
#include "pipeline/events.h"

#include "nn/base/write_lock.h"
#include "pipeline/appear.h"
#include "pipeline/cutter.h"
#include "pipeline/event_story.h"
#include "pipeline/event_tap.h"
#include "plugins/meta/nerometa_internal.h"

#include <errno.h>
#include <gst/video/video.h>
#include <string.h>
#include <unistd.h>

enum { MOST_ITEMS = 10000 }; // frames that wait for a disk; more are dropped

typedef enum ItemKind { ITEM_FRAME, ITEM_EVENT, ITEM_PICTURE, ITEM_END } ItemKind;

// What streaming threads hand over.
typedef struct Item {
    ItemKind kind;
    GstBuffer *buffer;
    GstCaps *caps;
    GstClockTime time;
    bool placed;
    vp_clip_event *event;
} Item;

struct vp_events {
    vp_cutter_options o;
    char *dir, *root, *source;
    int folder;         // its lock
    vp_reconnect *link; // borrowed
    vp_event_tap *tap;
    vp_appear *appear; // NULL: events come from neroanalytics only
    char *classes;     // that were asked for; NULL: none were
    GstPad *behind;
    gulong probe;
    bool checked; // whether the model has the classes; used by the probe
    GAsyncQueue *items;
    GThread *thread;
    vp_cutter *cutter; // used by the thread
    GMutex lock;       // guards `news`
    GQueue news;
};

static void tell(void *user, const nn_error *why)
{
    vp_events *e = user;
    g_mutex_lock(&e->lock);
    g_queue_push_tail(&e->news, g_strdup(why->text));
    g_mutex_unlock(&e->lock);
}

char *vp_events_news(vp_events *e)
{
    g_mutex_lock(&e->lock);
    char *line = g_queue_pop_head(&e->news);
    g_mutex_unlock(&e->lock);
    return line;
}

static void item_free(gpointer data)
{
    Item *i = data;
    gst_clear_buffer(&i->buffer);
    gst_clear_caps(&i->caps);
    g_clear_pointer(&i->event, vp_event_free);
    g_free(i);
}

static void hand_over(vp_events *e, Item item)
{
    Item *copy = g_new(Item, 1);
    *copy = item;
    g_async_queue_push(e->items, copy);
}

// --- the thread ---

static void take(vp_events *e, Item *i)
{
    if (i->kind == ITEM_FRAME)
        vp_cutter_frame(e->cutter, g_steal_pointer(&i->buffer), i->caps, i->time, i->placed);
    else if (i->kind == ITEM_EVENT)
        vp_cutter_event(e->cutter, g_steal_pointer(&i->event), vp_reconnect_shift(e->link));
    else if (i->kind == ITEM_PICTURE)
        vp_cutter_picture(e->cutter, i->buffer, i->caps);
}

static gpointer work(gpointer data)
{
    vp_events *e = data;
    bool more = true;
    while (more) {
        Item *i = g_async_queue_pop(e->items);
        take(e, i);
        more = i->kind != ITEM_END;
        item_free(i);
    }
    vp_cutter_finish(e->cutter);
    return NULL;
}

// --- on streaming threads ---

static void hear_frame(void *user, GstBuffer *frame, GstCaps *caps, GstClockTime time, bool placed)
{
    vp_events *e = user;
    if (g_async_queue_length(e->items) > MOST_ITEMS) {
        gst_buffer_unref(frame);
        return;
    }
    hand_over(e, (Item){.kind = ITEM_FRAME,
                        .buffer = frame,
                        .caps = gst_caps_ref(caps),
                        .time = time,
                        .placed = placed});
}

static void hear_event(vp_events *e, GstStructure *what, GstClockTime time)
{
    vp_clip_event *event = g_new(vp_clip_event, 1);
    *event = (vp_clip_event){what, time, g_get_real_time()};
    hand_over(e, (Item){.kind = ITEM_EVENT, .event = event});
}

static const char *name_of(const void *labels, int label)
{
    return nero_labels_name(labels, label);
}

// A class that no model has never appears.
static void check_classes(vp_events *e, GstBuffer *buffer)
{
    g_auto(GStrv) words = g_strsplit(e->classes ? e->classes : "", ",", -1);
    if (e->checked || !nero_meta_get(buffer))
        return;
    e->checked = true;
    for (char **w = words; *w; w++) {
        gpointer state = NULL;
        bool known = false;
        nn_error err = {0};
        for (NeroMeta *m; !known && (m = nero_meta_next(buffer, &state));)
            known = nero_labels_find(m->labels, *w) >= 0;
        if (known)
            continue;
        nn_fail(&err, NN_EINVAL, "no model here finds '%s', so --record-on keeps no clip of it",
                *w);
        tell(e, &err);
    }
}

static bool look_for_objects(vp_events *e, GstBuffer *buffer, GstClockTime time)
{
    gpointer state = NULL;
    bool any = false;
    check_classes(e, buffer);
    for (NeroMeta *m; (m = nero_meta_next(buffer, &state));) {
        const char *name = NULL;
        const nn_box *b = vp_appear_see(e->appear, &m->result, name_of, m->labels, time, &name);
        const float w = (float)MAX(m->result.frame_width, 1),
                    h = (float)MAX(m->result.frame_height, 1);
        if (b)
            hear_event(e,
                       vp_event_appear(name, (int)b->track_id, (double)b->score,
                                       (double)((b->x0 + b->x1) / (2 * w)),
                                       (double)((b->y0 + b->y1) / (2 * h))),
                       time);
        any = any || b;
    }
    return any;
}

static GstPadProbeReturn see(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    vp_events *e = data;
    GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER(info);
    const GstSegment *segment = NULL;
    g_autoptr(GstEvent) sticky = gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0);
    if (sticky)
        gst_event_parse_segment(sticky, &segment);
    if (!segment || segment->format != GST_FORMAT_TIME)
        return GST_PAD_PROBE_OK;
    const GstClockTime time =
        gst_segment_to_running_time(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    const bool waited = vp_cutter_wants_picture(e->cutter);
    const bool seen =
        e->appear && GST_CLOCK_TIME_IS_VALID(time) && look_for_objects(e, buffer, time);
    // The frame of an event that was just seen, or the next one after an event from elsewhere.
    if (waited || seen)
        hand_over(e, (Item){.kind = ITEM_PICTURE,
                            .buffer = gst_buffer_copy_deep(buffer),
                            .caps = gst_pad_get_current_caps(pad)});
    return GST_PAD_PROBE_OK;
}

void vp_events_hear(vp_events *e, GstMessage *message)
{
    guint64 time = 0;
    const GstStructure *s = gst_message_get_structure(message);
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ELEMENT && s &&
        gst_structure_has_name(s, "analytics-event") &&
        gst_structure_get_uint64(s, "running-time", &time) && GST_CLOCK_TIME_IS_VALID(time))
        hear_event(e, gst_structure_copy(s), time);
}

// --- life ---

static nn_status take_options(vp_events *e, const vp_options *o, nn_error *err)
{
    if (!(o->event_before >= 0 && o->event_before <= 600 && o->event_after >= 0 &&
          o->event_after <= 600))
        return nn_fail(err, NN_EINVAL, "--event-before and --event-after must be 0 to 600 seconds");
    e->o.before = (GstClockTime)(o->event_before * GST_SECOND);
    e->o.after = (GstClockTime)(o->event_after * GST_SECOND);
    nn_status status = vp_keep_parse(&e->o.keep, o->record_keep, err);
    if (status == NN_OK && g_mkdir_with_parents(o->record_events, 0777) != 0)
        status = nn_fail(err, NN_EIO, "cannot make the folder '%s': %s", o->record_events,
                         g_strerror(errno));
    return status == NN_OK ? nn_write_lock_folder(o->record_events, &e->folder, err) : status;
}

nn_status vp_events_new(vp_events **out, const vp_options *o, nn_error *err)
{
    vp_events *e = g_new0(vp_events, 1);
    *out = NULL;
    e->folder = -1;
    e->dir = g_strdup(o->record_events);
    e->root = g_strdup(o->record_root ? o->record_root : o->record_events);
    e->source = g_strdup(o->input);
    e->o.dir = e->dir;
    e->o.root = e->root;
    e->o.source = e->source;
    e->o.tell = tell;
    e->o.user = e;
    e->items = g_async_queue_new_full(item_free);
    e->classes = g_strdup(o->record_on);
    g_mutex_init(&e->lock);
    g_queue_init(&e->news);
    const nn_status status = take_options(e, o, err);
    if (status != NN_OK) {
        vp_events_free(e);
        return status;
    }
    *out = e;
    return NN_OK;
}

static bool has_zones(GstElement *pipeline)
{
    bool any = false;
    GValue item = G_VALUE_INIT;
    GstIterator *i =
        gst_bin_iterate_all_by_element_factory_name(GST_BIN(pipeline), "neroanalytics");
    any = gst_iterator_next(i, &item) == GST_ITERATOR_OK;
    g_value_unset(&item);
    gst_iterator_free(i);
    return any;
}

nn_status vp_events_attach(vp_events *e, GstElement *pipeline, vp_reconnect *link,
                           GstElement *behind, nn_error *err)
{
    g_autoptr(GstElement) tracker = gst_bin_get_by_name(GST_BIN(pipeline), "track");
    if (!has_zones(pipeline) || e->classes)
        e->appear = vp_appear_new(e->classes, tracker != NULL);
    e->link = link;
    e->o.live = link->input->live;
    e->cutter = vp_cutter_new(&e->o);
    e->thread = g_thread_new("events", work, e);
    e->behind = gst_element_get_static_pad(behind, "src");
    e->probe = gst_pad_add_probe(e->behind, GST_PAD_PROBE_TYPE_BUFFER, see, e, NULL);
    return vp_event_tap_new(&e->tap, pipeline, link->head, link->input->live, hear_frame, e, err);
}

void vp_events_finish(vp_events *e)
{
    if (!e->thread)
        return;
    if (e->tap)
        vp_event_tap_finish(e->tap);
    hand_over(e, (Item){.kind = ITEM_END});
    g_thread_join(g_steal_pointer(&e->thread));
}

int vp_events_count(vp_events *e)
{
    return e->cutter ? vp_cutter_count(e->cutter) : 0;
}

void vp_events_free(vp_events *e)
{
    if (!e)
        return;
    vp_events_finish(e);
    vp_event_tap_free(e->tap);
    if (e->behind)
        gst_pad_remove_probe(e->behind, e->probe);
    gst_clear_object(&e->behind);
    vp_appear_free(e->appear);
    vp_cutter_free(e->cutter);
    g_async_queue_unref(e->items);
    g_queue_clear_full(&e->news, g_free);
    g_mutex_clear(&e->lock);
    if (e->folder >= 0)
        close(e->folder);
    g_free(e->dir);
    g_free(e->root);
    g_free(e->source);
    g_free(e->classes);
    g_free(e);
}
