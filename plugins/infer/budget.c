// SPDX-License-Identifier: MIT
// Estimates the time of each size from the last inferences, and chooses with hysteresis.
#include "plugins/infer/budget.h"

#include <math.h>
#include <string.h>

#define AIM 0.9        // part of the budget that a size which is chosen may take by its estimate
#define PROMISE 0.85   // the same for a size that rises, and for an interval that gets shorter
#define KEEP_UP 0.95   // part of the periods of an interval that an inference may take
#define FIRST_HOLD 2.0 // seconds
#define LONGEST_HOLD 60.0
#define LASTS 20.0     // seconds after which a size that rose has proved right
#define CLEAR_GAIN 0.1 // how much less a better choice must lose (loss_of)
#define MOTION_WEIGHT 5.0
#define LEAST_DETAIL 0.1
#define SMOOTHING 0.1 // weight of a new frame's figures

enum { FEW = 3 }; // inferences after which an estimate is good enough to act on

void nero_budget_init(NeroBudget *b, const NeroBudgetSetup *setup)
{
    memset(b, 0, sizeof *b);
    b->setup = *setup;
    b->use = (NeroBudgetUse){0, setup->interval};
    b->size = b->interval = (NeroPatience){FIRST_HOLD, -1, -1};
}

void nero_budget_change(NeroBudget *b, const NeroBudgetSetup *setup)
{
    if (b->use.size >= setup->sizes)
        b->use.size = setup->sizes - 1;
    // What was measured counts in the units of the new costs.
    const double unit = b->setup.cost[b->use.size] / setup->cost[b->use.size];
    for (int i = 0; i < NERO_BUDGET_WINDOW; i++)
        b->window[i] *= unit;
    b->setup = *setup;
    b->use.interval = b->use.interval > setup->interval ? b->use.interval : setup->interval;
    b->size.since = b->interval.since = -1;
}

void nero_budget_measured(NeroBudget *b, int size, int regions, double ms)
{
    if (b->count++ == 0)
        return; // the first inference allocates
    const int at = (b->count - 2) % NERO_BUDGET_WINDOW;
    b->window[at] = ms / b->setup.cost[size] / regions;
    b->regions[at] = regions;
    b->fresh += size == b->use.size;
}

void nero_budget_saw(NeroBudget *b, double detail, double motion)
{
    const double weight = b->scene_known ? SMOOTHING : 1;
    b->detail += weight * (detail - b->detail);
    b->motion += weight * (motion - b->motion);
    b->scene_known = true;
}

static int known(const NeroBudget *b)
{
    const int n = b->count - 1;
    return n < NERO_BUDGET_WINDOW ? n : NERO_BUDGET_WINDOW;
}

// The value of a window below which all but `above` lie.
static double find_rank(const NeroBudget *b, const double *window, int above)
{
    double sorted[NERO_BUDGET_WINDOW] = {0};
    const int n = known(b);
    for (int i = 0; i < n; i++) {
        int at = i;
        for (; at > 0 && sorted[at - 1] < window[i]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = window[i];
    }
    return sorted[above];
}

// What the slower inferences take for a unit of cost: all but one of the window are faster.
static double slow_unit(const NeroBudget *b)
{
    return find_rank(b, b->window, 1) * find_rank(b, b->regions, 1);
}

static double usual_unit(const NeroBudget *b)
{
    const int half = known(b) / 2;
    return find_rank(b, b->window, half) * find_rank(b, b->regions, half);
}

// What the slower inferences would take at a size. At a smaller one all of them are faster by as
// much. At a larger one what disturbs them, such as another program, costs as much as now: it would
// seem larger and larger from the smallest size, which would then never be left. That there are
// many regions at times is no such disturbance.
static double slow_ms(const NeroBudget *b, int size)
{
    const double *cost = b->setup.cost;
    const double slow = slow_unit(b);
    if (size >= b->use.size)
        return slow * cost[size];
    const double many = find_rank(b, b->window, known(b) / 2) * find_rank(b, b->regions, 1);
    const double usual = fmin(many, slow);
    return usual * cost[size] + (slow - usual) * cost[b->use.size];
}

static bool fits(const NeroBudget *b, int size, double part)
{
    return slow_ms(b, size) <= part * b->setup.budget_ms;
}

// How many frames an inference at this size must be apart, as a fraction.
static double needed_interval(const NeroBudget *b, int size, double part)
{
    const double ms = usual_unit(b) * b->setup.cost[size];
    const double period = KEEP_UP * b->setup.period_ms;
    double need = period > 0 ? ms / period : 0;
    if (!fits(b, size, 1) && ms / b->setup.budget_ms > need)
        need = ms / b->setup.budget_ms;
    return need / part;
}

static int interval_of(const NeroBudget *b, int size, double part)
{
    const double n = ceil(needed_interval(b, size, part) - 1e-9);
    const int least = b->setup.interval;
    // The user's interval may be longer than the longest one here.
    const int most = least > NERO_BUDGET_INTERVAL ? least : NERO_BUDGET_INTERVAL;
    return n > most ? most : n < least ? least : (int)n;
}

// What a choice loses: resolution where there is detail, boxes in time where there is motion. Both
// count in halvings.
static double loss_of(const NeroBudget *b, int size)
{
    const double detail = fmax(b->detail, LEAST_DETAIL);
    return detail * log2(b->setup.cost[0] / b->setup.cost[size]) +
           MOTION_WEIGHT * b->motion * log2((double)interval_of(b, size, 1) / b->setup.interval);
}

// The size with the least loss among those that fit; the smallest when none does.
static int find_best(const NeroBudget *b, double part)
{
    int best = -1;
    for (int i = 0; i < b->setup.sizes; i++)
        if (fits(b, i, part) && (best < 0 || loss_of(b, i) < loss_of(b, best)))
            best = i;
    return best < 0 ? b->setup.sizes - 1 : best;
}

// TRUE when something has been possible for long enough.
static bool is_time(NeroPatience *p, bool possible, double now)
{
    if (p->taken >= 0 && now - p->taken >= LASTS) { // what was taken has proved right
        p->hold = fmax(p->hold / 2, FIRST_HOLD);
        p->taken = -1;
    }
    if (!possible)
        p->since = -1;
    else if (p->since < 0)
        p->since = now;
    return possible && now - p->since >= p->hold;
}

// What was taken must be given up.
static void give_up(NeroPatience *p)
{
    if (p->taken >= 0)
        p->hold = fmin(2 * p->hold, LONGEST_HOLD);
    p->taken = p->since = -1;
}

static void set_size(NeroBudget *b, int size)
{
    b->use.size = size;
    b->use.interval = interval_of(b, size, 1);
    b->changes++;
    b->fresh = 0;
    b->size.since = b->interval.since = -1;
}

// The size takes too long: another one at once.
static void fall(NeroBudget *b)
{
    const int size = find_best(b, AIM);
    if (size <= b->use.size)
        return; // it is the smallest
    give_up(&b->size);
    set_size(b, size);
}

// Moves a step towards a better size when it has been better for long enough.
static void consider(NeroBudget *b, double now)
{
    const int best = find_best(b, PROMISE), here = b->use.size;
    const double gain = CLEAR_GAIN * fmax(b->detail, LEAST_DETAIL);
    const bool better =
        best != here && fits(b, best, PROMISE) && loss_of(b, best) < loss_of(b, here) - gain;
    if (!is_time(&b->size, better, now))
        return;
    b->size.taken = best < here ? now : -1;
    set_size(b, best < here ? here - 1 : here + 1);
}

// A longer interval at once, a shorter one when it has been possible for a while.
static void set_interval(NeroBudget *b, double now)
{
    const int need = interval_of(b, b->use.size, 1);
    const int safe = interval_of(b, b->use.size, PROMISE);
    if (need > b->use.interval) {
        give_up(&b->interval);
        b->use.interval = need;
    }
    if (!is_time(&b->interval, safe < b->use.interval, now))
        return;
    b->use.interval = safe;
    b->interval.taken = now;
    b->interval.since = -1;
}

NeroBudgetUse nero_budget_choose(NeroBudget *b, double now)
{
    if (known(b) < FEW || b->fresh < FEW)
        return b->use;
    if (fits(b, b->use.size, 1))
        consider(b, now);
    else
        fall(b);
    if (b->fresh >= FEW) // the size stayed
        set_interval(b, now);
    return b->use;
}
