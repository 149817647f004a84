// SPDX-License-Identifier: MIT
// NeroMeta: the result of an inference, attached to the buffer of the video frame.
#ifndef PLUGINS_META_NEROMETA_H
#define PLUGINS_META_NEROMETA_H

#include "nn/vision/result.h"

#include <gst/gst.h>

G_BEGIN_DECLS

// The model's name and its class names. The table is immutable, shared by all frames of a stream,
// and its reference counting is thread-safe.
typedef struct NeroLabels NeroLabels;

// Makes a table of `count` class names, which are copied. They become quarks and stay for the life
// of the process: pass the names of a model only.
NeroLabels *nero_labels_new(const char *model, const char *const *names, int count);
NeroLabels *nero_labels_ref(NeroLabels *labels);
void nero_labels_unref(NeroLabels *labels);              // NULL is a no-op
const char *nero_labels_model(const NeroLabels *labels); // for example "person"
int nero_labels_count(const NeroLabels *labels);
// Name of a class; "object" when `label` is not in the table. The text is valid for the life of the
// process.
const char *nero_labels_name(const NeroLabels *labels, int label);
GQuark nero_labels_quark(const NeroLabels *labels, int label);
// Index of a class name; -1 when it is not in the table.
int nero_labels_find(const NeroLabels *labels, const char *name);

// The meta of one inference. Its boxes are in pixels of the frame in the buffer. The meta follows
// copies of the buffer, and its boxes follow the picture wherever GStreamer tells the change
// (plugins/meta/README.md lists the elements). Behind several detectors a buffer has one meta of
// each.
typedef struct NeroMeta NeroMeta;

GType nero_meta_api_get_type(void);
#define NERO_META_API_TYPE (nero_meta_api_get_type())
const GstMetaInfo *nero_meta_get_info(void);

// Adds a meta with a copy of `result` and a reference of its own to `labels` to a writable buffer,
// which owns the meta. NULL when memory is short.
NeroMeta *nero_meta_add(GstBuffer *buffer, const nn_result *result, NeroLabels *labels);
// The first NeroMeta of a buffer; NULL when there is none. The caller must hold the buffer while it
// reads it.
NeroMeta *nero_meta_get(GstBuffer *buffer);
// The next NeroMeta of a buffer: start with *state = NULL and call until it returns NULL.
NeroMeta *nero_meta_next(GstBuffer *buffer, gpointer *state);
// The result, and the table of its class names. Both live as long as the meta.
const nn_result *nero_meta_result(const NeroMeta *meta);
NeroLabels *nero_meta_labels(const NeroMeta *meta);
// What the element spends on the stream: every which frame it infers at present (1: every frame; 0:
// unknown), and how many frames it has not inferred so far. The input size that was used is in the
// result: input_width x input_height.
guint nero_meta_interval(const NeroMeta *meta);
guint64 nero_meta_skipped(const NeroMeta *meta);

G_END_DECLS

#endif
