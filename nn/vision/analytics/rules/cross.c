// SPDX-License-Identifier: MIT
// "cross": an object has crossed a line.
#include "nn/vision/analytics/rule.h"

static bool holds(const nn_sight *s, double setting)
{
    (void)setting;
    return s->crossed != 0;
}

const nn_rule nn_rule_cross = {.name = "cross", .lines = true, .holds = holds};
