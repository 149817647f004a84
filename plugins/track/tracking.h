// SPDX-License-Identifier: MIT
// The tracking of a stream: reads the boxes of a buffer, follows them, and writes back what it
// knows.
#ifndef PLUGINS_TRACK_TRACKING_H
#define PLUGINS_TRACK_TRACKING_H

#include "nn/vision/track.h"
#include "plugins/meta/nerometa_internal.h"

#include <gst/video/video.h>

typedef struct NeroTrackingSettings {
    int type;                                        // nn_tracker_kind_at
    float threshold, low_threshold, start_threshold; // negative: from the detector
    guint lost_ms, hold_ms;
    gboolean per_class, keep_untracked, camera_motion;
} NeroTrackingSettings;

typedef struct NeroTrackingStats {
    guint64 frames, measured; // those with boxes of their own
    gint active, last_id;     // tracks now; the highest number that was given
    nn_motion motion;         // of the camera since the last frame
} NeroTrackingStats;

typedef struct NeroTracking NeroTracking;

// All functions are for the streaming thread.
NeroTracking *nero_tracking_new(void);
void nero_tracking_free(NeroTracking *t);
void nero_tracking_configure(NeroTracking *t, const NeroTrackingSettings *settings);
// Forgets all tracks and times: the next frame does not follow the last one. Numbers go on.
void nero_tracking_restart(NeroTracking *t);
// Whether times decrease from frame to frame.
void nero_tracking_set_backwards(NeroTracking *t, gboolean backwards);
// Gives identities to the boxes of a writable buffer and adds predicted ones: to the NeroMeta of the
// first detector with its regions, or without one to the regions of other detectors. What further
// detectors and classifiers found stays, and belongs to the same objects.
nn_status nero_tracking_frame(NeroTracking *t, GstBuffer *buffer, const GstVideoInfo *info,
                              nn_error *err);
NeroTrackingStats nero_tracking_stats(const NeroTracking *t);

#endif
