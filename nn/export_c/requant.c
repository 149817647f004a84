// SPDX-License-Identifier: MIT
// Constants of what becomes of sums of bytes.
#include "nn/export_c/writer.h"

#include <math.h>
#include <stdio.h>

static bool all_equal(const float *x, int64_t count)
{
    for (int64_t i = 1; i < count; i++)
        if (x[i] != x[0])
            return false;
    return true;
}

enum { POINT = 20, NEVER = 1 << POINT }; // as in runtime/requant_byte.c

static int32_t fixed(double x)
{
    const double most = 2047;
    return (int32_t)rint(fmin(fmax(x, -most), most) * (1 << POINT));
}

// The pieces as float and, for programs without fused multiplication, as whole numbers of 2^-20.
static void write_curve(nn_c_writer *w, const nn_int8_curve *curve)
{
    float pieces[NN_INT8_PIECES][5];
    int32_t whole[NN_INT8_PIECES][5];
    for (int i = 0; i < NN_INT8_PIECES; i++) {
        const float piece[5] = {curve->a[i], curve->b[i], curve->c[i], curve->d[i], curve->e[i]};
        for (int k = 0; k < 5; k++) {
            pieces[i][k] = piece[k];
            whole[i][k] = fixed((double)piece[k]);
        }
    }
    nn_c_floats(w, "curve", pieces[0], (int64_t)NN_INT8_PIECES * 5);
    nn_c_print(w, "#if !HAVE_FUSED\n");
    nn_c_s32(w, "whole", whole[0], (int64_t)NN_INT8_PIECES * 5);
    nn_c_print(w, "#endif\n");
}

// How far, in 2^-20, a result by whole numbers may lie from that by float; NEVER: they have too few
// bits. Without curve: float rounds sums below 2^11 at 2^-13, whole numbers at 2^-20 a few times.
// Before a curve sums are below 2^6, so that an error of 2^-18 there grows with its slope; behind
// it each of four sums of float rounds by up to its size times 2^-24.
static int32_t find_near(const nn_c_requant *r)
{
    double slope = 0, size = 0;
    const double most = 2046;
    for (int64_t i = 0; i < r->channels; i++)
        if (!(fabs((double)r->shift[i]) < most))
            return NEVER;
    if (!r->r.curve)
        return 256;
    for (int i = 0; i < NN_INT8_PIECES; i++) {
        const nn_int8_curve *c = r->r.curve;
        const double d[4] = {fabs((double)c->b[i]), fabs((double)c->c[i]), fabs((double)c->d[i]),
                             fabs((double)c->e[i])};
        const double steep = d[0] + 2 * d[1] + 3 * d[2] + 4 * d[3];
        const double large = fabs((double)c->a[i]) + d[0] + d[1] + d[2] + d[3];
        // not fmax: gcc 12 for ARM breaks down over its vectors
        slope = steep > slope ? steep : slope;
        size = large > size ? large : size;
    }
    const double near = 512 + 8 * slope + size / 2;
    return size < most && near < NEVER / 4 ? (int32_t)near : NEVER;
}

void nn_c_write_requant(nn_c_writer *w, const nn_c_requant *r, nn_buffer *to)
{
    const nn_int8_requant *q = &r->r;
    const bool scales = !all_equal(r->scale, r->channels),
               shifts = !all_equal(r->shift, r->channels);
    nn_c_floats(w, "scale", r->scale, scales ? r->channels : 1);
    nn_c_floats(w, "shift", r->shift, shifts ? r->channels : 1);
    if (q->curve)
        write_curve(w, q->curve);
    nn_buffer_print(to, "{scale_%d, shift_%d, ", w->index, w->index);
    if (q->curve)
        nn_buffer_print(to, "curve_%d, ", w->index);
    else
        nn_buffer_print(to, "0, ");
    nn_buffer_print(to, "%s, %s, ", nn_c_number(q->skip_scale).text, nn_c_number(q->slope).text);
    nn_buffer_print(to, "%s, %s, ", nn_c_number(q->low).text, nn_c_number(q->high).text);
    nn_buffer_print(to, "%d, %d, %d, %d, %d ", r->real ? 0 : (int)rintf(q->low),
                    r->real ? 0 : (int)rintf(q->high), q->zero, scales, shifts);
    nn_buffer_print(to, "WHOLE(%d, %d, ", find_near(r), shifts ? 0 : fixed((double)r->shift[0]));
    if (q->curve)
        nn_buffer_print(to, "whole_%d)}", w->index);
    else
        nn_buffer_print(to, "0)}");
}
