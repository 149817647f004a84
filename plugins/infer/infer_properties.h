// SPDX-License-Identifier: MIT
// The properties of neroinfer: storage, ranges, and the texts of gst-inspect.
#ifndef PLUGINS_INFER_INFER_PROPERTIES_H
#define PLUGINS_INFER_INFER_PROPERTIES_H

#include "nn/graph/tail.h"

#include <gst/gst.h>

typedef enum NeroAsync { NERO_ASYNC_FALSE, NERO_ASYNC_TRUE, NERO_ASYNC_AUTO } NeroAsync;

// The values are those of nn_precision.
typedef enum NeroPrecision {
    NERO_PRECISION_FLOAT32,
    NERO_PRECISION_BF16,
    NERO_PRECISION_AUTO
} NeroPrecision;

typedef enum NeroInferenceRegion {
    NERO_REGION_FULL_FRAME,
    NERO_REGION_ROI_LIST
} NeroInferenceRegion;

GType nero_async_get_type(void);
GType nero_precision_get_type(void);
GType nero_inference_region_get_type(void);

enum {
    NERO_INFER_PROP_MODEL = 1,
    NERO_INFER_PROP_HEAD,
    NERO_INFER_PROP_LABELS_FILE,
    NERO_INFER_PROP_LABELS_TEXT,
    NERO_INFER_PROP_THRESHOLD,
    NERO_INFER_PROP_IOU_THRESHOLD,
    NERO_INFER_PROP_AGNOSTIC_NMS,
    NERO_INFER_PROP_LABELS,
    NERO_INFER_PROP_MAX_DETECTIONS,
    NERO_INFER_PROP_INTERVAL,
    NERO_INFER_PROP_THREADS,
    NERO_INFER_PROP_ASYNC,
    NERO_INFER_PROP_DEVICE,
    NERO_INFER_PROP_INSTANCE_ID,
    NERO_INFER_PROP_REGION,
    NERO_INFER_PROP_OBJECT_CLASS,
    NERO_INFER_PROP_RECLASSIFY,
    NERO_INFER_PROP_LATENCY_BUDGET,
    NERO_INFER_PROP_INPUT_SIZE,
    NERO_INFER_PROP_THRESHOLDS,
    NERO_INFER_PROP_POST_MESSAGES,
    NERO_INFER_PROP_PRECISION,
    NERO_INFER_PROP_TAIL_MEMORY,
    NERO_INFER_PROP_TAIL_SECONDS,
    NERO_INFER_PROP_STATS, // filled in by the element
};

typedef struct NeroInferProps {
    char *model, *head, *labels_file; // owned; NULL head, labels_file: the model's
    char *labels_text;                // owned; NULL: the model's classes
    char *labels;                     // owned; NULL: all
    char *device;                     // owned; NULL: the processor
    char *instance_id;                // owned; NULL: a model of its own
    char *object_class;               // owned; NULL: all
    char *input_size, *thresholds;    // owned; NULL: the model's, none
    double latency_budget;            // milliseconds; 0: none
    double tail_memory, tail_seconds; // MiB, seconds; 0: the usual
    gboolean post_messages, agnostic_nms;
    float threshold, iou_threshold;
    float threshold_shift; // of the model's thresholds, by the keys of a window
    guint max_detections, interval, threads;
    NeroAsync async;
    NeroPrecision precision;
    NeroInferenceRegion region;
    guint reclassify;
} NeroInferProps;

// The limits that a detector gets.
nn_tail_limits nero_infer_tail_limits(const NeroInferProps *p);

void nero_infer_props_install(GObjectClass *klass);
void nero_infer_props_init(NeroInferProps *p); // sets the defaults
void nero_infer_props_release(NeroInferProps *p);
// FALSE when `id` is none of these properties. The caller holds the object lock.
gboolean nero_infer_props_set(NeroInferProps *p, guint id, const GValue *value);
gboolean nero_infer_props_get(const NeroInferProps *p, guint id, GValue *value);

#endif
