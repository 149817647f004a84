// SPDX-License-Identifier: MIT
// neroscale list: lists the networks that can be built by name, with their costs.
#include "app/cli/arguments.h"
#include "app/cli/heads.h"
#include "app/cli/option_table.h"
#include "app/commands/command.h"
#include "nn/base/memory.h"
#include "nn/zoo/scaling.h"
#include "po/translate.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

static const char SUMMARY[] = N_(
    "Lists the networks that can be built by name: parameters, GFLOPs of a run (two operations for "
    "each\n"
    "multiply-accumulate), input size, description and source, with the network's default "
    "options.\n"
    "\n"
    "Examples:\n"
    "  neroscale list            what can be built\n"
    "  neroscale list options    the options of each network with their defaults\n"
    "  neroscale list heads      the heads whose outputs can be decoded, for --head");

typedef struct cost {
    double parameters, macs;
} cost;

static nn_status measure(const nn_graph *g, const nn_zoo_net *net, int width, int height, cost *out,
                         nn_error *err)
{
    nn_shape *shapes = nn_calloc((size_t)nn_graph_value_count(g), sizeof *shapes);
    double *macs = nn_calloc((size_t)nn_graph_node_count(g), sizeof *macs);
    const nn_shape input = nn_shape_4d(1, net->upscale ? 1 : 3, height, width);
    nn_status status = shapes && macs ? nn_graph_infer(g, &input, 1, shapes, macs, err)
                                      : nn_fail(err, NN_ENOMEM, "out of memory");
    *out = (cost){0};
    for (int i = 0; i < nn_graph_node_count(g) && status == NN_OK; i++)
        out->macs += macs[i];
    for (int i = 0; i < nn_graph_param_count(g); i++) {
        nn_value_info info = nn_graph_value(g, nn_graph_param_at(g, i));
        if (info.param != NN_PARAM_BUFFER)
            out->parameters += (double)nn_shape_count(info.shape);
    }
    nn_free(shapes);
    nn_free(macs);
    return status;
}

// A network as it is, or with a `scale` (NULL: none).
static nn_status print_net(const nn_zoo_net *net, const char *scale, bool options, nn_error *err)
{
    nn_card card = {0};
    nn_graph *g;
    cost c = {0};
    int width = 0, height = 0;
    char name[64];
    if (scale)
        g_snprintf(card.options, sizeof card.options, "scale=%s", scale);
    g_snprintf(name, sizeof name, "%s%s", scale ? "  " : net->name, card.options);
    g_strlcpy(card.network, net->name, sizeof card.network);
    g_strlcpy(card.task, nn_zoo_own_task(net), sizeof card.task);
    nn_status status = nn_zoo_input_size(net, NULL, card.options, &width, &height, err);
    if (status == NN_OK)
        status = nn_zoo_graph(&g, &card, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "%s", net->name);
    status = measure(g, net, width, height, &c, err);
    nn_graph_free(g);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "%s", net->name);
    char size[32], text[256];
    nn_zoo_format_options(net, NULL, &net->defaults, text, sizeof text);
    snprintf(size, sizeof size, "%dx%d", width, height);
    printf("%-26s %11.0f %8.2f  %-8s %s\n", name, c.parameters, 2 * c.macs / 1e9, size,
           scale     ? "width, depth and input from one number (Tan 2019)"
           : options ? text
                     : net->summary);
    return NN_OK;
}

// A network, and its scales below it.
static nn_status print_scales(const nn_zoo_net *net, bool options, nn_error *err)
{
    g_auto(GStrv) scales = g_strsplit(NN_ZOO_SCALES, ",", -1);
    nn_status status = print_net(net, NULL, options, err);
    for (int i = 0; net->scaling && !options && scales[i] && status == NN_OK; i++)
        status = print_net(net, scales[i], options, err);
    return status;
}

int app_cmd_list(int argc, char **argv)
{
    const GOptionEntry entries[] = {APP_OPTIONS_END};
    const app_arguments what = {
        .synopsis = "[networks|options|heads]", .summary = SUMMARY, .entries = entries};
    nn_error err = {0};
    nn_status status = app_parse_arguments(&what, &argc, &argv, &err);
    const char *word = argc > 1 ? argv[1] : "networks";
    const bool options = strcmp(word, "options") == 0;
    if (status == NN_OK &&
        (argc > 2 || !(options || strcmp(word, "networks") == 0 || strcmp(word, "heads") == 0)))
        status = nn_fail(&err, NN_EINVAL, "'%s' cannot be listed: networks, options or heads",
                         argv[argc > 2 ? 2 : 1]);
    if (status == NN_OK && strcmp(word, "heads") == 0) {
        g_autofree char *text = app_heads_text();
        puts(text);
        return 0;
    }
    if (status == NN_OK)
        printf("%-26s %11s %8s  %-8s %s\n", "network", "parameters", "GFLOPs", "input",
               options ? "options" : "what it is (source)");
    for (int i = 0; i < nn_zoo_count() && status == NN_OK; i++)
        status = print_scales(nn_zoo_at(i), options, &err);
    return app_end(status, &err);
}
