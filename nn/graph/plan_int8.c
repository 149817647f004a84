// SPDX-License-Identifier: MIT
// Compiled plans run what lies between dequantize_linear and quantize_linear on the whole numbers
// of 8 bits themselves.
//
// A value that quantize_linear makes is kept as bytes when a node can read or write it so. Such a
// node reads the bytes behind each dequantize_linear before it, and writes those of the
// quantize_linear behind it; these nodes are merged into it and do nothing. What else reads the
// value reads it through a dequantize_linear that runs. A node may also quantise an input of the
// graph itself, where that saves a pass over empty lanes.
#include "nn/base/memory.h"
#include "nn/graph/plan_parts.h"
#include "nn/graph/quantized.h"
#include "nn/ops/int8/int8.h"
#include "nn/ops/ops.h"

enum { IN, SCALE, ZERO }; // inputs of both operators
enum { WEIGHT = 1 };      // input of layers that read weights as whole numbers

typedef struct reader {
    int count, node; // nodes that read a value, outputs of the graph included; one of them
} reader;

typedef struct finder {
    nn_plan *plan;
    const nn_graph *g;
    reader *readers;            // of each value
    nn_op_quantized *quantized; // what is not used yet of plan->bytes.quantized
} finder;

static nn_node_info node_at(const finder *f, int i)
{
    return nn_graph_node_at(f->g, i);
}

// The node that makes v; false: none does.
static bool find_producer(const finder *f, nn_value v, nn_node_info *node)
{
    if (v < 0)
        return false;
    const nn_value_info info = nn_graph_value(f->g, v);
    if (info.kind == NN_VALUE_NODE)
        *node = node_at(f, info.index);
    return info.kind == NN_VALUE_NODE;
}

static const nn_tensor *find_param(const finder *f, nn_value v)
{
    const bool is = v >= 0 && nn_graph_value(f->g, v).kind == NN_VALUE_PARAM;
    return is ? nn_plan_dense(f->plan, v) : NULL;
}

// The mapping of a node of `op` with this type; false: it is another one, or not constant.
static bool find_mapping(const finder *f, const nn_node_info *node, const nn_op *op, int32_t type,
                         nn_op_quantized *q)
{
    const nn_quantize_params *p = node->params;
    if (node->op != op || p->type != type)
        return false;
    const nn_tensor *scale = find_param(f, node->in[SCALE]);
    const nn_value zero_value = node->n_in > ZERO ? node->in[ZERO] : NN_NO_VALUE;
    const nn_tensor *zero = find_param(f, zero_value);
    if (!scale || (zero_value >= 0 && !zero))
        return false;
    *q = (nn_op_quantized){.scale = nn_tensor_f32(scale), .scales = nn_shape_count(&scale->shape)};
    return nn_quantized_zero(zero, &q->zero) && (q->scales == 1 || p->axis == 0);
}

// Whether the value of a quantize_linear may be bytes: all that reads it can.
static bool can_be_bytes(const finder *f, const nn_node_info *node)
{
    nn_op_quantized q;
    if (!find_mapping(f, node, &nn_op_quantize_linear, NN_QUANTIZED_U8, &q) || q.scales != 1 ||
        nn_plan_dense(f->plan, node->out)->shape.rank != 4 || f->plan->constant[node->out])
        return false;
    int readers = 0;
    for (int i = 0; i < f->plan->node_count; i++) {
        const nn_node_info n = node_at(f, i);
        const bool reads = n.n_in > IN && n.in[IN] == node->out;
        readers += reads;
        if (reads &&
            (!find_mapping(f, &n, &nn_op_dequantize_linear, NN_QUANTIZED_U8, &q) || q.scales != 1))
            return false;
    }
    return f->readers[node->out].count == readers;
}

// The bytes that v stands for, through a dequantize_linear, and how.
static nn_value bytes_behind(const finder *f, nn_value v, nn_op_quantized *q)
{
    nn_node_info node, made;
    if (!find_producer(f, v, &node) || !find_producer(f, node.in[IN], &made) ||
        !can_be_bytes(f, &made) ||
        !find_mapping(f, &node, &nn_op_dequantize_linear, NN_QUANTIZED_U8, q))
        return NN_NO_VALUE;
    return node.in[IN];
}

// The input of the graph behind the bytes that v stands for, if `op` can quantise it itself. Others
// may read the bytes all the same.
static nn_value image_behind(const finder *f, nn_value v, const nn_op *op)
{
    nn_node_info node, made;
    if (!(op->flags & NN_OP_INT8_QUANTIZES) ||
        f->plan->options.knobs.disabled_passes & NN_PASS_IMAGE || !find_producer(f, v, &node) ||
        !find_producer(f, node.in[IN], &made) || made.in[IN] < 0 ||
        nn_graph_value(f->g, made.in[IN]).kind != NN_VALUE_INPUT)
        return NN_NO_VALUE;
    return made.in[IN];
}

// The parameter of whole numbers that input k of a layer stands for, where those are its weights.
// Other operators read constants as float32.
static nn_value weights_behind(const finder *f, const nn_node_info *layer, int k,
                               nn_op_quantized *q)
{
    const bool weights = layer->op == &nn_op_conv2d || layer->op == &nn_op_linear;
    nn_node_info node;
    if (!weights || k != WEIGHT || !find_producer(f, layer->in[k], &node) ||
        !find_mapping(f, &node, &nn_op_dequantize_linear, NN_QUANTIZED_S8, q) ||
        !find_param(f, node.in[IN]))
        return NN_NO_VALUE;
    q->small = f->plan->options.kernels->int8conv.small &&
               nn_int8_weights_are_small(find_param(f, node.in[IN]));
    return node.in[IN];
}

// Whether v is float32 that stands for bytes, through a dequantize_linear, and how.
static bool stands_for_bytes(const finder *f, nn_value v, nn_op_quantized *q)
{
    nn_node_info node;
    return find_producer(f, v, &node) &&
           find_mapping(f, &node, &nn_op_dequantize_linear, NN_QUANTIZED_U8, q) && q->scales == 1;
}

// The only node that reads v, as its input 0; -1: there are others, or none.
static int sole_reader(const finder *f, nn_value v)
{
    const int i = f->readers[v].count == 1 ? f->readers[v].node : -1;
    return i >= 0 && node_at(f, i).in[IN] == v ? i : -1;
}

// The node of an activation that alone reads v; -1: none.
static int following_act(const finder *f, nn_value v, nn_act *act)
{
    const int i = sole_reader(f, v);
    const nn_node_info node = i >= 0 ? node_at(f, i) : (nn_node_info){0};
    *act = i >= 0 ? nn_act_of_node(node.op, node.params) : NN_ACT_NONE;
    return *act == NN_ACT_NONE ? -1 : i;
}

// The bytes that the only reader of v makes of it.
static nn_value bytes_made(const finder *f, nn_value v, nn_op_quantized *q)
{
    const int i = sole_reader(f, v);
    if (i < 0)
        return NN_NO_VALUE;
    const nn_node_info node = node_at(f, i);
    if (node.in[IN] != v || !can_be_bytes(f, &node) ||
        !find_mapping(f, &node, &nn_op_quantize_linear, NN_QUANTIZED_U8, q))
        return NN_NO_VALUE;
    return node.out;
}

static void count_readers(finder *f)
{
    for (int i = 0; i < f->plan->node_count; i++) {
        const nn_node_info node = node_at(f, i);
        for (int k = 0; k < node.n_in; k++)
            if (node.in[k] >= 0) {
                f->readers[node.in[k]].count++;
                f->readers[node.in[k]].node = i;
            }
    }
    for (int i = 0; i < nn_graph_output_count(f->g); i++) {
        f->readers[nn_graph_output_at(f->g, i)].count++;
        f->readers[nn_graph_output_at(f->g, i)].node = -1;
    }
}

// --- nodes on bytes ---

static bool ask(const finder *f, int i, const nn_op_quantized *q, uint64_t unquantized, nn_act act,
                nn_op_impl *impl)
{
    const nn_node_info node = node_at(f, i);
    const nn_plan *plan = f->plan;
    nn_shape shapes[NN_OP_MAX_IN];
    nn_op_problem p = {.params = node.params,
                       .in = shapes,
                       .n_in = node.n_in,
                       .out = &nn_plan_dense(plan, node.out)->shape,
                       .quantized = q,
                       .unquantized = unquantized,
                       .act = act,
                       .threads = nn_pool_threads(plan->options.pool),
                       .kernels = plan->options.kernels};
    for (int k = 0; k < node.n_in; k++) {
        const nn_value v = node.in[k];
        shapes[k] = v < 0 ? (nn_shape){.rank = -1} : nn_plan_dense(plan, v)->shape;
        if (v >= 0 && k < 64) {
            p.constant |= (uint64_t)plan->constant[v] << k;
            p.blocked |= (uint64_t)plan->blocked[v] << k;
        }
    }
    return node.op->int8(&p, impl);
}

// Finds what node i can write: bytes, bytes behind the activation `after`, or float32.
static bool choose_output(const finder *f, int i, int after, nn_act act, uint64_t unquantized,
                          nn_op_quantized *q, nn_value *bytes)
{
    const nn_node_info node = node_at(f, i);
    plan_node *n = &f->plan->nodes[i];
    for (int kind = 0; kind < 3; kind++) {
        q[node.n_in] = (nn_op_quantized){0};
        bytes[node.n_in] = NN_NO_VALUE;
        n->call.act = NN_ACT_NONE;
        if (kind == 0)
            bytes[node.n_in] = bytes_made(f, node.out, &q[node.n_in]);
        else if (kind == 1 && after >= 0) {
            bytes[node.n_in] = bytes_made(f, node_at(f, after).out, &q[node.n_in]);
            n->call.act = act;
        }
        if ((bytes[node.n_in] >= 0 || kind == 2) &&
            ask(f, i, q, unquantized, n->call.act, &n->impl))
            return true;
    }
    n->impl = (nn_op_impl){0};
    return false;
}

// Lets node i run on bytes if its operator can.
static void try_node(finder *f, int i)
{
    const nn_node_info node = node_at(f, i);
    plan_node *n = &f->plan->nodes[i];
    nn_op_quantized *q = f->quantized;
    nn_value *bytes = f->plan->bytes.in + (q - f->plan->bytes.quantized);
    bool any = false;
    for (int k = 0; k < node.n_in; k++) {
        const bool dense = k == IN && node.op->flags & NN_OP_INT8_DENSE;
        q[k] = (nn_op_quantized){0};
        bytes[k] = dense ? NN_NO_VALUE : bytes_behind(f, node.in[k], &q[k]);
        any = any || bytes[k] >= 0;
        if (bytes[k] < 0)
            bytes[k] = weights_behind(f, &node, k, &q[k]);
        if (bytes[k] < 0 && dense && stands_for_bytes(f, node.in[k], &q[k]))
            any = true;
        else if (bytes[k] < 0)
            q[k] = (nn_op_quantized){0};
    }
    nn_act act;
    const int after = following_act(f, node.out, &act);
    const nn_value read = bytes[IN], image = any ? image_behind(f, node.in[IN], node.op) : -1;
    bytes[IN] = image >= 0 ? image : read;
    if (image < 0 || !choose_output(f, i, after, act, 1 << IN, q, bytes)) {
        bytes[IN] = read;
        if (!any || !choose_output(f, i, after, act, 0, q, bytes))
            return;
    }
    n->kind = PLAN_IMPL;
    n->quantized = q;
    n->bytes = bytes;
    f->quantized += node.n_in + 1;
    for (int k = 0; k <= node.n_in; k++)
        if (bytes[k] >= 0 && q[k].scales == 1 && !find_param(f, bytes[k]) &&
            nn_graph_value(f->g, bytes[k]).kind != NN_VALUE_INPUT) {
            f->plan->bytes.is[bytes[k]] = f->plan->blocked[bytes[k]] = true;
            f->plan->bytes.zero[bytes[k]] = (uint8_t)q[k].zero;
        }
    if (bytes[node.n_in] >= 0) {
        f->plan->bytes.writer[bytes[node.n_in]] = i;
        f->plan->bytes.absent[node.out] = true;
        if (n->call.act != NN_ACT_NONE) {
            f->plan->nodes[after].kind = PLAN_MERGED;
            f->plan->bytes.absent[node_at(f, after).out] = true;
        }
    } else {
        f->plan->blocked[node.out] = n->impl.blocked_out;
    }
}

// --- quantize_linear and dequantize_linear themselves ---

static bool reads_bytes(const finder *f, int j, nn_value v)
{
    const nn_node_info node = node_at(f, j);
    const plan_node *n = &f->plan->nodes[j];
    for (int k = 0; k < node.n_in; k++) {
        const bool data = !(k < 64 && node.op->shape_only >> k & 1);
        if (node.in[k] == v && data && !(n->bytes && n->bytes[k] >= 0))
            return false;
    }
    return true;
}

static bool is_unread(const finder *f, nn_value v)
{
    for (int i = 0; i < nn_graph_output_count(f->g); i++)
        if (nn_graph_output_at(f->g, i) == v)
            return false;
    for (int j = 0; j < f->plan->node_count; j++)
        if (!reads_bytes(f, j, v))
            return false;
    return true;
}

// Whether all that reads the value of a quantize_linear quantises for itself.
static bool is_quantised_by_readers(const finder *f, const nn_node_info *node)
{
    if (f->plan->bytes.is[node->out] || !can_be_bytes(f, node))
        return false;
    for (int j = 0; j < f->plan->node_count; j++) {
        const nn_node_info reader = node_at(f, j);
        if (reader.n_in > IN && reader.in[IN] == node->out && !is_unread(f, reader.out))
            return false;
    }
    return f->readers[node->out].count > 0;
}

static void merge(finder *f, int i)
{
    const nn_node_info node = node_at(f, i);
    f->plan->nodes[i].kind = PLAN_MERGED;
    f->plan->bytes.absent[node.out] =
        node.op == &nn_op_dequantize_linear || !f->plan->bytes.is[node.out];
    f->plan->constant[node.out] = false;
}

// Merges node i, or lets it run between bytes and float32; plan->blocked of its input is not known
// yet.
static void settle_quantizer(finder *f, int i)
{
    const nn_node_info node = node_at(f, i);
    plan_node *n = &f->plan->nodes[i];
    const bool from = node.op == &nn_op_dequantize_linear, to = node.op == &nn_op_quantize_linear;
    nn_op_quantized *q = f->quantized;
    if (!from && !to)
        return;
    if (from && f->readers[node.out].count > 0 && is_unread(f, node.out)) {
        merge(f, i);
    } else if (to && (f->plan->bytes.writer[node.out] >= 0 || is_quantised_by_readers(f, &node))) {
        merge(f, i);
    } else if (f->plan->bytes.is[from ? node.in[IN] : node.out]) {
        for (int k = 0; k <= node.n_in; k++)
            q[k] = (nn_op_quantized){0};
        find_mapping(f, &node, node.op, NN_QUANTIZED_U8, &q[from ? IN : node.n_in]);
        n->quantized = q;
        f->quantized += node.n_in + 1;
    }
}

static nn_status make_tables(nn_plan *plan, finder *f, nn_error *err)
{
    const size_t values = (size_t)plan->value_count;
    size_t entries = 0;
    for (int i = 0; i < plan->node_count; i++)
        entries += (size_t)nn_graph_node_at(plan->model->graph, i).n_in + 1;
    plan->bytes.quantized = nn_calloc(entries, sizeof *plan->bytes.quantized);
    plan->bytes.in = nn_calloc(entries, sizeof *plan->bytes.in);
    plan->bytes.is = nn_calloc(values, sizeof *plan->bytes.is);
    plan->bytes.zero = nn_calloc(values, sizeof *plan->bytes.zero);
    plan->bytes.writer = nn_calloc(values, sizeof *plan->bytes.writer);
    plan->bytes.absent = nn_calloc(values, sizeof *plan->bytes.absent);
    f->readers = nn_calloc(values, sizeof *f->readers);
    if (!plan->bytes.quantized || !plan->bytes.in || !plan->bytes.is || !plan->bytes.zero ||
        !plan->bytes.writer || !plan->bytes.absent || !f->readers)
        return nn_fail(err, NN_ENOMEM, "no memory for a quantised plan");
    for (int v = 0; v < plan->value_count; v++)
        plan->bytes.writer[v] = -1;
    return NN_OK;
}

static bool has_quantized(const nn_plan *plan)
{
    for (int i = 0; i < plan->node_count; i++)
        if (nn_graph_node_at(plan->model->graph, i).op == &nn_op_quantize_linear)
            return true;
    return false;
}

nn_status nn_plan_find_int8(nn_plan *plan, nn_error *err)
{
    finder f = {.plan = plan, .g = plan->model->graph};
    const unsigned off = NN_PASS_INT8 | NN_PASS_IMPLS;
    if (!has_quantized(plan) || plan->options.keep_values || plan->options.exact ||
        plan->options.knobs.disabled_passes & off)
        return NN_OK;
    const nn_status status = make_tables(plan, &f, err);
    f.quantized = plan->bytes.quantized;
    for (int pass = 0; pass < 3 && !status; pass++) {
        if (pass == 0)
            count_readers(&f);
        for (int i = 0; i < plan->node_count && pass > 0; i++) {
            const nn_op *op = node_at(&f, i).op;
            if (pass == 2)
                settle_quantizer(&f, i);
            else if (op->int8 && op != &nn_op_quantize_linear && op != &nn_op_dequantize_linear &&
                     plan->nodes[i].kind == PLAN_FORWARD)
                try_node(&f, i);
        }
    }
    nn_free(f.readers);
    return status;
}

bool nn_plan_choose_int8(nn_plan *plan, int i)
{
    const finder f = {.plan = plan, .g = plan->model->graph};
    plan_node *n = &plan->nodes[i];
    if (!n->quantized || !ask(&f, i, n->quantized, 0, NN_ACT_NONE, &n->impl))
        return false;
    n->kind = PLAN_IMPL;
    plan->blocked[nn_graph_node_at(f.g, i).out] = n->impl.blocked_out;
    return true;
}

void nn_plan_free_bytes(plan_bytes *b)
{
    nn_free(b->is);
    nn_free(b->zero);
    nn_free(b->writer);
    nn_free(b->absent);
    nn_free(b->quantized);
    nn_free(b->in);
}
