// SPDX-License-Identifier: MIT
// Turns SDL events into feedback on boxes.
#include "plugins/sink/sink_input.h"

#include "po/translate.h"

NeroInput nero_input_key(NeroPick *p, const SDL_KeyboardEvent *key, const NeroLabels *labels,
                         NeroFeedback *f)
{
    const int classes = labels ? nero_labels_count(labels) : 0;
    const SDL_Keycode k = key->keysym.sym;
    if (k == SDLK_ESCAPE)
        return nero_pick_cancel(p) ? NERO_INPUT_USED : NERO_INPUT_NONE;
    if (key->repeat || classes < 1)
        return NERO_INPUT_NONE;
    if (k == SDLK_a) {
        nero_pick_add(p);
        p->label = CLAMP(p->label, 0, classes - 1);
        return NERO_INPUT_USED;
    }
    if (k == SDLK_BACKSPACE || (k == SDLK_z && (key->keysym.mod & KMOD_CTRL)))
        return nero_pick_undo(p, f) ? NERO_INPUT_SAID : NERO_INPUT_NONE;
    if (k == SDLK_x)
        return nero_pick_mark(p, f) ? NERO_INPUT_SAID : NERO_INPUT_NONE;
    if (!p->adding || k < SDLK_1 || k > SDLK_9 || k - SDLK_1 >= classes)
        return NERO_INPUT_NONE;
    p->label = k - SDLK_1;
    return NERO_INPUT_USED;
}

NeroInput nero_input_mouse(NeroPick *p, const SDL_Event *event, float x, float y,
                           const nn_result *result, NeroFeedback *f)
{
    if (event->type == SDL_MOUSEMOTION) {
        if (!p->drawing)
            return NERO_INPUT_NONE;
        nero_pick_move(p, x, y);
        return NERO_INPUT_USED;
    }
    if (event->button.button != SDL_BUTTON_LEFT)
        return NERO_INPUT_NONE;
    if (event->type == SDL_MOUSEBUTTONUP)
        return nero_pick_drop(p, result->frame_width, result->frame_height, f) ? NERO_INPUT_SAID
                                                                               : NERO_INPUT_USED;
    if (p->adding)
        nero_pick_press(p, x, y);
    else
        nero_pick_click(p, result, x, y);
    return NERO_INPUT_USED;
}

void nero_input_text(const NeroFeedback *f, const NeroLabels *labels, char *line, size_t size)
{
    static const char *const words[] = {N_("wrong"), N_("added"), N_("not wrong"),
                                        N_("taken back")};
    g_snprintf(line, size, "%s: %s", _(words[f->verdict]), nero_labels_name(labels, f->box.label));
}

void nero_input_hint(const NeroPick *p, const NeroLabels *labels, char *line, size_t size)
{
    g_snprintf(line, size, _("draw the %s that was missed   %sEscape: none"),
               nero_labels_name(labels, p->label),
               nero_labels_count(labels) > 1 ? _("1-9: another class   ") : "");
}
