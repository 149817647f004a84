// SPDX-License-Identifier: MIT
// Cuts clips of events out of a ring of encoded frames; on a thread that may wait for a disk.
#include "pipeline/cutter.h"

#include "pipeline/clip.h"
#include "pipeline/ring.h"

#include <string.h>

#define SLACK (4 * GST_SECOND)     // frames are inferred this much later at most
#define LONGEST (600 * GST_SECOND) // of a clip; what goes on after that is another
#define JUMP (GST_SECOND / 2)      // a step back in time after which the ring begins anew
#define MOST_BYTES (256u << 20)    // of the ring

struct vp_cutter {
    vp_cutter_options o; // dir, root and source are owned
    gint wants_picture;  // atomic
    gint count;          // atomic
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

static void finish_clip(vp_cutter *c)
{
    nn_error err = {0};
    if (!c->clip)
        return;
    const vp_event_clip story = {.dir = c->o.dir,
                                 .stem = c->stem,
                                 .source = c->o.source,
                                 .start = vp_clip_start(c->clip),
                                 .duration = vp_clip_duration(c->clip),
                                 .picture = c->picture,
                                 .live = c->o.live};
    nn_status status = vp_clip_close(g_steal_pointer(&c->clip), &err);
    if (status == NN_OK)
        status = vp_event_story(&story, c->happened, &err);
    if (status == NN_OK)
        g_atomic_int_inc(&c->count);
    else
        c->o.tell(c->o.user, &err);
    vp_keep_apply(&c->o.keep, c->o.root, c->o.dir);
    g_clear_pointer(&c->stem, g_free);
    g_ptr_array_set_size(c->happened, 0);
    g_atomic_int_set(&c->wants_picture, 0);
}

// Puts frames up to the end of the clip into it, those that waited for this end included.
static void feed_clip(vp_cutter *c)
{
    for (const GList *link = vp_ring_find(c->ring, 0); link && c->clip; link = link->next) {
        const vp_encoded *frame = link->data;
        if (frame->number <= c->pushed)
            continue;
        if (frame->time > c->end)
            return;
        vp_clip_push(c->clip, frame);
        c->pushed = frame->number;
    }
}

static void save_picture(vp_cutter *c, GstBuffer *buffer, GstCaps *caps)
{
    nn_error err = {0};
    c->picture = vp_event_picture(c->o.dir, c->stem, buffer, caps, &err) == NN_OK;
    if (!c->picture)
        c->o.tell(c->o.user, &err);
}

// The picture of an event whose clip has not begun waits.
void vp_cutter_picture(vp_cutter *c, GstBuffer *buffer, GstCaps *caps)
{
    if (c->clip && !c->picture) {
        save_picture(c, buffer, caps);
    } else if (!c->clip && c->early.length > 0 && !c->still) {
        c->still = gst_buffer_ref(buffer);
        c->still_caps = gst_caps_ref(caps);
    }
}

// Sets the stem of a clip; the path of its video, which is free (g_free).
static char *find_name(vp_cutter *c, gint64 wall, const char *word)
{
    char *path = NULL;
    do {
        g_free(path);
        g_free(c->stem);
        c->stem = vp_keep_stem(wall, word);
        g_autofree char *name = g_strconcat(c->stem, ".mkv", NULL);
        path = g_build_filename(c->o.dir, name, NULL);
        wall += 1000; // a millisecond later
    } while (g_file_test(path, G_FILE_TEST_EXISTS));
    return path;
}

// Begins a clip with what the ring has of the time before the event.
static void begin_clip(vp_cutter *c, const vp_clip_event *event)
{
    nn_error err = {0};
    const GstClockTime from = event->time > c->o.before ? event->time - c->o.before : 0;
    const GList *first = vp_ring_find(c->ring, from);
    g_autofree char *word = vp_event_word(event);
    if (!first)
        return;
    vp_keep_apply(&c->o.keep, c->o.root, c->o.dir);
    c->picture = false;
    g_autofree char *path = find_name(c, event->wall, word);
    if (vp_clip_open(&c->clip, path, c->caps, &err) != NN_OK) {
        if (!c->told)
            c->o.tell(c->o.user, &err);
        c->told = true;
        g_clear_pointer(&c->stem, g_free);
        return;
    }
    c->pushed = ((const vp_encoded *)first->data)->number - 1;
    c->first = ((const vp_encoded *)first->data)->time;
    c->end = event->time + c->o.after;
    if (c->still)
        save_picture(c, c->still, c->still_caps);
    gst_clear_buffer(&c->still);
    gst_clear_caps(&c->still_caps);
    g_atomic_int_set(&c->wants_picture, c->picture ? 0 : 1);
}

static void take_event(vp_cutter *c, vp_clip_event *event)
{
    if (c->clip && event->time > c->end + c->o.before)
        finish_clip(c); // they do not touch
    if (!c->clip)
        begin_clip(c, event);
    if (!c->clip) {
        vp_event_free(event);
        return;
    }
    c->end = MIN(MAX(c->end, event->time + c->o.after), c->first + LONGEST);
    g_ptr_array_add(c->happened, event);
    feed_clip(c);
}

// An event waits until its frame is there.
void vp_cutter_event(vp_cutter *c, vp_clip_event *event, GstClockTime of_source)
{
    const GstClockTime shift = c->placed ? 0 : of_source;
    event->time = event->time > shift ? event->time - shift : 0;
    if (GST_CLOCK_TIME_IS_VALID(c->newest) && event->time <= c->newest)
        take_event(c, event);
    else
        g_queue_push_tail(&c->early, event);
}

static void take_early(vp_cutter *c, bool all)
{
    for (vp_clip_event *event;
         (event = g_queue_peek_head(&c->early)) && (all || event->time <= c->newest);)
        take_event(c, g_queue_pop_head(&c->early));
}

void vp_cutter_frame(vp_cutter *c, GstBuffer *frame, GstCaps *caps, GstClockTime time, bool placed)
{
    const bool other = c->caps && !gst_caps_is_equal(c->caps, caps);
    const bool back = GST_CLOCK_TIME_IS_VALID(c->newest) && time + JUMP < c->newest;
    if (other || back || c->placed != placed) {
        finish_clip(c);
        vp_ring_clear(c->ring);
        c->newest = GST_CLOCK_TIME_NONE;
    }
    gst_caps_replace(&c->caps, caps);
    c->placed = placed;
    c->newest = GST_CLOCK_TIME_IS_VALID(c->newest) ? MAX(c->newest, time) : time;
    vp_ring_push(c->ring, frame, time);
    take_early(c, false);
    feed_clip(c);
    // Events of frames that are still being inferred may make the clip longer.
    if (c->clip && time > c->end + SLACK)
        finish_clip(c);
}

void vp_cutter_finish(vp_cutter *c)
{
    take_early(c, true);
    finish_clip(c);
}

bool vp_cutter_wants_picture(vp_cutter *c)
{
    return g_atomic_int_compare_and_exchange(&c->wants_picture, 1, 2);
}

int vp_cutter_count(vp_cutter *c)
{
    return g_atomic_int_get(&c->count);
}

vp_cutter *vp_cutter_new(const vp_cutter_options *o)
{
    vp_cutter *c = g_new0(vp_cutter, 1);
    c->o = *o;
    c->o.dir = g_strdup(o->dir);
    c->o.root = g_strdup(o->root);
    c->o.source = g_strdup(o->source);
    c->newest = GST_CLOCK_TIME_NONE;
    c->happened = g_ptr_array_new_with_free_func((GDestroyNotify)vp_event_free);
    g_queue_init(&c->early);
    c->ring = vp_ring_new(o->before + SLACK, MOST_BYTES);
    return c;
}

void vp_cutter_free(vp_cutter *c)
{
    if (!c)
        return;
    vp_ring_free(c->ring);
    gst_clear_caps(&c->caps);
    gst_clear_buffer(&c->still);
    gst_clear_caps(&c->still_caps);
    g_ptr_array_unref(c->happened);
    g_queue_clear_full(&c->early, (GDestroyNotify)vp_event_free);
    g_free((char *)c->o.dir);
    g_free((char *)c->o.root);
    g_free((char *)c->o.source);
    g_free(c->stem);
    g_free(c);
}
