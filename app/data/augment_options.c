// SPDX-License-Identifier: MIT
// Options of random views: a preset and changes to it.
#include "app/data/augment_options.h"

nn_status app_augment_options_take(app_options *o, nn_augment_options *to, nn_data_kind kind,
                                   nn_error *err)
{
    const nn_option *row = nn_option_find(o->rows, "augment");
    const char *preset = o->text[row - o->rows];
    nn_status status =
        preset ? nn_augment_preset(to, preset, nn_data_kind_facts(kind)->whole, err) : NN_OK;
    if (status == NN_OK && preset && kind == NN_DATA_CAPTIONS)
        nn_augment_keep_captions_true(to);
    if (status == NN_OK)
        status = app_options_take(o, err);
    return status == NN_OK ? nn_augment_check(to, err) : status;
}

void app_augment_set_enough(nn_dataset *d, const app_data_options *sources,
                            const nn_augment_options *o, int h, int w)
{
    nn_augment_options largest = *o;
    if (nn_data_kind_facts(sources->kind)->full_size)
        return;
    largest.fit_h = h;
    largest.fit_w = w;
    for (int i = 0; i < sources->count; i++)
        largest.scale[1] = MAX(largest.scale[1], sources->list[i].options.scale[1]);
    nn_augment_enough(&largest, nn_data_kind_facts(sources->kind)->whole, h, w, &d->enough_h,
                      &d->enough_w);
}
