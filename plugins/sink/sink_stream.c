// SPDX-License-Identifier: MIT
// Seeks, steps, pauses, and asks the elements before the sink for other thresholds, classes, zones.
#include "plugins/sink/sink_stream.h"

#include "plugins/common/adjust.h"
#include "plugins/sink/sink_save.h"
#include "po/translate.h"

static const gint64 LEAP = 5 * GST_SECOND;

static void tell(NeroSink *self, const char *line)
{
    if (self->window)
        nero_window_tell(self->window, line);
}

void nero_sink_request_state(NeroSink *self, GstState state)
{
    gst_element_post_message(GST_ELEMENT(self),
                             gst_message_new_request_state(GST_OBJECT(self), state));
}

gboolean nero_sink_is_playing(NeroSink *self)
{
    GST_OBJECT_LOCK(self);
    const gboolean playing = GST_STATE_TARGET(self) == GST_STATE_PLAYING;
    GST_OBJECT_UNLOCK(self);
    return playing;
}

// --- places in the stream; on a thread of their own, because a seek waits for the frame that the
// streaming thread shows ---

typedef struct Seek {
    gint64 by;        // nanoseconds from here
    gboolean restart; // to the beginning
} Seek;

static void say_fixed(gpointer data)
{
    tell(data, _("this source has no other places to go to"));
}

static gboolean can_seek(NeroSink *self)
{
    gboolean seekable = FALSE;
    GstQuery *query = gst_query_new_seeking(GST_FORMAT_TIME);
    if (gst_pad_peer_query(GST_VIDEO_SINK_PAD(self), query))
        gst_query_parse_seeking(query, NULL, &seekable, NULL, NULL);
    gst_query_unref(query);
    return seekable;
}

static void seek(GstElement *element, gpointer data)
{
    const Seek *s = data;
    gint64 position = 0;
    NeroSink *self = (NeroSink *)element;
    if (!s->restart && !gst_element_query_position(element, GST_FORMAT_TIME, &position))
        position = -1;
    if (position >= 0 && can_seek(self) &&
        gst_element_seek_simple(element, GST_FORMAT_TIME,
                                GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
                                s->restart ? 0 : MAX(position + s->by, 0)))
        return;
    nero_sink_call_on_ui(say_fixed, self);
}

static void seek_by(NeroSink *self, gint64 by, gboolean restart)
{
    Seek *s = g_new(Seek, 1);
    *s = (Seek){by, restart};
    gst_element_call_async(GST_ELEMENT(self), seek, s, g_free);
}

static void step(GstElement *element, gpointer data)
{
    (void)data;
    gst_element_send_event(element, gst_event_new_step(GST_FORMAT_BUFFERS, 1, 1, TRUE, FALSE));
}

static gint64 frame_time(const NeroSink *self)
{
    const GstVideoInfo *i = &self->info;
    return i->fps_n > 0 ? (gint64)gst_util_uint64_scale_int(GST_SECOND, i->fps_d, i->fps_n)
                        : GST_SECOND / 25;
}

// A playing stream stands still first.
static void step_by(NeroSink *self, int frames)
{
    if (nero_sink_is_playing(self))
        nero_sink_request_state(self, GST_STATE_PAUSED);
    else if (frames > 0)
        gst_element_call_async(GST_ELEMENT(self), step, NULL, NULL);
    else
        seek_by(self, -frame_time(self), FALSE);
}

// --- requests ---

static gboolean push(NeroSink *self, GstStructure *s)
{
    return gst_pad_push_event(GST_VIDEO_SINK_PAD(self),
                              gst_event_new_custom(GST_EVENT_CUSTOM_UPSTREAM, s));
}

static void change_threshold(NeroSink *self, float by)
{
    char line[64];
    const float now = nero_window_threshold(self->window);
    const float to = CLAMP(0.05f * (float)(int)(now / 0.05f + 0.5f) + by, 0.05f, 0.95f);
    if (now <= 0 || !push(self, nero_adjust_threshold(to, to - now)))
        return;
    nero_window_set_threshold(self->window, to);
    g_snprintf(line, sizeof line, _("threshold %.2f"), (double)to);
    tell(self, line);
}

static void ignore_class(NeroSink *self, const NeroActing *a)
{
    char line[160];
    if (!a->label && !a->all)
        return tell(self, _("click an object first: i ignores its class, I none"));
    if (!push(self, nero_adjust_ignore(a->label)))
        return tell(self, _("it is the only class"));
    if (a->label)
        g_snprintf(line, sizeof line, _("%s is ignored (I: no class is)"), a->label);
    else
        g_strlcpy(line, _("no class is ignored"), sizeof line);
    if (a->label)
        nero_window_leave_out(self->window, a->label);
    tell(self, line);
}

static void change_area(NeroSink *self, const NeroShapeChange *c)
{
    char line[NN_AREA_NAME + 64];
    const gboolean ok =
        push(self, nero_adjust_area(c->name, c->line, c->remove, c->points, c->count));
    const char *words = !ok         ? _("%s: no neroanalytics takes zones and lines")
                        : c->remove ? _("%s is removed")
                                    : _("%s counts");
    g_snprintf(line, sizeof line, words, c->name);
    if (ok && self->window)
        nero_window_show_area(self->window, c);
    tell(self, line);
}

void nero_sink_ask_application(NeroSink *self, const char *action, int number)
{
    GstStructure *s = gst_structure_new("window-request", "action", G_TYPE_STRING, action, "number",
                                        G_TYPE_INT, number, NULL);
    gst_element_post_message(GST_ELEMENT(self), gst_message_new_element(GST_OBJECT(self), s));
}

void nero_sink_act(NeroSink *self, const NeroActing *a)
{
    switch (a->action) {
    case NERO_ACTION_PAUSE:
        nero_sink_request_state(self,
                                nero_sink_is_playing(self) ? GST_STATE_PAUSED : GST_STATE_PLAYING);
        break;
    case NERO_ACTION_BACK:
        seek_by(self, -LEAP, FALSE);
        break;
    case NERO_ACTION_ON:
        seek_by(self, LEAP, FALSE);
        break;
    case NERO_ACTION_STEP_BACK:
        step_by(self, -1);
        break;
    case NERO_ACTION_STEP:
        step_by(self, 1);
        break;
    case NERO_ACTION_MORE:
        change_threshold(self, 0.05f);
        break;
    case NERO_ACTION_LESS:
        change_threshold(self, -0.05f);
        break;
    case NERO_ACTION_IGNORE:
        ignore_class(self, a);
        break;
    case NERO_ACTION_EDIT:
        change_area(self, a->change);
        break;
    case NERO_ACTION_RECORD:
        if (a->all)
            seek_by(self, 0, TRUE);
        else
            nero_sink_ask_application(self, "record", 0);
        break;
    case NERO_ACTION_MODEL:
        nero_sink_ask_application(self, "model", 0);
        break;
    case NERO_ACTION_SOURCE:
        nero_sink_ask_application(self, "source", a->number);
        break;
    case NERO_ACTION_SCREENSHOT:
        nero_sink_screenshot(self);
        break;
    default:
        break;
    }
}
