// SPDX-License-Identifier: MIT
// Edits of a text.
#include "app/annotate/text.h"

#include "nn/base/memory.h"

#include <stdlib.h>

void ui_edits_release(ui_edits *e)
{
    nn_free(e->list);
    nn_buffer_release(&e->text);
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
    nn_buffer_add(&e->text, bytes, size);
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

nn_status ui_edits_apply(ui_edits *e, const char *text, size_t size, nn_buffer *out, nn_error *err)
{
    size_t at = 0;
    if (e->count > 1)
        qsort(e->list, (size_t)e->count, sizeof *e->list, compare);
    for (int i = 0; i < e->count && !e->failed && !e->text.failed; i++) {
        const ui_edit *c = &e->list[i];
        if (c->at < at || c->end < c->at || c->end > size)
            return nn_fail(err, NN_EINVAL, "two changes of a label file overlap");
        nn_buffer_add(out, text + at, c->at - at);
        nn_buffer_add(out, e->text.bytes + c->from, c->size);
        at = c->end;
    }
    nn_buffer_add(out, text + at, size - at);
    return e->failed || e->text.failed || out->failed
               ? nn_fail(err, NN_ENOMEM, "no memory for a label file")
               : NN_OK;
}
