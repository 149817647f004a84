// SPDX-License-Identifier: MIT
// Reads a graph from JSON text and checks all of it.
#include "nn/io/graph_json.h"

#include "nn/base/memory.h"
#include "nn/io/graph_json_internal.h"
#include "nn/ops/op_table.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { MAX_NODES = 1 << 16, MAX_OUTPUTS = 4096 };

const char *const nn_graph_json_kinds[] = {"weight", "bias", "buffer", NULL};
const char *const nn_graph_json_floats[] = {"inf", "-inf", "nan", NULL};

typedef struct reader {
    nn_graph *graph;
    const nn_bundle *bundle;
    nn_shape *shapes; // of the inputs; rank -1: none given
    nn_error *err;
} reader;

static int find_word(const char *const *words, const char *word)
{
    for (int i = 0; word && words[i]; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

bool nn_graph_json_name(const char *name)
{
    return name && *name && strlen(name) <= NN_GRAPH_JSON_NAME && nn_json_plain_text(name);
}

// Reads member `key` of item `i` of `list` as a name.
static nn_status get_name(const reader *r, const cJSON *item, const char *list, int i,
                          const char *key, const char **out)
{
    *out = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, key));
    return nn_graph_json_name(*out)
               ? NN_OK
               : nn_fail(r->err, NN_EFORMAT, "item %d of '%s' has no usable %s", i, list, key);
}

static nn_status get_list(const reader *r, const cJSON *root, const char *key, int most,
                          const cJSON **out)
{
    *out = cJSON_GetObjectItemCaseSensitive(root, key);
    if (!cJSON_IsArray(*out) || cJSON_GetArraySize(*out) > most)
        return nn_fail(r->err, NN_EFORMAT, "'%s' is no list of up to %d", key, most);
    return NN_OK;
}

static nn_status fail_graph(const reader *r)
{
    nn_error why;
    const nn_status status = nn_graph_check(r->graph, &why);
    return nn_fail(r->err, status == NN_ENOMEM ? status : NN_EFORMAT, "%s", why.text);
}

// --- inputs, parameters, outputs ---

static nn_status read_shape(const reader *r, const cJSON *list, const char *name, nn_shape *shape)
{
    const cJSON *dim;
    *shape = (nn_shape){.rank = -1};
    if (!list)
        return NN_OK;
    bool good = cJSON_IsArray(list) && cJSON_GetArraySize(list) <= NN_MAX_RANK;
    shape->rank = 0;
    if (good)
        cJSON_ArrayForEach(dim, list) good = nn_json_size(dim, &shape->dim[shape->rank++]) && good;
    if (!good)
        return nn_fail(r->err, NN_EFORMAT, "input '%s': 'shape' is no list of up to %d sizes", name,
                       NN_MAX_RANK);
    const nn_status status = nn_shape_check(shape, NN_F32, r->err);
    return status == NN_OK ? NN_OK : nn_fail_prefix(r->err, status, "input '%s'", name);
}

static nn_status read_inputs(reader *r, const cJSON *root)
{
    const cJSON *list, *item;
    nn_status status = get_list(r, root, "inputs", NN_OP_MAX_IN, &list);
    int i = 0;
    if (status != NN_OK)
        return status;
    r->shapes = nn_calloc((size_t)cJSON_GetArraySize(list), sizeof *r->shapes);
    if (!r->shapes)
        return nn_fail(r->err, NN_ENOMEM, "out of memory");
    cJSON_ArrayForEach(item, list)
    {
        const char *name;
        status = get_name(r, item, "inputs", i, "name", &name);
        if (status == NN_OK)
            status =
                read_shape(r, cJSON_GetObjectItemCaseSensitive(item, "shape"), name, &r->shapes[i]);
        if (status == NN_OK && nn_graph_input(r->graph, name) < 0)
            status = fail_graph(r);
        if (status != NN_OK)
            return status;
        if ((r->shapes[i++].rank < 0) != (r->shapes[0].rank < 0))
            return nn_fail(r->err, NN_EFORMAT, "some inputs have a shape and some have none");
    }
    return NN_OK;
}

static nn_status read_parameters(const reader *r, const cJSON *root)
{
    const cJSON *list, *item;
    nn_status status = get_list(r, root, "parameters", r->bundle->count, &list);
    int i = 0;
    if (status != NN_OK)
        return status;
    cJSON_ArrayForEach(item, list)
    {
        const char *name, *word;
        status = get_name(r, item, "parameters", i, "name", &name);
        if (status == NN_OK)
            status = get_name(r, item, "parameters", i++, "kind", &word);
        if (status != NN_OK)
            return status;
        const nn_tensor *t = nn_bundle_find(r->bundle, name);
        const int kind = find_word(nn_graph_json_kinds, word);
        if (kind < 0)
            return nn_fail(r->err, NN_EFORMAT, "parameter '%s': no kind is called '%.40s'", name,
                           word);
        if (!t)
            return nn_fail(r->err, NN_EFORMAT, "parameter '%s' has no tensor", name);
        if (nn_graph_param(r->graph, name, (nn_param_kind)kind, &t->shape) < 0)
            return fail_graph(r);
    }
    return NN_OK;
}

static nn_status read_outputs(const reader *r, const cJSON *root)
{
    const cJSON *list, *item;
    nn_status status = get_list(r, root, "outputs", MAX_OUTPUTS, &list);
    int i = 0;
    if (status != NN_OK)
        return status;
    cJSON_ArrayForEach(item, list)
    {
        const char *name, *from;
        status = get_name(r, item, "outputs", i, "name", &name);
        if (status == NN_OK)
            status = get_name(r, item, "outputs", i++, "value", &from);
        if (status != NN_OK)
            return status;
        const nn_value value = nn_graph_find_value(r->graph, from);
        if (nn_graph_find_output(r->graph, name) >= 0)
            return nn_fail(r->err, NN_EFORMAT, "two outputs are called '%s'", name);
        if (value < 0)
            return nn_fail(r->err, NN_EFORMAT, "output '%s': no value is called '%s'", name, from);
        nn_graph_output(r->graph, name, value);
    }
    return nn_graph_check(r->graph, NULL) == NN_OK ? NN_OK : fail_graph(r);
}

// --- nodes ---

static bool read_float(const cJSON *item, float *out)
{
    static const float values[] = {INFINITY, -INFINITY, NAN};
    const int word = find_word(nn_graph_json_floats, cJSON_GetStringValue(item));
    if (word >= 0)
        *out = values[word];
    else if (cJSON_IsNumber(item) && fabs(item->valuedouble) <= (double)FLT_MAX)
        *out = (float)item->valuedouble;
    else
        return false;
    return true;
}

// Reads one number of a field.
static bool read_number(const nn_field *f, const cJSON *item, char *out)
{
    int32_t whole = 0;
    float real;
    if (f->type == NN_FIELD_FLOAT) {
        if (read_float(item, &real))
            memcpy(out, &real, sizeof real);
        return read_float(item, &real);
    }
    if (f->type == NN_FIELD_ENUM)
        whole = find_word(f->names, cJSON_GetStringValue(item));
    else if (!cJSON_IsNumber(item) || item->valuedouble != floor(item->valuedouble) ||
             item->valuedouble < INT32_MIN || item->valuedouble > INT32_MAX)
        return false;
    else
        whole = (int32_t)item->valuedouble;
    memcpy(out, &whole, sizeof whole);
    return f->type == NN_FIELD_INT || whole >= 0;
}

static bool read_field(const nn_field *f, const cJSON *item, char *params)
{
    const cJSON *each;
    int i = 0;
    if (f->count == 1)
        return read_number(f, item, params + f->offset);
    if (!cJSON_IsArray(item) || cJSON_GetArraySize(item) > f->count)
        return false;
    cJSON_ArrayForEach(each, item)
    {
        if (!read_number(f, each, params + f->offset + NN_GRAPH_JSON_STEP * i++))
            return false;
    }
    return true;
}

static nn_status read_params(const reader *r, const nn_op *op, const char *node, const cJSON *from,
                             char *params)
{
    const cJSON *item;
    uint64_t seen = 0;
    if (from && !cJSON_IsObject(from))
        return nn_fail(r->err, NN_EFORMAT, "node '%s': 'params' is no object", node);
    cJSON_ArrayForEach(item, from)
    {
        const nn_field *f = op->fields;
        while (f && f->name && strcmp(f->name, item->string) != 0)
            f++;
        if (!f || !f->name)
            return nn_fail(r->err, NN_EFORMAT, "node '%s': %s has no parameter '%.40s'", node,
                           op->name, nn_json_plain_text(item->string) ? item->string : "?");
        const uint64_t bit = (uint64_t)1 << (f - op->fields);
        if (seen & bit)
            return nn_fail(r->err, NN_EFORMAT, "node '%s': '%s' stands twice", node, f->name);
        seen |= bit;
        if (!read_field(f, item, params))
            return nn_fail(r->err, NN_EFORMAT, "node '%s': '%s' is nothing that %s takes", node,
                           f->name, op->name);
    }
    return NN_OK;
}

static nn_status read_node_inputs(const reader *r, const char *node, const cJSON *list,
                                  nn_value *in, int *n_in)
{
    const cJSON *item;
    *n_in = 0;
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) > NN_OP_MAX_IN)
        return nn_fail(r->err, NN_EFORMAT, "node '%s': 'in' is no list of up to %d names", node,
                       NN_OP_MAX_IN);
    cJSON_ArrayForEach(item, list)
    {
        const char *name = cJSON_GetStringValue(item);
        in[*n_in] = name ? nn_graph_find_value(r->graph, name) : NN_NO_VALUE;
        if (name ? in[*n_in] < 0 : !cJSON_IsNull(item))
            return nn_fail(r->err, NN_EFORMAT,
                           "node '%s': its input %d, '%.80s', is no value before it", node, *n_in,
                           name && nn_json_plain_text(name) ? name : "?");
        ++*n_in;
    }
    return NN_OK;
}

static nn_status read_node(const reader *r, const cJSON *item, int i)
{
    const char *name, *word;
    nn_value in[NN_OP_MAX_IN];
    int n_in;
    nn_status status = get_name(r, item, "nodes", i, "name", &name);
    if (status == NN_OK)
        status = get_name(r, item, "nodes", i, "op", &word);
    if (status != NN_OK)
        return status;
    const nn_op *op = nn_op_find(word);
    if (!op)
        return nn_fail(r->err, NN_EUNSUPPORTED, "node '%s': there is no operator '%.40s'", name,
                       word);
    status = read_node_inputs(r, name, cJSON_GetObjectItemCaseSensitive(item, "in"), in, &n_in);
    if (status != NN_OK)
        return status;
    char *params = nn_calloc(1, op->params_size);
    if (!params)
        return nn_fail(r->err, NN_ENOMEM, "out of memory");
    status = read_params(r, op, name, cJSON_GetObjectItemCaseSensitive(item, "params"), params);
    if (status == NN_OK && nn_graph_node(r->graph, op, name, params, in, n_in) < 0)
        status = fail_graph(r);
    nn_free(params);
    return status;
}

static nn_status read_nodes(const reader *r, const cJSON *root)
{
    const cJSON *list, *item;
    nn_status status = get_list(r, root, "nodes", MAX_NODES, &list);
    int i = 0;
    if (status == NN_OK)
        cJSON_ArrayForEach(item, list)
        {
            status = read_node(r, item, i++);
            if (status != NN_OK)
                break;
        }
    return status;
}

static nn_status read_graph(reader *r, const cJSON *root)
{
    int64_t version;
    if (!nn_json_size(cJSON_GetObjectItemCaseSensitive(root, "version"), &version))
        return nn_fail(r->err, NN_EFORMAT, "no version");
    if (version != NN_GRAPH_JSON_VERSION)
        return nn_fail(r->err, NN_EUNSUPPORTED, "version %lld; this program knows %d",
                       (long long)version, NN_GRAPH_JSON_VERSION);
    nn_status status = read_inputs(r, root);
    if (status == NN_OK)
        status = read_parameters(r, root);
    if (status == NN_OK)
        status = read_nodes(r, root);
    return status == NN_OK ? read_outputs(r, root) : status;
}

nn_status nn_graph_from_json(nn_graph **out, nn_shape **fixed_inputs, const char *json,
                             const nn_bundle *b, nn_error *err)
{
    nn_error local;
    reader r = {.graph = nn_graph_new(), .bundle = b, .err = err ? err : &local};
    cJSON *root = NULL;
    *out = NULL;
    *fixed_inputs = NULL;
    nn_status status = r.graph ? nn_json_parse(&root, json, strlen(json), r.err)
                               : nn_fail(r.err, NN_ENOMEM, "out of memory");
    if (status == NN_OK)
        status = read_graph(&r, root);
    cJSON_Delete(root);
    if (status != NN_OK) {
        nn_free(r.shapes);
        nn_graph_free(r.graph);
        return nn_fail_prefix(err, status, "graph");
    }
    if (nn_graph_input_count(r.graph) < 1 || r.shapes[0].rank < 0) {
        nn_free(r.shapes);
        r.shapes = NULL;
    }
    *fixed_inputs = r.shapes;
    *out = r.graph;
    return NN_OK;
}
