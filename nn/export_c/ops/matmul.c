// SPDX-License-Identifier: MIT
// Products of matrices, one after the other.
#include "nn/export_c/writer.h"

// How many matrices, and the floats from one of an operand to the next.
typedef struct batch {
    int count, step[2];
} batch;

// Floats from one matrix of an operand to the next along leading axis i of the output; 0: the same.
static int64_t step_of(const nn_shape *s, const nn_shape *out, int i)
{
    const int at = i - out->rank + s->rank;
    return at < 0 || s->dim[at] == 1 ? 0 : nn_shape_span(s, at + 1, s->rank);
}

// false: the matrices of an operand do not follow each other at one step.
static bool find_batch(const nn_c_writer *w, const nn_c_node *n, batch *b)
{
    const nn_shape *out = nn_c_shape(w, n->out);
    *b = (batch){.count = 1};
    for (int i = out->rank - 3; i >= 0; i--) {
        if (out->dim[i] == 1)
            continue;
        for (int k = 0; k < 2; k++) {
            const int64_t step = step_of(nn_c_shape(w, n->in[k]), out, i);
            if (b->count > 1 && step != (int64_t)b->step[k] * b->count)
                return false;
            b->step[k] = b->count > 1 ? b->step[k] : (int)step;
        }
        b->count *= (int)out->dim[i];
    }
    return true;
}

static const char *check(nn_c_writer *w, const nn_c_node *n)
{
    batch b;
    return find_batch(w, n, &b) ? NULL : "with matrices repeated so has no form in C";
}

static void emit(nn_c_writer *w, const nn_c_node *n)
{
    const nn_matmul_params *p = n->info.params;
    const nn_shape *y = nn_c_shape(w, n->out), *a = nn_c_shape(w, n->in[0]);
    const int rows = (int)y->dim[y->rank - 2], columns = (int)y->dim[y->rank - 1],
              depth = (int)a->dim[a->rank - (p->trans_a ? 2 : 1)];
    batch b;
    find_batch(w, n, &b);
    const nn_c_text left = nn_c_operand(w, n, 0, "a"), right = nn_c_operand(w, n, 1, "b");
    nn_c_print(w, "static const matmul layer_%d = {%d, %d, %d, ", w->index, rows, columns, depth);
    nn_c_print(w, "%d, %d, %d, %d, %d, %d, %d, %s};\n", p->trans_a ? 1 : depth,
               p->trans_a ? rows : 1, p->trans_b ? depth : 1, p->trans_b ? 1 : columns, b.count,
               b.step[0], b.step[1], nn_c_number(p->alpha).text);
    nn_c_use(w, "matmul");
    nn_c_call(w, "run_matmul(&layer_%d, %s, %s, %s)", w->index, left.text, right.text,
              nn_c_at(w, n->out).text);
}

const nn_c_op nn_c_op_matmul = {
    .op = &nn_op_matmul, .order = NN_C_ROWS, .check = check, .emit = emit};
