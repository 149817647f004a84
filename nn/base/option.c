// SPDX-License-Identifier: MIT
// Values of options from text.
#include "nn/base/option_parts.h"

#include "nn/base/memory.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NUMBERS = 64, TEXT_BYTES = 1024 };

const nn_option *nn_option_find(const nn_option *rows, const char *name)
{
    for (const nn_option *o = rows; o->field.name; o++)
        if (strcmp(o->field.name, name) == 0)
            return o;
    return NULL;
}

static void set_number(const nn_option *o, void *values, int i, double v)
{
    char *p = (char *)values + o->field.offset + (size_t)i * nn_option_bytes(o->field.type);
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

// Of floats both sides are rounded alike.
static bool is_within(const nn_option *o, double v)
{
    const bool is_float = o->field.type == NN_FIELD_FLOAT, is_whole = o->field.type == NN_FIELD_INT;
    const double low = is_float ? (double)(float)o->low : o->low,
                 high = is_float ? (double)(float)o->high : o->high;
    if (!isfinite(v) || (is_whole && (v != floor(v) || v < INT_MIN || v > INT_MAX)))
        return false;
    if (low == 0 && high == 0)
        return true;
    if (is_float)
        v = (double)(float)v;
    return v >= low && v <= high && (v > low || !(o->flags & NN_OPTION_ABOVE)) &&
           (v < high || !(o->flags & NN_OPTION_BELOW));
}

// The largest value that the type holds, where the row has none.
static bool is_bounded(const nn_option *o)
{
    return o->high < (o->field.type == NN_FIELD_INT ? INT_MAX : HUGE_VAL);
}

static void describe_low(const nn_option *o, char *text, size_t size)
{
    snprintf(text, size, "%s %.10g", o->flags & NN_OPTION_ABOVE ? "more than" : "at least", o->low);
}

static void describe_high(const nn_option *o, char *text, size_t size)
{
    snprintf(text, size, "%s %.10g", o->flags & NN_OPTION_BELOW ? "less than" : "at most", o->high);
}

// "at least 0, at most 1", "more than 0", "" for any
static void describe_range(const nn_option *o, char *text, size_t size)
{
    char low[48], high[48] = "";
    *text = '\0';
    if (o->low == 0 && o->high == 0)
        return;
    describe_low(o, low, sizeof low);
    if (is_bounded(o))
        describe_high(o, high, sizeof high);
    snprintf(text, size, "%s%s%s", low, *high ? ", " : "", high);
}

// ": " and the help up to a semicolon. Its first letter becomes small unless that begins an
// abbreviation.
static void describe_meaning(const nn_option *o, char *text, size_t size)
{
    const char *help = o->help ? o->help : "";
    snprintf(text, size, "%s%.*s", *help ? ": " : "", (int)strcspn(help, ";"), help);
    if (help[0] >= 'A' && help[0] <= 'Z' && help[1] >= 'a' && help[1] <= 'z')
        text[2] = (char)(help[0] - 'A' + 'a');
}

static nn_status refuse_number(const nn_option *o, const char *text, nn_error *err)
{
    const char *name = o->field.name;
    const bool is_whole = o->field.type == NN_FIELD_INT || o->field.type == NN_FIELD_INT64;
    char bound[96], meaning[TEXT_BYTES], *end;
    const double v = strtod(text, &end);
    describe_meaning(o, meaning, sizeof meaning);
    if (end == text || *end || isnan(v) || (is_whole && isfinite(v) && v != floor(v))) {
        describe_range(o, bound, sizeof bound);
        return nn_fail(err, NN_EINVAL, "--%s %.80s is not a %snumber%s%s%s%s", name, text,
                       is_whole ? "whole " : "", *bound ? " (" : "", bound, *bound ? ")" : "",
                       meaning);
    }
    const bool low = (o->low != 0 || o->high != 0) && (v < o->low || (v == o->low && o->high > v));
    if (low)
        describe_low(o, bound, sizeof bound);
    else if (is_bounded(o) && (o->low != 0 || o->high != 0))
        describe_high(o, bound, sizeof bound);
    else
        snprintf(bound, sizeof bound, "it does not fit in %s", is_whole ? "32 bits" : "a float");
    return nn_fail(err, NN_EINVAL, "--%s %.80s is too %s (%s)%s", name, text,
                   low ? "small" : "large", bound, meaning);
}

static nn_status refuse_word(const nn_option *o, const char *text, nn_error *err)
{
    char names[TEXT_BYTES] = "";
    for (int i = 0; o->field.names[i]; i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? ", " : "",
                 o->field.names[i]);
    return nn_fail(err, NN_EINVAL, "--%s %.80s: not one of %s", o->field.name, text, names);
}

// Says what the option takes.
static nn_status refuse(const nn_option *o, const char *text, nn_error *err)
{
    const nn_field *f = &o->field;
    char range[96];
    if (f->type == NN_FIELD_ENUM)
        return refuse_word(o, text, err);
    if (f->type == NN_FIELD_BOOL)
        return nn_fail(err, NN_EINVAL, "--%s must be yes or no, not %.80s", f->name, text);
    if (f->type == NN_FIELD_SIZE)
        return nn_fail(err, NN_EINVAL,
                       "--%s must be WIDTHxHEIGHT or one number for both, not '%.80s'", f->name,
                       text);
    if (f->count == 1)
        return refuse_number(o, text, err);
    describe_range(o, range, sizeof range);
    return nn_fail(err, NN_EINVAL, "--%s %.80s: not %s%s%s", f->name, text,
                   o->flags & NN_OPTION_RANGE ? "A:B with A up to B"
                   : o->arg                   ? o->arg
                                              : "so many numbers",
                   *range ? ", each " : "", range);
}

// As many numbers as the field has, with its sign between them.
static bool read_numbers(const nn_option *o, void *values, const char *text)
{
    double v[MOST_NUMBERS] = {0};
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
        if (*end != nn_option_between(o) || found == count)
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
    if (nn_option_is_text(o))
        return nn_fail(err, NN_EINVAL, "--%s: a text has no room here", o->field.name);
    const locale_t before = nn_option_enter_plain();
    nn_status status = NN_OK;
    if (o->field.type == NN_FIELD_OTHER)
        status = o->read(values, text, err);
    else if (!read_value(o, values, text))
        status = refuse(o, text, err);
    nn_option_leave_plain(before);
    return status;
}

void nn_options_defaults(const nn_option *rows, void *values)
{
    for (const nn_option *o = rows; o->field.name; o++) {
        if (nn_option_is_text(o) || (o->field.type == NN_FIELD_OTHER && !o->start))
            continue;
        if (o->start)
            nn_option_read(o, values, o->start, NULL);
        else
            memset((char *)values + o->field.offset, 0,
                   nn_option_bytes(o->field.type) * (size_t)o->field.count);
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
        if (o && !nn_option_is_text(o))
            status = nn_option_read(o, values, value ? value : "yes", err);
    }
    return status;
}

nn_status nn_options_check(const nn_option *rows, const void *values, nn_error *err)
{
    for (const nn_option *o = rows; o->field.name; o++) {
        const nn_field_type t = o->field.type;
        if (t != NN_FIELD_INT && t != NN_FIELD_FLOAT && t != NN_FIELD_DOUBLE)
            continue;
        bool good = true;
        for (int i = 0; i < o->field.count; i++)
            good = good && is_within(o, nn_option_number_at(o, values, i));
        if (good && o->flags & NN_OPTION_RANGE)
            good = nn_option_number_at(o, values, 0) <= nn_option_number_at(o, values, 1);
        if (!good) {
            char *text = nn_option_write(o, values);
            refuse(o, text ? text : "", err);
            nn_free(text);
            return NN_EINVAL;
        }
    }
    return NN_OK;
}

// The value of `name` in "a=1 b=2"; false when it is not there.
static bool find_in_list(const char *list, const char *name, char *value, size_t size)
{
    const size_t length = strlen(name);
    while (list && *list) {
        const size_t n = strcspn(list, " ");
        if (n > length && list[length] == '=' && memcmp(list, name, length) == 0) {
            snprintf(value, size, "%.*s", (int)(n - length - 1), list + length + 1);
            return true;
        }
        list += n + strspn(list + n, " ");
    }
    return false;
}

char *nn_option_start(const nn_option *o, const char *list)
{
    _Alignas(NN_ALIGN) char room[NN_OPTION_ROOM] = {0};
    char value[TEXT_BYTES];
    if (!find_in_list(list, o->field.name, value, sizeof value))
        snprintf(value, sizeof value, "%s", o->start ? o->start : "");
    nn_option one = *o;
    one.field.offset = 0;
    const size_t bytes = nn_option_bytes(o->field.type) * (size_t)o->field.count;
    if (nn_option_is_text(o) || o->field.type == NN_FIELD_OTHER || bytes > sizeof room)
        return nn_strdup(value);
    if (*value && nn_option_read(&one, room, value, NULL) != NN_OK)
        return nn_strdup(value);
    return nn_option_write(&one, room);
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
