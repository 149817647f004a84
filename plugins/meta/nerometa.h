// SPDX-License-Identifier: MIT
// NeroMeta: the result of an inference, carried by the video buffer it belongs to.
#ifndef PLUGINS_META_NEROMETA_H
#define PLUGINS_META_NEROMETA_H

#include "nn/vision/result.h"

#include <gst/gst.h>

G_BEGIN_DECLS

// What the numbers in a result mean: the model's name and its class names. Immutable and shared by
// all frames of a stream; thread-safe reference counting.
typedef struct NeroLabels NeroLabels;

// A table of `count` class names (copied, and interned as quarks: pass a model's labels only).
NeroLabels *nero_labels_new(const char *model, const char *const *names, int count);
NeroLabels *nero_labels_ref(NeroLabels *labels);
void nero_labels_unref(NeroLabels *labels);              // NULL is a no-op
const char *nero_labels_model(const NeroLabels *labels); // "person"
int nero_labels_count(const NeroLabels *labels);
// Name of a class; "object" for an index outside the table. Valid for the life of the process.
const char *nero_labels_name(const NeroLabels *labels, int label);
GQuark nero_labels_quark(const NeroLabels *labels, int label);
// Index of a class name, -1 when there is none.
int nero_labels_find(const NeroLabels *labels, const char *name);

// Box coordinates are pixels of the frame the buffer holds. The meta follows copies of the buffer
// and moves with its picture wherever GStreamer says how: plugins/meta/README.md lists the
// elements. A buffer that went through several detectors carries one for each.
typedef struct NeroMeta NeroMeta;

GType nero_meta_api_get_type(void);
#define NERO_META_API_TYPE (nero_meta_api_get_type())
const GstMetaInfo *nero_meta_get_info(void);

// Adds a copy of `result` to a writable buffer and takes its own reference to `labels`. NULL when
// memory is short. The meta is owned by the buffer.
NeroMeta *nero_meta_add(GstBuffer *buffer, const nn_result *result, NeroLabels *labels);
// The first NeroMeta of the buffer, NULL when it has none. Read it while you hold the buffer.
NeroMeta *nero_meta_get(GstBuffer *buffer);
// The one after *state; start with *state = NULL and call until NULL.
NeroMeta *nero_meta_next(GstBuffer *buffer, gpointer *state);
// What was found, and what its numbers mean. Both live with the meta.
const nn_result *nero_meta_result(const NeroMeta *meta);
NeroLabels *nero_meta_labels(const NeroMeta *meta);

G_END_DECLS

#endif
