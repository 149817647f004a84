// SPDX-License-Identifier: MIT
// The stream of views: a request pad that one thread feeds, with its own caps and pace.
#ifndef PLUGINS_VIEW_VIEW_PAD_H
#define PLUGINS_VIEW_VIEW_PAD_H

#include "plugins/view/inner_view.h"
#include "plugins/view/view_choice.h"

// What the pad follows of the main stream. Positions are timestamps in its segment.
typedef struct NeroViewClock {
    GstSegment segment;
    guint serial;        // of the segment: counts segments and flushes
    GstClockTime passed; // end of the frames that went by; NONE: unknown
} NeroViewClock;

typedef struct NeroViewPad NeroViewPad;

NeroViewPad *nero_view_pad_new(GstElement *element);
void nero_view_pad_free(NeroViewPad *p); // after release
GstPadTemplate *nero_view_pad_template(void);

// For request_new_pad and release_pad of the element. NULL: there is one already.
GstPad *nero_view_pad_request(NeroViewPad *p, GstPadTemplate *template);
void nero_view_pad_release(NeroViewPad *p, GstPad *pad);

// Any thread. Whether anybody wants views.
gboolean nero_view_pad_is_wanted(NeroViewPad *p);
// The streaming thread, which does not wait for the one that feeds: a flush sends that back.
// `serial` is that of the clock behind the flush; what is older is dropped.
void nero_view_pad_flush_start(NeroViewPad *p);
void nero_view_pad_flush_stop(NeroViewPad *p, gboolean reset_time, guint serial);
void nero_view_pad_stop(NeroViewPad *p); // ends a push; the pad starts anew with the next state
void nero_view_pad_restart(NeroViewPad *p);

// The thread that feeds. Chooses format and size with what is behind the pad; `info` is that of the
// frames. FALSE after an error message, or when nobody listens.
gboolean nero_view_pad_negotiate(NeroViewPad *p, const GstVideoInfo *info, NeroViewChoice *choice);
// Begins the stream, and a segment, with a gap: the pipeline need not wait for the first view.
void nero_view_pad_begin(NeroViewPad *p, const NeroViewClock *clock);
// Pushes a view, unless a flush came between; takes its picture. `clock` is that of its frame.
void nero_view_pad_push(NeroViewPad *p, NeroInnerView *view, const NeroViewClock *clock);
// Says that there is nothing until the end of the frames that went by.
void nero_view_pad_gap(NeroViewPad *p, const NeroViewClock *clock);
void nero_view_pad_end(NeroViewPad *p, const NeroViewClock *clock);

#endif
