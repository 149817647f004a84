// SPDX-License-Identifier: MIT
// Copies and releases choices.
#include "plugins/view/view_choice.h"

NeroViewChoice nero_view_choice_copy(const NeroViewChoice *c)
{
    NeroViewChoice copy = *c;
    copy.model = g_strdup(c->model);
    copy.layer = g_strdup(c->layer);
    copy.label = g_strdup(c->label);
    return copy;
}

void nero_view_choice_release(NeroViewChoice *c)
{
    g_clear_pointer(&c->model, g_free);
    g_clear_pointer(&c->layer, g_free);
    g_clear_pointer(&c->label, g_free);
}
