// SPDX-License-Identifier: MIT
// Details of objects in three growing lists, and the geometry of rotated boxes.
#include "nn/vision/details.h"

#include "nn/base/memory.h"

#include <math.h>
#include <string.h>

void nn_details_release(nn_details *d)
{
    nn_free(d->detail);
    nn_free(d->keypoints);
    nn_free(d->elements);
    nn_free(d->corners);
    *d = (nn_details){0};
}

void nn_details_clear(nn_details *d)
{
    d->count = d->keypoint_count = d->corner_count = 0;
    d->element_count = 0;
}

// Makes room for `more` of them behind `count`; false when memory is short.
static bool grow(void *list, size_t *capacity, size_t count, size_t more, size_t size)
{
    void **place = list;
    if (more > SIZE_MAX / 2 / size - count)
        return false;
    if (count + more <= *capacity)
        return true;
    const size_t room = count + more > 2 * *capacity ? count + more : 2 * *capacity;
    void *larger = nn_realloc(*place, *capacity * size, room * size);
    if (!larger)
        return false;
    *place = larger;
    *capacity = room;
    return true;
}

static bool grow_int(void *list, int *capacity, int count, int more, size_t size)
{
    size_t room = (size_t)*capacity;
    if (more < 0 || more > INT32_MAX / 4 - count ||
        !grow(list, &room, (size_t)count, (size_t)more, size))
        return false;
    *capacity = (int)room;
    return true;
}

nn_status nn_details_add(nn_details *d, int32_t *index)
{
    if (!grow_int(&d->detail, &d->capacity, d->count, 1, sizeof *d->detail))
        return NN_ENOMEM;
    d->detail[d->count++] = (nn_detail){0};
    *index = d->count;
    return NN_OK;
}

nn_detail *nn_details_at(const nn_details *d, int32_t index)
{
    return index >= 1 && index <= d->count ? &d->detail[index - 1] : NULL;
}

nn_keypoint *nn_details_add_keypoints(nn_details *d, int count)
{
    if (!grow_int(&d->keypoints, &d->keypoint_capacity, d->keypoint_count, count,
                  sizeof *d->keypoints))
        return NULL;
    nn_detail *last = &d->detail[d->count - 1];
    last->first_keypoint = d->keypoint_count;
    last->keypoint_count = count;
    d->keypoint_count += count;
    return d->keypoints + last->first_keypoint;
}

uint8_t *nn_details_add_mask(nn_details *d, int width, int height)
{
    const size_t size = (size_t)width * (size_t)height;
    if (!grow(&d->elements, &d->element_capacity, d->element_count, size, 1))
        return NULL;
    nn_detail *last = &d->detail[d->count - 1];
    last->first_element = d->element_count;
    last->mask_width = width;
    last->mask_height = height;
    d->element_count += size;
    return d->elements + last->first_element;
}

float *nn_details_add_outline(nn_details *d, int count)
{
    if (!grow_int(&d->corners, &d->corner_capacity, d->corner_count, count, 2 * sizeof *d->corners))
        return NULL;
    nn_detail *last = &d->detail[d->count - 1];
    last->first_corner = d->corner_count;
    last->corner_count = count;
    d->corner_count += count;
    return d->corners + 2 * (size_t)last->first_corner;
}

const nn_keypoint *nn_detail_keypoints(const nn_details *d, const nn_detail *detail)
{
    return d->keypoints ? d->keypoints + detail->first_keypoint : NULL; // of none there is no list
}

const uint8_t *nn_detail_mask(const nn_details *d, const nn_detail *detail)
{
    return d->elements ? d->elements + detail->first_element : NULL;
}

const float *nn_detail_outline(const nn_details *d, const nn_detail *detail)
{
    return d->corners ? d->corners + 2 * (size_t)detail->first_corner : NULL;
}

void nn_details_set_skeleton(nn_details *d, const struct nn_skeleton *skeleton)
{
    for (int i = 0; i < d->count; i++)
        d->detail[i].skeleton = d->detail[i].keypoint_count > 0 ? skeleton : NULL;
}

nn_status nn_details_copy(nn_details *dst, const nn_details *src)
{
    if (dst == src)
        return NN_OK;
    nn_details_clear(dst);
    if (!grow_int(&dst->detail, &dst->capacity, 0, src->count, sizeof *src->detail) ||
        !grow_int(&dst->keypoints, &dst->keypoint_capacity, 0, src->keypoint_count,
                  sizeof *src->keypoints) ||
        !grow(&dst->elements, &dst->element_capacity, 0, src->element_count, 1) ||
        !grow_int(&dst->corners, &dst->corner_capacity, 0, src->corner_count,
                  2 * sizeof *src->corners))
        return NN_ENOMEM;
    dst->count = src->count;
    dst->keypoint_count = src->keypoint_count;
    dst->element_count = src->element_count;
    dst->corner_count = src->corner_count;
    if (src->count > 0)
        memcpy(dst->detail, src->detail, (size_t)src->count * sizeof *src->detail);
    if (src->keypoint_count > 0)
        memcpy(dst->keypoints, src->keypoints,
               (size_t)src->keypoint_count * sizeof *src->keypoints);
    if (src->element_count > 0)
        memcpy(dst->elements, src->elements, src->element_count);
    if (src->corner_count > 0)
        memcpy(dst->corners, src->corners, 2 * (size_t)src->corner_count * sizeof *src->corners);
    return NN_OK;
}

nn_status nn_details_append(nn_details *dst, const nn_details *src, int32_t index, int32_t *to)
{
    const nn_detail *from = nn_details_at(src, index);
    *to = 0;
    if (!from)
        return NN_OK;
    const nn_detail one = *from;
    int32_t made;
    if (nn_details_add(dst, &made) != NN_OK)
        return NN_ENOMEM;
    nn_detail *added = nn_details_at(dst, made);
    *added = one;
    added->keypoint_count = added->mask_width = added->mask_height = added->corner_count = 0;
    if (one.keypoint_count > 0) {
        nn_keypoint *k = nn_details_add_keypoints(dst, one.keypoint_count);
        if (!k)
            return NN_ENOMEM;
        memcpy(k, nn_detail_keypoints(src, &one), (size_t)one.keypoint_count * sizeof *k);
    }
    if (one.mask_width > 0) {
        uint8_t *m = nn_details_add_mask(dst, one.mask_width, one.mask_height);
        if (!m)
            return NN_ENOMEM;
        memcpy(m, nn_detail_mask(src, &one), (size_t)one.mask_width * (size_t)one.mask_height);
    }
    if (one.corner_count > 0) {
        float *xy = nn_details_add_outline(dst, one.corner_count);
        if (!xy)
            return NN_ENOMEM;
        memcpy(xy, nn_detail_outline(src, &one), 2 * (size_t)one.corner_count * sizeof *xy);
    }
    *to = made;
    return NN_OK;
}

// --- rotated boxes ---

void nn_rotated_corners(const nn_rotated_box *b, float corner[8])
{
    static const float side[4][2] = {{-0.5f, -0.5f}, {0.5f, -0.5f}, {0.5f, 0.5f}, {-0.5f, 0.5f}};
    const float c = cosf(b->angle), s = sinf(b->angle);
    for (int i = 0; i < 4; i++) {
        const float u = side[i][0] * b->width, v = side[i][1] * b->height;
        corner[2 * i] = b->cx + u * c - v * s;
        corner[2 * i + 1] = b->cy + u * s + v * c;
    }
}

// The rectangle around points whose sides have these directions: (c, s) and (-s, c).
static nn_rotated_box rectangle_along(const float *xy, int count, double c, double s)
{
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    for (int i = 0; i < count; i++) {
        const double x = (double)xy[2 * i], y = (double)xy[2 * i + 1];
        const double along[2] = {c * x + s * y, c * y - s * x};
        for (int k = 0; k < 2; k++) {
            low[k] = fmin(low[k], along[k]);
            high[k] = fmax(high[k], along[k]);
        }
    }
    const double u = (low[0] + high[0]) / 2, v = (low[1] + high[1]) / 2;
    const double width = high[0] - low[0], height = high[1] - low[1], half = acos(0);
    double angle = width >= height ? atan2(s, c) : atan2(c, -s);
    angle += angle < -half ? 2 * half : angle >= half ? -2 * half : 0;
    return (nn_rotated_box){(float)(c * u - s * v), (float)(s * u + c * v),
                            (float)fmax(width, height), (float)fmin(width, height), (float)angle};
}

nn_rotated_box nn_rotated_around(const float *xy, int count)
{
    nn_rotated_box best = {0};
    double least = INFINITY;
    for (int i = 0; i < count; i++)
        for (int k = 0; k < i; k++) {
            const double dx = (double)xy[2 * i] - (double)xy[2 * k];
            const double dy = (double)xy[2 * i + 1] - (double)xy[2 * k + 1], far = hypot(dx, dy);
            if (!(far > 0))
                continue;
            const nn_rotated_box b = rectangle_along(xy, count, dx / far, dy / far);
            // A later direction must be clearly better, so that rounding does not turn rectangles.
            if ((double)b.width * (double)b.height < least * (1 - 1e-6)) {
                least = (double)b.width * (double)b.height;
                best = b;
            }
        }
    return best;
}

enum { POINTS = 16 }; // a polygon of 4 corners that is cut 4 times has 8

typedef struct polygon {
    double x[POINTS], y[POINTS];
    int n;
} polygon;

// Keeps what is on the left of the line from a to b (Sutherland and Hodgman 1974).
static void cut(polygon *p, double ax, double ay, double bx, double by)
{
    polygon out = {.n = 0};
    for (int i = 0; i < p->n; i++) {
        const int j = (i + 1) % p->n;
        const double d = (bx - ax) * (p->y[i] - ay) - (by - ay) * (p->x[i] - ax);
        const double e = (bx - ax) * (p->y[j] - ay) - (by - ay) * (p->x[j] - ax);
        if (d >= 0 && out.n < POINTS) {
            out.x[out.n] = p->x[i];
            out.y[out.n++] = p->y[i];
        }
        if ((d >= 0) != (e >= 0) && out.n < POINTS) {
            const double t = d / (d - e);
            out.x[out.n] = p->x[i] + t * (p->x[j] - p->x[i]);
            out.y[out.n++] = p->y[i] + t * (p->y[j] - p->y[i]);
        }
    }
    *p = out;
}

static double area_of(const polygon *p)
{
    double twice = 0;
    for (int i = 0; i < p->n; i++) {
        const int j = (i + 1) % p->n;
        twice += p->x[i] * p->y[j] - p->x[j] * p->y[i];
    }
    return fabs(twice) / 2;
}

double nn_rotated_intersection(const nn_rotated_box *a, const nn_rotated_box *b)
{
    float ca[8], cb[8];
    nn_rotated_corners(a, ca);
    nn_rotated_corners(b, cb);
    polygon p = {.n = 4};
    for (int i = 0; i < 4; i++) {
        p.x[i] = (double)ca[2 * i];
        p.y[i] = (double)ca[2 * i + 1];
    }
    for (int i = 0; i < 4; i++) {
        const int j = (i + 1) % 4;
        cut(&p, (double)cb[2 * i], (double)cb[2 * i + 1], (double)cb[2 * j], (double)cb[2 * j + 1]);
    }
    return area_of(&p);
}

float nn_rotated_iou(const nn_rotated_box *a, const nn_rotated_box *b)
{
    const double both = nn_rotated_intersection(a, b);
    const double all =
        (double)a->width * (double)a->height + (double)b->width * (double)b->height - both;
    return all > 0 ? (float)(both / all) : 0;
}
