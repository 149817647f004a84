// SPDX-License-Identifier: MIT
// Makes areas of a frame unrecognisable.
#ifndef PLUGINS_OVERLAY_ANONYMIZE_H
#define PLUGINS_OVERLAY_ANONYMIZE_H

#include "plugins/overlay/canvas.h"
#include "plugins/overlay/cover.h"

typedef enum NeroAnonymize {
    NERO_ANONYMIZE_NONE,
    NERO_ANONYMIZE_BLUR,
    NERO_ANONYMIZE_PIXELATE,
    NERO_ANONYMIZE_FILL,
} NeroAnonymize;

// Changes the pixels of an area, and up to 7 beside it, so that chroma, which pixels share, changes
// with them. Blur and pixelation keep nothing but the mean of each square. For canvases on frames
// only.
void nero_anonymize(NeroCanvas *c, const NeroCovered *covered, NeroAnonymize how);

#endif
