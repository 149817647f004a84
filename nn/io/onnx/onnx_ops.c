// SPDX-License-Identifier: MIT
// The table of all ONNX operators that are read.
#include "nn/io/onnx/onnx_ops.h"

#include <string.h>

#define ROWS(word) extern const nn_onnx_op nn_onnx_##word[];
#define NN_ONNX(word) ROWS(word)
#include "nn/io/onnx/onnx_ops.inc"
#undef NN_ONNX
#undef ROWS

#define NN_ONNX(word) nn_onnx_##word,
static const nn_onnx_op *const tables[] = {
#include "nn/io/onnx/onnx_ops.inc"
};
#undef NN_ONNX

static const nn_onnx_op *op_at(int i)
{
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (const nn_onnx_op *op = tables[t]; op->name; op++)
            if (i-- == 0)
                return op;
    return NULL;
}

bool nn_onnx_is_default_domain(const char *domain)
{
    return !domain || !*domain || strcmp(domain, "ai.onnx") == 0;
}

extern const nn_onnx_op nn_onnx_microsoft_layers[], nn_onnx_microsoft_ops[];

static const nn_onnx_op *find_in(const nn_onnx_op *table, const char *name)
{
    for (const nn_onnx_op *op = table; op->name; op++)
        if (!strcmp(op->name, name))
            return op;
    return NULL;
}

const nn_onnx_op *nn_onnx_find_op(const char *domain, const char *name)
{
    const nn_onnx_op *op;
    if (!name)
        return NULL;
    if (domain && !strcmp(domain, "com.microsoft")) {
        op = find_in(nn_onnx_microsoft_ops, name);
        return op ? op : find_in(nn_onnx_microsoft_layers, name);
    }
    if (!nn_onnx_is_default_domain(domain))
        return NULL;
    for (int i = 0; (op = op_at(i)); i++)
        if (strcmp(op->name, name) == 0)
            return op;
    return NULL;
}
