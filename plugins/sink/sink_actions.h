// SPDX-License-Identifier: MIT
// What the keys of the window do, from the table window_keys.inc.
#ifndef PLUGINS_SINK_SINK_ACTIONS_H
#define PLUGINS_SINK_SINK_ACTIONS_H

#include <SDL.h>
#include <glib.h>

typedef enum NeroAction {
#define NERO_KEY(action, key, other, needs, shown, text) NERO_ACTION_##action,
#include "plugins/sink/window_keys.inc"
#undef NERO_KEY
    NERO_ACTION_NONE
} NeroAction;

// The action of a pressed key, or of typed text ("?", "+" and "-"). `controls`: those that change
// the stream count, too.
NeroAction nero_action_of_key(SDL_Keycode key, gboolean controls);
NeroAction nero_action_of_text(const char *text, gboolean controls);
// The page of all keys, a line each with a tab behind the keys (g_free).
char *nero_actions_page(gboolean controls, gboolean feedback, gboolean sources);

#endif
