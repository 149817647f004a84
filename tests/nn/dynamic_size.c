// SPDX-License-Identifier: MIT
// Graphs that are freed of their input size, in every known form, against graphs built for other
// sizes; and graphs that cannot be freed.
#include "nn/graph/dynamic_size.h"
#include "nn/base/memory.h"
#include "nn/graph/plan.h"
#include "nn/ops/ops.h"
#include "tests/support/alloc.h"
#include "tests/support/test.h"

#include <stdio.h>

enum { H = 64, W = 96, C = 8 };

typedef enum flaw { SOUND, TABLE, CUT, POOL, SPLIT } flaw;

typedef struct builder {
    nn_graph *g;
    int h, w; // of the map
    int count;
} builder;

static nn_value node(builder *b, const nn_op *op, const void *params, const nn_value *in, int n)
{
    char name[16];
    snprintf(name, sizeof name, "node%d", b->count++);
    return nn_graph_node(b->g, op, name, params, in, n);
}

static nn_value one(builder *b, const nn_op *op, const void *params, nn_value x)
{
    return node(b, op, params, &x, 1);
}

static nn_value reshape(builder *b, nn_value x, int rank, const int32_t *dim)
{
    nn_reshape_params p = {.rank = rank};
    memcpy(p.dim, dim, (size_t)rank * sizeof *dim);
    return one(b, &nn_op_reshape, &p, x);
}

#define RESHAPE(b, x, ...)                                                                         \
    reshape(b, x, (int)(sizeof((int32_t[]){__VA_ARGS__}) / sizeof(int32_t)),                       \
            (int32_t[]){__VA_ARGS__})
#define TRANSPOSE(b, x, n, ...)                                                                    \
    one(b, &nn_op_transpose, &(nn_transpose_params){n, {__VA_ARGS__}}, x)

static nn_value conv(builder *b, nn_value x, int in, int stride)
{
    char name[16];
    snprintf(name, sizeof name, "w%d", b->count);
    const nn_shape weight = nn_shape_4d(C, in, 3, 3);
    const nn_conv2d_params p = {
        .stride = {stride, stride}, .dilation = {1, 1}, .pad = {1, 1, 1, 1}, .groups = 1};
    const nn_value w = nn_graph_param(b->g, name, NN_PARAM_WEIGHT, &weight);
    return node(b, &nn_op_conv2d, &p, (const nn_value[]){x, w}, 2);
}

// Shuffle of channels in five dims.
static nn_value shuffle(builder *b, nn_value x)
{
    const nn_value y = TRANSPOSE(b, RESHAPE(b, x, 1, 2, C / 2, b->h, b->w), 5, 0, 2, 1, 3, 4);
    return RESHAPE(b, y, 1, C, b->h, b->w);
}

// Two concatenated halves: the odd channels, then the even ones.
static nn_value deal(builder *b, nn_value x)
{
    nn_value y = TRANSPOSE(b, RESHAPE(b, x, C / 2, 2, b->h * b->w), 3, 1, 0, 2), half[2];
    y = RESHAPE(b, y, 2, 1, C / 2, b->h, b->w);
    for (int i = 0; i < 2; i++) {
        const nn_slice_params p = {.axis = 0, .begin = i, .end = i + 1, .step = 1};
        half[1 - i] = RESHAPE(b, one(b, &nn_op_slice, &p, y), 1, C / 2, b->h, b->w);
    }
    return node(b, &nn_op_concat, &(nn_concat_params){1}, half, 2);
}

// Softmax over channels by way of a table of pixels.
static nn_value classes(builder *b, nn_value x)
{
    nn_value y = RESHAPE(b, TRANSPOSE(b, x, 4, 0, 2, 3, 1), b->h * b->w, C);
    y = one(b, &nn_op_softmax, &(nn_softmax_params){1}, y);
    return TRANSPOSE(b, RESHAPE(b, y, 1, b->h, b->w, C), 4, 0, 3, 1, 2);
}

static nn_value spoil(builder *b, nn_value x, flaw f)
{
    const nn_shape table = nn_shape_4d(1, 1, b->h, b->w);
    const nn_slice_params cut = {.axis = 2, .begin = 0, .end = b->h - 1, .step = 1};
    const nn_pool2d_params pool = {.kernel = {b->h, b->w}, .stride = {1, 1}};
    if (f == TABLE)
        return node(b, &nn_op_add, NULL,
                    (const nn_value[]){x, nn_graph_param(b->g, "table", NN_PARAM_BUFFER, &table)},
                    2);
    if (f == CUT)
        return one(b, &nn_op_slice, &cut, x);
    if (f == POOL)
        return one(b, &nn_op_avg_pool, &pool, x);
    return f == SPLIT ? RESHAPE(b, x, 1, C, b->h / 2, 2 * b->w) : x;
}

static nn_status build(void *ctx, int height, int width, nn_model **out, nn_error *err)
{
    builder b = {.g = nn_graph_new(), .h = height / 2, .w = width / 2};
    if (!b.g)
        return nn_fail(err, NN_ENOMEM, "no memory");
    const nn_value fine = conv(&b, nn_graph_input(b.g, "image"), 3, 2);
    nn_value x = deal(&b, shuffle(&b, fine));
    b.h /= 2;
    b.w /= 2;
    x = shuffle(&b, conv(&b, x, C, 2));
    const nn_resize_params twice = {.size = {2 * b.h, 2 * b.w}};
    const nn_resample_params again = {.mode = NN_SAMPLE_NEAREST,
                                      .place = NN_PLACE_ASYMMETRIC,
                                      .rounding = NN_ROUND_DOWN,
                                      .size = {2 * b.h, 2 * b.w},
                                      .scale = {2, 2}};
    const nn_slice_params odd = {.axis = 3, .begin = 1, .end = b.w, .step = 2};
    nn_graph_output(b.g, "odd", one(&b, &nn_op_slice, &odd, x));
    nn_graph_output(b.g, "list", TRANSPOSE(&b, RESHAPE(&b, x, 1, C, b.h * b.w), 3, 0, 2, 1));
    nn_graph_output(b.g, "classes", classes(&b, x));
    nn_graph_output(b.g, "again", one(&b, &nn_op_resample, &again, x));
    x = node(&b, &nn_op_add, NULL, (const nn_value[]){one(&b, &nn_op_resize, &twice, x), fine}, 2);
    b.h *= 2;
    b.w *= 2;
    nn_graph_output(b.g, "sum", spoil(&b, x, *(const flaw *)ctx));
    nn_status status = nn_model_new(out, b.g, err);
    if (status != NN_OK)
        return status;
    nn_model_init_random(*out, 3);
    (*out)->fixed_inputs = nn_calloc(1, sizeof *(*out)->fixed_inputs);
    if (!(*out)->fixed_inputs) {
        nn_model_free(*out);
        *out = NULL;
        return nn_fail(err, NN_ENOMEM, "no memory");
    }
    *(*out)->fixed_inputs = nn_shape_4d(1, 3, height, width);
    return NN_OK;
}

static nn_plan *run(const nn_model *m, int height, int width, bool compiled)
{
    const nn_shape shape = nn_shape_4d(1, 3, height, width);
    nn_plan *plan;
    nn_error err = {0};
    if (nn_plan_new(&plan, m, &shape, 1, &(nn_plan_options){.compiled = compiled}, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_fill_reference_input(nn_plan_input(plan, 0));
    nn_plan_run(plan);
    return plan;
}

static void check_at(const nn_model *any, flaw f, int height, int width)
{
    nn_model *bound;
    assert_int_equal(build(&f, height, width, &bound, NULL), NN_OK);
    nn_plan *a = run(bound, height, width, false), *b = run(any, height, width, false);
    for (int i = 0; i < nn_graph_output_count(bound->graph); i++) {
        const nn_tensor *x = nn_plan_output(a, i), *y = nn_plan_output(b, i);
        assert_true(nn_shape_equal(&x->shape, &y->shape));
        assert_memory_equal(x->data, y->data, nn_tensor_bytes(x));
    }
    nn_plan_free(a);
    nn_plan_free(b);
    nn_plan_free(run(any, height, width, true));
    nn_model_free(bound);
}

static void test_sound(void **state)
{
    (void)state;
    for (int loads = 0; loads < 2; loads++) {
        flaw f = SOUND;
        nn_model *m;
        nn_error err = {0};
        assert_int_equal(build(&f, H, W, &m, &err), NN_OK);
        if (nn_model_make_dynamic(&m, loads ? build : NULL, &f, &err) != NN_OK)
            fail_msg("%s", err.text);
        assert_null(m->fixed_inputs);
        assert_int_equal(m->card.input_h, H);
        assert_int_equal(m->card.input_w, W);
        check_at(m, f, H, W);
        check_at(m, f, 32, 160);
        check_at(m, f, 72, 40);
        nn_model_free(m);
    }
}

static void test_refused(void **state)
{
    (void)state;
    for (flaw f = TABLE; f <= SPLIT; f++) {
        nn_model *m;
        nn_error err = {0};
        assert_int_equal(build(&f, H, W, &m, NULL), NN_OK);
        assert_int_equal(nn_model_make_dynamic(&m, NULL, NULL, &err), NN_EUNSUPPORTED);
        if (!strstr(err.text, "depends on the input size"))
            fail_msg("%s", err.text);
        check_at(m, f, H, W); // as it was
        assert_non_null(m->fixed_inputs);
        nn_model_free(m);
    }
}

// A file whose graph differs at another size is refused.
static nn_status build_other(void *ctx, int height, int width, nn_model **out, nn_error *err)
{
    const nn_status status = build(ctx, height, width, out, err);
    if (status == NN_OK)
        nn_tensor_f32(&(*out)->params[0])[0] += 1;
    return status;
}

static void test_proof(void **state)
{
    (void)state;
    flaw f = SOUND;
    nn_model *m;
    nn_error err = {0};
    assert_int_equal(build(&f, H, W, &m, NULL), NN_OK);
    assert_int_equal(nn_model_make_dynamic(&m, build_other, &f, &err), NN_EUNSUPPORTED);
    nn_free(m->fixed_inputs);
    m->fixed_inputs = NULL;
    assert_int_equal(nn_model_make_dynamic(&m, NULL, NULL, &err), NN_EUNSUPPORTED);
    nn_model_free(m);
}

static nn_status make_dynamic_once(void *ctx, nn_error *err)
{
    nn_model *m;
    nn_status status = build(ctx, 16, 16, &m, err);
    if (status != NN_OK)
        return status;
    status = nn_model_make_dynamic(&m, NULL, NULL, err);
    nn_model_free(m);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    flaw f = SOUND;
    assert_true(alloc_fail_each(make_dynamic_once, &f) > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sound),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_proof),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
