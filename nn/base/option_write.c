// SPDX-License-Identifier: MIT
// Values of options to text.
#include "nn/base/memory.h"
#include "nn/base/option_parts.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES = 1024 };

void nn_option_number(double v, bool is_float, char *text, size_t size)
{
    const locale_t before = nn_option_enter_plain();
    const bool whole = fabs(v) < 1e9 && v == floor(v); // 10, not 1e+01
    if (whole)
        snprintf(text, size, "%.0f", v);
    for (int digits = 1; !whole && digits <= (is_float ? 9 : 17); digits++) {
        snprintf(text, size, "%.*g", digits, v);
        const double back = strtod(text, NULL);
        if (is_float ? (float)back == (float)v : back == v)
            break;
    }
    nn_option_leave_plain(before);
}

static void write_number(const nn_option *o, double v, char *text, size_t size)
{
    if (o->field.type == NN_FIELD_INT)
        snprintf(text, size, "%d", (int)v);
    else
        nn_option_number(v, o->field.type == NN_FIELD_FLOAT, text, size);
}

// Whether an array without a default was not given.
static bool is_unset(const nn_option *o, const void *values)
{
    for (int i = 0; i < o->field.count; i++)
        if (nn_option_number_at(o, values, i) != 0)
            return false;
    return !o->start;
}

static void write_numbers(const nn_option *o, const void *values, char *text, size_t size)
{
    if (is_unset(o, values))
        return;
    for (int i = 0; i < o->field.count; i++) {
        const size_t used = strlen(text);
        char one[48];
        write_number(o, nn_option_number_at(o, values, i), one, sizeof one);
        snprintf(text + used, size - used, "%.1s%s", i ? (char[]){nn_option_between(o), '\0'} : "",
                 one);
    }
}

static void write_sizes(const nn_option *o, const void *values, char *text, size_t size)
{
    const int *from = (const int *)(const void *)((const char *)values + o->field.offset);
    for (int i = 0; i < o->field.count && from[2 * i] > 0; i++) {
        const size_t used = strlen(text);
        snprintf(text + used, size - used, "%s%dx%d", i ? "," : "", from[2 * i], from[2 * i + 1]);
    }
}

// A text or a list of texts as one text, separated by blanks.
static char *copy_texts(const nn_option *o, const void *values)
{
    const char *const *at =
        (const char *const *)(const void *)((const char *)values + o->field.offset);
    const bool many = o->field.type == NN_FIELD_TEXTS || o->field.type == NN_FIELD_PATHS;
    const bool paths = o->field.type == NN_FIELD_PATH || o->field.type == NN_FIELD_PATHS;
    const char *const *list = many ? *(const char *const *const *)(const void *)at : at;
    size_t size = 1, used = 0;
    for (int i = 0; list && (many || i < 1) && list[i]; i++)
        size += strlen(list[i]) + 1;
    char *text = nn_calloc(size, 1);
    for (int i = 0; text && list && (many || i < 1) && list[i]; i++) {
        const char *slash = paths ? strrchr(list[i], '/') : NULL;
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? " " : "",
                                 slash && slash[1] ? slash + 1 : list[i]);
    }
    return text;
}

char *nn_option_write(const nn_option *o, const void *values)
{
    char text[TEXT_BYTES] = "";
    const char *from = (const char *)values + o->field.offset;
    if (nn_option_is_text(o))
        return copy_texts(o, values);
    const locale_t before = nn_option_enter_plain();
    switch (o->field.type) {
    case NN_FIELD_OTHER:
        o->write(values, text, sizeof text);
        break;
    case NN_FIELD_BOOL:
        snprintf(text, sizeof text, "%s", *(const bool *)from ? "yes" : "no");
        break;
    case NN_FIELD_ENUM:
        snprintf(text, sizeof text, "%s", o->field.names[*(const int32_t *)(const void *)from]);
        break;
    case NN_FIELD_INT64:
        snprintf(text, sizeof text, "%" PRId64, *(const int64_t *)(const void *)from);
        break;
    case NN_FIELD_SIZE:
        write_sizes(o, values, text, sizeof text);
        break;
    default:
        write_numbers(o, values, text, sizeof text);
    }
    nn_option_leave_plain(before);
    return nn_strdup(text);
}
