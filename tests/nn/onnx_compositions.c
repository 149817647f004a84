// SPDX-License-Identifier: MIT
// ONNX operators that become many nodes: Attention and RotaryEmbedding (opset 23), AffineGrid,
// DeformConv and CenterCropPad, against plain loops.
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
    for (int k = 0; k < KEYS + past; k++) {
        double score = 0;
        for (int c = 0; c < SIZE; c++)
            score += (double)x[a->flat ? (query * HEADS + head) * SIZE + c
                                       : (head * QUERIES + query) * SIZE + c] *
                     key_at(a, from, k, c) / 2; // sqrt(SIZE)
        if (a->cap > 0)
            score = (double)a->cap * tanh(score / (double)a->cap);
        if (a->mask)
            score += (double)number(query * (KEYS + past) + k);
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
                                      {.past = true, .causal = true}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const attention *a = &cases[c];
        const int64_t query[] = {1, HEADS, QUERIES, SIZE}, row[] = {1, QUERIES, HEADS * SIZE};
        const int64_t key[] = {1, KEY_HEADS, KEYS, SIZE}, keys[] = {1, KEYS, KEY_HEADS * SIZE};
        const int64_t past[] = {1, KEY_HEADS, PAST, SIZE};
        const int64_t mask[] = {QUERIES, KEYS + (a->past ? PAST : 0)};
        onnx_node f =
            begin_node("Attention", a->flat ? row : query, a->flat ? 3 : 4,
                       (const char *const[]){"x", "k", "k", a->mask ? "m" : "",
                                             a->past ? "past" : "", a->past ? "past" : "", NULL});
        add_numbers(&f, "k", a->flat ? keys : key, a->flat ? 3 : 4, 1);
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
        run_node(&f, 23, ONE);
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
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attention),       cmocka_unit_test(test_rotary_embedding),
        cmocka_unit_test(test_affine_grid),     cmocka_unit_test(test_deform_conv),
        cmocka_unit_test(test_center_crop_pad), cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
