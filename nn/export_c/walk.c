// SPDX-License-Identifier: MIT
// Operators that only move numbers.
#include "nn/export_c/walk.h"

void nn_c_walk_add(nn_c_walk *t, int64_t count, int64_t step)
{
    const int last = t->rank - 1;
    if (count == 1)
        return;
    if (last >= 0 && t->step[last] == count * step) {
        t->count[last] *= (int)count;
        t->step[last] = (int)step;
        return;
    }
    t->count[t->rank] = (int)count;
    t->step[t->rank++] = (int)step;
}

int64_t nn_c_step(const nn_c_writer *w, nn_value v, int axis)
{
    const nn_shape *s = nn_c_shape(w, v);
    int64_t step = 1;
    for (int i = s->rank - 1; i >= 0 && nn_c_axis(w, v, i) != axis; i--)
        step *= s->dim[nn_c_axis(w, v, i)];
    return step;
}

static bool is_beginning(const nn_c_walk *t)
{
    return t->base == 0 && (t->rank == 0 || (t->rank == 1 && t->step[0] == 1));
}

const char *nn_c_check_walk(nn_c_writer *w, const nn_c_node *n)
{
    const nn_c_walk t = n->op->walk(w, n);
    if (w->values[n->in[0]].bytes || w->values[n->in[0]].constant)
        return "of bytes or constants has no form in C";
    if (t.rank > NN_C_WALK_AXES)
        return "over six axes has no form in C";
    if (is_beginning(&t))
        w->values[n->out].root = w->values[n->in[0]].root;
    return NULL;
}

void nn_c_emit_walk(nn_c_writer *w, const nn_c_node *n)
{
    const nn_c_walk t = n->op->walk(w, n);
    if (is_beginning(&t))
        return;
    nn_c_print(w, "static const walk layer_%d = {%d, %d, {", w->index, t.rank, t.base);
    for (int i = 0; i < t.rank; i++)
        nn_c_print(w, "%s%d", i ? ", " : "", t.count[i]);
    nn_c_print(w, "%s}, {", t.rank ? "" : "0");
    for (int i = 0; i < t.rank; i++)
        nn_c_print(w, "%s%d", i ? ", " : "", t.step[i]);
    nn_c_print(w, "%s}};\n", t.rank ? "" : "0");
    nn_c_use(w, "walk");
    nn_c_call(w, "run_walk(&layer_%d, %s, %s)", w->index, nn_c_at(w, n->in[0]).text,
              nn_c_at(w, n->out).text);
}
