// SPDX-License-Identifier: MIT
// "loiter": an object stays in a zone for long.
#include "nn/vision/analytics/rule.h"

static bool holds(const nn_sight *s, double setting)
{
    return setting > 0 && s->inside && s->stay_ms >= setting;
}

static void tell(nn_area *area, int objects)
{
    area->loitering = objects;
}

const nn_rule nn_rule_loiter = {
    .name = "loiter",
    .setting = {.key = "loitering-time",
                .about = "An object loiters when it stays in a zone for so many milliseconds "
                         "(0 = never)",
                .most = 86400000,
                .whole = true},
    .zones = true,
    .holds = holds,
    .tell = tell,
};
