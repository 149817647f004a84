// SPDX-License-Identifier: MIT
// Reads ONNX models: checks what is asked for, then builds node after node.
// Format and operators: github.com/onnx/onnx, docs/IR.md and docs/Operators.md.
#include "nn/io/onnx/onnx.h"

#include "nn/base/memory.h"
#include "nn/io/file.h"
#include "nn/io/io.h"
#include "nn/io/json.h"
#include "nn/io/onnx/onnx_check.h"
#include "nn/io/onnx/onnx_external.h"
#include "nn/io/onnx/onnx_names.h"
#include "nn/io/onnx/onnx_ops.h"
#include "nn/io/onnx/onnx_picture.h"
#include "nn/io/onnx/onnx_proto.h"
#include "nn/io/onnx/onnx_reader.h"
#include "nn/io/onnx/onnx_size_inputs.h"
#include "nn/io/onnx/onnx_tail.h"
#include "onnx.pb-c.h"

#include <stdio.h>
#include <string.h>

#define MAX_CONSTANTS ((uint64_t)4 << 30)
enum {
    OLDEST_OPSET = 1,
    NEWEST_OPSET = 25,
    EXTRA_CONSTANTS = 64 << 20,
};

typedef nn_onnx_reader reader;

static nn_status check_model(reader *r, const Onnx__ModelProto *model)
{
    r->graph = model->graph;
    if (!r->graph)
        return nn_fail(r->err, NN_EFORMAT, "there is no graph");
    for (size_t i = 0; i < model->n_opset_import; i++)
        if (nn_onnx_is_default_domain(model->opset_import[i]->domain))
            r->opset = (int)model->opset_import[i]->version;
    r->model = model;
    nn_status status = nn_onnx_check_model(model, r->err);
    if (status == NN_OK && (r->opset < OLDEST_OPSET || r->opset > NEWEST_OPSET))
        return nn_fail(r->err, NN_EUNSUPPORTED, "opset %d, supported are %d to %d", r->opset,
                       OLDEST_OPSET, NEWEST_OPSET);
    return status;
}

static const char *find_metadata(const Onnx__ModelProto *model, const char *key)
{
    for (size_t i = 0; i < model->n_metadata_props; i++) {
        const Onnx__StringStringEntryProto *e = model->metadata_props[i];
        if (e->key && e->value && strcmp(e->key, key) == 0)
            return e->value;
    }
    return NULL;
}

static bool has_plain_keypoints(const Onnx__ModelProto *model)
{
    const char *shape = find_metadata(model, "kpt_shape");
    int count, numbers;
    return shape && sscanf(shape, "[%d, %d]", &count, &numbers) == 2 && numbers == 2;
}

// The card in the metadata, if there is one: its input size is for heights and widths left open.
// Without one perhaps what Ultralytics' exporters write: "task", "names" of the classes, and
// "kpt_shape", "[17, 3]"; poses of 2 numbers a keypoint become the task "pose2".
static nn_status read_card(reader *r, const Onnx__ModelProto *model)
{
    const char *json = find_metadata(model, "neroscale"), *names = find_metadata(model, "names");
    const char *task = find_metadata(model, "task");
    if (json)
        return nn_card_from_json(&r->card, json, r->err);
    if (task && nn_json_plain_text(task))
        snprintf(r->card.exporter_task, sizeof r->card.exporter_task, "%s%s", task,
                 has_plain_keypoints(model) ? "2" : "");
    return names ? nn_onnx_read_names(&r->card, names, r->err) : NN_OK;
}

// --- tensors ---

static bool is_open(const Onnx__TensorShapeProto__Dimension *d)
{
    return d->value_case != ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE ||
           d->dim_value <= 0;
}

static nn_onnx_layout layout_of(const reader *r, const Onnx__TypeProto__Tensor *t)
{
    return r->options->picture ? nn_onnx_picture_layout(t->shape) : NN_ONNX_NCHW;
}

// Height and width of an image that the file leaves open, or that the caller chooses.
static void set_sides(const reader *r, const Onnx__TypeProto__Tensor *t, nn_shape *shape)
{
    const nn_onnx_options *o = r->options;
    const nn_onnx_layout layout = layout_of(r, t);
    const int open[] = {r->card.input_h > 0 ? r->card.input_h : o->open_h,
                        r->card.input_w > 0 ? r->card.input_w : o->open_w};
    const int chosen[] = {o->input_h, o->input_w}, first = nn_onnx_height_axis(layout);
    if (shape->rank != 4 && layout == NN_ONNX_NCHW)
        return;
    for (int i = 0; i < 2; i++) {
        if (open[0] > 0 && open[1] > 0 && is_open(t->shape->dim[first + i]))
            shape->dim[first + i] = open[i];
        if (chosen[0] > 0 && chosen[1] > 0)
            shape->dim[first + i] = chosen[i];
    }
}

// Shape of an input as declared; other open dims become 1.
static nn_status declared_shape(const reader *r, const Onnx__ValueInfoProto *info, nn_shape *shape)
{
    const Onnx__TypeProto__Tensor *t =
        info->type && info->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE
            ? info->type->tensor_type
            : NULL;
    if (!t || !nn_onnx_type_is_known(t->elem_type))
        return nn_fail(r->err, NN_EUNSUPPORTED, "input '%s' is no tensor of a known type",
                       info->name);
    *shape = (nn_shape){0};
    for (size_t i = 0; t->shape && i < t->shape->n_dim; i++) {
        const Onnx__TensorShapeProto__Dimension *d = t->shape->dim[i];
        if (shape->rank == NN_MAX_RANK)
            return nn_fail(r->err, NN_EUNSUPPORTED, "input '%s' has over %d dims", info->name,
                           NN_MAX_RANK);
        shape->dim[shape->rank++] = is_open(d) ? 1 : d->dim_value;
    }
    set_sides(r, t, shape);
    return NN_OK;
}

// An input that the caller made a constant.
static void add_constant(const reader *r, const char *name, const nn_tensor *t, bool integer)
{
    const nn_onnx_value *v;
    float *data = nn_onnx_import_constant(r->import, &t->shape, integer, &v);
    if (data && nn_shape_count(&t->shape) > 0)
        memcpy(data, t->data, nn_tensor_bytes(t));
    nn_onnx_import_bind(r->import, name, v);
}

// Height and width of the image that the other inputs are about: the first one of rank 4. False
// when there is none.
static bool find_image(const reader *r, int64_t sides[2])
{
    nn_shape shape;
    for (size_t i = 0; i < r->graph->n_input; i++) {
        const Onnx__ValueInfoProto *info = r->graph->input[i];
        if (nn_onnx_has_value(r, info->name) || declared_shape(r, info, &shape) != NN_OK ||
            shape.rank != 4)
            continue;
        const int axis = nn_onnx_height_axis(layout_of(r, info->type->tensor_type));
        sides[0] = shape.dim[axis];
        sides[1] = shape.dim[axis + 1];
        return true;
    }
    return false;
}

// Makes an input that tells the size of the image a constant, unless the caller feeds the inputs.
static bool add_size(reader *r, const char *name, const nn_shape *shape, bool integer,
                     const int64_t image[2])
{
    float values[2];
    const char *head;
    const nn_onnx_value *v;
    if (r->options->inputs || !nn_onnx_size_input(name, shape, image[0], image[1], values, &head))
        return false;
    float *data = nn_onnx_import_constant(r->import, shape, integer, &v);
    for (int64_t i = 0; data && i < nn_shape_count(shape); i++)
        data[i] = values[i % 2];
    nn_onnx_import_bind(r->import, name, v);
    if (head)
        snprintf(r->card.head, sizeof r->card.head, "%s", head);
    return true;
}

// Whether an input is a picture of bytes, whose range the card tells then.
static bool is_bytes(reader *r, int type, nn_onnx_layout layout, const nn_shape *shape)
{
    const bool planes = shape->rank == 4 && shape->dim[1] == 3;
    if (!r->options->picture || type != ONNX__TENSOR_PROTO__DATA_TYPE__UINT8 ||
        (layout == NN_ONNX_NCHW && !planes))
        return false;
    for (int i = 0; i < 3; i++)
        r->card.std[i] = r->card.std[i] > 0 ? r->card.std[i] : 1 / 255.0f;
    return true;
}

static nn_status add_inputs(reader *r)
{
    int index = 0, given = 0;
    int64_t image[2] = {0};
    const bool has_image = find_image(r, image);
    for (size_t i = 0; i < r->graph->n_input; i++) {
        const Onnx__ValueInfoProto *info = r->graph->input[i];
        nn_shape shape;
        if (nn_onnx_has_value(r, info->name)) // up to IR 3 initialisers are inputs too
            continue;
        nn_status status = declared_shape(r, info, &shape);
        const int at = given++;
        if (status == NN_OK && r->options->inputs && at < r->options->n_inputs)
            shape = r->options->inputs[at];
        if (status == NN_OK)
            status = nn_shape_check(&shape, NN_F32, r->err);
        if (status != NN_OK)
            return status;
        const int type = info->type->tensor_type->elem_type;
        const bool integer = nn_onnx_type_is_integer(type);
        const nn_onnx_layout layout = layout_of(r, info->type->tensor_type);
        if (has_image && add_size(r, info->name, &shape, integer, image)) {
            nn_onnx_set_type(nn_onnx_import_find(r->import, info->name), type);
            continue;
        }
        if (r->options->constants && at < r->options->n_inputs && r->options->constants[at].data)
            add_constant(r, info->name, &r->options->constants[at], integer);
        else if (is_bytes(r, type, layout, &shape) || layout != NN_ONNX_NCHW)
            nn_onnx_add_picture(r, info->name, index++, layout, &shape, integer);
        else
            nn_onnx_import_input(r->import, info->name, index++, &shape, integer);
        nn_onnx_set_type(nn_onnx_import_find(r->import, info->name), type);
    }
    return NN_OK;
}

static nn_status finish(const reader *r, nn_model **out)
{
    const char *names[NN_ONNX_MAX_OUTPUTS];
    const nn_onnx_value *values[NN_ONNX_MAX_OUTPUTS];
    const nn_error *e = nn_onnx_import_error(r->import);
    if (e->status)
        return nn_fail(r->err, e->status, "%s", e->text);
    for (size_t i = 0; i < r->graph->n_output; i++) {
        names[i] = r->graph->output[i]->name;
        if (!nn_onnx_has_value(r, names[i]))
            return nn_fail(r->err, NN_EFORMAT, "the output '%s' is made by no node", names[i]);
        values[i] = nn_onnx_import_find(r->import, names[i]);
        if (values[i]->items)
            return nn_fail(r->err, NN_EUNSUPPORTED, "the output '%s' is a sequence", names[i]);
    }
    return nn_onnx_import_finish(r->import, names, values, (int)r->graph->n_output, out, r->err);
}

// The card that was read, for the size that the model was read for.
static void take_card(reader *r, nn_model *m)
{
    for (int i = 0; i < 3; i++)
        r->card.std[i] = r->card.std[i] > 0 ? r->card.std[i] : 1;
    m->card = r->card;
    r->card = (nn_card){0};
    if (m->card.input_h > 0 && nn_graph_input_count(m->graph) > 0 && m->fixed_inputs[0].rank == 4) {
        m->card.input_h = (int)m->fixed_inputs[0].dim[2];
        m->card.input_w = (int)m->fixed_inputs[0].dim[3];
    }
}

// A few bytes may ask for terabytes; but light files of whole networks are real, too.
static size_t constant_bytes(const nn_onnx_options *o, size_t size)
{
    const uint64_t quarter = nn_memory_of_machine() / 4, most = MAX_CONSTANTS;
    const uint64_t machine = quarter < most ? quarter : most, file = EXTRA_CONSTANTS + 4 * size;
    return o->constant_bytes > 0 ? o->constant_bytes : (size_t)(file > machine ? file : machine);
}

// Builds node after node; those that need data, and those behind them, wait.
static nn_status build_nodes(reader *r, nn_onnx_waiting *waiting)
{
    nn_status status = NN_OK;
    r->import->tails = r->options->tail;
    for (size_t i = 0; i < r->graph->n_node && status == NN_OK; i++) {
        const int values = r->import->value_count, steps = r->import->step_count;
        status = nn_onnx_build_node(r, r->graph->node[i]);
        if (status != NN_OK && r->import->tails && r->import->waits)
            status = nn_onnx_waiting_add(waiting, r, r->graph->node[i], values, steps);
    }
    return status;
}

// *taken: a tail has taken over the message.
static nn_status read_model(reader *r, const Onnx__ModelProto *model, size_t size, nn_model **out,
                            bool *taken)
{
    nn_onnx_waiting waiting = {0};
    nn_status status = check_model(r, model);
    if (status == NN_OK)
        status = read_card(r, model);
    if (status != NN_OK)
        return status;
    r->import = nn_onnx_import_new(constant_bytes(r->options, size));
    if (!r->import)
        return nn_fail(r->err, NN_ENOMEM, "out of memory");
    status = nn_onnx_add_initializers(r, r->graph);
    if (status == NN_OK)
        status = add_inputs(r);
    if (status == NN_OK)
        status = build_nodes(r, &waiting);
    if (status == NN_OK)
        status = waiting.count > 0 ? nn_onnx_tail_finish(r, &waiting, out, taken) : finish(r, out);
    if (status == NN_OK)
        take_card(r, *out);
    if (!*taken)
        nn_onnx_import_free(r->import);
    nn_onnx_waiting_release(&waiting);
    return status;
}

// `folder`: where other files of the model may lie, NULL: nowhere.
static nn_status parse(nn_model **out, const void *bytes, size_t size, const char *folder,
                       const nn_onnx_options *options, nn_error *err)
{
    static const nn_onnx_options none = {0};
    nn_error local;
    nn_onnx_external external = {.folder = folder};
    reader r = {
        .options = options ? options : &none, .external = &external, .err = err ? err : &local};
    Onnx__ModelProto *model;
    *out = NULL;
    nn_status status = nn_onnx_read_proto(&model, bytes, size, r.err);
    bool taken = false;
    if (status == NN_OK)
        status = read_model(&r, model, size, out, &taken);
    nn_card_release(&r.card);
    if (!taken)
        nn_onnx_free_proto(model);
    nn_onnx_external_release(&external);
    if (status == NN_OK)
        return NN_OK;
    nn_model_free(*out);
    *out = NULL;
    return nn_fail_prefix(err, status, "onnx");
}

nn_status nn_onnx_parse(nn_model **out, const void *bytes, size_t size,
                        const nn_onnx_options *options, nn_error *err)
{
    return parse(out, bytes, size, NULL, options, err);
}

nn_status nn_onnx_load(nn_model **out, const char *path, const nn_onnx_options *options,
                       nn_error *err)
{
    nn_file file;
    *out = NULL;
    nn_status status = nn_file_map(&file, path, err);
    if (status != NN_OK)
        return status;
    const char *slash = strrchr(path, '/');
    char *folder = slash ? nn_strdup(path) : nn_strdup(".");
    if (folder && slash)
        folder[slash - path + (slash == path)] = '\0';
    status = folder ? parse(out, file.bytes, file.size, folder, options, err)
                    : nn_fail(err, NN_ENOMEM, "out of memory");
    nn_free(folder);
    nn_file_unmap(&file);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "%s", path);
}
