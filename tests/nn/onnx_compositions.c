// SPDX-License-Identifier: MIT
// ONNX operators that become many nodes: Attention and RotaryEmbedding (opsets 23 and 24),
// AffineGrid, DeformConv, CenterCropPad, Col2Im, Pad around, Resize of any axes, and layers of
// "com.microsoft", against plain loops.
#include "tests/support/onnx_node.h"
#include "tests/support/test.h"

#include <math.h>

static const char *const ONE[] = {"y", NULL};

// Numbers of both signs that differ from those of the input.
static float number(int64_t i)
{
    return sinf(1.7f * (float)i + 0.3f);
}

static void add_numbers(onnx_node *f, const char *name, const int64_t *dims, int rank, float scale)
{
    float v[1024];
    int64_t count = 1;
    for (int i = 0; i < rank; i++)
        count *= dims[i];
    assert_true(count <= 1024);
    for (int64_t i = 0; i < count; i++)
        v[i] = scale * number(i);
    add_tensor(f->graph, name, 1, dims, rank, v, (size_t)count * sizeof *v);
}

enum { HEADS = 4, KEY_HEADS = 2, QUERIES = 3, KEYS = 5, PAST = 2, SIZE = 4 };

// What one case of attention does beside the products.
typedef struct attention {
    bool flat, causal, mask, past;
    float cap;
    int masked;     // keys that a shorter mask has, else 0; those behind it are hidden (opset 24)
    int64_t filled; // keys that are no padding, else 0 (opset 24)
} attention;

// Element `i` of a token's key or value; of earlier tokens they come from a tensor of their own.
static double key_at(const attention *a, int head, int token, int i)
{
    const int past = a->past ? PAST : 0;
    if (token < past)
        return (double)number((head * PAST + token) * SIZE + i);
    token -= past;
    return (double)number(a->flat ? (token * KEY_HEADS + head) * SIZE + i
                                  : (head * KEYS + token) * SIZE + i);
}

static double expected(const attention *a, const float *x, int head, int query, int i)
{
    double sum = 0, y = 0;
    const int past = a->past ? PAST : 0, from = head / (HEADS / KEY_HEADS);
    const int masked = a->masked ? a->masked : KEYS + past;
    for (int k = 0; k < (a->masked ? masked : a->filled ? a->filled : KEYS + past); k++) {
        double score = 0;
        for (int c = 0; c < SIZE; c++)
            score += (double)x[a->flat ? (query * HEADS + head) * SIZE + c
                                       : (head * QUERIES + query) * SIZE + c] *
                     key_at(a, from, k, c) / 2; // sqrt(SIZE)
        if (a->cap > 0)
            score = (double)a->cap * tanh(score / (double)a->cap);
        if (a->mask)
            score += (double)number(query * masked + k);
        if (a->causal && k > query + past)
            continue;
        sum += exp(score);
        y += exp(score) * key_at(a, from, k, i);
    }
    return y / sum;
}

static void test_attention(void **state)
{
    (void)state;
    static const attention cases[] = {{0},
                                      {.flat = true},
                                      {.causal = true},
                                      {.mask = true, .cap = 1.5f},
                                      {.past = true, .causal = true},
                                      {.mask = true, .masked = 3},
                                      {.causal = true, .filled = 2}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const attention *a = &cases[c];
        const int64_t query[] = {1, HEADS, QUERIES, SIZE}, row[] = {1, QUERIES, HEADS * SIZE};
        const int64_t key[] = {1, KEY_HEADS, KEYS, SIZE}, keys[] = {1, KEYS, KEY_HEADS * SIZE};
        const int64_t past[] = {1, KEY_HEADS, PAST, SIZE};
        const int64_t mask[] = {QUERIES, a->masked ? a->masked : KEYS + (a->past ? PAST : 0)};
        onnx_node f = begin_node("Attention", a->flat ? row : query, a->flat ? 3 : 4,
                                 (const char *const[]){"x", "k", "k", a->mask ? "m" : "",
                                                       a->past ? "past" : "", a->past ? "past" : "",
                                                       a->filled ? "filled" : NULL, NULL});
        add_numbers(&f, "k", a->flat ? keys : key, a->flat ? 3 : 4, 1);
        if (a->filled)
            add_ints(&f, "filled", &a->filled, 1);
        if (a->mask)
            add_numbers(&f, "m", mask, 2, 1);
        if (a->past)
            add_numbers(&f, "past", past, 4, 1);
        if (a->flat) {
            add_int_attribute(f.node, "q_num_heads", HEADS);
            add_int_attribute(f.node, "kv_num_heads", KEY_HEADS);
        }
        if (a->cap > 0)
            set_float(&f, "softcap", a->cap);
        add_int_attribute(f.node, "is_causal", a->causal);
        run_node(&f, a->masked || a->filled ? 24 : 23, ONE);
        for (int i = 0; i < HEADS * QUERIES * SIZE; i++) {
            const int head = a->flat ? i / SIZE % HEADS : i / SIZE / QUERIES;
            const int token = a->flat ? i / SIZE / HEADS : i / SIZE % QUERIES;
            expect_number(&f, 0, i, expected(a, node_input(&f), head, token, i % SIZE));
        }
        end_node(&f);
    }
}

// The first four of six elements are turned, as halves or as neighbours.
static void test_rotary_embedding(void **state)
{
    (void)state;
    enum { TOKENS = 3, WIDE = 6, TURNED = 4, TABLE = 7 };
    static const int64_t places[] = {5, 0, 6};
    for (int woven = 0; woven < 2; woven++) {
        onnx_node f = begin_node("RotaryEmbedding", (int64_t[]){1, 2, TOKENS, WIDE}, 4,
                                 (const char *const[]){"x", "cos", "sin", "at", NULL});
        add_numbers(&f, "cos", (int64_t[]){TABLE, TURNED / 2}, 2, 1);
        add_numbers(&f, "sin", (int64_t[]){TABLE, TURNED / 2}, 2, 0.5f);
        add_tensor(f.graph, "at", 7, (int64_t[]){1, TOKENS}, 2, places, sizeof places);
        add_int_attribute(f.node, "interleaved", woven);
        add_int_attribute(f.node, "rotary_embedding_dim", TURNED);
        run_node(&f, 23, ONE);
        for (int i = 0; i < 2 * TOKENS * WIDE; i++) {
            const int at = i % WIDE;
            const float *x = node_input(&f) + i - at;
            const int pair = woven ? at / 2 : at % 2, second = woven ? at % 2 : at / 2;
            const int64_t angle = places[i / WIDE % TOKENS] * (TURNED / 2) + pair;
            const double cosine = (double)number(angle), sine = 0.5 * (double)number(angle);
            const double a = (double)x[woven ? 2 * pair : pair];
            const double b = (double)x[woven ? 2 * pair + 1 : pair + 2];
            expect_number(&f, 0, i,
                          at >= TURNED ? (double)x[at]
                          : second     ? a * sine + b * cosine
                                       : a * cosine - b * sine);
        }
        end_node(&f);
    }
}

static void test_affine_grid(void **state)
{
    (void)state;
    static const int64_t size[] = {2, 1, 3, 4};
    for (int corners = 0; corners < 2; corners++) {
        onnx_node f = begin_node("AffineGrid", (int64_t[]){2, 2, 3}, 3,
                                 (const char *const[]){"x", "size", NULL});
        add_ints(&f, "size", size, 4);
        add_int_attribute(f.node, "align_corners", corners);
        run_node(&f, 20, ONE);
        expect_shape(&f, 0, nn_shape_make(4, (int64_t[]){2, 3, 4, 2}));
        for (int i = 0; i < 2 * 3 * 4 * 2; i++) {
            const float *theta = node_input(&f) + i / 24 * 6 + i % 2 * 3;
            const double column = i / 2 % 4, row = i / 8 % 3;
            const double x = corners ? 2 * column / 3 - 1 : (2 * column + 1) / 4 - 1;
            const double y = corners ? row - 1 : (2 * row + 1) / 3 - 1;
            expect_number(&f, 0, i, (double)theta[0] * x + (double)theta[1] * y + (double)theta[2]);
        }
        end_node(&f);
    }
}

// A pixel between others, 0 outside.
static double look(const float *image, int height, int width, double y, double x)
{
    double sum = 0;
    for (int dy = 0; dy < 2; dy++)
        for (int dx = 0; dx < 2; dx++) {
            const double row = floor(y) + dy, column = floor(x) + dx;
            if (row >= 0 && row < height && column >= 0 && column < width)
                sum += (1 - fabs(y - row)) * (1 - fabs(x - column)) *
                       (double)image[(int)row * width + (int)column];
        }
    return sum;
}

// Steps of 2, two groups of offsets, two of channels, with a mask and a bias.
static void test_deform_conv(void **state)
{
    (void)state;
    enum { C = 4, H = 6, W = 5, OUT = 2, K = 3, OH = 3, OW = 3, TAPS = K * K, PIXELS = OH * OW };
    onnx_node f = begin_node("DeformConv", (int64_t[]){1, C, H, W}, 4,
                             (const char *const[]){"x", "w", "offset", "b", "mask", NULL});
    add_numbers(&f, "w", (int64_t[]){OUT, C / 2, K, K}, 4, 1);
    add_numbers(&f, "offset", (int64_t[]){1, 4 * TAPS, OH, OW}, 4, 1.5f);
    add_numbers(&f, "b", (int64_t[]){OUT}, 1, 1);
    add_numbers(&f, "mask", (int64_t[]){1, 2 * TAPS, OH, OW}, 4, 0.5f);
    set_ints(&f, "strides", (int64_t[]){2, 2}, 2);
    set_ints(&f, "pads", (int64_t[]){1, 1, 1, 1}, 4);
    add_int_attribute(f.node, "group", 2);
    add_int_attribute(f.node, "offset_group", 2);
    run_node(&f, 19, ONE);
    expect_shape(&f, 0, nn_shape_make(4, (int64_t[]){1, OUT, OH, OW}));
    for (int o = 0; o < OUT; o++)
        for (int p = 0; p < PIXELS; p++) {
            double sum = (double)number(o);
            for (int i = 0; i < C / 2 * TAPS; i++) {
                const int channel = o * (C / 2) + i / TAPS, tap = i % TAPS, group = channel / 2;
                const int at = (group * TAPS + tap) * 2 * PIXELS + p;
                const double y = p / OW * 2 - 1 + tap / K + 1.5 * (double)number(at);
                const double x = p % OW * 2 - 1 + tap % K + 1.5 * (double)number(at + PIXELS);
                sum += (double)number(o * (C / 2) * TAPS + i) * 0.5 *
                       (double)number((group * TAPS + tap) * PIXELS + p) *
                       look(node_input(&f) + channel * H * W, H, W, y, x);
            }
            expect_number(&f, 0, o * PIXELS + p, sum);
        }
    end_node(&f);
}

// 5 x 7 becomes 8 x 4: one row of zeros above and two below, one column cut left and two right.
static void test_center_crop_pad(void **state)
{
    (void)state;
    onnx_node f = begin_node("CenterCropPad", (int64_t[]){2, 5, 7}, 3,
                             (const char *const[]){"x", "size", NULL});
    add_ints(&f, "size", (int64_t[]){8, 4}, 2);
    set_ints(&f, "axes", (int64_t[]){1, -1}, 2);
    run_node(&f, 18, ONE);
    expect_shape(&f, 0, nn_shape_make(3, (int64_t[]){2, 8, 4}));
    for (int i = 0; i < 2 * 8 * 4; i++) {
        const int row = i / 4 % 8 - 1, column = i % 4 + 1;
        const bool inside = row >= 0 && row < 5;
        expect_number(&f, 0, i,
                      inside ? (double)node_input(&f)[(i / 32 * 5 + row) * 7 + column] : 0);
    }
    end_node(&f);
}

// The scores at each stage, of one head: products, behind the cap, behind the mask, weights.
static void test_scores_of_attention(void **state)
{
    (void)state;
    enum { T = 3, D = 2 };
    for (int mode = 0; mode < 4; mode++) {
        onnx_node f = begin_node("Attention", (int64_t[]){1, 1, T, D}, 4,
                                 (const char *const[]){"x", "x", "x", "m", NULL});
        add_numbers(&f, "m", (int64_t[]){T, T}, 2, 1);
        set_float(&f, "softcap", 0.5f);
        add_int_attribute(f.node, "qk_matmul_output_mode", mode);
        run_node(&f, 23, (const char *const[]){"y", "present_key", "present_value", "s", NULL});
        const float *x = node_input(&f);
        for (int q = 0; q < T; q++) {
            double stage[4][T], sum = 0;
            for (int k = 0; k < T; k++) {
                stage[0][k] = ((double)x[q * D] * (double)x[k * D] +
                               (double)x[q * D + 1] * (double)x[k * D + 1]) /
                              sqrt(D);
                stage[1][k] = 0.5 * tanh(stage[0][k] / 0.5);
                stage[2][k] = stage[1][k] + (double)number(q * T + k);
                sum += exp(stage[2][k]);
            }
            for (int k = 0; k < T; k++) {
                stage[3][k] = exp(stage[2][k]) / sum;
                expect_number(&f, 3, q * T + k, stage[mode][k]);
            }
        }
        end_node(&f);
    }
}

// Columns are patches of 3 x 2 of two channels; what lies in the padding is lost.
static void test_col2im(void **state)
{
    (void)state;
    enum { C = 2, KH = 3, KW = 2, H = 6, W = 5, OH = 3, OW = 4 };
    onnx_node f = begin_node("Col2Im", (int64_t[]){2, C * KH * KW, OH * OW}, 3,
                             (const char *const[]){"x", "image", "block", NULL});
    double want[2][C][H][W] = {0};
    add_ints(&f, "image", (int64_t[]){H, W}, 2);
    add_ints(&f, "block", (int64_t[]){KH, KW}, 2);
    set_ints(&f, "pads", (int64_t[]){1, 0, 0, 1}, 4);
    set_ints(&f, "strides", (int64_t[]){2, 1}, 2);
    set_ints(&f, "dilations", (int64_t[]){1, 2}, 2);
    run_node(&f, 18, ONE);
    expect_shape(&f, 0, nn_shape_4d(2, C, H, W));
    for (int i = 0; i < 2 * C * KH * KW * OH * OW; i++) {
        const int place = i % (OH * OW), tap = i / (OH * OW) % (KH * KW);
        const int channel = i / (OH * OW * KH * KW) % C, image = i / (OH * OW * KH * KW * C);
        const int y = place / OW * 2 - 1 + tap / KW, x = place % OW + tap % KW * 2;
        if (y >= 0 && y < H && x < W)
            want[image][channel][y][x] += (double)node_input(&f)[i];
    }
    for (int i = 0; i < 2 * C * H * W; i++)
        expect_number(&f, 0, i, (&want[0][0][0][0])[i]);
    end_node(&f);
}

static void test_pad_around(void **state)
{
    (void)state;
    onnx_node f = begin_node("Pad", (int64_t[]){3, 4}, 2, (const char *const[]){"x", "p", NULL});
    add_ints(&f, "p", (int64_t[]){1, 2, -1, 3}, 4);
    set_text(&f, "mode", "wrap");
    run_node(&f, 19, ONE);
    expect_shape(&f, 0, nn_shape_2d(3, 9));
    for (int i = 0; i < 27; i++)
        expect_number(&f, 0, i, (double)node_input(&f)[(i / 9 + 2) % 3 * 4 + (i % 9 + 2) % 4]);
    end_node(&f);
    f = begin_node("Pad", (int64_t[]){3, 4}, 2, (const char *const[]){"x", "p", NULL});
    add_ints(&f, "p", (int64_t[]){4, 0, 0, 0}, 4);
    set_text(&f, "mode", "wrap");
    expect_refusal(&f, "more than the 3 elements of axis 0");
}

// A volume of 2 x 3 x 3 becomes one of 3 x 5 x 3 with its corners at the corners; the number behind
// the point of a scale is lost, as in PyTorch.
static void test_resize_of_volumes(void **state)
{
    (void)state;
    enum { D = 2, H = 3, W = 3, OD = 3, OH = 5 };
    onnx_node f = begin_node("Resize", (int64_t[]){1, 1, D, H, W}, 5,
                             (const char *const[]){"x", "", "to", NULL});
    add_tensor(f.graph, "to", 1, (int64_t[]){5}, 1, (float[]){1, 1, 1.7f, 1.9f, 1}, 20);
    set_text(&f, "mode", "linear");
    set_text(&f, "coordinate_transformation_mode", "align_corners");
    run_node(&f, 13, ONE);
    expect_shape(&f, 0, nn_shape_make(5, (int64_t[]){1, 1, OD, OH, W}));
    for (int i = 0; i < OD * OH * W; i++) {
        const double z = i / (OH * W) * (D - 1.0) / (OD - 1), y = i / W % OH * (H - 1.0) / (OH - 1);
        double sum = 0;
        for (int k = 0; k < D * H; k++) {
            const double weight = fmax(0, 1 - fabs(z - k / H)) * fmax(0, 1 - fabs(y - k % H));
            sum += weight * (double)node_input(&f)[k * W + i % W];
        }
        expect_number(&f, 0, i, sum);
    }
    end_node(&f);
}

// 2 x 4 within 6 x 6 is 3 x 6, around 6 x 6 it is 6 x 12.
static void test_resize_that_keeps_the_form(void **state)
{
    (void)state;
    for (int inside = 0; inside < 2; inside++) {
        onnx_node f = begin_node("Resize", (int64_t[]){1, 1, 2, 4}, 4,
                                 (const char *const[]){"x", "", "", "to", NULL});
        add_ints(&f, "to", (int64_t[]){6, 6}, 2);
        set_ints(&f, "axes", (int64_t[]){2, 3}, 2);
        set_text(&f, "keep_aspect_ratio_policy", inside ? "not_larger" : "not_smaller");
        set_text(&f, "coordinate_transformation_mode", "asymmetric");
        set_text(&f, "nearest_mode", "floor");
        run_node(&f, 18, ONE);
        const int h = inside ? 3 : 6, w = 2 * h;
        expect_shape(&f, 0, nn_shape_4d(1, 1, h, w));
        for (int i = 0; i < h * w; i++)
            expect_number(&f, 0, i, (double)node_input(&f)[i / w * 2 / h * 4 + i % w * 4 / w]);
        end_node(&f);
    }
}

// --- layers of com.microsoft ---

static onnx_node begin_microsoft(const char *op, const int64_t *dims, int rank,
                                 const char *const *in)
{
    onnx_node f = begin_node(op, dims, rank, in);
    put_text(f.node, 7, "com.microsoft");
    return f;
}

static double gelu(double x)
{
    return x * 0.5 * (1 + erf(x / sqrt(2)));
}

static double gelu_tanh(double x)
{
    return 0.5 * x * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
}

static double quick_gelu(double x)
{
    return x / (1 + exp(-1.702 * x));
}

static void test_gelus_of_microsoft(void **state)
{
    (void)state;
    static const struct {
        const char *op;
        double (*f)(double);
        bool bias;
    } forms[] = {{"Gelu", gelu, false},
                 {"BiasGelu", gelu, true},
                 {"FastGelu", gelu_tanh, true},
                 {"QuickGelu", quick_gelu, false}};
    for (size_t k = 0; k < sizeof forms / sizeof *forms; k++) {
        onnx_node f = begin_microsoft(forms[k].op, (int64_t[]){2, 5}, 2,
                                      (const char *const[]){"x", forms[k].bias ? "b" : NULL, NULL});
        add_numbers(&f, "b", (int64_t[]){5}, 1, 1);
        run_node(&f, 17, ONE);
        for (int i = 0; i < 10; i++)
            expect_number(&f, 0, i,
                          forms[k].f((double)node_input(&f)[i] +
                                     (forms[k].bias ? (double)number(i % 5) : 0)));
        end_node(&f);
    }
}

static void test_fused_layers_of_microsoft(void **state)
{
    (void)state;
    onnx_node f = begin_microsoft("FusedConv", (int64_t[]){1, 2, 3, 3}, 4,
                                  (const char *const[]){"x", "w", "b", "z", NULL});
    add_numbers(&f, "w", (int64_t[]){1, 2, 1, 1}, 4, 1);
    add_numbers(&f, "b", (int64_t[]){1}, 1, 1);
    add_numbers(&f, "z", (int64_t[]){1, 1, 3, 3}, 4, 2);
    set_text(&f, "activation", "Relu");
    run_node(&f, 17, ONE);
    for (int i = 0; i < 9; i++)
        expect_number(&f, 0, i,
                      fmax(0, (double)number(0) * (double)node_input(&f)[i] +
                                  (double)number(1) * (double)node_input(&f)[9 + i] +
                                  (double)number(0) + 2 * (double)number(i)));
    end_node(&f);
    f = begin_microsoft("FusedMatMul", (int64_t[]){2, 3}, 2, (const char *const[]){"x", "w", NULL});
    add_numbers(&f, "w", (int64_t[]){4, 3}, 2, 1);
    add_int_attribute(f.node, "transB", 1);
    set_float(&f, "alpha", 0.5f);
    run_node(&f, 17, ONE);
    for (int i = 0; i < 8; i++) {
        double sum = 0;
        for (int k = 0; k < 3; k++)
            sum += 0.5 * (double)node_input(&f)[i / 4 * 3 + k] * (double)number(i % 4 * 3 + k);
        expect_number(&f, 0, i, sum);
    }
    end_node(&f);
}

static void test_skip_layer_norm_of_microsoft(void **state)
{
    (void)state;
    onnx_node f =
        begin_microsoft("SkipLayerNormalization", (int64_t[]){1, 2, 4}, 3,
                        (const char *const[]){"x", "skip", "gamma", "beta", "bias", NULL});
    add_numbers(&f, "skip", (int64_t[]){1, 2, 4}, 3, 2);
    add_numbers(&f, "gamma", (int64_t[]){4}, 1, 1);
    add_numbers(&f, "beta", (int64_t[]){4}, 1, 0.5f);
    add_numbers(&f, "bias", (int64_t[]){4}, 1, 0.25f);
    set_float(&f, "epsilon", 1e-3f);
    run_node(&f, 17, (const char *const[]){"y", "", "", "sum", NULL});
    for (int row = 0; row < 2; row++) {
        double x[4], mean = 0, variance = 0;
        for (int i = 0; i < 4; i++) {
            x[i] = (double)node_input(&f)[4 * row + i] + 2 * (double)number(4 * row + i) +
                   0.25 * (double)number(i);
            mean += x[i] / 4;
        }
        for (int i = 0; i < 4; i++)
            variance += (x[i] - mean) * (x[i] - mean) / 4;
        for (int i = 0; i < 4; i++) {
            expect_number(&f, 1, 4 * row + i, x[i]);
            expect_number(&f, 0, 4 * row + i,
                          (x[i] - mean) / sqrt(variance + 1e-3) * (double)number(i) +
                              0.5 * (double)number(i));
        }
    }
    end_node(&f);
}

// Two heads of two numbers; query, key and value are the same tokens with biases of their own, or
// products with parts of one matrix that is diagonal.
static void test_attention_of_microsoft(void **state)
{
    (void)state;
    enum { T = 3, D = 4, HEAD = 2 };
    for (int packed = 0; packed < 2; packed++) {
        float weight[D][3 * D] = {{0}};
        onnx_node f =
            begin_microsoft(packed ? "Attention" : "MultiHeadAttention", (int64_t[]){1, T, D}, 3,
                            packed ? (const char *const[]){"x", "w", "b", NULL}
                                   : (const char *const[]){"x", "x", "x", "b", NULL});
        for (int i = 0; i < 3 * D; i++)
            weight[i % D][i] = (float)(1 + i / D);
        add_tensor(f.graph, "w", 1, (int64_t[]){D, 3 * D}, 2, weight, sizeof weight);
        add_numbers(&f, "b", (int64_t[]){3 * D}, 1, 1);
        add_int_attribute(f.node, "num_heads", D / HEAD);
        run_node(&f, 17, ONE);
        double part[3][T][D];
        for (int i = 0; i < 3 * T * D; i++)
            part[i / (T * D)][i / D % T][i % D] =
                (double)node_input(&f)[i % (T * D)] * (packed ? 1 + i / (T * D) : 1) +
                (double)number(i / (T * D) * D + i % D);
        for (int i = 0; i < T * D; i++) {
            const int head = i % D / HEAD * HEAD;
            double sum = 0, y = 0;
            for (int k = 0; k < T; k++) {
                const double score = (part[0][i / D][head] * part[1][k][head] +
                                      part[0][i / D][head + 1] * part[1][k][head + 1]) /
                                     sqrt(HEAD);
                sum += exp(score);
                y += exp(score) * part[2][k][i % D];
            }
            expect_number(&f, 0, i, y / sum);
        }
        end_node(&f);
    }
    onnx_node f = begin_microsoft("MultiHeadAttention", (int64_t[]){1, T, D}, 3,
                                  (const char *const[]){"x", NULL});
    expect_refusal(&f, "packed with the query");
    f = begin_microsoft("MultiHeadAttention", NULL, 0,
                        (const char *const[]){"x", "x", "x", "b", NULL});
    add_numbers(&f, "b", (int64_t[]){3 * D}, 1, 1);
    add_int_attribute(f.node, "num_heads", 1);
    expect_refusal(&f, "MultiHeadAttention");
    f = begin_microsoft("Attention", (int64_t[]){1, T, D}, 3,
                        (const char *const[]){"x", "w", NULL});
    add_numbers(&f, "w", (int64_t[]){D, 3 * D}, 2, 1);
    add_int_attribute(f.node, "num_heads", 1);
    set_ints(&f, "qkv_hidden_sizes", (int64_t[]){D, INT64_MAX, INT64_MAX}, 3);
    expect_refusal(&f, "the hidden sizes do not suit 12 outputs");
}

static void test_refusals(void **state)
{
    (void)state;
    const int64_t flat[] = {1, 2, 6}, image[] = {1, 2, 4, 4};
    onnx_node f = begin_node("Attention", flat, 3, (const char *const[]){"x", "x", "x", NULL});
    add_int_attribute(f.node, "q_num_heads", 4);
    add_int_attribute(f.node, "kv_num_heads", 4);
    expect_refusal(&f, "q_num_heads is 4, which does not divide 6");
    f = begin_node("Attention", image, 4, (const char *const[]){"x", "x", "x", "", "x", NULL});
    expect_refusal(&f, "must both be there");
    f = begin_node("RotaryEmbedding", image, 4, (const char *const[]){"x", "x", "x", NULL});
    expect_refusal(&f, "a table of angles with 4 axes");
    f = begin_node("DeformConv", image, 4, (const char *const[]){"x", "w", "x", NULL});
    add_numbers(&f, "w", (int64_t[]){2, 2, 3, 3}, 4, 1);
    expect_refusal(&f, "do not suit kernel");
    f = begin_node("AffineGrid", (int64_t[]){1, 2, 3}, 3, (const char *const[]){"x", "s", NULL});
    add_ints(&f, "s", (int64_t[]){1, 1, INT64_MAX, INT64_MAX}, 4);
    expect_refusal(&f, "do not suit each other");
    f = begin_node("CenterCropPad", image, 4, (const char *const[]){"x", "s", NULL});
    add_ints(&f, "s", (int64_t[]){1, 2, 3}, 3);
    expect_refusal(&f, "3 sizes for 4 axes");
    f = begin_node("Col2Im", (int64_t[]){1, 6, 4}, 3, (const char *const[]){"x", "s", "k", NULL});
    add_ints(&f, "s", (int64_t[]){5, 5}, 2);
    add_ints(&f, "k", (int64_t[]){2, 3}, 2);
    expect_refusal(&f, "4x3 places of a block do not suit columns of 4");
    f = begin_node("Resize", (int64_t[]){1, 1, 2, 8}, 4,
                   (const char *const[]){"x", "", "", "to", NULL});
    add_ints(&f, "to", (int64_t[]){1, 1}, 2);
    set_ints(&f, "axes", (int64_t[]){2, 3}, 2);
    set_text(&f, "keep_aspect_ratio_policy", "not_larger");
    expect_refusal(&f, "axis 2 would get 0 elements");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attention),
        cmocka_unit_test(test_rotary_embedding),
        cmocka_unit_test(test_affine_grid),
        cmocka_unit_test(test_deform_conv),
        cmocka_unit_test(test_center_crop_pad),
        cmocka_unit_test(test_scores_of_attention),
        cmocka_unit_test(test_col2im),
        cmocka_unit_test(test_pad_around),
        cmocka_unit_test(test_resize_of_volumes),
        cmocka_unit_test(test_resize_that_keeps_the_form),
        cmocka_unit_test(test_gelus_of_microsoft),
        cmocka_unit_test(test_fused_layers_of_microsoft),
        cmocka_unit_test(test_skip_layer_norm_of_microsoft),
        cmocka_unit_test(test_attention_of_microsoft),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
