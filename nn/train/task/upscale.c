// SPDX-License-Identifier: MIT
// Super-resolution: pictures alone; one output of pixels, and the distance to those of the picture
// that was made small.
#include "nn/train/task/task.h"

#include "nn/base/clock.h"
#include "nn/base/memory.h"
#include "nn/eval/picture_metrics.h"
#include "nn/eval/upscale_scores.h"
#include "nn/graph/backward.h"
#include "nn/predict/load_model.h"
#include "nn/predict/upscaler.h"
#include "nn/predict/upscaler_card.h"

#include <math.h>
#include <string.h>

// Evaluation.

static nn_status open_model(nn_evaluation *e, nn_model *model, const char *name, nn_error *err)
{
    nn_status status = model ? NN_OK : nn_model_load(&model, name, err);
    nn_upscaler *u = NULL;
    if (status == NN_OK)
        status =
            nn_upscaler_new(&u, model, &(nn_upscaler_options){.threads = e->options.threads}, err);
    if (status != NN_OK)
        return status;
    e->model = u;
    e->card = nn_upscaler_card(u);
    e->path = nn_strdup(name);
    return e->path ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for scores");
}

static nn_status begin_scores(nn_evaluation *e, const nn_dataset *data, nn_error *err)
{
    (void)data;
    e->metrics = nn_calloc(1, sizeof(nn_upscale_scores));
    return e->metrics ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for scores");
}

static nn_status score_picture(nn_evaluation *e, nn_scored_picture *p, nn_error *err)
{
    nn_upscale_score one;
    const nn_status status = nn_upscale_score_picture(&one, e->model, p->frame, err);
    if (status != NN_OK)
        return status;
    e->milliseconds += one.milliseconds;
    p->wrong = one.psnr[NN_UPSCALE_BICUBIC] - one.psnr[NN_UPSCALE_MODEL];
    nn_upscale_scores_add(e->metrics, &one);
    return NN_OK;
}

static nn_status find_score(const nn_evaluation *e, nn_score *out, nn_error *err)
{
    (void)err;
    const nn_upscale_score s = nn_upscale_scores_mean(e->metrics);
    const double psnr = s.psnr[NN_UPSCALE_MODEL], bicubic = s.psnr[NN_UPSCALE_BICUBIC];
    *out = (nn_score){.worth = psnr,
                      .chance = bicubic,
                      .value = {psnr, s.ssim[NN_UPSCALE_MODEL], psnr - bicubic, bicubic,
                                s.ssim[NN_UPSCALE_BICUBIC]}};
    return NN_OK;
}

static void close_model(nn_evaluation *e)
{
    nn_upscaler_free(e->model);
    nn_free(e->metrics);
}

const nn_evaluator nn_evaluator_upscale = {
    .name = "upscale",
    .kind = NN_DATA_PICTURES,
    .scores = {{"psnr", "psnr"},
               {"ssim", "ssim"},
               {"gain", "gain"},
               {"bicubic_psnr", NULL},
               {"bicubic_ssim", NULL}},
    .suits = nn_upscaler_suits,
    .open = open_model,
    .begin = begin_scores,
    .run = score_picture,
    .score = find_score,
    .close = close_model,
};

// Training.

typedef struct upscale_state {
    nn_upscale_loss_options options;
    const float *pixels;
    float *grad;
    int64_t count;
} upscale_state;

static void close_loss(void *state)
{
    nn_free(state);
}

static nn_status open_loss(void **state, const nn_plan *plan, const nn_model *model, int batch,
                           const nn_task_options *options, nn_error *err)
{
    const nn_shape *in = &nn_plan_input(plan, 0)->shape;
    const nn_tensor *out = nn_plan_output(plan, 0);
    const int64_t factor = model->card.factor;
    char text[96];
    *state = NULL;
    (void)batch;
    if (factor < 1 || out->shape.rank != 4 || out->shape.dim[1] != 1 ||
        out->shape.dim[2] != factor * in->dim[2] || out->shape.dim[3] != factor * in->dim[3])
        return nn_fail(err, NN_EUNSUPPORTED,
                       "training: the output is %s, enlarging by %lld needs (N,1,%lld,%lld)",
                       nn_shape_text(&out->shape, text, sizeof text), (long long)factor,
                       (long long)(factor * in->dim[2]), (long long)(factor * in->dim[3]));
    upscale_state *s = nn_calloc(1, sizeof *s);
    if (!s)
        return nn_fail(err, NN_ENOMEM, "training: no memory");
    *s = (upscale_state){.options = options->upscale,
                         .pixels = nn_tensor_f32(out),
                         .grad = nn_tensor_f32(nn_plan_output_grad(plan, 0)),
                         .count = nn_shape_count(&out->shape)};
    *state = s;
    return NN_OK;
}

static nn_status run_loss(void *state, const nn_batch *batch, float scale, nn_task_value *value,
                          nn_error *err)
{
    const upscale_state *s = state;
    (void)err;
    const nn_upscale_loss_value v =
        nn_upscale_loss(&s->options, s->pixels, batch->enlarged, s->grad, s->count, (double)scale);
    *value = (nn_task_value){.loss = v.loss, .part = {v.square, v.absolute}};
    return NN_OK;
}

// The PSNR of the views, and how many levels of 255 their pixels are off.
static void epoch_values(double out[NN_TASK_PARTS], const nn_task_value *sum, double steps,
                         double pictures)
{
    (void)pictures;
    out[0] = -10 * log10(fmax(sum->part[0] / steps, 1e-12));
    out[1] = 255 * sum->part[1] / steps;
}

// part: mean of squared and of absolute differences.
const nn_train_task nn_train_task_upscale = {
    .evaluator = &nn_evaluator_upscale,
    .network = "neroscale_zoom",
    .defaults = "epochs=60 batch=16 epoch-size=4096 size=48x48 val-split=0.1 lr=0.001 "
                "weight-decay=0 clip=1 ema=0.999 flip-v=0.5 rotate=0.5 scales=0.6:1 "
                "camera=defocus=0.1:0.1,noise=0.2:0.1,jpeg=0.2:0.2",
    .epoch_parts = {"train_psnr", "train_error"},
    .epoch_values = epoch_values,
    .open = open_loss,
    .close = close_loss,
    .run = run_loss,
};
