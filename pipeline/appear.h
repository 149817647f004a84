// SPDX-License-Identifier: MIT
// Private to pipeline/: tells when an object of a class appears.
#ifndef PIPELINE_APPEAR_H
#define PIPELINE_APPEAR_H

#include "nn/vision/result.h"

#include <glib.h>

typedef struct vp_appear vp_appear; // one thread at a time

// `classes`: "person,car"; NULL: all. `tracked`: objects without numbers do not count, the tracker
// is not sure of them yet.
vp_appear *vp_appear_new(const char *classes, gboolean tracked);
void vp_appear_free(vp_appear *a); // NULL is a no-op

// Looks at a frame at `time` (nanoseconds, which may begin again). Returns the box of an object
// that is new: its number has not been seen before, or of those without numbers its class has been
// away for two seconds. NULL: none. `name` is its class.
const nn_box *vp_appear_see(vp_appear *a, const nn_result *result,
                            const char *(*name_of)(const void *labels, int label),
                            const void *labels, guint64 time, const char **name);

#endif
