// SPDX-License-Identifier: MIT
// Finds the parts of a frame that must not be recognisable.
#ifndef PLUGINS_OVERLAY_COVER_H
#define PLUGINS_OVERLAY_COVER_H

#include "plugins/common/label_layout.h"

#include <gst/gst.h>

// An area, and the side of the squares of pixels of which nothing but the mean may stay.
typedef struct NeroCovered {
    NeroRect area;
    int square;
} NeroCovered;

typedef struct NeroCover NeroCover;

NeroCover *nero_cover_new(void);
void nero_cover_free(NeroCover *c); // NULL is a no-op
// Forgets where objects were.
void nero_cover_forget(NeroCover *c);

// The areas (NeroCovered) of a frame of width x height that show objects of these classes (NULL:
// any), valid until the next call. In doubt they are too large:
// - Boxes are enlarged by a tenth of their shorter side. Those of another frame grow with their
// age,
//   because the object has moved since.
// - Faint boxes below the threshold count, and regions of interest of other elements.
// - An object that was found less than two seconds ago and is not found now is still covered.
// - The whole frame is covered when nothing is known about it: it carries no result (the first
//   frames of asynchronous inference), one that is older than a second, or none of a model that
//   has the class. *reason then says why; it is NULL otherwise.
const GArray *nero_cover_find(NeroCover *c, GstBuffer *buffer, const char *const *labels, int width,
                              int height, gint64 time, const char **reason);
// Whether that reason is there to stay: there are results, but no model has one of the classes.
gboolean nero_cover_is_in_vain(const NeroCover *c);

#endif
