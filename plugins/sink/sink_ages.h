// SPDX-License-Identifier: MIT
// When tracks were measured: how old each is, and what is only predicted.
#ifndef PLUGINS_SINK_SINK_AGES_H
#define PLUGINS_SINK_SINK_AGES_H

#include <glib.h>

// For one thread.
typedef struct NeroAges NeroAges;

NeroAges *nero_ages_new(void);
void nero_ages_free(NeroAges *a);
void nero_ages_forget(NeroAges *a); // for another place in the stream
// Takes the objects of the next frame (NeroObject), at `time` nanoseconds of the stream. One that
// the detector misses for a moment is made as old as its last measurement.
void nero_ages_follow(NeroAges *a, GArray *objects, gint64 time);
// Seconds from the first measurement of a track to the last frame; 0: unknown.
double nero_ages_of(const NeroAges *a, int track);

#endif
