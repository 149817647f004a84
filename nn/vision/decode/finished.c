// SPDX-License-Identifier: MIT
// Rows of finished detections.
#include "nn/vision/decode/finished.h"

enum { MOST = 1000 };

static bool are_cells(int64_t count, int input_h, int input_w)
{
    const int64_t cells = nn_decode_cells(input_h, input_w, 8, 32);
    return count == cells || count == 3 * cells ||
           count == nn_decode_cells(input_h, input_w, 8, 64);
}

int nn_finished_numbers(const nn_head_output *o, int input_h, int input_w)
{
    if (!nn_decode_has_rank(o, 3))
        return 0;
    const int64_t rows = o->tensor.shape.dim[1], numbers = o->tensor.shape.dim[2];
    // a map, and a row or a column for each cell are other heads
    const bool fits = !nn_decode_is_map(o, input_h, input_w) && rows <= MOST &&
                      numbers >= NN_FINISHED_NUMBERS && numbers <= MOST &&
                      !are_cells(rows, input_h, input_w) && !are_cells(numbers, input_h, input_w);
    return fits ? (int)numbers : 0;
}

nn_box nn_finished_corners(const float *row)
{
    return (nn_box){.x0 = row[0], .y0 = row[1], .x1 = row[2], .y1 = row[3]};
}

void nn_finished_decode(const nn_head_output *o, int item, const nn_letterbox *letterbox,
                        const nn_decode_options *options, nn_finished_box *find_box, bool numbered,
                        nn_candidates *candidates)
{
    for (int64_t i = 0; i < o->tensor.shape.dim[1]; i++) {
        const float *x = nn_decode_row(o, item, i);
        const int label = x[5] >= 0 && x[5] < (float)options->classes ? (int)x[5] : -1;
        if (!nn_decode_wants(options, x[4], label))
            continue;
        nn_box b = find_box(x);
        b.score = x[4];
        b.label = label;
        b.detail = numbered ? (int32_t)i + 1 : 0;
        nn_decode_add(letterbox, b, candidates);
    }
}
