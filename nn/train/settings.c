// SPDX-License-Identifier: MIT
// The settings of a training as lines of text.
#include "nn/train/settings.h"

#include "nn/base/memory.h"

#include <stdio.h>
#include <string.h>

void nn_settings_release(nn_settings *s)
{
    for (int i = 0; i < s->count; i++) {
        nn_free(s->list[i].name);
        nn_free(s->list[i].value);
    }
    nn_free(s->list);
    *s = (nn_settings){0};
}

// Takes over name and value.
static nn_status append(nn_settings *s, nn_train_setting one, nn_error *err)
{
    enum { FIRST = 128 };
    if (one.name && one.value && s->count == s->capacity) {
        const int more = s->capacity ? 2 * s->capacity : FIRST;
        nn_train_setting *grown =
            nn_realloc(s->list, sizeof *grown * (size_t)s->count, sizeof *grown * (size_t)more);
        if (grown) {
            s->list = grown;
            s->capacity = more;
        }
    }
    if (!one.name || !one.value || s->count == s->capacity) {
        nn_free(one.name);
        nn_free(one.value);
        return nn_fail(err, NN_ENOMEM, "checkpoint: no memory");
    }
    for (char *p = one.value; (p = strpbrk(p, "\r\n"));)
        *p = ' ';
    s->list[s->count++] = one;
    return NN_OK;
}

nn_status nn_settings_put(nn_settings *s, const char *name, const char *value, nn_error *err)
{
    return append(s, (nn_train_setting){.name = nn_strdup(name), .value = nn_strdup(value)}, err);
}

nn_status nn_settings_add(nn_settings *s, const nn_option_values *values, nn_error *err)
{
    nn_status status = NN_OK;
    for (const nn_option *o = values->rows; o->field.name && status == NN_OK; o++) {
        char name[128];
        if (o->flags & NN_OPTION_FREE)
            continue;
        snprintf(name, sizeof name, "%s%s%s", o->field.name, values->of ? "@" : "",
                 values->of ? values->of : "");
        status = append(s,
                        (nn_train_setting){.row = o,
                                           .of = values->of,
                                           .name = nn_strdup(name),
                                           .later = o->flags & NN_OPTION_LATER,
                                           .value = nn_option_write(o, values->values)},
                        err);
    }
    return status;
}

char *nn_settings_write(const nn_settings *s)
{
    size_t size = 1, used = 0;
    for (int i = 0; i < s->count; i++)
        size += strlen(s->list[i].name) + strlen(s->list[i].value) + 2;
    char *text = nn_calloc(size, 1);
    for (int i = 0; text && i < s->count; i++)
        used += (size_t)snprintf(text + used, size - used, "%s %s\n", s->list[i].name,
                                 s->list[i].value);
    return text;
}

const char *nn_settings_value(const char *lines, const char *name, size_t *length)
{
    const size_t n = strlen(name);
    while (*lines) {
        const size_t end = strcspn(lines, "\n");
        if (end > n && lines[n] == ' ' && memcmp(lines, name, n) == 0) {
            *length = end - n - 1;
            return lines + n + 1;
        }
        lines += end + (lines[end] == '\n');
    }
    return NULL;
}

// "with --batch 8", "without --stretch", "with data 18 pictures, ..."
static void describe(const nn_train_setting *s, const char *value, size_t length, char *text,
                     size_t size)
{
    const bool off = s->row && s->row->field.type == NN_FIELD_BOOL;
    const bool is_no = off && length == 2 && memcmp(value, "no", 2) == 0;
    const int shown = off ? 0 : length > 120 ? 120 : (int)length;
    snprintf(text, size, "%s %s%s%s%.*s%s%s%s", length == 0 || is_no ? "without" : "with",
             s->row ? "--" : "", s->row ? s->row->field.name : s->name, shown ? " " : "", shown,
             value, shown < (int)length && !off ? "..." : "", s->of ? " of data " : "",
             s->of ? s->of : "");
}

enum { VALUE = 192, MOST_TOLD = 300 };

// What differs, as far as there is room for it.
typedef struct differences {
    char text[MOST_TOLD + 2 * VALUE];
    int count, told, options;
} differences;

// What is no option follows from those that differ, and is told only when none does.
static void add_difference(differences *d, const nn_train_setting *s, const char *began,
                           size_t length)
{
    char then[VALUE], now[VALUE];
    const size_t used = strlen(d->text);
    if (!s->row && d->options > 0)
        return;
    d->count++;
    d->options += s->row != NULL;
    if (used > MOST_TOLD)
        return;
    describe(s, began, length, then, sizeof then);
    describe(s, s->value, strlen(s->value), now, sizeof now);
    if (used + strlen(then) + strlen(now) > MOST_TOLD && d->told > 0)
        return;
    snprintf(d->text + used, sizeof d->text - used, "%s%s, not %s", d->told ? "; " : "", then, now);
    d->told++;
}

// Compares one setting.
static nn_status compare(differences *d, const nn_train_setting *s, const char *lines,
                         const char *defaults, nn_error *err)
{
    size_t length = 0;
    const char *began = nn_settings_value(lines, s->name, &length);
    char *usual = !began && s->row ? nn_option_start(s->row, defaults) : NULL;
    if (!began && s->row && !usual)
        return nn_fail(err, NN_ENOMEM, "checkpoint: no memory");
    if (usual) {
        began = usual;
        length = strlen(usual);
    }
    if (began && !s->later && (length != strlen(s->value) || memcmp(began, s->value, length) != 0))
        add_difference(d, s, began, length);
    nn_free(usual);
    return NN_OK;
}

nn_status nn_settings_check(const nn_settings *s, const char *lines, const char *defaults,
                            const char *path, nn_error *err)
{
    char more[32] = "";
    differences d = {.count = 0};
    nn_status status = NN_OK;
    for (int i = 0; i < s->count && status == NN_OK; i++)
        status = compare(&d, &s->list[i], lines, defaults, err);
    if (status != NN_OK || d.count == 0)
        return status;
    if (d.count > d.told)
        snprintf(more, sizeof more, " (and %d more)", d.count - d.told);
    return nn_fail(err, NN_EINVAL, "%.100s: the training was begun %.*s%s; go on as it was begun",
                   path, MOST_TOLD + VALUE / 3, d.text, more);
}
