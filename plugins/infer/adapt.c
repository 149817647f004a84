// SPDX-License-Identifier: MIT
// Connects the budget controller with the engine and the scene.
#include "plugins/infer/adapt.h"

#include "plugins/common/video.h"

#define LONGEST_PERIOD GST_SECOND

enum { SPACINGS = 20 }; // over which the distance of frames is averaged

void nero_adapt_release(NeroAdapt *a)
{
    nn_scene_free(a->scene);
    *a = (NeroAdapt){0};
}

void nero_adapt_tick(NeroAdapt *a, GstClockTime running)
{
    const GstClockTime last = a->last;
    a->last = running;
    if (!GST_CLOCK_TIME_IS_VALID(running) || !GST_CLOCK_TIME_IS_VALID(last) || running <= last ||
        running - last > LONGEST_PERIOD)
        return;
    a->spacings = MIN(a->spacings + 1, SPACINGS);
    a->spacing_ms += ((double)(running - last) / GST_MSECOND - a->spacing_ms) / a->spacings;
    if (a->spacings >= SPACINGS / 4 && ABS(a->spacing_ms - a->period_ms) > 0.2 * a->period_ms)
        a->period_ms = a->spacing_ms;
}

static NeroBudgetSetup budget_setup(const NeroAdapt *a, const NeroSizes *sizes)
{
    const NeroAdaptSetup *setup = &a->setup;
    const double period = setup->period_ms > 0 ? setup->period_ms : a->period_ms;
    NeroBudgetSetup b = {.budget_ms = setup->budget_ms,
                         .period_ms = setup->live ? period : 0,
                         .interval = setup->interval,
                         .sizes = sizes->count};
    for (int i = 0; i < sizes->count; i++)
        b.cost[i] = sizes->at[i].cost;
    return b;
}

// Whether the sizes stay.
static gboolean same_sizes(const NeroAdapt *a, const NeroModel *model, const NeroAdaptSetup *setup)
{
    return a->model == model && a->setup.height == setup->height &&
           a->setup.width == setup->width && (a->setup.budget_ms > 0) == (setup->budget_ms > 0);
}

static void change_budget(NeroAdapt *a, NeroEngine *e)
{
    NeroSizes sizes;
    nero_engine_get_sizes(e, &sizes);
    const NeroBudgetSetup changed = budget_setup(a, &sizes);
    if (changed.budget_ms != a->budget.setup.budget_ms ||
        changed.period_ms != a->budget.setup.period_ms ||
        changed.interval != a->budget.setup.interval)
        nero_budget_change(&a->budget, &changed);
}

nn_status nero_adapt_prepare(NeroAdapt *a, NeroEngine *e, const NeroAdaptSetup *setup,
                             nn_error *err)
{
    const NeroModel *model = nero_engine_model(e);
    NeroSizes sizes;
    NeroEngineStats stats;
    const gboolean same = same_sizes(a, model, setup);
    a->setup = *setup;
    a->model = model;
    if (same) {
        change_budget(a, e);
        return NN_OK;
    }
    nero_sizes_find(&sizes, model->detector, setup->height, setup->width, setup->budget_ms > 0);
    nn_status status = nero_engine_set_sizes(e, &sizes, err);
    if (status != NN_OK) {
        nero_sizes_find(&sizes, model->detector, 0, 0, FALSE);
        nero_engine_set_sizes(e, &sizes, NULL);
    }
    nero_engine_get_stats(e, &stats);
    a->inferred = stats.inferred;
    a->tried = FALSE;
    const NeroBudgetSetup fresh = budget_setup(a, &sizes);
    nero_budget_init(&a->budget, &fresh);
    return status;
}

void nero_adapt_look(NeroAdapt *a, const GstVideoFrame *frame, const GstVideoRectangle *area)
{
    NeroView view;
    if (!a->scene)
        a->scene = nn_scene_new();
    if (a->scene && nero_video_view(frame, area, &view) &&
        nn_scene_measure(a->scene, &view.frame, &a->figures, NULL) == NN_OK)
        nero_budget_saw(&a->budget, (double)a->figures.detail, (double)a->figures.motion);
}

// Takes over what the engine has measured since the last frame.
static void take_measurements(NeroAdapt *a, NeroEngine *e)
{
    NeroSizes sizes;
    NeroEngineStats stats;
    nero_engine_get_stats(e, &stats);
    if (stats.inferred == a->inferred)
        return;
    a->inferred = stats.inferred;
    if (!a->tried && nero_engine_get_sizes(e, &sizes)) {
        const NeroBudgetSetup tried = budget_setup(a, &sizes);
        nero_budget_change(&a->budget, &tried);
        a->tried = TRUE;
    }
    if (stats.size < a->budget.setup.sizes)
        nero_budget_measured(&a->budget, stats.size, stats.regions, stats.last_ms);
}

int nero_adapt_choose(NeroAdapt *a, NeroEngine *e, double now)
{
    if (a->setup.budget_ms <= 0)
        return a->setup.interval;
    take_measurements(a, e);
    const NeroBudgetUse use = nero_budget_choose(&a->budget, now);
    nero_engine_choose(e, use.size);
    return use.interval;
}
