// SPDX-License-Identifier: MIT
// Changes shape or order: reshape, permute, shuffles of channels and pixels, squeeze.
#include "nn/io/ncnn/import.h"

#include "nn/base/memory.h"

#include <stdio.h>
#include <string.h>

static void build_reshape(nn_ncnn_node *n)
{
    static const int ids[][4] = {{0}, {1, 0}, {2, 1, 0}, {2, 11, 1, 0}}; // outermost first
    const nn_ncnn_value x = n->in[0];
    const int dims = !nn_ncnn_has(n, 1) ? 1 : !nn_ncnn_has(n, 2) ? 2 : !nn_ncnn_has(n, 11) ? 3 : 4;
    nn_reshape_params p = {.rank = dims + 1}; // the batch stays
    nn_ncnn_no_text(n, 6);
    if (!nn_ncnn_has(n, 0) && !nn_ncnn_has(n, 6))
        nn_ncnn_fail(n, NN_EFORMAT, "it says no size (0=)");
    if (nn_ncnn_int(n, 3, 0) != 0 || nn_ncnn_has(n, 12) || nn_ncnn_has(n, 13))
        nn_ncnn_fail(n, NN_EUNSUPPORTED,
                     "a reshape that permutes, or across the batch, is not supported");
    for (int i = 0; i < dims; i++) {
        const int size = nn_ncnn_int(n, ids[dims - 1][i], -1);
        // 0 keeps the axis of the same name: counted from the innermost, but channels are outermost
        const int own =
            i == 0 && dims >= 3 ? (nn_ncnn_dims(&x) >= 3 ? 1 : 0) : x.shape.rank - (dims - i);
        if (size < -1)
            nn_ncnn_fail(n, NN_EUNSUPPORTED, "a size of %d is not supported", size);
        if (size != 0)
            p.dim[i + 1] = size;
        else if (own != i + 1)
            p.dim[i + 1] = own >= 1 ? (int32_t)nn_ncnn_dim(n, &x, own) : 1;
    }
    nn_ncnn_output(n, 0, nn_ncnn_emit(n, NULL, &nn_op_reshape, &p, &x, 1));
}

// Axes of the result, innermost first, by the number of the order.
static const char *const orders2[] = {"wh", "hw"};
static const char *const orders3[] = {"whc", "hwc", "wch", "cwh", "hcw", "chw"};
static const char *const orders4[] = {
    "whdc", "hwdc", "wdhc", "dwhc", "hdwc", "dhwc", "whcd", "hwcd", "wchd", "cwhd", "hcwd", "chwd",
    "wdch", "dwch", "wcdh", "cwdh", "dcwh", "cdwh", "hdcw", "dhcw", "hcdw", "chdw", "dchw", "cdhw"};

static void build_permute(nn_ncnn_node *n)
{
    static const struct {
        const char *axes; // of the input, outermost first
        const char *const *orders;
        int count;
    } kinds[] = {{"hw", orders2, 2}, {"chw", orders3, 6}, {"cdhw", orders4, 24}};
    const int order = nn_ncnn_int(n, 0, 0), dims = nn_ncnn_dims(&n->in[0]);
    int perm[5] = {0};
    if (dims == 1) {
        nn_ncnn_output(n, 0, n->in[0]);
        return;
    }
    if (dims > 4 || order < 0 || order >= kinds[dims - 2].count) {
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "order %d of %d axes is not supported", order, dims);
        return;
    }
    const char *to = kinds[dims - 2].orders[order], *axes = kinds[dims - 2].axes;
    for (int i = 0; i < dims; i++)
        perm[i + 1] = (int)(strchr(axes, to[dims - 1 - i]) - axes) + 1;
    nn_ncnn_output(n, 0, nn_ncnn_transpose(n, NULL, n->in[0], perm));
}

static void build_flatten(nn_ncnn_node *n)
{
    nn_ncnn_output(n, 0, nn_ncnn_flatten(n, NULL, n->in[0]));
}

// --- channels ---

// Number of channels of an image, at most 65536; 0 after a failure.
static int64_t channels_of(nn_ncnn_node *n)
{
    enum { MOST = 1 << 16 };
    const nn_ncnn_value *x = &n->in[0];
    const int64_t c = nn_ncnn_dims(x) == 3 ? nn_ncnn_dim(n, x, 1) : 0;
    if (c >= 1 && c <= MOST)
        return c;
    nn_ncnn_fail(n, NN_EUNSUPPORTED, "%d axes and %lld channels: images of up to %d are supported",
                 nn_ncnn_dims(x), (long long)c, MOST);
    return 0;
}

// The result's channel a + count_a b is the input's channel b + count_b a.
static nn_ncnn_value interleave(nn_ncnn_node *n, const char *suffix, nn_ncnn_value x,
                                int64_t count_a, int64_t count_b)
{
    float *order = nn_calloc((size_t)(count_a * count_b), sizeof *order);
    nn_ncnn_value y = nn_ncnn_none;
    if (!order)
        nn_ncnn_fail(n, NN_ENOMEM, "out of memory");
    for (int64_t b = 0; order && b < count_b; b++)
        for (int64_t a = 0; a < count_a; a++)
            order[a + count_a * b] = (float)(b + count_b * a);
    if (order)
        y = nn_ncnn_permute_channels(n, suffix, x, order, count_a * count_b);
    nn_free(order);
    return y;
}

static void build_shuffle(nn_ncnn_node *n)
{
    const int64_t c = channels_of(n), group = nn_ncnn_int(n, 0, 1);
    if (nn_ncnn_failed(n))
        return;
    if (group < 1 || c % group) {
        nn_ncnn_fail(n, NN_ESHAPE, "%lld channels cannot be divided into %lld groups", (long long)c,
                     (long long)group);
        return;
    }
    const int64_t groups = nn_ncnn_int(n, 1, 0) ? c / group : group;
    nn_ncnn_output(n, 0, interleave(n, NULL, n->in[0], groups, c / groups));
}

// --- pixels ---

static int read_stride(nn_ncnn_node *n)
{
    const int r = nn_ncnn_int(n, 0, 1), mode = nn_ncnn_int(n, 1, 0);
    if (r >= 1 && r <= 16 && (mode == 0 || mode == 1))
        return r;
    nn_ncnn_fail(n, NN_EUNSUPPORTED, "%d x %d pixels in mode %d", r, r, mode);
    return 1;
}

// Each group of r^2 channels becomes one channel, r times as high and wide. It is a transposed
// convolution whose kernels hold a single 1, which works for images of any size.
static void build_pixel_shuffle(nn_ncnn_node *n)
{
    const int r = read_stride(n);
    const int64_t c = channels_of(n), square = (int64_t)r * r;
    if (nn_ncnn_failed(n))
        return;
    if (c % square) {
        nn_ncnn_fail(n, NN_ESHAPE, "%lld channels for %d x %d pixels", (long long)c, r, r);
        return;
    }
    float *kernels = nn_calloc((size_t)(c * square), sizeof *kernels);
    const nn_shape shape = nn_shape_4d(c, 1, r, r);
    const nn_conv_transpose_params p = {
        .stride = {r, r}, .dilation = {1, 1}, .groups = (int32_t)(c / square)};
    nn_ncnn_value in[] = {n->in[0], nn_ncnn_none};
    if (!kernels)
        nn_ncnn_fail(n, NN_ENOMEM, "out of memory");
    for (int64_t i = 0; kernels && i < c; i++)
        kernels[i * square + i % square] = 1;
    if (kernels)
        in[1] = nn_ncnn_constant(n, "pixels", &shape, kernels);
    nn_free(kernels);
    if (nn_ncnn_int(n, 1, 0) == 1)
        in[0] = interleave(n, "channels", n->in[0], square, c / square);
    nn_ncnn_output(n, 0, nn_ncnn_emit(n, NULL, &nn_op_conv_transpose, &p, in, 2));
}

// Each r x r pixels become r^2 channels: strided slices, concatenated. `columns`: columns vary
// slower than rows, as in YOLOv5's focus.
static nn_ncnn_value gather_pixels(nn_ncnn_node *n, const char *suffix, int r, bool columns)
{
    enum { MOST = NN_NCNN_MAX_IN };
    nn_ncnn_value parts[MOST];
    const nn_concat_params p = {.axis = 1};
    char name[32];
    if (r * r > MOST) {
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "%d x %d pixels", r, r);
        return nn_ncnn_none;
    }
    for (int i = 0; i < r * r; i++) {
        const int y = columns ? i % r : i / r, x = columns ? i / r : i % r;
        snprintf(name, sizeof name, "row%d_%d", y, x);
        const nn_ncnn_value rows = nn_ncnn_slice(n, name, n->in[0], 2, y, INT32_MAX, r);
        snprintf(name, sizeof name, "pixel%d_%d", y, x);
        parts[i] = nn_ncnn_slice(n, name, rows, 3, x, INT32_MAX, r);
    }
    return nn_ncnn_emit(n, suffix, &nn_op_concat, &p, parts, r * r);
}

static void build_reorg(nn_ncnn_node *n)
{
    const int r = read_stride(n);
    const int64_t c = channels_of(n);
    if (nn_ncnn_failed(n))
        return;
    if (nn_ncnn_int(n, 1, 0) == 1)
        nn_ncnn_output(n, 0, gather_pixels(n, NULL, r, false));
    else
        nn_ncnn_output(
            n, 0, interleave(n, NULL, gather_pixels(n, "pixels", r, false), (int64_t)r * r, c));
}

static void build_focus(nn_ncnn_node *n)
{
    if (channels_of(n) > 0)
        nn_ncnn_output(n, 0, gather_pixels(n, NULL, 2, true));
}

// --- axes of size 1 ---

static void build_squeeze(nn_ncnn_node *n)
{
    static const int flags[][4] = {{0}, {1, 0}, {2, 1, 0}, {2, 11, 1, 0}};
    const nn_ncnn_value x = n->in[0];
    int axes[NN_MAX_RANK], rank = 1;
    bool gone[NN_MAX_RANK] = {false};
    int64_t from[NN_MAX_RANK] = {0};
    const int dims = nn_ncnn_dims(&x), count = nn_ncnn_ints(n, 3, axes, NN_MAX_RANK);
    if (dims > 4)
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "an input with %d axes is not supported", dims);
    for (int i = 0; i < count; i++)
        gone[nn_ncnn_axis(n, &x, axes[i])] = true;
    for (int i = 0; count == 0 && dims <= 4 && i < dims; i++)
        gone[i + 1] = nn_ncnn_int(n, flags[dims - 1][i], 0) != 0;
    for (int i = 1; i <= dims; i++)
        if (!gone[i] || nn_ncnn_dim(n, &x, i) != 1)
            from[rank++] = i;
    if (rank == 1)
        from[rank++] = -1;
    nn_ncnn_output(n, 0, nn_ncnn_reshape(n, NULL, x, rank, from));
}

static void build_expand(nn_ncnn_node *n)
{
    const nn_ncnn_value x = n->in[0];
    int axes[NN_MAX_RANK];
    int64_t from[NN_MAX_RANK] = {0};
    bool made[NN_MAX_RANK] = {false};
    const int count = nn_ncnn_ints(n, 3, axes, NN_MAX_RANK), dims = nn_ncnn_dims(&x) + count;
    if (dims > 4)
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "an input with %d axes is not supported", dims);
    for (int i = 0; i < count && !nn_ncnn_failed(n); i++) {
        const int axis = axes[i] < 0 ? axes[i] + dims : axes[i];
        if (axis < 0 || axis >= dims || made[axis + 1])
            nn_ncnn_fail(n, NN_EFORMAT, "axis %d of %d, or twice", axes[i], dims);
        else
            made[axis + 1] = true;
    }
    for (int i = 1, own = 1; i <= dims && !nn_ncnn_failed(n); i++)
        from[i] = made[i] ? -1 : own++;
    nn_ncnn_output(n, 0, nn_ncnn_reshape(n, NULL, x, dims + 1, from));
}

const nn_ncnn_op nn_ncnn_shape[] = {
    {"ExpandDims", 1, 1, 1, build_expand, 0},
    {"Flatten", 1, 1, 1, build_flatten, 0},
    {"Permute", 1, 1, 1, build_permute, 0},
    {"PixelShuffle", 1, 1, 1, build_pixel_shuffle, 0},
    {"Reorg", 1, 1, 1, build_reorg, 0},
    {"Reshape", 1, 1, 1, build_reshape, 0},
    {"ShuffleChannel", 1, 1, 1, build_shuffle, 0},
    {"Squeeze", 1, 1, 1, build_squeeze, 0},
    {"YoloV5Focus", 1, 1, 1, build_focus, 0},
    {0},
};
