// SPDX-License-Identifier: MIT
// Shapes, element types and the dense row-major tensor view that the whole engine uses.
#ifndef NN_TENSOR_TENSOR_H
#define NN_TENSOR_TENSOR_H

#include "nn/base/api.h"
#include "nn/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NN_MAX_RANK = 8 };

typedef enum nn_dtype {
    NN_F32,
    NN_F16,
    NN_BF16,
    NN_I64,
    NN_I32,
    NN_U8,
    NN_I8,
    NN_F64,
    NN_DTYPE_COUNT
} nn_dtype;

typedef struct nn_shape {
    int rank;                 // 0 (a scalar) .. NN_MAX_RANK
    int64_t dim[NN_MAX_RANK]; // outermost first; images are N, C, H, W
} nn_shape;

typedef enum nn_layout {
    NN_DENSE,   // row-major without gaps
    NN_BLOCKED, // float32 images in NCHW8c, see nn/tensor/blocked.h
} nn_layout;

// A view of elements; dense unless `layout` says otherwise. It does not own `data`: the function
// that makes a tensor says who does.
typedef struct nn_tensor {
    nn_shape shape;
    nn_dtype dtype;
    void *data;
    nn_layout layout;
    int64_t row, plane, image; // NN_BLOCKED: floats from one row, channel block, image to the next
} nn_tensor;

// A dense view of `data`.
static inline nn_tensor nn_tensor_dense(nn_dtype dtype, nn_shape shape, void *data)
{
    return (nn_tensor){.shape = shape, .dtype = dtype, .data = data};
}

size_t nn_dtype_size(nn_dtype dtype);      // bytes of an element
NN_API const char *nn_dtype_name(nn_dtype dtype); // safetensors spelling: "F32", "F16", ...

nn_shape nn_shape_make(int rank, const int64_t *dims);
nn_shape nn_shape_1d(int64_t a);
nn_shape nn_shape_2d(int64_t a, int64_t b);
NN_API nn_shape nn_shape_4d(int64_t n, int64_t c, int64_t h, int64_t w);
NN_API bool nn_shape_equal(const nn_shape *a, const nn_shape *b);
// Product of the dimensions from axis `from` up to, but without, axis `to`.
NN_API int64_t nn_shape_span(const nn_shape *s, int from, int to);
// Number of elements. It cannot overflow for shapes of a plan, which were checked.
NN_API int64_t nn_shape_count(const nn_shape *s);
// Checks the rank, dimensions >= 0, and that count * element size is at most half the address
// space.
nn_status nn_shape_check(const nn_shape *s, nn_dtype dtype, nn_error *err);
// "1x3x224x224" (or "scalar") into buf; returns buf.
NN_API char *nn_shape_text(const nn_shape *s, char *buf, size_t size);

NN_API size_t nn_tensor_bytes(const nn_tensor *t);
static inline float *nn_tensor_f32(const nn_tensor *t)
{
    return t->data;
}

// Allocates zeroed data for a shape and type; *t owns it until nn_tensor_release.
NN_API nn_status nn_tensor_init(nn_tensor *t, nn_dtype dtype, const nn_shape *shape, nn_error *err);
NN_API void nn_tensor_release(nn_tensor *t);

// Converts `count` elements between F32 and F16, BF16, I64, I32, U8, I8. Float to half rounds to
// nearest, ties to even. Source and target must not overlap.
NN_API void nn_convert(nn_dtype to, void *dst, nn_dtype from, const void *src, int64_t count);

// Whether none of `count` finite numbers becomes infinite as float16, which ends at 65504.
NN_API bool nn_f16_holds(const float *x, int64_t count);

#endif
