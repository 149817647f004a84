// SPDX-License-Identifier: MIT
// Model files: finds them by name, and saves them with card and graph.
#include "nn/io/io.h"

#include "nn/base/memory.h"
#include "nn/base/own_folder.h"
#include "nn/graph/quantized.h"
#include "nn/io/foreign.h"
#include "nn/io/model_graph.h"
#include "nn/io/save_format.h"
#include "nn/io/shards.h"
#include "nn/tensor/tensor.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPEN_SIDE = 640 }; // usual size of exported detectors that leave it open

static bool is_readable_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, R_OK) == 0;
}

bool nn_model_folder(int i, char *path, size_t size)
{
    char beside[PATH_MAX], build[PATH_MAX] = "";
    if (!nn_own_folder("../assets", beside, sizeof beside) || !realpath(beside, build))
        *build = '\0'; // an installed library has no build folder
    const char *const folders[] = {getenv("NEROSCALE_MODELS"), build, NN_MODEL_DIR};
    for (size_t k = 0; k < sizeof folders / sizeof *folders; k++)
        if (folders[k] && *folders[k] && i-- == 0)
            return (size_t)snprintf(path, size, "%s", folders[k]) < size;
    return false;
}

nn_status nn_model_find(const char *name, char *path, size_t size, nn_error *err)
{
    if (!*name)
        return nn_fail(err, NN_EINVAL, "the name of the model is empty");
    if (is_readable_file(name)) {
        if ((size_t)snprintf(path, size, "%s", name) < size)
            return NN_OK;
        return nn_fail(err, NN_EINVAL, "the path of the model is too long");
    }
    struct stat st;
    const nn_status status = nn_foreign_check(name, err);
    if (status != NN_OK || nn_shards_in_folder(name, path, size))
        return status;
    if (stat(name, &st) == 0)
        return nn_fail(err, NN_EIO, "%s: %s", name,
                       S_ISDIR(st.st_mode)   ? "a folder without model.safetensors or its index"
                       : S_ISREG(st.st_mode) ? "you may not read this file"
                                             : "a device or pipe, not a model file");
    if (strchr(name, '/'))
        return nn_fail(err, NN_ENOTFOUND, "%s: no such file", name);
    char folder[PATH_MAX], places[256] = "";
    size_t used = 0;
    for (int i = 0; nn_model_folder(i, folder, sizeof folder); i++) {
        if ((size_t)snprintf(path, size, "%s/%s.safetensors", folder, name) < size &&
            is_readable_file(path))
            return NN_OK;
        if (used < sizeof places)
            used += (size_t)snprintf(places + used, sizeof places - used, "%s%s", used ? ", " : "",
                                     folder);
    }
    return nn_fail(err, NN_ENOTFOUND, "no file '%.80s' and no model '%.80s.safetensors' in %s",
                   name, name, places);
}

// The type that parameter i has in the file. Buffers may be tables of indices and keep all digits.
static nn_dtype dtype_in_file(const nn_model *m, int i, bool half)
{
    const nn_value_info info = nn_graph_value(m->graph, nn_graph_param_at(m->graph, i));
    const nn_dtype dtype = nn_quantized_param_dtype(m, i);
    if (dtype != NN_F32 || !half || info.shape->rank < 2 || info.param == NN_PARAM_BUFFER ||
        !nn_f16_holds(m->params[i].data, nn_shape_count(info.shape)))
        return dtype;
    return NN_F16;
}

// Tensors to write: the parameters themselves, or copies in another type that the caller releases.
static nn_status pack_params(const nn_model *m, bool half, const char **names, nn_tensor *tensors,
                             nn_error *err)
{
    for (int i = 0; i < nn_graph_param_count(m->graph); i++) {
        nn_value_info info = nn_graph_value(m->graph, nn_graph_param_at(m->graph, i));
        names[i] = info.name;
        const nn_dtype dtype = dtype_in_file(m, i, half);
        if (dtype == NN_F32) {
            tensors[i] = m->params[i];
            continue;
        }
        nn_status status = nn_tensor_init(&tensors[i], dtype, info.shape, err);
        if (status != NN_OK)
            return status;
        nn_convert(dtype, tensors[i].data, NN_F32, m->params[i].data, nn_shape_count(info.shape));
    }
    return NN_OK;
}

// Adds card and graph where they are needed: a model of the zoo needs no graph, and an unknown
// graph has no card.
static nn_status make_meta(const nn_model *m, const char *meta[4], int *count, char *texts[2],
                           nn_error *err)
{
    nn_status status = NN_OK;
    *count = 0;
    if (m->card.network[0] || m->card.input_h > 0) {
        status = nn_card_to_json(&m->card, &texts[0], err);
        meta[2 * *count] = NN_MODEL_CARD_KEY;
        meta[2 * (*count)++ + 1] = texts[0];
    }
    if (status == NN_OK && !nn_model_is_zoo(m)) {
        status = nn_graph_to_json(m->graph, m->fixed_inputs, &texts[1], err);
        meta[2 * *count] = NN_MODEL_GRAPH_KEY;
        meta[2 * (*count)++ + 1] = texts[1];
    }
    return status;
}

nn_status nn_model_save(const nn_model *m, const char *path, bool half, nn_error *err)
{
    return nn_model_save_tensors(m, path, half, nn_bundle_save, err);
}

nn_status nn_model_save_tensors(const nn_model *m, const char *path, bool half,
                                nn_save_tensors *save, nn_error *err)
{
    int count = nn_graph_param_count(m->graph), meta_count = 0;
    const char **names = nn_calloc((size_t)count, sizeof *names);
    nn_tensor *tensors = nn_calloc((size_t)count, sizeof *tensors);
    const char *meta[4];
    char *texts[2] = {NULL, NULL};
    nn_status status = names && tensors ? NN_OK : nn_fail(err, NN_ENOMEM, "out of memory");
    if (status == NN_OK)
        status = make_meta(m, meta, &meta_count, texts, err);
    if (status == NN_OK)
        status = pack_params(m, half, names, tensors, err);
    if (status != NN_OK)
        nn_fail_prefix(err, status, "%s", path);
    else
        status = save(path, names, tensors, count, meta, meta_count, err);
    for (int i = 0; tensors && i < count; i++)
        if (tensors[i].dtype != NN_F32)
            nn_tensor_release(&tensors[i]);
    nn_free(tensors);
    nn_free(names);
    nn_free(texts[0]);
    nn_free(texts[1]);
    return status;
}
