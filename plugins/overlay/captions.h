// SPDX-License-Identifier: MIT
// Short texts as coverage masks, laid out by Pango and cached.
#ifndef PLUGINS_OVERLAY_CAPTIONS_H
#define PLUGINS_OVERLAY_CAPTIONS_H

#include "plugins/overlay/blend.h"

typedef struct NeroCaptions NeroCaptions;

NeroCaptions *nero_captions_new(void);
void nero_captions_free(NeroCaptions *t); // NULL is a no-op
// The mask of `text` in bold sans, `pixels` high. `t` owns it; it is valid until
// nero_captions_trim.
const NeroMask *nero_captions_get(NeroCaptions *t, const char *text, int pixels);
// Clears the cache when it has grown too large. Call it between frames.
void nero_captions_trim(NeroCaptions *t);

#endif
