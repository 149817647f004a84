// SPDX-License-Identifier: MIT
// Writes a graph as JSON text.
#include "nn/base/memory.h"
#include "nn/io/graph_json.h"
#include "nn/io/graph_json_internal.h"

#include <math.h>
#include <string.h>

typedef struct writer {
    const nn_graph *graph;
    bool failed;     // memory was short
    const char *bad; // the first name that cannot be written
} writer;

// Adds `item` to an object (under `key`) or an array, which then owns it; returns it, or NULL on
// failure.
static cJSON *add(writer *w, cJSON *to, const char *key, cJSON *item)
{
    if (item && to && (key ? cJSON_AddItemToObject(to, key, item) : cJSON_AddItemToArray(to, item)))
        return item;
    cJSON_Delete(item);
    w->failed = true;
    return NULL;
}

static void add_name(writer *w, cJSON *to, const char *key, const char *name)
{
    if (!nn_graph_json_name(name) && !w->bad)
        w->bad = name;
    add(w, to, key, w->bad ? cJSON_CreateNull() : cJSON_CreateString(name));
}

static const char *value_name(const writer *w, nn_value v)
{
    return nn_graph_value(w->graph, v).name;
}

static void add_inputs(writer *w, cJSON *root, const nn_shape *fixed)
{
    cJSON *list = add(w, root, "inputs", cJSON_CreateArray());
    for (int i = 0; i < nn_graph_input_count(w->graph); i++) {
        cJSON *item = add(w, list, NULL, cJSON_CreateObject());
        add_name(w, item, "name", value_name(w, nn_graph_input_at(w->graph, i)));
        cJSON *shape = fixed ? add(w, item, "shape", cJSON_CreateArray()) : NULL;
        for (int k = 0; fixed && k < fixed[i].rank; k++)
            add(w, shape, NULL, cJSON_CreateNumber((double)fixed[i].dim[k]));
    }
}

static void add_parameters(writer *w, cJSON *root)
{
    cJSON *list = add(w, root, "parameters", cJSON_CreateArray());
    for (int i = 0; i < nn_graph_param_count(w->graph); i++) {
        const nn_value_info info = nn_graph_value(w->graph, nn_graph_param_at(w->graph, i));
        cJSON *item = add(w, list, NULL, cJSON_CreateObject());
        add_name(w, item, "name", info.name);
        add(w, item, "kind", cJSON_CreateString(nn_graph_json_kinds[info.param]));
    }
}

static void add_outputs(writer *w, cJSON *root)
{
    cJSON *list = add(w, root, "outputs", cJSON_CreateArray());
    for (int i = 0; i < nn_graph_output_count(w->graph); i++) {
        cJSON *item = add(w, list, NULL, cJSON_CreateObject());
        add_name(w, item, "name", nn_graph_output_name(w->graph, i));
        add_name(w, item, "value", value_name(w, nn_graph_output_at(w->graph, i)));
    }
}

static cJSON *make_float(float v)
{
    return isfinite(v) ? nn_json_make_float(v)
                       : cJSON_CreateString(nn_graph_json_floats[isnan(v) ? 2 : v < 0]);
}

static cJSON *make_number(const nn_field *f, const char *from)
{
    int32_t whole;
    float real;
    memcpy(&whole, from, sizeof whole);
    memcpy(&real, from, sizeof real);
    return f->type == NN_FIELD_FLOAT  ? make_float(real)
           : f->type == NN_FIELD_ENUM ? cJSON_CreateString(f->names[whole])
                                      : cJSON_CreateNumber(whole);
}

static void add_field(writer *w, cJSON *params, const nn_field *f, const char *from)
{
    static const char zero[NN_GRAPH_JSON_STEP];
    int used = f->count;
    while (used > 0 && memcmp(from + NN_GRAPH_JSON_STEP * (used - 1), zero, sizeof zero) == 0)
        used--;
    if (used == 0)
        return;
    if (f->count == 1) {
        add(w, params, f->name, make_number(f, from));
        return;
    }
    cJSON *list = add(w, params, f->name, cJSON_CreateArray());
    for (int i = 0; i < used; i++)
        add(w, list, NULL, make_number(f, from + NN_GRAPH_JSON_STEP * i));
}

static void add_node(writer *w, cJSON *list, const nn_node_info *node)
{
    cJSON *item = add(w, list, NULL, cJSON_CreateObject());
    add_name(w, item, "name", node->name);
    add(w, item, "op", cJSON_CreateString(node->op->name));
    cJSON *in = add(w, item, "in", cJSON_CreateArray());
    for (int i = 0; i < node->n_in; i++)
        if (node->in[i] == NN_NO_VALUE)
            add(w, in, NULL, cJSON_CreateNull());
        else
            add_name(w, in, NULL, value_name(w, node->in[i]));
    cJSON *params = node->op->fields ? cJSON_CreateObject() : NULL;
    for (const nn_field *f = node->op->fields; f && f->name; f++)
        add_field(w, params, f, (const char *)node->params + f->offset);
    if (params && cJSON_GetArraySize(params) > 0)
        add(w, item, "params", params);
    else
        cJSON_Delete(params);
}

nn_status nn_graph_to_json(const nn_graph *g, const nn_shape *fixed_inputs, char **json,
                           nn_error *err)
{
    writer w = {.graph = g};
    cJSON *root = cJSON_CreateObject();
    *json = NULL;
    add(&w, root, "version", cJSON_CreateNumber(NN_GRAPH_JSON_VERSION));
    add_inputs(&w, root, fixed_inputs);
    add_parameters(&w, root);
    cJSON *nodes = add(&w, root, "nodes", cJSON_CreateArray());
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        add_node(&w, nodes, &node);
    }
    add_outputs(&w, root);
    if (!w.failed && !w.bad)
        *json = nn_json_print(root);
    cJSON_Delete(root);
    if (w.bad)
        return nn_fail(err, NN_EINVAL,
                       "a value of the graph has a name that is empty, over %d bytes or no text",
                       NN_GRAPH_JSON_NAME);
    if (*json && strlen(*json) > NN_JSON_MAX_BYTES / 2) {
        nn_free(*json);
        *json = NULL;
        return nn_fail(err, NN_EUNSUPPORTED, "the graph is too large for a file");
    }
    return *json ? NN_OK : nn_fail(err, NN_ENOMEM, "out of memory");
}
