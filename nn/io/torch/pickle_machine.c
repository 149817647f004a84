// SPDX-License-Identifier: MIT
// The pickle machine's stack, marks and stream of bytes.
#include "nn/io/torch/pickle_machine.h"

#include "nn/base/memory.h"

nn_status nn_pickle_no_memory(nn_pickle_machine *m)
{
    return nn_fail(m->err, NN_ENOMEM, "no memory for the pickle");
}

nn_status nn_pickle_damaged(nn_pickle_machine *m, const char *what)
{
    return nn_fail(m->err, NN_EFORMAT, "byte %zu of the pickle: %s", m->at, what);
}

bool nn_pickle_append(nn_pickle_value ***items, size_t *count, size_t *capacity, nn_pickle_value *v)
{
    if (*count == *capacity) {
        size_t bigger = *capacity ? 2 * *capacity : 8, size = sizeof **items;
        void *p = nn_realloc(*items, *count * size, bigger * size);
        if (!p)
            return false;
        *items = p;
        *capacity = bigger;
    }
    (*items)[(*count)++] = v;
    return true;
}

nn_status nn_pickle_push(nn_pickle_machine *m, nn_pickle_value *v)
{
    nn_pickle_values *s = &m->stack;
    return v && nn_pickle_append(&s->items, &s->count, &s->capacity, v) ? NN_OK
                                                                        : nn_pickle_no_memory(m);
}

size_t nn_pickle_floor(const nn_pickle_machine *m)
{
    return m->mark_count ? m->marks[m->mark_count - 1] : 0;
}

nn_pickle_value *nn_pickle_pop(nn_pickle_machine *m)
{
    return m->stack.count > nn_pickle_floor(m) ? m->stack.items[--m->stack.count] : NULL;
}

nn_pickle_value *nn_pickle_top(const nn_pickle_machine *m)
{
    return m->stack.count > nn_pickle_floor(m) ? m->stack.items[m->stack.count - 1] : NULL;
}

nn_status nn_pickle_mark(nn_pickle_machine *m)
{
    if (m->mark_count == m->mark_capacity) {
        size_t bigger = m->mark_capacity ? 2 * m->mark_capacity : 8, size = sizeof *m->marks;
        void *p = nn_realloc(m->marks, m->mark_count * size, bigger * size);
        if (!p)
            return nn_pickle_no_memory(m);
        m->marks = p;
        m->mark_capacity = bigger;
    }
    m->marks[m->mark_count++] = m->stack.count;
    return NN_OK;
}

const uint8_t *nn_pickle_take(nn_pickle_machine *m, uint64_t n)
{
    if (n > m->size - m->at)
        return NULL;
    const uint8_t *p = m->bytes + m->at;
    m->at += (size_t)n;
    return p;
}

bool nn_pickle_take_number(nn_pickle_machine *m, int width, uint64_t *out)
{
    const uint8_t *p = nn_pickle_take(m, (uint64_t)width);
    *out = 0;
    for (int i = width - 1; p && i >= 0; i--)
        *out = *out << 8 | p[i];
    return p != NULL;
}

nn_status nn_pickle_run_end(nn_pickle_machine *m)
{
    return nn_pickle_damaged(m, m->size < NN_PICKLE_MAX_BYTES ? "the file ends here"
                                                              : "it is too long");
}
