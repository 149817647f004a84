// SPDX-License-Identifier: MIT
// ONNX: NonMaxSuppression.
#include "nn/io/onnx/onnx_import.h"

// The rows before the first one of -1.
static const nn_onnx_value *used_rows(nn_onnx_node *n, const nn_onnx_value *rows)
{
    int64_t used = 0;
    if (!rows || nn_onnx_failed(n))
        return NULL;
    while (used < rows->shape.dim[0] && rows->data[3 * used] >= 0)
        used++;
    return nn_onnx_slice(n, rows, 0, 0, used, 1);
}

// ONNX returns one row for each kept box. In a plan there are rows for all that could be, the
// unused ones -1.
static void build_nms(nn_onnx_node *n)
{
    int64_t most = 0;
    const bool known = n->in[0]->data && n->in[1]->data;
    if (!known && nn_onnx_may_wait(n))
        nn_onnx_wait(n, "how many boxes are kept depends on the model's data");
    if (n->n_in > 2 && n->in[2] && nn_onnx_const_ints(n, n->in[2], &most, 1) != 1)
        nn_onnx_fail(n, NN_EUNSUPPORTED, "max_output_boxes_per_class is not one constant number");
    const nn_nms_params p = {
        .most = (int32_t)(most < 0           ? 0
                          : most > INT32_MAX ? INT32_MAX
                                             : most),
        .iou_threshold = nn_onnx_const_float(n, 3, 0),
        .score_threshold = nn_onnx_const_float(n, 4, -3.402823466e38f),
        .centred = nn_onnx_int(n, "center_point_box", 0) != 0,
    };
    const nn_onnx_value *rows = nn_onnx_emit(n, &nn_op_non_max_suppression, &p, n->in, 2);
    if (rows && rows->data)
        rows = used_rows(n, rows);
    nn_onnx_output(n, 0, nn_onnx_retype(n, rows, true));
}

const nn_onnx_op nn_onnx_nms[] = {
    {"NonMaxSuppression", 2, 5, 1, build_nms, 0},
    {0},
};
