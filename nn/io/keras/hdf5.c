// SPDX-License-Identifier: MIT
// Reads weights that Keras 1 and 2 save as HDF5 (save_weights and whole models): a group for each
// layer in the order of "layer_names", with the data sets of "weight_names". The bundle has our
// names and layouts.
#include "nn/io/keras/hdf5.h"
#include "nn/base/arith.h"
#include "nn/base/memory.h"
#include "nn/io/format.h"
#include "nn/io/keras/hdf5_file.h"
#include "nn/io/keras/keras.h"
#include "nn/io/save_format.h"

#include <stdio.h>
#include <string.h>

enum { MAX_LAYERS = 64, MAX_WEIGHTS = 4 };

typedef struct layer {
    char name[256];
    nn_tensor weights[MAX_WEIGHTS]; // in Keras' layout, pointing into the file
    int count;
    char kind;
    // output channels; dense: inputs for each channel of the map before it
    int64_t channels, pixels;
} layer;

typedef struct keras_file {
    nn_hdf5 file;
    char *card; // JSON, in files that we wrote
    layer *layers;
    int count; // number of layers with weights
} keras_file;

static bool probe_hdf5(const uint8_t *bytes, size_t size)
{
    return size >= 8 && memcmp(bytes, "\x89HDF\r\n\x1a\n", 8) == 0;
}

static nn_status read_weights(keras_file *k, uint64_t group, layer *l, nn_error *err)
{
    char **names;
    int count;
    nn_status status = nn_hdf5_strings(&k->file, group, "weight_names", &names, &count, err);
    if (status != NN_OK)
        return status;
    if (count > MAX_WEIGHTS)
        status = nn_fail(err, NN_EUNSUPPORTED,
                         "%d weights: only convolutions, batch norms and dense layers can be read",
                         count);
    for (int i = 0; i < count && status == NN_OK; i++) {
        uint64_t dataset;
        status = nn_hdf5_walk(&k->file, group, names[i], &dataset, err);
        if (status == NN_OK)
            status = nn_hdf5_floats(&k->file, dataset, &l->weights[i], err);
        if (status != NN_OK)
            nn_fail_prefix(err, status, "weight '%s'", names[i]);
    }
    // Only the names tell four vectors of equal length apart.
    static const char *const norm[] = {"gamma", "beta", "mean"};
    for (int i = 0; i < 3 && count == MAX_WEIGHTS && status == NN_OK; i++)
        if (!strstr(names[i], norm[i]))
            status = nn_fail(err, NN_EUNSUPPORTED, "weight '%s' where a batch norm has its %s",
                             names[i], norm[i]);
    l->count = count;
    nn_free(names);
    return status;
}

static nn_status read_layer(keras_file *k, uint64_t root, const char *name, nn_error *err)
{
    uint64_t group;
    if (k->count == MAX_LAYERS)
        return nn_fail(err, NN_EUNSUPPORTED, "more than %d layers with weights", MAX_LAYERS);
    layer *l = &k->layers[k->count];
    *l = (layer){0};
    snprintf(l->name, sizeof l->name, "%s", name);
    nn_status status = nn_hdf5_walk(&k->file, root, name, &group, err);
    if (status == NN_OK)
        status = read_weights(k, group, l, err);
    k->count += l->count > 0;
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "layer '%s'", name);
}

// Without a list of layers in the root, the file may be a whole model with "model_weights".
static nn_status find_layers(keras_file *k, uint64_t *root, char ***names, int *count,
                             nn_error *err)
{
    uint64_t other;
    if (nn_hdf5_walk(&k->file, k->file.root, "model_weights", root, NULL) == NN_OK)
        return nn_hdf5_strings(&k->file, *root, "layer_names", names, count, err);
    if (nn_hdf5_walk(&k->file, k->file.root, "layers", &other, NULL) == NN_OK ||
        nn_hdf5_walk(&k->file, k->file.root, "_layer_checkpoint_dependencies", &other, NULL) ==
            NN_OK)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "weights of Keras 3, which do not say the order of the layers; save the "
                       "whole model as .h5 there: model.save(\"model.h5\")");
    return nn_fail(err, NN_EUNSUPPORTED, "no weights of Keras: there is no 'layer_names'");
}

static nn_status read_layers(keras_file *k, nn_error *err)
{
    char **names = NULL;
    int count = 0;
    uint64_t root = k->file.root;
    nn_status status = nn_hdf5_text(&k->file, root, "neroscale", &k->card, err);
    if (status == NN_OK)
        status = nn_hdf5_strings(&k->file, root, "layer_names", &names, &count, err);
    if (status == NN_ENOTFOUND)
        status = find_layers(k, &root, &names, &count, err);
    for (int i = 0; i < count && status == NN_OK; i++)
        status = read_layer(k, root, names[i], err);
    nn_free(names);
    // A missing name means a damaged file; the file itself exists.
    return status == NN_ENOTFOUND ? nn_fail_prefix(err, NN_EFORMAT, "damaged") : status;
}

static bool are_vectors(const layer *l, int from, int64_t length)
{
    for (int i = from; i < l->count; i++)
        if (l->weights[i].shape.rank != 1 || l->weights[i].shape.dim[0] != length)
            return false;
    return true;
}

// Finds the kind of a layer from its shapes. `channels` is the number of inputs, those of a map
// when `map`.
static nn_status tell_kind(layer *l, int64_t channels, bool map, nn_error *err)
{
    const nn_shape *s = &l->weights[0].shape;
    if (l->count == 4 && s->rank == 1 && s->dim[0] == channels && are_vectors(l, 0, channels)) {
        l->kind = NN_KERAS_NORM;
        l->channels = channels;
        return NN_OK;
    }
    l->kind = s->rank == 4 ? NN_KERAS_CONV : s->rank == 2 ? NN_KERAS_DENSE : '?';
    l->channels = s->dim[s->rank ? s->rank - 1 : 0];
    if (l->kind == '?' || l->count > 2 || !are_vectors(l, 1, l->channels))
        return nn_fail(err, NN_EUNSUPPORTED,
                       "layer '%s': its weights are those of no convolution, batch norm or dense "
                       "layer",
                       l->name);
    const int64_t in = s->dim[s->rank - 2];
    l->pixels = l->kind == NN_KERAS_DENSE && map ? in / channels : 1;
    if (channels && in != channels * l->pixels)
        return nn_fail(err, NN_ESHAPE, "layer '%s' takes %lld channels, but %lld come in", l->name,
                       (long long)in, (long long)channels);
    return NN_OK;
}

// Finds our network with these layers.
static nn_status tell_network(keras_file *k, const nn_keras_network **network, nn_error *err)
{
    char kinds[MAX_LAYERS + 1] = "";
    int64_t channels = 0;
    for (int i = 0; i < k->count; i++) {
        const bool map =
            i > 0 && k->layers[i - 1].kind != NN_KERAS_DENSE && !strchr(kinds, NN_KERAS_DENSE);
        nn_status status = tell_kind(&k->layers[i], channels, map, err);
        if (status != NN_OK)
            return status;
        kinds[i] = k->layers[i].kind;
        channels = k->layers[i].channels;
    }
    *network = *kinds ? nn_keras_match(kinds) : NULL;
    if (*network)
        return NN_OK;
    return nn_fail(err, NN_EUNSUPPORTED,
                   "these layers are not those of alexnet_flowers, vgg16 or vgg19 (C: convolution, "
                   "N: batch norm, D: dense): %s",
                   *kinds ? kinds : "none with weights");
}

static nn_status set_meta(nn_bundle *b, const char *key, const char *value, nn_error *err)
{
    char **pair = &b->meta[2 * b->meta_count++];
    pair[0] = nn_strdup(key);
    pair[1] = nn_strdup(value);
    return pair[0] && pair[1] ? NN_OK : nn_fail(err, NN_ENOMEM, "out of memory");
}

// Adds the card, when the file is a whole network, and a description of the file.
static nn_status add_meta(nn_bundle *b, const keras_file *k, const nn_keras_network *network,
                          nn_error *err)
{
    const bool whole = k->count == network->count;
    char words[96], *json = NULL;
    nn_status status = NN_OK;
    b->meta = nn_calloc(2, 2 * sizeof *b->meta);
    if (!b->meta)
        return nn_fail(err, NN_ENOMEM, "out of memory");
    snprintf(words, sizeof words, "%s%s", network->name,
             whole ? "" : " without its dense layers (include_top=False)");
    status = set_meta(b, "keras", words, err);
    if (status != NN_OK || !whole)
        return status;
    if (!k->card) {
        nn_card card;
        nn_keras_card(network, (int)k->layers[k->count - 1].channels, &card);
        status = nn_card_to_json(&card, &json, err);
    }
    if (status == NN_OK)
        status = set_meta(b, "neroscale", k->card ? k->card : json, err);
    nn_free(json);
    return status;
}

static nn_status count_bytes(const keras_file *k, size_t *bytes, int *tensors, nn_error *err)
{
    size_t total = 0;
    *bytes = 0;
    *tensors = 0;
    for (int i = 0; i < k->count; i++)
        for (int w = 0; w < k->layers[i].count; w++, ++*tensors) {
            const size_t n = nn_tensor_bytes(&k->layers[i].weights[w]);
            if (n > k->file.size - total)
                return nn_fail(err, NN_EFORMAT,
                               "the weights overlap: they are larger than the file");
            total += n;
            *bytes += nn_align_up(n);
        }
    return NN_OK;
}

// Converts one weight to our layout at `to`.
static nn_status add_weight(nn_bundle *b, const layer *l, int index, const char *module, float *to,
                            nn_error *err)
{
    const nn_tensor *from = &l->weights[index];
    char name[64];
    nn_tensor t = {.shape = from->shape, .dtype = NN_F32, .data = to};
    const int64_t *dim = from->shape.dim;
    snprintf(name, sizeof name, "%s.%s", module,
             nn_keras_weight_name((nn_keras_kind)l->kind, index));
    if (index > 0 || l->kind == NN_KERAS_NORM) {
        memcpy(to, from->data, nn_tensor_bytes(from));
    } else if (l->kind == NN_KERAS_CONV) {
        t.shape = nn_shape_4d(dim[3], dim[2], dim[0], dim[1]);
        nn_keras_reverse(to, from->data, dim[0] * dim[1], dim[2], dim[3]);
    } else {
        t.shape = nn_shape_2d(dim[1], dim[0]);
        nn_keras_reverse(to, from->data, l->pixels, dim[0] / l->pixels, dim[1]);
    }
    nn_bundle_tensor *out = &b->tensors[b->count];
    *out = (nn_bundle_tensor){nn_strdup(name), t};
    b->count++;
    return out->name ? NN_OK : nn_fail(err, NN_ENOMEM, "out of memory");
}

static nn_status add_tensors(nn_bundle *b, const keras_file *k, const nn_keras_network *network,
                             nn_error *err)
{
    size_t bytes;
    int count;
    nn_status status = count_bytes(k, &bytes, &count, err);
    if (status != NN_OK)
        return status;
    b->tensors = nn_calloc((size_t)count, sizeof *b->tensors);
    char *to = b->aligned = nn_alloc(bytes);
    if (!b->tensors || !to)
        return nn_fail(err, NN_ENOMEM, "out of memory");
    for (int i = 0; i < k->count && status == NN_OK; i++)
        for (int w = 0; w < k->layers[i].count && status == NN_OK; w++) {
            status = add_weight(b, &k->layers[i], w, network->layers[i].module, (float *)to, err);
            to += nn_align_up(nn_tensor_bytes(&k->layers[i].weights[w]));
        }
    return status;
}

static nn_status read_file(nn_bundle *b, keras_file *k, const uint8_t *bytes, size_t size,
                           nn_error *err)
{
    const nn_keras_network *network;
    k->layers = nn_calloc(MAX_LAYERS, sizeof *k->layers);
    if (!k->layers)
        return nn_fail(err, NN_ENOMEM, "out of memory");
    nn_status status = nn_hdf5_open(&k->file, bytes, size, err);
    if (status == NN_OK)
        status = read_layers(k, err);
    if (status == NN_OK)
        status = tell_network(k, &network, err);
    if (status == NN_OK)
        status = add_tensors(b, k, network, err);
    if (status == NN_OK)
        status = add_meta(b, k, network, err);
    return status;
}

static nn_status parse_hdf5(nn_bundle *b, const uint8_t *bytes, size_t size, nn_error *err)
{
    keras_file k = {0};
    nn_status status = read_file(b, &k, bytes, size, err);
    nn_free(k.layers);
    nn_free(k.card);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "hdf5");
}

static nn_status save(const nn_model *m, const char *path, const nn_save_options *o, nn_error *err)
{
    (void)o;
    return nn_hdf5_save(m, path, err);
}

static const nn_save_format format_save = {
    .name = "Keras", .endings = {".h5", ".hdf5"}, .weights = true, .save = save};

const nn_io_format nn_io_hdf5 = {
    .name = "hdf5", .probe = probe_hdf5, .parse = parse_hdf5, .save = &format_save};
