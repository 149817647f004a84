// SPDX-License-Identifier: MIT
// X's names of SDL's keys, which GstNavigation uses.
#ifndef PLUGINS_SINK_SINK_KEYS_H
#define PLUGINS_SINK_SINK_KEYS_H

#include <SDL.h>
#include <glib.h>

enum { NERO_KEY_NAME = 24 };

// The name of a key without modifiers: "Return", "Left", "KP_Add", "a". FALSE when it has none.
gboolean nero_key_name(SDL_Keycode key, char name[NERO_KEY_NAME]);
// The name of a typed character: "plus", "A", "adiaeresis", "U20AC".
gboolean nero_key_name_of_text(const char *utf8, char name[NERO_KEY_NAME]);

#endif
