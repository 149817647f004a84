// SPDX-License-Identifier: MIT
// What is in a file that cannot be loaded as a model.
#include "app/inspect/file_contents.h"
#include "app/cli/shell_word.h"

#include "nn/base/memory.h"
#include "nn/io/graph_format.h"
#include "nn/io/io.h"
#include "nn/io/model_graph.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

bool app_print_weights(const char *path)
{
    nn_bundle b;
    char shape[96];
    int wide = 6;
    int64_t numbers = 0;
    if (!*path || nn_bundle_load(&b, path, NULL) != NN_OK)
        return false;
    g_autofree char *word = app_shell_word(path);
    const bool weights = !nn_bundle_meta(&b, NN_MODEL_CARD_KEY) &&
                         !nn_bundle_meta(&b, NN_MODEL_GRAPH_KEY) && b.count > 0;
    for (int i = 0; i < b.count; i++) {
        wide = MAX(wide, (int)strlen(b.tensors[i].name));
        numbers += nn_shape_count(&b.tensors[i].tensor.shape);
    }
    if (weights)
        printf("file        %s\n"
               "network     not told: these are weights, %d tensors with %lld numbers\n"
               "to use it   'neroscale convert %s model.safetensors --network NAME', NAME one of "
               "'neroscale list'\n\n%-*s  type  shape\n",
               path, b.count, (long long)numbers, word, wide, "tensor");
    for (int i = 0; i < b.count && weights; i++)
        printf("%-*s  %-4s  %s\n", wide, b.tensors[i].name,
               nn_dtype_name(b.tensors[i].tensor.dtype),
               nn_shape_text(&b.tensors[i].tensor.shape, shape, sizeof shape));
    nn_bundle_release(&b);
    return weights;
}

void app_print_operators(const char *path)
{
    const nn_graph_format *format = *path ? nn_graph_format_find(path) : NULL;
    nn_graph_operator *list = NULL;
    int count = 0;
    if (!format || !format->operators || format->operators(&list, &count, path, NULL) != NN_OK)
        count = 0;
    if (count > 0)
        printf("%-24s %6s\n", "operator", "nodes");
    for (int i = 0; i < count; i++)
        printf("%-24s %6d%s%s%s\n", list[i].name, list[i].nodes,
               list[i].supported ? "" : "  not supported: node '",
               list[i].supported ? "" : list[i].node, list[i].supported ? "" : "'");
    nn_free(list);
}
