// SPDX-License-Identifier: MIT
// The loss of tasks whose models find boxes: the head's outputs as levels of it, and teachers.
#include "nn/train/task/box_task.h"

#include "nn/base/memory.h"

void nn_box_task_close(void *state)
{
    nn_box_task *s = state;
    if (!s)
        return;
    nn_detect_outputs_release(&s->outputs);
    for (int i = 0; i < s->teacher_count; i++)
        nn_teacher_close(s->teachers[i]);
    nn_free(s->teachers);
    nn_detect_loss_free(s->loss);
    if (s->close_own)
        s->close_own(s->own);
    nn_free(s);
}

static nn_status open_teachers(nn_box_task *s, const nn_plan *plan, const nn_card *card,
                               const nn_detect_loss_options *o, nn_error *err)
{
    const nn_shape *input = &nn_plan_input(plan, 0)->shape;
    const nn_teacher_place place = {.batch = s->outputs.batch,
                                    .h = (int)input->dim[2],
                                    .w = (int)input->dim[3],
                                    .card = card,
                                    .levels = s->outputs.levels,
                                    .level_count = s->outputs.count,
                                    .pool = o->pool};
    if (o->teacher_count == 0)
        return NN_OK;
    s->teachers = nn_calloc((size_t)o->teacher_count, sizeof *s->teachers);
    if (!s->teachers)
        return nn_fail(err, NN_ENOMEM, "training: no memory");
    for (int i = 0; i < o->teacher_count; i++) {
        const nn_status status = nn_teacher_open(&s->teachers[i], o->teachers[i], &place, err);
        if (status != NN_OK)
            return nn_fail_prefix(err, status, "teacher %d", i + 1);
        s->teacher_count++;
    }
    return NN_OK;
}

nn_status nn_box_task_open(void **state, const nn_plan *plan, const nn_model *model, int batch,
                           const nn_task_options *options, nn_error *err)
{
    *state = NULL;
    nn_box_task *s = nn_calloc(1, sizeof *s);
    if (!s)
        return nn_fail(err, NN_ENOMEM, "training: no memory");
    s->options = *options;
    nn_status status = nn_detect_outputs_find(&s->outputs, plan, model, batch, err);
    if (status == NN_OK)
        status = nn_detect_loss_new(&s->loss, &options->detect, s->outputs.levels, s->outputs.count,
                                    batch, s->outputs.classes, err);
    if (status == NN_OK)
        status = open_teachers(s, plan, &model->card, &options->detect, err);
    if (status == NN_OK)
        *state = s;
    else
        nn_box_task_close(s);
    return status;
}

// Adds what the teachers say of the batch.
static void hear_teachers(const nn_box_task *s, const float *planes, nn_detect_loss_value *v)
{
    int cells = 0;
    for (int i = 0; i < s->teacher_count; i++)
        cells += !nn_teacher_gives_boxes(s->options.detect.teachers[i]);
    for (int i = 0; i < s->teacher_count; i++) {
        const nn_detect_teacher *said = nn_teacher_look(s->teachers[i], planes);
        if (!said)
            continue;
        nn_detect_teacher says = *said;
        says.weight = s->options.detect.teacher_weight / (float)cells;
        const nn_detect_loss_value lesson = nn_detect_loss_teach(s->loss, s->outputs.levels, &says);
        v->cls += lesson.cls;
        v->box += lesson.box;
    }
}

nn_status nn_box_task_run(void *state, const nn_batch *batch, float scale, nn_task_value *value,
                          nn_error *err)
{
    nn_box_task *s = state;
    const nn_truth_list *lists = batch->lists;
    nn_status status = NN_OK;
    for (int i = 0; i < s->teacher_count && status == NN_OK; i++)
        status = nn_teacher_add_boxes(s->teachers[i], batch->planes, &lists, err);
    if (status == NN_OK)
        status = nn_detect_loss_assign(s->loss, s->outputs.levels, lists, err);
    if (status != NN_OK)
        return status;
    nn_detect_loss_value v = nn_detect_loss_grad(s->loss, s->outputs.levels);
    hear_teachers(s, batch->planes, &v);
    double more = 0;
    *value = (nn_task_value){.part = {v.cls, v.box}, .hits = v.positives};
    if (s->add) {
        status = s->add(s, &v, &more, err);
        value->part[0] = v.cls + v.box;
        value->part[1] = more;
    }
    value->loss = value->part[0] + value->part[1];
    if (scale != 1)
        nn_detect_outputs_scale(&s->outputs, scale);
    if (scale != 1 && s->scale)
        s->scale(s, scale);
    return status;
}

void nn_box_task_epoch_values(double out[NN_TASK_PARTS], const nn_task_value *sum, double steps,
                              double pictures)
{
    (void)pictures;
    out[0] = sum->part[0] / steps;
    out[1] = sum->part[1] / steps;
}
