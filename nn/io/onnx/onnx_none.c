// SPDX-License-Identifier: MIT
// Stands for ONNX in a build without protobuf-c.
#include "nn/base/features.h"
#include "nn/io/onnx/onnx.h"
#include "nn/io/onnx/onnx_operators.h"

nn_status nn_onnx_parse(nn_model **out, const void *bytes, size_t size,
                        const nn_onnx_options *options, nn_error *err)
{
    (void)bytes;
    (void)size;
    (void)options;
    *out = NULL;
    return nn_fail_without(err, "onnx");
}

nn_status nn_onnx_load(nn_model **out, const char *path, const nn_onnx_options *options,
                       nn_error *err)
{
    (void)options;
    *out = NULL;
    return nn_fail_prefix(err, nn_fail_without(err, "onnx"), "%s", path);
}

nn_status nn_onnx_save(const nn_model *m, const char *path, const nn_onnx_save_options *options,
                       nn_error *err)
{
    (void)m;
    (void)options;
    return nn_fail_prefix(err, nn_fail_without(err, "onnx"), "%s", path);
}

nn_status nn_onnx_operators(nn_graph_operator **out, int *count, const char *path, nn_error *err)
{
    *out = NULL;
    *count = 0;
    return nn_fail_prefix(err, nn_fail_without(err, "onnx"), "%s", path);
}
