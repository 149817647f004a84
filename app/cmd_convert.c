// SPDX-License-Identifier: MIT
// neroscale convert: weights from one file format to another.
#include "app/command.h"
#include "app/open_model.h"
#include "nn/base/memory.h"
#include "nn/io/io.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

static const char SUMMARY[] =
    "Reads weights (PyTorch .pth and .pt, safetensors) and writes them as safetensors.\n"
    "\n"
    "With --network the file becomes a model of ours: its tensors must be that network's, by name\n"
    "and shape, and the other commands can open it. Without, tensors and metadata stay what they\n"
    "are.\n"
    "\n"
    "Examples:\n"
    "  neroscale convert resnet18.pth resnet18.safetensors --network resnet18\n"
    "  neroscale convert person.safetensors small.safetensors --fp16";

typedef struct convert_options {
    char *network, *options, *labels;
    gboolean half;
} convert_options;

static nn_status parse(convert_options *o, int *argc, char ***argv, nn_error *err)
{
    const GOptionEntry entries[] = {
        {"fp16", 0, 0, G_OPTION_ARG_NONE, &o->half,
         "Store weights as float16; biases, norms and statistics stay float32", NULL},
        {"network", 0, 0, G_OPTION_ARG_STRING, &o->network, "The network that the weights are of",
         "NAME"},
        {"options", 0, 0, G_OPTION_ARG_STRING, &o->options, "Its options", "A=1,B=2"},
        {"labels", 0, 0, G_OPTION_ARG_FILENAME, &o->labels, "Names of its classes, a line each",
         "FILE"},
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    GOptionContext *context = g_option_context_new("IN OUT");
    GError *error = NULL;
    nn_status status = NN_OK;
    g_option_context_set_summary(context, SUMMARY);
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, &error))
        status = nn_fail(err, NN_EINVAL, "%s (try --help)", error->message);
    else if (*argc != 3)
        status = nn_fail(err, NN_EINVAL, "an input and an output file are needed (try --help)");
    else if (!g_str_has_suffix((*argv)[2], ".safetensors"))
        status = nn_fail(err, NN_EUNSUPPORTED, "%s: only .safetensors can be written", (*argv)[2]);
    else if (!o->network && (o->options || o->labels))
        status = nn_fail(err, NN_EINVAL, "--options and --labels go with --network");
    g_clear_error(&error);
    g_option_context_free(context);
    return status;
}

static nn_status read_labels(nn_card *card, const char *path, nn_error *err)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(path, &text, NULL, &error))
        return nn_fail(err, NN_EIO, "%s", error->message);
    g_auto(GStrv) lines = g_strsplit(g_strchomp(text), "\n", -1);
    for (char **line = lines; *line; line++)
        g_strstrip(*line);
    return nn_card_set_labels(card, (const char *const *)lines, (int)g_strv_length(lines), err);
}

static nn_status convert_network(const convert_options *o, const char *in, const char *out,
                                 nn_error *err)
{
    nn_model *m;
    const app_model_source from = {.name = o->network, .options = o->options, .parameters = in};
    nn_status status = app_open_model(&m, &from, err);
    if (status == NN_OK && o->labels)
        status = read_labels(&m->card, o->labels, err);
    if (status == NN_OK)
        status = nn_model_save(m, out, o->half, err);
    nn_model_free(m);
    return status;
}

// float16 instead of wider floats of rank >= 2; *made gets what has to be freed.
static nn_status halve(nn_tensor *t, void **made, nn_error *err)
{
    nn_tensor half;
    if (t->shape.rank < 2 || (t->dtype != NN_F32 && t->dtype != NN_BF16))
        return NN_OK;
    nn_status status = nn_tensor_init(&half, NN_F16, &t->shape, err);
    if (status != NN_OK)
        return status;
    float *wide = NULL;
    const int64_t count = nn_shape_count(&t->shape);
    if (t->dtype == NN_BF16) { // by way of float32
        wide = nn_alloc((size_t)count * sizeof *wide);
        if (!wide) {
            nn_tensor_release(&half);
            return nn_fail(err, NN_ENOMEM, "out of memory");
        }
        nn_convert(NN_F32, wide, NN_BF16, t->data, count);
    }
    nn_convert(NN_F16, half.data, NN_F32, wide ? wide : t->data, count);
    nn_free(wide);
    *t = half;
    *made = half.data;
    return NN_OK;
}

static nn_status convert_tensors(const convert_options *o, const char *in, const char *out,
                                 nn_error *err)
{
    nn_bundle b;
    nn_status status = nn_bundle_load(&b, in, err);
    if (status != NN_OK)
        return status;
    g_autofree const char **names = g_new0(const char *, b.count + 1);
    g_autofree nn_tensor *tensors = g_new0(nn_tensor, b.count + 1);
    g_autofree void **made = g_new0(void *, b.count + 1);
    for (int i = 0; i < b.count && status == NN_OK; i++) {
        names[i] = b.tensors[i].name;
        tensors[i] = b.tensors[i].tensor;
        if (o->half)
            status = halve(&tensors[i], &made[i], err);
    }
    if (status == NN_OK)
        status = nn_bundle_save(out, names, tensors, b.count, (const char *const *)b.meta,
                                b.meta_count, err);
    for (int i = 0; i < b.count; i++)
        nn_free(made[i]);
    nn_bundle_release(&b);
    return status;
}

int app_cmd_convert(int argc, char **argv)
{
    convert_options o = {0};
    nn_error err = {0};
    nn_status status = parse(&o, &argc, &argv, &err);
    if (status == NN_OK)
        status = o.network ? convert_network(&o, argv[1], argv[2], &err)
                           : convert_tensors(&o, argv[1], argv[2], &err);
    if (status != NN_OK)
        fprintf(stderr, "neroscale convert: %s\n", err.text);
    g_free(o.network);
    g_free(o.options);
    g_free(o.labels);
    return status == NN_OK ? 0 : EXIT_USAGE;
}
