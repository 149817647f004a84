// SPDX-License-Identifier: MIT
// Opens the classifier of an evaluation.
#include "nn/train/task/classifier_model.h"

#include "nn/base/memory.h"
#include "nn/predict/classifier.h"
#include "nn/predict/load_model.h"

nn_status nn_classifier_model_open(nn_evaluation *e, nn_model *model, const char *name,
                                   bool features, nn_error *err)
{
    const nn_classifier_options options = {.threads = e->options.threads,
                                           .input_h = e->options.input_h,
                                           .input_w = e->options.input_w,
                                           .crop = e->options.crop,
                                           .precision = e->options.precision,
                                           .features = features};
    nn_classifier *c;
    nn_status status = model ? NN_OK : nn_model_load(&model, name, err);
    if (status != NN_OK)
        return status; // names the file
    status = nn_classifier_new(&c, model, &options, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "%s", name);
    e->model = c;
    e->card = nn_classifier_card(c);
    e->path = nn_strdup(name);
    e->probabilities = nn_alloc((size_t)nn_classifier_classes(c) * sizeof *e->probabilities);
    return e->path && e->probabilities ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for scores");
}
