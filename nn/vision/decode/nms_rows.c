// SPDX-License-Identifier: MIT
// Rows of all pictures of a batch.
#include "nn/vision/decode/nms_rows.h"

enum { NUMBERS = 7 };

static bool fits(const nn_head_output *outputs, int n)
{
    return n == 1 && nn_decode_has_rank(outputs, 2) && outputs->tensor.shape.dim[1] == NUMBERS &&
           (outputs->open || outputs->tensor.shape.dim[0] > 1 ||
            nn_decode_named(outputs, n, "flat_predictions")); // or it is a classifier
}

int nn_nms_rows_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                        int input_w)
{
    (void)self, (void)input_h, (void)input_w; // the shape does not tell
    return fits(outputs, n) ? NN_COCO_CLASSES : 0;
}

nn_status nn_nms_rows_check(const nn_decoder *self, const nn_head_output *outputs, int n,
                            int input_h, int input_w, int classes, nn_error *err)
{
    const nn_nms_row_form *f = self->form;
    (void)input_h, (void)input_w, (void)classes;
    if (fits(outputs, n))
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "one of Kx7 is needed: picture, x0, y0, x1, y1, %s",
                            f->label < f->score ? "class, score" : "score, class");
}

void nn_nms_rows_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                        const nn_letterbox *letterbox, const nn_decode_options *options,
                        nn_candidates *candidates)
{
    const nn_nms_row_form *f = self->form;
    const int64_t rows = outputs[0].tensor.shape.dim[0];
    const float *x = nn_tensor_f32(&outputs[0].tensor);
    (void)n;
    for (int64_t i = 0; i < rows; i++, x += NUMBERS) {
        const int label = nn_decode_class(options, x[f->label]);
        if (x[0] == (float)item && nn_decode_wants(options, x[f->score], label))
            nn_decode_add(letterbox,
                          (nn_box){.x0 = x[1],
                                   .y0 = x[2],
                                   .x1 = x[3],
                                   .y1 = x[4],
                                   .score = x[f->score],
                                   .label = label},
                          candidates);
    }
}
