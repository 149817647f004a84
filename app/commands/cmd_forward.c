// SPDX-License-Identifier: MIT
// neroscale forward: runs a model on a tensor and writes its outputs.
#include "app/cli/arguments.h"
#include "app/cli/files.h"
#include "app/cli/image_size.h"
#include "app/cli/model_input.h"
#include "app/cli/option_table.h"
#include "app/commands/command.h"
#include "po/translate.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

static const char SUMMARY[] =
    N_("Runs a model once on a tensor, and writes its outputs to a safetensors file.\n"
       "\n"
       "MODEL is a model file, an installed model, or a network of 'neroscale list' with\n"
       "--parameters. 'reference' stands for values that follow from names and shapes alone, so\n"
       "that other programs can compute the same.\n"
       "\n"
       "Examples:\n"
       "  neroscale forward resnet18 --parameters resnet18.pth --input x.safetensors --out y\n"
       "  neroscale forward alexnet --parameters reference --tap features.3 --out y.safetensors\n"
       "  neroscale forward model.onnx --size 320x320 --out y.safetensors");

typedef struct forward_options {
    char *options, *parameters, *input, *size, *out, **taps;
    int height, width, threads;
    gboolean force;
} forward_options;

static nn_status check_options(forward_options *o, int argc, char **argv, nn_error *err)
{
    app_files files = {0};
    nn_status status = app_check_one_model(argc, err);
    app_files_read(&files, "MODEL", status == NN_OK ? argv[1] : NULL);
    app_files_read(&files, "--parameters", o->parameters);
    app_files_read(&files, "--input", o->input);
    app_files_write(&files, "--out", o->out);
    if (status == NN_OK)
        status = app_files_check(&files, err);
    if (status != NN_OK)
        return status;
    if (!o->out)
        return nn_fail(err, NN_EINVAL, "the output is missing (--out FILE)");
    if (o->size && o->input && strcmp(o->input, "reference") != 0)
        return nn_fail(err, NN_EINVAL, "--size and an input file: the file has a size");
    if (status == NN_OK)
        status = app_parse_size("--size", o->size, &o->width, &o->height, err);
    return status == NN_OK ? app_files_claim(&files, o->force, err) : status;
}

static nn_status parse(forward_options *o, int *argc, char ***argv, nn_error *err)
{
    const GOptionEntry entries[] = {APP_OPTION("options", &o->options, NULL),
                                    APP_OPTION("parameters", &o->parameters, "the model's"),
                                    APP_OPTION("input", &o->input, "reference"),
                                    APP_OPTION("size", &o->size, "the model's"),
                                    APP_OPTION("tap", &o->taps, NULL),
                                    APP_OPTION("threads", &o->threads, "0"),
                                    APP_OPTION("out", &o->out, NULL),
                                    APP_OPTION("force", &o->force, NULL),
                                    APP_OPTIONS_END};
    const app_arguments what = {.synopsis = "MODEL", .summary = SUMMARY, .entries = entries};
    const nn_status status = app_parse_arguments(&what, argc, argv, err);
    return status == NN_OK ? check_options(o, *argc, *argv, err) : status;
}

static const nn_tensor *find_value(const nn_plan *plan, const nn_graph *g, const char *name)
{
    for (int v = 0; v < nn_graph_value_count(g); v++)
        if (strcmp(nn_graph_value(g, v).name, name) == 0)
            return nn_plan_value(plan, v);
    return NULL;
}

static nn_status save_values(const forward_options *o, const nn_plan *plan, const nn_graph *g,
                             nn_error *err)
{
    const int outputs = nn_graph_output_count(g);
    const int taps = o->taps ? (int)g_strv_length(o->taps) : 0;
    g_autofree const char **names = g_new0(const char *, outputs + taps);
    g_autofree nn_tensor *tensors = g_new0(nn_tensor, outputs + taps);
    int count = 0;
    for (; count < outputs; count++) {
        names[count] = nn_graph_output_name(g, count);
        tensors[count] = *nn_plan_output(plan, count);
    }
    for (int i = 0; i < taps; i++) {
        const nn_tensor *t = find_value(plan, g, o->taps[i]);
        bool there = false;
        if (!t)
            return nn_fail(err, NN_ENOTFOUND,
                           "the model has no node '%s' ('neroscale info' lists them)", o->taps[i]);
        for (int k = 0; k < count; k++)
            there = there || strcmp(names[k], o->taps[i]) == 0;
        if (there)
            continue;
        names[count] = o->taps[i];
        tensors[count++] = *t;
    }
    return nn_bundle_save(o->out, names, tensors, count, NULL, 0, err);
}

static nn_status run_model(const forward_options *o, const nn_model *m, const app_model_input *in,
                           nn_error *err)
{
    nn_shape shapes[APP_MAX_INPUTS];
    nn_plan *plan = NULL;
    nn_status status = app_model_input_shapes(in, m, o->height, o->width, shapes, err);
    if (status != NN_OK)
        return status;
    nn_plan_options options = {.keep_values = o->taps != NULL, .pool = nn_pool_new(o->threads)};
    status = nn_plan_new(&plan, m, shapes, nn_graph_input_count(m->graph), &options, err);
    if (status == NN_OK) {
        app_model_input_fill(in, m, plan);
        nn_plan_run(plan);
        status = save_values(o, plan, m->graph, err);
    }
    nn_plan_free(plan);
    nn_pool_free(options.pool);
    return status;
}

static nn_status forward(const forward_options *o, const char *name, nn_error *err)
{
    app_model_source from = {.name = name,
                             .options = o->options,
                             .parameters = o->parameters,
                             .input_h = o->height,
                             .input_w = o->width};
    app_model_input in;
    nn_model *m = NULL;
    nn_status status = app_model_input_open(&in, o->input, err);
    if (status != NN_OK)
        return status;
    app_model_input_suit(&in, &from);
    status = app_open_model(&m, &from, err);
    if (status == NN_OK)
        status = run_model(o, m, &in, err);
    nn_model_free(m);
    app_model_input_release(&in);
    return status;
}

int app_cmd_forward(int argc, char **argv)
{
    forward_options o = {0};
    nn_error err = {0};
    nn_status status = parse(&o, &argc, &argv, &err);
    if (status == NN_OK)
        status = forward(&o, argv[1], &err);
    g_free(o.options);
    g_free(o.parameters);
    g_free(o.input);
    g_free(o.size);
    g_free(o.out);
    g_strfreev(o.taps);
    return app_end(status, &err);
}
