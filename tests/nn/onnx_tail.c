// SPDX-License-Identifier: MIT
// ONNX: sizes that depend on data, which only the tail of a model knows: results of each run, empty
// ones, memory that loops give back, limits, and memory that is short. And pictures in other
// layouts.
#include "nn/graph/plan.h"
#include "nn/io/onnx/onnx.h"
#include "nn/predict/detector.h"
#include "nn/predict/load_model.h"
#include "tests/support/alloc.h"
#include "tests/support/files.h"
#include "tests/support/onnx_message.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

enum { UINT8 = 2, INT64 = 7 };

static const int64_t FOUR[] = {4};

static void add_whole(message *graph, const char *name, int64_t v)
{
    add_tensor(graph, name, INT64, NULL, 0, &v, sizeof v);
}

static void add_graph(message *node, const char *name, message *graph)
{
    message *a = new_message();
    put_text(a, 1, name);
    take_message(a, 6, graph);
    put_int(a, 20, 5);
    take_message(node, 5, a);
}

static nn_status load(nn_model **out, const message *file, nn_error *err)
{
    return nn_onnx_parse(out, file->bytes, file->size,
                         &(nn_onnx_options){.tail = true, .picture = true}, err);
}

typedef struct runner {
    nn_model *model;
    nn_plan *plan;
    nn_tail_run *run;
} runner;

static nn_status begin(runner *r, const message *file, nn_error *err)
{
    *r = (runner){0};
    nn_status status = load(&r->model, file, err);
    if (status == NN_OK)
        status = nn_model_fuse(&r->model, 0, err);
    if (status == NN_OK)
        status = nn_plan_new(&r->plan, r->model, r->model->fixed_inputs,
                             nn_graph_input_count(r->model->graph),
                             &(nn_plan_options){.compiled = true}, err);
    return status;
}

static nn_status run(runner *r, const float *x, const nn_tail_limits *limits, nn_error *err)
{
    const nn_tensor *in = nn_plan_input(r->plan, 0);
    memcpy(in->data, x, nn_tensor_bytes(in));
    nn_plan_run(r->plan);
    nn_tail_run_free(r->run);
    return nn_tail_start(&r->run, r->model->tail, r->plan, NULL, limits, err);
}

static void end(runner *r)
{
    nn_tail_run_free(r->run);
    nn_plan_free(r->plan);
    nn_model_free(r->model);
}

static void open_runner(runner *r, message *graph)
{
    nn_error err;
    message *file = new_model(graph, 13);
    if (begin(r, file, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_non_null(r->model->tail);
    free(file);
}

// Runs x and expects output 0 to be rows x columns with these numbers.
static void expect(runner *r, const float *x, const float *y, int64_t rows, int64_t columns)
{
    nn_error err;
    if (run(r, x, NULL, &err) != NN_OK)
        fail_msg("%s", err.text);
    const nn_tensor t = nn_tail_output(r->run, 0);
    assert_int_equal(t.shape.rank, 2);
    assert_int_equal(t.shape.dim[0], rows);
    assert_int_equal(t.shape.dim[1], columns);
    for (int64_t i = 0; i < rows * columns; i++)
        assert_true(nn_tensor_f32(&t)[i] == y[i]);
}

// Relu, which is static, then the places of what is above 0, twice over.
static message *new_places(void)
{
    message *g = new_message();
    add_value(g, INPUT, "x", FOUR, 1);
    add_whole(g, "two", 2);
    add_node(g, "Relu", "relu", "x", NULL, "positive");
    add_node(g, "NonZero", "places", "positive", NULL, "at");
    add_node(g, "Mul", "twice", "at", "two", "y");
    add_value(g, OUTPUT, "y", (const int64_t[]){1, -1}, 2);
    return g;
}

static void test_places(void **state)
{
    (void)state;
    runner r;
    open_runner(&r, new_places());
    assert_int_equal(nn_graph_node_count(r.model->graph), 1);
    assert_int_equal(nn_tail_output_count(r.model->tail), 1);
    assert_string_equal(nn_tail_output_name(r.model->tail, 0), "y");
    const nn_shape shape = nn_tail_output_shape(r.model->tail, 0);
    assert_int_equal(shape.rank, 2);
    assert_int_equal(shape.dim[1], NN_TAIL_OPEN);
    assert_non_null(strstr(nn_tail_reason(r.model->tail), "'places'"));
    expect(&r, (const float[]){1, -1, 2, 3}, (const float[]){0, 4, 6}, 1, 3);
    expect(&r, (const float[]){-1, -1, -2, 0}, NULL, 1, 0);
    expect(&r, (const float[]){-1, 5, -2, 0}, (const float[]){2}, 1, 1);
    end(&r);
}

// Whoever does not ask for a tail gets none.
static void test_refusal(void **state)
{
    (void)state;
    nn_model *m;
    nn_error err;
    message *file = new_model(new_places(), 13);
    assert_int_equal(nn_onnx_parse(&m, file->bytes, file->size, NULL, &err), NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "depends on the model's data"));
    free(file);
}

// Three boxes, of which the first two overlap; their scores are the input.
static message *new_suppression(void)
{
    static const float boxes[] = {0, 0, 2, 2, 0, 0, 2, 2.2f, 5, 5, 6, 6}, iou = 0.5f, least = 0.3f;
    message *g = new_message();
    add_value(g, INPUT, "x", (const int64_t[]){1, 1, 3}, 3);
    add_tensor(g, "boxes", 1, (const int64_t[]){1, 3, 4}, 3, boxes, sizeof boxes);
    add_whole(g, "most", 10);
    add_tensor(g, "iou", 1, NULL, 0, &iou, sizeof iou);
    add_tensor(g, "least", 1, NULL, 0, &least, sizeof least);
    take_message(g, 1,
                 new_node("NonMaxSuppression", "nms",
                          (const char *const[]){"boxes", "x", "most", "iou", "least", NULL}, "y"));
    add_value(g, OUTPUT, "y", (const int64_t[]){-1, 3}, 2);
    return g;
}

static void test_suppression(void **state)
{
    (void)state;
    runner r;
    open_runner(&r, new_suppression());
    expect(&r, (const float[]){0.5f, 0.6f, 0.9f}, (const float[]){0, 0, 2, 0, 0, 1}, 2, 3);
    expect(&r, (const float[]){0.5f, 0.2f, 0.1f}, (const float[]){0, 0, 0}, 1, 3);
    expect(&r, (const float[]){0.1f, 0.2f, 0.1f}, NULL, 0, 3);
    end(&r);
}

// y = as many rows of 0.5 as x[0] says, each made in a step of a loop; `cells` wide. With `inner`
// each step runs that many steps of its own.
static message *new_rows(int64_t cells, int64_t inner)
{
    const char *const in[] = {"count", "", "none", NULL};
    message *g = new_message(), *body = new_message();
    const int64_t nothing[] = {0, cells}, row[] = {1, cells};
    add_value(body, INPUT, "i", NULL, 0);
    add_value(body, INPUT, "on", NULL, 0);
    add_value(body, INPUT, "before", NULL, 0);
    add_node(body, "Identity", "on", "on", NULL, "goes_on");
    add_node(body, "Expand", "row", "half", "row_shape", "row");
    if (inner > 0) {
        message *deep = new_message();
        add_value(deep, INPUT, "j", NULL, 0);
        add_value(deep, INPUT, "on2", NULL, 0);
        add_value(deep, INPUT, "value", NULL, 0);
        add_node(deep, "Identity", "on2", "on2", NULL, "goes_on2");
        add_node(deep, "Abs", "abs", "value", NULL, "next");
        add_value(deep, OUTPUT, "goes_on2", NULL, 0);
        add_value(deep, OUTPUT, "next", NULL, 0);
        message *loop = new_node("Loop", "inner",
                                 (const char *const[]){"inner_count", "", "row", NULL}, "made");
        add_graph(loop, "body", deep);
        take_message(body, 1, loop);
    } else {
        add_node(body, "Identity", "made", "row", NULL, "made");
    }
    message *join =
        new_node("Concat", "join", (const char *const[]){"before", "made", NULL}, "all");
    add_int_attribute(join, "axis", 0);
    take_message(body, 1, join);
    add_value(body, OUTPUT, "goes_on", NULL, 0);
    add_value(body, OUTPUT, "all", NULL, 0);
    add_value(g, INPUT, "x", (const int64_t[]){1}, 1);
    const float half = 0.5f;
    add_tensor(g, "half", 1, NULL, 0, &half, sizeof half);
    add_whole(g, "inner_count", inner);
    add_tensor(g, "row_shape", INT64, (const int64_t[]){2}, 1, row, sizeof row);
    add_tensor(g, "none", 1, nothing, 2, "", 0);
    message *cast = new_node("Cast", "cast", (const char *const[]){"x", NULL}, "count");
    add_int_attribute(cast, "to", INT64);
    take_message(g, 1, cast);
    message *loop = new_node("Loop", "loop", in, "y");
    add_graph(loop, "body", body);
    take_message(g, 1, loop);
    add_value(g, OUTPUT, "y", NULL, 0);
    return g;
}

static void test_loop(void **state)
{
    (void)state;
    runner r;
    open_runner(&r, new_rows(3, 0));
    expect(&r, (const float[]){2}, (const float[]){.5f, .5f, .5f, .5f, .5f, .5f}, 2, 3);
    expect(&r, (const float[]){0}, NULL, 0, 3);
    end(&r);
    open_runner(&r, new_rows(2, 5));
    expect(&r, (const float[]){1}, (const float[]){.5f, .5f}, 1, 2);
    end(&r);
}

// What a step of a loop leaves behind is freed: 300 steps make 90 MB here, of which 600 KB stay.
static void test_memory(void **state)
{
    (void)state;
    nn_error err;
    runner r;
    const float steps = 300;
    open_runner(&r, new_rows(500, 0));
    if (run(&r, &steps, &(nn_tail_limits){.bytes = 48 << 20}, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(nn_tail_output(r.run, 0).shape.dim[0], 300);
    nn_tail_run_free(r.run);
    assert_int_equal(nn_tail_start(&r.run, r.model->tail, r.plan, NULL,
                                   &(nn_tail_limits){.bytes = 300000}, &err),
                     NN_EUNSUPPORTED);
    assert_null(r.run);
    assert_non_null(strstr(err.text, "of the limit"));
    end(&r);
}

// Sequences, too: 300 steps make lists of 2.4 MB.
static void test_lists(void **state)
{
    (void)state;
    static const int64_t wide[] = {1024};
    static const float zeros[1024];
    nn_error err;
    runner r;
    const float steps = 300;
    message *g = new_message(), *body = new_message();
    add_value(body, INPUT, "i", NULL, 0);
    add_value(body, INPUT, "on", NULL, 0);
    add_value(body, INPUT, "before", NULL, 0);
    add_node(body, "Identity", "same", "on", NULL, "goes_on");
    add_node(body, "SplitToSequence", "split", "wide", NULL, "list");
    add_node(body, "Abs", "abs", "before", NULL, "next");
    add_value(body, OUTPUT, "goes_on", NULL, 0);
    add_value(body, OUTPUT, "next", NULL, 0);
    add_value(g, INPUT, "x", (const int64_t[]){1}, 1);
    add_tensor(g, "wide", 1, wide, 1, zeros, sizeof zeros);
    message *cast = new_node("Cast", "cast", (const char *const[]){"x", NULL}, "count");
    add_int_attribute(cast, "to", INT64);
    take_message(g, 1, cast);
    message *loop = new_node("Loop", "loop", (const char *const[]){"count", "", "x", NULL}, "y");
    add_graph(loop, "body", body);
    take_message(g, 1, loop);
    add_value(g, OUTPUT, "y", NULL, 0);
    open_runner(&r, g);
    if (run(&r, &steps, &(nn_tail_limits){.bytes = 1 << 20}, &err) != NN_OK)
        fail_msg("%s", err.text);
    end(&r);
}

static void test_time(void **state)
{
    (void)state;
    nn_error err;
    runner r;
    const float steps = 1000000;
    open_runner(&r, new_rows(1, 1000000));
    assert_int_equal(run(&r, &steps, &(nn_tail_limits){.seconds = 0.05}, &err), NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "limit of time"));
    end(&r);
    // Steps without a node take time, too.
    message *g = new_message(), *body = new_message();
    add_value(body, INPUT, "i", NULL, 0);
    add_value(body, INPUT, "on", NULL, 0);
    add_value(body, INPUT, "same", NULL, 0);
    add_value(body, OUTPUT, "on", NULL, 0);
    add_value(body, OUTPUT, "same", NULL, 0);
    add_value(g, INPUT, "x", (const int64_t[]){1}, 1);
    add_node(g, "NonZero", "places", "x", NULL, "y");
    message *loop = new_node("Loop", "loop", (const char *const[]){"", "x", "x", NULL}, "z");
    add_graph(loop, "body", body);
    take_message(g, 1, loop);
    add_value(g, OUTPUT, "y", NULL, 0);
    open_runner(&r, g);
    assert_int_equal(run(&r, &steps, &(nn_tail_limits){.seconds = 0.05}, &err), NN_EUNSUPPORTED);
    if (!strstr(err.text, "limit of time"))
        fail_msg("%s", err.text);
    end(&r);
}

// A part that does not suit the data of a run fails in it, and the next run is a good one.
static void test_failure(void **state)
{
    (void)state;
    nn_error err;
    runner r;
    message *g = new_places();
    add_node(g, "Add", "clash", "at", "x", "clash");
    add_value(g, OUTPUT, "clash", NULL, 0);
    open_runner(&r, g);
    assert_int_equal(run(&r, (const float[]){1, 1, 0, 0}, NULL, &err), NN_ESHAPE);
    assert_non_null(strstr(err.text, "clash"));
    expect(&r, (const float[]){1, 1, 1, 1}, (const float[]){0, 2, 4, 6}, 1, 4);
    end(&r);
}

// What a function reads beside its inputs is no value of the graph, which has no data in a run.
static void test_function(void **state)
{
    (void)state;
    nn_error err;
    runner r;
    message *g = new_places(), *f = new_message();
    message *call = new_node("Stray", "call", (const char *const[]){"y", NULL}, "z");
    put_text(call, 7, "own");
    take_message(g, 1, call);
    add_value(g, OUTPUT, "z", NULL, 0);
    message *file = new_model(g, 13);
    put_text(f, 1, "Stray");
    put_text(f, 4, "a");
    put_text(f, 5, "result");
    take_message(f, 7, new_node("Mul", "stray", (const char *const[]){"x", "x", NULL}, "result"));
    put_text(f, 10, "own");
    take_message(file, 25, f);
    if (begin(&r, file, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(run(&r, (const float[]){1, 1, 0, 0}, NULL, &err), NN_EFORMAT);
    assert_non_null(strstr(err.text, "'x' is made by no node"));
    free(file);
    end(&r);
}

static nn_status run_again(void *ctx, nn_error *err)
{
    static const float x[] = {1, -1, 2, 3};
    return run(ctx, x, NULL, err);
}

static void test_short_memory(void **state)
{
    (void)state;
    message *file = new_model(new_places(), 13);
    nn_status status = NN_ENOMEM;
    nn_error err;
    runner r;
    for (int n = 0; status != NN_OK; n++) {
        alloc_reset(n);
        status = begin(&r, file, &err);
        alloc_reset(-1);
        assert_true(status == NN_OK || status == NN_ENOMEM || strstr(err.text, "memory"));
        if (status != NN_OK)
            end(&r);
    }
    assert_true(alloc_fail_each(run_again, &r) > 10);
    end(&r);
    free(file);
}

// A picture of bytes, 1 x 2 x 2 x 3 or rank 3, that comes out as it is.
static message *new_bytes_of(const int64_t *dims, int rank)
{
    message *g = new_message(), *value = new_message(), *type = new_message();
    message *tensor = new_message(), *shape = new_message();
    for (int i = 0; i < rank; i++) {
        message *dim = new_message();
        put_int(dim, 1, dims[i]);
        take_message(shape, 1, dim);
    }
    put_int(tensor, 1, UINT8);
    take_message(tensor, 2, shape);
    take_message(type, 1, tensor);
    put_text(value, 1, "x");
    take_message(value, 2, type);
    take_message(g, INPUT, value);
    message *cast = new_node("Cast", "cast", (const char *const[]){"x", NULL}, "y");
    add_int_attribute(cast, "to", 1);
    take_message(g, 1, cast);
    add_value(g, OUTPUT, "y", dims, rank);
    return g;
}

static message *new_bytes(void)
{
    return new_bytes_of((const int64_t[]){1, 2, 2, 3}, 4);
}

// Of rank 3 only what has two sides is a picture: a list of points is none.
static void test_points(void **state)
{
    (void)state;
    static const struct {
        int64_t dims[3];
        bool picture;
    } cases[] = {{{3, 16, 20}, true},
                 {{16, 20, 3}, true},
                 {{1, 1024, 3}, false},
                 {{1024, 1, 3}, false},
                 {{3, 1, 1024}, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nn_error err;
        nn_model *m;
        message *file = new_model(new_bytes_of(cases[i].dims, 3), 13);
        if (load(&m, file, &err) != NN_OK)
            fail_msg("%s", err.text);
        assert_int_equal(m->fixed_inputs[0].rank, cases[i].picture ? 4 : 3);
        nn_model_free(m);
        free(file);
    }
}

static void test_picture(void **state)
{
    (void)state;
    static const float planes[] = {1.4f, 2, 3, 4, 11, 12, 13, 14, 21, 22, 23.6f, 24};
    static const float pixels[] = {1, 11, 21, 2, 12, 22, 3, 13, 24, 4, 14, 24};
    nn_error err;
    runner r;
    message *file = new_model(new_bytes(), 13);
    if (begin(&r, file, &err) != NN_OK)
        fail_msg("%s", err.text);
    const nn_shape want = nn_shape_4d(1, 3, 2, 2);
    assert_true(nn_shape_equal(&nn_plan_input(r.plan, 0)->shape, &want));
    assert_true(r.model->card.std[0] == 1 / 255.0f);
    memcpy(nn_plan_input(r.plan, 0)->data, planes, sizeof planes);
    nn_plan_run(r.plan);
    assert_memory_equal(nn_plan_output(r.plan, 0)->data, pixels, sizeof pixels);
    end(&r);
    free(file);
}

static void add_places(message *g, const char *name, int64_t first, int64_t count)
{
    int64_t v[8];
    for (int64_t i = 0; i < count; i++)
        v[i] = first + i;
    add_tensor(g, name, INT64, (const int64_t[]){count}, 1, v, (size_t)count * sizeof *v);
}

// A detector as torchvision's are: a picture 3 x 32 x 32, and of three boxes those are listed whose
// pixel, of the first three of the first row, is redder than 0.5.
static void write_detector(const char *path)
{
    static const float boxes[] = {0, 0, 8, 8, 8, 8, 16, 24, 4, 16, 30, 30}, half = 0.5f;
    message *g = new_message();
    add_value(g, INPUT, "image", (const int64_t[]){3, 32, 32}, 3);
    add_tensor(g, "all", 1, (const int64_t[]){3, 4}, 2, boxes, sizeof boxes);
    add_tensor(g, "half", 1, NULL, 0, &half, sizeof half);
    add_places(g, "classes", 1, 3);
    add_places(g, "zero", 0, 1);
    add_places(g, "three", 3, 1);
    add_places(g, "flat", -1, 1);
    add_node(g, "Reshape", "row", "image", "flat", "pixels");
    take_message(
        g, 1,
        new_node("Slice", "first", (const char *const[]){"pixels", "zero", "three", NULL}, "red"));
    add_node(g, "Greater", "bright", "red", "half", "bright");
    add_node(g, "NonZero", "places", "bright", NULL, "at");
    add_node(g, "Reshape", "list", "at", "flat", "kept");
    add_node(g, "Gather", "boxes", "all", "kept", "boxes");
    add_node(g, "Gather", "labels", "classes", "kept", "labels");
    add_node(g, "Gather", "scores", "red", "kept", "scores");
    add_value(g, OUTPUT, "boxes", (const int64_t[]){-1, 4}, 2);
    add_value(g, OUTPUT, "labels", (const int64_t[]){-1}, 1);
    add_value(g, OUTPUT, "scores", (const int64_t[]){-1}, 1);
    message *file = new_model(g, 13);
    test_write(path, file->bytes, file->size);
    free(file);
}

static void test_detector(void **state)
{
    (void)state;
    static uint8_t pixels[32 * 32 * 3];
    const test_path path = test_temp("detector.onnx");
    nn_detector_options options = {.threshold = -1, .iou_threshold = -1};
    const nn_frame frame = {
        .format = NN_PIXEL_RGB, .width = 32, .height = 32, .plane = {pixels}, .stride = {32 * 3}};
    nn_detector *d;
    nn_result r;
    nn_error err;
    write_detector(path.text);
    nn_result_init(&r);
    if (nn_detector_open(&d, path.text, &options, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_string_equal(nn_detector_card(d)->head, "torchvision");
    assert_int_equal(nn_detector_run(d, &frame, &r, &err), NN_OK);
    assert_int_equal(r.count, 0);
    pixels[3] = 255;
    pixels[6] = 204;
    assert_int_equal(nn_detector_run(d, &frame, &r, &err), NN_OK);
    assert_int_equal(r.count, 2);
    assert_float_equal(r.boxes[0].x0, 8, 1e-5);
    assert_float_equal(r.boxes[0].y1, 24, 1e-5);
    assert_int_equal(r.boxes[0].label, 1);
    assert_float_equal(r.boxes[1].score, 0.8f, 1e-6);
    assert_int_equal(r.boxes[1].label, 2);
    pixels[3] = pixels[6] = 0;
    assert_int_equal(nn_detector_run(d, &frame, &r, &err), NN_OK);
    assert_int_equal(r.count, 0);
    nn_detector_free(d);
    options.tail_limits.bytes = 8;
    pixels[3] = 255;
    assert_int_equal(nn_detector_open(&d, path.text, &options, &err), NN_OK);
    assert_int_equal(nn_detector_run(d, &frame, &r, &err), NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "of the limit"));
    nn_detector_free(d);
    nn_result_release(&r);
}

// Whoever has no use for a tail says so: nobody converts half of a model.
static void test_loading(void **state)
{
    (void)state;
    const test_path path = test_temp("whole.onnx");
    nn_model *m;
    nn_error err;
    write_detector(path.text);
    assert_int_equal(nn_model_load(&m, path.text, &err), NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "depends on the model's data"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),      cmocka_unit_test(test_refusal),
        cmocka_unit_test(test_suppression), cmocka_unit_test(test_loop),
        cmocka_unit_test(test_memory),      cmocka_unit_test(test_time),
        cmocka_unit_test(test_failure),     cmocka_unit_test(test_short_memory),
        cmocka_unit_test(test_picture),     cmocka_unit_test(test_detector),
        cmocka_unit_test(test_loading),     cmocka_unit_test(test_function),
        cmocka_unit_test(test_points),      cmocka_unit_test(test_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
