// SPDX-License-Identifier: MIT
// Shared by the reading and the writing of options: numbers of any type, in the same locale.
#include "nn/base/option_parts.h"

#include <pthread.h>
#include <stdint.h>

static locale_t plain;

static void make_plain(void)
{
    plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
}

// Numbers have points, whatever the program's locale writes; returns the locale that was there.
locale_t nn_option_enter_plain(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_plain);
    return plain ? uselocale(plain) : (locale_t)0;
}

void nn_option_leave_plain(locale_t before)
{
    if (before)
        uselocale(before);
}

bool nn_option_is_text(const nn_option *o)
{
    const nn_field_type t = o->field.type;
    return t == NN_FIELD_TEXT || t == NN_FIELD_PATH || t == NN_FIELD_TEXTS || t == NN_FIELD_PATHS;
}

size_t nn_option_bytes(nn_field_type type)
{
    switch (type) {
    case NN_FIELD_FLOAT:
        return sizeof(float);
    case NN_FIELD_INT64:
        return sizeof(int64_t);
    case NN_FIELD_DOUBLE:
        return sizeof(double);
    case NN_FIELD_BOOL:
        return sizeof(bool);
    case NN_FIELD_SIZE:
        return 2 * sizeof(int);
    default:
        return sizeof(int32_t);
    }
}

char nn_option_between(const nn_option *o)
{
    return o->between ? o->between : o->flags & NN_OPTION_RANGE ? ':' : ',';
}

double nn_option_number_at(const nn_option *o, const void *values, int i)
{
    const char *p =
        (const char *)values + o->field.offset + (size_t)i * nn_option_bytes(o->field.type);
    switch (o->field.type) {
    case NN_FIELD_FLOAT:
        return (double)*(const float *)(const void *)p;
    case NN_FIELD_DOUBLE:
        return *(const double *)(const void *)p;
    default:
        return (double)*(const int32_t *)(const void *)p;
    }
}
