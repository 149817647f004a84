// SPDX-License-Identifier: MIT
// The formats that models are written in.
#include "nn/io/save_format.h"

#include "nn/io/io.h"
#include "nn/io/keras/hdf5.h"
#include "nn/io/onnx/onnx.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static nn_status save_safetensors(const nn_model *m, const char *path, const nn_save_options *o,
                                  nn_error *err)
{
    return nn_model_save(m, path, o->half, err);
}

static nn_status save_onnx(const nn_model *m, const char *path, const nn_save_options *o,
                           nn_error *err)
{
    const nn_shape input =
        nn_shape_4d(o->batch > 0 ? o->batch : 1, 3, o->input_h > 0 ? o->input_h : m->card.input_h,
                    o->input_w > 0 ? o->input_w : m->card.input_w);
    const nn_onnx_save_options options = {.inputs = m->fixed_inputs ? NULL : &input,
                                          .open_batch = o->batch == NN_SAVE_ANY_BATCH,
                                          .half = o->half};
    if (m->fixed_inputs && o->batch > 1)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "the batch of a model for one input cannot be changed");
    return nn_onnx_save(m, path, &options, err);
}

static nn_status save_keras(const nn_model *m, const char *path, const nn_save_options *o,
                            nn_error *err)
{
    (void)o;
    return nn_hdf5_save(m, path, err);
}

static const nn_save_format FORMATS[] = {
    {.name = "safetensors",
     .endings = {".safetensors"},
     .half = true,
     .tensors = true,
     .save = save_safetensors},
    {.name = "ONNX", .endings = {".onnx"}, .half = true, .sized = true, .save = save_onnx},
    {.name = "Keras", .endings = {".h5", ".hdf5"}, .weights = true, .save = save_keras},
};
enum { COUNT = sizeof FORMATS / sizeof *FORMATS };

static bool ends_in(const char *path, const char *ending)
{
    const size_t n = strlen(path), m = strlen(ending);
    return n > m && strcasecmp(path + n - m, ending) == 0;
}

nn_status nn_save_format_of(const nn_save_format **out, const char *path, nn_error *err)
{
    char list[96] = "";
    *out = NULL;
    for (int i = 0; i < COUNT; i++)
        for (int k = 0; k < NN_SAVE_ENDINGS && FORMATS[i].endings[k]; k++) {
            const size_t used = strlen(list);
            snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "",
                     FORMATS[i].endings[k]);
            if (ends_in(path, FORMATS[i].endings[k])) {
                *out = &FORMATS[i];
                return NN_OK;
            }
        }
    return nn_fail(err, NN_EUNSUPPORTED, "%s: models are written as %s", path, list);
}
