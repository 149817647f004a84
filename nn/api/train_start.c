// SPDX-License-Identifier: MIT
// Takes first weights from a file, and reads the options of random views.
#include "nn/api/train_start.h"

#include "nn/base/memory.h"
#include "nn/base/option.h"
#include "nn/io/params.h"
#include "nn/predict/start_weights.h"

#include <string.h>

static int count_fitting(const nn_model *m, const nn_bundle *b)
{
    const nn_params_source source = nn_params_source_of(m->graph, b);
    int fitting = 0;
    for (int i = 0; i < nn_graph_param_count(m->graph); i++) {
        const nn_value_info p = nn_graph_value(m->graph, nn_graph_param_at(m->graph, i));
        const nn_tensor *t = nn_params_find(&source, p.name);
        fitting += t && nn_shape_equal(&t->shape, p.shape);
    }
    return fitting;
}

nn_status nn_train_take_weights(nn_model *m, const char *name, nn_error *err)
{
    nn_start_weights w;
    nn_status status = nn_start_weights_load(&w, name, err);
    if (status == NN_OK && count_fitting(m, &w.bundle) == 0)
        status = nn_fail(err, NN_ENOTFOUND, "%s: none of its %d tensors fits %s", name,
                         w.bundle.count, m->card.network);
    if (status == NN_OK) {
        nn_model_take_params(m, &w.bundle);
        nn_start_weights_preprocessing(&w, &m->card);
    }
    nn_start_weights_release(&w);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "init");
}

static nn_status set_option(nn_augment_options *o, char *word, nn_error *err)
{
    char *value = strchr(word, '=');
    if (value)
        *value++ = '\0';
    const nn_option *option = nn_option_find(nn_augment_option_rows(), word);
    if (!option || !value)
        return nn_fail(err, NN_EINVAL, "augment_options: '%.40s' is not an option with a value",
                       word);
    return nn_option_read(option, o, value, err);
}

nn_status nn_train_set_views(nn_augment_options *o, const char *set, const char *options,
                             bool for_classifier, nn_error *err)
{
    nn_status status = set ? nn_augment_preset(o, set, for_classifier, err) : NN_OK;
    char *copy = nn_strdup(options ? options : ""), *rest = NULL;
    if (!copy)
        return nn_fail(err, NN_ENOMEM, "no memory for options");
    for (char *word = strtok_r(copy, " ", &rest); word && status == NN_OK;
         word = strtok_r(NULL, " ", &rest))
        status = set_option(o, word, err);
    nn_free(copy);
    return status == NN_OK ? nn_augment_check(o, err) : status;
}
