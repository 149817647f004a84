// SPDX-License-Identifier: MIT
// Sees a picture: prepares it, runs the network, keeps the values and decodes what was found.
#include "nn/explain/explain_internal.h"

#include "nn/predict/card_nms.h"
#include "nn/predict/input_size.h"
#include "nn/vision/scores.h"

#include <math.h>
#include <string.h>

enum { BEST_CLASSES = 5, MOST_BOXES = 100 };

// Classifiers see the middle of the frame and detectors all of it, as when they predict.
static nn_letterbox place(const nn_explainer *e, const nn_frame *frame, int w, int h)
{
    const nn_card *card = &e->model->card;
    if (card->stretch)
        return nn_letterbox_stretch(frame->width, frame->height, w, h);
    if (e->decoder && e->decoder->whole_frame)
        return nn_letterbox_crop(frame->width, frame->height, w, h,
                                 card->crop > 0 ? card->crop : NN_LETTERBOX_IMAGENET);
    return nn_letterbox_fit(frame->width, frame->height, w, h);
}

// The best classes, as boxes around the frame.
static nn_status put_classes(nn_explainer *e, nn_error *err)
{
    const float *x = nn_tensor_f32(nn_plan_output(e->plan, 0));
    int best[BEST_CLASSES];
    const int n = nn_scores_best(x, e->classes, best, BEST_CLASSES);
    double sum = 0;
    nn_status status = nn_result_reserve(&e->result, n);
    if (status != NN_OK)
        return nn_fail(err, status, "no memory for the classes");
    const bool sigmoid = e->model->card.sigmoid;
    const bool ready = !sigmoid && nn_scores_are_probabilities(x, e->classes);
    for (int i = 0; i < e->classes && !ready && !sigmoid; i++)
        sum += exp((double)x[i] - (double)x[best[0]]);
    for (int i = 0; i < n; i++) {
        const double v = (double)x[best[i]];
        const double p = ready     ? v
                         : sigmoid ? 1 / (1 + exp(-v))
                                   : exp(v - (double)x[best[0]]) / sum;
        e->result.boxes[e->result.count++] = (nn_box){.x1 = (float)e->letterbox.frame_w,
                                                      .y1 = (float)e->letterbox.frame_h,
                                                      .score = (float)p,
                                                      .label = best[i]};
    }
    return NN_OK;
}

static nn_status decode(nn_explainer *e, nn_error *err)
{
    const nn_card *card = &e->model->card;
    nn_result *r = &e->result;
    r->count = 0;
    r->map.width = r->map.height = 0;
    r->frame_width = e->letterbox.frame_w;
    r->frame_height = e->letterbox.frame_h;
    r->input_width = e->plan_w;
    r->input_height = e->plan_h;
    r->source_pts = UINT64_MAX;
    if (!e->decoder)
        return NN_OK;
    if (e->decoder->whole_frame)
        return put_classes(e, err);
    const nn_decode_options o = {.threshold = e->threshold, .classes = e->classes};
    if (e->decoder->paint)
        return e->decoder->paint(e->decoder, e->output, e->output_count, 0, &e->letterbox, &o,
                                 &r->map) == NN_OK
                   ? NN_OK
                   : nn_fail(err, NN_ENOMEM, "no memory for the map of classes");
    nn_candidates_clear(e->candidates);
    e->decoder->decode(e->decoder, e->output, e->output_count, 0, &e->letterbox, &o, e->candidates);
    if (e->own_thresholds && card->class_thresholds)
        nn_candidates_filter(e->candidates, card->class_thresholds, card->label_count);
    const nn_decode_sample sample = {e->decoder, e->output,     e->output_count, 0,
                                     e->classes, &e->letterbox, o.threshold};
    const nn_nms_options nms = nn_card_nms(card, MOST_BOXES);
    if (nn_decode_finish(&sample, e->candidates, &nms, r) != NN_OK)
        return nn_fail(err, NN_ENOMEM, "no memory for the boxes");
    int kept = 0; // rivals are never shown
    for (int i = 0; i < r->count; i++)
        if (r->boxes[i].label < card->label_count)
            r->boxes[kept++] = r->boxes[i];
    r->count = kept;
    return NN_OK;
}

nn_status nn_explainer_rerun(nn_explainer *e, nn_error *err)
{
    nn_plan_run(e->plan);
    return decode(e, err);
}

nn_status nn_explainer_place(const nn_explainer *e, const nn_frame *frame, nn_letterbox *at,
                             nn_error *err)
{
    int h = e->input_h, w = e->input_w;
    const nn_status status = nn_frame_check(frame, err);
    if (status != NN_OK)
        return status;
    if (!e->rigid && h % 32 == 0 && w % 32 == 0)
        nn_input_trim(e->model, frame, &h, &w);
    *at = place(e, frame, w, h);
    return NN_OK;
}

nn_status nn_explainer_see(nn_explainer *e, const nn_frame *frame, nn_error *err)
{
    const nn_card *card = &e->model->card;
    nn_letterbox at;
    nn_status status = nn_explainer_place(e, frame, &at, err);
    if (status == NN_OK)
        status = nn_explainer_plan(e, at.input_h, at.input_w, err);
    if (status != NN_OK)
        return status;
    e->seen = false;
    e->letterbox = at;
    const nn_tensor *input = nn_plan_input(e->plan, 0);
    const size_t count = (size_t)nn_shape_count(&input->shape);
    status = nn_floats_need(&e->picture, count, err);
    if (status == NN_OK)
        status = nn_preprocess(e->resizer, frame, &e->letterbox, card->mean, card->std, input,
                               e->pool, nn_kernels_best(), err);
    if (status != NN_OK)
        return status;
    if (card->bgr)
        nn_swap_red_and_blue(input);
    memcpy(e->picture.data, nn_tensor_f32(input), count * sizeof(float));
    status = nn_explainer_rerun(e, err);
    e->seen = status == NN_OK;
    return status;
}

const nn_tensor *nn_explainer_values(const nn_explainer *e, int layer)
{
    if (layer < 0)
        return nn_plan_input(e->plan, 0);
    return layer < e->layer_count ? nn_plan_value(e->plan, e->layers[layer]) : NULL;
}

const nn_result *nn_explainer_result(const nn_explainer *e)
{
    return &e->result;
}

nn_letterbox nn_explainer_letterbox(const nn_explainer *e)
{
    return e->letterbox;
}
