// SPDX-License-Identifier: MIT
// ONNX: If, Loop, Scan and sequences: conditions of the data, names of subgraphs, and limits.
#include "nn/graph/plan.h"
#include "nn/io/onnx/onnx.h"
#include "tests/support/onnx_message.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static void add_graph(message *node, const char *name, message *graph)
{
    message *a = new_message();
    put_text(a, 1, name);
    take_message(a, 6, graph);
    put_int(a, 20, 5);
    take_message(node, 5, a);
}

static void add_scalar(message *graph, const char *name, int type, const void *v, size_t size)
{
    add_tensor(graph, name, type, NULL, 0, v, size);
}

static void add_float(message *graph, const char *name, float v)
{
    add_scalar(graph, name, 1, &v, sizeof v);
}

static void add_whole(message *graph, const char *name, int64_t v)
{
    add_scalar(graph, name, 7, &v, sizeof v);
}

// A graph with one node of x and a number, whose inner names are those of all others of this kind.
static message *new_branch(const char *op, float number)
{
    message *g = new_message();
    add_float(g, "number", number);
    add_node(g, op, "inner", "x", "number", "result");
    add_value(g, OUTPUT, "result", NULL, 0);
    return g;
}

static nn_model *parse(message *graph, nn_error *err)
{
    nn_model *m;
    message *file = new_model(graph, 13);
    *err = (nn_error){0};
    nn_onnx_parse(&m, file->bytes, file->size, NULL, err);
    free(file);
    return m;
}

static void expect(message *graph, const float *x, const float *y, int n)
{
    nn_error err;
    nn_plan *plan = NULL;
    nn_model *m = parse(graph, &err);
    if (!m || nn_plan_new(&plan, m, m->fixed_inputs, 1, NULL, &err) != NN_OK)
        fail_msg("%s", err.text);
    memcpy(nn_plan_input(plan, 0)->data, x, nn_tensor_bytes(nn_plan_input(plan, 0)));
    nn_plan_run(plan);
    assert_int_equal(nn_shape_count(&nn_plan_output(plan, 0)->shape), n);
    for (int i = 0; i < n; i++)
        if (nn_tensor_f32(nn_plan_output(plan, 0))[i] != y[i])
            fail_msg("element %d is %g, not %g", i,
                     (double)nn_tensor_f32(nn_plan_output(plan, 0))[i], (double)y[i]);
    nn_plan_free(plan);
    nn_model_free(m);
}

static void expect_refusal(message *graph, const char *words)
{
    nn_error err;
    assert_null(parse(graph, &err));
    if (!strstr(err.text, words))
        fail_msg("%s", err.text);
}

static const int64_t TWO[] = {2};
static const char *const LIMIT[] = {"sum", NULL};

// y = If(sum(x) > 1, x + 10, x * 2)
static message *new_if(message *then, message *otherwise)
{
    message *g = new_message();
    add_value(g, INPUT, "x", TWO, 1);
    add_float(g, "one", 1);
    message *sum = new_node("ReduceSum", "sum", (const char *const[]){"x", NULL}, "sum");
    add_int_attribute(sum, "keepdims", 0);
    take_message(g, 1, sum);
    add_node(g, "Greater", "flag", "sum", "one", "flag");
    message *node = new_node("If", "if", (const char *const[]){"flag", NULL}, "y");
    add_graph(node, "then_branch", then);
    add_graph(node, "else_branch", otherwise);
    take_message(g, 1, node);
    add_value(g, OUTPUT, "y", NULL, 0);
    return g;
}

static void test_if(void **state)
{
    (void)state;
    expect(new_if(new_branch("Add", 10), new_branch("Mul", 2)), (float[]){1, 2}, (float[]){11, 12},
           2);
    expect(new_if(new_branch("Add", 10), new_branch("Mul", 2)), (float[]){1, -2}, (float[]){2, -4},
           2);
    // What is not chosen may be infinite.
    expect(new_if(new_branch("Div", 0), new_branch("Mul", 2)), (float[]){1, -2}, (float[]){2, -4},
           2);
    message *wide = new_message();
    add_tensor(wide, "result", 1, (int64_t[]){3}, 1, (float[]){1, 2, 3}, 3 * sizeof(float));
    add_value(wide, OUTPUT, "result", NULL, 0);
    expect_refusal(new_if(new_branch("Add", 10), wide), "size depends on the model's data");
    message *unknown = new_branch("Frobnicate", 1);
    expect_refusal(new_if(new_branch("Add", 10), unknown), "Frobnicate (node 'inner')");
    message *lost = new_branch("Add", 1);
    add_node(lost, "Add", "lost", "nowhere", "number", "more");
    expect_refusal(new_if(lost, new_branch("Add", 2)), "If (node 'if'): Add (node 'lost')");
    message *missing = new_message();
    add_value(missing, OUTPUT, "result", NULL, 0);
    expect_refusal(new_if(missing, new_branch("Add", 2)), "'result' is made by no node");
}

// v starts as x and becomes v + v `steps` times, or while v[0] < limit (0: always).
static message *new_loop(int64_t steps, float limit)
{
    message *g = new_message(), *body = new_message();
    add_value(g, INPUT, "x", TWO, 1);
    add_whole(g, "steps", steps);
    add_value(body, INPUT, "i", NULL, 0);
    add_value(body, INPUT, "on", NULL, 0);
    add_value(body, INPUT, "v", NULL, 0);
    add_node(body, "Add", "twice", "v", "v", "sum");
    if (limit > 0) {
        add_float(body, "limit", limit);
        message *most = new_node("ReduceMax", "most", LIMIT, "most");
        add_int_attribute(most, "keepdims", 0);
        take_message(body, 1, most);
        add_node(body, "Less", "less", "most", "limit", "go");
    } else {
        add_node(body, "Identity", "same", "on", NULL, "go");
    }
    add_value(body, OUTPUT, "go", NULL, 0);
    add_value(body, OUTPUT, "sum", NULL, 0);
    message *node = new_node("Loop", "loop", (const char *const[]){"steps", "", "x", NULL}, "y");
    add_graph(node, "body", body);
    take_message(g, 1, node);
    add_value(g, OUTPUT, "y", NULL, 0);
    return g;
}

static void test_loop(void **state)
{
    (void)state;
    expect(new_loop(3, 0), (float[]){1, -2}, (float[]){8, -16}, 2);
    expect(new_loop(0, 0), (float[]){1, -2}, (float[]){1, -2}, 2);
    // It ends when the data says so, with the step that says it.
    expect(new_loop(9, 20), (float[]){3, -1}, (float[]){24, -8}, 2);
    expect(new_loop(9, 20), (float[]){30, -1}, (float[]){60, -2}, 2);
    expect_refusal(new_loop(5000, 20), "4096 steps");
    expect_refusal(new_loop(INT64_MAX, 0), "steps");
}

// y = Scan over the rows of x: running sums, and their doubles as a new tensor.
static void test_scan(void **state)
{
    (void)state;
    message *g = new_message(), *body = new_message();
    add_value(g, INPUT, "x", (int64_t[]){3, 2}, 2);
    add_tensor(g, "start", 1, TWO, 1, (float[]){0, 100}, 2 * sizeof(float));
    add_value(body, INPUT, "sum", NULL, 0);
    add_value(body, INPUT, "row", NULL, 0);
    add_node(body, "Add", "add", "sum", "row", "next");
    add_node(body, "Add", "twice", "next", "next", "double");
    add_value(body, OUTPUT, "next", NULL, 0);
    add_value(body, OUTPUT, "double", NULL, 0);
    message *node = new_node("Scan", "scan", (const char *const[]){"start", "x", NULL}, "last");
    put_text(node, 2, "y");
    add_int_attribute(node, "num_scan_inputs", 1);
    add_graph(node, "body", body);
    take_message(g, 1, node);
    add_value(g, OUTPUT, "y", NULL, 0);
    expect(g, (float[]){1, 2, 3, 4, 5, 6}, (float[]){2, 204, 8, 212, 18, 224}, 6);
}

static void test_sequence(void **state)
{
    (void)state;
    message *g = new_message();
    add_value(g, INPUT, "x", TWO, 1);
    add_whole(g, "zero", 0);
    add_node(g, "SequenceConstruct", "make", "x", "x", "s");
    message *insert =
        new_node("SequenceInsert", "insert", (const char *const[]){"s", "d", "zero", NULL}, "t");
    add_node(g, "Add", "double", "x", "x", "d");
    take_message(g, 1, insert);
    message *join = new_node("ConcatFromSequence", "join", (const char *const[]){"t", NULL}, "y");
    add_int_attribute(join, "axis", 0);
    take_message(g, 1, join);
    add_value(g, OUTPUT, "y", NULL, 0);
    expect(g, (float[]){1, 2}, (float[]){2, 4, 1, 2, 1, 2}, 6);
    g = new_message();
    add_value(g, INPUT, "x", TWO, 1);
    add_node(g, "SequenceConstruct", "make", "x", "x", "s");
    add_node(g, "Relu", "relu", "s", NULL, "y");
    add_value(g, OUTPUT, "y", NULL, 0);
    expect_refusal(g, "'s' is a sequence");
    g = new_message();
    add_value(g, INPUT, "x", TWO, 1);
    add_whole(g, "at", 2);
    add_node(g, "SequenceConstruct", "make", "x", "x", "s");
    add_node(g, "SequenceAt", "pick", "s", "at", "y");
    add_value(g, OUTPUT, "y", NULL, 0);
    expect_refusal(g, "place 2 of 2");
}

// Sequences where only tensors, or one value, can be.
static void test_misplaced_sequence(void **state)
{
    (void)state;
    message *g = new_message();
    add_value(g, INPUT, "x", TWO, 1);
    add_node(g, "SequenceConstruct", "make", "x", "x", "s");
    add_node(g, "SequenceInsert", "nest", "s", "s", "t");
    message *join = new_node("ConcatFromSequence", "join", (const char *const[]){"t", NULL}, "y");
    add_int_attribute(join, "axis", 0);
    add_int_attribute(join, "new_axis", 1);
    take_message(g, 1, join);
    add_value(g, OUTPUT, "y", NULL, 0);
    expect_refusal(g, "sequence of sequences");
    for (int inside = 0; inside < 2; inside++) {
        message *body = new_message();
        g = new_message();
        add_value(g, INPUT, "x", TWO, 1);
        add_whole(g, "steps", 2);
        add_node(g, "SequenceConstruct", "make", "x", NULL, "s");
        add_value(body, INPUT, "i", NULL, 0);
        add_value(body, INPUT, "on", NULL, 0);
        add_value(body, INPUT, "v", NULL, 0);
        add_node(body, "Add", "twice", "v", "v", "sum");
        add_node(body, "Identity", "same", inside ? "s" : "on", NULL, "go");
        add_value(body, OUTPUT, "go", NULL, 0);
        add_value(body, OUTPUT, "sum", NULL, 0);
        message *node = new_node("Loop", "loop",
                                 (const char *const[]){"steps", inside ? "" : "s", "x", NULL}, "y");
        add_graph(node, "body", body);
        take_message(g, 1, node);
        add_value(g, OUTPUT, "y", NULL, 0);
        expect_refusal(g, "condition is not one value");
    }
}

// A small file may not become nodes without end.
static void test_unrolled(void **state)
{
    (void)state;
    const int64_t many[] = {2048, 1, 1}, weight[] = {1, 1, 1};
    message *g = new_message();
    char name[2][32] = {"x"};
    add_value(g, INPUT, "x", many, 3);
    add_tensor(g, "w", 1, weight, 3, (float[]){1}, sizeof(float));
    for (int i = 0; i < 100; i++) {
        snprintf(name[1], sizeof name[1], "y%d", i);
        take_message(g, 1,
                     new_node("RNN", name[1], (const char *const[]){"x", "w", "w", NULL}, name[1]));
    }
    add_value(g, OUTPUT, "y0", NULL, 0);
    expect_refusal(g, "values, which is not supported");
}

// Nor may it take hours to compute constants, of which there are few.
static void test_folding(void **state)
{
    (void)state;
    nn_error err = {0};
    nn_model *m;
    message *g = new_message();
    char name[32] = "table";
    add_value(g, INPUT, "x", TWO, 1);
    add_tensor(g, "dims", 7, TWO, 1, (int64_t[]){256, 256}, 16);
    add_node(g, "ConstantOfShape", "table", "dims", NULL, "table");
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "sum%d", i);
        add_node(g, "ReduceSum", name, "table", NULL, name);
    }
    add_node(g, "Add", "add", "x", name, "y");
    add_value(g, OUTPUT, "y", NULL, 0);
    message *file = new_model(g, 13);
    nn_onnx_parse(&m, file->bytes, file->size, &(nn_onnx_options){.constant_bytes = 2 << 20}, &err);
    assert_null(m);
    if (!strstr(err.text, "too much work"))
        fail_msg("%s", err.text);
    assert_int_equal(nn_onnx_parse(&m, file->bytes, file->size, NULL, &err), NN_OK);
    nn_model_free(m);
    free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_if),
        cmocka_unit_test(test_loop),
        cmocka_unit_test(test_scan),
        cmocka_unit_test(test_sequence),
        cmocka_unit_test(test_misplaced_sequence),
        cmocka_unit_test(test_unrolled),
        cmocka_unit_test(test_folding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
