// SPDX-License-Identifier: MIT
// Operators that change a shape alone.
#include "nn/export_c/vector.h"

// Whether its planes lie as its pixels do.
static bool is_flat(const nn_c_writer *w, nn_value v)
{
    const nn_shape *s = nn_c_shape(w, v);
    return s->rank != 4 || s->dim[1] == 1 || s->dim[2] * s->dim[3] == 1;
}

const char *nn_c_check_vector(nn_c_writer *w, const nn_c_node *n)
{
    if (w->values[n->in[0]].bytes || w->values[n->in[0]].constant)
        return "of bytes or constants has no form in C";
    if (!is_flat(w, n->out))
        return "into an image of several channels has no form in C";
    if (is_flat(w, n->in[0]))
        w->values[n->out].root = w->values[n->in[0]].root;
    return NULL;
}

void nn_c_emit_vector(nn_c_writer *w, const nn_c_node *n)
{
    if (is_flat(w, n->in[0]))
        return;
    nn_c_use(w, "planes");
    nn_c_call(w, "run_planes(%s, %s, %d, %d)", nn_c_at(w, n->in[0]).text, nn_c_at(w, n->out).text,
              nn_c_channels(w, n->in[0]), nn_c_pixels(w, n->in[0]));
}
