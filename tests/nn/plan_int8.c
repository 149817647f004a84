// SPDX-License-Identifier: MIT
// Quantised graphs in compiled plans, on bytes, against the same graphs in float32: single nodes,
// and networks made up at random.
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/graph/plan.h"
#include "nn/ops/ops.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

enum { MOST = 24 };

#ifdef TEST_EMULATED
void test_int8_conv_init_amx_emulated(nn_int8_conv_kernels *k);
#endif

typedef struct maker {
    nn_graph *g;
    nn_rng rng;
    nn_value value[MOST]; // what readers read: behind dequantize_linear where quantised
    nn_shape shape[MOST];
    int scale[MOST], raw[MOST]; // parameter index of the scale, -1: float32; value before it
    int count, names;
    bool small;        // weights are (NN_INT8_SMALL of kernels/int8conv.h)
    bool weight_zeros; // weights have a zero point for each channel, all 0, as many files do
} maker;

static int pick(maker *m, int n)
{
    return (int)nn_rng_below(&m->rng, (uint64_t)n);
}

static const char *name_of(maker *m, const char *what)
{
    static char name[64];
    snprintf(name, sizeof name, "%s%d", what, m->names++);
    return name;
}

// Adds a value, behind quantize_linear and dequantize_linear; `like`: with the scale of another.
static void add_value(maker *m, nn_value v, nn_shape shape, bool quantised, int like)
{
    const nn_shape scalar = {.rank = 0};
    const nn_quantize_params p = {.type = NN_QUANTIZED_U8};
    const int i = m->count++;
    m->raw[i] = v;
    m->value[i] = v;
    m->shape[i] = shape;
    m->scale[i] = -1;
    if (!quantised)
        return;
    nn_value in[3] = {v, NN_NO_VALUE, NN_NO_VALUE};
    m->scale[i] = like >= 0 ? m->scale[like] : nn_graph_param_count(m->g);
    if (like >= 0) {
        in[1] = nn_graph_param_at(m->g, m->scale[i]);
        in[2] = nn_graph_param_at(m->g, m->scale[i] + 1);
    } else {
        in[1] = nn_graph_param(m->g, name_of(m, "scale"), NN_PARAM_BUFFER, &scalar);
        in[2] = nn_graph_param(m->g, name_of(m, "zero"), NN_PARAM_BUFFER, &scalar);
    }
    in[0] = nn_graph_node(m->g, &nn_op_quantize_linear, name_of(m, "q"), &p, in, 3);
    m->value[i] = nn_graph_node(m->g, &nn_op_dequantize_linear, name_of(m, "d"), &p, in, 3);
}

static bool fits(const nn_op *op, const void *params, const nn_shape *in, int n, nn_shape *out)
{
    return op->shape(params, in, n, out, NULL) == NN_OK && nn_shape_count(out) > 0;
}

// A convolution of value `from` with quantised weights, + value `skip` unless it is -1.
static bool add_conv(maker *m, int from, nn_conv2d_params p, int kernel, int64_t outputs, int skip,
                     bool quantised)
{
    const nn_shape weight = nn_shape_4d(outputs, m->shape[from].dim[1] / p.groups, kernel, kernel);
    const nn_shape row = nn_shape_1d(outputs);
    const nn_quantize_params s8 = {.type = NN_QUANTIZED_S8};
    nn_shape out, shapes[4] = {m->shape[from], weight, row};
    if (!fits(&nn_op_conv2d, &p, shapes, 3, &out) ||
        (skip >= 0 && !nn_shape_equal(&out, &m->shape[skip])))
        return false;
    nn_value w[3], in[4] = {m->value[from]};
    w[0] = nn_graph_param(m->g, name_of(m, "weight"), NN_PARAM_WEIGHT, &weight);
    w[1] = nn_graph_param(m->g, name_of(m, "wscale"), NN_PARAM_BUFFER, &row);
    if (m->weight_zeros)
        w[2] = nn_graph_param(m->g, name_of(m, "wzero"), NN_PARAM_BUFFER, &row);
    in[1] = nn_graph_node(m->g, &nn_op_dequantize_linear, name_of(m, "wd"), &s8, w,
                          m->weight_zeros ? 3 : 2);
    in[2] = nn_graph_param(m->g, name_of(m, "bias"), NN_PARAM_BIAS, &row);
    in[3] = skip >= 0 ? m->value[skip] : NN_NO_VALUE;
    add_value(m, nn_graph_node(m->g, &nn_op_conv2d, name_of(m, "conv"), &p, in, skip >= 0 ? 4 : 3),
              out, quantised, -1);
    return true;
}

static maker new_maker(uint64_t seed, nn_shape input)
{
    maker m = {.g = nn_graph_new(), .rng = nn_rng_seed(seed)};
    add_value(&m, nn_graph_input(m.g, "x"), input, true, -1);
    return m;
}

static void fill_input(const nn_tensor *t)
{
    nn_rng r = nn_rng_seed(77);
    for (int64_t i = 0; i < nn_shape_count(&t->shape); i++)
        nn_tensor_f32(t)[i] = nn_rng_range(&r, -1, 1.5f);
}

static nn_plan *plan_for(const nn_model *model, const nn_shape *input, const nn_plan_options *o)
{
    nn_plan *plan;
    nn_error err = {0};
    if (nn_plan_new(&plan, model, input, 1, o, &err))
        fail_msg("%s", err.text);
    fill_input(nn_plan_input(plan, 0));
    nn_plan_run(plan);
    return plan;
}

static void fill_params(maker *m, nn_model *model)
{
    for (int i = 0; i < nn_graph_param_count(model->graph); i++) {
        const char *name = nn_graph_value(model->graph, nn_graph_param_at(model->graph, i)).name;
        nn_tensor *t = &model->params[i];
        for (int64_t k = 0; k < nn_shape_count(&t->shape); k++)
            nn_tensor_f32(t)[k] = !strncmp(name, "weight", 6)
                                      ? (float)(m->small ? pick(m, 65) - 32 : pick(m, 256) - 128)
                                  : !strncmp(name, "wscale", 6)
                                      ? nn_rng_range(&m->rng, 0.005f, 0.02f)
                                  : !strncmp(name, "bias", 4)  ? nn_rng_range(&m->rng, -0.5f, 0.5f)
                                  : !strncmp(name, "gamma", 5) ? nn_rng_range(&m->rng, -2, 2)
                                                               : 1.0f * (float)(name[0] == 's');
    }
}

// Scales by what each value is, in the order of the graph: weights so that outputs stay small.
static void calibrate(maker *m, nn_model *model, const nn_shape *input)
{
    for (int i = 0; i < m->count; i++) {
        if (m->scale[i] < 0)
            continue;
        nn_plan_options o;
        nn_plan_options_init(&o);
        o.keep_values = true;
        nn_plan *plan = plan_for(model, input, &o);
        const nn_tensor *t = nn_plan_value(plan, m->raw[i]);
        float low = 0, high = 1e-3f;
        for (int64_t k = 0; k < nn_shape_count(&t->shape); k++) {
            low = fminf(low, nn_tensor_f32(t)[k]);
            high = fmaxf(high, nn_tensor_f32(t)[k]);
        }
        // not all of the range, so that some numbers are clamped
        const float scale = 0.95f * (high - low) / 255;
        nn_tensor_f32(&model->params[m->scale[i]])[0] = scale;
        nn_tensor_f32(&model->params[m->scale[i] + 1])[0] = rintf(-low / scale);
        nn_plan_free(plan);
    }
}

static nn_model *finish(maker *m)
{
    nn_model *model;
    nn_error err = {0};
    nn_graph_output(m->g, "y", m->value[m->count - 1]);
    if (nn_model_new(&model, m->g, &err))
        fail_msg("%s", err.text);
    fill_params(m, model);
    calibrate(m, model, &m->shape[0]);
    return model;
}

static int count_impls(const nn_plan *plan, const nn_model *model, const char *part)
{
    int n = 0;
    for (int i = 0; i < nn_graph_node_count(model->graph); i++)
        n += strstr(nn_plan_node_impl(plan, i), part) != NULL;
    return n;
}

// Compares the last value of a plan on bytes with float32. `unit`: what one step of it is.
static void compare(const char *what, const nn_plan *want, const nn_plan *got, float unit,
                    double most_steps, double most_part)
{
    const nn_tensor *a = nn_plan_output(want, 0), *b = nn_plan_output(got, 0);
    int64_t off = 0, count = nn_shape_count(&a->shape);
    for (int64_t i = 0; i < count; i++) {
        const double steps = fabs(nn_tensor_f32(a)[i] - nn_tensor_f32(b)[i]) / unit;
        if (!(steps <= most_steps))
            fail_msg("%s: number %d is %g and not %g: %g steps", what, (int)i, nn_tensor_f32(b)[i],
                     nn_tensor_f32(a)[i], steps);
        off += steps > 0.5;
    }
    if ((double)off > most_part * (double)count + 2)
        fail_msg("%s: %d of %d numbers are off by a step", what, (int)off, (int)count);
}

// The level i of this test: all CPU levels must agree with float32.
static bool level_kernels(int i, nn_kernels *k)
{
    static const unsigned masks[] = {0, NN_CPU_AVX2,
                                     NN_CPU_AVX2 | NN_CPU_AVX512 | NN_CPU_AVX512_VNNI, NN_CPU_NEON,
                                     NN_CPU_NEON | NN_CPU_DOTPROD};
    const int count = sizeof masks / sizeof *masks;
    int level = 0;
#ifdef TEST_EMULATED // the best level again, with AMX played in C
    if (i == 3 && (masks[2] & nn_cpu_flags()) == masks[2]) {
        nn_kernels_init(k, masks[2]);
        test_int8_conv_init_amx_emulated(&k->int8conv);
        return true;
    }
#endif
    for (; level < count; level++)
        if ((masks[level] & nn_cpu_flags()) == masks[level] && i-- == 0)
            break;
    if (level == count)
        return false;
    nn_kernels_init(k, masks[level]);
    return true;
}

// Runs the graph on bytes at every level and with 1 and 3 threads; `expected` nodes must do so.
static void check(const char *what, maker *m, int expected, double steps, double part)
{
    nn_model *model = finish(m);
    nn_plan_options o;
    nn_plan_options_init(&o);
    nn_plan *want = plan_for(model, &m->shape[0], &o), *first = NULL;
    const int scale = m->scale[m->count - 1];
    float unit = scale >= 0 ? nn_tensor_f32(&model->params[scale])[0] : 0;
    nn_kernels kernels;
    nn_pool *pool = NULL;
    for (int64_t i = 0; scale < 0 && i < nn_shape_count(&nn_plan_output(want, 0)->shape); i++)
        unit = fmaxf(unit, fabsf(nn_tensor_f32(nn_plan_output(want, 0))[i]) / 255);
    o.compiled = true;
    o.kernels = &kernels;
    for (int level = 0; level_kernels(level, &kernels); level++)
        for (int threads = 1; threads <= 3; threads += 2) {
            o.pool = nn_pool_new(threads);
            nn_plan *plan = plan_for(model, &m->shape[0], &o);
            const bool all = kernels.int8conv.weight_bytes == 1; // others may prefer Winograd
            if (all && count_impls(plan, model, "int8") < expected)
                fail_msg("%s: %d nodes run on bytes", what, count_impls(plan, model, "int8"));
            if (m->small && kernels.int8conv.small)
                assert_int_equal(count_impls(plan, model, "int8_direct"),
                                 count_impls(plan, model, "int8_direct_small"));
            compare(what, want, plan, unit, steps, part);
            nn_plan_run(plan); // nothing of the first run is in the way
            if (first && threads > 1)
                compare(what, first, plan, unit, 1e-3, 0);
            nn_plan_free(first);
            first = plan;
            nn_pool_free(pool);
            pool = o.pool;
        }
    nn_plan_free(first);
    nn_pool_free(pool);
    nn_plan_free(want);
    nn_model_free(model);
}

static nn_conv2d_params conv(int stride, int pad, int dilation, int groups, nn_act act)
{
    return (nn_conv2d_params){
        {stride, stride}, {dilation, dilation}, {pad, pad, pad, pad}, groups, (int)act};
}

static void convolutions(void **state)
{
    static const struct {
        int channels, outputs, kernel, stride, pad, dilation, groups, size;
        nn_act act;
    } cases[] = {
        {3, 24, 3, 2, 1, 1, 1, 21, NN_ACT_RELU},
        {3, 64, 7, 2, 3, 1, 1, 30, NN_ACT_RELU},
        {16, 16, 1, 1, 0, 1, 1, 9, NN_ACT_NONE},
        {64, 96, 1, 1, 0, 1, 1, 14, NN_ACT_RELU6},
        {24, 40, 3, 1, 1, 1, 1, 13, NN_ACT_SILU},
        {40, 24, 3, 1, 2, 2, 1, 13, NN_ACT_GELU},
        {96, 70, 1, 2, 0, 1, 1, 15, NN_ACT_MISH},
        {33, 17, 5, 1, 2, 1, 1, 11, NN_ACT_SIGMOID},
        {32, 32, 3, 1, 1, 1, 32, 17, NN_ACT_RELU},
        {20, 20, 5, 2, 2, 1, 20, 17, NN_ACT_SILU},
        {64, 64, 3, 1, 1, 1, 4, 10, NN_ACT_LEAKY_RELU},
        {128, 130, 3, 1, 1, 1, 1, 7, NN_ACT_RELU},
        {8, 8, 3, 1, 1, 1, 1, 40, NN_ACT_HARD_SWISH},
        {24, 40, 1, 1, 0, 1, 1, 9, NN_ACT_LEAKY_RELU_001},
        {16, 33, 3, 2, 1, 1, 1, 15, NN_ACT_LEAKY_RELU_02},
        {1, 20, 5, 1, 2, 1, 1, 37, NN_ACT_RELU},
        {2, 8, 4, 3, 0, 1, 1, 29, NN_ACT_NONE},
        {3, 8, 11, 4, 2, 1, 1, 45, NN_ACT_RELU},
        {4, 24, 3, 2, 1, 1, 1, 20, NN_ACT_SILU},
        {3, 24, 5, 2, 2, 1, 1, 23, NN_ACT_NONE},
        {3, 16, 3, 1, 2, 2, 1, 19, NN_ACT_RELU},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int kind = 0; kind < 4; kind++) {
            const bool quantised = kind % 2, small = kind / 2 && cases[i].channels > 1;
            char what[64];
            maker m = new_maker(i, nn_shape_4d(2, cases[i].channels, cases[i].size, cases[i].size));
            const nn_conv2d_params p = conv(cases[i].stride, cases[i].pad, cases[i].dilation,
                                            cases[i].groups, cases[i].act);
            assert_true(add_conv(&m, 0, p, cases[i].kernel, cases[i].outputs, -1, quantised));
            m.small = small;
            snprintf(what, sizeof what, "convolution %d%s%s", (int)i, small ? ", small" : "",
                     quantised ? "" : " to float32");
            const bool grouped = cases[i].groups > 1 && !quantised;
            // a convolution of few channels quantises its input itself
            const int alone =
                cases[i].channels <= 4 && cases[i].kernel > 1 && cases[i].dilation == 1;
            check(what, &m, grouped ? 0 : 2 + quantised - alone, 1.01, 0.02);
        }
}

static void convolutions_add(void **state)
{
    (void)state;
    for (int act = NN_ACT_NONE; act < NN_ACT_COUNT; act++) {
        maker m = new_maker((uint64_t)act, nn_shape_4d(1, 24, 12, 11));
        assert_true(add_conv(&m, 0, conv(1, 1, 1, 1, NN_ACT_NONE), 3, 24, -1, true));
        assert_true(add_conv(&m, 1, conv(1, 0, 1, 1, (nn_act)act), 1, 24, 0, true));
        check(nn_act_names[act], &m, 4, 2.01, 0.05);
    }
}

static void pools_sums_and_joins(void **state)
{
    static const nn_pool2d_params pools[] = {{{3, 3}, {2, 2}, {1, 1, 1, 1}, 0, 0},
                                             {{2, 2}, {2, 2}, {0, 0, 0, 0}, 0, 0},
                                             {{3, 3}, {1, 1}, {1, 1, 1, 1}, 0, 1},
                                             {{3, 3}, {2, 2}, {0, 0, 0, 0}, 1, 0}};
    (void)state;
    for (int i = 0; i < 4; i++)
        for (int mean = 0; mean < 2; mean++) {
            const nn_op *op = mean ? &nn_op_avg_pool : &nn_op_max_pool;
            maker m = new_maker((uint64_t)i, nn_shape_4d(2, 20, 15, 15));
            nn_shape out;
            assert_true(fits(op, &pools[i], m.shape, 1, &out));
            add_value(&m, nn_graph_node(m.g, op, name_of(&m, "pool"), &pools[i], m.value, 1), out,
                      true, mean ? -1 : 0);
            check(op->name, &m, 3, 1.01, 0.02);
        }
    for (int act = NN_ACT_NONE + 1; act < NN_ACT_COUNT; act++) { // behind a sum
        maker m = new_maker((uint64_t)act, nn_shape_4d(1, 24, 9, 13));
        assert_true(add_conv(&m, 0, conv(1, 1, 1, 1, NN_ACT_NONE), 3, 24, -1, true));
        const nn_value sum = nn_graph_node(m.g, &nn_op_add, name_of(&m, "sum"), NULL, m.value, 2);
        const nn_act_node *node = nn_act_node_of((nn_act)act);
        add_value(&m, nn_graph_node(m.g, node->op, name_of(&m, "act"), node->params, &sum, 1),
                  m.shape[0], true, -1);
        check(nn_act_names[act], &m, 4, 2.01, 0.05);
    }
    for (int i = 0; i < 4; i++) {
        const bool join = i & 1, same = i & 2;
        const nn_concat_params p = {.axis = 1};
        maker m = new_maker((uint64_t)i, nn_shape_4d(1, 48, 9, 13));
        nn_shape out;
        if (same)
            add_value(&m, m.value[0], m.shape[0], true, 0);
        else
            assert_true(add_conv(&m, 0, conv(1, 1, 1, 1, NN_ACT_RELU), 3, 48, -1, true));
        const nn_op *op = join ? &nn_op_concat : &nn_op_add;
        assert_true(fits(op, &p, m.shape, 2, &out));
        add_value(&m, nn_graph_node(m.g, op, name_of(&m, "both"), join ? &p : NULL, m.value, 2),
                  out, true, same && join ? 0 : -1);
        check(op->name, &m, 3, 2.01, 0.05);
    }
}

// Images whose channels are no whole blocks, side by side.
static void ragged_joins(void **state)
{
    static const int channels[][3] = {{8, 8, 0}, {24, 8, 0}, {8, 24, 16}, {3, 14, 21}, {40, 1, 30}};
    const nn_concat_params p = {.axis = 1};
    (void)state;
    for (int i = 0; i < 5; i++)
        for (int same = 0; same < 2; same++) {
            maker m = new_maker((uint64_t)i, nn_shape_4d(2, channels[i][0], 9, 70));
            int n = 1;
            for (; n < 3 && channels[i][n]; n++)
                assert_true(
                    add_conv(&m, 0, conv(1, 0, 1, 1, NN_ACT_NONE), 1, channels[i][n], -1, !same));
            if (same) // all in the mapping of the first
                for (int k = 1; k < n; k++) {
                    const nn_value raw = m.raw[k];
                    add_value(&m, raw, m.shape[k], true, 0);
                    m.value[k] = m.value[m.count - 1];
                }
            const int64_t all = channels[i][0] + channels[i][1] + channels[i][2];
            add_value(&m, nn_graph_node(m.g, &nn_op_concat, name_of(&m, "cat"), &p, m.value, n),
                      nn_shape_4d(2, all, 9, 70), true, same ? 0 : -1);
            check("ragged join", &m, n + 1, 2.01, 0.05);
        }
}

// Adds a node of `op` that reads value 0 and others.
static void add_node(maker *m, const nn_op *op, const void *params, const nn_value *in, int n_in,
                     nn_shape out, int like)
{
    add_value(m, nn_graph_node(m->g, op, name_of(m, "node"), params, in, n_in), out, true, like);
}

// One reader of the image quantises it for itself, the other reads bytes.
static void images_with_two_readers(void **state)
{
    const nn_pool2d_params pool = {.kernel = {2, 2}, .stride = {2, 2}};
    (void)state;
    maker m = new_maker(5, nn_shape_4d(1, 3, 26, 22));
    const nn_value in[1] = {m.value[0]};
    add_node(&m, &nn_op_max_pool, &pool, in, 1, nn_shape_4d(1, 3, 13, 11), 0);
    assert_true(add_conv(&m, 0, conv(2, 1, 1, 1, NN_ACT_RELU), 3, 24, -1, true));
    const nn_value both[2] = {m.value[1], m.value[2]};
    add_node(&m, &nn_op_concat, &(nn_concat_params){.axis = 1}, both, 2, nn_shape_4d(1, 27, 13, 11),
             -1);
    check("two readers", &m, 4, 1.01, 0.02);
}

static void means_and_resized_images(void **state)
{
    static const int sizes[][2] = {{1, 1}, {3, 2}, {15, 13}, {20, 7}};
    static const struct {
        nn_resize_params p;
        int like;
    } resizes[] = {{{NN_RESIZE_NEAREST, {0, 0}, {2, 2}, 0}, 0},
                   {{NN_RESIZE_NEAREST, {0, 0}, {2, 1.5f}, 0}, -1},
                   {{NN_RESIZE_NEAREST, {7, 30}, {0}, 0}, 0},
                   {{NN_RESIZE_BILINEAR, {0, 0}, {2, 2}, 0}, 0},
                   {{NN_RESIZE_BILINEAR, {9, 31}, {0}, 1}, -1}};
    (void)state;
    for (int i = 0; i < 4; i++) {
        const nn_adaptive_pool_params p = {{sizes[i][0], sizes[i][1]}};
        maker m = new_maker((uint64_t)i, nn_shape_4d(2, 20, 15, 13));
        add_node(&m, &nn_op_adaptive_avg_pool, &p, m.value, 1,
                 nn_shape_4d(2, 20, sizes[i][0], sizes[i][1]), -1);
        check("adaptive_avg_pool", &m, 3, 1.01, 0.02);
    }
    for (size_t i = 0; i < sizeof resizes / sizeof *resizes; i++) {
        maker m = new_maker(i, nn_shape_4d(2, 37, 9, 13));
        nn_shape out;
        assert_true(fits(&nn_op_resize, &resizes[i].p, m.shape, 1, &out));
        add_node(&m, &nn_op_resize, &resizes[i].p, m.value, 1, out, resizes[i].like);
        check("resize", &m, 3, 1.01, 0.05); // halves fall to either side
    }
}

// Two layers one behind the other.
static void check_dense(uint64_t seed, nn_shape input, int64_t outputs)
{
    const nn_quantize_params s8 = {.type = NN_QUANTIZED_S8};
    const nn_linear_params acts[] = {{NN_ACT_RELU}, {seed % 2 ? NN_ACT_GELU : NN_ACT_NONE}};
    const int last = input.rank - 1;
    maker m = new_maker(seed, input);
    for (int layer = 0; layer < 2; layer++) {
        const nn_shape weight = nn_shape_2d(outputs, m.shape[layer].dim[last]);
        const nn_shape row = nn_shape_1d(outputs);
        nn_shape out = input;
        nn_value w[2], in[3] = {m.value[layer]};
        out.dim[last] = outputs;
        w[0] = nn_graph_param(m.g, name_of(&m, "weight"), NN_PARAM_WEIGHT, &weight);
        w[1] = nn_graph_param(m.g, name_of(&m, "wscale"), NN_PARAM_BUFFER, &row);
        in[1] = nn_graph_node(m.g, &nn_op_dequantize_linear, name_of(&m, "wd"), &s8, w, 2);
        in[2] = nn_graph_param(m.g, name_of(&m, "bias"), NN_PARAM_BIAS, &row);
        add_node(&m, &nn_op_linear, &acts[layer], in, 3, out, -1);
    }
    check("linear", &m, 2, 1.01, 0.02);
}

// Rows of numbers, fewer and more than there are lanes, also rows that have the rank of images.
static void dense_layers(void **state)
{
    static const int sizes[][3] = {{1, 64, 48}, {3, 37, 21}, {2, 5, 130}, {1, 300, 7}};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        check_dense(i, nn_shape_2d(sizes[i][0], sizes[i][1]), sizes[i][2]);
        check_dense(i, nn_shape_4d(sizes[i][0], 3, 5, sizes[i][1]), sizes[i][2]);
    }
}

// Batch norms, and products with gates for each channel and with images.
static void norms_and_products(void **state)
{
    (void)state;
    for (int act = NN_ACT_NONE; act < NN_ACT_COUNT; act++) {
        const nn_batch_norm_params p = {.eps = 1e-5f, .act = act};
        const nn_shape row = nn_shape_1d(24);
        maker m = new_maker((uint64_t)act, nn_shape_4d(2, 24, 9, 13));
        const nn_value in[] = {m.value[0], nn_graph_param(m.g, "gamma", NN_PARAM_WEIGHT, &row),
                               nn_graph_param(m.g, "bias", NN_PARAM_BIAS, &row),
                               nn_graph_param(m.g, "bias mean", NN_PARAM_BUFFER, &row),
                               nn_graph_param(m.g, "square", NN_PARAM_BUFFER, &row)};
        add_node(&m, &nn_op_batch_norm, &p, in, 5, m.shape[0], -1);
        check(nn_act_names[act], &m, 3, 1.01, 0.02);
    }
    for (int kind = 0; kind < 4; kind++) {
        const nn_adaptive_pool_params one = {{1, 1}};
        maker m = new_maker((uint64_t)kind, nn_shape_4d(2, 24, 9, 13));
        nn_value in[2] = {m.value[0], m.value[0]};
        if (kind < 2) // a gate, on either side
            in[1 - kind] = nn_graph_node(m.g, &nn_op_adaptive_avg_pool, "gate", &one, m.value, 1);
        else if (kind == 2) {
            assert_true(add_conv(&m, 0, conv(1, 0, 1, 1, NN_ACT_SIGMOID), 1, 24, -1, true));
            in[1] = m.value[1];
        }
        add_node(&m, &nn_op_mul, NULL, in, 2, m.shape[0], -1);
        check("mul", &m, 3, kind == 2 ? 2.01 : 1.01, 0.05);
    }
}

// Constants of whole numbers that are no weights are read as what they stand for.
static void quantised_constants(void **state)
{
    static const nn_op *const ops[] = {&nn_op_add, &nn_op_mul, &nn_op_concat, &nn_op_batch_norm};
    const nn_quantize_params s8 = {.type = NN_QUANTIZED_S8};
    const nn_batch_norm_params norm = {.eps = 1e-5f};
    const nn_concat_params channels = {.axis = 1};
    (void)state;
    for (int i = 0; i < 4; i++) {
        maker m = new_maker((uint64_t)i, nn_shape_4d(1, 16, 9, 13));
        const bool is_norm = ops[i] == &nn_op_batch_norm, joins = ops[i] == &nn_op_concat;
        const nn_shape row = nn_shape_1d(16), shape = is_norm ? row : m.shape[0], one = {.rank = 0};
        const nn_value w[2] = {nn_graph_param(m.g, "weight", NN_PARAM_WEIGHT, &shape),
                               nn_graph_param(m.g, "wscale", NN_PARAM_BUFFER, &one)};
        nn_value in[5] = {m.value[0],
                          nn_graph_node(m.g, &nn_op_dequantize_linear, "constant", &s8, w, 2)};
        if (is_norm) {
            in[2] = nn_graph_param(m.g, "bias", NN_PARAM_BIAS, &row);
            in[3] = nn_graph_param(m.g, "bias mean", NN_PARAM_BUFFER, &row);
            in[4] = nn_graph_param(m.g, "square", NN_PARAM_BUFFER, &row);
        }
        add_node(&m, ops[i],
                 is_norm ? (const void *)&norm
                 : joins ? &channels
                         : NULL,
                 in, is_norm ? 5 : 2, nn_shape_4d(1, joins ? 32 : 16, 9, 13), -1);
        check(ops[i]->name, &m, 0, 1.01, 0.02);
    }
}

// Biases that are whole numbers of products are added to the sums, so that every result is the sum
// times one float32 number, rounded to even, and the zero point: what other runtimes compute, to
// the bit.
static void check_whole_biases(float zero)
{
    enum { CHANNELS = 16, SIDE = 120 };
    maker m = new_maker(5, nn_shape_4d(1, CHANNELS, SIDE, SIDE));
    m.weight_zeros = zero > 0;
    nn_kernels kernels;
    nn_error err = {0};
    assert_true(add_conv(&m, 0, conv(1, 0, 1, 1, NN_ACT_RELU), 1, CHANNELS, -1, true));
    nn_model *model = finish(&m);
    nn_tensor *p = model->params;
    if (zero > 0) { // many results lie halfway between two whole numbers
        nn_tensor_f32(&p[m.scale[0]])[0] = 0x1p-6f;
        nn_tensor_f32(&p[m.scale[1]])[0] = 0x1p-6f;
    }
    const float sx = nn_tensor_f32(&p[m.scale[0]])[0], sy = nn_tensor_f32(&p[m.scale[1]])[0];
    const float zx = nn_tensor_f32(&p[m.scale[0] + 1])[0];
    const float *w = NULL;
    float *bias = NULL, *sw = NULL;
    nn_tensor_f32(&p[m.scale[1] + 1])[0] = zero;
    for (int i = 0; i < nn_graph_param_count(model->graph); i++) {
        const char *name = nn_graph_value(model->graph, nn_graph_param_at(model->graph, i)).name;
        if (!strncmp(name, "weight", 6))
            w = nn_tensor_f32(&p[i]);
        else if (!strncmp(name, "wscale", 6))
            sw = nn_tensor_f32(&p[i]);
        else if (!strncmp(name, "bias", 4))
            bias = nn_tensor_f32(&p[i]);
    }
    assert_true(w && sw && bias);
    for (int o = 0; o < CHANNELS && zero > 0; o++)
        sw[o] = 0x1p-6f;
    for (int o = 0; o < CHANNELS; o++)
        bias[o] = rintf(bias[o] / (sx * sw[o])) * (sx * sw[o]);
    for (int level = 0; level_kernels(level, &kernels); level++) {
        nn_plan_options options = {.compiled = true, .kernels = &kernels};
        nn_plan *plan;
        if (nn_plan_new(&plan, model, &m.shape[0], 1, &options, &err))
            fail_msg("%s", err.text);
        fill_input(nn_plan_input(plan, 0));
        const float *x = nn_tensor_f32(nn_plan_input(plan, 0));
        int32_t *whole = calloc(CHANNELS * SIDE * SIDE, sizeof *whole);
        assert_non_null(whole);
        for (int i = 0; i < CHANNELS * SIDE * SIDE; i++)
            whole[i] = (int32_t)(fminf(fmaxf(rintf(x[i] / sx) + zx, 0), 255) - zx);
        nn_plan_run(plan);
        assert_true(count_impls(plan, model, "int8_direct") == 1);
        for (int o = 0; o < CHANNELS; o++)
            for (int i = 0; i < SIDE * SIDE; i++) {
                int32_t sum = (int32_t)lrintf(bias[o] / (sx * sw[o]));
                for (int c = 0; c < CHANNELS; c++)
                    sum += whole[c * SIDE * SIDE + i] * (int32_t)w[o * CHANNELS + c];
                const float product = sx * sw[o], unit = product / sy;
                const float want = fminf(fmaxf(rintf((float)sum * unit), 0), 255 - zero) * sy;
                const float got = nn_tensor_f32(nn_plan_output(plan, 0))[o * SIDE * SIDE + i];
                if (got != want)
                    fail_msg("level %d: %g, not %g", level, (double)got, (double)want);
            }
        free(whole);
        nn_plan_free(plan);
    }
    nn_model_free(model);
}

static void whole_biases_are_exact(void **state)
{
    (void)state;
    check_whole_biases(0);
    check_whole_biases(37);
}

// A node that asks only for the shape of an image does not keep it in float32.
static void shapes_are_not_read(void **state)
{
    (void)state;
    const nn_shape shapes[] = {nn_shape_4d(24, 1, 7, 7), nn_shape_2d(25, 25), nn_shape_2d(9, 9)};
    maker m = new_maker(1, nn_shape_4d(1, 3, 20, 20));
    nn_value in[4], taps[2];
    nn_plan_options o;
    assert_true(add_conv(&m, 0, conv(1, 1, 1, 1, NN_ACT_RELU), 3, 24, -1, true));
    for (int i = 0; i < 3; i++)
        in[i] = nn_graph_param(m.g, name_of(&m, "gamma"), NN_PARAM_WEIGHT, &shapes[i]);
    in[3] = m.value[0];
    taps[0] = m.value[1];
    taps[1] = nn_graph_node(m.g, &nn_op_elastic_kernel, "kernel", NULL, in, 4);
    const nn_conv2d_params depthwise = conv(1, 1, 1, 24, NN_ACT_NONE);
    add_value(&m, nn_graph_node(m.g, &nn_op_conv2d, "depthwise", &depthwise, taps, 2), m.shape[1],
              true, -1);
    nn_model *model = finish(&m);
    nn_plan_options_init(&o);
    o.compiled = true;
    nn_plan *plan = plan_for(model, &m.shape[0], &o);
    for (int i = 0; i < nn_graph_node_count(model->graph); i++) {
        const nn_node_info node = nn_graph_node_at(model->graph, i);
        if (node.op == &nn_op_dequantize_linear && node.out == m.value[0])
            assert_string_equal(nn_plan_node_impl(plan, i), "merged");
    }
    nn_plan_free(plan);
    nn_model_free(model);
}

static void add_random(maker *m)
{
    static const int channels[] = {16, 24, 32, 48, 5};
    const int from = pick(m, m->count), skip = pick(m, 3) ? -1 : pick(m, m->count);
    const int kernel = 1 + 2 * pick(m, 2), kind = pick(m, 6);
    const nn_pool2d_params pool = {{2, 2}, {2, 2}, {0}, 0, 0};
    const nn_concat_params axis = {.axis = 1};
    const bool quantised = pick(m, 5) > 0;
    const int other = pick(m, m->count);
    const nn_shape shapes[2] = {m->shape[from], m->shape[other]};
    const nn_value in[2] = {m->value[from], m->value[other]};
    nn_shape out;
    if (kind == 0 && fits(&nn_op_max_pool, &pool, shapes, 1, &out))
        add_value(m, nn_graph_node(m->g, &nn_op_max_pool, name_of(m, "max"), &pool, in, 1), out,
                  m->scale[from] >= 0, m->scale[from] >= 0 ? from : -1);
    else if (kind == 1 && fits(&nn_op_concat, &axis, shapes, 2, &out))
        add_value(m, nn_graph_node(m->g, &nn_op_concat, name_of(m, "cat"), &axis, in, 2), out,
                  quantised, -1);
    else if (kind == 2 && nn_shape_equal(&shapes[0], &shapes[1]))
        add_value(m, nn_graph_node(m->g, &nn_op_add, name_of(m, "add"), NULL, in, 2),
                  out = shapes[0], quantised, -1);
    else { // in an order of its own: that of arguments differs between machines
        const int outputs = channels[pick(m, 5)];
        const nn_act act = (nn_act)pick(m, NN_ACT_COUNT);
        const int stride = 1 + (pick(m, 4) == 0);
        add_conv(m, from, conv(stride, kernel / 2, 1, 1, act), kernel, outputs, skip, quantised);
    }
}

// A step may grow in the layers behind it, but few numbers are off at all.
static void networks(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++) {
        char what[32];
        maker m = new_maker((uint64_t)(100 + i), nn_shape_4d(1 + i % 2, 3 + i % 20, 16, 19));
        for (int tries = 0; tries < 40 && m.count < 10; tries++)
            add_random(&m);
        snprintf(what, sizeof what, "network %d", i);
        check(what, &m, 0, 1e9, 0.12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolutions),
        cmocka_unit_test(convolutions_add),
        cmocka_unit_test(images_with_two_readers),
        cmocka_unit_test(pools_sums_and_joins),
        cmocka_unit_test(ragged_joins),
        cmocka_unit_test(means_and_resized_images),
        cmocka_unit_test(dense_layers),
        cmocka_unit_test(norms_and_products),
        cmocka_unit_test(quantised_constants),
        cmocka_unit_test(whole_biases_are_exact),
        cmocka_unit_test(shapes_are_not_read),
        cmocka_unit_test(networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
