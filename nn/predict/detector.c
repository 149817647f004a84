// SPDX-License-Identifier: MIT
// The detector: loads and fuses a model, plans it for the shape of the frames, runs and decodes.
#include "nn/predict/detector.h"

#include "nn/base/clock.h"
#include "nn/base/memory.h"
#include "nn/graph/plan.h"
#include "nn/graph/tune.h"
#include "nn/io/io.h"
#include "nn/io/tuning_cache.h"
#include "nn/ops/ops.h"
#include "nn/predict/graph_card.h"
#include "nn/predict/load_model.h"
#include "nn/vision/decode/decode.h"
#include "nn/vision/resize.h"

#include <string.h>

enum { MAX_OUTPUTS = 16, DEFAULT_DETECTIONS = 100, SIDE_STEP = 32, MAX_SIDE = 8192 };
// input sizes that keep a plan each, so that frames of several shapes may take turns
enum { PLANS = 3 };

typedef struct sized_plan {
    nn_plan *plan;
    int h, w; // of its input
} sized_plan;

struct nn_detector {
    nn_model *model;         // fused
    nn_tuning_cache *tuning; // may be NULL
    char *path;
    nn_pool *pool;
    sized_plan plans[PLANS]; // most recently used first; the rest NULL
    int input_h, input_w;    // largest input: the card's or the caller's
    const nn_decoder *decoder;
    bool rigid; // the input is always input_h x input_w
    nn_head_output output[MAX_OUTPUTS];
    int output_count, classes;
    nn_resizer *resizer;
    nn_candidates *candidates;
    bool *label_mask; // of all classes; NULL: all
    float threshold, iou_threshold;
    int max_detections;
};

// Points the decoder at the outputs of the first plan.
static void read_outputs(nn_detector *d)
{
    for (int i = 0; i < d->output_count; i++) {
        d->output[i].name = nn_graph_output_name(d->model->graph, i);
        d->output[i].tensor = *nn_plan_output(d->plans[0].plan, i);
        d->output[i].anchors = &d->model->card.anchors;
    }
}

static void put_first(nn_detector *d, int i)
{
    const sized_plan chosen = d->plans[i];
    memmove(d->plans + 1, d->plans, (size_t)i * sizeof(chosen));
    d->plans[0] = chosen;
}

static nn_status check_outputs(nn_detector *d, int h, int w, nn_error *err)
{
    nn_status status =
        d->decoder->check(d->decoder, d->output, d->output_count, h, w, d->classes, err);
    if (status == NN_OK && d->classes == 0) { // a classifier without labels
        d->classes = d->decoder->classes(d->decoder, d->output, d->output_count, h, w);
        status = nn_card_number_labels(&d->model->card, d->classes, err);
    }
    return status;
}

// Moves the plan for an input size to the front. A new plan replaces the least recently used one,
// and the decoder checks its outputs.
static nn_status choose_plan(nn_detector *d, int h, int w, nn_error *err)
{
    for (int i = 0; i < PLANS && d->plans[i].plan; i++)
        if (d->plans[i].h == h && d->plans[i].w == w) {
            put_first(d, i);
            read_outputs(d);
            return NN_OK;
        }
    nn_shape shape = nn_shape_4d(1, 3, h, w);
    nn_plan_options options = {.pool = d->pool, .compiled = true, .half = d->model->half};
    if (d->tuning && nn_tuning_cache_suit(d->tuning, &shape, &options))
        options.tuning = d->tuning;
    sized_plan *last = &d->plans[PLANS - 1];
    nn_plan_free(last->plan);
    *last = (sized_plan){.h = h, .w = w};
    nn_status status = nn_plan_new(&last->plan, d->model, &shape, 1, &options, err);
    if (status != NN_OK)
        return status;
    put_first(d, PLANS - 1);
    read_outputs(d);
    status = check_outputs(d, h, w, err);
    if (status != NN_OK) {
        nn_plan_free(d->plans[0].plan);
        memmove(d->plans, d->plans + 1, (PLANS - 1) * sizeof(*d->plans));
        d->plans[PLANS - 1].plan = NULL;
    }
    return status;
}

static nn_status refuse_head(const nn_model *m, nn_error *err)
{
    if (!m->card.network[0] && !m->card.head[0])
        return nn_graph_card_refuse(m, err);
    return nn_decoder_unknown(m->card.head, err);
}

// Checks what the card says, before a plan is made.
static nn_status check_model(nn_detector *d, nn_error *err)
{
    const nn_card *card = &d->model->card;
    const nn_graph *g = d->model->graph;
    d->decoder = nn_decoder_of(card->head, card->task);
    if (!d->decoder)
        return refuse_head(d->model, err);
    d->rigid = d->model->fixed_inputs || card->stretch || d->decoder->whole_frame;
    d->output_count = nn_graph_output_count(g);
    if (nn_graph_input_count(g) != 1 || d->output_count > MAX_OUTPUTS)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "%d inputs and %d outputs; a detector has 1 and at most %d",
                       nn_graph_input_count(g), d->output_count, MAX_OUTPUTS);
    if (card->label_count < 1 && !d->decoder->whole_frame)
        return nn_fail(err, NN_EFORMAT, "the card has no labels");
    d->classes = nn_card_classes(card);
    return NN_OK;
}

// A model for one fixed input size gets that size, whatever the frame.
static nn_status check_fixed_input(const nn_detector *d, nn_error *err)
{
    const nn_shape want = nn_shape_4d(1, 3, d->input_h, d->input_w);
    char text[96];
    if (nn_shape_equal(d->model->fixed_inputs, &want))
        return NN_OK;
    return nn_fail(err, NN_EINVAL, "an input of %dx%d is not possible: this model accepts %s only",
                   d->input_w, d->input_h,
                   nn_shape_text(d->model->fixed_inputs, text, sizeof text));
}

static nn_status check_input_size(int h, int w, int step, nn_error *err)
{
    if (h < step || w < step || h > MAX_SIDE || w > MAX_SIDE || h % step || w % step)
        return nn_fail(err, NN_EINVAL, "input size %dx%d: both must be multiples of %d up to %d", w,
                       h, step, MAX_SIDE);
    return NN_OK;
}

static nn_status take_model(nn_detector *d, nn_error *err)
{
    nn_status status = nn_model_fuse(&d->model, 0, err);
    if (status == NN_OK)
        status = nn_tuning_cache_load_for(&d->tuning, d->path, err);
    if (status == NN_OK)
        status = check_model(d, err);
    return status == NN_OK ? status : nn_fail_prefix(err, status, "%s", d->path);
}

static nn_status prepare(nn_detector *d, const nn_detector_options *o, nn_error *err)
{
    const nn_card *card = &d->model->card;
    const int step = d->decoder->whole_frame ? 1 : SIDE_STEP; // only detectors are trimmed
    d->input_h = o->input_h > 0 ? o->input_h : card->input_h;
    d->input_w = o->input_w > 0 ? o->input_w : card->input_w;
    nn_status status = d->model->fixed_inputs ? check_fixed_input(d, err)
                                              : check_input_size(d->input_h, d->input_w, step, err);
    d->pool = nn_pool_new(o->threads);
    d->resizer = nn_resizer_new();
    d->candidates = nn_candidates_new();
    if (status == NN_OK && (!d->pool || !d->resizer || !d->candidates))
        status = nn_fail(err, NN_ENOMEM, "no memory or threads for a detector");
    // Makes the first plan now, so that a model that does not fit is refused when it is opened and
    // not at the first frame.
    if (status == NN_OK)
        status = choose_plan(d, d->input_h, d->input_w, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "%s", d->path);
    nn_detector_set_thresholds(d, o->threshold, o->iou_threshold, o->max_detections);
    if (nn_detector_set_labels(d, NULL) != NN_OK)
        return nn_fail(err, NN_ENOMEM, "no memory for a detector");
    return NN_OK;
}

nn_status nn_detector_new(nn_detector **out, nn_model *model, const char *path,
                          const nn_detector_options *options, nn_error *err)
{
    nn_status status = NN_OK;
    *out = NULL;
    nn_detector *d = nn_calloc(1, sizeof(*d));
    if (!d || !(d->path = nn_strdup(path))) {
        nn_free(d);
        nn_model_free(model);
        return nn_fail(err, NN_ENOMEM, "no memory for a detector");
    }
    d->model = model;
    status = take_model(d, err);
    if (status == NN_OK)
        status = prepare(d, options, err);
    if (status != NN_OK) {
        nn_detector_free(d);
        return status;
    }
    *out = d;
    return NN_OK;
}

nn_status nn_detector_open(nn_detector **out, const char *model, const nn_detector_options *options,
                           nn_error *err)
{
    static const nn_detector_options defaults = {.threshold = -1, .iou_threshold = -1};
    char path[4096];
    nn_model *m = NULL;
    *out = NULL;
    options = options ? options : &defaults;
    const nn_model_hints hints = {.head = options->head,
                                  .labels = options->labels,
                                  .input_h = options->input_h,
                                  .input_w = options->input_w};
    nn_status status = nn_model_find(model, path, sizeof(path), err);
    if (status == NN_OK)
        status = nn_model_load_with(&m, path, &hints, err); // names the file
    return status == NN_OK ? nn_detector_new(out, m, path, options, err) : status;
}

void nn_detector_free(nn_detector *d)
{
    if (!d)
        return;
    for (int i = 0; i < PLANS; i++)
        nn_plan_free(d->plans[i].plan);
    nn_model_free(d->model);
    nn_tuning_cache_free(d->tuning);
    nn_resizer_free(d->resizer);
    nn_candidates_free(d->candidates);
    nn_pool_free(d->pool);
    nn_free(d->label_mask);
    nn_free(d->path);
    nn_free(d);
}

const nn_card *nn_detector_card(const nn_detector *d)
{
    return &d->model->card;
}

const char *nn_detector_path(const nn_detector *d)
{
    return d->path;
}

int nn_detector_untuned(const nn_detector *d)
{
    return nn_plan_untuned(d->plans[0].plan);
}

void nn_detector_set_thresholds(nn_detector *d, float threshold, float iou_threshold,
                                int max_detections)
{
    const nn_card *card = &d->model->card;
    d->threshold = threshold >= 0 ? threshold : card->threshold;
    d->iou_threshold = iou_threshold >= 0 ? iou_threshold : card->iou_threshold;
    d->max_detections = max_detections > 0 ? max_detections : DEFAULT_DETECTIONS;
}

nn_status nn_detector_set_labels(nn_detector *d, const bool *label_mask)
{
    const nn_card *card = &d->model->card;
    bool *copy = NULL;
    if (label_mask || card->rival_count > 0) {
        copy = nn_calloc((size_t)d->classes, sizeof(*copy)); // rivals stay out
        if (!copy)
            return NN_ENOMEM;
        for (int i = 0; i < card->label_count; i++)
            copy[i] = !label_mask || label_mask[i];
    }
    nn_free(d->label_mask);
    d->label_mask = copy;
    return NN_OK;
}

// Sum of the sides of all kernels that depend on the input size. Two sizes with equal sums give the
// same network.
static int64_t kernel_sides(const nn_graph *g, int h, int w)
{
    int64_t sum = 0;
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        nn_node_info node = nn_graph_node_at(g, i);
        nn_shape in[4], out;
        if (node.op != &nn_op_elastic_kernel || node.n_in != 4)
            continue;
        for (int k = 0; k < 3; k++) {
            const nn_shape *shape = nn_graph_value(g, node.in[k]).shape;
            in[k] = shape ? *shape : nn_shape_1d(0);
        }
        in[3] = nn_shape_4d(1, 3, h, w);
        if (node.op->shape(node.params, in, 4, &out, NULL) == NN_OK)
            sum += out.dim[3];
    }
    return sum;
}

// The input size for frames of this shape. It is trimmed where most of the letterbox would be
// padding, but only as long as the network keeps its kernels; others would change what it sees.
static void choose_input(const nn_detector *d, const nn_frame *frame, int *h, int *w)
{
    const nn_graph *g = d->model->graph;
    *h = d->input_h;
    *w = d->input_w;
    if (d->rigid)
        return;
    if (d->model->card.reshape)
        nn_letterbox_reshape(frame->width, frame->height, w, h);
    else
        nn_letterbox_trim(frame->width, frame->height, w, h);
    if (*h == d->input_h && *w == d->input_w)
        return;
    const int64_t sides = kernel_sides(g, d->input_h, d->input_w);
    while (kernel_sides(g, *h, *w) != sides) {
        if (*h < d->input_h && (*h <= *w || *w >= d->input_w))
            *h += SIDE_STEP;
        else if (*w < d->input_w)
            *w += SIDE_STEP;
        else
            break;
    }
}

// Classifiers see the middle of the frame, as in their training, without bars around it.
static nn_letterbox place_frame(const nn_detector *d, const nn_frame *frame, int w, int h)
{
    if (d->model->card.stretch)
        return nn_letterbox_stretch(frame->width, frame->height, w, h);
    return d->decoder->whole_frame ? nn_letterbox_cover(frame->width, frame->height, w, h)
                                   : nn_letterbox_fit(frame->width, frame->height, w, h);
}

static nn_status find_things(nn_detector *d, const nn_frame *frame, nn_result *result,
                             nn_error *err)
{
    const nn_card *card = &d->model->card;
    int h, w;
    choose_input(d, frame, &h, &w);
    nn_status status = choose_plan(d, h, w, err);
    if (status != NN_OK)
        return status;
    nn_plan *plan = d->plans[0].plan;
    const nn_letterbox letterbox = place_frame(d, frame, w, h);
    status = nn_preprocess(d->resizer, frame, &letterbox, card->mean, card->std,
                           nn_plan_input(plan, 0), d->pool, nn_kernels_best(), err);
    if (status != NN_OK)
        return status;
    if (card->bgr)
        nn_swap_red_and_blue(nn_plan_input(plan, 0));
    nn_plan_run(plan);
    const nn_decode_options options = {
        .threshold = d->threshold, .classes = d->classes, .label_mask = d->label_mask};
    if (d->decoder->paint)
        return d->decoder->paint(d->decoder, d->output, d->output_count, 0, &letterbox, &options,
                                 &result->map) == NN_OK
                   ? NN_OK
                   : nn_fail(err, NN_ENOMEM, "no memory for the map of classes");
    nn_candidates_clear(d->candidates);
    d->decoder->decode(d->decoder, d->output, d->output_count, 0, &letterbox, &options,
                       d->candidates);
    int most = d->max_detections < NN_NMS_CANDIDATES ? d->max_detections : NN_NMS_CANDIDATES;
    if (nn_result_reserve(result, most) != NN_OK || // once for all frames
        nn_nms(d->candidates, d->iou_threshold, d->max_detections, result) != NN_OK)
        return nn_fail(err, NN_ENOMEM, "no memory for the boxes");
    return NN_OK;
}

nn_status nn_detector_run(nn_detector *d, const nn_frame *frame, nn_result *result, nn_error *err)
{
    const double start = 1e3 * nn_clock_seconds();
    result->count = 0;
    result->map.width = result->map.height = 0;
    nn_status status = nn_frame_check(frame, err);
    if (status == NN_OK)
        status = find_things(d, frame, result, err);
    if (status != NN_OK)
        return status;
    result->frame_width = frame->width;
    result->frame_height = frame->height;
    result->input_width = d->plans[0].w;
    result->input_height = d->plans[0].h;
    result->age_ms = 0;
    result->source_pts = UINT64_MAX;
    result->infer_ms = (float)(1e3 * nn_clock_seconds() - start);
    return NN_OK;
}
