// SPDX-License-Identifier: MIT
// "enter": an object has come into a zone, or was first seen in it.
#include "nn/vision/analytics/rule.h"

static bool holds(const nn_sight *s, double setting)
{
    (void)setting;
    return s->entered;
}

const nn_rule nn_rule_enter = {.name = "enter", .zones = true, .holds = holds};
