// SPDX-License-Identifier: MIT
// Images and vectors with a border of one number.
#include "nn/export_c/writer.h"

#include <math.h>

static const char *check(nn_c_writer *w, const nn_c_node *n)
{
    const nn_pad_params *p = n->info.params;
    if (p->mode != NN_PAD_CONSTANT)
        return "by pixels of the image (reflect, edge) has no form in C, by a constant it has";
    if (!isfinite(p->value))
        return "by a number that is not finite has no form in C";
    const nn_shape *s = nn_c_shape(w, n->out);
    return nn_c_is_image(w, n->out) && (p->begin[0] || s->dim[0] != nn_c_shape(w, n->in[0])->dim[0])
               ? "of other things than sides and channels of an image has no form in C"
           : nn_c_is_image(w, n->out) || s->rank <= 3 ? NULL
                                                      : "of more than three axes has no form in C";
}

// The last three axes as they lie: `sides` and what stands before them. Of fewer, the first are 1.
static void find_sides(const nn_c_writer *w, const nn_c_node *n, nn_value v, int *sides,
                       int *before)
{
    const nn_shape *s = nn_c_shape(w, v);
    for (int i = 0; i < 3; i++) {
        const int axis = s->rank - 3 + i < 0 ? -1 : nn_c_axis(w, n->out, s->rank - 3 + i);
        sides[i] = axis < 0 ? 1 : (int)s->dim[axis];
        before[i] = axis < 0 ? 0 : ((const nn_pad_params *)n->info.params)->begin[axis];
    }
}

static void emit(nn_c_writer *w, const nn_c_node *n)
{
    const nn_pad_params *p = n->info.params;
    int in[3], out[3], before[3];
    find_sides(w, n, n->in[0], in, before);
    find_sides(w, n, n->out, out, before);
    nn_c_print(w, "static const pad_sides layer_%d = {%d, %d, %d, %d, %d, %d, %d, %d, %d};\n",
               w->index, in[0], in[1], in[2], out[0], out[1], out[2], before[0], before[1],
               before[2]);
    nn_c_use(w, "pad_float");
    nn_c_call(w, "run_pad_float(&layer_%d, %s, %s, %s)", w->index, nn_c_number(p->value).text,
              nn_c_at(w, n->in[0]).text, nn_c_at(w, n->out).text);
}

const nn_c_op nn_c_op_pad = {.op = &nn_op_pad, .order = NN_C_ALIKE, .check = check, .emit = emit};
