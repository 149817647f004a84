// SPDX-License-Identifier: MIT
// Zones and lines over tracked objects: counts, stays, speeds, events.
#ifndef NN_VISION_ANALYTICS_ANALYTICS_H
#define NN_VISION_ANALYTICS_ANALYTICS_H

#include "nn/vision/analytics/config.h"
#include "nn/vision/analytics/report.h"

typedef struct nn_analytics nn_analytics;

typedef struct nn_analytics_options {
    double setting[NN_SETTINGS]; // where neither area nor configuration says it; negative: usual
    double lost_ms;              // an object that is not seen for so long is gone
    bool center; // an object is where the middle of its box is, not that of its lower edge
} nn_analytics_options;

// An object on a frame.
typedef struct nn_sighting {
    nn_box box;        // pixels; without track_id it counts for the occupancy only
    const char *label; // its class; the text must stay valid
    bool measured;     // what it has done is confirmed; false: its place is predicted only
} nn_sighting;

// An analytics without areas; NULL when memory is short. One thread at a time.
NN_API nn_analytics *nn_analytics_new(void);
NN_API void nn_analytics_free(nn_analytics *a); // NULL is a no-op

// Takes areas and options. An area that was there with the same name and kind keeps its counts, and
// with the same shape its objects, too. NN_ENOMEM leaves everything as it was.
NN_API nn_status nn_analytics_configure(nn_analytics *a, const nn_analytics_config *config,
                                        const nn_analytics_options *options, nn_error *err);

// Looks at a frame of width x height at `time_ms`, which never goes back. The first size fixes
// areas in pixels: they keep their part of the picture when frames of other sizes follow. Objects
// that come without an identity are counted until the first one with an identity comes. At most
// 4096 objects are known at a time. NN_ENOMEM.
NN_API nn_status nn_analytics_frame(nn_analytics *a, const nn_sighting *objects, int count,
                                    int width, int height, double time_ms, nn_error *err);

// The next frame does not follow the last one: all objects are gone, which the report of the next
// frame says. Its time may be any. Counts stay.
NN_API void nn_analytics_restart(nn_analytics *a);
// Objects that are not on the next frame are gone: their numbers may have changed. Counts stay.
NN_API void nn_analytics_doubt(nn_analytics *a);
// While a stream plays backwards objects count for the occupancy only, with or without identities:
// who walks in then has walked out. To be called before a frame that follows a restart.
NN_API void nn_analytics_set_reverse(nn_analytics *a, bool reverse);

// What is known after the last frame; borrowed, valid until the next call.
NN_API const nn_report *nn_analytics_report(const nn_analytics *a);
// Whether an object with an identity was ever seen.
NN_API bool nn_analytics_has_identities(const nn_analytics *a);

#endif
