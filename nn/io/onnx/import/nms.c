// SPDX-License-Identifier: MIT
// ONNX: NonMaxSuppression.
#include "nn/io/onnx/onnx_import.h"

// ONNX returns one row for each kept box; here the unused rows are -1.
static void build_nms(nn_onnx_node *n)
{
    int64_t most = 0;
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
    nn_onnx_output(
        n, 0, nn_onnx_retype(n, nn_onnx_emit(n, &nn_op_non_max_suppression, &p, n->in, 2), true));
}

const nn_onnx_op nn_onnx_nms[] = {
    {"NonMaxSuppression", 2, 5, 1, build_nms, 0},
    {0},
};
