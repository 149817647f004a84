// SPDX-License-Identifier: MIT
// What a classifier says about a region of interest, as a structure in DL Streamer's form.
#ifndef PLUGINS_META_CLASSES_H
#define PLUGINS_META_CLASSES_H

#include "plugins/meta/nerometa.h"

#include <gst/video/video.h>

typedef struct NeroClass {
    int label;          // of the classifier; < 0: none was sure enough
    double score;       // 0 .. 1
    gboolean predicted; // kept from an earlier frame of the same object
    double age_ms;      // of that frame; 0: this one, or unknown
} NeroClass;

// Adds the structure to a region, in the place of an older one of the same model. Its name is the
// model's; its fields are "label", "label_id", "confidence", "model_name", "tensor_id" and "type"
// ("classification_result"), as DL Streamer's gvaclassify writes them, and "predicted" and
// "age_ms".
void nero_class_add(GstVideoRegionOfInterestMeta *region, const NeroClass *c,
                    const NeroLabels *labels);
// Whether a parameter of a region is such a structure, ours or another element's.
gboolean nero_class_is(const GstStructure *s);
// The region with this id on a buffer; NULL when there is none.
GstVideoRegionOfInterestMeta *nero_region_find(GstBuffer *buffer, int id);

#endif
