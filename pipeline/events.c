// SPDX-License-Identifier: MIT
// Records what happens before and after an event. Streaming threads hand over frames and events; a
// thread of its own keeps the ring and writes files, so that no stream waits for a disk.
#include "pipeline/events.h"

#include "nn/base/write_lock.h"
#include "pipeline/appear.h"
#include "pipeline/clip.h"
#include "pipeline/event_story.h"
#include "pipeline/event_tap.h"
#include "pipeline/keep.h"
#include "plugins/meta/nerometa_internal.h"

#include <errno.h>
#include <gst/video/video.h>
#include <string.h>
#include <unistd.h>

#define SLACK (4 * GST_SECOND)     // frames are inferred this much later at most
#define LONGEST (600 * GST_SECOND) // of a clip; what goes on after that is another
#define JUMP (GST_SECOND / 2)      // a step back in time after which the ring begins anew
#define MOST_BYTES (256u << 20)    // of the ring
#define TICK (G_USEC_PER_SEC / 4)

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
    char *dir, *source;
    int folder; // its lock
    GstClockTime before, after;
    vp_keep keep;
    vp_reconnect *link; // borrowed
    vp_event_tap *tap;
    vp_appear *appear; // NULL: events come from neroanalytics only
    char *classes;     // that were asked for; NULL: none were
    GstPad *behind;
    gulong probe;
    GAsyncQueue *items;
    GThread *thread;
    gint wants_picture; // atomic: an event has no picture yet
    gint count;         // atomic
    GMutex lock;        // guards `news`
    GQueue news;
    // Used by the thread only.
    vp_ring *ring;
    GstCaps *caps; // of the frames in the ring
    bool placed;
    GstClockTime newest;
    vp_clip *clip;           // NULL: none
    GstClockTime first, end; // of the clip
    guint64 pushed;          // number of the last frame in the clip
    GPtrArray *happened;     // events of the clip
    GQueue early;            // events of frames that are still being encoded
    char *stem;
    bool picture, told;
    GstBuffer *still; // the picture of the first of the early events
    GstCaps *still_caps;
};

static void tell(vp_events *e, const nn_error *why)
{
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

// --- clips, on the thread ---

static void finish_clip(vp_events *e)
{
    nn_error err = {0};
    if (!e->clip)
        return;
    const vp_event_clip story = {.dir = e->dir,
                                 .stem = e->stem,
                                 .source = e->source,
                                 .start = vp_clip_start(e->clip),
                                 .duration = vp_clip_duration(e->clip),
                                 .picture = e->picture,
                                 .live = e->link->input->live};
    nn_status status = vp_clip_close(g_steal_pointer(&e->clip), &err);
    if (status == NN_OK)
        status = vp_event_story(&story, e->happened, &err);
    if (status == NN_OK)
        g_atomic_int_inc(&e->count);
    else
        tell(e, &err);
    vp_keep_apply(&e->keep, e->dir, NULL);
    g_clear_pointer(&e->stem, g_free);
    g_ptr_array_set_size(e->happened, 0);
    g_atomic_int_set(&e->wants_picture, 0);
}

// Puts frames up to the end of the clip into it, those that waited for this end included.
static void feed_clip(vp_events *e)
{
    for (const GList *link = vp_ring_find(e->ring, 0); link && e->clip; link = link->next) {
        const vp_encoded *frame = link->data;
        if (frame->number <= e->pushed)
            continue;
        if (frame->time > e->end)
            return;
        vp_clip_push(e->clip, frame);
        e->pushed = frame->number;
    }
}

static void save_picture(vp_events *e, GstBuffer *buffer, GstCaps *caps)
{
    nn_error err = {0};
    e->picture = vp_event_picture(e->dir, e->stem, buffer, caps, &err) == NN_OK;
    if (!e->picture)
        tell(e, &err);
}

// The picture of an event whose clip has not begun waits.
static void take_picture(vp_events *e, Item *i)
{
    if (e->clip && !e->picture) {
        save_picture(e, i->buffer, i->caps);
    } else if (!e->clip && e->early.length > 0 && !e->still) {
        e->still = g_steal_pointer(&i->buffer);
        e->still_caps = g_steal_pointer(&i->caps);
    }
}

// Sets the stem of a clip; the path of its video, which is free (g_free).
static char *find_name(vp_events *e, gint64 wall, const char *word)
{
    char *path = NULL;
    do {
        g_free(path);
        g_free(e->stem);
        e->stem = vp_keep_stem(wall, word);
        g_autofree char *name = g_strconcat(e->stem, ".mkv", NULL);
        path = g_build_filename(e->dir, name, NULL);
        wall += 1000; // a millisecond later
    } while (g_file_test(path, G_FILE_TEST_EXISTS));
    return path;
}

// Begins a clip with what the ring has of the time before the event.
static void begin_clip(vp_events *e, const vp_clip_event *event)
{
    nn_error err = {0};
    const GstClockTime from = event->time > e->before ? event->time - e->before : 0;
    const GList *first = vp_ring_find(e->ring, from);
    g_autofree char *word = vp_event_word(event);
    if (!first)
        return;
    vp_keep_apply(&e->keep, e->dir, NULL);
    e->picture = false;
    g_autofree char *path = find_name(e, event->wall, word);
    if (vp_clip_open(&e->clip, path, e->caps, &err) != NN_OK) {
        if (!e->told)
            tell(e, &err);
        e->told = true;
        g_clear_pointer(&e->stem, g_free);
        return;
    }
    e->pushed = ((const vp_encoded *)first->data)->number - 1;
    e->first = ((const vp_encoded *)first->data)->time;
    e->end = event->time + e->after;
    if (e->still)
        save_picture(e, e->still, e->still_caps);
    gst_clear_buffer(&e->still);
    gst_clear_caps(&e->still_caps);
    g_atomic_int_set(&e->wants_picture, e->picture ? 0 : 1);
}

static void take_event(vp_events *e, vp_clip_event *event)
{
    if (e->clip && event->time > e->end + e->before)
        finish_clip(e); // they do not touch
    if (!e->clip)
        begin_clip(e, event);
    if (!e->clip) {
        vp_event_free(event);
        return;
    }
    e->end = MIN(MAX(e->end, event->time + e->after), e->first + LONGEST);
    g_ptr_array_add(e->happened, event);
    feed_clip(e);
}

// An event waits until its frame is there.
static void hear_of_event(vp_events *e, vp_clip_event *event)
{
    const GstClockTime shift = e->placed ? 0 : vp_reconnect_shift(e->link);
    event->time = event->time > shift ? event->time - shift : 0;
    if (GST_CLOCK_TIME_IS_VALID(e->newest) && event->time <= e->newest)
        take_event(e, event);
    else
        g_queue_push_tail(&e->early, event);
}

static void take_early(vp_events *e, bool all)
{
    for (vp_clip_event *event;
         (event = g_queue_peek_head(&e->early)) && (all || event->time <= e->newest);)
        take_event(e, g_queue_pop_head(&e->early));
}

static void take_frame(vp_events *e, Item *i)
{
    const bool other = e->caps && !gst_caps_is_equal(e->caps, i->caps);
    const bool back = GST_CLOCK_TIME_IS_VALID(e->newest) && i->time + JUMP < e->newest;
    if (other || back || e->placed != i->placed) {
        finish_clip(e);
        vp_ring_clear(e->ring);
        e->newest = GST_CLOCK_TIME_NONE;
    }
    gst_caps_replace(&e->caps, i->caps);
    e->placed = i->placed;
    e->newest = GST_CLOCK_TIME_IS_VALID(e->newest) ? MAX(e->newest, i->time) : i->time;
    vp_ring_push(e->ring, g_steal_pointer(&i->buffer), i->time);
    take_early(e, false);
    feed_clip(e);
    // Events of frames that are still being inferred may make the clip longer.
    if (e->clip && i->time > e->end + SLACK)
        finish_clip(e);
}

static gpointer work(gpointer data)
{
    vp_events *e = data;
    bool more = true;
    while (more) {
        Item *i = g_async_queue_pop(e->items);
        if (i->kind == ITEM_FRAME)
            take_frame(e, i);
        else if (i->kind == ITEM_EVENT)
            hear_of_event(e, g_steal_pointer(&i->event));
        else if (i->kind == ITEM_PICTURE)
            take_picture(e, i);
        more = i->kind != ITEM_END;
        item_free(i);
    }
    take_early(e, true);
    finish_clip(e);
    return NULL;
}

// --- on streaming threads ---

static void hear_frame(void *user, GstBuffer *frame, GstCaps *caps, GstClockTime time, bool placed)
{
    hand_over(user, (Item){.kind = ITEM_FRAME,
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

static bool look_for_objects(vp_events *e, GstBuffer *buffer, GstClockTime time)
{
    gpointer state = NULL;
    bool any = false;
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
    const bool waited = g_atomic_int_compare_and_exchange(&e->wants_picture, 1, 2);
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
    if (o->anonymize)
        return nn_fail(err, NN_EINVAL,
                       "clips of events are the frames of the source as they are; they do not go "
                       "with anonymizing");
    e->before = (GstClockTime)(o->event_before * GST_SECOND);
    e->after = (GstClockTime)(o->event_after * GST_SECOND);
    nn_status status = vp_keep_parse(&e->keep, o->record_keep, err);
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
    e->source = g_strdup(o->input);
    e->newest = GST_CLOCK_TIME_NONE;
    e->happened = g_ptr_array_new_with_free_func((GDestroyNotify)vp_event_free);
    e->items = g_async_queue_new_full(item_free);
    e->classes = g_strdup(o->record_on);
    g_mutex_init(&e->lock);
    g_queue_init(&e->news);
    g_queue_init(&e->early);
    const nn_status status = take_options(e, o, err);
    if (status != NN_OK) {
        vp_events_free(e);
        return status;
    }
    e->ring = vp_ring_new(e->before + SLACK, MOST_BYTES);
    e->thread = g_thread_new("events", work, e);
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
    return g_atomic_int_get(&e->count);
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
    vp_ring_free(e->ring);
    gst_clear_caps(&e->caps);
    gst_clear_buffer(&e->still);
    gst_clear_caps(&e->still_caps);
    g_ptr_array_unref(e->happened);
    g_queue_clear_full(&e->early, (GDestroyNotify)vp_event_free);
    g_async_queue_unref(e->items);
    g_queue_clear_full(&e->news, g_free);
    g_mutex_clear(&e->lock);
    if (e->folder >= 0)
        close(e->folder);
    g_free(e->dir);
    g_free(e->source);
    g_free(e->classes);
    g_free(e);
}
