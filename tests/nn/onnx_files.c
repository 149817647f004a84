// SPDX-License-Identifier: MIT
// ONNX: tensors in files beside the model, and functions of the model's own.
#include "nn/base/memory.h"
#include "nn/graph/plan.h"
#include "nn/io/onnx/onnx.h"
#include "nn/io/onnx/onnx_operators.h"
#include "tests/support/files.h"
#include "tests/support/onnx_message.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static const int64_t THREE[] = {3};

static void add_pair(message *tensor, const char *key, const char *value)
{
    message *pair = new_message();
    put_text(pair, 1, key);
    put_text(pair, 2, value);
    take_message(tensor, 13, pair);
}

// y = x + three numbers of a file. NULL: no such entry.
static message *new_outside(const char *location, const char *offset, const char *length)
{
    message *g = new_message(), *t = new_message();
    put_int(t, 1, 3); // dims
    put_int(t, 2, 1); // float32
    put_text(t, 8, "far");
    if (location)
        add_pair(t, "location", location);
    if (offset)
        add_pair(t, "offset", offset);
    if (length)
        add_pair(t, "length", length);
    put_int(t, 14, 1); // EXTERNAL
    take_message(g, 5, t);
    add_value(g, INPUT, "x", THREE, 1);
    add_node(g, "Add", "add", "x", "far", "y");
    add_value(g, OUTPUT, "y", NULL, 0);
    return new_model(g, 13);
}

static nn_model *load(message *file, nn_error *err)
{
    nn_model *m;
    const test_path path = test_temp("model.onnx");
    *err = (nn_error){0};
    test_write(path.text, file->bytes, file->size);
    free(file);
    nn_onnx_load(&m, path.text, NULL, err);
    return m;
}

static void expect(nn_model *m, const nn_error *err, const float *x, const float *y, int n)
{
    nn_plan *plan = NULL;
    nn_error local;
    if (!m || nn_plan_new(&plan, m, m->fixed_inputs, 1, NULL, &local) != NN_OK)
        fail_msg("%s", err->text);
    memcpy(nn_plan_input(plan, 0)->data, x, nn_tensor_bytes(nn_plan_input(plan, 0)));
    nn_plan_run(plan);
    assert_int_equal(nn_shape_count(&nn_plan_output(plan, 0)->shape), n);
    for (int i = 0; i < n; i++)
        assert_true(nn_tensor_f32(nn_plan_output(plan, 0))[i] == y[i]);
    nn_plan_free(plan);
    nn_model_free(m);
}

static void test_outside(void **state)
{
    (void)state;
    const float numbers[] = {100, 200, 300, 400, 500};
    const test_path data = test_temp("weights.data");
    nn_error err;
    test_write(data.text, numbers, sizeof numbers);
    const float x[] = {1, 2, 3};
    expect(load(new_outside("weights.data", "4", "12"), &err), &err, x, (float[]){201, 302, 403},
           3);
    expect(load(new_outside("././weights.data", "8", NULL), &err), &err, x,
           (float[]){301, 402, 503}, 3);
    expect(load(new_outside("weights.data", NULL, "12"), &err), &err, x, (float[]){101, 202, 303},
           3);
    static const struct {
        const char *location, *offset, *length, *words;
    } bad[] = {
        {NULL, "4", "12", "no name"},
        {"", "4", "12", "no file in the model's own folder"},
        {"/etc/passwd", "0", "12", "no file in the model's own folder"},
        {"../weights.data", "0", "12", "no file in the model's own folder"},
        {"a/../../weights.data", "0", "12", "no file in the model's own folder"},
        {"a/..", "0", "12", "no file in the model's own folder"},
        {"a/./weights.data", "0", "12", "no file in the model's own folder"},
        {".//weights.data", "0", "12", "no file in the model's own folder"},
        {"..\\weights.data", "0", "12", "no file in the model's own folder"},
        {"none.data", "0", "12", "none.data"},
        {"weights.data", "24", NULL, "offset '24'"},
        {"weights.data", "-4", NULL, "offset '-4'"},
        {"weights.data", "12", "12", "12 bytes from 12"},
        {"weights.data", "4", "99999999999999999999999", "9 bytes from 4"},
        {"weights.data", "4", "8", "2 elements where its dims say 3"},
        {"weights.data", NULL, NULL, "5 elements"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_null(load(new_outside(bad[i].location, bad[i].offset, bad[i].length), &err));
        if (!strstr(err.text, bad[i].words))
            fail_msg("case %zu: %s", i, err.text);
    }
    // Bytes alone have no folder.
    message *file = new_outside("weights.data", "4", "12");
    nn_model *m;
    assert_int_equal(nn_onnx_parse(&m, file->bytes, file->size, NULL, &err), NN_EUNSUPPORTED);
    free(file);
    remove(data.text);
}

enum { WIDE = 5000 }; // floats: over the 16 KiB from which weights stay in the file

// y = x * a * b, with `a` of `size` bytes; of its raw data given before only the last counts.
static message *new_wide(const float *a, size_t size, const float *before, size_t before_size,
                         const float *b)
{
    const int64_t wide[] = {WIDE};
    message *g = new_message(), *t = new_message();
    put_int(t, 1, WIDE);
    put_int(t, 2, 1); // float32
    put_bytes(t, 9, before, before_size);
    put_text(t, 8, "a");
    put_bytes(t, 9, a, size);
    take_message(g, 5, t);
    add_tensor(g, "b", 1, NULL, 0, b, sizeof *b);
    add_value(g, INPUT, "x", wide, 1);
    add_node(g, "Mul", "first", "x", "a", "p");
    add_node(g, "Mul", "second", "p", "b", "y");
    add_value(g, OUTPUT, "y", NULL, 0);
    return new_model(g, 13);
}

static void test_large_weights(void **state)
{
    (void)state;
    static float a[WIDE], old[WIDE], x[WIDE], y[WIDE];
    const float b = 3;
    nn_error err;
    for (int i = 0; i < WIDE; i++) {
        a[i] = (float)i;
        x[i] = (float)(i % 7);
        y[i] = a[i] * x[i] * b;
        old[i] = -1;
    }
    expect(load(new_wide(a, sizeof a, old, 8, &b), &err), &err, x, y, WIDE);
    expect(load(new_wide(a, sizeof a, old, sizeof old, &b), &err), &err, x, y, WIDE);
    assert_null(load(new_wide(a, 8, old, sizeof old, &b), &err));
    assert_non_null(strstr(err.text, "2 elements where its dims say 5000"));
    assert_null(load(new_wide(a, sizeof a - 4, old, 0, &b), &err));
    assert_non_null(strstr(err.text, "4999 elements"));
    message *whole = new_wide(a, sizeof a, old, 0, &b);
    whole->size -= whole->size / 2; // cut within the weights
    assert_null(load(whole, &err));
    assert_non_null(strstr(err.text, "damaged or cut short"));
}

// A function "Twice" of the domain "own" that calls itself, or another, or leaves its second input
// out: (x) -> LeakyRelu(x + x, alpha = slope).
static void add_function(message *model, const char *name, const char *inner)
{
    message *f = new_message();
    put_text(f, 1, name);
    put_text(f, 4, "a");
    put_text(f, 4, "unused");
    put_text(f, 5, "result");
    put_text(f, 6, "slope");
    message *call = new_node(inner, "inner", (const char *const[]){"a", "a", NULL}, "sum");
    if (strcmp(inner, "Add") != 0)
        put_text(call, 7, "own");
    take_message(f, 7, call);
    message *leaky = new_node("LeakyRelu", "leaky", (const char *const[]){"sum", NULL}, "result");
    message *attribute = new_message();
    put_text(attribute, 1, "alpha");
    put_int(attribute, 20, 1);
    put_text(attribute, 21, "slope");
    take_message(leaky, 5, attribute);
    take_message(f, 7, leaky);
    put_text(f, 10, "own");
    take_message(model, 25, f);
}

static message *new_caller(const char *inner)
{
    message *g = new_message();
    add_value(g, INPUT, "x", THREE, 1);
    const float slopes[] = {0.5f, 0.25f};
    for (int i = 0; i < 2; i++) { // the names inside are used twice
        message *call =
            new_node("Twice", i ? "second" : "first",
                     (const char *const[]){i ? "between" : "x", NULL}, i ? "y" : "between");
        message *slope = new_message();
        put_text(slope, 1, "slope");
        uint8_t field[5] = {2 << 3 | 5};
        memcpy(field + 1, &slopes[i], 4);
        memcpy(slope->bytes + slope->size, field, 5);
        slope->size += 5;
        put_int(slope, 20, 1);
        take_message(call, 5, slope);
        put_text(call, 7, "own");
        take_message(g, 1, call);
    }
    add_value(g, OUTPUT, "y", NULL, 0);
    message *m = new_model(g, 13);
    add_function(m, "Twice", inner);
    return m;
}

static void test_functions(void **state)
{
    (void)state;
    nn_error err;
    nn_model *m = load(new_caller("Add"), &err);
    expect(m, &err, (float[]){1, -1, -2}, (float[]){4, -0.5f, -1}, 3);
    assert_null(load(new_caller("Twice"), &err));
    assert_non_null(strstr(err.text, "call themselves"));
    assert_null(load(new_caller("Thrice"), &err));
    assert_non_null(strstr(err.text, "not supported: of another domain: Thrice (node 'inner')"));
}

// y = Clip(x) by a function whose second input is left out, while the model has a value of its
// name.
static message *new_optional(bool defaults)
{
    message *g = new_message(), *f = new_message();
    add_value(g, INPUT, "x", THREE, 1);
    add_tensor(g, "low", 1, NULL, 0, (float[]){0}, sizeof(float));
    message *call = new_node("Bound", "call", (const char *const[]){"x", NULL}, "y");
    put_text(call, 7, "own");
    take_message(g, 1, call);
    add_value(g, OUTPUT, "y", NULL, 0);
    message *m = new_model(g, 13);
    put_text(f, 1, "Bound");
    put_text(f, 4, "a");
    put_text(f, 4, "low");
    put_text(f, 5, "result");
    message *inner = new_node(defaults ? "LeakyRelu" : "Clip", "inner",
                              (const char *const[]){"a", defaults ? NULL : "low", NULL}, "result");
    message *attribute = new_message();
    put_text(attribute, 1, "alpha");
    put_int(attribute, 20, 1);
    put_text(attribute, 21, "slope");
    take_message(inner, 5, attribute);
    take_message(f, 7, inner);
    put_text(f, 10, "own");
    if (defaults) {
        message *slope = new_message();
        put_text(slope, 1, "slope");
        put_int(slope, 20, 1);
        take_message(f, 11, slope);
    }
    take_message(m, 25, f);
    return m;
}

// The operators of a file that cannot be loaded, some without a name.
static void test_operators(void **state)
{
    (void)state;
    nn_graph_operator *list;
    int count;
    message *g = new_message(), *nameless = new_message(), *f = new_message();
    add_node(g, "Odd", "odd", "x", NULL, "y");
    put_text(nameless, 2, "z");
    take_message(g, 1, nameless);
    message *m = new_model(g, 13);
    put_text(f, 10, "own");
    take_message(m, 25, f);
    const test_path path = test_temp("nameless.onnx");
    test_write(path.text, m->bytes, m->size);
    free(m);
    assert_int_equal(nn_onnx_operators(&list, &count, path.text, NULL), NN_OK);
    assert_int_equal(count, 2);
    assert_string_equal(list[0].name, "Odd");
    assert_string_equal(list[1].name, "?");
    assert_false(list[0].supported || list[1].supported);
    nn_free(list);
}

static void test_left_out(void **state)
{
    (void)state;
    nn_error err;
    nn_model *m = load(new_optional(false), &err);
    expect(m, &err, (float[]){1, -1, -2}, (float[]){1, -1, -2}, 3);
    assert_null(load(new_optional(true), &err));
    assert_non_null(strstr(err.text, "the default of 'slope'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outside),   cmocka_unit_test(test_large_weights),
        cmocka_unit_test(test_functions), cmocka_unit_test(test_operators),
        cmocka_unit_test(test_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
