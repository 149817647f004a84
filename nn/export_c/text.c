// SPDX-License-Identifier: MIT
// Numbers, arrays and calls of the program as text.
#include "nn/base/memory.h"
#include "nn/export_c/writer.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int nn_c_count(const nn_c_writer *w, nn_value v)
{
    return (int)nn_shape_count(nn_c_shape(w, v));
}

int nn_c_axis(const nn_c_writer *w, nn_value v, int place)
{
    static const int image[4] = {0, 2, 3, 1};
    return nn_c_is_image(w, v) ? image[place] : place;
}

int nn_c_channels(const nn_c_writer *w, nn_value v)
{
    const nn_shape *s = nn_c_shape(w, v);
    return s->rank ? (int)s->dim[nn_c_axis(w, v, s->rank - 1)] : 1;
}

int nn_c_pixels(const nn_c_writer *w, nn_value v)
{
    const int channels = nn_c_channels(w, v);
    return channels ? nn_c_count(w, v) / channels : 0;
}

size_t nn_c_arena_bytes(const nn_c_writer *w)
{
    enum { ALIGN = 16 };
    return (w->arena + w->scratch + ALIGN - 1) / ALIGN * ALIGN;
}

void nn_c_use(nn_c_writer *w, const char *piece)
{
    for (int i = 0; nn_c_pieces[i].name; i++)
        if (!w->used[i] && strcmp(nn_c_pieces[i].name, piece) == 0) {
            w->used[i] = true;
            for (int k = 0; nn_c_pieces[i].needs[k]; k++)
                nn_c_use(w, nn_c_pieces[i].needs[k]);
        }
}

static void print(nn_buffer *to, const char *format, va_list args)
{
    char line[1024];
    const int n = vsnprintf(line, sizeof line, format, args);
    if (n < 0 || n >= (int)sizeof line)
        to->failed = true;
    else
        nn_buffer_add(to, line, (size_t)n);
}

void nn_c_print(nn_c_writer *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print(&w->data, format, args);
    va_end(args);
}

void nn_c_call(nn_c_writer *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    nn_buffer_print(&w->run, "    ");
    print(&w->run, format, args);
    nn_buffer_print(&w->run, ";\n");
    va_end(args);
}

nn_c_text nn_c_number(float x)
{
    nn_c_text t;
    const float most = 3.40282347e+38f;
    const float v = x > most ? most : x < -most ? -most : x;
    char digits[32];
    snprintf(digits, sizeof digits, "%.9g", (double)v);
    snprintf(t.text, sizeof t.text, "%s%sf", digits, strpbrk(digits, ".e") ? "" : ".0");
    return t;
}

// Begins an array of `type`; a constant array has at least one element.
static void open_array(nn_c_writer *w, const char *type, const char *word, int64_t count,
                       size_t size)
{
    nn_c_print(w, "static const %s %s_%d[%lld] = {", type, word, w->index,
               (long long)(count > 0 ? count : 1));
    w->constant_bytes += (size_t)count * size;
}

static void put(nn_c_writer *w, int64_t i, int64_t line, const char *number)
{
    nn_c_print(w, "%s%s,", i % line ? " " : "\n    ", number);
}

static void close_array(nn_c_writer *w, int64_t count)
{
    nn_c_print(w, count > 0 ? "\n};\n" : "0};\n");
}

void nn_c_floats(nn_c_writer *w, const char *word, const float *x, int64_t count)
{
    open_array(w, "float", word, count, sizeof *x);
    for (int64_t i = 0; i < count; i++)
        put(w, i, 6, nn_c_number(x[i]).text);
    close_array(w, count);
}

// Integer arrays differ in their type alone.
#define INTEGERS(function, type, name, line)                                                       \
    void function(nn_c_writer *w, const char *word, const type *x, int64_t count)                  \
    {                                                                                              \
        char number[16];                                                                           \
        open_array(w, name, word, count, sizeof *x);                                               \
        for (int64_t i = 0; i < count; i++) {                                                      \
            snprintf(number, sizeof number, "%d", (int)x[i]);                                      \
            put(w, i, line, number);                                                               \
        }                                                                                          \
        close_array(w, count);                                                                     \
    }
INTEGERS(nn_c_bytes, uint8_t, "uint8_t", 18)
INTEGERS(nn_c_s8, int8_t, "int8_t", 18)
INTEGERS(nn_c_s16, int16_t, "int16_t", 14)
INTEGERS(nn_c_s32, int32_t, "int32_t", 8)
#undef INTEGERS

void nn_c_border(nn_c_writer *w, float zero, int64_t count)
{
    char number[16];
    snprintf(number, sizeof number, "%d", (int)zero);
    open_array(w, "uint8_t", "border", count, 1);
    for (int64_t i = 0; i < count; i++)
        put(w, i, 18, number);
    close_array(w, count);
}

void nn_c_scratch(nn_c_writer *w, size_t bytes)
{
    w->scratch = bytes > w->scratch ? bytes : w->scratch;
}

nn_c_text nn_c_at(const nn_c_writer *w, nn_value v)
{
    nn_c_text t;
    const nn_c_value *value = &w->values[v];
    snprintf(t.text, sizeof t.text, "%s(%zu)", value->bytes ? "BYTES" : "REALS",
             w->values[value->root].offset);
    return t;
}

const float *nn_c_data(const nn_c_writer *w, const nn_c_node *n, int k)
{
    const nn_tensor *t = nn_c_has(n, k) ? nn_plan_value(w->plan, n->in[k]) : NULL;
    return t ? nn_tensor_f32(t) : NULL;
}

nn_c_text nn_c_operand(nn_c_writer *w, const nn_c_node *n, int k, const char *word)
{
    const nn_value v = n->in[k];
    const float *data = nn_c_data(w, n, k);
    nn_c_text t;
    if (!w->values[v].constant || !data)
        return nn_c_at(w, v);
    const int channels = nn_c_channels(w, v), pixels = nn_c_pixels(w, v);
    const bool planes = nn_c_is_image(w, v);
    float *turned = nn_calloc((size_t)nn_c_count(w, v) + 1, sizeof *turned);
    if (!turned) {
        w->data.failed = true;
        return nn_c_at(w, v);
    }
    for (int i = 0; i < pixels; i++)
        for (int c = 0; c < channels; c++)
            turned[i * channels + c] = data[planes ? c * pixels + i : i * channels + c];
    nn_c_floats(w, word, turned, nn_c_count(w, v));
    nn_free(turned);
    snprintf(t.text, sizeof t.text, "%s_%d", word, w->index);
    return t;
}
