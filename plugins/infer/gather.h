// SPDX-License-Identifier: MIT
// Gathers frames of several streams into batches, for models that were exported for batches: a run
// takes the same time however many of its places are filled.
#ifndef PLUGINS_INFER_GATHER_H
#define PLUGINS_INFER_GATHER_H

#include "plugins/infer/model.h"

enum { NERO_GATHER_MOST = 64 }; // jobs of one call

// A stream. Guarded by the lock of its NeroGather.
typedef struct NeroGatherMember {
    gboolean waits;   // has a request
    gint64 last_done; // monotonic microseconds; 0: never
    double gap_us;    // smoothed time from a result to the next request; < 0: unknown
} NeroGatherMember;

typedef struct NeroGather {
    GMutex lock; // guards what follows; held for moments only
    GCond changed;
    GQueue members, requests;
    gboolean led;    // a member gathers frames or runs them
    double frame_us; // smoothed time of the run of a frame; 0: unknown
} NeroGather;

void nero_gather_init(NeroGather *g);
void nero_gather_clear(NeroGather *g); // all members have left
void nero_gather_join(NeroGather *g, NeroGatherMember *m);
void nero_gather_leave(NeroGather *g, NeroGatherMember *m);
void nero_gather_forget(NeroGather *g); // how long frames take: there is another model

// Runs at most NERO_GATHER_MOST jobs together with those of other members that are due at nearly
// the same time: the first waits for those that are expected within half of the time that a frame
// takes, and not at all when none is or the batch is full. One call at a time for each member.
nn_status nero_gather_run(NeroGather *g, NeroGatherMember *m, NeroModel *model,
                          const nn_detector_job *jobs, int count, nn_error *err);

#endif
