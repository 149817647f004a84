// SPDX-License-Identifier: MIT
// The test of a program: an input, and what the engine makes of it.
#include "nn/base/rng.h"
#include "nn/export_c/program.h"

// Slopes with noise.
static int colour_at(int x, int y, int c)
{
    const uint64_t noise = nn_hash_mix((uint64_t)((y << 12 | x) * 4 + c));
    return (3 * x + 5 * y + 70 * c + (int)(noise & 63)) & 255;
}

static void fill_input(const nn_c_writer *w, const nn_tensor *input)
{
    const int64_t *dim = input->shape.dim;
    float *to = nn_tensor_f32(input);
    for (int c = 0; c < dim[1]; c++)
        for (int y = 0; y < dim[2]; y++)
            for (int x = 0; x < dim[3]; x++)
                *to++ = nn_c_pixel(&w->model->card, c, colour_at(x, y, c));
}

static void write_input(const nn_c_writer *w, const nn_tensor *input, nn_buffer *to)
{
    const int64_t channels = input->shape.dim[1],
                  pixels = input->shape.dim[2] * input->shape.dim[3];
    const nn_op_quantized *q = &w->input_quantized;
    nn_buffer_print(to, "static const %s input[] = {", q->scale ? "uint8_t" : "float");
    for (int64_t i = 0; i < pixels * channels; i++) {
        const float x = nn_tensor_f32(input)[i % channels * pixels + i / channels];
        nn_buffer_print(to, i % 12 ? " " : "\n    ");
        if (q->scale)
            nn_buffer_print(to, "%d,", nn_int8_quantise(x, *q->scale, q->zero));
        else
            nn_buffer_print(to, "%s,", nn_c_number(x).text);
    }
    nn_buffer_print(to, "\n};\n");
}

static void write_expected(const nn_c_writer *w, int i, nn_buffer *to)
{
    const nn_value v = nn_graph_output_at(w->graph, i);
    const int channels = nn_c_channels(w, v), pixels = nn_c_pixels(w, v);
    const bool planes = nn_c_is_image(w, v);
    const float *data = nn_tensor_f32(nn_plan_output(w->plan, i));
    nn_buffer_print(to, "\nstatic const float expected_%d[] = {", i);
    for (int k = 0; k < channels * pixels; k++)
        nn_buffer_print(to, "%s%s,", k % 6 ? " " : "\n    ",
                        nn_c_number(data[planes ? k % channels * pixels + k / channels : k]).text);
    nn_buffer_print(to, "\n};\n");
}

static void write_code(const nn_c_writer *w, nn_buffer *to)
{
    const int outputs = nn_graph_output_count(w->graph);
    const char *exact = w->input_quantized.scale ? "0" : "2e-6f";
    nn_buffer_print(
        to,
        "\n// How many numbers differ by more than %s of the largest one.\n"
        "static int count_wrong(const float *y, const float *expected, int count)\n{\n"
        "    float most = 0;\n    int wrong = 0;\n"
        "    for (int i = 0; i < count; i++) {\n"
        "        const float size = expected[i] < 0 ? -expected[i] : expected[i];\n"
        "        most = size > most ? size : most;\n    }\n"
        "    for (int i = 0; i < count; i++) {\n"
        "        const float off = y[i] < expected[i] ? expected[i] - y[i] : y[i] - expected[i];\n"
        "        wrong += !(off <= most * %s);\n    }\n    return wrong;\n}\n",
        exact, exact);
    nn_buffer_print(to,
                    "\nint %s_test(void)\n{\n    int wrong = 0;\n"
                    "    memcpy(%s_input(), input, sizeof input);\n    %s_run();\n",
                    w->name, w->name, w->name);
    for (int i = 0; i < outputs; i++)
        nn_buffer_print(
            to, "    wrong += count_wrong(%s_output(%d), expected_%d, %s_OUTPUT_%d_COUNT);\n",
            w->name, i, i, nn_c_upper(w->name).text, i);
    nn_buffer_print(
        to,
        "    return wrong;\n}\n\n#ifndef %s_NO_MAIN\n#include <stdio.h>\n\nint main(void)\n{\n"
        "    const int wrong = %s_test();\n"
        "    printf(\"%s: %%d wrong numbers\\n\", wrong);\n    return wrong > 0;\n}\n#endif\n",
        nn_c_upper(w->name).text, w->name, w->name);
}

nn_status nn_c_write_test(const nn_c_writer *w, nn_buffer *to, nn_error *err)
{
    const nn_tensor *input = nn_plan_input(w->plan, 0);
    fill_input(w, input);
    nn_buffer_print(to,
                    "// Made by neroscale export-c: %s_test() runs the network on this input and "
                    "counts the outputs\n"
                    "// that are not those of the engine. -D%s_NO_MAIN leaves out main.\n"
                    "#include \"%s.h\"\n\n#include <string.h>\n\nint %s_test(void);\n\n",
                    w->name, nn_c_upper(w->name).text, w->name, w->name);
    write_input(w, input, to);
    nn_plan_run(w->plan);
    for (int i = 0; i < nn_graph_output_count(w->graph); i++)
        write_expected(w, i, to);
    write_code(w, to);
    return to->failed ? nn_fail(err, NN_ENOMEM, "no memory to write a program") : NN_OK;
}
