// SPDX-License-Identifier: MIT
// How detectors are opened to be scored.
#include "nn/eval/evaluate_detect.h"

#include "nn/base/memory.h"

#define SCORE_THRESHOLD 0.01f
enum { SCORE_DETECTIONS = 300 };

nn_status nn_detector_open_to_score(nn_detector **d, const char *model,
                                    const nn_detector_options *options, nn_error *err)
{
    nn_detector_options o = *options;
    o.threshold = SCORE_THRESHOLD;
    o.max_detections = SCORE_DETECTIONS;
    return nn_detector_open(d, model, &o, err);
}

nn_status nn_evaluation_open_detector(nn_evaluation *e, nn_model *model, const char *name,
                                      nn_status (*open)(nn_detector **d, const char *model,
                                                        const nn_detector_options *options,
                                                        nn_error *err),
                                      nn_error *err)
{
    const nn_evaluation_options *o = &e->options;
    const nn_detector_options options = {.threshold = -1,
                                         .iou_threshold = o->iou_threshold,
                                         .agnostic_nms = o->agnostic_nms,
                                         .threads = o->threads,
                                         .head = o->head,
                                         .labels = o->labels,
                                         .all_int8 = o->all_int8,
                                         .input_h = o->input_h,
                                         .input_w = o->input_w,
                                         .precision = o->precision,
                                         .tail_limits = o->tail_limits};
    nn_detector *d;
    nn_model_free(model); // the loader of detectors guesses heads and explains failures itself
    const nn_status status = open(&d, name, &options, err);
    if (status != NN_OK)
        return status;
    e->model = d;
    e->card = nn_detector_card(d);
    e->path = nn_strdup(nn_detector_path(d));
    return e->path ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for scores");
}
