// SPDX-License-Identifier: MIT
// Keys, mouse and the ends of a window.
#include "plugins/sink/sink_window_internal.h"

#include "plugins/sink/sink_display.h"
#include "plugins/sink/sink_draw.h"
#include "plugins/sink/sink_thread.h"

// Draws and reports the effect of an event on boxes; FALSE when it had none.
static gboolean take_input(NeroWindow *w, NeroInput input, const NeroFeedback *f)
{
    char line[128];
    w->dirty = w->dirty || input != NERO_INPUT_NONE;
    if (input == NERO_INPUT_SAID) {
        nero_input_text(f, w->labels, line, sizeof line);
        nero_window_tell(w, line);
        w->options.on_feedback(f, w->labels, w->options.data);
    }
    return input != NERO_INPUT_NONE;
}

static gboolean handle_key(NeroWindow *w, const SDL_KeyboardEvent *key)
{
    NeroFeedback f;
    const gboolean escape = key->keysym.sym == SDLK_ESCAPE;
    const gboolean drawing = w->shape.mode != NERO_SHAPE_NONE || w->help || w->zoom.scale > 1;
    if (w->options.feedback && !(escape && drawing) &&
        take_input(w, nero_input_key(&w->pick, key, w->labels, &f), &f))
        return TRUE;
    return nero_window_key(w, key);
}

static gboolean is_same(const nn_box *a, const nn_box *b)
{
    return a->track_id == b->track_id && a->label == b->label && a->x0 == b->x0 && a->y0 == b->y0;
}

// Forwards the mouse, with its position in pixels of the video.
static void forward_mouse(NeroWindow *w, const SDL_Event *event, int x, int y)
{
    SDL_Rect area = nero_window_picture_area(w);
    const SDL_FPoint d = nero_draw_density(w->renderer);
    double px = x * (double)d.x, py = y * (double)d.y;
    px = (px - area.x) * w->picture.info.width / area.w;
    py = (py - area.y) * w->picture.info.height / area.h;
    NeroFeedback f;
    const nn_box before = w->pick.choice.box;
    const gboolean selected = w->pick.selected;
    const gboolean used = nero_window_mouse(w, event, (float)px, (float)py);
    if (!used && event->type != SDL_MOUSEWHEEL && w->options.feedback && w->labels)
        take_input(w, nero_input_mouse(&w->pick, event, (float)px, (float)py, &w->result, &f), &f);
    if (w->pick.selected && (!selected || !is_same(&before, &w->pick.choice.box)))
        nero_enlarge_forget(w->enlarge);
    if (event->type == SDL_MOUSEBUTTONDOWN)
        nero_sink_view_ask_again(w->view);
    w->options.on_input(event, px, py, w->options.data);
}

static void handle_input(NeroWindow *w, const SDL_Event *event)
{
    switch (event->type) {
    case SDL_KEYDOWN:
        if (handle_key(w, &event->key))
            break;
        w->options.on_input(event, 0, 0, w->options.data);
        break;
    case SDL_TEXTINPUT:
        if (nero_window_typed(w, event->text.text))
            break;
        w->options.on_input(event, 0, 0, w->options.data);
        break;
    case SDL_KEYUP:
        w->options.on_input(event, 0, 0, w->options.data);
        break;
    case SDL_MOUSEMOTION:
        forward_mouse(w, event, event->motion.x, event->motion.y);
        break;
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP:
        forward_mouse(w, event, event->button.x, event->button.y);
        break;
    case SDL_MOUSEWHEEL:
        forward_mouse(w, event, event->wheel.mouseX, event->wheel.mouseY);
        break;
    default:
        break;
    }
}

static void handle_window_event(NeroWindow *w, const SDL_WindowEvent *event)
{
    switch (event->event) {
    case SDL_WINDOWEVENT_CLOSE:
        w->options.on_close(NERO_CLOSED_BY_USER, w->options.data);
        break;
    case SDL_WINDOWEVENT_EXPOSED:
    case SDL_WINDOWEVENT_SIZE_CHANGED:
        w->dirty = TRUE; // a resize sends many of these
        break;
    default:
        break;
    }
}

// TRUE when the window is gone, by this event or an earlier one.
static gboolean see_end(NeroWindow *w, const SDL_Event *event)
{
    if (w->gone)
        return TRUE;
    if (event->type == NERO_UI_LOST) {
        w->gone = TRUE;
        w->options.on_close(nero_display_answers() ? NERO_CLOSED_BY_OTHERS
                                                   : NERO_CLOSED_WITH_DISPLAY,
                            w->options.data);
    } else if (nero_display_destroyed(event, w->window)) {
        w->gone = TRUE;
        w->options.on_close(NERO_CLOSED_BY_OTHERS, w->options.data);
    }
    return w->gone;
}

// All events of a window have its id where SDL_WindowEvent has it. Keys of an embedded one have
// none: the focus is that of the window around it, and the one under the pointer gets them.
static gboolean is_for(const NeroWindow *w, const SDL_Event *event)
{
    const Uint32 id = event->window.windowID;
    return id == SDL_GetWindowID(w->window) ||
           (id == 0 && w->embed && SDL_GetMouseFocus() == w->window);
}

void nero_window_handle_event(const SDL_Event *event, gpointer data)
{
    NeroWindow *w = data;
    if (!event) {
        w->options.on_input(NULL, 0, 0, w->options.data);
        if (w->shown && ((nero_sink_view_again(w->view) && nero_window_wants_look(w)) ||
                         (w->pick.selected && nero_enlarge_again(w->enlarge))))
            w->options.on_look(w->options.data);
        nero_window_update_view(w);
        nero_window_tick(w);
        if (w->dirty)
            nero_window_redraw(w);
        return;
    }
    if (see_end(w, event))
        return;
    if (w->embed)
        nero_embed_hear(w->embed, event);
    if (event->type < SDL_WINDOWEVENT || event->type > SDL_MOUSEWHEEL || !is_for(w, event))
        return;
    if (event->type == SDL_WINDOWEVENT)
        handle_window_event(w, &event->window);
    else if (w->options.keys)
        handle_input(w, event);
}
