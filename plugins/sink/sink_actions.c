// SPDX-License-Identifier: MIT
// Looks keys up in the table, and writes the page of key ?.
#include "plugins/sink/sink_actions.h"
#include "po/translate.h"

#include <string.h>

enum { WINDOW, STREAM, FEEDBACK, SOURCES };

static const struct {
    SDL_Keycode key, other;
    int needs;
    const char *shown, *text;
} rows[] = {
#define NERO_KEY(action, key, other, needs, shown, text) {key, other, needs, shown, text},
#include "plugins/sink/window_keys.inc"
#undef NERO_KEY
};

static gboolean is_typed(SDL_Keycode key)
{
    return key == '?' || key == '+' || key == '-';
}

static gboolean is_on(int needs, gboolean controls, gboolean feedback, gboolean sources)
{
    const gboolean on[] = {
        [WINDOW] = TRUE, [STREAM] = controls, [FEEDBACK] = feedback, [SOURCES] = sources};
    return on[needs];
}

NeroAction nero_action_of_key(SDL_Keycode key, gboolean controls)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const gboolean is = rows[i].other == key || (rows[i].key == key && !is_typed(key));
        if (key && is && is_on(rows[i].needs, controls, FALSE, FALSE))
            return (NeroAction)i;
    }
    return NERO_ACTION_NONE;
}

NeroAction nero_action_of_text(const char *text, gboolean controls)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (is_typed(rows[i].key) && text[0] == (char)rows[i].key && !text[1] &&
            is_on(rows[i].needs, controls, FALSE, FALSE))
            return (NeroAction)i;
    return NERO_ACTION_NONE;
}

char *nero_actions_page(gboolean controls, gboolean feedback, gboolean sources)
{
    GString *s = g_string_new(NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].shown[0] && is_on(rows[i].needs, controls, feedback, sources))
            g_string_append_printf(s, "%s%s\t%s", s->len > 0 ? "\n" : "", _(rows[i].shown),
                                   _(rows[i].text));
    return g_string_free(s, FALSE);
}
