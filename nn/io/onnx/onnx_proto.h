// SPDX-License-Identifier: MIT
// ONNX's protobuf messages from untrusted bytes, and its tensors as float32.
#ifndef NN_IO_ONNX_ONNX_PROTO_H
#define NN_IO_ONNX_ONNX_PROTO_H

#include "nn/tensor/tensor.h"

struct Onnx__ModelProto;
struct Onnx__TensorProto;

// Unpacks a model. Messages may nest only so deep and take only so much memory per byte of file.
// Free with nn_onnx_free_proto.
nn_status nn_onnx_read_proto(struct Onnx__ModelProto **out, const void *bytes, size_t size,
                             nn_error *err);
void nn_onnx_free_proto(struct Onnx__ModelProto *model);

// Whether an element type (TensorProto.DataType) is one that we can hold, and one of whole numbers
// (booleans too).
bool nn_onnx_type_is_known(int type);
bool nn_onnx_type_is_integer(int type);

// Number of dims and dims of a tensor, checked against the data that is there.
nn_status nn_onnx_tensor_shape(const struct Onnx__TensorProto *t, nn_shape *shape, nn_error *err);
// Converts its elements to float32 into `to` (as many as the checked shape says).
void nn_onnx_tensor_data(const struct Onnx__TensorProto *t, float *to);

// A serialised TensorProto (the .pb files of ONNX's tests) as a float32 tensor that *out owns.
nn_status nn_onnx_parse_tensor(nn_tensor *out, const void *bytes, size_t size, nn_error *err);

#endif
