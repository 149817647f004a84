// SPDX-License-Identifier: MIT
// Rotation, shear, translation and perspective of a view, laid out with margins.
#include "nn/data/augment/augment_parts.h"

#include <math.h>
#include <string.h>

static const double RADIANS = 3.14159265358979323846 / 180;

void nn_affine_append(nn_affine *t, const double a[4], double dx, double dy, int h, int w)
{
    const double cx = 0.5 * w, cy = 0.5 * h;
    const double *m = t->m;
    double r[6];
    for (int k = 0; k < 2; k++) {
        const double *row = a + (ptrdiff_t)2 * k;
        r[3 * k] = row[0] * m[0] + row[1] * m[3];
        r[3 * k + 1] = row[0] * m[1] + row[1] * m[4];
        r[3 * k + 2] = row[0] * (m[2] - cx) + row[1] * (m[5] - cy) + (k ? cy + dy : cx + dx);
    }
    for (int i = 0; i < 6; i++)
        t->m[i] = r[i];
    t->moves = true;
}

nn_affine nn_affine_draw(const nn_augment_options *o, int h, int w, nn_rng *rng)
{
    nn_affine t = {.m = {1, 0, 0, 0, 1, 0}};
    if (o->shear > 0) {
        const double x = tan(RADIANS * nn_rng_range(rng, -o->shear, o->shear));
        const double y = tan(RADIANS * nn_rng_range(rng, -o->shear, o->shear));
        nn_affine_append(&t, (double[4]){1, x, 0, 1}, 0, 0, h, w);
        nn_affine_append(&t, (double[4]){1, 0, y, 1}, 0, 0, h, w);
    }
    if (o->angle > 0) {
        const double angle = RADIANS * nn_rng_range(rng, -o->angle, o->angle);
        const double c = cos(angle), s = sin(angle);
        nn_affine_append(&t, (double[4]){c, -s, s, c}, 0, 0, h, w);
    }
    if (o->translate > 0) {
        const double x = nn_rng_range(rng, -o->translate, o->translate);
        const double y = nn_rng_range(rng, -o->translate, o->translate);
        // Whole pixels: a shift alone does not blur.
        nn_affine_append(&t, (double[4]){1, 0, 0, 1}, rint(x * w), rint(y * h), h, w);
    }
    if (o->perspective > 0) {
        t.tilt[0] = nn_rng_range(rng, -o->perspective, o->perspective) * 2 / w;
        t.tilt[1] = nn_rng_range(rng, -o->perspective, o->perspective) * 2 / h;
        t.moves = true;
    }
    return t;
}

// The inverse of the affine part. Its determinant is 1: shears and rotations keep areas.
static void invert(double inverse[6], const double m[6])
{
    const double d = m[0] * m[4] - m[1] * m[3];
    inverse[0] = m[4] / d;
    inverse[1] = -m[1] / d;
    inverse[3] = -m[3] / d;
    inverse[4] = m[0] / d;
    inverse[2] = -(inverse[0] * m[2] + inverse[1] * m[5]);
    inverse[5] = -(inverse[3] * m[2] + inverse[4] * m[5]);
}

// Bounds of the mapped corners of a box in a view of h x w; `to` maps a corner.
static void map_box(void (*to)(const nn_affine *t, int h, int w, double at[2]), const nn_affine *t,
                    int h, int w, const double box[4], double out[4])
{
    out[0] = out[1] = INFINITY;
    out[2] = out[3] = -INFINITY;
    for (int i = 0; i < 4; i++) {
        double at[2] = {box[i & 1 ? 2 : 0], box[i & 2 ? 3 : 1]};
        to(t, h, w, at);
        for (int k = 0; k < 2; k++) {
            out[k] = fmin(out[k], at[k]);
            out[k + 2] = fmax(out[k + 2], at[k]);
        }
    }
}

// Maps a point of the laid out picture to the view.
static void forth(const nn_affine *t, int h, int w, double at[2])
{
    const double *m = t->m, x = at[0], y = at[1];
    const double u = m[0] * x + m[1] * y + m[2] - 0.5 * w;
    const double v = m[3] * x + m[4] * y + m[5] - 0.5 * h;
    // Points behind the camera stay outside of the view.
    const double far = fmax(1 + t->tilt[0] * u + t->tilt[1] * v, 0.1);
    at[0] = u / far + 0.5 * w;
    at[1] = v / far + 0.5 * h;
}

// Maps a point of the view to the laid out picture. With a tilt of less than 1 / 2 on each side, no
// point of the view is behind the camera.
static void back(const nn_affine *t, int h, int w, double at[2])
{
    double m[6];
    invert(m, t->m);
    const double u = at[0] - 0.5 * w, v = at[1] - 0.5 * h;
    const double far = 1 - t->tilt[0] * u - t->tilt[1] * v;
    const double x = u / far + 0.5 * w, y = v / far + 0.5 * h;
    at[0] = m[0] * x + m[1] * y + m[2];
    at[1] = m[3] * x + m[4] * y + m[5];
}

void nn_affine_margins(nn_canvas *c, const nn_affine *t)
{
    c->width = c->view_w;
    c->height = c->view_h;
    c->margins = t->moves;
    if (!t->moves)
        return;
    double reach[4];
    map_box(back, t, c->view_h, c->view_w, (double[4]){0, 0, c->view_w, c->view_h}, reach);
    c->left = (int)ceil(fmax(0, -reach[0])) + 1;
    c->top = (int)ceil(fmax(0, -reach[1])) + 1;
    c->width += c->left + (int)ceil(fmax(0, reach[2] - c->view_w)) + 1;
    c->height += c->top + (int)ceil(fmax(0, reach[3] - c->view_h)) + 1;
}

typedef struct warp {
    const nn_affine *t;
    int h, w;
} warp;

static void warp_point(const void *ctx, double at[2])
{
    const warp *p = ctx;
    forth(p->t, p->h, p->w, at);
}

// Maps the detail of a box and cuts it off at the view. Bounds of an outline or a rotated box
// replace those of the mapped box, which are larger.
static nn_status move_detail(nn_canvas *c, const nn_affine *t, nn_truth *one, double b[4],
                             nn_error *err)
{
    const warp view = {t, c->view_h, c->view_w};
    const nn_augment_move move = {warp_point, &view};
    const double side[4] = {0, 0, c->view_w, c->view_h};
    nn_detail *d = c->details ? nn_details_at(c->details, one->detail) : NULL;
    if (!d)
        return NN_OK;
    nn_augment_detail_move(c->details, d, &move);
    double own[4];
    if (nn_augment_detail_bounds(c->details, d, own))
        memcpy(b, own, sizeof own);
    return nn_augment_detail_clip(c->details, one, side, err);
}

// Maps boxes of the laid out view to the warped one.
static nn_status move_truths(nn_canvas *c, const nn_affine *t, const nn_augment_options *o,
                             nn_error *err)
{
    int kept = 0;
    for (int i = 0; i < c->truth_count; i++) {
        nn_truth one = c->truths[i];
        double b[4];
        map_box(forth, t, c->view_h, c->view_w, (double[4]){one.x0, one.y0, one.x1, one.y1}, b);
        const nn_status status = move_detail(c, t, &one, b, err);
        if (status != NN_OK)
            return status;
        const double area = (b[2] - b[0]) * (b[3] - b[1]);
        const double x0 = fmax(b[0], 0), y0 = fmax(b[1], 0);
        const double w = fmin(b[2], c->view_w) - x0, h = fmin(b[3], c->view_h) - y0;
        if (w <= 0 || h <= 0)
            continue;
        one.x0 = (float)x0;
        one.y0 = (float)y0;
        one.x1 = (float)(x0 + w);
        one.y1 = (float)(y0 + h);
        one.area = 0;
        if (!one.ignore && (w * h < o->min_visible * area || w < o->min_side || h < o->min_side))
            one.ignore = NN_IGNORE_BOX;
        c->truths[kept++] = one;
    }
    c->truth_count = kept;
    return NN_OK;
}

// Source positions of a row of the view in the canvas: (x, y) / far, in samples, relative to (left,
// top), which advance by `step` from pixel to pixel.
typedef struct row {
    double x, y, far, step[3], left, top;
} row;

static row find_row(const nn_canvas *c, const nn_affine *t, int number)
{
    double m[6];
    invert(m, t->m);
    // From the centre of the view to the centre of its first pixel.
    const double u = 0.5 - 0.5 * c->view_w, v = number + 0.5 - 0.5 * c->view_h;
    const double far = 1 - t->tilt[0] * u - t->tilt[1] * v;
    const double cx = 0.5 * c->view_w, cy = 0.5 * c->view_h;
    // The middle of the view is at (left, top).
    const double left = m[0] * cx + m[1] * cy + m[2] + c->left - 0.5;
    const double top = m[3] * cx + m[4] * cy + m[5] + c->top - 0.5;
    return (row){
        m[0] * u + m[1] * v, m[3] * u + m[4] * v, far, {m[0], m[3], -t->tilt[0]}, left, top};
}

static void next_pixel(row *r)
{
    r->x += r->step[0];
    r->y += r->step[1];
    r->far += r->step[2];
}

static void sample_row(float *out, size_t plane, const nn_canvas *c, row r)
{
    const size_t from = (size_t)c->height * c->width;
    const double last_x = c->width - 1, last_y = c->height - 1;
    for (int i = 0; i < c->view_w; i++, next_pixel(&r)) {
        const double nearness = 1 / r.far;
        const double x = r.x * nearness + r.left, y = r.y * nearness + r.top;
        const double u = x < 0 ? 0 : x > last_x ? last_x : x;
        const double v = y < 0 ? 0 : y > last_y ? last_y : y;
        const int left = u < last_x ? (int)u : c->width - 2;
        const int top = v < last_y ? (int)v : c->height - 2;
        const float fx = (float)(u - left), fy = (float)(v - top);
        const float *p = c->planes + (size_t)top * c->width + left;
        for (int k = 0; k < 3; k++, p += from) {
            const float a = p[0] + fx * (p[1] - p[0]);
            const float b = p[c->width] + fx * (p[c->width + 1] - p[c->width]);
            out[k * plane + i] = a + fy * (b - a);
        }
    }
}

static void sample_labels(uint8_t *out, const nn_canvas *c, row r)
{
    for (int i = 0; i < c->view_w; i++, next_pixel(&r)) {
        const double u = fmin(fmax(r.x / r.far + r.left + 0.5, 0), c->width - 1);
        const double v = fmin(fmax(r.y / r.far + r.top + 0.5, 0), c->height - 1);
        out[i] = c->labels[(size_t)v * c->width + (size_t)u];
    }
}

nn_status nn_affine_apply(float *out, uint8_t *labels, nn_canvas *c, const nn_affine *t,
                          const nn_augment_options *o, nn_error *err)
{
    const size_t plane = (size_t)c->view_h * c->view_w;
    for (int y = 0; y < c->view_h; y++) {
        const row r = find_row(c, t, y);
        sample_row(out + (size_t)y * c->view_w, plane, c, r);
        if (labels)
            sample_labels(labels + (size_t)y * c->view_w, c, r);
    }
    return move_truths(c, t, o, err);
}
