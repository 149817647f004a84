// SPDX-License-Identifier: MIT
// Evaluation of segmentation: how well maps agree with masks.
#include "nn/eval/evaluate_detect.h"

#include "nn/base/memory.h"
#include "nn/eval/mask_metrics.h"
#include "nn/predict/detector.h"
#include "nn/vision/decode/decode.h"

#include <math.h>

static bool suits(const nn_card *card)
{
    const nn_decoder *decoder = nn_decoder_of(card->head, card->task);
    return decoder && decoder->paint;
}

static nn_status open_model(nn_evaluation *e, nn_model *model, const char *name, nn_error *err)
{
    return nn_evaluation_open_detector(e, model, name, nn_detector_open, err);
}

static nn_status begin(nn_evaluation *e, const nn_dataset *data, nn_error *err)
{
    (void)data;
    e->metrics = nn_mask_metrics_new(e->card->label_count);
    return e->metrics ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for scores");
}

static nn_status run(nn_evaluation *e, nn_scored_picture *p, nn_error *err)
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

static nn_status score(const nn_evaluation *e, nn_score *out, nn_error *err)
{
    (void)err;
    const nn_mask_summary s = nn_mask_metrics_summary(e->metrics);
    *out = (nn_score){.worth = isfinite(s.miou) ? s.miou : 0,
                      .chance = find_chance(e->metrics),
                      .value = {s.miou, s.pixel_accuracy}};
    return NN_OK;
}

static void release(nn_evaluation *e)
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
    .begin = begin,
    .run = run,
    .score = score,
    .close = release,
};
