// SPDX-License-Identifier: MIT
// The predictor: wraps a detector, or a classifier whose best classes become boxes around the
// frame.
#include "nn/api/predictor.h"

#include "nn/api/scores.h"
#include "nn/base/clock.h"
#include "nn/base/memory.h"
#include "nn/io/io.h"
#include "nn/predict/classifier.h"
#include "nn/predict/detector.h"
#include "nn/predict/load_model.h"
#include "nn/vision/decode/decode.h"

enum { BOXES = 100 };

struct nn_predictor {
    nn_detector *detector;     // set for detection and segmentation
    nn_classifier *classifier; // set for classification
    float *probabilities;      // of all classes of the classifier
    float threshold;           // score that a class of the classifier must reach
    int max_classes;
    nn_vision_task task;
};

void nn_predictor_options_init(nn_predictor_options *options)
{
    *options = (nn_predictor_options){.threads = nn_all_threads(),
                                      .threshold = NN_FROM_MODEL,
                                      .iou_threshold = NN_FROM_MODEL,
                                      .max_detections = BOXES,
                                      .input_width = NN_FROM_MODEL,
                                      .input_height = NN_FROM_MODEL};
}

static bool is_part(float value)
{
    return value == (float)NN_FROM_MODEL || (value >= 0 && value <= 1);
}

static nn_status check_options(const nn_predictor_options *o, nn_error *err)
{
    const nn_status status = nn_check_threads(o->threads, err);
    if (status != NN_OK)
        return status;
    if (!is_part(o->threshold) || !is_part(o->iou_threshold))
        return nn_fail(err, NN_EINVAL, "thresholds are %g and %g; they must be 0 to 1",
                       (double)o->threshold, (double)o->iou_threshold);
    if (o->max_detections < 1)
        return nn_fail(err, NN_EINVAL, "max_detections is %d; it must be at least 1",
                       o->max_detections);
    if (o->input_width == 0 || o->input_height == 0 || o->input_width < NN_FROM_MODEL ||
        o->input_height < NN_FROM_MODEL)
        return nn_fail(err, NN_EINVAL, "an input of %dx%d pixels", o->input_width, o->input_height);
    return NN_OK;
}

static int size_of(int side)
{
    return side == NN_FROM_MODEL ? 0 : side;
}

static const nn_decoder *decoder_of(const nn_card *card)
{
    return nn_decoder_of(card->head, card->task);
}

static nn_status open_classifier(nn_predictor *p, nn_model *model, const nn_predictor_options *o,
                                 nn_error *err)
{
    const nn_classifier_options options = {.threads = o->threads,
                                           .input_h = size_of(o->input_height),
                                           .input_w = size_of(o->input_width)};
    p->task = NN_TASK_CLASSIFY;
    p->threshold = o->threshold == (float)NN_FROM_MODEL ? 0 : o->threshold;
    p->max_classes = o->max_detections;
    nn_status status = nn_classifier_new(&p->classifier, model, &options, err);
    if (status != NN_OK)
        return status;
    p->probabilities =
        nn_calloc((size_t)nn_classifier_classes(p->classifier), sizeof *p->probabilities);
    return p->probabilities ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for a classifier");
}

static nn_status open_detector(nn_predictor *p, nn_model *model, const char *path,
                               const nn_predictor_options *o, nn_error *err)
{
    const nn_detector_options options = {.threads = o->threads,
                                         .threshold = o->threshold,
                                         .iou_threshold = o->iou_threshold,
                                         .max_detections = o->max_detections,
                                         .agnostic_nms = o->agnostic_nms,
                                         .input_h = size_of(o->input_height),
                                         .input_w = size_of(o->input_width)};
    const nn_status status = nn_detector_new(&p->detector, model, path, &options, err);
    if (status == NN_OK) {
        const nn_decoder *decoder = decoder_of(nn_detector_card(p->detector));
        p->task = decoder && decoder->paint ? NN_TASK_SEGMENT : NN_TASK_DETECT;
    }
    return status;
}

static nn_status open_model(nn_predictor *p, const char *name, const nn_predictor_options *o,
                            nn_error *err)
{
    const nn_model_hints hints = {.head = o->head,
                                  .labels = o->labels,
                                  .input_h = size_of(o->input_height),
                                  .input_w = size_of(o->input_width),
                                  .tail = true};
    char path[4096];
    nn_model *model = NULL;
    nn_status status = nn_model_find(name, path, sizeof path, err);
    if (status == NN_OK)
        status = nn_model_load_with(&model, path, &hints, err);
    if (status != NN_OK)
        return status;
    const nn_decoder *decoder = decoder_of(&model->card);
    if (!decoder || !decoder->whole_frame)
        return open_detector(p, model, path, o, err);
    status = open_classifier(p, model, o, err);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "%s", path);
}

nn_status nn_predictor_open(nn_predictor **out, const char *model,
                            const nn_predictor_options *options, nn_error *err)
{
    nn_predictor_options defaults;
    *out = NULL;
    nn_predictor_options_init(&defaults);
    options = options ? options : &defaults;
    nn_status status = check_options(options, err);
    if (status != NN_OK)
        return status;
    nn_predictor *p = nn_calloc(1, sizeof *p);
    if (!p)
        return nn_fail(err, NN_ENOMEM, "no memory for a predictor");
    status = open_model(p, model, options, err);
    if (status != NN_OK) {
        nn_predictor_free(p);
        return status;
    }
    *out = p;
    return NN_OK;
}

void nn_predictor_free(nn_predictor *p)
{
    if (!p)
        return;
    nn_detector_free(p->detector);
    nn_classifier_free(p->classifier);
    nn_free(p->probabilities);
    nn_free(p);
}

// Index of the best class that was not taken yet; -1 when none reaches the threshold. Classes that
// were taken have a negative probability.
static int best_left(nn_predictor *p, float *score)
{
    const int n = nn_classifier_classes(p->classifier);
    int best = -1;
    for (int i = 0; i < n; i++)
        if (p->probabilities[i] >= p->threshold &&
            (best < 0 || p->probabilities[i] > p->probabilities[best]))
            best = i;
    if (best >= 0) {
        *score = p->probabilities[best];
        p->probabilities[best] = -1;
    }
    return best;
}

static nn_status classify(nn_predictor *p, const nn_frame *frame, nn_result *result, nn_error *err)
{
    const double start = 1e3 * nn_clock_seconds();
    const int classes = nn_classifier_classes(p->classifier);
    const int most = p->max_classes < classes ? p->max_classes : classes;
    nn_status status = nn_frame_check(frame, err);
    result->count = 0;
    result->map.width = result->map.height = 0;
    if (status == NN_OK && nn_result_reserve(result, most) != NN_OK)
        status = nn_fail(err, NN_ENOMEM, "no memory for the classes");
    if (status == NN_OK)
        status = nn_classifier_run(p->classifier, frame, p->probabilities, err);
    if (status != NN_OK)
        return status;
    float score;
    for (int label; result->count < most && (label = best_left(p, &score)) >= 0;)
        result->boxes[result->count++] = (nn_box){
            .x1 = (float)frame->width, .y1 = (float)frame->height, .score = score, .label = label};
    nn_classifier_input(p->classifier, &result->input_width, &result->input_height);
    result->frame_width = frame->width;
    result->frame_height = frame->height;
    result->age_ms = 0;
    result->source_pts = UINT64_MAX;
    result->infer_ms = (float)(1e3 * nn_clock_seconds() - start);
    return NN_OK;
}

nn_status nn_predictor_run(nn_predictor *p, const nn_frame *frame, nn_result *result, nn_error *err)
{
    return p->detector ? nn_detector_run(p->detector, frame, result, err)
                       : classify(p, frame, result, err);
}

nn_vision_task nn_predictor_task(const nn_predictor *p)
{
    return p->task;
}

static const nn_card *card_of(const nn_predictor *p)
{
    return p->detector ? nn_detector_card(p->detector) : nn_classifier_card(p->classifier);
}

int nn_predictor_class_count(const nn_predictor *p)
{
    return card_of(p)->label_count;
}

const char *nn_predictor_class_name(const nn_predictor *p, int label)
{
    const nn_card *card = card_of(p);
    return label >= 0 && label < card->label_count ? card->labels[label] : NULL;
}
