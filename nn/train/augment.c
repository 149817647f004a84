// SPDX-License-Identifier: MIT
// Random geometry and colour of a training view.
#include "nn/train/augment.h"

#include "nn/base/memory.h"
#include "nn/train/balance.h"
#include "nn/train/patch.h"
#include "nn/train/window.h"

#include <math.h>
#include <string.h>

enum {
    GREY = 114, // level around pictures, as in nn_preprocess
    ANY_LABEL = -1,
};

void nn_augment_defaults(nn_augment_options *o)
{
    *o = (nn_augment_options){
        .scale = {0.75f, 1.3f},
        .aspect = 0.07f,
        .flip_h = 0.5f,
        .brightness = 0.06f,
        .contrast = 0.25f,
        .saturation = 0.3f,
        .hue = 0.02f,
        .min_visible = 0.35f,
        .min_side = 2,
        .std = {1, 1, 1},
        .area = {0.25f, 1},
        .ratio = 4.0f / 3,
    };
}

// Where one picture goes.
typedef struct placing {
    nn_view *view;
    nn_dataset *data;
    const nn_augment_options *options;
    const nn_kernels *kernels;
    nn_rng *rng;
    int32_t label; // of the object to have inside the view; ANY_LABEL: as `focus` says
} placing;

// A box to have inside the view: first its class among those in the picture, then one of that
// class.
static const nn_truth *pick_focus(const nn_sample *s, int32_t label, nn_rng *rng)
{
    const nn_truth *pick = NULL;
    int classes = 0, members = 0;
    for (int i = 0; i < s->truth_count && label == ANY_LABEL; i++) {
        const nn_truth *t = &s->truths[i];
        bool seen = t->ignore;
        for (int j = 0; j < i && !seen; j++)
            seen = !s->truths[j].ignore && s->truths[j].label == t->label;
        if (!seen && nn_rng_below(rng, ++classes) == 0)
            pick = t;
    }
    label = pick ? pick->label : label;
    for (int i = 0; i < s->truth_count && label != ANY_LABEL; i++)
        if (!s->truths[i].ignore && s->truths[i].label == label &&
            nn_rng_below(rng, ++members) == 0)
            pick = &s->truths[i];
    return pick;
}

// Shift of an axis: random but never leaving more empty space than needed; with a focus near a
// random place.
static double random_shift(double picture, double room, double focus, nn_rng *rng)
{
    double low = fmin(0, room - picture), high = fmax(0, room - picture);
    double u = nn_rng_uniform(rng);
    if (focus < 0)
        return low + (high - low) * u;
    return fmin(fmax((0.1 + 0.8 * u) * room - focus, low), high);
}

// Scale and shift of full-picture pixels for the part x0..y1 of the canvas.
static void random_patch(const placing *p, const nn_sample *s, nn_patch *patch)
{
    const nn_augment_options *o = p->options;
    const float *own = p->data->sources[s->source].scale;
    const float *range = own[0] > 0 && own[1] >= own[0] ? own : o->scale;
    double fit = fmin((double)o->fit_w / s->width, (double)o->fit_h / s->height);
    double size = exp(nn_rng_range(p->rng, logf(range[0]), logf(range[1])));
    double sy = fit * size, sx = sy * (1 + nn_rng_range(p->rng, -o->aspect, o->aspect));
    bool wanted = nn_rng_uniform(p->rng) < o->focus || p->label != ANY_LABEL;
    const nn_truth *focus = wanted ? pick_focus(s, p->label, p->rng) : NULL;
    bool mirror_x = nn_rng_uniform(p->rng) < o->flip_h,
         mirror_y = nn_rng_uniform(p->rng) < o->flip_v;
    double fx = focus ? 0.5 * (focus->x0 + focus->x1) : -1;
    double fy = focus ? 0.5 * (focus->y0 + focus->y1) : -1;
    if (focus && mirror_x)
        fx = s->width - fx;
    if (focus && mirror_y)
        fy = s->height - fy;
    double w = s->width * sx, h = s->height * sy;
    double tx = patch->x0 + random_shift(w, patch->x1 - patch->x0, fx * sx, p->rng);
    double ty = patch->y0 + random_shift(h, patch->y1 - patch->y0, fy * sy, p->rng);
    patch->scale_x = mirror_x ? -sx : sx;
    patch->scale_y = mirror_y ? -sy : sy;
    patch->shift_x = mirror_x ? tx + w : tx;
    patch->shift_y = mirror_y ? ty + h : ty;
}

static void map_axis(double scale, double shift, float a, float b, double *low, double *high)
{
    double p = a * scale + shift, q = b * scale + shift;
    *low = fmin(p, q);
    *high = fmax(p, q);
}

// Adds a box as far as it shows inside the patch.
static void place_truth(const placing *p, const nn_truth *t, const nn_patch *patch)
{
    double x0, y0, x1, y1;
    map_axis(patch->scale_x, patch->shift_x, t->x0, t->x1, &x0, &x1);
    map_axis(patch->scale_y, patch->shift_y, t->y0, t->y1, &y0, &y1);
    double area = (x1 - x0) * (y1 - y0);
    x0 = fmax(x0, patch->x0);
    y0 = fmax(y0, patch->y0);
    x1 = fmin(x1, patch->x1);
    y1 = fmin(y1, patch->y1);
    nn_view *v = p->view;
    if (x1 <= x0 || y1 <= y0 || v->truth_count >= v->capacity)
        return;
    const nn_augment_options *o = p->options;
    bool poor = (x1 - x0) * (y1 - y0) < o->min_visible * area || x1 - x0 < o->min_side ||
                y1 - y0 < o->min_side;
    v->truths[v->truth_count++] =
        (nn_truth){(float)x0, (float)y0, (float)x1, (float)y1, t->label, t->ignore || poor, 0};
}

static nn_status place_picture(const placing *p, int index, nn_patch *patch, nn_error *err)
{
    const nn_sample *s = &p->data->samples[index];
    nn_image image;
    bool borrowed;
    nn_status status = nn_dataset_picture(p->data, index, &image, &borrowed, err);
    if (status != NN_OK)
        return status;
    if (p->view->classes > 0)
        nn_window_draw(patch, s, p->view->height, p->view->width, p->options, p->rng);
    else
        random_patch(p, s, patch);
    for (int i = 0; i < s->truth_count && p->view->classes == 0; i++)
        place_truth(p, &s->truths[i], patch);
    nn_patch stored = *patch; // the picture may be kept at a smaller size than its boxes speak of
    stored.scale_x *= (double)s->width / image.width;
    stored.scale_y *= (double)s->height / image.height;
    status = nn_patch_draw(p->view->planes, p->view->height, p->view->width, &image, &stored,
                           p->kernels, err);
    if (!borrowed)
        nn_image_release(&image);
    return status;
}

static nn_status place_all(const placing *p, int index, const int others[3], nn_error *err)
{
    int w = p->view->width, h = p->view->height;
    nn_patch whole = {.x1 = w, .y1 = h};
    if (p->view->classes > 0 || !(nn_rng_uniform(p->rng) < p->options->mosaic))
        return place_picture(p, index, &whole, err);
    int cx = (int)(w * nn_rng_range(p->rng, 0.3f, 0.7f));
    int cy = (int)(h * nn_rng_range(p->rng, 0.3f, 0.7f));
    nn_status status = NN_OK;
    for (int i = 0; i < 4 && status == NN_OK; i++) {
        nn_patch part = {
            .x0 = i & 1 ? cx : 0, .x1 = i & 1 ? w : cx, .y0 = i & 2 ? cy : 0, .y1 = i & 2 ? h : cy};
        placing one = *p;
        one.label = i ? ANY_LABEL : p->label;
        status = place_picture(&one, i ? others[i - 1] : index, &part, err);
    }
    return status;
}

// m (3 x 3) = a * m
static void multiply(float m[9], const float a[9])
{
    float r[9];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            r[3 * i + j] = a[3 * i] * m[j] + a[3 * i + 1] * m[3 + j] + a[3 * i + 2] * m[6 + j];
    memcpy(m, r, sizeof r);
}

// Random colour matrix; saturation and hue as the colour matrices of SVG 1.1, section 15.10.
static void random_colour(const nn_augment_options *o, nn_rng *rng, float m[9], float *offset)
{
    float gain = 1 + nn_rng_range(rng, -o->contrast, o->contrast);
    float s = 1 + nn_rng_range(rng, -o->saturation, o->saturation);
    float turn = 6.28318531f * nn_rng_range(rng, -o->hue, o->hue);
    *offset = 255 * nn_rng_range(rng, -o->brightness, o->brightness);
    const float luma[3] = {0.213f, 0.715f, 0.072f};
    const float swing[9] = {-0.213f, -0.715f, 0.928f, 0.143f, 0.140f,
                            -0.283f, -0.787f, 0.715f, 0.072f};
    float c = cosf(turn), n = sinf(turn), saturation[9], hue[9];
    for (int i = 0; i < 9; i++) {
        float one = i % 4 == 0, grey = luma[i % 3];
        m[i] = one * gain;
        saturation[i] = grey + s * (one - grey);
        hue[i] = grey + c * (one - grey) + n * swing[i];
    }
    multiply(m, saturation);
    multiply(m, hue);
}

static float clip_level(float v)
{
    return v < 0 ? 0 : v > 255 ? 255 : v;
}

static void colour_planes(float *planes, int64_t n, const nn_augment_options *o, nn_rng *rng)
{
    float m[9], offset, scale[3], shift[3];
    random_colour(o, rng, m, &offset);
    for (int c = 0; c < 3; c++) {
        scale[c] = 1 / (255 * o->std[c]);
        shift[c] = -o->mean[c] / o->std[c];
    }
    float *r = planes, *g = planes + n, *b = planes + 2 * n;
    for (int64_t i = 0; i < n; i++) {
        float x = r[i], y = g[i], z = b[i];
        r[i] = clip_level(m[0] * x + m[1] * y + m[2] * z + offset) * scale[0] + shift[0];
        g[i] = clip_level(m[3] * x + m[4] * y + m[5] * z + offset) * scale[1] + shift[1];
        b[i] = clip_level(m[6] * x + m[7] * y + m[8] * z + offset) * scale[2] + shift[2];
    }
}

// out (3 x h x w) = in (3 x w x h) turned left: the point (x, y) goes to (y, h - x).
static void turn_left(float *out, const float *in, int h, int w, nn_truth *t, int count)
{
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
                out[((size_t)c * h + y) * w + x] = in[((size_t)c * w + x) * h + h - 1 - y];
    for (int i = 0; i < count; i++) {
        nn_truth o = t[i];
        t[i].x0 = o.y0;
        t[i].x1 = o.y1;
        t[i].y0 = h - o.x1;
        t[i].y1 = h - o.x0;
    }
}

static void set_targets(const nn_view *v, const nn_sample *s)
{
    memset(v->targets, 0, v->classes * sizeof *v->targets);
    for (int i = 0; i < s->class_count; i++)
        if (s->classes[i] >= 0 && s->classes[i] < v->classes)
            v->targets[s->classes[i]] = 1;
}

nn_status nn_augment_draw(nn_view *view, nn_dataset *data, int index, const int others[3],
                          const nn_augment_options *o, const nn_kernels *k, nn_rng *rng,
                          nn_error *err)
{
    int h = view->height, w = view->width;
    int64_t pixels = (int64_t)h * w;
    nn_view turned = *view;
    bool turn = nn_rng_uniform(rng) < o->rotate;
    if (turn) {
        turned.height = w;
        turned.width = h;
        turned.planes = nn_alloc(sizeof(float) * 3 * pixels);
        if (!turned.planes)
            return nn_fail(err, NN_ENOMEM, "no memory to turn a picture");
    }
    for (int64_t i = 0; i < 3 * pixels; i++)
        turned.planes[i] = GREY;
    turned.truth_count = 0;
    placing p = {&turned, data, o, k, rng, ANY_LABEL};
    // No number is drawn for a probability of 0: trainings without it keep their stream.
    if (o->balance > 0 && nn_rng_uniform(rng) < o->balance)
        nn_balance_pick(data, view->classes == 0, rng, &index, &p.label);
    nn_status status = place_all(&p, index, others, err);
    view->truth_count = turned.truth_count;
    if (view->classes > 0)
        set_targets(view, &data->samples[index]);
    if (turn && status == NN_OK)
        turn_left(view->planes, turned.planes, h, w, view->truths, view->truth_count);
    if (turn)
        nn_free(turned.planes);
    if (status == NN_OK)
        colour_planes(view->planes, pixels, o, rng);
    return status;
}
