// SPDX-License-Identifier: MIT
// Preprocessing: tables for the two axes, then tiles of eight rows through the pixel kernels.
#include "nn/vision/resize.h"

#include "nn/base/arith.h"
#include "nn/base/memory.h"

#include <math.h>
#include <string.h>

enum { GREY = 114 }; // level of the padding

typedef struct axis_table {
    nn_pixel_axis axis;
    int32_t *first;
    float *weight;
} axis_table;

// The sizes and formats that the tables depend on.
typedef struct setup {
    nn_letterbox letterbox;
    int shift_x, shift_y; // chroma subsampling
} setup;

struct nn_resizer {
    setup made_for;
    int x0, x1, y0, y1;    // the part of the input that shows the frame, pixels
    axis_table x[2], y[2]; // luma or RGB, chroma
    int window[2];         // most source rows that a tile needs: luma or RGB, chroma
    float *buffer; // per worker: a tile, three components of eight rows, and rows of read_row
    size_t buffer_floats, tile_floats, comp_floats, worker_floats;
    size_t row_bytes; // bytes from one row of read_row to the next
};

// One call of nn_preprocess for the workers.
typedef struct job {
    const nn_resizer *r;
    const nn_frame *frame;
    const nn_pixel_layout *layout;
    const nn_kernels *kernels;
    float matrix[6]; // YUV to RGB, see nn_pixel_kernels
    float scale[3], shift[3];
    float grey[3]; // the padding
    float *out;
} job;

nn_resizer *nn_resizer_new(void)
{
    return nn_calloc(1, sizeof(nn_resizer));
}

static void release_axis(axis_table *t)
{
    nn_free(t->first);
    nn_free(t->weight);
    *t = (axis_table){0};
}

static void release_tables(nn_resizer *r)
{
    for (int i = 0; i < 2; i++) {
        release_axis(&r->x[i]);
        release_axis(&r->y[i]);
    }
    memset(&r->made_for, 0, sizeof(r->made_for));
}

void nn_resizer_free(nn_resizer *r)
{
    if (!r)
        return;
    release_tables(r);
    nn_free(r->buffer);
    nn_free(r);
}

// Input pixels [*begin, *end) whose centres are on the frame; at least one.
static void find_span(int *begin, int *end, double pad, double size, int limit)
{
    double low = ceil(pad - 0.5), high = ceil(pad + size - 0.5);
    low = fmin(fmax(low, 0), limit - 1);
    high = fmin(fmax(high, low + 1), limit);
    *begin = (int)low;
    *end = (int)high;
}

// The source rows that a tile needs: their number, and in *first the first one.
static int find_window(const nn_pixel_axis *rows, int row, int *first)
{
    const int last = row + NN_PIXEL_ROWS < rows->count ? row + NN_PIXEL_ROWS - 1 : rows->count - 1;
    *first = rows->first[row];
    return rows->first[last] + rows->taps - *first;
}

static int widest_window(const nn_pixel_axis *rows)
{
    int most = 0, first;
    for (int row = 0; row < rows->count; row += NN_PIXEL_ROWS) {
        const int n = find_window(rows, row, &first);
        most = n > most ? n : most;
    }
    return most;
}

// One axis of the frame.
typedef struct side {
    int begin, count; // output pixels
    double scale, pad;
    int samples; // source samples
    int shift;   // log2 of their subsampling
    double site; // position of sample 0 in frame pixels, which begin at whole numbers
} side;

// Weights of a triangle filter of radius max(1, reduction) around the centre of each output pixel.
static void fill_axis(axis_table *t, const side *s, int padded)
{
    const int taps = t->axis.taps;
    const double step = ldexp(1 / s->scale, -s->shift), radius = step > 1 ? step : 1;
    for (int i = 0; i < s->count; i++) {
        double centre = (s->begin + i + 0.5 - s->pad) / s->scale; // in frame pixels
        double at = ldexp(centre - s->site, -s->shift);           // in source samples
        at = fmin(fmax(at, 0), s->samples - 1);
        int first = (int)floor(at - radius) + 1;
        first = first < 0 ? 0 : first > s->samples - taps ? s->samples - taps : first;
        float *w = t->weight + (size_t)i * (size_t)taps;
        double sum = 0;
        for (int k = 0; k < taps; k++)
            sum += fmax(0, 1 - fabs(first + k - at) / radius);
        for (int k = 0; k < taps; k++)
            w[k] = (float)(fmax(0, 1 - fabs(first + k - at) / radius) / sum);
        t->first[i] = first;
    }
    for (int i = s->count; i < padded; i++) // rows that fill up the last tile have weight 0
        t->first[i] = 0;
}

static nn_status make_axis(axis_table *t, const side *s)
{
    double step = ldexp(1 / s->scale, -s->shift), width = step > 1 ? ceil(2 * step) : 2;
    int taps = width < s->samples ? (int)width : s->samples;
    int padded = nn_divide_up(s->count, NN_PIXEL_ROWS) * NN_PIXEL_ROWS;
    t->first = nn_calloc((size_t)padded, sizeof(*t->first));
    t->weight = nn_calloc((size_t)padded, (size_t)taps * sizeof(*t->weight));
    if (!t->first || !t->weight)
        return NN_ENOMEM;
    t->axis =
        (nn_pixel_axis){.count = s->count, .taps = taps, .first = t->first, .weight = t->weight};
    fill_axis(t, s, padded);
    return NN_OK;
}

static int subsampled(int size, int shift)
{
    return (size + (1 << shift) - 1) >> shift;
}

static nn_status make_tables(nn_resizer *r, const setup *want)
{
    const nn_letterbox *l = &want->letterbox;
    find_span(&r->x0, &r->x1, l->pad_x, (double)l->frame_w * l->scale_x, l->input_w);
    find_span(&r->y0, &r->y1, l->pad_y, (double)l->frame_h * l->scale_y, l->input_h);
    for (int c = 0; c < 2; c++) {
        int sx = c ? want->shift_x : 0, sy = c ? want->shift_y : 0;
        // A chroma sample lies on the first of its pixels horizontally and between its rows
        // vertically.
        side x = {r->x0, r->x1 - r->x0, l->scale_x, l->pad_x, subsampled(l->frame_w, sx), sx, 0.5};
        side y = {r->y0, r->y1 - r->y0,  l->scale_y, l->pad_y, subsampled(l->frame_h, sy),
                  sy,    0.5 * (1 << sy)};
        if (make_axis(&r->x[c], &x) != NN_OK || make_axis(&r->y[c], &y) != NN_OK)
            return NN_ENOMEM;
        r->window[c] = widest_window(&r->y[c].axis);
    }
    r->made_for = *want;
    return NN_OK;
}

static bool same_setup(const setup *a, const setup *b)
{
    const nn_letterbox *l = &a->letterbox, *m = &b->letterbox;
    return l->scale_x == m->scale_x && l->scale_y == m->scale_y && l->pad_x == m->pad_x &&
           l->pad_y == m->pad_y && l->frame_w == m->frame_w && l->frame_h == m->frame_h &&
           l->input_w == m->input_w && l->input_h == m->input_h && a->shift_x == b->shift_x &&
           a->shift_y == b->shift_y;
}

// Bytes of n things of `size`, rounded up to whole cache lines.
static size_t lines(size_t n, size_t size)
{
    const size_t line = 64 / size;
    return (n + line - 1) / line * line;
}

static nn_status reserve_buffer(nn_resizer *r, const nn_frame *frame, int planes, int threads)
{
    int64_t widest = 0;
    for (int p = 0; p < planes; p++) {
        int64_t bytes = nn_frame_row_bytes(frame, p);
        widest = bytes > widest ? bytes : widest;
    }
    r->tile_floats = lines((size_t)widest * NN_PIXEL_ROWS, sizeof(float));
    r->comp_floats = lines(3 * NN_PIXEL_ROWS * (size_t)(r->x1 - r->x0), sizeof(float));
    r->worker_floats = r->tile_floats + r->comp_floats;
    r->row_bytes = lines((size_t)widest, 1); // rows of read_row begin at cache lines, too
    if (frame->read_row)
        r->worker_floats +=
            r->row_bytes / 4 * (size_t)(r->window[0] > r->window[1] ? r->window[0] : r->window[1]) +
            NN_FRAME_ROW_SLACK / 4;
    size_t floats = r->worker_floats * (size_t)threads;
    if (floats <= r->buffer_floats)
        return NN_OK;
    nn_free(r->buffer);
    r->buffer = nn_alloc(floats * sizeof(float));
    r->buffer_floats = r->buffer ? floats : 0;
    return r->buffer ? NN_OK : NN_ENOMEM;
}

// From the luma weights Kr and Kb.
void nn_yuv_matrix_rgb(float m[6], nn_yuv_matrix matrix, bool full_range)
{
    double kr, kb;
    nn_yuv_weights(matrix, &kr, &kb);
    const double kg = 1 - kr - kb;
    double luma = full_range ? 1 : 255.0 / 219, chroma = full_range ? 1 : 255.0 / 224;
    m[0] = full_range ? 0 : 16;
    m[1] = (float)luma;
    m[2] = (float)(2 * (1 - kr) * chroma);
    m[3] = (float)(-2 * (1 - kb) * kb / kg * chroma);
    m[4] = (float)(-2 * (1 - kr) * kr / kg * chroma);
    m[5] = (float)(2 * (1 - kb) * chroma);
}

static void fill(float *p, float value, int n)
{
    for (int i = 0; i < n; i++)
        p[i] = value;
}

// Resamples eight rows of a plane through read_row; `read` has room for the source rows.
static void read_down(const job *j, float *tile, uint8_t *read, int plane,
                      const nn_pixel_axis *rows, int row)
{
    const nn_frame *f = j->frame;
    int32_t first[NN_PIXEL_ROWS];
    int begin;
    const int count = find_window(rows, row, &begin);
    for (int i = 0; i < count; i++)
        f->read_row(f, plane, begin + i, read + (size_t)i * j->r->row_bytes);
    for (int i = 0; i < NN_PIXEL_ROWS; i++) // rows that fill up the last tile have weight 0
        first[i] = row + i < rows->count ? rows->first[row + i] - begin : 0;
    const nn_pixel_axis here = {.count = NN_PIXEL_ROWS,
                                .taps = rows->taps,
                                .first = first,
                                .weight = rows->weight + (size_t)row * (size_t)rows->taps};
    j->kernels->pixel.down(tile, read, (ptrdiff_t)j->r->row_bytes,
                           (int)nn_frame_row_bytes(f, plane), &here, 0);
}

// Asks for the rows of a plane that the next tile needs. A decoder on another core has written
// them, and eight rows at a time in narrow columns are no pattern that processors follow.
static void prefetch_next(const job *j, int plane, const nn_pixel_axis *rows, int row)
{
    enum { CACHE_LINE = 64 };
    int first;
    const int next = row + NN_PIXEL_ROWS, bytes = (int)nn_frame_row_bytes(j->frame, plane);
    if (next >= rows->count)
        return;
    const int begun = rows->first[next - 1] + rows->taps; // those before are here
    const int end = find_window(rows, next, &first) + first;
    for (int y = first > begun ? first : begun; y < end; y++) {
        const uint8_t *line = j->frame->plane[plane] + (ptrdiff_t)y * j->frame->stride[plane];
        for (int x = 0; x < bytes; x += CACHE_LINE)
            __builtin_prefetch(line + x, 0, 2);
    }
}

// Resamples the components of a tile into `comp`: three times eight rows of `width`.
static void resample(const job *j, float *tile, float *comp, int row, int width)
{
    const nn_resizer *r = j->r;
    const nn_pixel_layout *layout = j->layout;
    int plane = -1;
    for (int c = 0; c < layout->components; c++) {
        const nn_pixel_component *p = &layout->component[c];
        if (p->plane != plane) {
            const nn_pixel_axis *rows = &r->y[p->shift_y > 0].axis;
            plane = p->plane;
            if (j->frame->read_row)
                read_down(j, tile, (uint8_t *)(tile + r->tile_floats + r->comp_floats), plane, rows,
                          row);
            else {
                prefetch_next(j, plane, rows, row);
                j->kernels->pixel.down(tile, j->frame->plane[plane], j->frame->stride[plane],
                                       (int)nn_frame_row_bytes(j->frame, plane), rows, row);
            }
        }
        j->kernels->pixel.across(comp + c * NN_PIXEL_ROWS * (size_t)width, width, tile,
                                 &r->x[p->shift_x > 0].axis, p->step, p->offset);
    }
}

static void colour_row(const job *j, float *const out[3], const float *const in[3], int n)
{
    if (j->layout->yuv) {
        j->kernels->pixel.yuv_to_rgb(out[0], out[1], out[2], in[0], in[1], in[2], n, j->matrix,
                                     j->scale, j->shift);
        return;
    }
    for (int c = 0; c < 3; c++)
        j->kernels->eltwise.affine(out[c], in[c], j->scale[c], j->shift[c], n);
}

static void make_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const job *j = ctx;
    const nn_resizer *r = j->r;
    const nn_letterbox *l = &r->made_for.letterbox;
    const int width = r->x1 - r->x0, height = r->y1 - r->y0;
    const size_t plane = (size_t)l->input_w * (size_t)l->input_h;
    const int last = j->layout->components - 1;
    float *tile = r->buffer + r->worker_floats * (size_t)worker, *comp = tile + r->tile_floats;
    for (int64_t t = begin; t < end; t++) {
        int row = (int)t * NN_PIXEL_ROWS;
        resample(j, tile, comp, row, width);
        for (int i = 0; i < NN_PIXEL_ROWS && row + i < height; i++) {
            float *out[3];
            const float *in[3];
            for (int c = 0; c < 3; c++) {
                float *line = j->out + (size_t)c * plane + (size_t)(r->y0 + row + i) * l->input_w;
                fill(line, j->grey[c], r->x0);
                fill(line + r->x1, j->grey[c], l->input_w - r->x1);
                out[c] = line + r->x0;
                in[c] = comp + (size_t)((c < last ? c : last) * NN_PIXEL_ROWS + i) * width;
            }
            colour_row(j, out, in, width);
        }
    }
}

static void fill_margins(const job *j)
{
    const nn_resizer *r = j->r;
    const nn_letterbox *l = &r->made_for.letterbox;
    for (int c = 0; c < 3; c++) {
        float *plane = j->out + (size_t)c * (size_t)l->input_w * (size_t)l->input_h;
        const float level = j->grey[c];
        fill(plane, level, r->y0 * l->input_w);
        fill(plane + (size_t)r->y1 * (size_t)l->input_w, level, (l->input_h - r->y1) * l->input_w);
    }
}

static nn_status check_call(const nn_frame *frame, const nn_letterbox *l, const float std[3],
                            const nn_tensor *out, nn_error *err)
{
    nn_status status = nn_frame_check(frame, err);
    if (status != NN_OK)
        return status;
    if (l->frame_w != frame->width || l->frame_h != frame->height || !(l->scale_x > 0) ||
        !(l->scale_y > 0))
        return nn_fail(err, NN_EINVAL, "preprocess: the letterbox is for another frame size");
    nn_shape want = nn_shape_4d(1, 3, l->input_h, l->input_w);
    if (out->dtype != NN_F32 || !nn_shape_equal(&out->shape, &want) || l->input_h < 1 ||
        l->input_w < 1) {
        char text[96];
        return nn_fail(err, NN_ESHAPE, "preprocess: input is %s and not float32 1x3x%dx%d",
                       nn_shape_text(&out->shape, text, sizeof(text)), l->input_h, l->input_w);
    }
    if (!(std[0] > 0 && std[1] > 0 && std[2] > 0))
        return nn_fail(err, NN_EINVAL, "preprocess: std must be above 0");
    return NN_OK;
}

nn_status nn_resizer_prepare(nn_resizer *r, const nn_frame *frame, const nn_letterbox *letterbox,
                             const nn_pool *pool, nn_error *err)
{
    const nn_pixel_layout *layout = nn_frame_layout(frame);
    const nn_pixel_component *last = &layout->component[layout->components - 1];
    const setup want = {*letterbox, last->shift_x, last->shift_y};
    if (!same_setup(&want, &r->made_for)) {
        release_tables(r);
        if (make_tables(r, &want) != NN_OK) {
            release_tables(r);
            return nn_fail(err, NN_ENOMEM, "preprocess: no memory for the resize tables");
        }
    }
    return reserve_buffer(r, frame, layout->planes, nn_pool_threads(pool)) == NN_OK
               ? NN_OK
               : nn_fail(err, NN_ENOMEM, "preprocess: no memory for row buffers");
}

nn_status nn_preprocess(nn_resizer *r, const nn_frame *frame, const nn_letterbox *letterbox,
                        const float mean[3], const float std[3], const nn_tensor *out,
                        nn_pool *pool, const nn_kernels *kernels, nn_error *err)
{
    nn_status status = check_call(frame, letterbox, std, out, err);
    if (status == NN_OK)
        status = nn_resizer_prepare(r, frame, letterbox, pool, err);
    if (status != NN_OK)
        return status;
    const nn_pixel_layout *layout = nn_frame_layout(frame);
    job j = {.r = r,
             .frame = frame,
             .layout = layout,
             .kernels = kernels ? kernels : nn_kernels_best(),
             .out = nn_tensor_f32(out)};
    nn_yuv_matrix_rgb(j.matrix, frame->matrix, frame->full_range);
    for (int c = 0; c < 3; c++) {
        const bool limited = layout->limited && !layout->yuv;
        j.grey[c] = GREY / (255 * std[c]) - mean[c] / std[c];
        j.scale[c] = 1 / ((limited ? 219 : 255) * std[c]);
        j.shift[c] = -mean[c] / std[c] - (limited ? 16 * j.scale[c] : 0);
    }
    int64_t tiles = nn_divide_up(r->y1 - r->y0, NN_PIXEL_ROWS);
    nn_pool_run(pool, tiles, 2, make_rows, &j);
    fill_margins(&j);
    return NN_OK;
}

void nn_swap_red_and_blue(const nn_tensor *input)
{
    const int64_t plane = nn_shape_span(&input->shape, 2, 4);
    float *red = nn_tensor_f32(input), *blue = red + 2 * plane;
    for (int64_t i = 0; i < plane; i++) {
        const float v = red[i];
        red[i] = blue[i];
        blue[i] = v;
    }
}
