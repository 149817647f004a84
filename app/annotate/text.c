// SPDX-License-Identifier: MIT
// Growing texts, and edits of a text.
#include "app/annotate/text.h"

#include "nn/base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ui_text_release(ui_text *t)
{
    nn_free(t->bytes);
    *t = (ui_text){0};
}

static bool reserve(ui_text *t, size_t more)
{
    if (more < t->capacity - t->size)
        return true;
    if (more > SIZE_MAX / 4 - t->size)
        return false;
    const size_t larger = (t->size + more + 64) * 2;
    char *grown = nn_realloc(t->bytes, t->size, larger);
    if (!grown)
        return false;
    t->bytes = grown;
    t->capacity = larger;
    return true;
}

void ui_text_add(ui_text *t, const void *bytes, size_t size)
{
    if (!reserve(t, size)) {
        t->failed = true;
        return;
    }
    if (size)
        memcpy(t->bytes + t->size, bytes, size);
    t->size += size;
    t->bytes[t->size] = '\0';
}

void ui_text_print(ui_text *t, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n < 0 || n >= (int)sizeof line)
        t->failed = true;
    else
        ui_text_add(t, line, (size_t)n);
}

void ui_text_number(ui_text *t, double value, int decimals)
{
    char digits[64];
    int n = snprintf(digits, sizeof digits, "%.*f", decimals, value);
    while (decimals > 0 && n > 0 && digits[n - 1] == '0')
        n--;
    if (n > 0 && digits[n - 1] == '.')
        n--;
    const bool zero = n == 2 && digits[0] == '-' && digits[1] == '0';
    ui_text_add(t, digits + zero, (size_t)(n - zero));
}

void ui_edits_release(ui_edits *e)
{
    nn_free(e->list);
    ui_text_release(&e->text);
    *e = (ui_edits){0};
}

void ui_edits_replace(ui_edits *e, size_t at, size_t end, const void *bytes, size_t size)
{
    if (e->count == e->capacity) {
        const int larger = e->capacity ? e->capacity * 2 : 32;
        ui_edit *grown = nn_realloc(e->list, (size_t)e->capacity * sizeof *grown,
                                    (size_t)larger * sizeof *grown);
        if (!grown) {
            e->failed = true;
            return;
        }
        e->list = grown;
        e->capacity = larger;
    }
    e->list[e->count++] = (ui_edit){at, end, e->text.size, size};
    ui_text_add(&e->text, bytes, size);
}

// By position. At the same position: in the order of addition, insertions before removals.
static int compare(const void *a, const void *b)
{
    const ui_edit *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    if ((x->end > x->at) != (y->end > y->at))
        return x->end > x->at ? 1 : -1;
    return (x->from > y->from) - (x->from < y->from);
}

nn_status ui_edits_apply(ui_edits *e, const char *text, size_t size, ui_text *out, nn_error *err)
{
    size_t at = 0;
    if (e->count > 1)
        qsort(e->list, (size_t)e->count, sizeof *e->list, compare);
    for (int i = 0; i < e->count && !e->failed && !e->text.failed; i++) {
        const ui_edit *c = &e->list[i];
        if (c->at < at || c->end < c->at || c->end > size)
            return nn_fail(err, NN_EINVAL, "two changes of a label file overlap");
        ui_text_add(out, text + at, c->at - at);
        ui_text_add(out, e->text.bytes + c->from, c->size);
        at = c->end;
    }
    ui_text_add(out, text + at, size - at);
    return e->failed || e->text.failed || out->failed
               ? nn_fail(err, NN_ENOMEM, "no memory for a label file")
               : NN_OK;
}
