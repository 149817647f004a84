// SPDX-License-Identifier: MIT
// SSD's last layers (Liu 2016): prior boxes as constants, and boxes from them and the maps. The
// decoder does the suppression of DetectionOutput.
#include "nn/base/memory.h"
#include "nn/io/ncnn/build.h"

#include <math.h>
#include <stdio.h>

enum { FROM_INPUT = -233, MAX_SIZES = 16, MAX_PRIORS = 1 << 18 };

// Box sizes of a cell in pixels, and the grid of cells.
typedef struct priors {
    float size[4 * MAX_SIZES * MAX_SIZES][2]; // width, height
    int count;
    int64_t w, h;                    // cells
    float image[2], step[2], offset; // width, height
} priors;

static void add_size(priors *p, float w, float h)
{
    p->size[p->count][0] = w;
    p->size[p->count++][1] = h;
}

static void read_sizes(nn_ncnn_node *n, priors *p)
{
    int n_least, n_most, n_ratios;
    const double *least = nn_ncnn_array(n, 0, &n_least), *most = nn_ncnn_array(n, 1, &n_most);
    const double *ratios = nn_ncnn_array(n, 2, &n_ratios);
    const bool flip = nn_ncnn_int(n, 7, 1) != 0;
    if (n_least < 1 || n_least > MAX_SIZES || n_ratios > MAX_SIZES ||
        (n_most > 0 && n_most < n_least)) {
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "%d sizes, %d larger ones, %d ratios", n_least, n_most,
                     n_ratios);
        return;
    }
    for (int k = 0; k < n_least; k++) {
        add_size(p, (float)least[k], (float)least[k]);
        if (n_most > 0) {
            const float middle = sqrtf((float)(least[k] * most[k]));
            add_size(p, middle, middle);
        }
        for (int i = 0; i < n_ratios; i++) {
            const float root = sqrtf((float)ratios[i]);
            const float w = (float)least[k] * root, h = (float)least[k] / root;
            add_size(p, w, h);
            if (flip)
                add_size(p, h, w);
        }
    }
}

static void read_grid(nn_ncnn_node *n, priors *p)
{
    const nn_ncnn_value *x = &n->in[0];
    if (nn_ncnn_dims(x) != 3 || (n->n_in == 2 && nn_ncnn_dims(&n->in[1]) != 3)) {
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "its input has %d axes, an image has 3", nn_ncnn_dims(x));
        return;
    }
    p->h = nn_ncnn_dim(n, x, 2);
    p->w = nn_ncnn_dim(n, x, 3);
    p->offset = nn_ncnn_float(n, 13, 0);
    for (int i = 0; i < 2; i++) {
        const int64_t cells = i == 0 ? p->w : p->h;
        int64_t side = nn_ncnn_int(n, 9 + i, 0);
        if (side == FROM_INPUT)
            side = n->n_in == 2 ? nn_ncnn_dim(n, &n->in[1], 3 - i) : 0;
        if (side < 1)
            nn_ncnn_fail(n, NN_EUNSUPPORTED, "an image of %lld pixels", (long long)side);
        p->image[i] = (float)side;
        p->step[i] = nn_ncnn_float(n, 11 + i, FROM_INPUT);
        if (p->step[i] == FROM_INPUT)
            p->step[i] = p->image[i] / (float)(cells > 0 ? cells : 1);
    }
    if (nn_ncnn_int(n, 14, 0) || nn_ncnn_int(n, 15, 0))
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "priors as MMDetection writes them are not supported");
}

// Writes x0, y0, x1, y1 of 0 .. 1 for each prior of each cell, then as many variances.
static void fill_boxes(nn_ncnn_node *n, const priors *p, float *to)
{
    const bool clip = nn_ncnn_int(n, 8, 0) != 0;
    const float variance[4] = {nn_ncnn_float(n, 3, 0.1f), nn_ncnn_float(n, 4, 0.1f),
                               nn_ncnn_float(n, 5, 0.2f), nn_ncnn_float(n, 6, 0.2f)};
    float *variances = to + 4 * p->w * p->h * p->count;
    for (int64_t cell = 0; cell < p->w * p->h; cell++) {
        const float centre[2] = {((float)(cell % p->w) + p->offset) * p->step[0],
                                 ((float)(cell / p->w) + p->offset) * p->step[1]};
        for (int k = 0; k < p->count; k++)
            for (int i = 0; i < 4; i++) {
                const float half = p->size[k][i % 2] * (i < 2 ? -0.5f : 0.5f);
                const float at = (centre[i % 2] + half) / p->image[i % 2];
                *to++ = clip ? fminf(fmaxf(at, 0), 1) : at;
                *variances++ = variance[i];
            }
    }
}

static void build_priors(nn_ncnn_node *n)
{
    priors p = {.count = 0};
    read_sizes(n, &p);
    read_grid(n, &p);
    if (nn_ncnn_failed(n))
        return;
    if (p.w < 1 || p.h < 1 || p.w > MAX_PRIORS || p.h > MAX_PRIORS / p.w / p.count) {
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "over %d priors", MAX_PRIORS);
        return;
    }
    const nn_shape shape = {3, {1, 2, 4 * p.w * p.h * p.count}};
    float *data = nn_calloc((size_t)nn_shape_count(&shape), sizeof *data);
    if (!data) {
        nn_ncnn_fail(n, NN_ENOMEM, "out of memory");
        return;
    }
    fill_boxes(n, &p, data);
    nn_ncnn_output(n, 0, nn_ncnn_constant(n, "", &shape, data));
    nn_free(data);
}

// Two of the four numbers of each box.
static nn_ncnn_value pair(nn_ncnn_node *n, const char *suffix, nn_ncnn_value x, int at)
{
    return nn_ncnn_slice(n, suffix, x, 2, at, at + 2, 1);
}

// A row of the priors as boxes: 0 boxes, 1 variances.
static nn_ncnn_value prior_row(nn_ncnn_node *n, const char *slice, const char *suffix, int row,
                               const int64_t *boxes)
{
    return nn_ncnn_reshape(n, suffix, nn_ncnn_slice(n, slice, n->in[2], 1, row, row + 1, 1), 3,
                           boxes);
}

// Corners of boxes whose centres move by fractions of the priors' sizes and whose sizes grow
// exponentially.
static nn_ncnn_value decode_boxes(nn_ncnn_node *n, nn_ncnn_value moves, const int64_t *boxes)
{
    const nn_ncnn_value half = nn_ncnn_scalar(n, "half", 0.5f);
    const nn_ncnn_value prior = prior_row(n, "row0", "priors", 0, boxes);
    const nn_ncnn_value variance = prior_row(n, "row1", "variances", 1, boxes);
    const nn_ncnn_value low = pair(n, "low", prior, 0), high = pair(n, "high", prior, 2);
    const nn_ncnn_value size = nn_ncnn_arithmetic(n, "size", NN_ARITHMETIC_SUB, high, low);
    nn_ncnn_value centre = nn_ncnn_binary(n, "sum", &nn_op_add, low, high);
    centre = nn_ncnn_binary(n, "centre", &nn_op_mul, centre, half);
    nn_ncnn_value move = nn_ncnn_binary(n, "part", &nn_op_mul, pair(n, "move", moves, 0),
                                        pair(n, "move_variance", variance, 0));
    move = nn_ncnn_binary(n, "pixels", &nn_op_mul, move, size);
    nn_ncnn_value growth = nn_ncnn_binary(n, "power", &nn_op_mul, pair(n, "growth", moves, 2),
                                          pair(n, "growth_variance", variance, 2));
    growth = nn_ncnn_pointwise(n, "exp", NN_POINTWISE_EXP, growth, 0, 0);
    growth = nn_ncnn_binary(n, "grown", &nn_op_mul, growth, size);
    const nn_ncnn_value reach = nn_ncnn_binary(n, "reach", &nn_op_mul, growth, half);
    const nn_ncnn_value at = nn_ncnn_binary(n, "moved", &nn_op_add, centre, move);
    const nn_ncnn_value corners[] = {nn_ncnn_arithmetic(n, "corner0", NN_ARITHMETIC_SUB, at, reach),
                                     nn_ncnn_binary(n, "corner1", &nn_op_add, at, reach)};
    const nn_concat_params p = {.axis = 2};
    return nn_ncnn_emit(n, NULL, &nn_op_concat, &p, corners, 2);
}

static void build_detection(nn_ncnn_node *n)
{
    const int64_t classes = nn_ncnn_int(n, 0, 0);
    const nn_ncnn_value *prior = &n->in[2];
    if (classes < 2 || nn_ncnn_dims(prior) != 2) {
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "%lld classes, priors with %d axes", (long long)classes,
                     nn_ncnn_dims(prior));
        return;
    }
    const int64_t count = nn_ncnn_dim(n, prior, 2) / 4;
    const int64_t boxes[] = {0, -count, -4}, scores[] = {0, -count, -classes};
    const nn_ncnn_value moves = nn_ncnn_reshape(n, "moves", n->in[0], 3, boxes);
    nn_ncnn_output(n, 0, decode_boxes(n, moves, boxes));
    n->import->scores = nn_ncnn_reshape(n, "scores", n->in[1], 3, scores);
    snprintf(n->import->card.head, sizeof n->import->card.head, "ssd");
}

const nn_ncnn_op nn_ncnn_ssd[] = {
    {"DetectionOutput", 3, 3, 1, build_detection, 0},
    {"PriorBox", 1, 2, 1, build_priors, 0},
    {0},
};
