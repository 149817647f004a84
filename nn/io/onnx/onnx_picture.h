// SPDX-License-Identifier: MIT
// Inputs that are pictures: how their axes lie, and how they become 1x3xHxW.
#ifndef NN_IO_ONNX_ONNX_PICTURE_H
#define NN_IO_ONNX_ONNX_PICTURE_H

#include "nn/io/onnx/onnx_reader.h"

struct Onnx__TensorShapeProto;

typedef enum nn_onnx_layout { NN_ONNX_NCHW, NN_ONNX_NHWC, NN_ONNX_CHW, NN_ONNX_HWC } nn_onnx_layout;

// How a picture of three colours lies in an input of this shape; NN_ONNX_NCHW for all others. Of rank
// 3 both sides are open, or 16 or more.
nn_onnx_layout nn_onnx_picture_layout(const struct Onnx__TensorShapeProto *declared);
// The axis of the height, behind which is that of the width.
int nn_onnx_height_axis(nn_onnx_layout layout);
// Adds input `index` as Nx3xHxW and binds what the file declares, of `shape`, to its name. Bytes
// (`integer`) are rounded.
void nn_onnx_add_picture(const nn_onnx_reader *r, const char *name, int index,
                         nn_onnx_layout layout, const nn_shape *shape, bool integer);

#endif
