// SPDX-License-Identifier: MIT
// Darknet's layers without weights: pooling, joining, scaling, reordering.
#include "nn/io/darknet/build.h"

#include <string.h>

enum { MAX_CHANNELS = 1 << 20, MAX_SIDE = 1 << 10 };

// --- pooling ---

nn_darknet_value nn_darknet_maxpool(nn_darknet *d)
{
    const int stride = nn_darknet_int(d, "stride", 1, 1, MAX_SIDE);
    const int size = nn_darknet_int(d, "size", stride, 1, MAX_SIDE);
    const int pad = nn_darknet_int(d, "padding", size - 1, 0, 2 * MAX_SIDE); // total of both sides
    nn_darknet_refuse(d, "maxpool_depth", 0);
    nn_darknet_refuse(d, "antialiasing", 0);
    if (!nn_darknet_is_image(d))
        return nn_darknet_none;
    const nn_pool2d_params p = {
        .kernel = {size, size},
        .stride = {nn_darknet_int(d, "stride_y", stride, 1, MAX_SIDE),
                   nn_darknet_int(d, "stride_x", stride, 1, MAX_SIDE)},
        .pad = {pad / 2, pad / 2, pad - pad / 2, pad - pad / 2},
    };
    return nn_darknet_emit(d, NULL, &nn_op_max_pool, &p, &d->in, 1);
}

// Pools over the whole image and keeps the axes.
nn_darknet_value nn_darknet_avgpool(nn_darknet *d)
{
    const nn_reduce_params p = {NN_REDUCE_MEAN, 1 << 2 | 1 << 3, true};
    if (!nn_darknet_is_image(d))
        return nn_darknet_none;
    nn_darknet_value x = nn_darknet_emit(d, NULL, &nn_op_reduce, &p, &d->in, 1);
    x.fixed = true;
    return x;
}

nn_darknet_value nn_darknet_softmax(nn_darknet *d)
{
    const nn_softmax_params p = {.axis = 1};
    nn_darknet_refuse(d, "groups", 1);
    nn_darknet_refuse(d, "temperature", 1);
    nn_darknet_refuse(d, "spatial", 0);
    if (nn_darknet_text(d, "tree", NULL))
        nn_darknet_fail(d, NN_EUNSUPPORTED, "trees of classes are not supported");
    const nn_darknet_value flat = nn_darknet_flatten(d, d->in);
    return nn_darknet_emit(d, NULL, &nn_op_softmax, &p, &flat, 1);
}

// --- joining ---

static bool same_size(const nn_darknet_value *a, const nn_darknet_value *b)
{
    return a->shape.rank == 4 && b->shape.rank == 4 && a->shape.dim[2] == b->shape.dim[2] &&
           a->shape.dim[3] == b->shape.dim[3];
}

// With several groups, takes the same group of each layer.
nn_darknet_value nn_darknet_route(nn_darknet *d)
{
    nn_darknet_value in[NN_DARKNET_MAX_FROM];
    const int count = nn_darknet_layers(d, "layers", in);
    const int groups = nn_darknet_int(d, "groups", 1, 1, MAX_CHANNELS);
    const int part = nn_darknet_int(d, "group_id", 0, 0, groups - 1);
    for (int i = 0; i < count && !nn_darknet_failed(d); i++) {
        static const char *const names[] = {"part", "part1", "part2", "part3"};
        if (!same_size(&in[i], &in[0]) || in[i].shape.dim[1] % groups ||
            (groups > 1 && count > 4)) {
            nn_darknet_fail(d, NN_EFORMAT,
                            "layers of different sizes, or %d groups of %lld channels", groups,
                            (long long)in[i].shape.dim[1]);
            return nn_darknet_none;
        }
        const int64_t channels = in[i].shape.dim[1] / groups;
        if (groups > 1)
            in[i] =
                nn_darknet_slice(d, names[i], in[i], 1, part * channels, (part + 1) * channels, 1);
    }
    const nn_concat_params p = {.axis = 1};
    return count == 1 ? in[0] : nn_darknet_emit(d, NULL, &nn_op_concat, &p, in, count);
}

// Adds only the common channels: those of `from` are cut off or filled with zeros.
static nn_darknet_value fit_channels(nn_darknet *d, nn_darknet_value from)
{
    const int64_t have = from.shape.dim[1], want = d->in.shape.dim[1];
    nn_pad_params p = {.rank = 4, .mode = NN_PAD_CONSTANT};
    p.end[1] = (int32_t)(want - have);
    return have == want  ? from
           : have > want ? nn_darknet_slice(d, "cut", from, 1, 0, want, 1)
                         : nn_darknet_emit(d, "filled", &nn_op_pad, &p, &from, 1);
}

nn_darknet_value nn_darknet_shortcut(nn_darknet *d)
{
    nn_darknet_value from[NN_DARKNET_MAX_FROM];
    const int count = nn_darknet_layers(d, "from", from);
    const char *weights = nn_darknet_text(d, "weights_type", "none");
    if (strcmp(weights, "none") != 0)
        nn_darknet_fail(d, NN_EUNSUPPORTED, "weights_type=%.40s is not supported", weights);
    if (count > 1)
        nn_darknet_fail(d, NN_EUNSUPPORTED, "sums of over two layers are not supported");
    if (!nn_darknet_is_image(d))
        return nn_darknet_none;
    if (!same_size(&from[0], &d->in)) {
        nn_darknet_fail(d, NN_EUNSUPPORTED, "a sum of layers of different sizes is not supported");
        return nn_darknet_none;
    }
    const nn_darknet_value sum =
        nn_darknet_binary(d, NULL, &nn_op_add, d->in, fit_channels(d, from[0]));
    return nn_darknet_activate(d, sum, "linear");
}

static nn_darknet_value multiply(nn_darknet *d, bool whole)
{
    nn_darknet_value from[NN_DARKNET_MAX_FROM];
    nn_darknet_layers(d, "from", from);
    if (!nn_darknet_is_image(d))
        return nn_darknet_none;
    const int64_t *a = from[0].shape.dim, *b = d->in.shape.dim;
    const bool maps = nn_darknet_int(d, "scale_wh", 0, 0, 1) == 1; // one factor for each pixel
    if (from[0].shape.rank != 4 || (!maps && a[1] != b[1]) || (maps && b[1] != 1) ||
        ((whole || maps) && !same_size(&from[0], &d->in)) ||
        (!whole && !maps && (b[2] != 1 || b[3] != 1))) {
        nn_darknet_fail(d, NN_EFORMAT,
                        "the number of factors is neither that of the channels nor of the pixels");
        return nn_darknet_none;
    }
    const nn_darknet_value x = nn_darknet_binary(d, NULL, &nn_op_mul, from[0], d->in);
    return nn_darknet_activate(d, x, "linear");
}

nn_darknet_value nn_darknet_scale_channels(nn_darknet *d)
{
    return multiply(d, false);
}

nn_darknet_value nn_darknet_sam(nn_darknet *d)
{
    return multiply(d, true);
}

// --- moving ---

nn_darknet_value nn_darknet_upsample(nn_darknet *d)
{
    const int stride = nn_darknet_int(d, "stride", 2, 1, MAX_SIDE);
    const nn_resize_params p = {.mode = NN_RESIZE_NEAREST, .scale = {(float)stride, (float)stride}};
    nn_darknet_refuse(d, "scale", 1);
    if (!nn_darknet_is_image(d))
        return nn_darknet_none;
    return stride == 1 ? d->in : nn_darknet_emit(d, NULL, &nn_op_resize, &p, &d->in, 1);
}

// As in the training of YOLOv2: an image of C / S^2 channels and S times the sides is split into S
// x S images, and these are read as C S^2 channels with 1/S of the sides.
nn_darknet_value nn_darknet_reorg(nn_darknet *d)
{
    const int s = nn_darknet_int(d, "stride", 1, 1, MAX_SIDE);
    nn_darknet_refuse(d, "reverse", 0);
    if (!nn_darknet_is_image(d))
        return nn_darknet_none;
    const int64_t c = d->in.shape.dim[1], h = d->in.shape.dim[2], w = d->in.shape.dim[3];
    if (c % ((int64_t)s * s) || h % s || w % s || c > INT32_MAX / s / s) {
        nn_darknet_fail(d, NN_EFORMAT, "%lldx%lldx%lld cannot be divided by the stride %d",
                        (long long)c, (long long)h, (long long)w, s);
        return nn_darknet_none;
    }
    const int32_t parts = s * s;
    const nn_reshape_params apart = {6, {0, (int32_t)c / parts, (int32_t)h, s, (int32_t)w, s}};
    const nn_transpose_params turn = {6, {0, 3, 5, 1, 2, 4}};
    const nn_reshape_params joined = {4, {0, (int32_t)c * parts, (int32_t)h / s, (int32_t)w / s}};
    d->bound = d->bound || !d->in.fixed;
    nn_darknet_value x = nn_darknet_reshape(d, "apart", d->in, &apart);
    x = nn_darknet_emit(d, "turned", &nn_op_transpose, &turn, &x, 1);
    return nn_darknet_reshape(d, NULL, x, &joined);
}

nn_darknet_value nn_darknet_reorg3d(nn_darknet *d)
{
    const int s = nn_darknet_int(d, "stride", 1, 1, 8);
    nn_darknet_value parts[64];
    nn_darknet_refuse(d, "reverse", 0);
    if (!nn_darknet_is_image(d))
        return nn_darknet_none;
    for (int y = 0; y < s; y++) {
        static const char *const rows[] = {"row0", "row1", "row2", "row3",
                                           "row4", "row5", "row6", "row7"};
        const nn_darknet_value row = nn_darknet_slice(d, rows[y], d->in, 2, y, INT32_MAX, s);
        for (int x = 0; x < s; x++) {
            char name[16] = {'p', 'a', 'r', 't', (char)('0' + y), (char)('0' + x), 0};
            parts[y * s + x] = nn_darknet_slice(d, name, row, 3, x, INT32_MAX, s);
        }
    }
    const nn_concat_params p = {.axis = 1};
    return nn_darknet_emit(d, NULL, &nn_op_concat, &p, parts, s * s);
}

nn_darknet_value nn_darknet_nothing(nn_darknet *d)
{
    return d->in;
}
