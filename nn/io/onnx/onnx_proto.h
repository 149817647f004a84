// SPDX-License-Identifier: MIT
// Parses ONNX's protobuf messages from untrusted bytes, and converts its tensors to float32.
#ifndef NN_IO_ONNX_ONNX_PROTO_H
#define NN_IO_ONNX_ONNX_PROTO_H

#include "nn/tensor/tensor.h"

struct Onnx__ModelProto;
struct Onnx__TensorProto;

// Unpacks a model. The depth of messages, and their memory for each byte of file, are limited.
// Large weights stay in `bytes`, which must outlive the model. Free with nn_onnx_free_proto.
nn_status nn_onnx_read_proto(struct Onnx__ModelProto **out, const void *bytes, size_t size,
                             nn_error *err);
void nn_onnx_free_proto(struct Onnx__ModelProto *model);

// Whether an element type (TensorProto.DataType) is supported, and whether it is an integer type
// (with booleans).
bool nn_onnx_type_is_known(int type);
bool nn_onnx_type_is_integer(int type);

// The shape of a tensor, checked against its data.
nn_status nn_onnx_tensor_shape(const struct Onnx__TensorProto *t, nn_shape *shape, nn_error *err);
// Converts the elements to float32 into `to`, which has room for the checked shape.
void nn_onnx_tensor_data(const struct Onnx__TensorProto *t, float *to);

#endif
