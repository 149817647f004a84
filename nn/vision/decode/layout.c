// SPDX-License-Identifier: MIT
// Shared by the decoders of detectors made elsewhere: cells, errors, and checks of boxes.
#include "nn/vision/decode/layout.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

int64_t nn_decode_cells(int input_h, int input_w, int first, int last)
{
    int64_t cells = 0;
    for (int stride = first; stride <= last; stride *= 2)
        cells +=
            ((int64_t)input_h + stride - 1) / stride * (((int64_t)input_w + stride - 1) / stride);
    return cells;
}

bool nn_decode_has_rank(const nn_head_output *o, int rank)
{
    const nn_shape *s = &o->tensor.shape;
    bool good = o->tensor.dtype == NN_F32 && s->rank == rank;
    for (int i = 0; good && i < rank; i++)
        good = s->dim[i] >= 1 && s->dim[i] < 1 << 30;
    return good;
}

int nn_decode_stride(const char *name, const char *prefix)
{
    const size_t n = strlen(prefix);
    int stride = 0;
    if (!name || strncmp(name, prefix, n) != 0)
        return 0;
    for (const char *p = name + n; *p; p++) {
        if (*p < '0' || *p > '9' || stride > 256)
            return 0;
        stride = stride * 10 + (*p - '0');
    }
    return stride <= 256 ? stride : 0;
}

static bool contains(const char *text, const char *word)
{
    for (const size_t n = strlen(word); *text; text++)
        if (strncasecmp(text, word, n) == 0)
            return true;
    return false;
}

bool nn_decode_is_map(const nn_head_output *o, int input_h, int input_w)
{
    enum { LEAST = 32 };
    const int64_t *dim = o->tensor.shape.dim;
    return nn_decode_has_rank(o, 3) && dim[1] >= LEAST && dim[2] >= LEAST && dim[1] <= input_h &&
           dim[2] <= input_w && dim[1] * input_w == dim[2] * input_h;
}

const nn_head_output *nn_decode_named(const nn_head_output *outputs, int n, const char *word)
{
    const nn_head_output *begins = NULL, *holds = NULL;
    int begin = 0, hold = 0;
    for (int i = 0; i < n; i++) {
        if (!outputs[i].name || !contains(outputs[i].name, word))
            continue;
        hold++;
        holds = &outputs[i];
        if (strncasecmp(outputs[i].name, word, strlen(word)) != 0)
            continue;
        begin++;
        begins = &outputs[i];
    }
    return begin == 1 ? begins : hold == 1 ? holds : NULL;
}

const nn_head_output *nn_decode_sized(const nn_head_output *outputs, int n, int64_t rows,
                                      int64_t columns, int nth)
{
    const int rank = n > 0 ? outputs[0].tensor.shape.rank : 0;
    for (int i = 0; i < n && (rank == 2 || rank == 3); i++) {
        const int64_t *dim = outputs[i].tensor.shape.dim;
        if (!nn_decode_has_rank(&outputs[i], rank) || dim[rank - 2] != rows ||
            dim[rank - 1] != columns || (rank == 3 && dim[0] != outputs[0].tensor.shape.dim[0]))
            continue;
        if (nth-- == 0)
            return &outputs[i];
    }
    return NULL;
}

const float *nn_decode_row(const nn_head_output *o, int item, int64_t row)
{
    const nn_shape *s = &o->tensor.shape;
    const int64_t before = s->rank == 3 ? item * s->dim[1] : 0;
    return nn_tensor_f32(&o->tensor) + (before + row) * s->dim[s->rank - 1];
}

nn_status nn_decode_refuse(nn_error *err, const char *head, const nn_head_output *outputs, int n,
                           const char *wanted, ...)
{
    char have[200] = "", want[200], shape[96];
    size_t used = 0;
    for (int i = 0; i < n && used < sizeof have; i++)
        used += (size_t)snprintf(have + used, sizeof have - used, "%s%.24s %s", i ? ", " : "",
                                 outputs[i].name ? outputs[i].name : "?",
                                 nn_shape_text(&outputs[i].tensor.shape, shape, sizeof shape));
    va_list args;
    va_start(args, wanted);
    vsnprintf(want, sizeof want, wanted, args);
    va_end(args);
    return nn_fail(err, NN_ESHAPE, "%s: %d output%s: %s%s; %s", head, n, n == 1 ? "" : "s", have,
                   used >= sizeof have ? "..." : "", want);
}

int nn_decode_best(const float *p, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        if (p[i] > p[best])
            best = i;
    return best;
}

bool nn_decode_wants(const nn_decode_options *o, float score, int label)
{
    return score >= o->threshold && score >= 0 && isfinite(score) && label >= 0 &&
           label < o->classes && (!o->label_mask || o->label_mask[label]);
}

int nn_decode_class(const nn_decode_options *o, float number)
{
    const int label = number >= 0 && number < (float)o->classes ? (int)lrintf(number) : -1;
    return label < o->classes ? label : -1; // rounding may lead to the end
}

void nn_decode_add(const nn_letterbox *l, nn_box box, nn_candidates *candidates)
{
    if (!isfinite(box.x0) || !isfinite(box.y0) || !isfinite(box.x1) || !isfinite(box.y1))
        return;
    box.score = box.score < 1 ? box.score : 1;
    if (nn_letterbox_to_frame(l, &box))
        nn_candidates_add(candidates, &box);
}

nn_box nn_decode_centred(float cx, float cy, float w, float h)
{
    return (nn_box){.x0 = cx - w / 2, .y0 = cy - h / 2, .x1 = cx + w / 2, .y1 = cy + h / 2};
}

void nn_decode_add_corners(const nn_letterbox *l, const float corners[4], float score, int label,
                           int32_t detail, nn_candidates *candidates)
{
    nn_decode_add(l,
                  (nn_box){.x0 = corners[0],
                           .y0 = corners[1],
                           .x1 = corners[2],
                           .y1 = corners[3],
                           .score = score,
                           .label = label,
                           .detail = detail},
                  candidates);
}

void nn_decode_add_centred(const nn_letterbox *l, float cx, float cy, float w, float h, float score,
                           int label, nn_candidates *candidates)
{
    nn_box b = nn_decode_centred(cx, cy, w, h);
    b.score = score;
    b.label = label;
    nn_decode_add(l, b, candidates);
}

nn_status nn_decode_rotated(const nn_decode_sample *s,
                            nn_rotated_box (*find)(const nn_decode_sample *s, int32_t number),
                            nn_result *result)
{
    const nn_letterbox *l = s->letterbox;
    const nn_transform to_frame = {.xx = 1 / (double)l->scale_x,
                                   .dx = -(double)l->pad_x / (double)l->scale_x,
                                   .yy = 1 / (double)l->scale_y,
                                   .dy = -(double)l->pad_y / (double)l->scale_y};
    for (int i = 0; i < result->count; i++) {
        nn_box *b = &result->boxes[i];
        const nn_rotated_box r = find(s, b->detail);
        if (nn_details_add(&result->details, &b->detail) != NN_OK)
            return NN_ENOMEM;
        nn_details_at(&result->details, b->detail)->rotated = r;
    }
    nn_details_transform(&result->details, &to_frame);
    return NN_OK;
}
