// SPDX-License-Identifier: MIT
// How much must go from a model for a wanted speed.
#include "app/bench/time_models.h"
#include "app/cli/progress.h"
#include "app/prune/prune.h"

nn_status prune_find_macs(nn_pruner *p, const nn_model *m, nn_pool *pool, double speed_up,
                          double *part, nn_error *err)
{
    enum { HALVINGS = 6 };
    double low = nn_pruner_least_macs(p) / nn_pruner_macs(p), high = 1, reached = 1;
    app_progress progress = {0};
    nn_status status = NN_OK;
    app_progress_begin(&progress, "measuring", 0, HALVINGS);
    for (int i = 0; i < HALVINGS && status == NN_OK; i++) {
        const double middle = i > 0 ? 0.5 * (low + high) : low; // the fastest one first
        nn_model *small;
        double ms[2];
        status = nn_pruner_make(p, middle * nn_pruner_macs(p) * (1 + 1e-9), &small, err);
        if (status != NN_OK)
            break;
        status = app_time_models((const nn_model *const[]){m, small}, 2, pool, 0.5, ms, err);
        nn_model_free(small);
        if (status == NN_OK && i == 0 && ms[0] / ms[1] < speed_up)
            status = nn_fail(err, NN_EINVAL,
                             "--speed-up %g cannot be reached: with the fewest channels it is "
                             "%.2f times as fast",
                             speed_up, ms[0] / ms[1]);
        if (i > 0 && ms[0] / ms[1] >= speed_up)
            low = middle;
        else if (i > 0)
            high = middle;
        reached = low;
        app_progress_show(&progress, i + 1, "");
    }
    app_progress_clear(&progress);
    *part = reached;
    return status;
}
