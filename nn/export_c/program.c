// SPDX-License-Identifier: MIT
// Source and header of a program.
#include "nn/export_c/program.h"

#include <stdio.h>
#include <string.h>

nn_c_text nn_c_upper(const char *name)
{
    nn_c_text t = {""};
    for (size_t i = 0; name[i] && i < sizeof t.text - 1; i++)
        t.text[i] = (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 'a' + 'A' : name[i]);
    return t;
}

void nn_c_write_plain(nn_buffer *to, const char *text)
{
    for (; *text; text++) {
        const bool plain = (*text >= ' ' && *text <= '~') && !strchr("*/\\?\"", *text);
        nn_buffer_print(to, "%c", plain ? *text : '_');
    }
}

// A string whose bytes are those of `text`, in any character set and with trigraphs.
static void write_string(nn_buffer *to, const char *text)
{
    nn_buffer_print(to, "\"");
    for (; *text; text++) {
        const bool plain = *text >= ' ' && *text <= '~' && !strchr("\\\"?", *text);
        nn_buffer_print(to, plain ? "%c" : "\\%03o", (unsigned char)*text);
    }
    nn_buffer_print(to, "\"");
}

// Numbers of the input are (colour / 255 - mean) / std, its channels red, green, blue or reversed.
float nn_c_pixel(const nn_card *card, int c, int colour)
{
    const int channels = nn_card_channels(card), at = card->bgr ? channels - 1 - c : c;
    const int k = at < 3 ? at : 2;
    const float std = card->std[k] > 0 ? card->std[k] : 1;
    return ((float)colour / 255 - card->mean[k]) / std;
}

static void write_pixels(const nn_c_writer *w, nn_buffer *to)
{
    const int channels = nn_c_channels(w, w->input);
    nn_buffer_print(to, "\nconst uint8_t %s_pixel[%d][256] = {\n", w->name, channels);
    for (int c = 0; c < channels; c++) {
        nn_buffer_print(to, "    {");
        for (int i = 0; i < 256; i++)
            nn_buffer_print(to, "%s%d,", i % 18 ? " " : "\n        ",
                            nn_int8_quantise(nn_c_pixel(&w->model->card, c, i),
                                             *w->input_quantized.scale, w->input_quantized.zero));
        nn_buffer_print(to, "\n    },\n");
    }
    nn_buffer_print(to, "};\n");
}

static void write_labels(const nn_c_writer *w, nn_buffer *to)
{
    const nn_card *card = &w->model->card;
    if (card->label_count == 0)
        return;
    nn_buffer_print(to, "\nconst char *const %s_labels[%d] = {\n", w->name, card->label_count);
    for (int i = 0; i < card->label_count; i++) {
        nn_buffer_print(to, "    ");
        write_string(to, card->labels[i]);
        nn_buffer_print(to, ",\n");
    }
    nn_buffer_print(to, "};\n");
}

static void write_thresholds(const nn_c_writer *w, nn_buffer *to)
{
    const nn_card *card = &w->model->card;
    if (!card->class_thresholds)
        return;
    nn_buffer_print(to, "\nconst float %s_thresholds[%d] = {\n", w->name, card->label_count);
    for (int i = 0; i < card->label_count; i++)
        nn_buffer_print(to, "    %s,\n", nn_c_number(card->class_thresholds[i]).text);
    nn_buffer_print(to, "};\n");
}

static void write_runtime(const nn_c_writer *w, nn_buffer *to)
{
    for (int i = 0; nn_c_pieces[i].name; i++)
        if (w->used[i]) {
            nn_buffer_print(to, "\n// --- %s ---\n\n", nn_c_pieces[i].name);
            nn_buffer_add(to, nn_c_pieces[i].text, strlen(nn_c_pieces[i].text));
        }
}

static void write_functions(const nn_c_writer *w, nn_buffer *to)
{
    const int outputs = nn_graph_output_count(w->graph);
    nn_buffer_print(to, "\n%s *%s_input(void)\n{\n    return %s;\n}\n",
                    w->input_quantized.scale ? "uint8_t" : "float", w->name,
                    nn_c_at(w, w->input).text);
    nn_buffer_print(to, "\nconst float *%s_output(int i)\n{\n", w->name);
    for (int i = 0; i + 1 < outputs; i++)
        nn_buffer_print(to, "    if (i == %d)\n        return %s;\n", i,
                        nn_c_at(w, nn_graph_output_at(w->graph, i)).text);
    nn_buffer_print(to, outputs > 1 ? "" : "    (void)i;\n");
    nn_buffer_print(to, "    return %s;\n}\n",
                    nn_c_at(w, nn_graph_output_at(w->graph, outputs - 1)).text);
    nn_buffer_print(to, "\nvoid %s_run(void)\n{\n", w->name);
    nn_buffer_add(to, w->run.bytes ? w->run.bytes : "", w->run.size);
    nn_buffer_print(to, "}\n");
}

void nn_c_write_source(const nn_c_writer *w, nn_buffer *to)
{
    nn_buffer_print(to,
                    "// Made by neroscale export-c; %s.h says how to use it.\n"
                    "#include \"%s.h\"\n\n#include <string.h>\n\n",
                    w->name, w->name);
    // Loops that fill memory would become calls of memset, products and sums would be fused.
    nn_buffer_print(to, "#if defined(__clang__)\n#pragma STDC FP_CONTRACT OFF\n"
                        "#elif defined(__GNUC__)\n"
                        "#pragma GCC optimize(\"no-tree-loop-distribute-patterns\")\n"
                        "#pragma GCC optimize(\"fp-contract=off\")\n#endif\n");
    write_runtime(w, to);
    nn_buffer_print(to, "\n// --- memory ---\n\n#define SCRATCH %zu\n", w->arena);
    nn_buffer_print(to, "static float arena[%s_ARENA_BYTES / sizeof(float)];\n",
                    nn_c_upper(w->name).text);
    nn_buffer_print(to, "#define BYTES(at) ((uint8_t *)arena + (at))\n"
                        "#define REALS(at) (arena + (at) / sizeof(float))\n"
                        "#define WORDS(at) ((int32_t *)(void *)(arena + (at) / sizeof(float)))\n"
                        "\n// --- constants ---\n\n");
    nn_buffer_add(to, w->data.bytes ? w->data.bytes : "", w->data.size);
    if (w->input_quantized.scale)
        write_pixels(w, to);
    write_labels(w, to);
    write_thresholds(w, to);
    write_functions(w, to);
}

static void write_head(const nn_c_writer *w, nn_buffer *to)
{
    const nn_card *card = &w->model->card;
    const bool bytes = w->input_quantized.scale;
    nn_buffer_print(to, "// Made by neroscale export-c: a network ");
    nn_c_write_plain(to, card->network[0] ? card->network : "of a graph file");
    nn_buffer_print(to, " as a C99 program, %s.\n//\n", bytes ? "in 8 bits" : "in float32");
    nn_buffer_print(
        to,
        "// Fill %s_input(), call %s_run(), read %s_output(i). Nothing is allocated; of libc "
        "memcpy\n"
        "// is called. The functions share one static memory: one thread at a time.\n//\n",
        w->name, w->name, w->name);
    nn_buffer_print(to,
                    "// Input: height x width x channels, row by row, the channels of a pixel side "
                    "by side (%s).\n",
                    card->bgr                     ? "blue, green, red"
                    : nn_card_channels(card) == 1 ? "luma"
                                                  : "red, green, blue");
    nn_buffer_print(to,
                    "// A colour 0 .. 255 becomes x = (colour / 255 - mean) / std with mean %.6g "
                    "%.6g %.6g, std %.6g %.6g %.6g",
                    (double)card->mean[0], (double)card->mean[1], (double)card->mean[2],
                    (double)card->std[0], (double)card->std[1], (double)card->std[2]);
    nn_buffer_print(
        to,
        bytes
            ? ",\n// then x / scale rounded + zero point. %s_pixel[channel][colour] is that byte.\n"
            : " (red, green, blue).\n",
        w->name);
    nn_buffer_print(
        to, "// The memory of the input is used again by %s_run(): fill it before each run.\n//\n",
        w->name);
    nn_buffer_print(
        to, "// A run takes %.0f multiply-accumulates; weights and tables take %zu bytes.\n",
        nn_plan_macs(w->plan), w->constant_bytes);
}

static void write_outputs(const nn_c_writer *w, const char *upper, nn_buffer *to)
{
    const int outputs = nn_graph_output_count(w->graph);
    nn_buffer_print(to, "#define %s_OUTPUTS %d\n", upper, outputs);
    for (int i = 0; i < outputs; i++) {
        const nn_value v = nn_graph_output_at(w->graph, i);
        const nn_shape *s = nn_c_shape(w, v);
        nn_buffer_print(to, "// Output %d, ", i);
        nn_c_write_plain(to, nn_graph_output_name(w->graph, i));
        if (nn_c_is_image(w, v))
            nn_buffer_print(to, ": float, %lld rows x %lld columns x %lld channels.\n",
                            (long long)s->dim[2], (long long)s->dim[3], (long long)s->dim[1]);
        else
            nn_buffer_print(to, ": float, a vector; of a classifier the logits.\n");
        nn_buffer_print(to, "#define %s_OUTPUT_%d_COUNT %d\n", upper, i, nn_c_count(w, v));
    }
}

void nn_c_write_header(const nn_c_writer *w, nn_buffer *to)
{
    const nn_c_text upper = nn_c_upper(w->name);
    const nn_card *card = &w->model->card;
    const nn_shape *in = nn_c_shape(w, w->input);
    write_head(w, to);
    nn_buffer_print(to,
                    "#ifndef %s_H\n#define %s_H\n\n#include <stdint.h>\n\n"
                    "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n",
                    upper.text, upper.text);
    nn_buffer_print(to, "#define %s_HEIGHT %lld\n#define %s_WIDTH %lld\n#define %s_CHANNELS %lld\n",
                    upper.text, (long long)in->dim[2], upper.text, (long long)in->dim[3],
                    upper.text, (long long)in->dim[1]);
    if (w->input_quantized.scale)
        nn_buffer_print(to, "#define %s_SCALE %s\n#define %s_ZERO_POINT %d\n", upper.text,
                        nn_c_number(*w->input_quantized.scale).text, upper.text,
                        (int)w->input_quantized.zero);
    nn_buffer_print(to, "#define %s_ARENA_BYTES %zu // of static memory\n\n", upper.text,
                    nn_c_arena_bytes(w));
    write_outputs(w, upper.text, to);
    nn_buffer_print(to, "\n#define %s_CLASSES %d\n", upper.text, card->label_count);
    if (card->threshold > 0)
        nn_buffer_print(to, "#define %s_THRESHOLD %s // scores from here on count\n", upper.text,
                        nn_c_number(card->threshold).text);
    if (card->label_count > 0)
        nn_buffer_print(to, "extern const char *const %s_labels[%d];\n", w->name,
                        card->label_count);
    if (card->class_thresholds)
        nn_buffer_print(
            to,
            "// Scores of class i count from %s_thresholds[i] on, whatever %s_THRESHOLD "
            "is.\nextern const float %s_thresholds[%d];\n",
            w->name, upper.text, w->name, card->label_count);
    if (w->input_quantized.scale)
        nn_buffer_print(to, "extern const uint8_t %s_pixel[%lld][256];\n", w->name,
                        (long long)in->dim[1]);
    nn_buffer_print(to,
                    "\n%s *%s_input(void);\nvoid %s_run(void);\nconst float *%s_output(int i);\n\n"
                    "#ifdef __cplusplus\n}\n#endif\n\n#endif\n",
                    w->input_quantized.scale ? "uint8_t" : "float", w->name, w->name, w->name);
}
