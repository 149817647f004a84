// SPDX-License-Identifier: MIT
// ONNX export: grid_sample and roi_align, which need opset 16.
#include "nn/io/onnx/onnx_writer.h"

static void emit_grid_sample(const nn_onnx_item *n)
{
    static const char *const modes[] = {"bilinear", "nearest", "bicubic"};
    static const char *const paddings[] = {"zeros", "border", "reflection"};
    const nn_grid_sample_params *p = n->params;
    nn_onnx_need_opset(n, 16);
    nn_onnx_begin(n, "GridSample");
    nn_onnx_add_input(n, n->in[0].name);
    nn_onnx_add_input(n, n->in[1].name);
    nn_onnx_add_text(n, "mode", modes[p->mode]);
    nn_onnx_add_text(n, "padding_mode", paddings[p->padding]);
    nn_onnx_add_int(n, "align_corners", p->align_corners != 0);
    nn_onnx_end(n, n->out->name);
}

// MaxRoiPool: the image of a box stands before it.
static void emit_roi_pool(const nn_onnx_item *n)
{
    const nn_roi_align_params *p = n->params;
    const nn_onnx_operand column = {.shape = nn_shape_2d(n->in[2].shape.dim[0], 1),
                                    .open = n->in[2].open};
    const char *images = nn_onnx_put_reshape(n, n->in[2].name, &n->in[2], &column, NULL);
    nn_onnx_begin(n, "Concat");
    nn_onnx_add_input(n, images);
    nn_onnx_add_input(n, n->in[1].name);
    nn_onnx_add_int(n, "axis", 1);
    const char *boxes = nn_onnx_end(n, NULL);
    nn_onnx_begin(n, "MaxRoiPool");
    nn_onnx_add_input(n, n->in[0].name);
    nn_onnx_add_input(n, boxes);
    nn_onnx_add_ints(n, "pooled_shape", p->size, 2);
    nn_onnx_add_float(n, "spatial_scale", p->scale);
    nn_onnx_end(n, n->out->name);
}

static void emit_roi_align(const nn_onnx_item *n)
{
    const nn_roi_align_params *p = n->params;
    if (p->mode == NN_ROI_PIXELS) {
        emit_roi_pool(n);
        return;
    }
    const char *images = nn_onnx_put_whole(n, &n->in[2]);
    nn_onnx_need_opset(n, 16);
    nn_onnx_begin(n, "RoiAlign");
    nn_onnx_add_input(n, n->in[0].name);
    nn_onnx_add_input(n, n->in[1].name);
    nn_onnx_add_input(n, images);
    nn_onnx_add_text(n, "mode", p->mode == NN_ROI_MAX ? "max" : "avg");
    nn_onnx_add_text(n, "coordinate_transformation_mode",
                     p->half_pixel ? "half_pixel" : "output_half_pixel");
    nn_onnx_add_int(n, "output_height", p->size[0]);
    nn_onnx_add_int(n, "output_width", p->size[1]);
    nn_onnx_add_int(n, "sampling_ratio", p->samples);
    nn_onnx_add_float(n, "spatial_scale", p->scale);
    nn_onnx_end(n, n->out->name);
}

const nn_onnx_emitter nn_onnx_emit_sample[] = {
    {&nn_op_grid_sample, emit_grid_sample},
    {&nn_op_roi_align, emit_roi_align},
    {0},
};
