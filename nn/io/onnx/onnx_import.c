// SPDX-License-Identifier: MIT
// Values, constants and nodes of an ONNX model while it is read.
#include "nn/io/onnx/onnx_import_internal.h"
#include "nn/io/onnx/onnx_proto.h"

#include "nn/base/first_failure.h"
#include "nn/base/memory.h"
#include "nn/base/rng.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_FOLDED_MACS 1e8
#define FOLDED_ELEMENTS_PER_BYTE 8.0 // of the budget: what is read and written in all
#define MACS_PER_ELEMENT 32          // take as long as reading or writing one
enum { MAX_SUBGRAPH_NODES = 200000, MAX_LIST = 4096, MAX_VALUES = 1 << 19 };

typedef nn_onnx_made value;
typedef nn_onnx_step step;
typedef nn_onnx_binding binding;

const nn_onnx_value nn_onnx_deferred = {.integer = false};

nn_onnx_import *nn_onnx_import_new(size_t budget)
{
    nn_onnx_import *m = nn_calloc(1, sizeof *m);
    if (m) {
        m->budget = budget;
        m->nodes_left = MAX_SUBGRAPH_NODES;
        m->work_left = FOLDED_ELEMENTS_PER_BYTE * (double)budget;
    }
    return m;
}

void nn_onnx_import_free(nn_onnx_import *m)
{
    if (!m)
        return;
    nn_onnx_import_undo(m, 0, 0);
    nn_free(m->values);
    nn_free(m->steps);
    nn_free(m->bindings);
    nn_free(m->hidden);
    nn_free(m);
}

nn_error *nn_onnx_import_error(nn_onnx_import *m)
{
    return &m->error;
}

static void no_memory(nn_onnx_import *m)
{
    if (!m->error.status)
        nn_fail(&m->error, NN_ENOMEM, "out of memory");
}

const nn_onnx_value *nn_onnx_fail(nn_onnx_node *n, nn_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    nn_fail_first(&n->import->error, status, format, args);
    va_end(args);
    return NULL;
}

const nn_onnx_value *nn_onnx_wait(nn_onnx_node *n, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    n->import->waits = n->import->waits || !n->import->error.status;
    nn_fail_first(&n->import->error, NN_EUNSUPPORTED, format, args);
    va_end(args);
    return NULL;
}

bool nn_onnx_may_wait(const nn_onnx_node *n)
{
    return n->import->tails;
}

bool nn_onnx_is_run(const nn_onnx_node *n)
{
    return n->import->outer;
}

bool nn_onnx_failed(const nn_onnx_node *n)
{
    return n->import->error.status != NN_OK;
}

// Room for one more item.
static bool grow(void *items, int count, int *capacity, size_t size)
{
    void **list = items;
    if (count < *capacity)
        return true;
    int bigger = *capacity ? 2 * *capacity : 64;
    void *p = nn_realloc(*list, (size_t)count * size, (size_t)bigger * size);
    if (!p)
        return false;
    *list = p;
    *capacity = bigger;
    return true;
}

static value *new_value(nn_onnx_import *m, const nn_shape *shape, bool integer)
{
    if (m->error.status)
        return NULL;
    if (m->value_count == MAX_VALUES) {
        nn_fail(&m->error, NN_EUNSUPPORTED,
                "loops and other nodes make over %d values, which is not supported", MAX_VALUES);
        return NULL;
    }
    value *v = nn_calloc(1, sizeof *v);
    if (!v || !grow(&m->values, m->value_count, &m->value_capacity, sizeof *m->values)) {
        nn_free(v);
        no_memory(m);
        return NULL;
    }
    *v = (value){.shown = {.shape = *shape, .integer = integer},
                 .placed = NN_NO_VALUE,
                 .input = -1,
                 .step = -1,
                 .passing = m->outer != NULL};
    m->values[m->value_count++] = v;
    return v;
}

// A constant with room for its elements.
static value *new_constant(nn_onnx_import *m, const nn_shape *shape, bool integer)
{
    nn_error err;
    if (m->error.status)
        return NULL;
    if (nn_shape_check(shape, NN_F32, &err)) {
        m->error = err;
        return NULL;
    }
    size_t bytes = (size_t)nn_shape_count(shape) * sizeof(float);
    if (bytes > m->budget) {
        nn_fail(&m->error, NN_EUNSUPPORTED,
                m->outer ? "%zu bytes with only %zu left of the limit for sizes that depend on data"
                         : "constants of %zu bytes with only %zu left for what the file makes "
                           "itself",
                bytes, m->budget);
        return NULL;
    }
    value *v = new_value(m, shape, integer);
    if (!v)
        return NULL;
    v->data = nn_calloc(1, bytes);
    if (!v->data) {
        no_memory(m);
        return NULL;
    }
    m->budget -= bytes;
    v->shown.data = v->data;
    return v;
}

// Whether a value has a name, by which others know it, so that it must stay as it is.
static bool is_seen(const nn_onnx_import *m, const nn_onnx_value *v)
{
    const value *made = (const value *)v;
    return made->name || (m->outer && !made->passing);
}

static void name_value(nn_onnx_import *m, value *v, const char *name)
{
    char own[600];
    if (is_seen(m, &v->shown))
        return;
    if (m->scope > 0) // a subgraph may be built more than once
        snprintf(own, sizeof own, "%.560s#%d", name, ++m->renamed);
    v->name = nn_strdup(m->scope > 0 ? own : name);
    if (!v->name)
        no_memory(m);
}

// --- names of the file ---

static binding *find_slot(const nn_onnx_import *m, const char *name)
{
    size_t mask = (size_t)m->binding_capacity - 1, at = nn_hash_name(name) & mask;
    while (m->bindings[at].name && strcmp(m->bindings[at].name, name) != 0)
        at = (at + 1) & mask;
    return &m->bindings[at];
}

static bool grow_bindings(nn_onnx_import *m)
{
    if (2 * m->binding_count < m->binding_capacity)
        return true;
    nn_onnx_import old = *m;
    m->binding_capacity = old.binding_capacity ? 2 * old.binding_capacity : 128;
    m->bindings = nn_calloc((size_t)m->binding_capacity, sizeof *m->bindings);
    if (!m->bindings) {
        m->bindings = old.bindings;
        m->binding_capacity = old.binding_capacity;
        return false;
    }
    for (int i = 0; i < old.binding_capacity; i++)
        if (old.bindings[i].name)
            *find_slot(m, old.bindings[i].name) = old.bindings[i];
    nn_free(old.bindings);
    return true;
}

// Whether a run of a tail can read a value of the model: not those that only the graph computes.
static bool is_readable(const nn_onnx_value *v)
{
    bool good = v->data || v->items || v == &nn_onnx_deferred;
    for (int i = 0; v->items && i < v->count; i++)
        good = good && v->items[i]->data;
    return good;
}

const nn_onnx_value *nn_onnx_import_find(const nn_onnx_import *m, const char *name)
{
    const binding *b = m->binding_capacity ? find_slot(m, name) : NULL;
    if (b && (b->value || b->scope > 0)) // hidden, when it has no value
        return b->value;
    const nn_onnx_value *v = m->outer ? nn_onnx_import_find(m->outer, name) : NULL;
    return v && is_readable(v) ? v : NULL;
}

void nn_onnx_import_defer(nn_onnx_import *m, const char *name)
{
    if (!grow_bindings(m)) {
        no_memory(m);
        return;
    }
    binding *b = find_slot(m, name);
    m->binding_count += !b->name;
    *b = (binding){name, &nn_onnx_deferred, 0};
}

void nn_onnx_import_rename(nn_onnx_import *m, const nn_onnx_value *v, const char *name)
{
    name_value(m, (value *)v, name);
}

void nn_onnx_import_drop(nn_onnx_import *m, const char *name)
{
    binding *b = m->binding_capacity ? find_slot(m, name) : NULL;
    if (b && b->name)
        b->value = NULL;
}

void nn_onnx_import_bind(nn_onnx_import *m, const char *name, const nn_onnx_value *v)
{
    if (m->error.status || !v)
        return;
    if (!grow_bindings(m)) {
        no_memory(m);
        return;
    }
    binding *b = find_slot(m, name);
    if (b->value && b->scope == m->scope) {
        nn_fail(&m->error, NN_EFORMAT, "two values are called '%.80s'", name);
        return;
    }
    if (m->scope > 0) {
        if (!grow(&m->hidden, m->hidden_count, &m->hidden_capacity, sizeof *m->hidden)) {
            no_memory(m);
            return;
        }
        m->hidden[m->hidden_count++] = (binding){name, b->value, b->scope};
    }
    m->binding_count += !b->name;
    *b = (binding){name, v, m->scope};
    name_value(m, (value *)v, name);
}

void nn_onnx_import_hide(nn_onnx_import *m, const char *name)
{
    if (m->error.status || !nn_onnx_import_find(m, name))
        return;
    if (!grow_bindings(m) ||
        !grow(&m->hidden, m->hidden_count, &m->hidden_capacity, sizeof *m->hidden)) {
        no_memory(m);
        return;
    }
    binding *b = find_slot(m, name);
    m->hidden[m->hidden_count++] = (binding){name, b->value, b->scope};
    m->binding_count += !b->name;
    *b = (binding){name, NULL, m->scope};
}

int nn_onnx_import_enter(nn_onnx_import *m)
{
    m->scope++;
    return m->hidden_count;
}

void nn_onnx_import_leave(nn_onnx_import *m, int mark)
{
    while (m->hidden_count > mark) {
        const binding before = m->hidden[--m->hidden_count];
        *find_slot(m, before.name) = before;
    }
    m->scope--;
}

const nn_onnx_value *nn_onnx_import_input(nn_onnx_import *m, const char *name, int index,
                                          const nn_shape *shape, bool integer)
{
    value *v = new_value(m, shape, integer);
    if (!v)
        return NULL;
    v->input = index;
    nn_onnx_import_bind(m, name, &v->shown);
    return &v->shown;
}

const nn_onnx_value *nn_onnx_import_passing(nn_onnx_import *m, const nn_onnx_value *v,
                                            const float *data)
{
    value *made = new_value(m, &v->shape, v->integer);
    if (!made)
        return NULL;
    made->shown.data = data;
    made->shown.type = v->type;
    return &made->shown;
}

float *nn_onnx_import_constant(nn_onnx_import *m, const nn_shape *shape, bool integer,
                               const nn_onnx_value **out)
{
    value *v = new_constant(m, shape, integer);
    *out = v ? &v->shown : NULL;
    return v ? v->data : NULL;
}

// --- for builders ---

const nn_onnx_value *nn_onnx_list(nn_onnx_node *n, const nn_onnx_value *const *items, int count)
{
    nn_onnx_import *m = n->import;
    if (!nn_onnx_failed(n) && count > MAX_LIST)
        return nn_onnx_fail(n, NN_EUNSUPPORTED, "a sequence of %d, at most %d are supported", count,
                            MAX_LIST);
    const size_t bytes = ((size_t)count + 1) * sizeof *items;
    if (!nn_onnx_failed(n) && bytes > m->budget)
        return nn_onnx_fail(n, NN_EUNSUPPORTED, "sequences take too much memory");
    value *v = new_value(m, &(nn_shape){0}, false);
    if (!v)
        return NULL;
    m->budget -= bytes;
    v->items = nn_calloc((size_t)count + 1, sizeof *v->items);
    if (!v->items) {
        no_memory(m);
        return NULL;
    }
    for (int i = 0; i < count; i++)
        v->items[i] = items[i];
    v->shown.items = v->items;
    v->shown.count = count;
    return &v->shown;
}

const nn_onnx_value *nn_onnx_nothing(nn_onnx_node *n)
{
    const nn_onnx_value *v = nn_onnx_list(n, NULL, 0);
    if (v)
        ((value *)v)->shown.nothing = true;
    return v;
}

const nn_onnx_value *nn_onnx_constant(nn_onnx_node *n, const nn_shape *shape, const float *data,
                                      bool integer)
{
    value *v = new_constant(n->import, shape, integer);
    if (v && data && nn_shape_count(shape) > 0)
        memcpy(v->data, data, (size_t)nn_shape_count(shape) * sizeof *data);
    return v ? &v->shown : NULL;
}

const nn_onnx_value *nn_onnx_scalar(nn_onnx_node *n, float x)
{
    nn_shape shape = {0};
    return nn_onnx_constant(n, &shape, &x, false);
}

void nn_onnx_set_type(const nn_onnx_value *v, int type)
{
    if (v)
        ((value *)v)->shown.type = type;
}

// Work at reading time is for shapes and small tables, not for what a file may make us compute.
static bool is_constant(const nn_onnx_import *m, const step *s, const nn_shape *out)
{
    nn_shape in[NN_ONNX_MAX_IN];
    if (m->outer) // all is
        return true;
    if (s->op->flags & NN_OP_WIDENS)
        return false;
    for (int i = 0; i < s->n_in; i++)
        in[i] = s->in[i] ? s->in[i]->shown.shape : (nn_shape){.rank = -1};
    if (s->op->macs && s->op->macs(s->params, in, s->n_in, out) > MAX_FOLDED_MACS)
        return false;
    if (s->op == &nn_op_roi_align && nn_shape_count(out) > 0) // reads thousands for each element
        return false;
    if (nn_shape_count(out) == 0) // nothing is known to be nothing
        return true;
    for (int i = 0; i < s->n_in; i++)
        if (s->in[i] && !s->in[i]->shown.data && !(i < 64 && s->op->shape_only >> i & 1))
            return false;
    return true;
}

// Whether an operator reads no more elements than it writes, however large its inputs are.
static bool only_picks(const nn_op *op)
{
    return op == &nn_op_slice || op == &nn_op_gather || op == &nn_op_gather_elements ||
           op == &nn_op_gather_nd;
}

// Multiplications of a step, and comparisons of boxes.
static double products(const step *s, const nn_shape *out)
{
    nn_shape in[NN_ONNX_MAX_IN];
    for (int i = 0; i < s->n_in; i++)
        in[i] = s->in[i] ? s->in[i]->shown.shape : (nn_shape){.rank = -1};
    if (s->op == &nn_op_non_max_suppression)
        return (double)out->dim[0] * (double)in[0].dim[1];
    if (s->op == &nn_op_roi_align)
        return (double)nn_shape_count(out) * 16;
    return s->op->macs ? s->op->macs(s->params, in, s->n_in, out) : 0;
}

// Counts what computing a step reads and writes: small files must not make it take hours.
static bool spend_work(nn_onnx_import *m, const step *s, const nn_shape *out)
{
    double work = (double)nn_shape_count(out);
    for (int i = 0; i < s->n_in && work > 0 && !only_picks(s->op); i++)
        if (s->in[i] && s->in[i]->shown.data)
            work += (double)nn_shape_count(&s->in[i]->shown.shape);
    if (m->outer)
        work += products(s, out) / MACS_PER_ELEMENT;
    m->work_left -= work;
    if (m->work_left >= 0)
        return true;
    nn_fail(&m->error, NN_EUNSUPPORTED,
            m->outer ? "nodes with sizes that depend on data take too much work"
                     : "constants take too much work to compute");
    return false;
}

static void release_step(step *s)
{
    nn_free(s->params);
    nn_free(s->in);
}

// Makes the step's output: a constant when it depends on constants only.
static value *finish_step(nn_onnx_import *m, step *s, const nn_shape *shape)
{
    if (is_constant(m, s, shape)) {
        s->out = spend_work(m, s, shape) ? new_constant(m, shape, false) : NULL;
        if (s->out && nn_shape_count(shape) > 0 && !nn_onnx_compute(m, s))
            no_memory(m);
        release_step(s);
        return s->out;
    }
    s->out = new_value(m, shape, false);
    if (s->out && grow(&m->steps, m->step_count, &m->step_capacity, sizeof *m->steps)) {
        s->out->step = m->step_count;
        m->steps[m->step_count++] = *s;
        return s->out;
    }
    no_memory(m);
    release_step(s);
    return NULL;
}

const nn_onnx_value *nn_onnx_emit(nn_onnx_node *n, const nn_op *op, const void *params,
                                  const nn_onnx_value *const *in, int n_in)
{
    nn_onnx_import *m = n->import;
    nn_shape shapes[NN_ONNX_MAX_IN], shape;
    while (n_in > op->min_in && !in[n_in - 1])
        n_in--;
    if (m->error.status)
        return NULL;
    if (n_in < op->min_in || n_in > op->max_in)
        return nn_onnx_fail(n, NN_EUNSUPPORTED, "%d inputs are not supported", n_in);
    for (int i = 0; i < n_in; i++)
        shapes[i] = in[i] ? in[i]->shape : (nn_shape){.rank = -1};
    nn_error err;
    nn_status status = op->shape(params, shapes, n_in, &shape, &err);
    if (status == NN_OK)
        status = nn_shape_check(&shape, NN_F32, &err);
    if (status != NN_OK)
        return nn_onnx_fail(n, status, "%s", err.text);
    step s = {.op = op, .n_in = n_in};
    s.params = nn_calloc(1, op->params_size);
    s.in = nn_calloc((size_t)n_in, sizeof *s.in);
    if (!s.params || !s.in) {
        release_step(&s);
        no_memory(m);
        return NULL;
    }
    if (op->params_size)
        memcpy(s.params, params, op->params_size);
    for (int i = 0; i < n_in; i++)
        s.in[i] = (value *)in[i];
    value *out = finish_step(m, &s, &shape);
    return out ? &out->shown : NULL;
}

// A copy that has no name yet.
static value *copy_value(nn_onnx_node *n, const nn_onnx_value *v)
{
    if (v->data)
        return (value *)nn_onnx_constant(n, &v->shape, v->data, v->integer);
    nn_reshape_params same = {.rank = v->shape.rank}; // a dim of 0 is copied
    for (int i = 0; i < v->shape.rank; i++)
        same.dim[i] = (int32_t)v->shape.dim[i];
    return (value *)nn_onnx_emit(n, &nn_op_reshape, &same, &v, 1);
}

const nn_onnx_value *nn_onnx_retype(nn_onnx_node *n, const nn_onnx_value *v, bool integer)
{
    if (!v || nn_onnx_failed(n) || v->integer == integer)
        return v;
    // What has no name was made by this node, and its type was not read yet.
    value *copy = is_seen(n->import, v) ? copy_value(n, v) : (value *)v;
    if (!copy)
        return NULL;
    copy->shown.integer = integer;
    copy->shown.type = 0;
    return &copy->shown;
}

const nn_onnx_value *nn_onnx_typed(nn_onnx_node *n, const nn_onnx_value *v, int type)
{
    const bool integer = nn_onnx_type_is_integer(type);
    v = nn_onnx_retype(n, v, integer);
    if (!v || nn_onnx_failed(n) || v->type == type || !integer)
        return v;
    value *copy = is_seen(n->import, v) ? copy_value(n, v) : (value *)v;
    if (!copy)
        return NULL;
    copy->shown.integer = integer;
    copy->shown.type = type;
    return &copy->shown;
}
