// SPDX-License-Identifier: MIT
// neroscale info: prints the card of a model, and its layers with shapes and costs.
#include "app/cli/arguments.h"
#include "app/cli/files.h"
#include "app/cli/image_size.h"
#include "app/cli/open_model.h"
#include "app/cli/option_table.h"
#include "app/commands/command.h"
#include "app/inspect/dot.h"
#include "app/inspect/file_contents.h"
#include "nn/graph/plan.h"
#include "nn/graph/quantized.h"
#include "nn/io/io.h"
#include "nn/vision/decode/decode.h"
#include "nn/vision/skeleton.h"
#include "nn/zoo/zoo.h"
#include "po/translate.h"

#include <cjson/cJSON.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char SUMMARY[] = N_(
    "Prints what a model file holds: network, task, labels, preprocessing and training; every "
    "layer with\n"
    "its output shape, parameters, multiply-accumulates and output memory; and the peak memory of\n"
    "inference.\n"
    "\n"
    "MODEL is a file, the name of an installed model, or a network of 'neroscale list'.\n"
    "\n"
    "Examples:\n"
    "  neroscale info person\n"
    "  neroscale info resnet50 --dot resnet50.dot\n"
    "  neroscale info neroscale_alexpp --options alpha=0.5,transformer=1 --size 576x576\n"
    "  neroscale info mine.safetensors --fused --size 640x384\n"
    "  neroscale info detector.onnx");

typedef struct info_options {
    gboolean fused;
    char *size, *options, *dot;
    int width, height; // 0: the model's
} info_options;

static nn_status parse(info_options *o, int *argc, char ***argv, nn_error *err)
{
    const GOptionEntry entries[] = {APP_OPTION("fused", &o->fused, NULL),
                                    APP_OPTION("size", &o->size, "the model's"),
                                    APP_OPTION("options", &o->options, NULL),
                                    APP_OPTION("dot", &o->dot, NULL), APP_OPTIONS_END};
    const app_arguments what = {.synopsis = "MODEL", .summary = SUMMARY, .entries = entries};
    nn_status status = app_parse_arguments(&what, argc, argv, err);
    if (status == NN_OK)
        status = app_check_one_model(*argc, err);
    if (status == NN_OK) {
        app_files files = {0};
        app_files_read(&files, "MODEL", (*argv)[1]);
        app_files_refresh(&files, "--dot", o->dot);
        status = app_files_claim(&files, false, err);
    }
    return status == NN_OK ? app_parse_size("--size", o->size, &o->width, &o->height, err) : status;
}

// "--epochs 16 --batch 8 ...", as many to a line as fit.
static void print_options(const cJSON *options)
{
    enum { FIRST = 20, WIDTH = 96 };
    const cJSON *item;
    int column = printf("  %-17s", "options");
    cJSON_ArrayForEach(item, options)
    {
        char *value = cJSON_IsString(item) ? NULL : cJSON_PrintUnformatted(item);
        const char *text = value ? value : cJSON_GetStringValue(item);
        const bool flag = cJSON_IsBool(item);
        const int length = (int)(strlen(item->string) + (flag ? 3 : 4 + strlen(text)));
        if (column + length > WIDTH)
            column = printf("\n%*s", FIRST - 1, "") - 1;
        if (!flag)
            column += printf(" --%s %s", item->string, text);
        else if (cJSON_IsTrue(item))
            column += printf(" --%s", item->string);
        cJSON_free(value);
    }
    putchar('\n');
}

// Prints the record of the training, one line a key.
static void print_training(const char *text)
{
    cJSON *json = cJSON_Parse(text);
    const cJSON *item;
    cJSON_ArrayForEach(item, json)
    {
        if (cJSON_IsObject(item) && strcmp(item->string, "options") == 0) {
            print_options(item);
            continue;
        }
        char *value = cJSON_IsString(item) ? NULL : cJSON_PrintUnformatted(item);
        printf("  %-17s %s\n", item->string, value ? value : cJSON_GetStringValue(item));
        cJSON_free(value);
    }
    cJSON_Delete(json);
}

// "anchors     stride 16: 10x14 23x27 37x58"
static void print_anchors(const nn_anchors *anchors)
{
    for (int i = 0; i < anchors->count; i++) {
        const nn_anchor_level *level = &anchors->level[i];
        printf("%-11s stride %d:", i ? "" : "anchors", level->stride);
        for (int k = 0; k < level->count; k++)
            printf(" %gx%g", (double)level->size[k][0], (double)level->size[k][1]);
        if (level->scale_x_y > 0)
            printf(", scale_x_y %g", (double)level->scale_x_y);
        putchar('\n');
    }
}

static void print_keypoints(const nn_skeleton *s)
{
    if (!s)
        return;
    printf("keypoints   %d:", s->count);
    for (int i = 0; i < s->count; i++)
        printf(" %s", s->names[i]);
    putchar('\n');
}

static void print_thresholds(const nn_card *card)
{
    printf("thresholds  score %g, IoU %g\n", (double)card->threshold, (double)card->iou_threshold);
    if (!card->class_thresholds)
        return;
    printf("%-11s", "");
    for (int i = 0; i < card->label_count; i++)
        printf(" %s %g", card->labels[i], (double)card->class_thresholds[i]);
    putchar('\n');
}

// Prints the metadata of a model file.
static void print_card_of_file(const nn_card *card)
{
    printf("labels      %d:", card->label_count);
    for (int i = 0; i < card->label_count; i++)
        printf(" %s", card->labels[i]);
    putchar('\n');
    if (card->rival_count > 0)
        printf("rivals      %d more classes that win over these and are not reported\n",
               card->rival_count);
    print_keypoints(card->keypoints);
    const nn_decoder *decoder = nn_decoder_of(card->head, card->task);
    if (!decoder || !decoder->paint) // segmentation takes the best class of each pixel
        print_thresholds(card);
    print_anchors(&card->anchors);
    if (card->training) {
        puts("training");
        print_training(card->training);
    }
    if (card->notice)
        printf("notice\n%s\n", card->notice);
}

// Prints the input: the size in the card, or the only one of an ONNX file.
static void print_inputs(const nn_model *m)
{
    const nn_card *card = &m->card;
    char text[96];
    if (!m->fixed_inputs)
        printf("input       %dx%d", card->input_w, card->input_h);
    else
        printf("input       ");
    for (int i = 0; m->fixed_inputs && i < nn_graph_input_count(m->graph); i++)
        printf("%s%s %s", i ? ", " : "",
               nn_graph_value(m->graph, nn_graph_input_at(m->graph, i)).name,
               nn_shape_text(&m->fixed_inputs[i], text, sizeof text));
    printf(", mean %g %g %g, std %g %g %g%s%s", (double)card->mean[0], (double)card->mean[1],
           (double)card->mean[2], (double)card->std[0], (double)card->std[1], (double)card->std[2],
           card->bgr ? ", BGR" : "",
           card->stretch   ? ", stretched"
           : card->reshape ? ", in the frame's shape"
                           : "");
    if (card->crop > 0)
        printf(", the middle %g of pictures", (double)card->crop);
    printf("%s\n", card->sigmoid ? ", several classes a picture" : "");
}

// `path` is empty for a network without a file.
static void print_card(const char *path, const nn_model *m)
{
    const nn_card *card = &m->card;
    struct stat st;
    if (*path && stat(path, &st) == 0)
        printf("file        %s (%.2f MiB)\n", path, (double)st.st_size / (1 << 20));
    printf("network     %s%s%s\n", card->network[0] ? card->network : "(a graph of its own)",
           card->options[0] ? " " : "", card->options);
    printf("task        %s%s%s\n", card->task[0] ? card->task : "(not told)",
           card->head[0] ? ", head " : "", card->head);
    print_inputs(m);
    if (*path)
        print_card_of_file(card);
}

// What a value is before it is quantised.
static nn_value_info behind_quantizer(const nn_graph *g, nn_value value)
{
    nn_value_info v = nn_graph_value(g, value);
    while (v.kind == NN_VALUE_NODE && nn_node_is_quantizer(g, v.index))
        v = nn_graph_value(g, nn_graph_node_at(g, v.index).in[0]);
    return v;
}

static int64_t trained_inputs(const nn_graph *g, const nn_node_info *node)
{
    int64_t n = 0;
    for (int i = 0; i < node->n_in; i++) {
        if (node->in[i] < 0)
            continue;
        nn_value_info v = behind_quantizer(g, node->in[i]);
        if (v.kind == NN_VALUE_PARAM && v.param != NN_PARAM_BUFFER)
            n += nn_shape_count(v.shape);
    }
    return n;
}

static void print_layers(const nn_model *model, const nn_plan *plan)
{
    const nn_graph *g = model->graph;
    const bool quantized = nn_graph_is_quantized(g);
    int wide = 5;
    for (int i = 0; i < nn_graph_node_count(g); i++)
        if (!nn_node_is_quantizer(g, i))
            wide = MAX(wide, (int)strlen(nn_graph_node_at(g, i).name));
    printf("\n%-*s  %-19s %-16s %12s %14s %10s%s\n", wide, "layer", "type", "output", "parameters",
           "MACs", "KiB", quantized ? "  numbers" : "");
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        nn_node_info node = nn_graph_node_at(g, i);
        char shape[64];
        const nn_shape *out = nn_plan_shape(plan, node.out);
        if (nn_node_is_quantizer(g, i)) // told by what reads it
            continue;
        printf("%-*s  %-19s %-16s %12lld %14.0f %10.1f%s%s\n", wide, node.name, node.op->name,
               nn_shape_text(out, shape, sizeof shape), (long long)trained_inputs(g, &node),
               nn_plan_node_macs(plan, i), (double)nn_shape_count(out) * sizeof(float) / 1024,
               quantized ? "  " : "", quantized ? nn_node_precision(g, i) : "");
    }
}

static void print_totals(const nn_model *model, const nn_plan *plan)
{
    const nn_graph *g = model->graph;
    int layers = 0;
    size_t bytes = 0;
    for (int i = 0; i < nn_graph_node_count(g); i++)
        layers += !nn_node_is_quantizer(g, i);
    for (int i = 0; i < nn_graph_param_count(model->graph); i++)
        bytes += nn_tensor_bytes(&model->params[i]);
    printf("\n%d layers, %lld parameters, %.3f G multiply-accumulates a frame\n", layers,
           (long long)nn_model_param_count(model), nn_plan_macs(plan) / 1e9);
    printf("memory      %.2f MiB parameters, %.2f MiB activations and scratch\n",
           (double)bytes / (1 << 20), (double)nn_plan_bytes(plan) / (1 << 20));
}

// Prints the memory of inference, which keeps no parameter twice; uses the model up.
static nn_status print_inference(nn_model **model, const nn_shape *inputs, int count, nn_error *err)
{
    nn_plan *plan = NULL;
    nn_pool *pool = nn_pool_new(0);
    nn_status status = pool ? nn_model_fuse(model, 0, err) : nn_fail(err, NN_ENOMEM, "no threads");
    const nn_plan_options options = {
        .compiled = true, .half = (*model)->half, .release_weights_of = *model, .pool = pool};
    if (status == NN_OK)
        status = nn_plan_new(&plan, *model, inputs, count, &options, err);
    if (status == NN_OK)
        printf("inference   %.2f MiB at its peak, with weights prepared and %d thread%s\n",
               (double)nn_plan_peak_bytes(plan) / (1 << 20), nn_pool_threads(pool),
               nn_pool_threads(pool) > 1 ? "s" : "");
    nn_plan_free(plan);
    nn_pool_free(pool);
    return status;
}

// Opens a model file, or a network by name with initial parameters, with an empty `path`.
static nn_status load(nn_model **out, const info_options *o, const char *name, char *path,
                      size_t size, nn_error *err)
{
    nn_status status = app_find_model(name, path, size, err);
    if (status == NN_OK && o->options)
        return nn_fail(err, NN_EINVAL,
                       "--options is for networks given by name; %s is a model file", name);
    if (status == NN_OK)
        return app_open_model(
            out, &(app_model_source){.name = path, .input_h = o->height, .input_w = o->width}, err);
    if (status != NN_ENOTFOUND || !nn_zoo_find(name))
        return status;
    nn_card card = {0};
    *path = '\0';
    g_strlcpy(card.network, name, sizeof card.network);
    g_strlcpy(card.task, nn_zoo_own_task(nn_zoo_find(name)), sizeof card.task);
    if (o->options &&
        g_strlcpy(card.options, o->options, sizeof card.options) >= sizeof card.options)
        return nn_fail(err, NN_EINVAL, "the options are too long");
    return nn_zoo_build(out, &card, err);
}

// Prints a model for its input shapes: the requested size, or its own; an ONNX file has one only.
static nn_status print_for(const info_options *o, const char *path, nn_model **model,
                           const nn_shape *inputs, int count, nn_error *err)
{
    const bool alone = g_strcmp0(o->dot, "-") == 0; // the graph on standard output
    nn_plan *plan = NULL;
    nn_status status = app_check_size(*model, inputs, err);
    if (status == NN_OK)
        status = nn_plan_new(&plan, *model, inputs, count, NULL, err);
    if (status == NN_OK && o->dot)
        status = app_dot_write(o->dot, *model, plan, err);
    if (status == NN_OK && !alone) {
        print_card(path, *model);
        print_layers(*model, plan);
        print_totals(*model, plan);
    }
    nn_plan_free(plan);
    return status == NN_OK && !alone ? print_inference(model, inputs, count, err) : status;
}

static nn_status print_model(const info_options *o, const char *name, nn_error *err)
{
    char path[4096];
    nn_model *model = NULL;
    nn_status status = load(&model, o, name, path, sizeof path, err);
    if (status == NN_EUNSUPPORTED && app_print_weights(path))
        return NN_OK;
    if (status == NN_EUNSUPPORTED || status == NN_ESHAPE)
        app_print_operators(path);
    if (status == NN_OK && o->fused)
        status = nn_model_fuse(&model, 0, err);
    if (status == NN_OK) {
        const int count = nn_graph_input_count(model->graph);
        nn_shape *inputs = g_new(nn_shape, count + 1);
        for (int i = 0; i < count; i++)
            inputs[i] = nn_model_input_shape(model, i, o->height, o->width);
        status = print_for(o, path, &model, inputs, count, err);
        g_free(inputs);
    }
    nn_model_free(model);
    return status;
}

int app_cmd_info(int argc, char **argv)
{
    info_options o = {0};
    nn_error err = {0};
    nn_status status = parse(&o, &argc, &argv, &err);
    if (status == NN_OK)
        status = print_model(&o, argv[1], &err);
    g_free(o.size);
    g_free(o.options);
    g_free(o.dot);
    return app_end(status, &err);
}
