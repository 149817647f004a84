// SPDX-License-Identifier: MIT
// A pickle machine without a Python: a stack, a memo and a table of opcodes that only make values.
// Opcodes: CPython's Lib/pickletools.py.
#include "nn/io/pickle.h"

#include "nn/base/memory.h"
#include "nn/io/json.h"
#include "nn/io/pickle_torch.h"

#include <string.h>

enum { BLOCK = 256, NAME_SHOWN = 64 };

// Values stay where they are, so that the stack, the memo and containers can point to them.
typedef struct block {
    struct block *next;
    int used;
    nn_pickle_value values[BLOCK];
} block;

typedef struct list {
    nn_pickle_value **items;
    size_t count, capacity;
} list;

struct nn_pickle {
    block *blocks;
    nn_pickle_value *root;
};

typedef struct machine {
    nn_pickle *pickle;
    const uint8_t *bytes;
    size_t size, at;
    list stack, memo;
    size_t *marks; // heights of the stack
    size_t mark_count, mark_capacity;
    bool stopped;
    nn_error *err;
} machine;

static nn_status no_memory(machine *m)
{
    return nn_fail(m->err, NN_ENOMEM, "no memory for the pickle");
}

static nn_status damaged(machine *m, const char *what)
{
    return nn_fail(m->err, NN_EFORMAT, "byte %zu of the pickle: %s", m->at, what);
}

static bool append(nn_pickle_value ***items, size_t *count, size_t *capacity, nn_pickle_value *v)
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

static nn_pickle_value *new_value(machine *m, nn_pickle_kind kind)
{
    block *b = m->pickle->blocks;
    if (!b || b->used == BLOCK) {
        b = nn_calloc(1, sizeof *b);
        if (!b)
            return NULL;
        b->next = m->pickle->blocks;
        m->pickle->blocks = b;
    }
    nn_pickle_value *v = &b->values[b->used++];
    v->kind = kind;
    return v;
}

static nn_status push(machine *m, nn_pickle_value *v)
{
    list *s = &m->stack;
    return v && append(&s->items, &s->count, &s->capacity, v) ? NN_OK : no_memory(m);
}

static size_t floor_of(const machine *m)
{
    return m->mark_count ? m->marks[m->mark_count - 1] : 0;
}

// The topmost value above the last mark, NULL when there is none.
static nn_pickle_value *pop(machine *m)
{
    return m->stack.count > floor_of(m) ? m->stack.items[--m->stack.count] : NULL;
}

static nn_pickle_value *top(const machine *m)
{
    return m->stack.count > floor_of(m) ? m->stack.items[m->stack.count - 1] : NULL;
}

// `n` bytes of the stream, NULL at its end.
static const uint8_t *take(machine *m, uint64_t n)
{
    if (n > m->size - m->at)
        return NULL;
    const uint8_t *p = m->bytes + m->at;
    m->at += (size_t)n;
    return p;
}

// A little-endian number of `width` bytes, not extended by its sign.
static bool take_number(machine *m, int width, uint64_t *out)
{
    const uint8_t *p = take(m, (uint64_t)width);
    *out = 0;
    for (int i = width - 1; p && i >= 0; i--)
        *out = *out << 8 | p[i];
    return p != NULL;
}

static nn_status run_end(machine *m)
{
    return damaged(m, m->size < NN_PICKLE_MAX_BYTES ? "the file ends here" : "it is too long");
}

static nn_status push_number(machine *m, int64_t number)
{
    nn_pickle_value *v = new_value(m, NN_PICKLE_INT);
    if (v)
        v->number = number;
    return push(m, v);
}

// --- opcodes; `arg` comes from the table ---

static nn_status op_skip(machine *m, int arg)
{
    return take(m, (uint64_t)arg) ? NN_OK : run_end(m);
}

static nn_status op_stop(machine *m, int arg)
{
    (void)arg;
    m->pickle->root = pop(m);
    m->stopped = true;
    return m->pickle->root ? NN_OK : damaged(m, "it ends without a value");
}

static nn_status op_mark(machine *m, int arg)
{
    (void)arg;
    if (m->mark_count == m->mark_capacity) {
        size_t bigger = m->mark_capacity ? 2 * m->mark_capacity : 8, size = sizeof *m->marks;
        void *p = nn_realloc(m->marks, m->mark_count * size, bigger * size);
        if (!p)
            return no_memory(m);
        m->marks = p;
        m->mark_capacity = bigger;
    }
    m->marks[m->mark_count++] = m->stack.count;
    return NN_OK;
}

static nn_status op_pop(machine *m, int arg)
{
    if (arg && m->mark_count) // to the mark
        m->stack.count = m->marks[--m->mark_count];
    else if (arg || !pop(m))
        return damaged(m, "nothing to drop");
    return NN_OK;
}

static nn_status op_dup(machine *m, int arg)
{
    (void)arg;
    return top(m) ? push(m, top(m)) : damaged(m, "nothing to repeat");
}

static nn_status op_empty(machine *m, int kind)
{
    return push(m, new_value(m, (nn_pickle_kind)kind));
}

static nn_status op_bool(machine *m, int value)
{
    return push_number(m, value);
}

// BININT, BININT1, BININT2.
static nn_status op_int(machine *m, int width)
{
    uint64_t bits;
    if (!take_number(m, width, &bits))
        return run_end(m);
    return push_number(m, width == 4 ? (int32_t)(uint32_t)bits : (int64_t)bits);
}

// LONG1, LONG4: a length of `width` bytes, then two's complement.
static nn_status op_long(machine *m, int width)
{
    uint64_t length, bits = 0;
    const uint8_t *p;
    if (!take_number(m, width, &length) || !(p = take(m, length)))
        return run_end(m);
    if (length > 8)
        return op_empty(m, NN_PICKLE_FLOAT);
    for (uint64_t i = 0; i < 8; i++) {
        uint8_t sign = length && p[length - 1] & 0x80 ? 0xff : 0;
        bits |= (uint64_t)(i < length ? p[i] : sign) << 8 * i;
    }
    return push_number(m, (int64_t)bits);
}

static nn_status op_float(machine *m, int arg)
{
    (void)arg;
    uint64_t bits = 0;
    const uint8_t *p = take(m, 8);
    if (!p)
        return run_end(m);
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | p[i];
    nn_pickle_value *v = new_value(m, NN_PICKLE_FLOAT);
    if (v)
        memcpy(&v->real, &bits, sizeof bits);
    return push(m, v);
}

static nn_status op_text(machine *m, int width)
{
    uint64_t length;
    const uint8_t *p;
    if (!take_number(m, width, &length) || !(p = take(m, length)))
        return run_end(m);
    nn_pickle_value *v = new_value(m, NN_PICKLE_TEXT);
    if (v) {
        v->text.bytes = (const char *)p;
        v->text.length = (size_t)length;
    }
    return push(m, v);
}

// A new list, tuple or dict of the `n` topmost values.
static nn_status make_container(machine *m, nn_pickle_kind kind, size_t n)
{
    if (m->stack.count - floor_of(m) < n || (kind == NN_PICKLE_DICT && n % 2))
        return damaged(m, "too few values for a container");
    nn_pickle_value *v = new_value(m, kind);
    if (!v)
        return no_memory(m);
    m->stack.count -= n;
    nn_pickle_value **from = n ? m->stack.items + m->stack.count : NULL;
    for (size_t i = 0; i < n; i++)
        if (!append(&v->list.items, &v->list.count, &v->list.capacity, from[i]))
            return no_memory(m);
    return push(m, v);
}

static nn_status op_tuple(machine *m, int n)
{
    return make_container(m, NN_PICKLE_TUPLE, (size_t)n);
}

// Number of values above the last mark, which is removed.
static bool take_mark(machine *m, size_t *n)
{
    if (!m->mark_count)
        return false;
    *n = m->stack.count - m->marks[--m->mark_count];
    return true;
}

static nn_status op_from_mark(machine *m, int kind)
{
    size_t n;
    if (!take_mark(m, &n))
        return damaged(m, "no mark for a container");
    return make_container(m, (nn_pickle_kind)kind, n);
}

// Adds the `n` topmost values to the container below them.
static nn_status extend(machine *m, nn_pickle_kind kind, size_t n)
{
    if (m->stack.count - floor_of(m) < n + 1 || (kind == NN_PICKLE_DICT && n % 2))
        return damaged(m, "too few values for a container");
    nn_pickle_value **from = m->stack.items + m->stack.count - n, *to = from[-1];
    if (to->kind != kind)
        return damaged(m, "items for something that holds none");
    for (size_t i = 0; i < n; i++)
        if (!append(&to->list.items, &to->list.count, &to->list.capacity, from[i]))
            return no_memory(m);
    m->stack.count -= n;
    return NN_OK;
}

static nn_status op_append(machine *m, int arg)
{
    (void)arg;
    return extend(m, NN_PICKLE_LIST, 1);
}

static nn_status op_setitem(machine *m, int arg)
{
    (void)arg;
    return extend(m, NN_PICKLE_DICT, 2);
}

static nn_status op_extend(machine *m, int kind)
{
    size_t n;
    if (!take_mark(m, &n))
        return damaged(m, "no mark for items");
    return extend(m, (nn_pickle_kind)kind, n);
}

static nn_status op_get(machine *m, int width)
{
    uint64_t i;
    if (!take_number(m, width, &i))
        return run_end(m);
    return i < m->memo.count ? push(m, m->memo.items[i]) : damaged(m, "no such memo");
}

// A pickler numbers its memo from 0 on, so that a far number is no reason to allocate.
static nn_status put(machine *m, uint64_t i)
{
    nn_pickle_value *v = top(m);
    list *memo = &m->memo;
    if (!v || i > memo->count)
        return damaged(m, "a memo out of order");
    if (i < memo->count)
        memo->items[i] = v;
    else if (!append(&memo->items, &memo->count, &memo->capacity, v))
        return no_memory(m);
    return NN_OK;
}

static nn_status op_put(machine *m, int width)
{
    uint64_t i;
    return take_number(m, width, &i) ? put(m, i) : run_end(m);
}

static nn_status op_memoize(machine *m, int arg)
{
    (void)arg;
    return put(m, m->memo.count);
}

static void show(char *to, const char *text, size_t length)
{
    size_t n = length < NAME_SHOWN ? length : NAME_SHOWN;
    memcpy(to, text, n);
    to[n] = '\0';
    if (strlen(to) != n || !nn_json_plain_text(to))
        memcpy(to, "?", 2);
}

static nn_status push_global(machine *m, const char *module, size_t module_length, const char *name,
                             size_t name_length)
{
    const nn_pickle_global *global =
        nn_pickle_find_global(module, module_length, name, name_length);
    if (!global) {
        char shown_module[NAME_SHOWN + 1], shown_name[NAME_SHOWN + 1];
        show(shown_module, module, module_length);
        show(shown_name, name, name_length);
        return nn_fail(m->err, NN_EUNSUPPORTED,
                       "the pickle asks for '%s.%s', which is neither a tensor nor a container: "
                       "refused, nothing was run",
                       shown_module, shown_name);
    }
    nn_pickle_value *v = new_value(m, NN_PICKLE_GLOBAL);
    if (v)
        v->global = global;
    return push(m, v);
}

// GLOBAL: module and name, each ended by a line feed.
static nn_status op_global(machine *m, int arg)
{
    (void)arg;
    const char *text[2];
    size_t length[2];
    for (int i = 0; i < 2; i++) {
        text[i] = (const char *)m->bytes + m->at;
        const char *end = memchr(text[i], '\n', m->size - m->at);
        if (!end)
            return run_end(m);
        length[i] = (size_t)(end - text[i]);
        m->at += length[i] + 1;
    }
    return push_global(m, text[0], length[0], text[1], length[1]);
}

static nn_status op_stack_global(machine *m, int arg)
{
    (void)arg;
    nn_pickle_value *name = pop(m), *module = pop(m);
    if (!name || !module || name->kind != NN_PICKLE_TEXT || module->kind != NN_PICKLE_TEXT)
        return damaged(m, "a global without a name");
    return push_global(m, module->text.bytes, module->text.length, name->text.bytes,
                       name->text.length);
}

static nn_status op_reduce(machine *m, int arg)
{
    (void)arg;
    nn_pickle_value *args = pop(m), *what = pop(m), *alias = NULL;
    if (!args || !what || args->kind != NN_PICKLE_TUPLE || what->kind != NN_PICKLE_GLOBAL ||
        !what->global->call)
        return damaged(m, "a call of something that cannot be called");
    nn_pickle_value *out = new_value(m, NN_PICKLE_NONE);
    if (!out)
        return no_memory(m);
    nn_status status = what->global->call(args, out, &alias, m->err);
    return status == NN_OK ? push(m, alias ? alias : out) : status;
}

// BUILD sets attributes: a state_dict has one, "_metadata", which says nothing about tensors.
static nn_status op_build(machine *m, int arg)
{
    (void)arg;
    nn_pickle_value *state = pop(m);
    if (!state || !top(m) || top(m)->kind != NN_PICKLE_DICT)
        return damaged(m, "attributes for something that has none");
    return NN_OK;
}

static nn_status op_persistent(machine *m, int arg)
{
    (void)arg;
    nn_pickle_value *id = pop(m), *out = new_value(m, NN_PICKLE_NONE);
    if (!id)
        return damaged(m, "an object outside without a name");
    if (!out)
        return no_memory(m);
    nn_status status = nn_pickle_make_storage(id, out, m->err);
    return status == NN_OK ? push(m, out) : status;
}

static const struct opcode {
    nn_status (*run)(machine *m, int arg);
    int arg;
} opcodes[256] = {
    [0x80] = {op_skip, 1}, // PROTO
    [0x95] = {op_skip, 8}, // FRAME
    ['.'] = {op_stop, 0},
    ['('] = {op_mark, 0},
    ['0'] = {op_pop, 0},
    ['1'] = {op_pop, 1}, // POP_MARK
    ['2'] = {op_dup, 0},
    ['N'] = {op_empty, NN_PICKLE_NONE},
    [0x88] = {op_bool, 1},
    [0x89] = {op_bool, 0},
    ['J'] = {op_int, 4},
    ['K'] = {op_int, 1},
    ['M'] = {op_int, 2},
    [0x8a] = {op_long, 1},
    [0x8b] = {op_long, 4},
    ['G'] = {op_float, 0},
    ['X'] = {op_text, 4}, // BINUNICODE
    [0x8c] = {op_text, 1},
    [0x8d] = {op_text, 8},
    ['T'] = {op_text, 4}, // BINSTRING
    ['U'] = {op_text, 1},
    ['B'] = {op_text, 4}, // BINBYTES
    ['C'] = {op_text, 1},
    [0x8e] = {op_text, 8},
    ['}'] = {op_empty, NN_PICKLE_DICT},
    [']'] = {op_empty, NN_PICKLE_LIST},
    [')'] = {op_empty, NN_PICKLE_TUPLE},
    [0x85] = {op_tuple, 1},
    [0x86] = {op_tuple, 2},
    [0x87] = {op_tuple, 3},
    ['t'] = {op_from_mark, NN_PICKLE_TUPLE},
    ['l'] = {op_from_mark, NN_PICKLE_LIST},
    ['d'] = {op_from_mark, NN_PICKLE_DICT},
    ['a'] = {op_append, 0},
    ['e'] = {op_extend, NN_PICKLE_LIST},
    ['s'] = {op_setitem, 0},
    ['u'] = {op_extend, NN_PICKLE_DICT},
    ['h'] = {op_get, 1},
    ['j'] = {op_get, 4},
    ['q'] = {op_put, 1},
    ['r'] = {op_put, 4},
    [0x94] = {op_memoize, 0},
    ['c'] = {op_global, 0},
    [0x93] = {op_stack_global, 0},
    ['R'] = {op_reduce, 0},
    ['b'] = {op_build, 0},
    ['Q'] = {op_persistent, 0},
};

static nn_status run(machine *m)
{
    nn_status status = NN_OK;
    while (status == NN_OK && !m->stopped) {
        const uint8_t *code = take(m, 1);
        if (!code)
            return run_end(m);
        if (!opcodes[*code].run)
            return nn_fail(m->err, NN_EUNSUPPORTED,
                           "byte %zu of the pickle: the opcode 0x%02x makes no tensor or container",
                           m->at - 1, *code);
        status = opcodes[*code].run(m, opcodes[*code].arg);
    }
    return status;
}

nn_status nn_pickle_read(nn_pickle **out, const uint8_t *bytes, size_t size, size_t *used,
                         nn_error *err)
{
    machine m = {.bytes = bytes, .size = size, .err = err};
    if (m.size > NN_PICKLE_MAX_BYTES)
        m.size = NN_PICKLE_MAX_BYTES;
    *out = NULL;
    m.pickle = nn_calloc(1, sizeof *m.pickle);
    nn_status status = m.pickle ? run(&m) : no_memory(&m);
    nn_free(m.stack.items);
    nn_free(m.memo.items);
    nn_free(m.marks);
    if (status != NN_OK) {
        nn_pickle_free(m.pickle);
        return status;
    }
    *used = m.at;
    *out = m.pickle;
    return NN_OK;
}

static bool has_items(const nn_pickle_value *v)
{
    return v->kind == NN_PICKLE_LIST || v->kind == NN_PICKLE_TUPLE || v->kind == NN_PICKLE_DICT;
}

void nn_pickle_free(nn_pickle *p)
{
    if (!p)
        return;
    for (block *b = p->blocks, *next; b; b = next) {
        next = b->next;
        for (int i = 0; i < b->used; i++)
            if (has_items(&b->values[i]))
                nn_free(b->values[i].list.items);
            else if (b->values[i].kind == NN_PICKLE_TENSOR)
                nn_free(b->values[i].tensor);
        nn_free(b);
    }
    nn_free(p);
}

nn_pickle_value *nn_pickle_root(const nn_pickle *p)
{
    return p->root;
}

bool nn_pickle_is_text(const nn_pickle_value *v, const char *s)
{
    return v->kind == NN_PICKLE_TEXT && v->text.length == strlen(s) &&
           memcmp(v->text.bytes, s, v->text.length) == 0;
}

nn_pickle_value *nn_pickle_get(const nn_pickle_value *dict, const char *key)
{
    if (dict->kind == NN_PICKLE_DICT)
        for (size_t i = dict->list.count; i >= 2; i -= 2) // the last one counts
            if (nn_pickle_is_text(dict->list.items[i - 2], key))
                return dict->list.items[i - 1];
    return NULL;
}

int nn_pickle_compare_texts(const nn_pickle_value *a, const nn_pickle_value *b)
{
    size_t n = a->text.length < b->text.length ? a->text.length : b->text.length;
    int order = n ? memcmp(a->text.bytes, b->text.bytes, n) : 0;
    return order ? order : (a->text.length > b->text.length) - (a->text.length < b->text.length);
}

nn_status nn_pickle_storages(const nn_pickle *p, const nn_pickle_value ***out, size_t *count,
                             nn_error *err)
{
    size_t n = 0;
    *out = NULL;
    for (int pass = 0; pass < 2; pass++) { // count, then fill
        n = 0;
        for (const block *b = p->blocks; b; b = b->next)
            for (int i = 0; i < b->used; i++)
                if (b->values[i].kind == NN_PICKLE_STORAGE) {
                    if (*out)
                        (*out)[n] = &b->values[i];
                    n++;
                }
        if (!*out && !(*out = nn_calloc(n, sizeof **out)))
            return nn_fail(err, NN_ENOMEM, "no memory for the pickle");
    }
    *count = n;
    return NN_OK;
}
