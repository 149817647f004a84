// SPDX-License-Identifier: MIT
// Values of options from text and to text.
#include "nn/base/option.h"

#include "nn/base/memory.h"

#include <inttypes.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NUMBERS = 64, TEXT_BYTES = 1024 };

static locale_t plain;

static void make_plain(void)
{
    plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
}

// Numbers have points, whatever the program's locale writes; returns the locale that was there.
static locale_t enter_plain(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_plain);
    return plain ? uselocale(plain) : (locale_t)0;
}

static void leave_plain(locale_t before)
{
    if (before)
        uselocale(before);
}

const nn_option *nn_option_find(const nn_option *rows, const char *name)
{
    for (const nn_option *o = rows; o->field.name; o++)
        if (strcmp(o->field.name, name) == 0)
            return o;
    return NULL;
}

static bool is_text(const nn_option *o)
{
    const nn_field_type t = o->field.type;
    return t == NN_FIELD_TEXT || t == NN_FIELD_PATH || t == NN_FIELD_TEXTS || t == NN_FIELD_PATHS;
}

static size_t bytes_of(nn_field_type type)
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

static char between(const nn_option *o)
{
    return o->between ? o->between : o->flags & NN_OPTION_RANGE ? ':' : ',';
}

static double number_at(const nn_option *o, const void *values, int i)
{
    const char *p = (const char *)values + o->field.offset + (size_t)i * bytes_of(o->field.type);
    switch (o->field.type) {
    case NN_FIELD_FLOAT:
        return (double)*(const float *)(const void *)p;
    case NN_FIELD_DOUBLE:
        return *(const double *)(const void *)p;
    default:
        return (double)*(const int32_t *)(const void *)p;
    }
}

static void set_number(const nn_option *o, void *values, int i, double v)
{
    char *p = (char *)values + o->field.offset + (size_t)i * bytes_of(o->field.type);
    switch (o->field.type) {
    case NN_FIELD_FLOAT:
        *(float *)(void *)p = (float)v;
        return;
    case NN_FIELD_DOUBLE:
        *(double *)(void *)p = v;
        return;
    default:
        *(int32_t *)(void *)p = (int32_t)v;
    }
}

static bool is_within(const nn_option *o, double v)
{
    const bool any = o->low == 0 && o->high == 0;
    if (o->field.type == NN_FIELD_INT && v != floor(v))
        return false;
    if (!isfinite(v) || (o->field.type == NN_FIELD_INT && (v < INT_MIN || v > INT_MAX)))
        return false;
    return any || (v >= o->low && v <= o->high && (v > o->low || !(o->flags & NN_OPTION_ABOVE)) &&
                   (v < o->high || !(o->flags & NN_OPTION_BELOW)));
}

// "0 to 1", "more than 0", "1 or more"
static void describe_range(const nn_option *o, char *text, size_t size)
{
    const char *low = o->flags & NN_OPTION_ABOVE ? "more than " : "";
    const char *high = o->flags & NN_OPTION_BELOW ? "less than " : "";
    if (o->low == 0 && o->high == 0)
        snprintf(text, size, "%s", o->field.type == NN_FIELD_INT ? "a whole number" : "a number");
    else if (o->high >= (o->field.type == NN_FIELD_INT ? INT_MAX : HUGE_VAL))
        snprintf(text, size, *low ? "%s%.10g" : "%s%.10g or more", low, o->low);
    else
        snprintf(text, size, "%s%.10g to %s%.10g", low, o->low, high, o->high);
}

// Says what the option takes.
static nn_status refuse(const nn_option *o, const char *text, nn_error *err)
{
    const nn_field *f = &o->field;
    char range[96];
    describe_range(o, range, sizeof range);
    if (f->type == NN_FIELD_ENUM) {
        char names[TEXT_BYTES] = "";
        for (int i = 0; f->names[i]; i++)
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? ", " : "",
                     f->names[i]);
        return nn_fail(err, NN_EINVAL, "--%s %.80s: not one of %s", f->name, text, names);
    }
    if (f->type == NN_FIELD_BOOL)
        return nn_fail(err, NN_EINVAL, "--%s wants yes or no, not %.80s", f->name, text);
    if (f->type == NN_FIELD_SIZE)
        return nn_fail(err, NN_EINVAL,
                       "--%s wants WIDTHxHEIGHT or one number for both, not '%.80s'", f->name,
                       text);
    if (f->count > 1)
        return nn_fail(err, NN_EINVAL, "--%s %.80s: not %s, each %s", f->name, text,
                       o->flags & NN_OPTION_RANGE ? "A:B with A up to B"
                       : o->arg                   ? o->arg
                                                  : "so many numbers",
                       range);
    return nn_fail(err, NN_EINVAL, "--%s wants %s, not %.80s", f->name, range, text);
}

// As many numbers as the field has, with its sign between them.
static bool read_numbers(const nn_option *o, void *values, const char *text)
{
    double v[MOST_NUMBERS];
    const int count = o->field.count;
    int found = 0;
    for (const char *p = text; found < count;) {
        char *end;
        v[found] = strtod(p, &end);
        if (end == p || !is_within(o, v[found]))
            return false;
        found++;
        if (!*end)
            break;
        if (*end != between(o) || found == count)
            return false;
        p = end + 1;
    }
    if (found == 1 && count == 2 && o->flags & NN_OPTION_RANGE)
        v[found++] = v[0];
    if (found != count || (o->flags & NN_OPTION_RANGE && v[0] > v[1]))
        return false;
    for (int i = 0; i < count; i++)
        set_number(o, values, i, v[i]);
    return true;
}

// One side in digits; *text moves behind it.
static bool read_side(const char **text, int *side)
{
    enum { MOST = 8192 };
    char *end;
    if (**text < '0' || **text > '9')
        return false;
    const long v = strtol(*text, &end, 10);
    *text = end;
    *side = v >= 1 && v <= MOST ? (int)v : 0;
    return *side > 0;
}

static bool read_sizes(const nn_option *o, void *values, const char *text)
{
    int *to = (int *)(void *)((char *)values + o->field.offset), size[2 * MOST_NUMBERS] = {0};
    for (int i = 0; *text; i++) {
        int *at = &size[2 * i];
        text += strspn(text, " ");
        if (i == o->field.count || !read_side(&text, &at[0]))
            return false;
        at[1] = at[0];
        if (*text == 'x' && (text++, !read_side(&text, &at[1])))
            return false;
        text += strspn(text, " ");
        if (*text && *text++ != ',')
            return false;
    }
    memcpy(to, size, 2 * sizeof(int) * (size_t)o->field.count);
    return size[0] > 0;
}

static bool read_word(const nn_option *o, void *values, const char *text)
{
    static const char *const no_yes[] = {"no", "yes", NULL};
    const bool is_bool = o->field.type == NN_FIELD_BOOL;
    const char *const *names = is_bool ? no_yes : o->field.names;
    char *to = (char *)values + o->field.offset;
    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], text) == 0) {
            if (is_bool)
                *(bool *)to = i != 0;
            else
                *(int32_t *)(void *)to = i;
            return true;
        }
    return false;
}

static bool read_int64(const nn_option *o, void *values, const char *text)
{
    char *end;
    const long long v = strtoll(text, &end, 10);
    *(int64_t *)(void *)((char *)values + o->field.offset) = v;
    return end != text && !*end && is_within(o, (double)v);
}

static bool read_value(const nn_option *o, void *values, const char *text)
{
    switch (o->field.type) {
    case NN_FIELD_INT:
    case NN_FIELD_FLOAT:
    case NN_FIELD_DOUBLE:
        return read_numbers(o, values, text);
    case NN_FIELD_INT64:
        return read_int64(o, values, text);
    case NN_FIELD_SIZE:
        return read_sizes(o, values, text);
    case NN_FIELD_BOOL:
    case NN_FIELD_ENUM:
        return read_word(o, values, text);
    default:
        return false;
    }
}

nn_status nn_option_read(const nn_option *o, void *values, const char *text, nn_error *err)
{
    if (is_text(o))
        return nn_fail(err, NN_EINVAL, "--%s: a text has no room here", o->field.name);
    const locale_t before = enter_plain();
    nn_status status = NN_OK;
    if (o->field.type == NN_FIELD_OTHER)
        status = o->read(values, text, err);
    else if (!read_value(o, values, text))
        status = refuse(o, text, err);
    leave_plain(before);
    return status;
}

void nn_options_defaults(const nn_option *rows, void *values)
{
    for (const nn_option *o = rows; o->field.name; o++) {
        if (is_text(o) || (o->field.type == NN_FIELD_OTHER && !o->start))
            continue;
        if (o->start)
            nn_option_read(o, values, o->start, NULL);
        else
            memset((char *)values + o->field.offset, 0,
                   bytes_of(o->field.type) * (size_t)o->field.count);
    }
}

nn_status nn_options_set(const nn_option *rows, void *values, const char *list, nn_error *err)
{
    nn_status status = NN_OK;
    while (list && *list && status == NN_OK) {
        char word[TEXT_BYTES];
        const size_t length = strcspn(list, " ");
        snprintf(word, sizeof word, "%.*s", (int)length, list);
        list += length + strspn(list + length, " ");
        char *value = strchr(word, '=');
        if (value)
            *value++ = '\0';
        const nn_option *o = nn_option_find(rows, word);
        if (o && !is_text(o))
            status = nn_option_read(o, values, value ? value : "yes", err);
    }
    return status;
}

static void write_number(const nn_option *o, double v, char *text, size_t size)
{
    if (o->field.type == NN_FIELD_INT) {
        snprintf(text, size, "%d", (int)v);
        return;
    }
    const bool is_float = o->field.type == NN_FIELD_FLOAT;
    for (int digits = 1; digits <= (is_float ? 9 : 17); digits++) {
        snprintf(text, size, "%.*g", digits, v);
        const double back = strtod(text, NULL);
        if (is_float ? (float)back == (float)v : back == v)
            return;
    }
}

static void write_numbers(const nn_option *o, const void *values, char *text, size_t size)
{
    for (int i = 0; i < o->field.count; i++) {
        const size_t used = strlen(text);
        char one[48];
        write_number(o, number_at(o, values, i), one, sizeof one);
        snprintf(text + used, size - used, "%.1s%s", i ? (char[]){between(o), '\0'} : "", one);
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

// What a text or a list of them says, with blanks between.
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
    if (is_text(o))
        return copy_texts(o, values);
    const locale_t before = enter_plain();
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
    leave_plain(before);
    return nn_strdup(text);
}

bool nn_option_is_for(const nn_option *o, const char *task)
{
    const size_t length = strlen(task);
    if (!o->tasks)
        return true;
    for (const char *p = o->tasks; *p;) {
        const size_t n = strcspn(p, " ");
        if (n == length && memcmp(p, task, n) == 0)
            return true;
        p += n + strspn(p + n, " ");
    }
    return false;
}
