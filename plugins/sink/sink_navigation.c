// SPDX-License-Identifier: MIT
// Turns SDL's events into those of GstNavigation.
#include "plugins/sink/sink_navigation.h"

// Names are kept by scan code: what a key types may change before it is released.
static char *place_of(NeroNavigation *n, SDL_Scancode code)
{
    return n->name[code > 0 && code < SDL_NUM_SCANCODES ? code : SDL_SCANCODE_UNKNOWN];
}

static void press(NeroNavigation *n, GstNavigation *to, const char *name)
{
    g_strlcpy(place_of(n, n->pressed.scancode), name, NERO_KEY_NAME);
    n->waits = FALSE;
    gst_navigation_send_key_event(to, "key-press", name);
}

// The previous key types no text: it is sent by its own name.
static void settle(NeroNavigation *n, GstNavigation *to)
{
    char name[NERO_KEY_NAME];
    if (n->waits && nero_key_name(n->pressed.sym, name))
        press(n, to, name);
    n->waits = FALSE;
}

static void press_key(NeroNavigation *n, GstNavigation *to, const SDL_Keysym *key)
{
    const gboolean types = !(key->sym & SDLK_SCANCODE_MASK) && key->sym >= SDLK_SPACE &&
                           key->sym != SDLK_DELETE &&
                           !(key->mod & (KMOD_CTRL | KMOD_ALT | KMOD_GUI));
    n->pressed = *key;
    n->waits = TRUE;
    if (!types || !SDL_IsTextInputActive())
        settle(n, to); // its text follows: "plus" and not "equal" with shift
}

static void release_key(NeroNavigation *n, GstNavigation *to, SDL_Scancode code)
{
    char *name = place_of(n, code);
    if (!name[0])
        return; // a key that the window handles
    gst_navigation_send_key_event(to, "key-release", name);
    name[0] = '\0';
}

static void type_text(NeroNavigation *n, GstNavigation *to, const char *text)
{
    char name[NERO_KEY_NAME];
    if (n->waits && nero_key_name_of_text(text, name))
        press(n, to, name);
}

static void turn_wheel(GstNavigation *to, const SDL_MouseWheelEvent *wheel, double x, double y)
{
    const double sign = wheel->direction == SDL_MOUSEWHEEL_FLIPPED ? -1 : 1;
    gst_navigation_send_mouse_scroll_event(to, x, y, sign * (double)wheel->preciseX,
                                           sign * (double)wheel->preciseY);
}

void nero_navigation_handle(NeroNavigation *n, GstNavigation *to, const SDL_Event *event, double x,
                            double y)
{
    if (event && event->type == SDL_TEXTINPUT) {
        type_text(n, to, event->text.text);
        return;
    }
    settle(n, to);
    if (!event)
        return;
    switch (event->type) {
    case SDL_KEYDOWN:
        press_key(n, to, &event->key.keysym);
        break;
    case SDL_KEYUP:
        release_key(n, to, event->key.keysym.scancode);
        break;
    case SDL_MOUSEMOTION:
        gst_navigation_send_mouse_event(to, "mouse-move", 0, x, y);
        break;
    case SDL_MOUSEBUTTONDOWN:
        gst_navigation_send_mouse_event(to, "mouse-button-press", event->button.button, x, y);
        break;
    case SDL_MOUSEBUTTONUP:
        gst_navigation_send_mouse_event(to, "mouse-button-release", event->button.button, x, y);
        break;
    case SDL_MOUSEWHEEL:
        turn_wheel(to, &event->wheel, x, y);
        break;
    default:
        break;
    }
}
