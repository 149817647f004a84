// SPDX-License-Identifier: MIT
// For each row of the screen: two rows of the frame are blended, resampled across, and coloured.
#include "nn/vision/frame_scale.h"

#include "nn/base/memory.h"
#include "nn/kernels/kernels.h"
#include "nn/vision/resize.h"

#include <math.h>
#include <string.h>

enum { HALVINGS = 15, COMPONENTS = 3, MAX_SCREEN = 1 << 15 };

// How the samples of an axis come from those of the frame, and lie on the screen.
typedef struct axis {
    int halvings;
    int samples;        // after halving
    double first, step; // the place of the first output, and from one to the next, in samples
} axis;

// The last two rows of a source, by the parity of their numbers.
typedef struct kept_rows {
    uint8_t *row[2];
    int number[2]; // -1: none
} kept_rows;

struct nn_frame_scaler {
    nn_frame made_for; // without its planes
    nn_pixel_layout layout;
    nn_showing showing;
    bool ready;
    axis x[2], y[2]; // luma or RGB, chroma
    int groups;
    nn_scale_group *group[2];
    nn_scale_colour colour;
    uint8_t *memory;                           // owned: what follows
    kept_rows read[COMPONENTS];                // of planes, through read_row
    kept_rows level[COMPONENTS][HALVINGS + 1]; // of components, halved so often
    uint8_t *mixed;                            // two rows blended
    int16_t *line[COMPONENTS];                 // resampled
    const nn_frame *frame;                     // during nn_frame_scaler_rows
};

bool nn_frame_scaler_is_fast(void)
{
    nn_scale_kernels portable;
    nn_scale_init(&portable, 0);
    return nn_kernels_best()->scale.across != portable.across;
}

nn_frame_scaler *nn_frame_scaler_new(void)
{
    return nn_calloc(1, sizeof(nn_frame_scaler));
}

void nn_frame_scaler_free(nn_frame_scaler *s)
{
    if (!s)
        return;
    nn_free(s->memory);
    nn_free(s);
}

// --- tables ---

static int samples_of(int pixels, int shift)
{
    return (pixels + (1 << shift) - 1) >> shift;
}

// `offset`: where sample 0 lies, in pixels.
static axis make_axis(int pixels, int shift, double offset, int from, int from_size, int to_size,
                      int skipped)
{
    axis a = {.samples = samples_of(pixels, shift), .step = (double)from_size / to_size};
    a.first = (from + (skipped + 0.5) * a.step - offset) / (1 << shift);
    a.step /= 1 << shift;
    for (; a.step > 2 && a.halvings < HALVINGS && a.samples > 1; a.halvings++) {
        a.samples = (a.samples + 1) / 2;
        a.first = (a.first + 0.5) / 2 - 0.5;
        a.step /= 2;
    }
    return a;
}

// The two samples around output i: sample `at` and the next, which has `weight`.
static int find_place(const axis *a, int i, int *weight)
{
    double place = a->first + i * a->step;
    place = fmin(fmax(place, 0), a->samples - 1);
    int at = (int)place;
    *weight = (int)lrint((place - at) * NN_SCALE_ONE);
    if (*weight == NN_SCALE_ONE) {
        *weight = 0;
        at++;
    }
    if (at > a->samples - 2 && a->samples > 1) {
        *weight = NN_SCALE_ONE;
        at = a->samples - 2;
    }
    return at;
}

static void fill_groups(nn_scale_group *group, int groups, const axis *a, int outputs)
{
    for (int g = 0; g < groups; g++, group++) {
        for (int i = 0; i < NN_SCALE_GROUP; i++) {
            int weight, out = g * NN_SCALE_GROUP + i;
            const int at = find_place(a, out < outputs ? out : outputs - 1, &weight);
            if (i == 0)
                group->at = at;
            group->pair[2 * i] = (uint8_t)(at - group->at);
            group->pair[2 * i + 1] = (uint8_t)(at - group->at + 1);
            group->weight[2 * i] = (uint8_t)(NN_SCALE_ONE - weight);
            group->weight[2 * i + 1] = (uint8_t)weight;
        }
    }
}

static int16_t in_colour(double factor)
{
    return (int16_t)lrint(factor * (1 << 15) * 32 / NN_SCALE_ONE);
}

static nn_scale_colour make_colour(const nn_frame *f, const nn_pixel_layout *layout)
{
    float m[6];
    nn_yuv_matrix_rgb(m, f->matrix, layout->yuv ? f->full_range : !layout->limited);
    return (nn_scale_colour){.luma = in_colour(m[1]),
                             .red_v = in_colour(m[2]),
                             .green_u = in_colour(m[3]),
                             .green_v = in_colour(m[4]),
                             .blue_u = in_colour(m[5]),
                             .offset = (int16_t)lrint((128 - m[0]) * m[1] * 32 + 16)};
}

// --- memory ---

static size_t round_up(size_t n)
{
    return (n + 63) / 64 * 64;
}

// Gives parts of a block away, or only counts them.
typedef struct block {
    uint8_t *memory;
    size_t used;
} block;

static void *take(block *b, size_t bytes)
{
    void *part = b->memory ? b->memory + b->used : NULL;
    b->used += round_up(bytes);
    return part;
}

static void take_rows(block *b, kept_rows *rows, size_t bytes)
{
    for (int i = 0; i < 2; i++)
        rows->row[i] = take(b, bytes);
}

static int is_chroma(const nn_pixel_layout *layout, int c)
{
    return layout->yuv && c > 0;
}

static void lay_out(nn_frame_scaler *s, block *b)
{
    const nn_frame *f = &s->made_for;
    const size_t outputs = (size_t)s->groups * NN_SCALE_GROUP + NN_SCALE_SLACK;
    for (int i = 0; i < 2; i++)
        s->group[i] = take(b, (size_t)s->groups * sizeof(nn_scale_group));
    for (int p = 0; p < s->layout.planes && f->read_row; p++)
        take_rows(b, &s->read[p], (size_t)nn_frame_row_bytes(f, p) + NN_FRAME_ROW_SLACK);
    for (int c = 0; c < s->layout.components; c++) {
        const nn_pixel_component *k = &s->layout.component[c];
        const int chroma = is_chroma(&s->layout, c);
        const int levels = s->x[chroma].halvings > s->y[chroma].halvings ? s->x[chroma].halvings
                                                                         : s->y[chroma].halvings;
        for (int i = 0; i <= levels; i++) // an axis that is halved less often needs no less room
            take_rows(b, &s->level[c][i],
                      ((size_t)samples_of(f->width, k->shift_x) >>
                       (i < s->x[chroma].halvings ? i : s->x[chroma].halvings)) +
                          1 + NN_SCALE_SLACK);
    }
    s->mixed = take(b, (size_t)f->width + 1 + NN_SCALE_SLACK);
    for (int c = 0; c < COMPONENTS; c++)
        s->line[c] = take(b, outputs * sizeof(int16_t));
}

static nn_status allocate(nn_frame_scaler *s, nn_error *err)
{
    block count = {0};
    lay_out(s, &count);
    nn_free(s->memory);
    block b = {.memory = nn_calloc(1, count.used)};
    s->memory = b.memory;
    if (!b.memory)
        return nn_fail(err, NN_ENOMEM, "no memory to show a frame of %dx%d", s->made_for.width,
                       s->made_for.height);
    lay_out(s, &b);
    return NN_OK;
}

// --- preparing ---

static bool same_rect(const nn_rect *a, const nn_rect *b)
{
    return a->x == b->x && a->y == b->y && a->width == b->width && a->height == b->height;
}

static bool same_layout(const nn_pixel_layout *a, const nn_pixel_layout *b)
{
    return a->yuv == b->yuv && a->limited == b->limited && a->planes == b->planes &&
           a->components == b->components &&
           !memcmp(a->component, b->component, sizeof a->component);
}

static bool is_ready(const nn_frame_scaler *s, const nn_frame *f, const nn_showing *showing)
{
    const nn_frame *m = &s->made_for;
    return s->ready && m->format == f->format && m->width == f->width && m->height == f->height &&
           m->matrix == f->matrix && m->full_range == f->full_range && m->read_row == f->read_row &&
           nn_frame_layout(f) && same_layout(&s->layout, nn_frame_layout(f)) &&
           same_rect(&s->showing.from, &showing->from) && same_rect(&s->showing.to, &showing->to) &&
           same_rect(&s->showing.seen, &showing->seen);
}

static bool lies_in(const nn_rect *part, const nn_rect *whole)
{
    return part->width >= 1 && part->height >= 1 && part->x >= whole->x && part->y >= whole->y &&
           part->width <= whole->width - (part->x - whole->x) &&
           part->height <= whole->height - (part->y - whole->y);
}

static void make_axes(nn_frame_scaler *s)
{
    const nn_frame *f = &s->made_for;
    const nn_rect *from = &s->showing.from, *to = &s->showing.to, *seen = &s->showing.seen;
    for (int i = 0; i < 2; i++) {
        const nn_pixel_component *k = &s->layout.component[i && s->layout.yuv ? 1 : 0];
        const int sx = i ? k->shift_x : 0, sy = i ? k->shift_y : 0;
        s->x[i] = make_axis(f->width, sx, 0.5, from->x, from->width, to->width, seen->x - to->x);
        s->y[i] = make_axis(f->height, sy, 0.5 * (1 << sy), from->y, from->height, to->height,
                            seen->y - to->y);
    }
}

nn_status nn_frame_scaler_prepare(nn_frame_scaler *s, const nn_frame *frame,
                                  const nn_showing *showing, nn_error *err)
{
    if (is_ready(s, frame, showing))
        return NN_OK;
    s->ready = false;
    const nn_status status = nn_frame_check(frame, err);
    if (status != NN_OK)
        return status;
    const nn_rect whole = {0, 0, frame->width, frame->height};
    if (!lies_in(&showing->from, &whole) || !lies_in(&showing->seen, &showing->to) ||
        showing->seen.width > MAX_SCREEN)
        return nn_fail(err, NN_EINVAL, "a part of %dx%d pixels cannot be shown on %dx%d",
                       showing->from.width, showing->from.height, showing->seen.width,
                       showing->seen.height);
    s->made_for = *frame;
    s->layout = *nn_frame_layout(frame);
    s->made_for.layout = &s->layout;
    s->showing = *showing;
    s->groups = (showing->seen.width + NN_SCALE_GROUP - 1) / NN_SCALE_GROUP;
    s->colour = make_colour(frame, &s->layout);
    make_axes(s);
    if (allocate(s, err) != NN_OK)
        return NN_ENOMEM;
    for (int i = 0; i < 2; i++)
        fill_groups(s->group[i], s->groups, &s->x[i], showing->seen.width);
    s->ready = true;
    return NN_OK;
}

// --- rows ---

// The room of a row; *known: it is there already.
static uint8_t *find_room(kept_rows *rows, int number, bool *known)
{
    *known = rows->number[number & 1] == number;
    rows->number[number & 1] = number;
    return rows->row[number & 1];
}

static const uint8_t *plane_row(nn_frame_scaler *s, int plane, int number)
{
    bool known;
    const nn_frame *f = s->frame;
    if (!f->read_row)
        return f->plane[plane] + (ptrdiff_t)number * f->stride[plane];
    uint8_t *room = find_room(&s->read[plane], number, &known);
    if (!known)
        f->read_row(f, plane, number, room);
    return room;
}

// A row of a component, its samples side by side.
static const uint8_t *component_row(nn_frame_scaler *s, int c, int number)
{
    bool known;
    const nn_pixel_component *k = &s->layout.component[c];
    const uint8_t *row = plane_row(s, k->plane, number) + k->offset;
    if (k->step == 1)
        return row;
    uint8_t *room = find_room(&s->level[c][0], number, &known);
    if (!known)
        nn_kernels_best()->scale.pick(room, row, k->step, samples_of(s->frame->width, k->shift_x));
    return room;
}

static void halve(uint8_t *out, const uint8_t *a, const uint8_t *b, int samples)
{
    const int half = samples / 2;
    nn_kernels_best()->scale.halve(out, a, b, half);
    if (samples % 2)
        out[half] = (uint8_t)((a[samples - 1] + b[samples - 1] + 1) / 2);
}

// A row of a component after `level` halvings.
static const uint8_t *level_row(nn_frame_scaler *s, int c, int level, int number)
{
    bool known;
    if (level == 0)
        return component_row(s, c, number);
    uint8_t *room = find_room(&s->level[c][level], number, &known);
    if (known)
        return room;
    const nn_pixel_component *k = &s->layout.component[c];
    const int chroma = is_chroma(&s->layout, c);
    const bool across = level <= s->x[chroma].halvings, down = level <= s->y[chroma].halvings;
    int width = samples_of(s->frame->width, k->shift_x),
        height = samples_of(s->frame->height, k->shift_y);
    for (int i = 1; i < level; i++) {
        width = i <= s->x[chroma].halvings ? (width + 1) / 2 : width;
        height = i <= s->y[chroma].halvings ? (height + 1) / 2 : height;
    }
    const int first = down ? 2 * number : number;
    const uint8_t *a = level_row(s, c, level - 1, first);
    const uint8_t *b = down && first + 1 < height ? level_row(s, c, level - 1, first + 1) : a;
    if (across)
        halve(room, a, b, width);
    else
        nn_kernels_best()->scale.blend(room, a, b, NN_SCALE_ONE / 2, width);
    return room;
}

static void resample(nn_frame_scaler *s, int c, int row)
{
    int weight;
    const int chroma = is_chroma(&s->layout, c);
    const axis *x = &s->x[chroma], *y = &s->y[chroma];
    const int levels = x->halvings > y->halvings ? x->halvings : y->halvings;
    const int at = find_place(y, row, &weight);
    const uint8_t *a = level_row(s, c, levels, weight == NN_SCALE_ONE ? at + 1 : at);
    const uint8_t *b = weight == 0 || weight == NN_SCALE_ONE ? a : level_row(s, c, levels, at + 1);
    const nn_scale_group *group = s->group[chroma];
    const int begin = group[0].at, last = group[s->groups - 1].at + 16,
              end = last < x->samples ? last : x->samples;
    if (a == b)
        memcpy(s->mixed + begin, a + begin, (size_t)(end - begin));
    else
        nn_kernels_best()->scale.blend(s->mixed + begin, a + begin, b + begin, weight, end - begin);
    nn_kernels_best()->scale.across(s->line[c], s->mixed, group, s->groups);
}

static void colour_row(nn_frame_scaler *s, uint8_t *out)
{
    const nn_scale_kernels *k = &nn_kernels_best()->scale;
    const int n = s->showing.seen.width;
    if (s->layout.yuv || s->layout.components == 1) // grey: the other lines stay 0
        k->yuv_to_bgrx(out, s->line[0], s->line[1], s->line[2], n, &s->colour);
    else
        k->rgb_to_bgrx(out, s->line[0], s->line[1], s->line[2], n);
}

// Rows of another frame are not known.
static void forget_rows(nn_frame_scaler *s)
{
    for (int c = 0; c < COMPONENTS; c++)
        for (int p = 0; p < 2; p++) {
            s->read[c].number[p] = -1;
            for (int i = 0; i <= HALVINGS; i++)
                s->level[c][i].number[p] = -1;
        }
}

void nn_frame_scaler_rows(nn_frame_scaler *s, const nn_frame *frame, int first, int count,
                          uint8_t *out, ptrdiff_t stride)
{
    s->frame = frame;
    forget_rows(s);
    for (int i = 0; i < count; i++) {
        for (int c = 0; c < s->layout.components; c++)
            resample(s, c, first + i);
        colour_row(s, out + i * stride);
    }
    s->frame = NULL;
}
