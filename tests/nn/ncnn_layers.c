// SPDX-License-Identifier: MIT
// Every layer of ncnn in tests/data/ncnn/layers.txt against the numbers that ncnn computed, as it
// is read, compiled, and written as ONNX and read again.
#include "nn/base/features.h"
#include "nn/graph/plan.h"
#include "nn/io/ncnn/ncnn.h"
#include "nn/io/onnx/onnx.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

enum { MOST = 40, MAX_INPUTS = 4, MAX_OUTPUTS = 4, TEXT = 4096 };

typedef struct expected {
    char name[32];
    nn_shape shape;
    float numbers[MOST];
    int count;
} expected;

typedef struct layer_case {
    char name[64], layers[TEXT];
    int layer_count;
    nn_shape inputs[MAX_INPUTS];
    float low[MAX_INPUTS], high[MAX_INPUTS];
    int input_count, output_count;
    expected outputs[MAX_OUTPUTS];
    uint8_t bin[TEXT];
    size_t bin_size;
    float tolerance; // of the largest number of an output
} layer_case;

// As numbers() in tests/bench/ncnn_layers.
static float number_at(uint32_t i, uint32_t seed, float low, float high)
{
    uint32_t z = i * 2654435761U + seed * 40503U + 12345U;
    z = (z ^ (z >> 15)) * 2246822519U;
    z ^= z >> 13;
    return (float)((double)low + (double)(high - low) * (z >> 8) / (1 << 24));
}

// --- the file ---

static void read_bin(layer_case *c, char *text)
{
    const uint32_t half_tag = 0x01306B47, float_tag = 0;
    uint32_t seed = 100;
    for (char *word; (word = strtok_r(NULL, " ", &text)); seed++) {
        const uint32_t count = (uint32_t)strtol(word + 1, NULL, 10);
        const bool half = *word == 'h', positive = strchr(word, '+') != NULL;
        assert_true(c->bin_size + 8 + 4 * (size_t)count <= sizeof c->bin);
        if (*word != 'p') {
            memcpy(c->bin + c->bin_size, half ? &half_tag : &float_tag, 4);
            c->bin_size += 4;
        }
        for (uint32_t i = 0; i < count; i++) {
            const float v = number_at(i, seed, positive ? 0.5f : -0.5f, positive ? 1.5f : 0.5f);
            nn_convert(half ? NN_F16 : NN_F32, c->bin + c->bin_size, NN_F32, &v, 1);
            c->bin_size += half ? 2 : 4;
        }
        c->bin_size += c->bin_size % 4;
    }
}

static void read_input(layer_case *c, char *text)
{
    const char *words[8];
    int n = 0;
    while (n < 8 && (words[n] = strtok_r(NULL, " ", &text)))
        n++;
    assert_true(n >= 4 && c->input_count < MAX_INPUTS);
    nn_shape *s = &c->inputs[c->input_count];
    *s = (nn_shape){.rank = 1, .dim = {1}};
    for (int i = 1; i < n - 2; i++)
        s->dim[s->rank++] = strtol(words[i], NULL, 10);
    c->low[c->input_count] = (float)strtod(words[n - 2], NULL);
    c->high[c->input_count] = (float)strtod(words[n - 1], NULL);
    snprintf(c->layers + strlen(c->layers), TEXT - strlen(c->layers), "Input in%d 0 1 %s\n",
             c->input_count++, words[0]);
    c->layer_count++;
}

static void read_output(layer_case *c, char *text)
{
    expected *e = &c->outputs[c->output_count++];
    bool shape = true;
    assert_true(c->output_count <= MAX_OUTPUTS);
    snprintf(e->name, sizeof e->name, "%s", strtok_r(NULL, " ", &text));
    e->shape = (nn_shape){.rank = 1, .dim = {1}};
    for (char *word; (word = strtok_r(NULL, " ", &text));) {
        if (*word == '|')
            shape = false;
        else if (shape)
            e->shape.dim[e->shape.rank++] = strtol(word, NULL, 10);
        else
            e->numbers[e->count++] = (float)strtod(word, NULL);
    }
    assert_true(e->count > 0);
}

// Reads lines up to the next case; returns what follows.
static char *read_case(char *text, layer_case *c)
{
    *c = (layer_case){.tolerance = 1e-4f};
    while (text && *text) {
        char *end = strchr(text, '\n'), *rest, *line = text;
        if (!strncmp(line, "case ", 5) && c->name[0])
            return text;
        *end = '\0';
        text = end + 1;
        if (!*line || *line == '#')
            continue;
        char copy[TEXT];
        snprintf(copy, sizeof copy, "%s", line);
        const char *word = strtok_r(line, " ", &rest);
        if (!strcmp(word, "case"))
            snprintf(c->name, sizeof c->name, "%s", rest);
        else if (!strcmp(word, "in"))
            read_input(c, rest);
        else if (!strcmp(word, "bin"))
            read_bin(c, rest);
        else if (!strcmp(word, "tolerance"))
            c->tolerance = (float)strtod(rest, NULL);
        else if (!strcmp(word, "out"))
            read_output(c, rest);
        else {
            c->layer_count++;
            snprintf(c->layers + strlen(c->layers), TEXT - strlen(c->layers), "%s\n", copy);
        }
    }
    return text;
}

// --- runs ---

static void check(const layer_case *c, const nn_model *m, bool compiled, const char *how)
{
    nn_plan *plan;
    nn_error err = {0};
    char want[96], have[96];
    const nn_plan_options options = {.compiled = compiled};
    if (nn_plan_new(&plan, m, c->inputs, c->input_count, &options, &err) != NN_OK)
        fail_msg("%s, %s: %s", c->name, how, err.text);
    for (int i = 0; i < c->input_count; i++)
        for (int64_t k = 0; k < nn_shape_count(&c->inputs[i]); k++)
            nn_tensor_f32(nn_plan_input(plan, i))[k] =
                number_at((uint32_t)k, (uint32_t)i + 1, c->low[i], c->high[i]);
    nn_plan_run(plan);
    for (int i = 0; i < c->output_count; i++) {
        const expected *e = &c->outputs[i];
        const nn_tensor *y = nn_plan_output(plan, nn_graph_find_output(m->graph, e->name));
        if (!nn_shape_equal(&y->shape, &e->shape))
            fail_msg("%s, %s: %s, not %s", c->name, how, nn_shape_text(&y->shape, have, 96),
                     nn_shape_text(&e->shape, want, 96));
        const int64_t count = nn_shape_count(&y->shape), step = (count + MOST - 1) / MOST;
        float largest = 0;
        for (int k = 0; k < e->count; k++)
            largest = fmaxf(largest, fabsf(e->numbers[k]));
        assert_int_equal((count + step - 1) / step, e->count);
        for (int k = 0; k < e->count; k++) {
            const float v = nn_tensor_f32(y)[k * step];
            if (!(fabsf(v - e->numbers[k]) <= c->tolerance * largest))
                fail_msg("%s, %s: %s[%lld] is %g, not %g", c->name, how, e->name,
                         (long long)(k * step), (double)v, (double)e->numbers[k]);
        }
    }
    nn_plan_free(plan);
}

static void check_as_onnx(const layer_case *c, const nn_model *m)
{
    const test_path path = test_temp("layer.onnx");
    const nn_onnx_save_options options = {.inputs = c->inputs};
    nn_model *back = NULL;
    nn_error err = {0};
    if (nn_onnx_save(m, path.text, &options, &err) != NN_OK ||
        nn_onnx_load(&back, path.text, NULL, &err) != NN_OK)
        fail_msg("%s as ONNX: %s", c->name, err.text);
    check(c, back, false, "as ONNX");
    nn_model_free(back);
}

static void run_case(const layer_case *c)
{
    char param[2 * TEXT];
    nn_model *m;
    nn_error err = {0};
    const nn_graph_load_options sizes = {.inputs = c->inputs, .n_inputs = c->input_count};
    const int n = snprintf(param, sizeof param, "7767517\n%d 12\n%s", c->layer_count, c->layers);
    if (nn_ncnn_parse(&m, param, (size_t)n, c->bin, c->bin_size, &sizes, &err) != NN_OK)
        fail_msg("%s: %s", c->name, err.text);
    assert_int_equal(nn_graph_output_count(m->graph), c->output_count);
    check(c, m, false, "plain");
    if (NN_HAS_onnx)
        check_as_onnx(c, m);
    if (nn_model_fuse(&m, 0, &err) != NN_OK)
        fail_msg("%s: %s", c->name, err.text);
    check(c, m, true, "compiled");
    nn_model_free(m);
}

static void test_layers(void **state)
{
    (void)state;
    static layer_case c;
    size_t size;
    uint8_t *bytes = test_read(test_data("ncnn/layers.txt").text, &size);
    char *text = malloc(size + 1);
    memcpy(text, bytes, size);
    text[size] = '\0';
    int count = 0;
    for (char *at = text; *(at = read_case(at, &c)) || c.name[0]; count++) {
        run_case(&c);
        if (!*at)
            break;
    }
    assert_true(count > 200);
    free(text);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_layers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
