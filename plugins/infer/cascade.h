// SPDX-License-Identifier: MIT
// Infers inside of the regions that other elements found: a classifier names them, a detector finds
// what lies in them.
#ifndef PLUGINS_INFER_CASCADE_H
#define PLUGINS_INFER_CASCADE_H

#include "plugins/infer/engine.h"

typedef struct NeroCascade NeroCascade;

NeroCascade *nero_cascade_new(void);
void nero_cascade_free(NeroCascade *c); // NULL is a no-op
// Forgets the classes of all objects, and what was found in them.
void nero_cascade_forget(NeroCascade *c);

// The functions below are called in this order for each frame.

// Lists the regions of a buffer whose type is `object_class`; NULL or empty: all. A tracked object
// ("object_id") that was classified less than `interval` frames ago keeps its class; 0: for ever.
void nero_cascade_find(NeroCascade *c, GstBuffer *buffer, const char *object_class, guint interval);
// Whether the models before this element do not know `object_class`. Looks once for each class, at
// the first buffer with their results.
gboolean nero_cascade_misses(NeroCascade *c, GstBuffer *buffer, const char *object_class);
// Infers the regions that need it, in one call. Regions are relative to `area`. May be left out.
nn_status nero_cascade_infer(NeroCascade *c, NeroEngine *e, const GstVideoFrame *frame,
                             const GstVideoRectangle *area, nn_error *err);
// Whether it had nothing to infer: no region, or all keep their classes.
gboolean nero_cascade_was_idle(const NeroCascade *c);
// Attaches what is known, when the buffer is not mapped any more. A classifier's result is a
// structure in the region (detection.h); what a detector found are regions with the id of their
// parent, and a NeroMeta, which *meta is then; the keypoints of one person (nn_decoder.one_object)
// are given to the region. In a frame that was not inferred, classes of tracked
// objects stay, and boxes move with their regions (children.h). FALSE when memory is short.
gboolean nero_cascade_attach(NeroCascade *c, NeroEngine *e, GstBuffer *buffer, NeroMeta **meta);

#endif
