// SPDX-License-Identifier: MIT
// Opens the teachers of a training for its classes.
#include "app/train/train_init.h"
#include "app/train/train_run.h"
#include "nn/io/io.h"
#include "nn/predict/load_model.h"
#include "nn/train/feature_teacher.h"
#include "nn/train/teacher.h"

#include <stdio.h>
#include <string.h>

static void print_teacher(const char *name, const nn_teacher *t, const nn_names *labels)
{
    int shown = 0;
    fprintf(stderr, "teacher %s:", name);
    for (int i = 0; i < labels->count; i++)
        if (nn_teacher_known(t)[i])
            fprintf(stderr, "%s%s", shown++ ? ", " : " ", labels->name[i]);
    fputs(nn_teacher_gives_boxes(t) ? "; by its boxes alone\n" : "\n", stderr);
}

static nn_status open_teacher(app_train *t, const char *name, nn_error *err)
{
    nn_model *m;
    g_autofree char *size = g_strdup_printf("%dx%d", t->o.trainer.width, t->o.trainer.height);
    nn_teacher **to = &t->teachers[t->teacher_count];
    nn_status status = nn_model_load(&m, name, err);
    const nn_train_task *its = status == NN_OK ? nn_train_task_find(m->card.task) : NULL;
    if (status == NN_OK && t->o.features && !(its && its->teachers)) {
        nn_model_free(m); // only its feature maps are used
        return NN_OK;
    }
    if (status == NN_OK) {
        app_train_fit_size(&m, name, size);
        status = nn_teacher_new(to, m, (const char *const *)t->labels.name, t->labels.count,
                                t->o.sources.map, t->o.input_h, t->o.input_w, err);
        nn_model_free(m);
    }
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "--distill %s", name);
    t->teacher_count++;
    print_teacher(name, *to, &t->labels);
    return NN_OK;
}

nn_status app_train_open_teachers(app_train *t, nn_error *err)
{
    nn_status status = NN_OK;
    const bool boxes = nn_train_task_find(t->o.task)->teachers;
    if (!t->o.teachers || !boxes || !(t->o.trainer.task.detect.teacher_weight > 0))
        return NN_OK;
    t->teachers = g_new0(nn_teacher *, g_strv_length(t->o.teachers));
    for (int i = 0; t->o.teachers[i] && status == NN_OK; i++)
        status = open_teacher(t, t->o.teachers[i], err);
    t->o.trainer.task.detect.teachers = t->teachers;
    t->o.trainer.task.detect.teacher_count = t->teacher_count;
    return status;
}

// Extends the learning rate factors to parameters that were added after the first `before`.
static void extend_rates(app_train *t, int before)
{
    const int count = nn_graph_param_count(t->model->graph);
    if (!t->rates)
        return;
    t->rates = g_renew(float, t->rates, count);
    for (int i = before; i < count; i++)
        t->rates[i] = 1;
    t->o.trainer.rates = t->rates;
}

nn_status app_train_open_features(app_train *t, nn_error *err)
{
    const nn_trainer_options *o = &t->o.trainer;
    nn_model *from;
    if (!t->o.features)
        return NN_OK;
    const char *name = t->o.teachers[0];
    const bool chosen = strcmp(t->o.features, "auto") == 0;
    const nn_feature_options options = {
        .pairs = chosen ? NULL : t->o.features, .h = o->height, .w = o->width, .seed = o->seed};
    g_autofree char *size = g_strdup_printf("%dx%d", o->width, o->height);
    nn_status status = nn_model_load(&from, name, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "--distill %s", name);
    app_train_fit_size(&from, name, size);
    const int before = nn_graph_param_count(t->model->graph);
    status = nn_feature_teacher_new(&t->features, &t->model, from, &options, err);
    nn_model_free(from);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "--distill-features of %s", name);
    fprintf(stderr, "feature maps: %s\n", nn_feature_teacher_text(t->features));
    extend_rates(t, before);
    t->o.trainer.features = t->features;
    return NN_OK;
}

void app_train_close_teachers(app_train *t)
{
    nn_feature_teacher_free(t->features);
    for (int i = 0; i < t->teacher_count; i++)
        nn_teacher_free(t->teachers[i]);
    g_free(t->teachers);
}
