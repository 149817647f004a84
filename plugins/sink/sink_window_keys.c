// SPDX-License-Identifier: MIT
// What keys do: to the window itself, or to the stream by way of its owner.
#include "plugins/sink/sink_window_internal.h"

#include "plugins/sink/sink_draw.h"
#include "po/translate.h"

#include <string.h>

static void ask(NeroWindow *w, NeroActing acting)
{
    w->options.on_act(&acting, w->options.data);
}

static void toggle_fullscreen(NeroWindow *w)
{
    w->options.fullscreen = !w->options.fullscreen;
    nero_window_apply_fullscreen(w);
}

// One line, all of them, none.
static void next_figures(NeroWindow *w)
{
    const gboolean all = w->options.figures && w->details;
    w->details = w->options.figures && !w->details;
    w->options.figures = !all;
}

static void toggle_trails(NeroWindow *w)
{
    enum { USUAL = 3 };
    if (w->options.trail_length > 0)
        w->trails_before = w->options.trail_length;
    const gint64 on = w->trails_before > 0 ? w->trails_before : USUAL * GST_SECOND;
    w->options.trail_length = w->options.trail_length > 0 ? 0 : on;
    nero_window_tell(w,
                     w->options.trail_length > 0 ? _("trails of tracked objects") : _("no trails"));
}

static void toggle_enlarge(NeroWindow *w)
{
    const gboolean on = !nero_enlarge_is_on(w->enlarge);
    nero_enlarge_turn(w->enlarge, on);
    if (!on)
        nero_window_tell(w, _("objects are not enlarged any more"));
    else if (!w->pick.selected)
        nero_window_tell(w, _("click an object: it is shown enlarged"));
}

// A camera goes on while its picture stands still.
static void toggle_pause(NeroWindow *w)
{
    if (!w->states.live) {
        ask(w, (NeroActing){.action = NERO_ACTION_PAUSE});
        return;
    }
    w->frozen = !w->frozen;
    w->states.paused = w->frozen;
    w->states.heard = g_get_monotonic_time();
}

static void toggle_view(NeroWindow *w, const SDL_KeyboardEvent *key)
{
    const gboolean was_shown = nero_sink_view_is_shown(w->view);
    if (nero_sink_view_key(w->view, key) && nero_sink_view_is_shown(w->view) != was_shown)
        nero_window_make_room(w, !was_shown);
}

static void ignore(NeroWindow *w, gboolean none)
{
    const gboolean chosen = w->pick.selected && w->labels;
    ask(w, (NeroActing){.action = NERO_ACTION_IGNORE,
                        .all = none,
                        .label = chosen && !none
                                     ? nero_labels_name(w->labels, w->pick.choice.box.label)
                                     : NULL});
}

void nero_window_act(NeroWindow *w, NeroAction action)
{
    w->dirty = TRUE;
    switch (action) {
    case NERO_ACTION_HELP:
        w->help = !w->help;
        break;
    case NERO_ACTION_PAUSE:
        toggle_pause(w);
        break;
    case NERO_ACTION_TRAILS:
        toggle_trails(w);
        break;
    case NERO_ACTION_ENLARGE:
        toggle_enlarge(w);
        break;
    case NERO_ACTION_FIGURES:
        next_figures(w);
        break;
    case NERO_ACTION_FULLSCREEN:
        toggle_fullscreen(w);
        break;
    case NERO_ACTION_ZONE:
        nero_shape_begin(&w->shape, NERO_SHAPE_ZONE);
        break;
    case NERO_ACTION_LINE:
        nero_shape_begin(&w->shape, NERO_SHAPE_LINE);
        break;
    case NERO_ACTION_EDIT:
        nero_shape_begin(&w->shape, NERO_SHAPE_EDIT);
        break;
    case NERO_ACTION_RECORD:
        ask(w, (NeroActing){.action = action, .all = w->states.ended});
        break;
    case NERO_ACTION_CLOSE:
        w->options.on_close(NERO_CLOSED_BY_USER, w->options.data);
        break;
    default:
        ask(w, (NeroActing){.action = action});
    }
}

// Escape leaves what was begun last, before it closes the window.
static gboolean leave(NeroWindow *w)
{
    if (w->help)
        w->help = FALSE;
    else if (w->shape.mode != NERO_SHAPE_NONE)
        nero_shape_cancel(&w->shape);
    else if (w->zoom.follows || w->zoom.scale > 1)
        w->zoom = (NeroZoom){0};
    else
        return FALSE;
    return TRUE;
}

static void change_area(NeroWindow *w, const NeroShapeChange *change)
{
    nn_error err = {0};
    if (nero_shape_check(change, &err) != NN_OK) {
        nero_shape_forget(&w->shape); // it is where it was
        nero_window_tell(w, err.text);
        return;
    }
    ask(w, (NeroActing){.action = NERO_ACTION_EDIT, .change = change});
}

// Keys while a zone or line is drawn or edited.
static gboolean shape_key(NeroWindow *w, SDL_Keycode key)
{
    NeroShapeChange change;
    if (w->shape.mode == NERO_SHAPE_NONE)
        return FALSE;
    if (key == SDLK_RETURN || key == SDLK_KP_ENTER) {
        if (nero_shape_close(&w->shape, &w->report, &change))
            change_area(w, &change);
        return TRUE;
    }
    if (key != SDLK_DELETE && key != SDLK_BACKSPACE)
        return FALSE;
    if (nero_shape_remove(&w->shape, &change))
        change_area(w, &change);
    return TRUE;
}

static gboolean source_key(NeroWindow *w, SDL_Keycode key)
{
    if (w->options.sources < 2 || key < SDLK_0 || key > SDLK_9)
        return FALSE;
    ask(w, (NeroActing){.action = NERO_ACTION_SOURCE, .number = key - SDLK_0});
    return TRUE;
}

gboolean nero_window_key(NeroWindow *w, const SDL_KeyboardEvent *event)
{
    const SDL_Keycode key = event->keysym.sym;
    const gboolean plain = !(event->keysym.mod & (KMOD_CTRL | KMOD_ALT | KMOD_GUI));
    if (key == SDLK_ESCAPE && leave(w))
        return w->dirty = TRUE;
    if (shape_key(w, key))
        return w->dirty = TRUE;
    NeroAction action = plain ? nero_action_of_key(key, w->options.controls) : NERO_ACTION_NONE;
    if (action == NERO_ACTION_VIEW || (action == NERO_ACTION_NONE && !source_key(w, key))) {
        const SDL_KeyboardEvent copy = *event;
        toggle_view(w, &copy);
        return action == NERO_ACTION_VIEW || nero_sink_view_is_shown(w->view);
    }
    if (w->embed && (action == NERO_ACTION_CLOSE || action == NERO_ACTION_FULLSCREEN))
        return FALSE; // they are for the application to which the window belongs
    if (action == NERO_ACTION_NONE)
        return TRUE;
    if (event->repeat && action != NERO_ACTION_BACK && action != NERO_ACTION_ON &&
        action != NERO_ACTION_STEP && action != NERO_ACTION_STEP_BACK)
        return TRUE;
    if (action == NERO_ACTION_IGNORE)
        ignore(w, (event->keysym.mod & KMOD_SHIFT) != 0);
    else
        nero_window_act(w, action);
    return TRUE;
}

gboolean nero_window_typed(NeroWindow *w, const char *text)
{
    const NeroAction action = nero_action_of_text(text, w->options.controls);
    if (action != NERO_ACTION_NONE)
        nero_window_act(w, action);
    return action != NERO_ACTION_NONE;
}

// --- mouse ---

static gboolean shape_mouse(NeroWindow *w, const SDL_Event *event, float px, float py)
{
    NeroShapeChange change;
    const float near =
        12 * nero_draw_density(w->renderer).x / (float)MAX(nero_window_picture_area(w).w, 1);
    const nn_point p = {px / (float)MAX(w->picture.info.width, 1),
                        py / (float)MAX(w->picture.info.height, 1)};
    gboolean done = FALSE;
    if (w->shape.mode == NERO_SHAPE_NONE)
        return FALSE;
    if (event->type == SDL_MOUSEMOTION)
        nero_shape_move(&w->shape, p);
    else if (event->type == SDL_MOUSEBUTTONUP)
        done = nero_shape_drop(&w->shape, &change);
    else if (event->type == SDL_MOUSEBUTTONDOWN && event->button.button == SDL_BUTTON_LEFT)
        done = nero_shape_press(&w->shape, p, near, &w->report, &change);
    else if (event->type == SDL_MOUSEBUTTONDOWN)
        done = nero_shape_close(&w->shape, &w->report, &change);
    if (done)
        change_area(w, &change);
    return w->dirty = TRUE;
}

gboolean nero_window_mouse(NeroWindow *w, const SDL_Event *event, float px, float py)
{
    const SDL_FPoint d = nero_draw_density(w->renderer);
    const SDL_Rect fit = nero_window_fit(w);
    if (event->type == SDL_MOUSEWHEEL) {
        nero_zoom_wheel(&w->zoom, &fit, (float)event->wheel.mouseX * d.x,
                        (float)event->wheel.mouseY * d.y, event->wheel.preciseY);
        return w->dirty = TRUE;
    }
    if (shape_mouse(w, event, px, py))
        return TRUE;
    if (event->type == SDL_MOUSEMOTION && (event->motion.state & SDL_BUTTON_LMASK) &&
        w->zoom.scale > 1 && !w->pick.adding) {
        w->zoom.follows = FALSE;
        nero_zoom_drag(&w->zoom, &fit, (float)event->motion.xrel * d.x,
                       (float)event->motion.yrel * d.y);
        return w->dirty = TRUE;
    }
    if (event->type == SDL_MOUSEBUTTONDOWN && event->button.button == SDL_BUTTON_LEFT &&
        event->button.clicks == 2 && w->pick.selected && !w->pick.adding) {
        w->zoom.follows = TRUE;
        return w->dirty = TRUE;
    }
    return FALSE;
}
