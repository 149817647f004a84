// SPDX-License-Identifier: MIT
// Text on a dark ground over the picture: the line of figures, messages, the page of keys.
#ifndef PLUGINS_SINK_SINK_PANEL_H
#define PLUGINS_SINK_SINK_PANEL_H

#include "plugins/text/text.h"

#include <glib.h>

typedef enum NeroPanelPlace {
    NERO_PANEL_TOP, // top left
    NERO_PANEL_MIDDLE,
    NERO_PANEL_BOTTOM, // in the middle of the lower edge
    NERO_PANEL_RIGHT,  // top right
} NeroPanelPlace;

typedef struct NeroPanel {
    const char *text; // lines with newlines between them; a tab begins the second column
    NeroPanelPlace place;
    SDL_Color ink;
    int top; // pixels of `area` above it that are not free
} NeroPanel;

extern const SDL_Color nero_panel_white, nero_panel_grey, nero_panel_amber, nero_panel_red;

// Where the panel lies in `area`; empty without a font or text. Lines that are too wide are divided
// at NERO_FIGURES_DOT, then at blanks, then cut. Both use the size that is set in `text`.
SDL_Rect nero_panel_measure(NeroText *text, const SDL_Rect *area, const NeroPanel *panel);
SDL_Rect nero_panel_draw(SDL_Renderer *renderer, NeroText *text, const SDL_Rect *area,
                         const NeroPanel *panel);

#endif
