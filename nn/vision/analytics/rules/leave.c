// SPDX-License-Identifier: MIT
// "leave": an object has left a zone, or was lost in it.
#include "nn/vision/analytics/rule.h"

static bool holds(const nn_sight *s, double setting)
{
    (void)setting;
    return s->left;
}

const nn_rule nn_rule_leave = {.name = "leave", .zones = true, .holds = holds};
