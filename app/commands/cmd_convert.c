// SPDX-License-Identifier: MIT
// neroscale convert: converts models and weights between file formats.
#include "app/cli/arguments.h"
#include "app/cli/files.h"
#include "app/cli/image_size.h"
#include "app/cli/open_model.h"
#include "app/cli/option_table.h"
#include "app/commands/command.h"
#include "nn/base/memory.h"
#include "nn/io/graph_format.h"
#include "nn/io/io.h"
#include "nn/io/save_format.h"
#include "nn/predict/load_model.h"
#include "nn/tensor/tensor.h"
#include "po/translate.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

static const char SUMMARY[] = N_(
    "Writes a model or weights in the format that the name OUT says.\n"
    "\n"
    "IN is a model file (safetensors, ONNX, ncnn .param, Darknet .cfg), an installed model,\n"
    "weights (PyTorch .pth, Keras .h5, safetensors), or a network of 'neroscale list'. OUT ends\n"
    "in .safetensors, .onnx (opset 13), .pth (a state_dict, with card and graph) or .h5\n"
    "(alexnet_flowers, vgg16, vgg19).\n"
    "\n"
    "Weights become a model with --network; without it they stay weights. OUT.onnx has one\n"
    "input size, --size or the model's. A model from ONNX accepts other sizes where its graph\n"
    "allows that.\n"
    "\n"
    "Examples:\n"
    "  neroscale convert resnet18.pth resnet18.safetensors --network resnet18\n"
    "  neroscale convert person.safetensors small.safetensors --fp16\n"
    "  neroscale convert person person.onnx --size 640x384\n"
    "  neroscale convert resnet50.pth resnet50.onnx --network resnet50 --batch 0\n"
    "  neroscale convert nanodet.param nanodet.safetensors --fp16\n"
    "  neroscale convert yolov4-tiny.cfg yolov4-tiny.onnx\n"
    "  neroscale convert yolox.onnx mine.onnx --head yolox --names coco.names\n"
    "  neroscale convert street street-wide.safetensors --card mine.json   # {\"threshold\": 0.5}\n"
    "  neroscale convert words.safetensors signs.safetensors --text 'a stop sign,a traffic light'\n"
    "  neroscale convert before.safetensors out.safetensors --blend after.safetensors=0.5\n"
    "  neroscale convert vgg16_weights_tf_dim_ordering_tf_kernels.h5 vgg16.safetensors");

enum { MAX_BATCH = 4096 };

typedef struct convert_options {
    char *out, *network, *options, *names, *head, *card, *parameters, *size, *blend, *text;
    gboolean half, fused, force;
    int batch, height, width;
    const nn_save_format *format; // of the output
} convert_options;

static nn_status check_options(convert_options *o, int argc, char **argv, nn_error *err)
{
    if (argc < 2 || argc + !!o->out != 3)
        return nn_fail(err, NN_EINVAL, "an input and an output file are needed (try --help)");
    if (!o->out)
        o->out = g_strdup(argv[2]);
    app_files files = {0};
    app_files_read(&files, "IN", argv[1]);
    app_files_read(&files, "--parameters", o->parameters);
    app_files_read(&files, "--names", o->names);
    app_files_read(&files, "--card", o->card);
    app_files_write(&files, "--out", o->out);
    nn_status status = app_files_check(&files, err);
    if (status == NN_OK)
        status = nn_save_format_of(&o->format, o->out, err);
    if (status != NN_OK)
        return status;
    if (o->half && !o->format->half)
        return nn_fail(err, NN_EINVAL, "%s files hold float32: no --fp16", o->format->name);
    if (o->head && o->network)
        return nn_fail(err, NN_EINVAL, "--head is for graphs without a head, not for --network");
    if (o->format->weights && (o->size || o->fused || o->head))
        return nn_fail(err, NN_EINVAL, "--size, --fused and --head are not for %s files",
                       o->format->name);
    if (!o->format->sized && o->batch != 1)
        return nn_fail(err, NN_EINVAL, "--batch is for .onnx outputs only");
    if ((o->options || o->parameters) && !o->network && !app_is_network(argv[1]))
        return nn_fail(err, NN_EINVAL, "--options and --parameters are for networks given by name");
    if (o->text && (o->network || o->parameters || o->names || app_is_network(argv[1])))
        return nn_fail(err, NN_EINVAL,
                       "--text is for models of pictures and texts, and its texts are the names: "
                       "no --network, --parameters, --names");
    if (o->network && o->parameters)
        return nn_fail(err, NN_EINVAL,
                       "--network takes the parameters from %s: remove --parameters", argv[1]);
    if (o->batch < 0 || o->batch > MAX_BATCH)
        return nn_fail(err, NN_EINVAL, "--batch must be 1 to %d, or 0 for a dynamic batch",
                       MAX_BATCH);
    status = app_parse_size("--size", o->size, &o->width, &o->height, err);
    return status == NN_OK ? app_files_claim(&files, o->force, err) : status;
}

static nn_status parse(convert_options *o, int *argc, char ***argv, nn_error *err)
{
    const GOptionEntry entries[] = {
        APP_OPTION("out", &o->out, NULL),
        APP_OPTION("force", &o->force, NULL),
        APP_OPTION("fp16", &o->half, NULL),
        APP_OPTION("network", &o->network, NULL),
        APP_OPTION("options", &o->options, NULL),
        APP_OPTION("names", &o->names, "the model's"),
        APP_OPTION("head", &o->head, "the model's"),
        APP_OPTION("card", &o->card, NULL),
        APP_OPTION("blend", &o->blend, NULL),
        APP_OPTION("text", &o->text, NULL),
        APP_OPTION("parameters", &o->parameters, "random"),
        APP_OPTION("size", &o->size, "the model's"),
        APP_OPTION("batch", &o->batch, "of an ONNX file: 1; 0: dynamic"),
        APP_OPTION("fused", &o->fused, NULL),
        APP_OPTIONS_END};
    const app_arguments what = {.synopsis = "IN [OUT]", .summary = SUMMARY, .entries = entries};
    const nn_status status = app_parse_arguments(&what, argc, argv, err);
    return status == NN_OK ? check_options(o, *argc, *argv, err) : status;
}

static nn_status open_model(nn_model **out, const convert_options *o, const char *in, nn_error *err)
{
    const nn_text_classes texts = {.texts = o->text};
    app_model_source from = {.name = o->network ? o->network : in,
                             .options = o->options,
                             .parameters = o->network ? in : o->parameters,
                             .input_h = o->height,
                             .input_w = o->width,
                             .head = o->head,
                             .texts = o->text ? &texts : NULL,
                             .labels = o->names};
    if (!from.parameters && app_is_network(in)) {
        from.parameters = "random";
        fprintf(stderr, "neroscale convert: %s gets random parameters (--parameters FILE)\n", in);
    }
    return app_open_model(out, &from, err);
}

static nn_status save(const convert_options *o, const nn_model *m, const char *out, nn_error *err)
{
    const nn_save_options options = {.half = o->half,
                                     .batch = o->batch > 0 ? o->batch : NN_SAVE_ANY_BATCH,
                                     .input_h = o->height,
                                     .input_w = o->width};
    nn_status status = NN_OK;
    if (o->format->sized && !m->fixed_inputs) {
        const int count = nn_graph_input_count(m->graph);
        g_autofree nn_shape *inputs = g_new(nn_shape, count + 1);
        for (int i = 0; i < count; i++) {
            inputs[i] = nn_model_input_shape(m, i, o->height, o->width);
            inputs[i].dim[0] = o->batch > 0 ? o->batch : 1;
        }
        status = app_check_size(m, inputs, err);
    }
    return status == NN_OK ? o->format->save(m, out, &options, err) : status;
}

static void say_wide(const char *name)
{
    fprintf(
        stderr,
        "neroscale convert: '%s' stays float32, because it has numbers over 65504, where float16 "
        "ends\n",
        name);
}

static void say_all_wide(const nn_model *m)
{
    for (int i = 0; i < nn_graph_param_count(m->graph); i++) {
        const nn_tensor *t = &m->params[i];
        const nn_value_info info = nn_graph_value(m->graph, nn_graph_param_at(m->graph, i));
        if (t->shape.rank >= 2 && info.param != NN_PARAM_BUFFER &&
            !nn_f16_holds(nn_tensor_f32(t), nn_shape_count(&t->shape)))
            say_wide(info.name);
    }
}

// Frees a graph of its input size, where that is possible.
static void free_of_size(nn_model **m, const char *in)
{
    nn_error why;
    if (app_make_dynamic(m, in, &why) == NN_OK)
        return;
    const nn_shape s = (*m)->fixed_inputs[0];
    if (s.rank == 4)
        fprintf(stderr,
                "neroscale convert: the model takes images of height %lld, width %lld only: %s\n",
                (long long)s.dim[2], (long long)s.dim[3], why.text);
}

// Applies --blend.
static nn_status blend(nn_model *m, const char *text, nn_error *err)
{
    const char *sign = strrchr(text, '=');
    char *end = NULL;
    nn_model *other = NULL;
    const double part = sign ? g_ascii_strtod(sign + 1, &end) : 0;
    if (!sign || end == sign + 1 || *end || !(part >= 0 && part <= 1))
        return nn_fail(err, NN_EINVAL, "--blend %s: not MODEL=X with X from 0 to 1", text);
    g_autofree char *name = g_strndup(text, (gsize)(sign - text));
    nn_status status = nn_model_load(&other, name, err);
    if (status == NN_OK)
        status = nn_model_blend(m, other, (float)part, err);
    nn_model_free(other);
    return status == NN_OK ? status : nn_fail_prefix(err, status, "--blend %s", name);
}

static nn_status convert_model(const convert_options *o, const char *in, const char *out,
                               nn_error *err)
{
    nn_model *m = NULL;
    nn_status status = open_model(&m, o, in, err);
    if (status == NN_OK && o->format->tensors && !o->network)
        free_of_size(&m, in);
    if (status == NN_OK && o->blend)
        status = blend(m, o->blend, err);
    if (status == NN_OK && o->card)
        status = nn_card_change(&m->card, o->card, err);
    if (status == NN_OK && o->fused)
        status = nn_model_fuse(&m, 0, err);
    if (status == NN_OK && o->half)
        say_all_wide(m);
    if (status == NN_OK)
        status = save(o, m, out, err);
    nn_model_free(m);
    return status;
}

// Converts wider floats of rank >= 2 to float16; *made gets what must be freed.
static nn_status halve(nn_tensor *t, const char *name, void **made, nn_error *err)
{
    const int64_t count = nn_shape_count(&t->shape);
    nn_tensor half;
    float *wide = NULL;
    if (t->shape.rank < 2 || (t->dtype != NN_F32 && t->dtype != NN_BF16))
        return NN_OK;
    if (t->dtype == NN_BF16) { // through float32
        wide = nn_alloc((size_t)count * sizeof *wide);
        if (!wide)
            return nn_fail(err, NN_ENOMEM, "out of memory");
        nn_convert(NN_F32, wide, NN_BF16, t->data, count);
    }
    const float *from = wide ? wide : t->data;
    nn_status status = NN_OK;
    if (!nn_f16_holds(from, count)) {
        say_wide(name);
    } else if ((status = nn_tensor_init(&half, NN_F16, &t->shape, err)) == NN_OK) {
        nn_convert(NN_F16, half.data, NN_F32, from, count);
        *t = half;
        *made = half.data;
    }
    nn_free(wide);
    return status;
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
            status = halve(&tensors[i], names[i], &made[i], err);
    }
    if (status == NN_OK)
        status = o->format->tensors(out, names, tensors, b.count, (const char *const *)b.meta,
                                    b.meta_count, err);
    for (int i = 0; i < b.count; i++)
        nn_free(made[i]);
    nn_bundle_release(&b);
    return status;
}

static bool holds_graph(const char *path)
{
    nn_bundle b;
    if (nn_graph_format_find(path))
        return true;
    if (nn_bundle_load(&b, path, NULL) != NN_OK)
        return false;
    const bool holds = nn_bundle_meta(&b, "neroscale.graph") != NULL;
    nn_bundle_release(&b);
    return holds;
}

static nn_status convert(const convert_options *o, const char *in, const char *out, nn_error *err)
{
    char path[4096];
    const bool network = o->network || app_is_network(in);
    const nn_status status = network ? NN_OK : app_find_model(in, path, sizeof path, err);
    if (status != NN_OK)
        return status;
    const bool graph = !network && holds_graph(path);
    if (o->size && !o->format->sized && !graph)
        return nn_fail(err, NN_EINVAL, "--size is for .onnx files only, read or written");
    if (network || graph || !o->format->tensors || o->fused || o->names || o->head || o->card ||
        o->blend || o->text)
        return convert_model(o, network ? in : path, out, err);
    return convert_tensors(o, path, out, err);
}

int app_cmd_convert(int argc, char **argv)
{
    convert_options o = {.batch = 1};
    nn_error err = {0};
    nn_status status = parse(&o, &argc, &argv, &err);
    if (status == NN_OK)
        status = convert(&o, argv[1], o.out, &err);
    g_free(o.network);
    g_free(o.options);
    g_free(o.out);
    g_free(o.names);
    g_free(o.head);
    g_free(o.card);
    g_free(o.parameters);
    g_free(o.size);
    g_free(o.blend);
    g_free(o.text);
    return app_end(status, &err);
}
