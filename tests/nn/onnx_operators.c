// SPDX-License-Identifier: MIT
// ONNX operators without a case in libonnx-testdata: Gelu, Mish, the forms of opsets 18 to 25, and
// indices of maxima, against plain loops.
#include "tests/support/onnx_node.h"
#include "tests/support/test.h"

#include <math.h>
#include <string.h>

static const char *const ONE[] = {"y", NULL}, *const X[] = {"x", NULL};

static double gelu(double x)
{
    return 0.5 * x * (1 + erf(x / sqrt(2)));
}

static double gelu_tanh(double x)
{
    return 0.5 * x * (1 + tanh(sqrt(2 / 3.14159265358979) * (x + 0.044715 * x * x * x)));
}

static double mish(double x)
{
    return x * tanh(log1p(exp(x)));
}

static void test_activations(void **state)
{
    (void)state;
    static const struct {
        const char *op, *approximate;
        int opset;
        double (*f)(double x);
    } cases[] = {
        {"Gelu", NULL, 20, gelu},
        {"Gelu", "none", 21, gelu},
        {"Gelu", "tanh", 20, gelu_tanh},
        {"Mish", NULL, 18, mish},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        onnx_node f = begin_node(cases[c].op, (int64_t[]){2, 37}, 2, X);
        if (cases[c].approximate)
            set_text(&f, "approximate", cases[c].approximate);
        run_node(&f, cases[c].opset, ONE);
        for (int i = 0; i < 74; i++)
            expect_number(&f, 0, i, cases[c].f((double)node_input(&f)[i]));
        end_node(&f);
    }
}

static double swish(double x)
{
    return x / (1 + exp(-2 * x));
}

static void test_swish(void **state)
{
    (void)state;
    onnx_node f = begin_node("Swish", (int64_t[]){2, 37}, 2, X);
    set_float(&f, "alpha", 2);
    run_node(&f, 24, ONE);
    for (int i = 0; i < 74; i++)
        expect_number(&f, 0, i, swish((double)node_input(&f)[i]));
    end_node(&f);
}

// Norms over the last axis, over groups of channels, of a power.
static void test_norms(void **state)
{
    (void)state;
    const float scale[] = {1, 2, 3, 4}, bias[] = {0, 1, 0, -1};
    onnx_node f = begin_node("RMSNormalization", (int64_t[]){3, 4}, 2,
                             (const char *const[]){"x", "scale", NULL});
    add_tensor(f.graph, "scale", 1, (int64_t[]){4}, 1, scale, sizeof scale);
    run_node(&f, 23, ONE);
    for (int i = 0; i < 12; i++) {
        double sum = 1e-5;
        for (int k = 0; k < 4; k++)
            sum += pow((double)node_input(&f)[i / 4 * 4 + k], 2) / 4;
        expect_number(&f, 0, i, (double)node_input(&f)[i] / sqrt(sum) * scale[i % 4]);
    }
    end_node(&f);
    for (int opset = 18; opset <= 21; opset += 3) {
        f = begin_node("GroupNormalization", (int64_t[]){2, 4, 3}, 3,
                       (const char *const[]){"x", "scale", "bias", NULL});
        const int64_t count = opset < 21 ? 2 : 4; // of each group, then of each channel
        add_tensor(f.graph, "scale", 1, &count, 1, scale, (size_t)count * sizeof *scale);
        add_tensor(f.graph, "bias", 1, &count, 1, bias, (size_t)count * sizeof *bias);
        add_int_attribute(f.node, "num_groups", 2);
        run_node(&f, opset, ONE);
        for (int i = 0; i < 24; i++) {
            double mean = 0, variance = 1e-5;
            const float *x = node_input(&f) + i / 6 * 6;
            for (int k = 0; k < 6; k++)
                mean += (double)x[k] / 6;
            for (int k = 0; k < 6; k++)
                variance += pow((double)x[k] - mean, 2) / 6;
            const int at = opset < 21 ? i / 6 % 2 : i / 3 % 4;
            expect_number(&f, 0, i,
                          ((double)node_input(&f)[i] - mean) / sqrt(variance) * scale[at] +
                              bias[at]);
        }
        end_node(&f);
    }
    for (int p = 1; p <= 3; p++) {
        f = begin_node("LpNormalization", (int64_t[]){2, 5, 3}, 3, X);
        add_int_attribute(f.node, "axis", 1);
        add_int_attribute(f.node, "p", p);
        run_node(&f, 13, ONE);
        for (int i = 0; i < 30; i++) {
            double sum = 0;
            for (int k = 0; k < 5; k++)
                sum += pow(fabs((double)node_input(&f)[i / 15 * 15 + k * 3 + i % 3]), p);
            expect_number(&f, 0, i, (double)node_input(&f)[i] / pow(sum, 1.0 / p));
        }
        end_node(&f);
    }
}

// Attention's products, with an ellipsis, a diagonal, and three operands.
static void test_einsum(void **state)
{
    (void)state;
    enum { B = 2, I = 3, J = 3, K = 4 };
    float w[B * K * J];
    const int64_t dims[] = {B, K, J};
    for (int i = 0; i < B * K * J; i++)
        w[i] = (float)(i % 7 - 3);
    static const char *const equations[] = {"bik,bkj->bij", "...k,...kj -> ...j", " bik , bkj->bij",
                                            "bii->bi", "bik,bkj,bkj->ib"};
    for (int c = 0; c < 5; c++) {
        const bool diagonal = c == 3, vector = c == 1;
        const int64_t in[] = {B, vector ? K : I, diagonal ? J : K};
        onnx_node f = begin_node("Einsum", in, vector ? 2 : 3,
                                 c == 4     ? (const char *const[]){"x", "w", "w", NULL}
                                 : diagonal ? X
                                            : (const char *const[]){"x", "w", NULL});
        if (!diagonal)
            add_tensor(f.graph, "w", 1, dims, 3, w, sizeof w);
        set_text(&f, "equation", equations[c]);
        run_node(&f, 13, ONE);
        const float *x = node_input(&f);
        for (int b = 0; b < B; b++)
            for (int i = 0; i < I; i++) {
                double all = 0;
                for (int j = 0; j < J; j++) {
                    double sum = 0;
                    for (int k = 0; k < K && !diagonal; k++) {
                        const double v = w[(b * K + k) * J + j];
                        sum += (double)x[vector ? b * K + k : (b * I + i) * K + k] * v;
                        all += (double)x[vector ? 0 : (b * I + i) * K + k] * v * v;
                    }
                    if (c == 0 || c == 2)
                        expect_number(&f, 0, (b * I + i) * J + j, sum);
                    else if (vector)
                        expect_number(&f, 0, b * J + j, sum);
                }
                if (diagonal)
                    expect_number(&f, 0, b * I + i, (double)x[(b * I + i) * J + i]);
                else if (c == 4)
                    expect_number(&f, 0, i * B + b, all);
            }
        end_node(&f);
    }
}

// From opset 18 on the axes of all reductions are an input.
static void test_reductions(void **state)
{
    (void)state;
    for (int mean = 0; mean < 2; mean++) {
        onnx_node f = begin_node(mean ? "ReduceMean" : "ReduceMax", (int64_t[]){2, 3, 5}, 3,
                                 (const char *const[]){"x", "axes", NULL});
        add_ints(&f, "axes", (int64_t[]){-1}, 1);
        add_int_attribute(f.node, "keepdims", 0);
        run_node(&f, 18, ONE);
        expect_shape(&f, 0, (nn_shape){2, {2, 3}});
        for (int i = 0; i < 6; i++) {
            double sum = 0, most = -INFINITY;
            for (int k = 0; k < 5; k++) {
                sum += (double)node_input(&f)[i * 5 + k] / 5;
                most = fmax(most, (double)node_input(&f)[i * 5 + k]);
            }
            expect_number(&f, 0, i, mean ? sum : most);
        }
        end_node(&f);
    }
    onnx_node f = begin_node("ReduceSum", (int64_t[]){2, 3}, 2, X);
    add_int_attribute(f.node, "noop_with_empty_axes", 1);
    run_node(&f, 21, ONE);
    expect_shape(&f, 0, (nn_shape){2, {2, 3}});
    end_node(&f);
}

static void test_uneven_split(void **state)
{
    (void)state;
    onnx_node f = begin_node("Split", (int64_t[]){2, 7}, 2, X);
    add_int_attribute(f.node, "axis", 1);
    add_int_attribute(f.node, "num_outputs", 3);
    run_node(&f, 18, (const char *const[]){"y", "b", "c", NULL});
    expect_shape(&f, 0, (nn_shape){2, {2, 3}});
    expect_shape(&f, 1, (nn_shape){2, {2, 3}});
    expect_shape(&f, 2, (nn_shape){2, {2, 1}});
    expect_number(&f, 1, 3, (double)node_input(&f)[10]);
    expect_number(&f, 2, 1, (double)node_input(&f)[13]);
    end_node(&f);
}

static void test_padding_of_some_axes(void **state)
{
    (void)state;
    onnx_node f = begin_node("Pad", (int64_t[]){2, 3, 4}, 3,
                             (const char *const[]){"x", "pads", "", "axes", NULL});
    add_ints(&f, "pads", (int64_t[]){1, 0, 2, 1}, 4);
    add_ints(&f, "axes", (int64_t[]){-1, 0}, 2);
    run_node(&f, 19, ONE);
    expect_shape(&f, 0, (nn_shape){3, {3, 3, 7}});
    expect_number(&f, 0, 0, 0);
    expect_number(&f, 0, 1, (double)node_input(&f)[0]);
    expect_number(&f, 0, (1 * 3 + 2) * 7 + 4, (double)node_input(&f)[23]);
    expect_number(&f, 0, 2 * 3 * 7 + 3, 0);
    end_node(&f);
}

// Scales or sizes of height and width only.
static void test_resizing_of_some_axes(void **state)
{
    (void)state;
    for (int by_size = 0; by_size < 2; by_size++) {
        const char *const scales[] = {"x", "", "to", NULL}, *const sizes[] = {"x", "", "", "to",
                                                                              NULL};
        onnx_node f = begin_node("Resize", (int64_t[]){1, 2, 3, 4}, 4, by_size ? sizes : scales);
        if (by_size)
            add_ints(&f, "to", (int64_t[]){6, 8}, 2);
        else
            add_tensor(f.graph, "to", 1, (int64_t[]){2}, 1, (float[]){2, 2}, 8);
        set_ints(&f, "axes", (int64_t[]){-2, 3}, 2);
        set_text(&f, "coordinate_transformation_mode", "asymmetric");
        set_text(&f, "nearest_mode", "floor");
        run_node(&f, 18 + by_size, ONE);
        expect_shape(&f, 0, (nn_shape){4, {1, 2, 6, 8}});
        for (int i = 0; i < 96; i++)
            expect_number(&f, 0, i,
                          (double)node_input(&f)[(i / 48 * 3 + i / 8 % 6 / 2) * 4 + i % 8 / 2]);
        end_node(&f);
    }
}

// A window of a pool over three spatial axes, of which the last `dims` count.
typedef struct window {
    int dims, kernel[3], stride[3], dilation[3], pad[3], by_columns;
    int size[3];
} window;

// Number of the largest element of the window at `o` of plane `plane`; the first of equal ones.
static int64_t plain_place(const window *w, const float *x, int plane, const int *o)
{
    const int *s = w->size, volume = s[0] * s[1] * s[2];
    int64_t place = -1;
    float most = 0;
    for (int k = 0; k < w->kernel[0] * w->kernel[1] * w->kernel[2]; k++) {
        const int step[] = {k / (w->kernel[1] * w->kernel[2]), k / w->kernel[2] % w->kernel[1],
                            k % w->kernel[2]};
        int at[3];
        bool inside = true;
        for (int a = 0; a < 3; a++) {
            at[a] = o[a] * w->stride[a] - w->pad[a] + step[a] * w->dilation[a];
            inside = inside && at[a] >= 0 && at[a] < s[a];
        }
        if (!inside)
            continue;
        const float v = x[plane * volume + (at[0] * s[1] + at[1]) * s[2] + at[2]];
        if (place >= 0 && !(v > most))
            continue;
        most = v;
        place = plane * volume + (w->by_columns ? (at[2] * s[1] + at[1]) * s[0] + at[0]
                                                : (at[0] * s[1] + at[1]) * s[2] + at[2]);
    }
    return place;
}

static void set_axes(onnx_node *f, const char *name, const int *v, int dims, int copies)
{
    int64_t numbers[6];
    for (int i = 0; i < dims * copies; i++)
        numbers[i] = v[3 - dims + i % dims];
    set_ints(f, name, numbers, dims * copies);
}

static void test_places_of_maxima(void **state)
{
    (void)state;
    static const window cases[] = {
        {1, {1, 1, 3}, {1, 1, 2}, {1, 1, 1}, {0, 0, 1}, 0, {1, 1, 11}},
        {2, {1, 2, 2}, {1, 2, 2}, {1, 1, 1}, {0, 0, 0}, 0, {1, 6, 8}},
        {2, {1, 3, 2}, {1, 2, 1}, {1, 2, 3}, {0, 1, 1}, 1, {1, 9, 8}},
        {3, {2, 3, 2}, {1, 2, 2}, {1, 1, 1}, {1, 1, 0}, 0, {4, 5, 6}},
        {3, {2, 2, 2}, {2, 1, 1}, {1, 1, 2}, {0, 0, 1}, 1, {4, 5, 6}},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const window *w = &cases[c];
        int64_t dims[5] = {2, 3};
        int out[3];
        for (int a = 0; a < 3; a++) {
            out[a] = (w->size[a] + 2 * w->pad[a] - w->dilation[a] * (w->kernel[a] - 1) - 1) /
                         w->stride[a] +
                     1;
            if (a >= 3 - w->dims)
                dims[a - 1 + w->dims] = w->size[a];
        }
        onnx_node f = begin_node("MaxPool", dims, 2 + w->dims, X);
        set_axes(&f, "kernel_shape", w->kernel, w->dims, 1);
        set_axes(&f, "strides", w->stride, w->dims, 1);
        set_axes(&f, "dilations", w->dilation, w->dims, 1);
        set_axes(&f, "pads", w->pad, w->dims, 2);
        add_int_attribute(f.node, "storage_order", w->by_columns);
        run_node(&f, 12, (const char *const[]){"y", "places", NULL});
        const int volume = out[0] * out[1] * out[2];
        for (int i = 0; i < 6 * volume; i++) {
            const int o[] = {i % volume / (out[1] * out[2]), i / out[2] % out[1], i % out[2]};
            const int64_t place = plain_place(w, node_input(&f), i / volume, o);
            expect_number(&f, 1, i, (double)place);
            if (!w->by_columns)
                expect_number(&f, 0, i, (double)node_input(&f)[place]);
        }
        end_node(&f);
    }
}

// Windows of a video, as Video Swin cuts them: frames, rows and columns in two each.
static void test_eight_axes(void **state)
{
    (void)state;
    static const int64_t dims[] = {1, 2, 1, 3, 2, 2, 1, 2, 1}, perm[] = {0, 1, 3, 5, 2, 4, 6, 7};
    onnx_node f = begin_node("Transpose", dims, 8, X);
    set_ints(&f, "perm", perm, 8);
    run_node(&f, 13, ONE);
    expect_shape(&f, 0, (nn_shape){8, {1, 2, 3, 2, 1, 2, 1, 2}});
    for (int i = 0; i < 48; i++) { // of y: 2, 3, 2, 2 and 2
        const int frame = i / 24, row = i / 8 % 3, column = i / 4 % 2, inner = i / 2 % 2;
        const int from = (((frame * 3 + row) * 2 + inner) * 2 + column) * 2 + i % 2;
        expect_number(&f, 0, i, (double)node_input(&f)[from]);
    }
    end_node(&f);
    f = begin_node("Identity", dims, 9, X);
    expect_refusal(&f, "has over 8 dims");
}

// --- numbers of 4 bits, and scales of blocks ---

// Weights of 2 x 5, two in a byte, in blocks of 2 along each row: x @ dequantised weights.
static void test_blocks_of_half_bytes(void **state)
{
    (void)state;
    static const char *const in[] = {"x", "w", NULL}, *const weight[] = {"q", "s", "z", NULL};
    static const float scale[2][3] = {{0.5f, 1, 2}, {4, 0.25f, 8}};
    static const uint8_t q[] = {0x98, 0x3f, 0x21, 0xe7, 0x0c}, z[] = {0x10, 0x2f, 0xe3};
    static const int zeros[2][2][3] = {{{0, 1, 15}, {2, 3, 14}}, {{0, 1, -1}, {2, 3, -2}}};
    for (int is_signed = 0; is_signed < 2; is_signed++) {
        onnx_node f = begin_node("MatMul", (int64_t[]){3, 2}, 2, in);
        message *dq = new_node("DequantizeLinear", "dq", weight, "w");
        add_int_attribute(dq, "axis", 1);
        add_int_attribute(dq, "block_size", 2);
        take_message(f.graph, 1, dq);
        add_tensor(f.graph, "q", 21 + is_signed, (int64_t[]){2, 5}, 2, q, sizeof q);
        add_tensor(f.graph, "s", 1, (int64_t[]){2, 3}, 2, scale, sizeof scale);
        add_tensor(f.graph, "z", 21 + is_signed, (int64_t[]){2, 3}, 2, z, sizeof z);
        run_node(&f, 21, ONE);
        for (int i = 0; i < 15; i++) {
            double sum = 0;
            for (int k = 0; k < 2; k++) {
                const int at = k * 5 + i % 5, v = q[at / 2] >> at % 2 * 4 & 15;
                const int number = is_signed && v > 7 ? v - 16 : v;
                sum += (double)node_input(&f)[i / 5 * 2 + k] * (double)scale[k][i % 5 / 2] *
                       (number - zeros[is_signed][k][i % 5 / 2]);
            }
            expect_number(&f, 0, i, sum);
        }
        end_node(&f);
    }
}

// Blocks along the first axis, the last one cut short, there and back again.
static void test_quantized_blocks(void **state)
{
    (void)state;
    static const char *const in[] = {"x", "s", NULL}, *const back[] = {"q", "s", NULL};
    const float scale[4] = {0.5f, 0.25f, 1, 0.125f};
    onnx_node f = begin_node("DequantizeLinear", (int64_t[]){5, 2}, 2, back);
    message *first = new_node("QuantizeLinear", "first", in, "q");
    for (int i = 0; i < 2; i++) {
        add_int_attribute(i ? first : f.node, "axis", 0);
        add_int_attribute(i ? first : f.node, "block_size", 3);
    }
    add_int_attribute(first, "output_dtype", 22);
    take_message(f.graph, 1, first);
    add_tensor(f.graph, "s", 1, (int64_t[]){2, 2}, 2, scale, sizeof scale);
    run_node(&f, 21, ONE);
    for (int i = 0; i < 10; i++) {
        const double s = (double)scale[i / 6 * 2 + i % 2];
        expect_number(&f, 0, i, s * fmin(fmax(rint((double)node_input(&f)[i] / s), -8), 7));
    }
    end_node(&f);
}

static void test_wrong_blocks(void **state)
{
    (void)state;
    static const char *const in[] = {"x", "s", NULL};
    const float scale[2] = {1, 2};
    onnx_node f = begin_node("QuantizeLinear", (int64_t[]){5, 1}, 2, in);
    add_int_attribute(f.node, "axis", 0);
    add_int_attribute(f.node, "block_size", 2);
    add_tensor(f.graph, "s", 1, (int64_t[]){2, 1}, 2, scale, sizeof scale);
    expect_refusal(&f, "2x1 where blocks want 3x1");
    f = begin_node("DequantizeLinear", (int64_t[]){5, 1}, 2, in);
    add_int_attribute(f.node, "block_size", -2);
    add_tensor(f.graph, "s", 1, (int64_t[]){2, 1}, 2, scale, sizeof scale);
    expect_refusal(&f, "its block_size is -2");
}

// 2 columns of 20 numbers in blocks of 16; zero points packed, real, or the middle.
static void test_narrow_matmul(void **state)
{
    (void)state;
    enum { K = 20, N = 2, BLOCK = 16, BLOCKS = 2 };
    static const char *const in[] = {"x", "b", "s", "z", "", "bias", NULL};
    static const char *const without[] = {"x", "b", "s", "", "", "bias", NULL};
    static const float scale[N * BLOCKS] = {0.5f, 1, 2, 0.25f}, bias[N] = {3, -1};
    static const float real[N * BLOCKS] = {1.5f, 2, 3, 0};
    for (int bits = 2; bits <= 8; bits *= 2)
        for (int zeros = 0; zeros < 3; zeros++) {
            uint8_t b[N * BLOCKS * BLOCK], packed[N * BLOCKS];
            const int width = BLOCK * bits / 8, row = (BLOCKS * bits + 7) / 8,
                      mask = (1 << bits) - 1;
            for (int i = 0; i < N * BLOCKS * width; i++)
                b[i] = (uint8_t)(i * 37 + 11);
            for (int i = 0; i < N * row; i++)
                packed[i] = (uint8_t)(i * 53 + 0x2d);
            onnx_node f = begin_node("MatMulNBits", (int64_t[]){3, K}, 2, zeros ? in : without);
            put_text(f.node, 7, "com.microsoft");
            add_int_attribute(f.node, "K", K);
            add_int_attribute(f.node, "N", N);
            add_int_attribute(f.node, "bits", bits);
            add_int_attribute(f.node, "block_size", BLOCK);
            add_tensor(f.graph, "b", 2, (int64_t[]){N, BLOCKS, width}, 3, b,
                       (size_t)(N * BLOCKS * width));
            add_tensor(f.graph, "s", 1, (int64_t[]){N * BLOCKS}, 1, scale, sizeof scale);
            add_tensor(f.graph, "bias", 1, (int64_t[]){N}, 1, bias, sizeof bias);
            if (zeros == 1)
                add_tensor(f.graph, "z", 2, (int64_t[]){N * row}, 1, packed, (size_t)(N * row));
            if (zeros == 2)
                add_tensor(f.graph, "z", 1, (int64_t[]){N * BLOCKS}, 1, real, sizeof real);
            run_node(&f, 21, ONE);
            for (int i = 0; i < 3 * N; i++) {
                double sum = (double)bias[i % N];
                for (int k = 0; k < K; k++) {
                    const int block = i % N * BLOCKS + k / BLOCK, bit = k % BLOCK * bits;
                    const int q = b[block * width + bit / 8] >> bit % 8 & mask;
                    const int at = k / BLOCK * bits;
                    const double zero = zeros == 0   ? 1 << (bits - 1)
                                        : zeros == 1 ? packed[i % N * row + at / 8] >> at % 8 & mask
                                                     : (double)real[block];
                    sum +=
                        (double)node_input(&f)[i / N * K + k] * (q - zero) * (double)scale[block];
                }
                expect_number(&f, 0, i, sum);
            }
            end_node(&f);
        }
}

// --- quantised operators of com.microsoft ---

static void add_float(onnx_node *f, const char *name, float v)
{
    add_tensor(f->graph, name, 1, NULL, 0, &v, sizeof v);
}

static void add_byte(onnx_node *f, const char *name, int type, uint8_t v)
{
    add_tensor(f->graph, name, type, NULL, 0, &v, 1);
}

// x as bytes of scale 1/8 and zero point 100 goes through `op`, whose result has scale 1/4 and zero
// point 90, and is `y` as a real number.
static onnx_node begin_quantised(const char *op, const int64_t *dims, int rank,
                                 const char *const *in)
{
    static const char *const quantize[] = {"x", "sx", "zx", NULL}, *const back[] = {"qy", "sy",
                                                                                    "zy", NULL};
    message *first = new_node("QuantizeLinear", "first", quantize, "q");
    onnx_node f = begin_node("DequantizeLinear", dims, rank, back);
    message *node = new_node(op, op, in, "qy");
    put_text(node, 7, "com.microsoft");
    if (!strcmp(op, "QGemm"))
        add_int_attribute(node, "transB", 1);
    take_message(f.graph, 1, first);
    take_message(f.graph, 1, node);
    add_float(&f, "sx", 0.125f);
    add_byte(&f, "zx", 2, 100);
    add_float(&f, "sy", 0.25f);
    add_byte(&f, "zy", 2, 90);
    return f;
}

static double byte_value(const onnx_node *f, int i)
{
    return 0.125 * rint((double)node_input(f)[i] / 0.125);
}

static void expect_quantised(const onnx_node *f, int i, double want)
{
    const double have = (double)nn_tensor_f32(nn_plan_output(f->plan, 0))[i];
    if (fabs(have - fmin(fmax(want, -22.5), 41.25)) > 0.126) // half a step of the result
        fail_msg("element %d: %g, expected %g", i, have, want);
}

static void test_quantised_microsoft(void **state)
{
    static const char *const two[] = {"q", "sx", "zx", "q", "sx", "zx", "sy", "zy", NULL};
    static const char *const one[] = {"q", "sx", "zx", "sy", "zy", NULL};
    static const char *const join[] = {"sy", "zy", "q", "sx", "zx", "q", "sx", "zx", NULL};
    static const struct {
        const char *op;
        const char *const *in;
    } cases[] = {{"QLinearAdd", two},     {"QLinearMul", two},
                 {"QLinearSigmoid", one}, {"QLinearLeakyRelu", one},
                 {"QLinearConcat", join}, {"QLinearGlobalAveragePool", one}};
    (void)state;
    for (int c = 0; c < 6; c++) {
        onnx_node f = begin_quantised(cases[c].op, (const int64_t[]){1, 2, 3, 4}, 4, cases[c].in);
        run_node(&f, 13, ONE);
        for (int i = 0; i < (c == 5 ? 2 : 24); i++) {
            const double x = byte_value(&f, i);
            double mean = 0;
            for (int k = 0; k < 12 && c == 5; k++)
                mean += byte_value(&f, 12 * i + k) / 12;
            const double want[] = {2 * x, x * x, 1 / (1 + exp(-x)), x < 0 ? 0.01 * x : x, x, mean};
            expect_quantised(&f, i, want[c]);
        }
        end_node(&f);
    }
}

// Zero points that are left out are 0: x is 100 steps of 1/8 more then. A softmax along the last
// axis.
static void test_quantised_without_zero(void **state)
{
    static const char *const two[] = {"q", "sx", "", "q", "sx", "zx", "sy", "zy", NULL};
    static const char *const one[] = {"q", "sx", "", "sy", "zy", NULL};
    static const char *const soft[] = {"q", "sx", "zx", "sy", "zy", NULL};
    static const char *const ops[] = {"QLinearAdd", "QLinearLeakyRelu", "QLinearSoftmax"};
    static const char *const *const in[] = {two, one, soft};
    (void)state;
    for (int c = 0; c < 3; c++) {
        onnx_node f = begin_quantised(ops[c], (const int64_t[]){1, 2, 3, 4}, 4, in[c]);
        run_node(&f, 13, ONE);
        for (int i = 0; i < 24; i++) {
            const double x = byte_value(&f, i), more = x + 12.5;
            double sum = 0;
            for (int k = 0; k < 4; k++)
                sum += exp(byte_value(&f, i / 4 * 4 + k));
            const double want[] = {more + x, more < 0 ? 0.01 * more : more, exp(x) / sum};
            expect_quantised(&f, i, want[c]);
        }
        end_node(&f);
    }
    onnx_node f =
        begin_quantised("QLinearAdd", (const int64_t[]){1, 4}, 2,
                        (const char *const[]){"q", "sx", "zx", "q", "", "zx", "sy", NULL});
    expect_refusal(&f, "input 4 is missing");
    f = begin_quantised("QLinearSigmoid", (const int64_t[]){1, 4}, 2,
                        (const char *const[]){"q", "sx", "zx", NULL});
    expect_refusal(&f, "input 3 is missing");
}

// Weights of s8 with a scale for each output, a bias of int32.
static void test_quantised_gemm(void **state)
{
    enum { ROWS = 2, INPUTS = 5, OUTPUTS = 3 };
    static const char *const in[] = {"q", "sx", "zx", "w", "sw", "zw", "b", "sy", "zy", NULL};
    static const int64_t dims[] = {ROWS, INPUTS}, weight[] = {OUTPUTS, INPUTS}, row[] = {OUTPUTS};
    static const float scale[OUTPUTS] = {0.01f, 0.02f, 0.03f};
    static const int32_t bias[OUTPUTS] = {100, -200, 300};
    int8_t w[OUTPUTS * INPUTS], zero[OUTPUTS] = {0};
    (void)state;
    for (int i = 0; i < OUTPUTS * INPUTS; i++)
        w[i] = (int8_t)(i * 17 % 255 - 127);
    onnx_node f = begin_quantised("QGemm", dims, 2, in);
    add_tensor(f.graph, "w", 3, weight, 2, w, sizeof w);
    add_tensor(f.graph, "sw", 1, row, 1, scale, sizeof scale);
    add_tensor(f.graph, "zw", 3, row, 1, zero, sizeof zero);
    add_tensor(f.graph, "b", 6, row, 1, bias, sizeof bias);
    run_node(&f, 13, ONE);
    for (int r = 0; r < ROWS; r++)
        for (int o = 0; o < OUTPUTS; o++) {
            double want = bias[o] * (double)scale[o] * 0.125;
            for (int i = 0; i < INPUTS; i++)
                want += byte_value(&f, r * INPUTS + i) * w[o * INPUTS + i] * (double)scale[o];
            expect_quantised(&f, r * OUTPUTS + o, want);
        }
    end_node(&f);
}

// v as uint8, int8, uint16 or int16 (types 2 to 5), which begin anew at their ends.
static double narrow(int type, int64_t v)
{
    return type == 2 ? (uint8_t)v : type == 3 ? (int8_t)v : type == 4 ? (uint16_t)v : (int16_t)v;
}

static void test_narrow_whole_numbers(void **state)
{
    static const char *const ops[] = {"Add", "Sub", "Mul"};
    static const char *const in[] = {"q", "c", NULL}, *const scaled[] = {"x", "s", NULL};
    static const char *const cast[] = {"m", NULL};
    const float scale = 9999;
    (void)state;
    for (int i = 0; i < 12; i++) {
        const int type = 2 + i % 4;
        const uint16_t c = type < 4 ? 201 : 54321; // negative with a sign
        onnx_node f = begin_node(ops[i / 4], (const int64_t[]){2, 5}, 2, in);
        message *node = new_node("Cast", "cast", cast, "q");
        add_int_attribute(node, "to", type);
        take_message(f.graph, 1, new_node("Mul", "scale", scaled, "m"));
        take_message(f.graph, 1, node);
        add_float(&f, "s", scale);
        add_tensor(f.graph, "c", type, NULL, 0, &c, type < 4 ? 1 : 2);
        run_node(&f, 14, ONE);
        for (int k = 0; k < 10; k++) {
            const int64_t a = (int64_t)narrow(type, (int64_t)(scale * node_input(&f)[k]));
            const int64_t b = (int64_t)narrow(type, c);
            expect_number(&f, 0, k, narrow(type, i < 4 ? a + b : i < 8 ? a - b : a * b));
        }
        end_node(&f);
    }
}

// Rows of a cache, from the places of each entry of the batch on; round the end or not.
static void test_tensor_scatter(void **state)
{
    (void)state;
    enum { B = 2, H = 2, T = 4, D = 3, NEW = 2 };
    float update[B * H * NEW * D];
    for (int i = 0; i < B * H * NEW * D; i++)
        update[i] = 100 + (float)i;
    for (int c = 0; c < 3; c++) { // the last one from the beginning
        const int64_t at[] = {c == 1 ? 3 : c == 2 ? 0 : 2, c == 2 ? 0 : 1};
        onnx_node f = begin_node("TensorScatter", (int64_t[]){B, H, T, D}, 4,
                                 c == 2 ? (const char *const[]){"x", "update", NULL}
                                        : (const char *const[]){"x", "update", "at", NULL});
        add_tensor(f.graph, "update", 1, (int64_t[]){B, H, NEW, D}, 4, update, sizeof update);
        add_ints(&f, "at", at, 2);
        if (c == 1)
            set_text(&f, "mode", "circular");
        run_node(&f, 24, ONE);
        for (int i = 0; i < B * H * T * D; i++) {
            const int b = i / (H * T * D), t = i / D % T;
            const int row = (int)((t - at[b] + T) % T);
            expect_number(&f, 0, i,
                          row < NEW ? (double)update[(i / (T * D) * NEW + row) * D + i % D]
                                    : (double)node_input(&f)[i]);
        }
        end_node(&f);
    }
}

// A BMP of two pixels, red and (10, 20, 30).
static void test_image_decoder(void **state)
{
    (void)state;
    static const uint8_t bmp[62] = {'B',      'M',      62,        [10] = 54, [14] = 40, [18] = 2,
                                    [22] = 1, [26] = 1, [28] = 24, [34] = 8,  [54] = 0,  0,
                                    255,      30,       20,        10};
    static const struct {
        const char *pixels;
        int channels;
        double want[6];
    } cases[] = {{NULL, 3, {255, 0, 0, 10, 20, 30}},
                 {"BGR", 3, {0, 0, 255, 30, 20, 10}},
                 {"Grayscale", 1, {76, 18}}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        onnx_node f =
            begin_node("ImageDecoder", (int64_t[]){1}, 1, (const char *const[]){"file", NULL});
        add_tensor(f.graph, "file", 2, (int64_t[]){sizeof bmp}, 1, bmp, sizeof bmp);
        if (cases[c].pixels)
            set_text(&f, "pixel_format", cases[c].pixels);
        run_node(&f, 20, ONE);
        expect_shape(&f, 0, (nn_shape){3, {1, 2, cases[c].channels}});
        for (int i = 0; i < 2 * cases[c].channels; i++)
            expect_number(&f, 0, i, cases[c].want[i]);
        end_node(&f);
    }
    onnx_node f =
        begin_node("ImageDecoder", (int64_t[]){1}, 1, (const char *const[]){"file", NULL});
    add_tensor(f.graph, "file", 2, (int64_t[]){40}, 1, bmp, 40);
    expect_refusal(&f, "BMP");
    f = begin_node("ImageDecoder", (int64_t[]){64}, 1, X);
    expect_refusal(&f, "the picture depends on the model's data");
}

// With an element and without one, which decides what is read.
static void test_optionals(void **state)
{
    (void)state;
    for (int has = 0; has < 2; has++) {
        onnx_node f = begin_node("Where", (int64_t[]){4}, 1,
                                 (const char *const[]){"has", "twice", "x", NULL});
        add_node(f.graph, "Add", "twice", "x", "x", "twice");
        add_node(f.graph, "Optional", "some", "twice", NULL, "some");
        add_node(f.graph, "Optional", "none", NULL, NULL, "none");
        add_node(f.graph, "OptionalHasElement", "has", has ? "some" : "none", NULL, "has");
        add_node(f.graph, "OptionalGetElement", "got", "some", NULL, "got");
        run_node(&f, 18, ONE);
        for (int i = 0; i < 4; i++)
            expect_number(&f, 0, i, (1 + has) * (double)node_input(&f)[i]);
        end_node(&f);
    }
    onnx_node f =
        begin_node("OptionalGetElement", (int64_t[]){4}, 1, (const char *const[]){"none", NULL});
    add_node(f.graph, "Optional", "none", NULL, NULL, "none");
    expect_refusal(&f, "no element");
    f = begin_node("Relu", (int64_t[]){4}, 1, (const char *const[]){"none", NULL});
    add_node(f.graph, "Optional", "none", NULL, NULL, "none");
    expect_refusal(&f, "is a sequence");
}

static void test_refusals(void **state)
{
    (void)state;
    const int64_t square[] = {2, 2}, cube[] = {2, 2, 2, 2, 2}, far[] = {1, 1, 5000};
    onnx_node f = begin_node("Einsum", square, 2, (const char *const[]){"x", "", "x", NULL});
    set_text(&f, "equation", "ij,jk,kl");
    expect_refusal(&f, "input 1 is missing");
    // A result of 10 axes; none may be summed in silence.
    f = begin_node("Einsum", cube, 5, (const char *const[]){"x", "x", NULL});
    set_text(&f, "equation", "abcde,fghij");
    expect_refusal(&f, "axes are not supported");
    f = begin_node("ReverseSequence", square, 2, (const char *const[]){"x", "lengths", NULL});
    add_ints(&f, "lengths", (int64_t[]){1, 2}, 2);
    add_int_attribute(f.node, "batch_axis", INT64_MAX);
    add_int_attribute(f.node, "time_axis", INT64_MAX);
    expect_refusal(&f, "are not supported");
    f = begin_node("MaxUnpool", far, 3, (const char *const[]){"x", "x", NULL});
    set_ints(&f, "kernel_shape", (int64_t[]){1}, 1);
    set_ints(&f, "pads", (int64_t[]){INT64_MAX, INT64_MAX}, 2);
    expect_refusal(&f, "pads are not supported");
    f = begin_node("MaxUnpool", far, 3, (const char *const[]){"x", "x", NULL});
    set_ints(&f, "kernel_shape", (int64_t[]){1}, 1);
    set_ints(&f, "strides", (int64_t[]){4096}, 1);
    expect_refusal(&f, "not exact");
    f = begin_quantised(
        "QLinearConcat", square, 2,
        (const char *const[]){"sy", "zy", "q", "sx", "zx", "", "sx", "", "q", "sx", "zx", NULL});
    expect_refusal(&f, "input 5 is missing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eight_axes),
        cmocka_unit_test(test_blocks_of_half_bytes),
        cmocka_unit_test(test_quantized_blocks),
        cmocka_unit_test(test_wrong_blocks),
        cmocka_unit_test(test_narrow_matmul),
        cmocka_unit_test(test_activations),
        cmocka_unit_test(test_swish),
        cmocka_unit_test(test_norms),
        cmocka_unit_test(test_einsum),
        cmocka_unit_test(test_reductions),
        cmocka_unit_test(test_uneven_split),
        cmocka_unit_test(test_padding_of_some_axes),
        cmocka_unit_test(test_resizing_of_some_axes),
        cmocka_unit_test(test_places_of_maxima),
        cmocka_unit_test(test_quantised_microsoft),
        cmocka_unit_test(test_quantised_without_zero),
        cmocka_unit_test(test_quantised_gemm),
        cmocka_unit_test(test_narrow_whole_numbers),
        cmocka_unit_test(test_tensor_scatter),
        cmocka_unit_test(test_image_decoder),
        cmocka_unit_test(test_optionals),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
