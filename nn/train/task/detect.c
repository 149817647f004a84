// SPDX-License-Identifier: MIT
// Detection: boxes; the dense head's outputs as levels of its loss.
#include "nn/train/task/task.h"

#include "nn/base/memory.h"
#include "nn/eval/evaluate_detect.h"
#include "nn/train/loss/detect_outputs.h"
#include "nn/train/teacher.h"

// Evaluation.

// Every model that no other task takes, since old cards do not name their task.
static bool suits(const nn_card *card)
{
    (void)card;
    return true;
}

const nn_evaluator nn_evaluator_detect = {
    .name = "detect",
    .kind = NN_DATA_BOXES,
    .scores =
        {{"ap50", "ap50"}, {"ap", "ap"}, {"precision", NULL}, {"recall", NULL}, {"objects", NULL}},
    .suits = suits,
    .open = nn_evaluate_boxes_open,
    .begin = nn_evaluate_boxes_begin,
    .run = nn_evaluate_boxes_run,
    .score = nn_evaluate_boxes_score,
    .choose = nn_evaluate_boxes_choose,
    .close = nn_evaluate_boxes_close,
};

// Training.

typedef struct detect_state {
    nn_detect_loss *loss;
    nn_detect_outputs outputs;
    nn_teacher_run **teachers; // owned, `teacher_count`
    int teacher_count;
    nn_detect_loss_options options;
} detect_state;

static void close_loss(void *state)
{
    detect_state *s = state;
    if (!s)
        return;
    nn_detect_outputs_release(&s->outputs);
    for (int i = 0; i < s->teacher_count; i++)
        nn_teacher_close(s->teachers[i]);
    nn_free(s->teachers);
    nn_detect_loss_free(s->loss);
    nn_free(s);
}

static nn_status open_teachers(detect_state *s, const nn_plan *plan, const nn_card *card,
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

static nn_status open_loss(void **state, const nn_plan *plan, const nn_model *model, int batch,
                           const nn_task_options *options, nn_error *err)
{
    *state = NULL;
    detect_state *s = nn_calloc(1, sizeof *s);
    if (!s)
        return nn_fail(err, NN_ENOMEM, "training: no memory");
    s->options = options->detect;
    nn_status status = nn_detect_outputs_find(&s->outputs, plan, model, batch, err);
    if (status == NN_OK)
        status = nn_detect_loss_new(&s->loss, &options->detect, s->outputs.levels, s->outputs.count,
                                    batch, s->outputs.classes, err);
    if (status == NN_OK)
        status = open_teachers(s, plan, &model->card, &options->detect, err);
    if (status == NN_OK)
        *state = s;
    else
        close_loss(s);
    return status;
}

// Adds what the teachers say of the batch.
static void hear_teachers(const detect_state *s, const float *planes, nn_detect_loss_value *v)
{
    int cells = 0;
    for (int i = 0; i < s->teacher_count; i++)
        cells += !nn_teacher_gives_boxes(s->options.teachers[i]);
    for (int i = 0; i < s->teacher_count; i++) {
        const nn_detect_teacher *said = nn_teacher_look(s->teachers[i], planes);
        if (!said)
            continue;
        nn_detect_teacher says = *said;
        says.weight = s->options.teacher_weight / (float)cells;
        const nn_detect_loss_value lesson = nn_detect_loss_teach(s->loss, s->outputs.levels, &says);
        v->cls += lesson.cls;
        v->box += lesson.box;
    }
}

static nn_status run_loss(void *state, const nn_batch *batch, float scale, nn_task_value *value,
                          nn_error *err)
{
    detect_state *s = state;
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
    *value = (nn_task_value){.loss = v.cls + v.box, .part = {v.cls, v.box}, .hits = v.positives};
    if (scale != 1)
        nn_detect_outputs_scale(&s->outputs, scale);
    return NN_OK;
}

static void epoch_values(double out[NN_TASK_PARTS], const nn_task_value *sum, double steps,
                         double pictures)
{
    (void)pictures;
    out[0] = sum->part[0] / steps;
    out[1] = sum->part[1] / steps;
}

// part: classes, boxes; hits: points with a target.
const nn_train_task nn_train_task_detect = {
    .evaluator = &nn_evaluator_detect,
    .defaults = "size=384x288 val-split=0.2",
    .epoch_parts = {"class_loss", "box_loss"},
    .epoch_values = epoch_values,
    .transfer = NN_TRANSFER_HEAD,
    .cell = 32,
    .teachers = true,
    .rivals = true,
    .open = open_loss,
    .close = close_loss,
    .run = run_loss,
};
