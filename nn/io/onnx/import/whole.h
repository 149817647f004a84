// SPDX-License-Identifier: MIT
// Whole numbers of 8 and 16 bits, which begin anew where they would be too large: all values are
// float32 here, so that their results are brought back into the range of their type.
#ifndef NN_IO_ONNX_IMPORT_WHOLE_H
#define NN_IO_ONNX_IMPORT_WHOLE_H

#include "nn/io/onnx/onnx_import.h"

// Bits of uint8, int8, uint16 and int16 (TensorProto.DataType); 0 for other types.
int nn_onnx_narrow_bits(int type);
// v, whole numbers, as such a type, modulo 2 to the number of its bits; exact up to 2^24. Nothing
// is done where v is known to fit, and for other types.
const nn_onnx_value *nn_onnx_wrap(nn_onnx_node *n, const nn_onnx_value *v, int type);
// The product of two values of such a type. Exact.
const nn_onnx_value *nn_onnx_narrow_mul(nn_onnx_node *n, const nn_onnx_value *a,
                                        const nn_onnx_value *b, int type);
// Operators whose outputs have the type of their first input: gives it to outputs of the node that
// was built and whose type nobody told.
void nn_onnx_keep_type(const nn_onnx_node *n, const char *op);

#endif
