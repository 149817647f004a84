// SPDX-License-Identifier: MIT
// The list of event kinds, and of the numbers that areas may have.
#include "nn/vision/analytics/rule.h"

#define NN_RULE(word) extern const nn_rule nn_rule_##word;
#include "nn/vision/rules.inc"
#undef NN_RULE

static const nn_rule *const rules[] = {
#define NN_RULE(word) &nn_rule_##word,
#include "nn/vision/rules.inc"
#undef NN_RULE
};

enum { COUNT = sizeof rules / sizeof *rules };
_Static_assert((int)COUNT < (int)NN_SETTINGS && COUNT <= 32, "rules are bits of a word");

static const nn_setting inertia = {
    .key = "inertia",
    .about = "Frames in a row that an object must be on the other side before it counts",
    .usual = 3,
    .least = 1,
    .most = 1000,
    .whole = true,
};

const nn_rule *nn_rule_at(int i)
{
    return i >= 0 && i < COUNT ? rules[i] : NULL;
}

const nn_setting *nn_setting_at(int i)
{
    return i == 0 ? &inertia : i > 0 && i <= COUNT ? &rules[i - 1]->setting : NULL;
}
