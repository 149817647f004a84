// SPDX-License-Identifier: MIT
// Operators that change a shape alone.
#include "nn/export_c/vector.h"

// Whether it lies in the order of its dims.
static bool is_flat(const nn_c_writer *w, nn_value v)
{
    const nn_shape *s = nn_c_shape(w, v);
    return !nn_c_is_image(w, v) || s->dim[1] == 1 || s->dim[2] * s->dim[3] == 1;
}

// Whether the numbers of two values of as many lie alike.
static bool is_same(const nn_c_writer *w, nn_value a, nn_value b)
{
    return (is_flat(w, a) && is_flat(w, b)) || (nn_c_is_image(w, a) && nn_c_is_image(w, b) &&
                                                nn_c_channels(w, a) == nn_c_channels(w, b));
}

const char *nn_c_check_vector(nn_c_writer *w, const nn_c_node *n)
{
    if (w->values[n->in[0]].bytes || w->values[n->in[0]].constant)
        return "of bytes or constants has no form in C";
    if (is_same(w, n->in[0], n->out))
        w->values[n->out].root = w->values[n->in[0]].root;
    return NULL;
}

// Pixels become planes, planes pixels.
void nn_c_emit_vector(nn_c_writer *w, const nn_c_node *n)
{
    const nn_value from = n->in[0], to = n->out;
    nn_c_text planes = nn_c_at(w, from);
    if (is_same(w, from, to))
        return;
    nn_c_use(w, "planes");
    if (!is_flat(w, from)) {
        const bool last = is_flat(w, to);
        if (!last) {
            nn_c_scratch(w, (size_t)nn_c_count(w, from) * sizeof(float));
            planes = (nn_c_text){"REALS(SCRATCH)"};
        }
        nn_c_call(w, "run_planes(%s, %s, %d, %d)", nn_c_at(w, from).text,
                  last ? nn_c_at(w, to).text : planes.text, nn_c_channels(w, from),
                  nn_c_pixels(w, from));
    }
    if (!is_flat(w, to))
        nn_c_call(w, "run_planes(%s, %s, %d, %d)", planes.text, nn_c_at(w, to).text,
                  nn_c_pixels(w, to), nn_c_channels(w, to));
}
