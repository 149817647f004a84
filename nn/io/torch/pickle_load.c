// SPDX-License-Identifier: MIT
// A pickle machine without Python: a stack, a memo and a table of opcodes that only make values.
// Opcodes: CPython's Lib/pickletools.py.
#include "nn/base/memory.h"
#include "nn/io/json.h"
#include "nn/io/torch/pickle_machine.h"
#include "nn/io/torch/pickle_torch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SHOWN = 64 };

static nn_status push_number(nn_pickle_machine *m, int64_t number)
{
    nn_pickle_value *v = nn_pickle_new_value(m->pickle, NN_PICKLE_INT);
    if (v)
        v->number = number;
    return nn_pickle_push(m, v);
}

// --- `arg` comes from the table below ---

static nn_status op_skip(nn_pickle_machine *m, int arg)
{
    return nn_pickle_take(m, (uint64_t)arg) ? NN_OK : nn_pickle_run_end(m);
}

static nn_status op_stop(nn_pickle_machine *m, int arg)
{
    (void)arg;
    nn_pickle_value *root = nn_pickle_pop(m);
    nn_pickle_set_root(m->pickle, root);
    m->stopped = true;
    return root ? NN_OK : nn_pickle_damaged(m, "it ends without a value");
}

static nn_status op_mark(nn_pickle_machine *m, int arg)
{
    (void)arg;
    return nn_pickle_mark(m);
}

static nn_status op_pop(nn_pickle_machine *m, int arg)
{
    if (arg && m->mark_count) // up to the mark
        m->stack.count = m->marks[--m->mark_count];
    else if (arg || !nn_pickle_pop(m))
        return nn_pickle_damaged(m, "nothing to drop");
    return NN_OK;
}

static nn_status op_dup(nn_pickle_machine *m, int arg)
{
    (void)arg;
    return nn_pickle_top(m) ? nn_pickle_push(m, nn_pickle_top(m))
                            : nn_pickle_damaged(m, "nothing to repeat");
}

static nn_status op_empty(nn_pickle_machine *m, int kind)
{
    return nn_pickle_push(m, nn_pickle_new_value(m->pickle, (nn_pickle_kind)kind));
}

static nn_status op_bool(nn_pickle_machine *m, int value)
{
    return push_number(m, value);
}

// BININT, BININT1, BININT2.
static nn_status op_int(nn_pickle_machine *m, int width)
{
    uint64_t bits;
    if (!nn_pickle_take_number(m, width, &bits))
        return nn_pickle_run_end(m);
    return push_number(m, width == 4 ? (int32_t)(uint32_t)bits : (int64_t)bits);
}

// LONG1, LONG4: a length of `width` bytes, then two's complement.
static nn_status op_long(nn_pickle_machine *m, int width)
{
    uint64_t length, bits = 0;
    const uint8_t *p;
    if (!nn_pickle_take_number(m, width, &length) || !(p = nn_pickle_take(m, length)))
        return nn_pickle_run_end(m);
    if (length > 8)
        return op_empty(m, NN_PICKLE_FLOAT);
    for (uint64_t i = 0; i < 8; i++) {
        uint8_t sign = length && p[length - 1] & 0x80 ? 0xff : 0;
        bits |= (uint64_t)(i < length ? p[i] : sign) << 8 * i;
    }
    return push_number(m, (int64_t)bits);
}

// A line of text of up to protocol 1, copied without its line feed. False when it is too long or
// does not end.
static bool take_line(nn_pickle_machine *m, char *line, size_t size)
{
    const uint8_t *p;
    for (size_t i = 0; i < size && (p = nn_pickle_take(m, 1)); i++) {
        line[i] = *p == '\n' ? '\0' : (char)*p;
        if (*p == '\n')
            return true;
    }
    return false;
}

// INT and LONG: a decimal number, "00" and "01" for truth values, or one with an 'L' behind it.
static nn_status op_decimal(nn_pickle_machine *m, int suffix)
{
    enum { DIGITS = 20 };
    char line[NAME_SHOWN], *end;
    if (!take_line(m, line, sizeof line))
        return nn_pickle_damaged(m, "a number without an end");
    const size_t length = strlen(line), digits = strspn(line + (*line == '-'), "0123456789");
    end = line + (*line == '-') + digits;
    if (digits < 1 || strcmp(end, suffix ? "L" : "") != 0)
        return nn_pickle_damaged(m, "a number that is none");
    errno = 0;
    const long long v = strtoll(line, NULL, 10);
    return errno || length > DIGITS + 1 ? op_empty(m, NN_PICKLE_FLOAT) : push_number(m, v);
}

static nn_status op_float(nn_pickle_machine *m, int arg)
{
    (void)arg;
    uint64_t bits = 0;
    const uint8_t *p = nn_pickle_take(m, 8);
    if (!p)
        return nn_pickle_run_end(m);
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | p[i];
    nn_pickle_value *v = nn_pickle_new_value(m->pickle, NN_PICKLE_FLOAT);
    if (v)
        memcpy(&v->real, &bits, sizeof bits);
    return nn_pickle_push(m, v);
}

static nn_status op_text(nn_pickle_machine *m, int width)
{
    uint64_t length;
    const uint8_t *p;
    if (!nn_pickle_take_number(m, width, &length) || !(p = nn_pickle_take(m, length)))
        return nn_pickle_run_end(m);
    nn_pickle_value *v = nn_pickle_new_value(m->pickle, NN_PICKLE_TEXT);
    if (v) {
        v->text.bytes = (const char *)p;
        v->text.length = (size_t)length;
    }
    return nn_pickle_push(m, v);
}

// Makes a list, tuple or dict of the `n` topmost values.
static nn_status make_container(nn_pickle_machine *m, nn_pickle_kind kind, size_t n)
{
    if (m->stack.count - nn_pickle_floor(m) < n || (kind == NN_PICKLE_DICT && n % 2))
        return nn_pickle_damaged(m, "too few values for a container");
    nn_pickle_value *v = nn_pickle_new_value(m->pickle, kind);
    if (!v)
        return nn_pickle_no_memory(m);
    m->stack.count -= n;
    nn_pickle_value **from = n ? m->stack.items + m->stack.count : NULL;
    for (size_t i = 0; i < n; i++)
        if (!nn_pickle_append(&v->list.items, &v->list.count, &v->list.capacity, from[i]))
            return nn_pickle_no_memory(m);
    return nn_pickle_push(m, v);
}

static nn_status op_tuple(nn_pickle_machine *m, int n)
{
    return make_container(m, NN_PICKLE_TUPLE, (size_t)n);
}

// Number of values above the last mark, which is removed.
static bool take_mark(nn_pickle_machine *m, size_t *n)
{
    if (!m->mark_count)
        return false;
    *n = m->stack.count - m->marks[--m->mark_count];
    return true;
}

static nn_status op_from_mark(nn_pickle_machine *m, int kind)
{
    size_t n;
    if (!take_mark(m, &n))
        return nn_pickle_damaged(m, "no mark for a container");
    return make_container(m, (nn_pickle_kind)kind, n);
}

// Adds the `n` topmost values to the container below them.
static nn_status extend(nn_pickle_machine *m, nn_pickle_kind kind, size_t n)
{
    if (m->stack.count - nn_pickle_floor(m) < n + 1 || (kind == NN_PICKLE_DICT && n % 2))
        return nn_pickle_damaged(m, "too few values for a container");
    nn_pickle_value **from = m->stack.items + m->stack.count - n, *to = from[-1];
    if (to->kind == NN_PICKLE_OBJECT) {
        m->stack.count -= n;
        return NN_OK;
    }
    if (to->kind != kind)
        return nn_pickle_damaged(m, "items for something that holds none");
    for (size_t i = 0; i < n; i++)
        if (!nn_pickle_append(&to->list.items, &to->list.count, &to->list.capacity, from[i]))
            return nn_pickle_no_memory(m);
    m->stack.count -= n;
    return NN_OK;
}

static nn_status op_append(nn_pickle_machine *m, int arg)
{
    (void)arg;
    return extend(m, NN_PICKLE_LIST, 1);
}

static nn_status op_setitem(nn_pickle_machine *m, int arg)
{
    (void)arg;
    return extend(m, NN_PICKLE_DICT, 2);
}

static nn_status op_extend(nn_pickle_machine *m, int kind)
{
    size_t n;
    if (!take_mark(m, &n))
        return nn_pickle_damaged(m, "no mark for items");
    return extend(m, (nn_pickle_kind)kind, n);
}

static nn_status op_get(nn_pickle_machine *m, int width)
{
    uint64_t i;
    if (!nn_pickle_take_number(m, width, &i))
        return nn_pickle_run_end(m);
    return i < m->memo.count ? nn_pickle_push(m, m->memo.items[i])
                             : nn_pickle_damaged(m, "no such memo");
}

// A pickler numbers its memo from 0, so a large number must not allocate.
static nn_status put(nn_pickle_machine *m, uint64_t i)
{
    nn_pickle_value *v = nn_pickle_top(m);
    nn_pickle_values *memo = &m->memo;
    if (!v || i > memo->count)
        return nn_pickle_damaged(m, "a memo out of order");
    if (i < memo->count)
        memo->items[i] = v;
    else if (!nn_pickle_append(&memo->items, &memo->count, &memo->capacity, v))
        return nn_pickle_no_memory(m);
    return NN_OK;
}

static nn_status op_put(nn_pickle_machine *m, int width)
{
    uint64_t i;
    return nn_pickle_take_number(m, width, &i) ? put(m, i) : nn_pickle_run_end(m);
}

static nn_status op_memoize(nn_pickle_machine *m, int arg)
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

// Pushes an unknown class.
static nn_status push_stranger(nn_pickle_machine *m, const char *module, const char *name)
{
    nn_pickle_value *v = nn_pickle_new_value(m->pickle, NN_PICKLE_OBJECT);
    const size_t size = strlen(module) + strlen(name) + 2;
    char *text = v ? nn_alloc(size) : NULL;
    if (!text)
        return nn_pickle_no_memory(m);
    snprintf(text, size, "%s.%s", module, name);
    v->object.class_name = text;
    nn_pickle_set_stranger(m->pickle, text);
    return nn_pickle_push(m, v);
}

static nn_status push_global(nn_pickle_machine *m, const char *module, size_t module_length,
                             const char *name, size_t name_length)
{
    const nn_pickle_global *global =
        nn_pickle_find_global(module, module_length, name, name_length);
    if (!global) {
        char shown_module[NAME_SHOWN + 1], shown_name[NAME_SHOWN + 1];
        show(shown_module, module, module_length);
        show(shown_name, name, name_length);
        if (!nn_pickle_is_dangerous(module, module_length, name, name_length))
            return push_stranger(m, shown_module, shown_name);
        return nn_fail(m->err, NN_EUNSUPPORTED,
                       "the pickle asks for '%s.%s', which no weights need: refused, nothing was "
                       "run",
                       shown_module, shown_name);
    }
    nn_pickle_value *v = nn_pickle_new_value(m->pickle, NN_PICKLE_GLOBAL);
    if (v)
        v->global = global;
    return nn_pickle_push(m, v);
}

// Pushes an object of an unknown class with its arguments, or NULL.
static nn_status push_object(nn_pickle_machine *m, const nn_pickle_value *of,
                             nn_pickle_value *arguments)
{
    nn_pickle_value *v = nn_pickle_new_value(m->pickle, NN_PICKLE_OBJECT);
    if (v) {
        v->object.of = of;
        v->object.state = arguments;
    }
    return nn_pickle_push(m, v);
}

// GLOBAL: module and name, each ended by a line feed.
static nn_status op_global(nn_pickle_machine *m, int arg)
{
    (void)arg;
    const char *text[2];
    size_t length[2];
    for (int i = 0; i < 2; i++) {
        text[i] = (const char *)m->bytes + m->at;
        const char *end = memchr(text[i], '\n', m->size - m->at);
        if (!end)
            return nn_pickle_run_end(m);
        length[i] = (size_t)(end - text[i]);
        m->at += length[i] + 1;
    }
    return push_global(m, text[0], length[0], text[1], length[1]);
}

static nn_status op_stack_global(nn_pickle_machine *m, int arg)
{
    (void)arg;
    nn_pickle_value *name = nn_pickle_pop(m), *module = nn_pickle_pop(m);
    if (!name || !module || name->kind != NN_PICKLE_TEXT || module->kind != NN_PICKLE_TEXT)
        return nn_pickle_damaged(m, "a global without a name");
    return push_global(m, module->text.bytes, module->text.length, name->text.bytes,
                       name->text.length);
}

static nn_status op_reduce(nn_pickle_machine *m, int arg)
{
    (void)arg;
    nn_pickle_value *args = nn_pickle_pop(m), *what = nn_pickle_pop(m), *alias = NULL;
    if (args && what && args->kind == NN_PICKLE_TUPLE && what->kind == NN_PICKLE_OBJECT)
        return push_object(m, what, args);
    if (!args || !what || args->kind != NN_PICKLE_TUPLE || what->kind != NN_PICKLE_GLOBAL ||
        !what->global->call)
        return nn_pickle_damaged(m, "a call of something that cannot be called");
    nn_pickle_value *out = nn_pickle_new_value(m->pickle, NN_PICKLE_NONE);
    if (!out)
        return nn_pickle_no_memory(m);
    nn_status status = what->global->call(args, out, &alias, m->err);
    return status == NN_OK ? nn_pickle_push(m, alias ? alias : out) : status;
}

// NEWOBJ, NEWOBJ_EX: an object of the class below `arg` tuples and dicts of arguments.
static nn_status op_new(nn_pickle_machine *m, int arg)
{
    nn_pickle_value *what = NULL;
    for (int i = 0; i <= arg; i++)
        what = nn_pickle_pop(m);
    if (!what || (what->kind != NN_PICKLE_OBJECT && what->kind != NN_PICKLE_GLOBAL))
        return nn_pickle_damaged(m, "an object of something that is no class");
    return push_object(m, what, NULL);
}

// BUILD sets attributes. Those of a state_dict ("_metadata") do not concern tensors.
static nn_status op_build(nn_pickle_machine *m, int arg)
{
    (void)arg;
    nn_pickle_value *state = nn_pickle_pop(m), *to = nn_pickle_top(m);
    if (!state || !to || (to->kind != NN_PICKLE_DICT && to->kind != NN_PICKLE_OBJECT))
        return nn_pickle_damaged(m, "attributes for something that has none");
    if (state->kind == NN_PICKLE_TUPLE && state->list.count == 2) // attributes, then slots
        state = state->list.items[0];
    if (to->kind == NN_PICKLE_OBJECT && to->object.of)
        to->object.state = state;
    return NN_OK;
}

static nn_status op_persistent(nn_pickle_machine *m, int arg)
{
    (void)arg;
    nn_pickle_value *id = nn_pickle_pop(m), *out = nn_pickle_new_value(m->pickle, NN_PICKLE_NONE);
    if (!id)
        return nn_pickle_damaged(m, "an object outside without a name");
    // before version 1.6 the class of a module comes with its source text
    if (id->kind == NN_PICKLE_TUPLE && id->list.count >= 2 &&
        nn_pickle_is_text(id->list.items[0], "module") &&
        id->list.items[1]->kind == NN_PICKLE_OBJECT)
        return nn_pickle_push(m, id->list.items[1]);
    if (!out)
        return nn_pickle_no_memory(m);
    nn_status status = nn_pickle_make_storage(id, out, m->err);
    return status == NN_OK ? nn_pickle_push(m, out) : status;
}

// NEXT_BUFFER and READONLY_BUFFER: bytes that a program hands over beside the pickle.
static nn_status op_buffer(nn_pickle_machine *m, int arg)
{
    (void)arg;
    return nn_fail(m->err, NN_EUNSUPPORTED,
                   "byte %zu of the pickle takes a buffer from outside of the file (NEXT_BUFFER), "
                   "which torch.save never writes",
                   m->at - 1);
}

// PERSID: a name written as text, from which no program can tell a storage.
static nn_status op_named(nn_pickle_machine *m, int arg)
{
    (void)arg;
    return nn_fail(m->err, NN_EUNSUPPORTED,
                   "byte %zu of the pickle: protocol 0 loses what the weights are, PyTorch itself "
                   "cannot read it; save it with another pickle_protocol",
                   m->at - 1);
}

static const struct opcode {
    nn_status (*run)(nn_pickle_machine *m, int arg);
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
    ['I'] = {op_decimal, 0},
    ['L'] = {op_decimal, 1},
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
    [0x8e] = {op_text, 8}, // BINBYTES8
    [0x96] = {op_text, 8}, // BYTEARRAY8
    [0x97] = {op_buffer, 0},
    [0x98] = {op_buffer, 0},
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
    [0x81] = {op_new, 1},                     // NEWOBJ
    [0x92] = {op_new, 2},                     // NEWOBJ_EX
    [0x8f] = {op_empty, NN_PICKLE_LIST},      // EMPTY_SET
    [0x90] = {op_extend, NN_PICKLE_LIST},     // ADDITEMS
    [0x91] = {op_from_mark, NN_PICKLE_TUPLE}, // FROZENSET
    ['Q'] = {op_persistent, 0},
    ['P'] = {op_named, 0},
};

static nn_status run(nn_pickle_machine *m)
{
    nn_status status = NN_OK;
    while (status == NN_OK && !m->stopped) {
        const uint8_t *code = nn_pickle_take(m, 1);
        if (!code)
            return nn_pickle_run_end(m);
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
    nn_pickle_machine m = {.bytes = bytes, .size = size, .err = err};
    if (m.size > NN_PICKLE_MAX_BYTES)
        m.size = NN_PICKLE_MAX_BYTES;
    *out = NULL;
    m.pickle = nn_pickle_new();
    nn_status status = m.pickle ? run(&m) : nn_pickle_no_memory(&m);
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
