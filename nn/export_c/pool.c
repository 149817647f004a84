// SPDX-License-Identifier: MIT
// Windows of pooling, and their means.
#include "nn/export_c/pool.h"

void nn_c_print_pool(nn_c_writer *w, const nn_c_node *n, const nn_pool2d_params *p)
{
    const nn_shape *in = nn_c_shape(w, n->in[0]), *out = nn_c_shape(w, n->out);
    static const nn_pool2d_params none;
    const nn_pool2d_params *q = p ? p : &none;
    nn_c_print(w, "{%d, %d, %d, %d, %d, ", (int)in->dim[2], (int)in->dim[3], (int)in->dim[1],
               (int)out->dim[2], (int)out->dim[3]);
    nn_c_print(w, "%d, %d, %d, %d, %d, %d, %d, %d, %d, %d}", q->kernel[0], q->kernel[1],
               q->stride[0], q->stride[1], q->pad[0], q->pad[1], q->pad[2], q->pad[3], !p,
               q->count_include_pad != 0);
}

void nn_c_emit_mean(nn_c_writer *w, const nn_c_node *n, const nn_pool2d_params *p)
{
    const nn_op_quantized *in = &n->quantized[0], *out = nn_c_out(n);
    const bool bytes = out->scale;
    nn_c_print(w, "static const %s layer_%d = ", bytes ? "avg_pool_int8" : "pool", w->index);
    nn_c_print(w, bytes ? "{\n    " : "");
    nn_c_print_pool(w, n, p);
    if (bytes)
        nn_c_print(w, ",\n    %s, %s, %s, %s}", nn_c_number(*in->scale).text,
                   nn_c_number(in->zero).text, nn_c_number(*out->scale).text,
                   nn_c_number(out->zero).text);
    nn_c_print(w, ";\n");
    nn_c_use(w, bytes ? "avg_pool_int8" : "avg_pool_float");
    nn_c_call(w, "run_%s(&layer_%d, %s, %s)", bytes ? "avg_pool_int8" : "avg_pool_float", w->index,
              nn_c_at(w, n->in[0]).text, nn_c_at(w, n->out).text);
}
