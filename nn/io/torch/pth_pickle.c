// SPDX-License-Identifier: MIT
// Writes the pickle of a state_dict: opcodes of protocol 2, as torch.save does it
// (opcodes: Lib/pickletools.py; arguments: the module torch._utils).
#include "nn/base/memory.h"
#include "nn/io/torch/pth_save.h"

#include <stdio.h>
#include <string.h>

// PyTorch's storages of our types.
static const char *const storages[NN_DTYPE_COUNT] = {
    [NN_F32] = "FloatStorage", [NN_F16] = "HalfStorage",   [NN_BF16] = "BFloat16Storage",
    [NN_I64] = "LongStorage",  [NN_I32] = "IntStorage",    [NN_U8] = "ByteStorage",
    [NN_I8] = "CharStorage",   [NN_F64] = "DoubleStorage",
};

// Bytes that grow; `failed` once there is no memory.
typedef struct pickle_text {
    uint8_t *bytes;
    size_t size, capacity;
    bool failed;
} pickle_text;

static void put(pickle_text *p, const void *bytes, size_t size)
{
    enum { FIRST = 4096 };
    if (!p->failed && p->size + size > p->capacity) {
        const size_t more = 2 * (p->capacity + size) + FIRST;
        uint8_t *grown = nn_realloc(p->bytes, p->capacity, more);
        p->failed = !grown;
        if (grown) {
            p->bytes = grown;
            p->capacity = more;
        }
    }
    if (p->failed)
        return;
    memcpy(p->bytes + p->size, bytes, size);
    p->size += size;
}

static void put_op(pickle_text *p, char op)
{
    put(p, &op, 1);
}

static void put_number(pickle_text *p, uint64_t v, int bytes) // the lowest byte first
{
    for (int i = 0; i < bytes; i++)
        put(p, &(uint8_t){(uint8_t)(v >> 8 * i)}, 1);
}

static void put_int(pickle_text *p, int64_t v) // BININT, LONG1
{
    const bool small = v <= INT32_MAX;
    put(p, small ? "J" : "\x8a\x08", small ? 1 : 2);
    put_number(p, (uint64_t)v, small ? 4 : 8);
}

static void put_string(pickle_text *p, const char *s) // BINUNICODE
{
    put_op(p, 'X');
    put_number(p, strlen(s), 4);
    put(p, s, strlen(s));
}

static void put_global(pickle_text *p, const char *module, const char *name)
{
    put_op(p, 'c');
    put(p, module, strlen(module));
    put_op(p, '\n');
    put(p, name, strlen(name));
    put_op(p, '\n');
}

static void put_ordered_dict(pickle_text *p)
{
    put_global(p, "collections", "OrderedDict");
    put(p, ")R", 2); // called without arguments
}

static void put_tuple(pickle_text *p, const int64_t *v, int count)
{
    put_op(p, '(');
    for (int i = 0; i < count; i++)
        put_int(p, v[i]);
    put_op(p, 't');
}

// torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks), where the
// storage is the persistent id ("storage", type, key, device, elements).
static void put_tensor(pickle_text *p, const nn_tensor *t, int key)
{
    const int64_t *dim = t->shape.dim;
    int64_t stride[NN_MAX_RANK];
    char text[16];
    for (int i = t->shape.rank - 1; i >= 0; i--)
        stride[i] = i + 1 < t->shape.rank ? stride[i + 1] * dim[i + 1] : 1;
    snprintf(text, sizeof text, "%d", key);
    put_global(p, "torch._utils", "_rebuild_tensor_v2");
    put(p, "((", 2);
    put_string(p, "storage");
    put_global(p, "torch", storages[t->dtype]);
    put_string(p, text);
    put_string(p, "cpu");
    put_int(p, nn_shape_count(&t->shape));
    put(p, "tQ", 2);
    put_int(p, 0);
    put_tuple(p, dim, t->shape.rank);
    put_tuple(p, stride, t->shape.rank);
    put_op(p, '\x89'); // False
    put_ordered_dict(p);
    put(p, "tR", 2);
}

nn_status nn_pth_pickle(uint8_t **bytes, size_t *size, const char *const *names,
                        const nn_tensor *tensors, int count, nn_error *err)
{
    pickle_text p = {0};
    *bytes = NULL;
    put(&p, "\x80\2", 2);
    put_ordered_dict(&p);
    put_op(&p, '(');
    for (int i = 0; i < count; i++) {
        put_string(&p, names[i]);
        put_tensor(&p, &tensors[i], i);
    }
    put(&p, "u.", 2);
    if (p.failed) {
        nn_free(p.bytes);
        return nn_fail(err, NN_ENOMEM, "out of memory");
    }
    *bytes = p.bytes;
    *size = p.size;
    return NN_OK;
}
