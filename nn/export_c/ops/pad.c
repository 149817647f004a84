// SPDX-License-Identifier: MIT
// Images with a border of one number.
#include "nn/export_c/writer.h"

#include <math.h>

static const char *check(nn_c_writer *w, const nn_c_node *n)
{
    const nn_pad_params *p = n->info.params;
    if (p->mode != NN_PAD_CONSTANT)
        return "by pixels of the image (reflect, edge) has no form in C, by a constant it has";
    if (!isfinite(p->value))
        return "by a number that is not finite has no form in C";
    return nn_c_shape(w, n->out)->rank == 4 && !p->begin[0]
               ? NULL
               : "of other things than sides and channels of an image has no form in C";
}

static void emit(nn_c_writer *w, const nn_c_node *n)
{
    const nn_pad_params *p = n->info.params;
    const nn_shape *in = nn_c_shape(w, n->in[0]), *out = nn_c_shape(w, n->out);
    nn_c_print(w, "static const pad_sides layer_%d = {%d, %d, %d, %d, %d, %d, %d, %d, %d};\n",
               w->index, (int)in->dim[2], (int)in->dim[3], (int)in->dim[1], (int)out->dim[2],
               (int)out->dim[3], (int)out->dim[1], p->begin[2], p->begin[3], p->begin[1]);
    nn_c_use(w, "pad_float");
    nn_c_call(w, "run_pad_float(&layer_%d, %s, %s, %s)", w->index, nn_c_number(p->value).text,
              nn_c_at(w, n->in[0]).text, nn_c_at(w, n->out).text);
}

const nn_c_op nn_c_op_pad = {.op = &nn_op_pad, .check = check, .emit = emit};
