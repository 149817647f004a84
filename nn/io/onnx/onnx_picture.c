// SPDX-License-Identifier: MIT
// Pictures in the layouts of other frameworks: TensorFlow's NHWC, torchvision's CHW.
#include "nn/io/onnx/onnx_picture.h"

#include "nn/base/memory.h"
#include "onnx.pb-c.h"

#include <stdio.h>

enum { COLOURS = 3, SMALLEST_SIDE = 16 };

static bool is_colours(const Onnx__TensorShapeProto__Dimension *d)
{
    return d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE &&
           d->dim_value == COLOURS;
}

// Whether two dims may be height and width of one picture: both open, or both large enough. Lists
// of points, 1 x N x 3, are no pictures.
static bool are_sides(Onnx__TensorShapeProto__Dimension *const d[2])
{
    int64_t side[2]; // 0: open
    for (int i = 0; i < 2; i++)
        side[i] = d[i]->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE &&
                          d[i]->dim_value > 0
                      ? d[i]->dim_value
                      : 0;
    return side[0] && side[1] ? side[0] >= SMALLEST_SIDE && side[1] >= SMALLEST_SIDE
                              : side[0] == side[1];
}

nn_onnx_layout nn_onnx_picture_layout(const Onnx__TensorShapeProto *declared)
{
    const size_t rank = declared ? declared->n_dim : 0;
    if (rank == 4 && !is_colours(declared->dim[1]) && is_colours(declared->dim[3]))
        return NN_ONNX_NHWC;
    if (rank == 3 && is_colours(declared->dim[0]) && are_sides(declared->dim + 1))
        return NN_ONNX_CHW;
    return rank == 3 && is_colours(declared->dim[2]) && are_sides(declared->dim) ? NN_ONNX_HWC
                                                                                 : NN_ONNX_NCHW;
}

int nn_onnx_height_axis(nn_onnx_layout layout)
{
    static const int axes[] = {
        [NN_ONNX_NCHW] = 2, [NN_ONNX_NHWC] = 1, [NN_ONNX_CHW] = 1, [NN_ONNX_HWC] = 0};
    return axes[layout];
}

void nn_onnx_add_picture(const nn_onnx_reader *r, const char *name, int index,
                         nn_onnx_layout layout, const nn_shape *shape, bool integer)
{
    static const int last[] = {0, 2, 3, 1};
    const bool inner = layout == NN_ONNX_NHWC || layout == NN_ONNX_HWC;
    const int axis = nn_onnx_height_axis(layout);
    nn_onnx_node n = {.import = r->import};
    char own[600];
    const nn_shape planes = nn_shape_4d(shape->rank == 4 ? shape->dim[0] : 1, COLOURS,
                                        shape->dim[axis], shape->dim[axis + 1]);
    const nn_onnx_value *x = nn_onnx_import_input(r->import, name, index, &planes, false);
    const nn_onnx_value *y = x;
    if (y && integer)
        y = nn_onnx_pointwise(&n, NN_POINTWISE_ROUND, y, 0, 0);
    if (y && inner)
        y = nn_onnx_transpose(&n, y, last);
    if (y && shape->rank == 3)
        y = nn_onnx_reshape(&n, y, shape);
    if (y)
        y = nn_onnx_retype(&n, y, integer);
    if (!y || y == x)
        return;
    snprintf(own, sizeof own, "%.560s (laid out)", name);
    nn_onnx_import_drop(r->import, name);
    nn_onnx_import_rename(r->import, y, own);
    nn_onnx_import_bind(r->import, name, y);
}
