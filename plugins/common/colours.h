// SPDX-License-Identifier: MIT
// Which colour an object gets, for all elements that draw.
#ifndef PLUGINS_COMMON_COLOURS_H
#define PLUGINS_COMMON_COLOURS_H

#include <glib-object.h>

typedef enum NeroColourBy { NERO_COLOUR_BY_TRACK, NERO_COLOUR_BY_CLASS } NeroColourBy;

// "track", "class": for a property.
GType nero_colour_by_get_type(void);
// The index into nn_palette: always the same one for a track or a class. Objects without a track
// have the colour of their class.
int nero_colour_index(NeroColourBy by, int track_id, int label);
// Black or white, whichever is more readable on 0xRRGGBB.
guint32 nero_ink_on(guint32 rgb);

#endif
