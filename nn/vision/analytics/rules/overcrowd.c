// SPDX-License-Identifier: MIT
// "overcrowd": too many objects are in a zone.
#include "nn/vision/analytics/rule.h"

static bool holds(const nn_sight *s, double setting)
{
    return setting > 0 && s->area->occupancy > setting;
}

static void tell(nn_area *area, int objects)
{
    area->crowded = objects > 0;
}

const nn_rule nn_rule_overcrowd = {
    .name = "overcrowd",
    .setting = {.key = "max-objects",
                .about = "A zone is overcrowded with more objects than this (0 = never)",
                .most = 1000000,
                .whole = true},
    .zones = true,
    .whole_area = true,
    .holds = holds,
    .tell = tell,
};
