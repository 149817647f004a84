// SPDX-License-Identifier: MIT
// Frames of a file that a thread of their own infers together and passes on in their order.
#ifndef PLUGINS_INFER_FLIGHT_H
#define PLUGINS_INFER_FLIGHT_H

#include <gst/video/video.h>

enum { NERO_FLIGHT_FRAMES = 8 }; // the most that are inferred together

typedef struct NeroFlightFrame {
    GstBuffer *buffer;   // owned
    GstVideoFrame video; // mapped, of this buffer
    int most;            // it waits to join while so many wait, 1 .. NERO_FLIGHT_FRAMES
} NeroFlightFrame;

// Infers frames and pushes them downstream; they are its own from then on. Called in the thread of
// the flight.
typedef GstFlowReturn (*nero_flight_run)(gpointer user, NeroFlightFrame *frames, int count);

typedef struct NeroFlight {
    nero_flight_run run;
    gpointer user;
    GMutex lock; // guards what follows
    GCond changed;
    GThread *thread; // NULL: it never had a frame
    NeroFlightFrame waiting[NERO_FLIGHT_FRAMES];
    int count;          // of the waiting ones
    gboolean busy;      // frames are being inferred or pushed
    gboolean open;      // frames are taken
    GstFlowReturn flow; // of the last push, until it was returned
} NeroFlight;

void nero_flight_init(NeroFlight *f, nero_flight_run run, gpointer user); // closed at first
void nero_flight_clear(NeroFlight *f);

void nero_flight_open(NeroFlight *f);
// Drops the waiting frames and ends the thread. What it pushes to must not block for ever.
void nero_flight_close(NeroFlight *f);

// Takes over a frame. Waits while frame->most are waiting. Unless downstream
// took the frames before this one, it is dropped with those that wait, and the answer of downstream
// is returned; FLUSHING when the flight is closed.
GstFlowReturn nero_flight_add(NeroFlight *f, NeroFlightFrame *frame);
// Waits until all frames are pushed or dropped. Returns what nero_flight_add has not yet returned.
GstFlowReturn nero_flight_land(NeroFlight *f);
// The same, and it is returned now. For a frame that is not added: unless downstream took those
// before it, it is to be dropped, too; and after a flush, when the answer counts no longer.
GstFlowReturn nero_flight_settle(NeroFlight *f);

#endif
