// SPDX-License-Identifier: MIT
// NeroScale's own heads: checks and boxes.
#include "nn/vision/decode/dense.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LOG_LIMIT 6.0f // as in training: exp(6) strides are larger than any input

enum { MOST_WORDS = 128 };

static const nn_dense_form *form_of(const nn_decoder *self)
{
    return self->form;
}

// Outputs of a level.
static int level_size(const nn_decoder *self)
{
    return form_of(self)->word ? 3 : 2;
}

// The outputs that are of levels; 0 when their number does not fit.
static int level_outputs(const nn_decoder *self, int n)
{
    n -= form_of(self)->last != NULL;
    return n > 0 && n % level_size(self) == 0 ? n : 0;
}

static nn_status refuse(const nn_decoder *self, const nn_head_output *outputs, int n, nn_error *err)
{
    const nn_dense_form *f = form_of(self);
    char words[MOST_WORDS];
    snprintf(words, sizeof words, "%s of \"clsS\", \"boxS\"%s%s%s%s%s%s are needed, S their stride",
             f->word ? "triples" : "pairs", f->word ? ", \"" : "", f->word ? f->word : "",
             f->word ? "S\"" : "", f->last ? " and one \"" : "", f->last ? f->last : "",
             f->last ? "\"" : "");
    return nn_decode_refuse(err, self->name, outputs, n, "%s", words);
}

static nn_status check_map(const nn_decoder *self, const nn_head_output *o, int channels,
                           int stride, int input_h, int input_w, nn_error *err)
{
    const nn_shape *s = &o->tensor.shape;
    char text[96];
    bool good = o->tensor.dtype == NN_F32 && s->rank == 4 && s->dim[1] == channels;
    // A convolution without padding may drop the last cell.
    for (int axis = 2; good && axis < 4; axis++) {
        int64_t full = (axis == 2 ? input_h : input_w) / stride;
        good = s->dim[axis] == full || (s->dim[axis] == full - 1 && full > 1);
    }
    if (good)
        return NN_OK;
    return nn_fail(err, NN_ESHAPE,
                   "%s: output \"%s\" is %s and not float32 Nx%dx%dx%d, as %dx%d input needs it",
                   self->name, o->name, nn_shape_text(s, text, sizeof(text)), channels,
                   input_h / stride, input_w / stride, input_w, input_h);
}

// The channels of the third outputs; 0: there are none; -1: they do not fit.
static int more_channels(const nn_decoder *self, const nn_head_output *outputs)
{
    const nn_dense_form *f = form_of(self);
    if (!f->word)
        return 0;
    const nn_shape *s = &outputs[2].tensor.shape;
    const int64_t have = s->rank == 4 ? s->dim[1] : 0;
    const bool fits = f->any ? have > 0 && have % f->channels == 0 : have == f->channels;
    return fits && have < 1 << 16 ? (int)have : -1;
}

static nn_status check_level(const nn_decoder *self, const nn_head_output *o, int classes, int more,
                             int input_h, int input_w, nn_error *err)
{
    const char *const words[] = {"cls", "box", form_of(self)->word};
    const int channels[] = {classes, 4, more}, stride = nn_decode_stride(o[0].name, "cls");
    const nn_shape *a = &o[0].tensor.shape;
    for (int k = 0; k < level_size(self); k++) {
        const nn_status status = check_map(self, &o[k], channels[k], stride, input_h, input_w, err);
        if (status != NN_OK)
            return status;
        const nn_shape *b = &o[k].tensor.shape;
        if (nn_decode_stride(o[k].name, words[k]) != stride || a->dim[0] != b->dim[0] ||
            a->dim[2] != b->dim[2] || a->dim[3] != b->dim[3])
            return nn_fail(err, NN_ESHAPE, "%s: \"%s\" and \"%s\" have different sizes", self->name,
                           o[0].name, o[k].name);
    }
    return NN_OK;
}

// Whether the outputs have the names of levels.
static bool has_names(const nn_decoder *self, const nn_head_output *o)
{
    const int stride = nn_decode_stride(o[0].name, "cls");
    return stride > 0 && nn_decode_stride(o[1].name, "box") == stride &&
           (!form_of(self)->word || nn_decode_stride(o[2].name, form_of(self)->word) == stride);
}

// The output behind the levels, which covers the input evenly.
static bool is_last(const nn_decoder *self, const nn_head_output *o, int64_t batch, int more,
                    int input_h, int input_w)
{
    const int64_t *dim = o->tensor.shape.dim;
    return strcmp(o->name, form_of(self)->last) == 0 && nn_decode_has_rank(o, 4) &&
           dim[0] == batch && dim[1] == more && dim[2] <= input_h && dim[3] <= input_w;
}

nn_status nn_dense_check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w, int classes, nn_error *err)
{
    const int of_levels = level_outputs(self, n), size = level_size(self);
    const int more = of_levels > 0 ? more_channels(self, outputs) : 0;
    if (of_levels == 0 || more < 0)
        return refuse(self, outputs, n, err);
    const nn_shape *first = &outputs[0].tensor.shape;
    if (classes == 0)
        classes = first->rank == 4 ? (int)first->dim[1] : 1;
    for (int i = 0; i < of_levels; i += size) {
        if (!has_names(self, outputs + i))
            return refuse(self, outputs, n, err);
        const nn_status status =
            check_level(self, outputs + i, classes, more, input_h, input_w, err);
        if (status != NN_OK)
            return status;
    }
    return of_levels == n || is_last(self, &outputs[n - 1], first->dim[0], more, input_h, input_w)
               ? NN_OK
               : refuse(self, outputs, n, err);
}

int nn_dense_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                     int input_w)
{
    return nn_dense_check(self, outputs, n, input_h, input_w, 0, NULL) == NN_OK
               ? (int)outputs[0].tensor.shape.dim[1]
               : 0;
}

void nn_dense_point(const nn_map_level *l, int64_t cell, float *x, float *y)
{
    *x = ((float)(cell % l->w) + 0.5f) * (float)l->stride;
    *y = ((float)(cell / l->w) + 0.5f) * (float)l->stride;
}

float nn_dense_side(const nn_map_level *l, int64_t cell, int side)
{
    const float log_strides = l->box[side * l->cells + cell];
    if (!isfinite(log_strides))
        return NAN;
    return expf(fminf(fmaxf(log_strides, -LOG_LIMIT), LOG_LIMIT)) * (float)l->stride;
}

bool nn_dense_upright(const nn_map_level *l, int64_t cell, nn_box *box)
{
    float x, y;
    nn_dense_point(l, cell, &x, &y);
    *box = (nn_box){.x0 = x - nn_dense_side(l, cell, 0),
                    .y0 = y - nn_dense_side(l, cell, 1),
                    .x1 = x + nn_dense_side(l, cell, 2),
                    .y1 = y + nn_dense_side(l, cell, 3),
                    .detail = l->more ? (int32_t)(l->first + cell + 1) : 0};
    return nn_letterbox_to_frame(l->letterbox, box);
}

// A level of a sample whose first cell has this number.
static nn_map_level level_at(const nn_decoder *self, const nn_head_output *o, int item,
                             int64_t first)
{
    nn_map_level l = nn_map_level_of(&o[0], &o[1], item);
    l.first = first;
    if (form_of(self)->word)
        l.more = nn_tensor_f32(&o[2].tensor) + item * o[2].tensor.shape.dim[1] * l.cells;
    return l;
}

void nn_dense_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                     const nn_letterbox *letterbox, const nn_decode_options *options,
                     nn_candidates *candidates)
{
    int64_t first = 0;
    for (int i = 0; i < level_outputs(self, n); i += level_size(self)) {
        nn_map_level l = level_at(self, outputs + i, item, first);
        l.letterbox = letterbox;
        l.find_box = form_of(self)->find_box;
        nn_map_level_decode(&l, options, candidates);
        first += l.cells;
    }
}

nn_dense_cell nn_dense_cell_at(const nn_decode_sample *s, int32_t number)
{
    nn_dense_cell c = {.cell = number - 1};
    int64_t first = 0;
    for (int i = 0; i < level_outputs(s->decoder, s->n); i += level_size(s->decoder)) {
        c.level = level_at(s->decoder, s->outputs + i, s->item, first);
        if (c.cell < c.level.cells)
            break;
        c.cell -= c.level.cells;
        first += c.level.cells;
    }
    return c;
}
