// SPDX-License-Identifier: MIT
// Writes, reads and runs models of one node.
#include "tests/support/onnx_node.h"

#include "nn/io/onnx/onnx.h"
#include "tests/support/test.h"

#include <math.h>
#include <string.h>

onnx_node begin_node(const char *op, const int64_t *dims, int rank, const char *const *in)
{
    onnx_node f = {.graph = new_message(), .node = new_node(op, op, in, "y")};
    add_value(f.graph, INPUT, "x", dims, rank);
    return f;
}

void add_ints(onnx_node *f, const char *name, const int64_t *v, int count)
{
    const int64_t dims[] = {count};
    add_tensor(f->graph, name, 7, dims, 1, v, (size_t)count * sizeof *v);
}

void set_ints(onnx_node *f, const char *name, const int64_t *v, int count)
{
    message *a = new_message();
    put_text(a, 1, name);
    for (int i = 0; i < count; i++)
        put_int(a, 8, v[i]);
    put_int(a, 20, 7);
    take_message(f->node, 5, a);
}

void set_text(onnx_node *f, const char *name, const char *text)
{
    message *a = new_message();
    put_text(a, 1, name);
    put_text(a, 4, text);
    put_int(a, 20, 3);
    take_message(f->node, 5, a);
}

const float *node_input(const onnx_node *f)
{
    return nn_plan_input(f->plan, 0)->data;
}

// Runs the model on numbers of both signs, some of them equal. `outputs` ends with NULL.
void run_node(onnx_node *f, int opset, const char *const *outputs)
{
    nn_error err = {0};
    for (int i = 1; outputs[i]; i++)
        put_text(f->node, 2, outputs[i]);
    take_message(f->graph, 1, f->node);
    for (int i = 0; outputs[i]; i++)
        if (*outputs[i])
            add_value(f->graph, OUTPUT, outputs[i], NULL, 0);
    message *m = new_model(f->graph, opset);
    if (nn_onnx_parse(&f->model, m->bytes, m->size, NULL, &err) != NN_OK ||
        nn_plan_new(&f->plan, f->model, f->model->fixed_inputs, 1, NULL, &err) != NN_OK)
        fail_msg("%s", err.text);
    free(m);
    const nn_tensor *x = nn_plan_input(f->plan, 0);
    for (int64_t i = 0; i < nn_shape_count(&x->shape); i++)
        nn_tensor_f32(x)[i] = (float)((i * i * 7 + i) % 23 - 11) / 3;
    nn_plan_run(f->plan);
}

void expect_shape(const onnx_node *f, int output, nn_shape want)
{
    char have[96], wanted[96];
    const nn_shape *shape = &nn_plan_output(f->plan, output)->shape;
    if (!nn_shape_equal(shape, &want))
        fail_msg("%s, expected %s", nn_shape_text(shape, have, sizeof have),
                 nn_shape_text(&want, wanted, sizeof wanted));
}

void expect_number(const onnx_node *f, int output, int64_t i, double want)
{
    const double have = (double)nn_tensor_f32(nn_plan_output(f->plan, output))[i];
    if (!(fabs(have - want) <= 1e-5 * (1 + fabs(want))))
        fail_msg("output %d, element %lld: %g, expected %g", output, (long long)i, have, want);
}

void end_node(onnx_node *f)
{
    nn_plan_free(f->plan);
    nn_model_free(f->model);
}

void set_float(onnx_node *f, const char *name, float v)
{
    message *a = new_message();
    uint8_t field[5] = {2 << 3 | 5};
    put_text(a, 1, name);
    memcpy(field + 1, &v, 4);
    memcpy(a->bytes + a->size, field, 5);
    a->size += 5;
    put_int(a, 20, 1);
    take_message(f->node, 5, a);
}

void expect_refusal(onnx_node *f, const char *words)
{
    nn_error err = {0};
    take_message(f->graph, 1, f->node);
    add_value(f->graph, OUTPUT, "y", NULL, 0);
    message *m = new_model(f->graph, 13);
    nn_onnx_parse(&f->model, m->bytes, m->size, NULL, &err);
    free(m);
    assert_null(f->model);
    if (!strstr(err.text, words))
        fail_msg("%s", err.text);
}
