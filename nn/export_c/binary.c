// SPDX-License-Identifier: MIT
// Sums, differences, products and quotients of two float values with broadcasting.
#include "nn/export_c/binary.h"

#include <stdio.h>

// Floats from one pixel and channel of an operand to the next; false: it is broadcast otherwise.
static bool find_steps(const nn_c_writer *w, nn_value v, nn_value out, int *pixel, int *channel)
{
    const nn_shape *s = nn_c_shape(w, v), *to = nn_c_shape(w, out);
    const int count = nn_c_count(w, v), channels = nn_c_channels(w, out);
    const bool image = nn_c_is_image(w, out);
    const int64_t of_image = !image ? 0 : s->rank == 4 ? s->dim[1] : s->rank == 3 ? s->dim[0] : 1;
    *pixel = *channel = 0;
    if (count == 1)
        return true;
    if (nn_shape_equal(s, to)) {
        *pixel = channels;
        *channel = 1;
        return true;
    }
    if (image && count == of_image && of_image == channels) {
        *channel = 1; // a number for each channel
        return true;
    }
    if (image && of_image == 1 && count == nn_c_pixels(w, out) && s->rank >= 2) {
        *pixel = 1; // for each pixel
        return true;
    }
    if (!image && count == channels && nn_c_channels(w, v) == channels) {
        *channel = 1; // a row for all rows
        return true;
    }
    return false;
}

const char *nn_c_check_binary(const nn_c_writer *w, const nn_c_node *n)
{
    int pixel, channel;
    for (int k = 0; k < 2; k++)
        if (!find_steps(w, n->in[k], n->out, &pixel, &channel))
            return "of such shapes has no form in C";
    return NULL;
}

void nn_c_emit_binary(nn_c_writer *w, const nn_c_node *n, const char *word)
{
    int step[2][2];
    char piece[32];
    for (int k = 0; k < 2; k++)
        find_steps(w, n->in[k], n->out, &step[k][0], &step[k][1]);
    const nn_c_text a = nn_c_operand(w, n, 0, "a"), b = nn_c_operand(w, n, 1, "b");
    nn_c_print(w, "static const binary layer_%d = {%d, %d, %d, %d, %d, %d};\n", w->index,
               nn_c_pixels(w, n->out), nn_c_channels(w, n->out), step[0][0], step[0][1], step[1][0],
               step[1][1]);
    snprintf(piece, sizeof piece, "%s_float", word);
    nn_c_use(w, piece);
    nn_c_call(w, "run_%s(&layer_%d, %s, %s, %s)", piece, w->index, a.text, b.text,
              nn_c_at(w, n->out).text);
}
