// SPDX-License-Identifier: MIT
// ONNX as a graph format, and how its files are told from others.
#include "nn/io/file.h"
#include "nn/io/graph_format.h"
#include "nn/io/onnx/onnx.h"
#include "nn/io/onnx/onnx_operators.h"
#include "nn/io/save_format.h"

#include <string.h>

enum { MAX_IR = 20 };

bool nn_onnx_probe(const void *bytes, size_t size)
{
    const uint8_t *b = bytes; // field 1, ir_version, comes first
    if (size < 3 || b[0] != 0x08 || b[1] < 1 || b[1] > MAX_IR)
        return false;
    // A safetensors file may begin so as well: the length of its header in 8 bytes, then the
    // header.
    return size < 9 || b[8] != '{' || memcmp(b + 4, "\0\0\0", 4) != 0;
}

bool nn_onnx_probe_file(const char *path)
{
    nn_file file;
    if (nn_file_map(&file, path, NULL) != NN_OK)
        return false;
    const bool is = nn_onnx_probe(file.bytes, file.size);
    nn_file_unmap(&file);
    return is;
}

static nn_status load(nn_model **out, const char *path, const nn_graph_load_options *o,
                      nn_error *err)
{
    static const nn_graph_load_options none = {0};
    o = o ? o : &none;
    const nn_onnx_options options = {.inputs = o->inputs,
                                     .n_inputs = o->n_inputs,
                                     .input_h = o->input_h,
                                     .input_w = o->input_w,
                                     .open_h = o->open_h,
                                     .open_w = o->open_w,
                                     .tail = o->tail,
                                     .picture = o->picture};
    return nn_onnx_load(out, path, &options, err);
}

static nn_status save(const nn_model *m, const char *path, const nn_save_options *o, nn_error *err)
{
    enum { MOST_INPUTS = 2 }; // pictures and texts; more are refused
    const int count = nn_graph_input_count(m->graph);
    nn_shape inputs[MOST_INPUTS];
    for (int i = 0; i < count && i < MOST_INPUTS; i++) {
        inputs[i] = nn_model_input_shape(m, i, o->input_h, o->input_w);
        inputs[i].dim[0] = o->batch > 0 ? o->batch : 1;
    }
    const bool open = !m->fixed_inputs && count <= MOST_INPUTS;
    const nn_onnx_save_options options = {.inputs = open ? inputs : NULL,
                                          .open_batch = o->batch == NN_SAVE_ANY_BATCH,
                                          .half = o->half};
    if (m->fixed_inputs && o->batch > 1)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "the batch of a model for one input cannot be changed");
    return nn_onnx_save(m, path, &options, err);
}

static const nn_save_format format_save = {
    .name = "ONNX", .endings = {".onnx"}, .half = true, .sized = true, .save = save};

const nn_graph_format nn_graph_format_onnx = {
    .name = "ONNX",
    .endings = {".onnx"},
    .probe_file = nn_onnx_probe_file,
    .load = load,
    .operators = nn_onnx_operators,
    .save = &format_save,
};
