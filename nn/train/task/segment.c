// SPDX-License-Identifier: MIT
// Segmentation: masks; one output of logits, (N, classes, h, w), and a class for every pixel.
#include "nn/train/task/task.h"

#include "nn/base/memory.h"
#include "nn/eval/evaluate_detect.h"
#include "nn/eval/mask_metrics.h"
#include "nn/graph/backward.h"
#include "nn/predict/detector.h"
#include "nn/train/feature_teacher.h"
#include "nn/vision/decode/decode.h"

#include <math.h>
#include <stddef.h>

// Evaluation.

static bool suits(const nn_card *card)
{
    const nn_decoder *decoder = nn_decoder_of(card->head, card->task);
    return decoder && decoder->paint;
}

static nn_status open_model(nn_evaluation *e, nn_model *model, const char *name, nn_error *err)
{
    return nn_evaluation_open_detector(e, model, name, nn_detector_open, err);
}

static nn_status begin_scores(nn_evaluation *e, const nn_dataset *data, nn_error *err)
{
    (void)data;
    e->metrics = nn_mask_metrics_new(e->card->label_count);
    return e->metrics ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for scores");
}

static nn_status score_picture(nn_evaluation *e, nn_scored_picture *p, nn_error *err)
{
    const nn_status status = nn_detector_run(e->model, p->frame, &e->result, err);
    if (status != NN_OK)
        return status;
    e->milliseconds += (double)e->result.infer_ms;
    p->result = &e->result;
    return nn_mask_metrics_add(e->metrics, &p->sample->mask, &e->result.map, &p->wrong, err);
}

// Mean IoU of maps that show the most frequent class alone; 0 where there is but one class.
static double find_chance(const nn_mask_metrics *m)
{
    int64_t all = 0, most = 0;
    int existing = 0;
    for (int i = 0; i < nn_mask_metrics_classes(m); i++) {
        const int64_t pixels = nn_mask_metrics_class(m, i).truths;
        all += pixels;
        existing += pixels > 0;
        most = pixels > most ? pixels : most;
    }
    return existing > 1 ? (double)most / (double)all / existing : 0;
}

static nn_status find_score(const nn_evaluation *e, nn_score *out, nn_error *err)
{
    (void)err;
    const nn_mask_summary s = nn_mask_metrics_summary(e->metrics);
    *out = (nn_score){.worth = isfinite(s.miou) ? s.miou : 0,
                      .chance = find_chance(e->metrics),
                      .value = {s.miou, s.pixel_accuracy}};
    return NN_OK;
}

static void close_model(nn_evaluation *e)
{
    nn_detector_free(e->model);
    nn_mask_metrics_free(e->metrics);
}

const nn_evaluator nn_evaluator_segment = {
    .name = "segment",
    .kind = NN_DATA_MASKS,
    .scores = {{"miou", "miou"}, {"pixel_accuracy", "pixel_accuracy"}},
    .suits = suits,
    .open = open_model,
    .begin = begin_scores,
    .run = score_picture,
    .score = find_score,
    .close = close_model,
};

// Training.

typedef struct segment_state {
    nn_segment_maps maps;
    nn_segment_loss *loss;
} segment_state;

static void close_loss(void *state)
{
    segment_state *s = state;
    if (!s)
        return;
    nn_segment_loss_free(s->loss);
    nn_free(s);
}

static nn_status find_output(segment_state *s, const nn_plan *plan, const nn_graph *g, int batch,
                             int classes, nn_error *err)
{
    char text[96];
    const nn_shape *input = &nn_plan_input(plan, 0)->shape;
    const nn_tensor *out = nn_plan_output(plan, 0);
    if (nn_own_output_count(g) != 1 || out->shape.rank != 4 || out->shape.dim[1] != classes)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "training: output '%s' of %d is %s, segmentation into %d classes needs one "
                       "of (N,%d,h,w)",
                       nn_graph_output_name(g, 0), nn_own_output_count(g),
                       nn_shape_text(&out->shape, text, sizeof text), classes, classes);
    if (classes < 2 || classes > NN_MASK_CLASSES)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "training: %d classes; a mask holds 2 to %d, the background counted",
                       classes, NN_MASK_CLASSES);
    s->maps = (nn_segment_maps){.batch = batch,
                                .classes = classes,
                                .h = (int)out->shape.dim[2],
                                .w = (int)out->shape.dim[3],
                                .height = (int)input->dim[2],
                                .width = (int)input->dim[3],
                                .logits = nn_tensor_f32(out),
                                .grad = nn_tensor_f32(nn_plan_output_grad(plan, 0))};
    return NN_OK;
}

static nn_status open_loss(void **state, const nn_plan *plan, const nn_model *model, int batch,
                           const nn_task_options *options, nn_error *err)
{
    *state = NULL;
    segment_state *s = nn_calloc(1, sizeof *s);
    if (!s)
        return nn_fail(err, NN_ENOMEM, "training: no memory");
    nn_status status = find_output(s, plan, model->graph, batch, model->card.label_count, err);
    if (status == NN_OK)
        status = nn_segment_loss_new(&s->loss, &options->segment, &s->maps, err);
    if (status == NN_OK)
        *state = s;
    else
        close_loss(s);
    return status;
}

static nn_status run_loss(void *state, const nn_batch *batch, float scale, nn_task_value *value,
                          nn_error *err)
{
    (void)err;
    segment_state *s = state;
    s->maps.labels = batch->labels;
    const nn_segment_loss_value v = nn_segment_loss_grad(s->loss, &s->maps, (double)scale);
    *value = (nn_task_value){.loss = v.entropy + v.dice, .part = {v.entropy, v.dice}};
    // A thousandth of a picture is as fine as anyone looks.
    value->hits =
        v.pixels > 0 ? (int64_t)(1000.0 * s->maps.batch * (double)v.hits / (double)v.pixels) : 0;
    return NN_OK;
}

// The part of Dice, and how many pixels of the views of training were right.
static void epoch_values(double out[NN_TASK_PARTS], const nn_task_value *sum, double steps,
                         double pictures)
{
    out[0] = sum->part[1] / steps;
    out[1] = (double)sum->hits / 1000 / pictures;
}

// part: cross entropy, Dice; hits: thousandths of pictures whose pixels are right.
const nn_train_task nn_train_task_segment = {
    .evaluator = &nn_evaluator_segment,
    .defaults = "epochs=40 size=384x288 val-split=0.2",
    .epoch_parts = {"dice_loss", "train_pixel_accuracy"},
    .epoch_values = epoch_values,
    .cell = 32,
    .weight_offset = offsetof(nn_task_options, segment.weight),
    .weight_bytes = sizeof((nn_segment_loss_options){0}.weight),
    .weigh = nn_segment_weights,
    .open = open_loss,
    .close = close_loss,
    .run = run_loss,
};
