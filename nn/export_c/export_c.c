// SPDX-License-Identifier: MIT
// A model as a C program.
#include "nn/export_c/export_c.h"

#include "nn/base/memory.h"
#include "nn/export_c/program.h"
#include "nn/export_c/walk.h"
#include "nn/graph/quantized.h"
#include "nn/graph/rebuild.h"

#include <ctype.h>
#include <string.h>

enum { MAX_NAME = 40, MAX_SIDE = 4096 };

static bool is_ascii(char c)
{
    return (unsigned char)c < 128;
}

static nn_status check_name(const char *name, nn_error *err)
{
    bool good = name && is_ascii(*name) && isalpha(*name) && strlen(name) <= MAX_NAME;
    for (const char *c = name; good && *c; c++)
        good = is_ascii(*c) && (isalnum(*c) || *c == '_');
    return good
               ? NN_OK
               : nn_fail(err, NN_EINVAL,
                         "'%s' is no name of C symbols: a letter from A to Z, then letters, digits "
                         "and _, %d at most",
                         name ? name : "", MAX_NAME);
}

static nn_status find_input(const nn_model *m, const nn_export_c_options *o, nn_shape *input,
                            nn_error *err)
{
    const int h = o->input_h ? o->input_h : m->card.input_h,
              width = o->input_w ? o->input_w : m->card.input_w;
    if (nn_graph_input_count(m->graph) != 1)
        return nn_fail(err, NN_EUNSUPPORTED, "the model has %d inputs: a program has one picture",
                       nn_graph_input_count(m->graph));
    *input =
        m->fixed_inputs ? m->fixed_inputs[0] : nn_shape_4d(1, nn_card_channels(&m->card), h, width);
    if (input->rank != 4 || input->dim[0] != 1)
        return nn_fail(err, NN_EUNSUPPORTED, "the model does not take one picture at a time");
    if (m->tail)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "the model ends in operators whose sizes depend on its data");
    if (input->dim[2] < 1 || input->dim[3] < 1 || input->dim[2] > MAX_SIDE ||
        input->dim[3] > MAX_SIDE)
        return nn_fail(err, NN_EINVAL, "an input of %lldx%lld pixels: up to %d a side",
                       (long long)input->dim[3], (long long)input->dim[2], MAX_SIDE);
    return NN_OK;
}

// The reference kernels, so that the same model gives the same text on every machine; each value in
// a place of its own.
static nn_status make_plan(nn_c_writer *w, nn_kernels *kernels, const nn_shape *input,
                           nn_error *err)
{
    nn_kernels_init(kernels, 0);
    const nn_plan_options options = {.compiled = true,
                                     .kernels = kernels,
                                     .exact = !nn_graph_is_quantized(w->graph),
                                     .knobs.disabled_passes = NN_PASS_JOIN | NN_PASS_INPLACE |
                                                              NN_PASS_VIEW | NN_PASS_IMAGE};
    return nn_plan_new(&w->plan, w->model, input, 1, &options, err);
}

static void write_nodes(nn_c_writer *w)
{
    for (int i = 0; i < w->node_count; i++) {
        const nn_c_node *n = &w->nodes[i];
        if (!n->runs)
            continue;
        w->index = i;
        nn_c_print(w, "\n// ");
        nn_c_write_plain(&w->data, n->info.name);
        nn_c_print(w, "\n");
        nn_buffer_print(&w->run, "    // ");
        nn_c_write_plain(&w->run, n->info.name);
        nn_buffer_print(&w->run, "\n");
        n->op->walk ? nn_c_emit_walk(w, n) : n->op->emit(w, n);
    }
}

static nn_status write_files(nn_c_writer *w, nn_export_c_files *files, nn_error *err)
{
    nn_status status = nn_c_find_nodes(w, err);
    if (!status)
        status = nn_c_place(w, err);
    if (status)
        return status;
    write_nodes(w);
    files->int8 = w->input_quantized.scale;
    w->constant_bytes += files->int8 ? 256 * (size_t)nn_c_channels(w, w->input) : 0;
    files->arena_bytes = nn_c_arena_bytes(w);
    files->constant_bytes = w->constant_bytes;
    files->macs = nn_plan_macs(w->plan);
    nn_c_write_source(w, &files->source);
    nn_c_write_header(w, &files->header);
    status = nn_c_write_test(w, &files->test, err);
    if (!status &&
        (w->data.failed || w->run.failed || files->source.failed || files->header.failed))
        status = nn_fail(err, NN_ENOMEM, "no memory to write a program");
    return status;
}

static void release(nn_c_writer *w)
{
    nn_plan_free(w->plan);
    nn_free(w->nodes);
    nn_free(w->values);
    nn_free(w->places);
    nn_free(w->scales);
    nn_buffer_release(&w->data);
    nn_buffer_release(&w->run);
}

nn_status nn_export_c(nn_export_c_files *files, const nn_model *model,
                      const nn_export_c_options *options, nn_error *err)
{
    nn_c_writer w = {.name = options->name};
    nn_shape input;
    nn_model *copy = NULL;
    nn_kernels *kernels = nn_calloc(1, sizeof *kernels);
    *files = (nn_export_c_files){0};
    nn_status status = kernels ? check_name(options->name, err)
                               : nn_fail(err, NN_ENOMEM, "no memory for a program");
    if (!status)
        status = find_input(model, options, &input, err);
    if (!status)
        status = nn_model_copy(&copy, model, err);
    if (!status)
        status = nn_model_fuse(&copy, 0, err);
    w.model = copy;
    w.graph = copy ? copy->graph : NULL;
    if (!status)
        status = make_plan(&w, kernels, &input, err);
    if (!status)
        status = write_files(&w, files, err);
    release(&w);
    nn_model_free(copy);
    nn_free(kernels);
    if (status)
        nn_export_c_release(files);
    return status;
}

void nn_export_c_release(nn_export_c_files *files)
{
    nn_buffer_release(&files->source);
    nn_buffer_release(&files->header);
    nn_buffer_release(&files->test);
    *files = (nn_export_c_files){0};
}
