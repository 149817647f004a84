// SPDX-License-Identifier: MIT
// The globals that a pickle may name: tensors, parameters, storages and ordered dicts.
#include "nn/io/torch/pickle_torch.h"

#include "nn/base/memory.h"

#include <string.h>

static nn_status fail_call(const char *what, nn_error *err)
{
    return nn_fail(err, NN_EFORMAT, "the pickle calls %s with arguments of a wrong kind", what);
}

static const nn_pickle_value *item(const nn_pickle_value *v, size_t i, nn_pickle_kind kind)
{
    return i < v->list.count && v->list.items[i]->kind == kind ? v->list.items[i] : NULL;
}

// Reads a tuple of at most NN_MAX_RANK numbers >= 0.
static bool read_dims(const nn_pickle_value *v, int64_t *dim, int *rank)
{
    if (!v || v->list.count > NN_MAX_RANK)
        return false;
    *rank = (int)v->list.count;
    for (int i = 0; i < *rank; i++) {
        const nn_pickle_value *n = item(v, (size_t)i, NN_PICKLE_INT);
        if (!n || n->number < 0)
            return false;
        dim[i] = n->number;
    }
    return true;
}

// Whether the last element, offset + sum of (dim - 1) stride, is below `count`.
static bool is_inside(const nn_shape *s, const int64_t *stride, int64_t offset, int64_t count)
{
    int64_t last = offset, step;
    for (int i = 0; i < s->rank; i++) {
        if (s->dim[i] == 0)
            return true;
        if (__builtin_mul_overflow(s->dim[i] - 1, stride[i], &step) ||
            __builtin_add_overflow(last, step, &last))
            return false;
    }
    return last < count;
}

// torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks, ...); the
// first four say all.
static nn_status call_tensor(const nn_pickle_value *args, nn_pickle_value *out,
                             nn_pickle_value **alias, nn_error *err)
{
    (void)alias;
    const nn_pickle_value *storage = item(args, 0, NN_PICKLE_STORAGE);
    const nn_pickle_value *offset = item(args, 1, NN_PICKLE_INT);
    if (!storage || !offset || offset->number < 0)
        return fail_call("_rebuild_tensor", err);
    nn_pickle_tensor *t = nn_calloc(1, sizeof *t);
    if (!t)
        return nn_fail(err, NN_ENOMEM, "no memory for the pickle");
    int strides;
    *out = (nn_pickle_value){.kind = NN_PICKLE_TENSOR, .tensor = t};
    t->storage = args->list.items[0];
    t->offset = offset->number;
    nn_shape *shape = &t->shape;
    if (!read_dims(item(args, 2, NN_PICKLE_TUPLE), shape->dim, &shape->rank) ||
        !read_dims(item(args, 3, NN_PICKLE_TUPLE), t->stride, &strides) || strides != shape->rank)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "a tensor of the pickle has a size or strides that are not up to %d numbers "
                       ">= 0",
                       NN_MAX_RANK);
    nn_shape filled = *shape; // dimensions beside a zero must not overflow either
    for (int i = 0; i < filled.rank; i++)
        filled.dim[i] += filled.dim[i] == 0;
    nn_status status = nn_shape_check(&filled, NN_I64, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "a tensor of the pickle");
    if (!is_inside(shape, t->stride, offset->number, storage->storage.count))
        return nn_fail(err, NN_EFORMAT,
                       "a tensor of the pickle reaches behind its storage of %lld elements",
                       (long long)storage->storage.count);
    return NN_OK;
}

// torch._utils._rebuild_parameter(tensor, requires_grad, hooks): the tensor.
static nn_status call_parameter(const nn_pickle_value *args, nn_pickle_value *out,
                                nn_pickle_value **alias, nn_error *err)
{
    (void)out;
    if (!item(args, 0, NN_PICKLE_TENSOR))
        return fail_call("_rebuild_parameter", err);
    *alias = args->list.items[0];
    return NN_OK;
}

// torch._tensor._rebuild_from_type_v2(function, type, arguments, state): function(*arguments).
static nn_status call_from_type(const nn_pickle_value *args, nn_pickle_value *out,
                                nn_pickle_value **alias, nn_error *err)
{
    const nn_pickle_value *function = item(args, 0, NN_PICKLE_GLOBAL);
    const nn_pickle_value *arguments = item(args, 2, NN_PICKLE_TUPLE);
    if (!function || !arguments || !function->global->call ||
        function->global->call == call_from_type)
        return fail_call("_rebuild_from_type_v2", err);
    return function->global->call(arguments, out, alias, err);
}

// collections.OrderedDict(): its items follow.
static nn_status call_dict(const nn_pickle_value *args, nn_pickle_value *out,
                           nn_pickle_value **alias, nn_error *err)
{
    (void)alias;
    if (args->list.count > 0)
        return fail_call("OrderedDict", err);
    out->kind = NN_PICKLE_DICT;
    return NN_OK;
}

// torch.Size((...)): the tuple.
static nn_status call_size(const nn_pickle_value *args, nn_pickle_value *out,
                           nn_pickle_value **alias, nn_error *err)
{
    (void)out;
    if (!item(args, 0, NN_PICKLE_TUPLE))
        return fail_call("Size", err);
    *alias = args->list.items[0];
    return NN_OK;
}

static const nn_pickle_global globals[] = {
    {"collections", "OrderedDict", call_dict, 0, false},
    {"torch._utils", "_rebuild_tensor_v2", call_tensor, 0, false},
    {"torch._utils", "_rebuild_tensor", call_tensor, 0, false},
    {"torch._utils", "_rebuild_parameter", call_parameter, 0, false},
    {"torch._utils", "_rebuild_parameter_with_state", call_parameter, 0, false},
    {"torch._tensor", "_rebuild_from_type_v2", call_from_type, 0, false},
    {"torch", "Size", call_size, 0, false},
    {"torch", "FloatStorage", NULL, NN_PICKLE_F32, true},
    {"torch", "DoubleStorage", NULL, NN_PICKLE_F64, true},
    {"torch", "HalfStorage", NULL, NN_PICKLE_F16, true},
    {"torch", "BFloat16Storage", NULL, NN_PICKLE_BF16, true},
    {"torch", "LongStorage", NULL, NN_PICKLE_I64, true},
    {"torch", "IntStorage", NULL, NN_PICKLE_I32, true},
    {"torch", "ShortStorage", NULL, NN_PICKLE_I16, true},
    {"torch", "CharStorage", NULL, NN_PICKLE_I8, true},
    {"torch", "ByteStorage", NULL, NN_PICKLE_U8, true},
    {"torch", "BoolStorage", NULL, NN_PICKLE_BOOL, true},
};

static bool is_equal(const char *a, const char *b, size_t length)
{
    return strlen(a) == length && memcmp(a, b, length) == 0;
}

const nn_pickle_global *nn_pickle_find_global(const char *module, size_t module_length,
                                              const char *name, size_t name_length)
{
    for (size_t i = 0; i < sizeof globals / sizeof *globals; i++)
        if (is_equal(globals[i].module, module, module_length) &&
            is_equal(globals[i].name, name, name_length))
            return &globals[i];
    return NULL;
}

bool nn_pickle_is_dangerous(const char *module, size_t module_length, const char *name,
                            size_t name_length)
{
    // Modules whose functions reach the machine; "os" stands for "os.path" too.
    static const char *const modules[] = {
        "os",        "posix",    "nt",       "subprocess", "sys",
        "shutil",    "socket",   "runpy",    "importlib",  "imp",
        "pty",       "ctypes",   "commands", "code",       "codeop",
        "pickle",    "_pickle",  "marshal",  "pdb",        "multiprocessing",
        "requests",  "urllib",   "http",     "webbrowser", "signal",
        "threading", "tempfile", "io",       "_io",        "timeit",
        "cProfile",  "profile",
    };
    static const char *const builtins[] = {"builtins", "__builtin__", "__builtins__"};
    static const char *const inert[] = {"object", "set",   "frozenset", "complex", "bytearray",
                                        "slice",  "range", "dict",      "list",    "tuple",
                                        "int",    "float", "bool",      "str",     "bytes",
                                        "getattr"}; // of a bound method
    const char *dot = memchr(module, '.', module_length);
    const size_t top = dot ? (size_t)(dot - module) : module_length;
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
        if (is_equal(modules[i], module, top))
            return true;
    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++) {
        if (!is_equal(builtins[i], module, module_length))
            continue;
        for (size_t t = 0; t < sizeof inert / sizeof *inert; t++)
            if (is_equal(inert[t], name, name_length))
                return false;
        return true;
    }
    return false;
}

nn_status nn_pickle_make_storage(const nn_pickle_value *id, nn_pickle_value *out, nn_error *err)
{
    const nn_pickle_value *type = NULL, *key = NULL, *count = NULL;
    if (id->kind == NN_PICKLE_TUPLE && id->list.count >= 5 &&
        nn_pickle_is_text(id->list.items[0], "storage")) {
        type = item(id, 1, NN_PICKLE_GLOBAL);
        key = item(id, 2, NN_PICKLE_TEXT);
        count = item(id, 4, NN_PICKLE_INT);
    }
    if (!type || !type->global->storage || !key || !count || count->number < 0)
        return nn_fail(err, NN_EFORMAT, "the pickle names an object outside that is no storage");
    if (id->list.count > 5 && id->list.items[5]->kind != NN_PICKLE_NONE)
        return nn_fail(err, NN_EUNSUPPORTED, "the pickle has a storage that is a view of another");
    out->kind = NN_PICKLE_STORAGE;
    out->storage.key = id->list.items[2];
    out->storage.scalar = type->global->scalar;
    out->storage.count = count->number;
    return NN_OK;
}

size_t nn_pickle_scalar_size(nn_pickle_scalar scalar)
{
    static const size_t sizes[NN_PICKLE_SCALAR_COUNT] = {
        [NN_PICKLE_F32] = 4, [NN_PICKLE_F64] = 8,  [NN_PICKLE_F16] = 2, [NN_PICKLE_BF16] = 2,
        [NN_PICKLE_I64] = 8, [NN_PICKLE_I32] = 4,  [NN_PICKLE_I16] = 2, [NN_PICKLE_I8] = 1,
        [NN_PICKLE_U8] = 1,  [NN_PICKLE_BOOL] = 1,
    };
    return sizes[scalar];
}
