// SPDX-License-Identifier: MIT
// Frames for a quantiser: the preprocessing of detectors and classifiers, at one input size.
#include "nn/predict/calibration.h"

#include "nn/base/memory.h"
#include "nn/graph/quantized.h"
#include "nn/vision/resize.h"

#include <string.h>

enum { MAX_SIDE = 8192 };

struct nn_calibration {
    nn_quantizer *quantizer;
    nn_pool *pool;
    nn_resizer *resizer;
};

static nn_status find_input(const nn_model *m, const nn_calibration_options *o, nn_shape *input,
                            nn_error *err)
{
    const int h = o->input_h > 0 ? o->input_h : m->card.input_h;
    const int w = o->input_w > 0 ? o->input_w : m->card.input_w;
    if (nn_graph_is_quantized(m->graph))
        return nn_fail(err, NN_EUNSUPPORTED, "the model is quantised already");
    if (nn_graph_input_count(m->graph) != 1)
        return nn_fail(err, NN_EUNSUPPORTED, "the model has %d inputs, not one of pictures",
                       nn_graph_input_count(m->graph));
    if (nn_card_channels(&m->card) != 3)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "the model reads the luma of pictures (task '%s') and cannot be quantised",
                       m->card.task);
    *input = m->fixed_inputs ? m->fixed_inputs[0] : nn_shape_4d(1, 3, h, w);
    if (input->rank != 4 || input->dim[0] != 1 || input->dim[1] != 3 || input->dim[2] < 1 ||
        input->dim[3] < 1 || input->dim[2] > MAX_SIDE || input->dim[3] > MAX_SIDE)
        return nn_fail(err, NN_EUNSUPPORTED, "the model's input is no picture 1x3xHxW");
    return NN_OK;
}

static nn_status prepare(nn_calibration *c, nn_model *model, const nn_calibration_options *o,
                         nn_error *err)
{
    nn_shape input;
    nn_status status = c->pool && c->resizer
                           ? find_input(model, o, &input, err)
                           : nn_fail(err, NN_ENOMEM, "no memory or threads to calibrate");
    if (status != NN_OK) {
        nn_model_free(model);
        return status;
    }
    const nn_quantize_options options = {
        .pool = c->pool,
        .method = o->method,
        .keep_biases = o->keep_biases,
        .reduce_range = o->reduce_range,
    };
    return nn_quantizer_new(&c->quantizer, model, &input, &options, err);
}

nn_status nn_calibration_new(nn_calibration **out, nn_model *model,
                             const nn_calibration_options *options, nn_error *err)
{
    static const nn_calibration_options none = {0};
    const nn_calibration_options *o = options ? options : &none;
    nn_calibration *c = nn_calloc(1, sizeof *c);
    *out = NULL;
    if (!c) {
        nn_model_free(model);
        return nn_fail(err, NN_ENOMEM, "no memory to calibrate");
    }
    c->pool = nn_pool_new(o->threads);
    c->resizer = nn_resizer_new();
    const nn_status status = prepare(c, model, o, err);
    if (status != NN_OK) {
        nn_calibration_free(c);
        return status;
    }
    *out = c;
    return NN_OK;
}

void nn_calibration_free(nn_calibration *c)
{
    if (!c)
        return;
    nn_quantizer_free(c->quantizer);
    nn_resizer_free(c->resizer);
    nn_pool_free(c->pool);
    nn_free(c);
}

// Classifiers see the middle of a frame, detectors all of it.
static nn_letterbox place(const nn_card *card, const nn_frame *f, int w, int h)
{
    const bool whole = nn_card_finds_boxes(card) || strcmp(card->task, "segment") == 0 ||
                       (card->head[0] && strcmp(card->head, "classify") != 0);
    const float crop = card->crop > 0 ? card->crop : NN_LETTERBOX_IMAGENET;
    if (card->stretch)
        return nn_letterbox_stretch(f->width, f->height, w, h);
    return whole ? nn_letterbox_fit(f->width, f->height, w, h)
                 : nn_letterbox_crop(f->width, f->height, w, h, crop);
}

nn_status nn_calibration_frame(nn_calibration *c, const nn_frame *frame, nn_error *err)
{
    const nn_card *card = &nn_quantizer_model(c->quantizer)->card;
    const nn_tensor *input = nn_quantizer_input(c->quantizer, 0);
    nn_status status = nn_frame_check(frame, err);
    if (status != NN_OK)
        return status;
    const nn_letterbox letterbox =
        place(card, frame, (int)input->shape.dim[3], (int)input->shape.dim[2]);
    status = nn_preprocess(c->resizer, frame, &letterbox, card->mean, card->std, input, c->pool,
                           nn_kernels_best(), err);
    if (status == NN_OK && card->bgr)
        nn_swap_red_and_blue(input);
    return status == NN_OK ? nn_quantizer_observe(c->quantizer, err) : status;
}

nn_quantizer *nn_calibration_quantizer(nn_calibration *c)
{
    return c->quantizer;
}
