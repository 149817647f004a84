// SPDX-License-Identifier: MIT
// The table of targets, and the type of `method`.
#include "plugins/publish/target.h"

#define NERO_TARGET(word) extern const NeroTarget nero_target_##word;
#include "plugins/targets.inc"
#undef NERO_TARGET

#define NERO_TARGET(word) &nero_target_##word,
static const NeroTarget *const targets[] = {
#include "plugins/targets.inc"
};
#undef NERO_TARGET

const NeroTarget *nero_target_at(guint i)
{
    return i < G_N_ELEMENTS(targets) ? targets[i] : NULL;
}

GType nero_publish_method_get_type(void)
{
    static gsize type;
    if (g_once_init_enter(&type)) {
        static GEnumValue values[G_N_ELEMENTS(targets) + 1];
        for (guint i = 0; i < G_N_ELEMENTS(targets); i++)
            values[i] = (GEnumValue){(int)i, targets[i]->blurb, targets[i]->method};
        g_once_init_leave(&type, g_enum_register_static("NeroPublishMethod", values));
    }
    return type;
}
