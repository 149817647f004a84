// SPDX-License-Identifier: MIT
// Thresholds of classes: chosen, printed and written.
#include "app/report/calibrate.h"

#include "nn/eval/evaluate_detect.h"
#include "nn/io/io.h"

#include <glib.h>
#include <math.h>

nn_status app_calibrate_check(const nn_evaluator *task, const char *out, nn_error *err)
{
    if (!task->choose)
        return nn_fail(err, NN_EINVAL, "--calibrate: only detectors have thresholds");
    if (!g_str_has_suffix(out, APP_CALIBRATED))
        return nn_fail(err, NN_EINVAL, "--calibrate %s: the file must end in " APP_CALIBRATED, out);
    return NN_OK;
}

static void print_row(const nn_evaluation *e, const nn_card *new, int label, FILE *out)
{
    const nn_box_metrics *m = e->metrics;
    const float after = nn_card_threshold_of(new, label);
    const float before =
        m->class_thresholds ? m->class_thresholds[label] : m->threshold; // of this evaluation
    fprintf(out, "%-16s %7lld %9.3f %9.3f %9lld %9lld %9lld\n", new->labels[label],
            (long long)nn_metrics_truths(m->metrics, label), (double)before, (double)after,
            (long long)nn_false_alarms_pictures(m->alarms, label),
            (long long)nn_false_alarms_count(m->alarms, label, before),
            (long long)nn_false_alarms_count(m->alarms, label, after));
}

static void print(const nn_evaluation *e, const nn_card *new, const app_calibration *how, FILE *out)
{
    const nn_box_metrics *m = e->metrics;
    bool few = false;
    fprintf(out, "\n%-16s %7s %9s %9s %9s %9s %9s\n", "class", "objects", "threshold", "new",
            "without", "alarms", "new");
    for (int i = 0; i < new->label_count; i++) {
        print_row(e, new, i, out);
        few |= how->false_alarms * (double)nn_false_alarms_pictures(m->alarms, i) < 1;
    }
    fprintf(out, "without: pictures without the class; alarms: those on which it is found\n");
    if (few)
        fprintf(out,
                "note: false alarms count where %.0f pictures are without a class (--negatives DIR "
                "adds some)\n",
                ceil(1 / how->false_alarms));
    fprintf(out, "%s written\n", how->out);
}

nn_status app_calibrate(const nn_evaluation *e, const app_model_source *from,
                        const app_calibration *how, FILE *out, nn_error *err)
{
    const nn_threshold_rule rule = {how->false_alarms, NN_THRESHOLD_OBJECTS, true};
    nn_model *m;
    nn_status status = app_open_model(&m, from, err);
    if (status != NN_OK)
        return status;
    status = nn_evaluation_set_thresholds(e, &rule, &m->card, err);
    if (status == NN_OK)
        status = nn_model_save(m, how->out, m->half, err);
    if (status == NN_OK)
        print(e, &m->card, how, out);
    nn_model_free(m);
    return status;
}
