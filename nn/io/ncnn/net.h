// SPDX-License-Identifier: MIT
// Parses the text of an ncnn .param file into layers, blobs and numbers. Format:
// github.com/Tencent/ncnn, docs/developer-guide/param-and-model-file-structure.md.
#ifndef NN_IO_NCNN_NET_H
#define NN_IO_NCNN_NET_H

#include "nn/base/status.h"

#include <stdbool.h>
#include <stddef.h>

#define NN_NCNN_MAGIC "7767517"

// `id=value` of a layer: one number, `count` numbers, or a text (in newer files only).
typedef struct nn_ncnn_field {
    int id, first, count; // numbers[first] and so on
    bool array, text;
} nn_ncnn_field;

typedef struct nn_ncnn_layer {
    const char *type, *name;
    int line; // of the file, from 1
    // Indices into `links` and `fields` of the net. Links are blobs.
    int in, n_in, out, n_out;
    int field, n_fields;
} nn_ncnn_layer;

typedef struct nn_ncnn_net {
    nn_ncnn_layer *layers;
    const char **blobs; // names
    int *links;
    nn_ncnn_field *fields;
    double *numbers;
    int layer_count, blob_count, link_count, field_count, number_count;
    char *text; // private: holds all names
} nn_ncnn_net;

// Whether the first bytes are those of a .param file.
bool nn_ncnn_is_param(const void *bytes, size_t size);

// Parses a .param file. Every blob must be made by one layer, before the first layer that reads it.
// Errors name the line. Free with nn_ncnn_net_release, also after a failure.
nn_status nn_ncnn_net_parse(nn_ncnn_net *net, const void *bytes, size_t size, nn_error *err);
void nn_ncnn_net_release(nn_ncnn_net *net);

// NULL when the layer has no such field.
const nn_ncnn_field *nn_ncnn_field_find(const nn_ncnn_net *net, const nn_ncnn_layer *layer, int id);

#endif
