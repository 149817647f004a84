// SPDX-License-Identifier: MIT
// Frees values of ONNX models while they are read and run: marks what names, builders and sequences
// lead to, and sweeps the rest.
#include "nn/io/onnx/onnx_import_internal.h"

#include "nn/base/memory.h"

enum { COLLECT_BYTES = 32 << 20, COLLECT_VALUES = 1 << 14 };

static void release(nn_onnx_import *m, nn_onnx_made *v)
{
    if (v->data)
        m->budget += (size_t)nn_shape_count(&v->shown.shape) * sizeof *v->data;
    if (v->items)
        m->budget += ((size_t)v->shown.count + 1) * sizeof *v->items;
    nn_free(v->name);
    nn_free(v->data);
    nn_free(v->items);
    nn_free(v);
}

void nn_onnx_import_undo(nn_onnx_import *m, int values, int steps)
{
    for (; m->value_count > values; m->value_count--)
        release(m, m->values[m->value_count - 1]);
    for (; m->step_count > steps; m->step_count--) {
        nn_free(m->steps[m->step_count - 1].params);
        nn_free(m->steps[m->step_count - 1].in);
    }
    m->error = (nn_error){0};
    m->waits = false;
}

void nn_onnx_pin(nn_onnx_node *n, nn_onnx_pins *pins)
{
    pins->next = n->import->pins;
    n->import->pins = pins;
}

void nn_onnx_unpin(nn_onnx_node *n)
{
    n->import->pins = n->import->pins->next;
}

// Marks a value of this run, and the items of a sequence of any.
static void mark(const nn_onnx_value *v)
{
    nn_onnx_made *made = (nn_onnx_made *)v;
    if (!v || v == &nn_onnx_deferred || !made->passing || made->live)
        return;
    made->live = true;
    for (int i = 0; v->items && i < v->count; i++)
        mark(v->items[i]);
}

static void sweep(nn_onnx_import *m)
{
    int stay = 0;
    for (int i = 0; i < m->value_count; i++) {
        nn_onnx_made *v = m->values[i];
        if (!v->live) {
            release(m, v);
            continue;
        }
        v->live = false;
        m->values[stay++] = v;
    }
    m->value_count = stay;
}

void nn_onnx_import_collect(nn_onnx_import *m)
{
    const bool much = m->budget < m->collected && m->collected - m->budget > COLLECT_BYTES;
    if (!m->outer || m->error.status ||
        (!much && m->value_count - m->values_collected < COLLECT_VALUES))
        return;
    for (int i = 0; i < m->binding_capacity; i++)
        mark(m->bindings[i].value);
    for (int i = 0; i < m->hidden_count; i++)
        mark(m->hidden[i].value);
    for (const nn_onnx_pins *p = m->pins; p; p = p->next)
        for (int i = 0; i < *p->count; i++)
            mark(p->values[i]);
    sweep(m);
    m->collected = m->budget;
    m->values_collected = m->value_count;
}

void nn_onnx_collect(nn_onnx_node *n)
{
    nn_onnx_import_collect(n->import);
}
