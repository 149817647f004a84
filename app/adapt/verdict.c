// SPDX-License-Identifier: MIT
// Decides whether a specialist is better than the general model.
#include "app/adapt/compare.h"

#include <math.h>
#include <stdio.h>

#define NOT_WORSE 0.01  // difference of AP50 up to which two models count as equal
#define FASTER 1.2      // speed factor that makes an equal model better
#define MORE_ALARMS 1.5 // factor of false alarms that counts as too many
#define FEW_ALARMS 10   // alarms an hour that never count as too many
#define CHANCE 2.0      // standard deviations by which two counts may differ by chance

const adapt_candidate *adapt_find(const adapt_comparison *c, adapt_role role)
{
    for (int i = 0; i < c->count; i++)
        if (c->list[i].role == role)
            return &c->list[i];
    return NULL;
}

// Whether `s` raises significantly more false alarms than `g`. Counts in a few seconds of video
// vary by their square root (Poisson).
static bool is_alarming(const adapt_candidate *s, const adapt_candidate *g)
{
    const double more = s->alarm_count - g->alarm_count, sum = s->alarm_count + g->alarm_count;
    return s->alarms_an_hour > FEW_ALARMS && s->alarms_an_hour > MORE_ALARMS * g->alarms_an_hour &&
           more > CHANCE * sqrt(sum + 1);
}

adapt_verdict adapt_judge(const adapt_candidate *s, const adapt_candidate *g)
{
    adapt_verdict v = {0};
    const double ap = s->score.ap50 - g->score.ap50, speed = s->fps / g->fps;
    if (!isfinite(ap)) {
        snprintf(v.reason, sizeof v.reason, "nothing was labelled on the pictures held back");
    } else if (ap < -NOT_WORSE) {
        snprintf(v.reason, sizeof v.reason, "it finds less: AP50 %.3f, the general model %.3f",
                 s->score.ap50, g->score.ap50);
    } else if (is_alarming(s, g)) {
        snprintf(v.reason, sizeof v.reason,
                 "it raises %.0f false alarms an hour, the general model %.0f", s->alarms_an_hour,
                 g->alarms_an_hour);
    } else if (speed < 1 || (speed < FASTER && ap < NOT_WORSE)) {
        snprintf(v.reason, sizeof v.reason,
                 "it is as good, but not faster: %.0f frames a second, the general model %.0f",
                 s->fps, g->fps);
    } else {
        v.better = true;
        snprintf(v.reason, sizeof v.reason, "AP50 %.3f instead of %.3f, %.1f times as fast",
                 s->score.ap50, g->score.ap50, speed);
    }
    return v;
}
