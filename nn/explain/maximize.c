// SPDX-License-Identifier: MIT
// Gradient ascent on the pixels.
#include "nn/explain/maximize.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/explain/explain_internal.h"

#include <math.h>
#include <string.h>

enum { MOST_STEPS = 100000, MOST_RADIUS = 64 };

// The picture that climbs, in the network's input colours.
typedef struct climb {
    nn_explainer *e;
    const nn_explain_target *target;
    const nn_maximize_settings *s;
    nn_walk *walk;
    int h, w;
    float *x, *step, *work; // 3 planes each: picture, its change, scratch
    float low[3], high[3];  // black and white
} climb;

void nn_maximize_settings_init(nn_maximize_settings *s)
{
    *s = (nn_maximize_settings){.steps = 128,
                                .rate = 0.02f,
                                .decay = 0.005f,
                                .blur_every = 4,
                                .blur = 0.8f,
                                .variation = 0.02f,
                                .jitter = 8,
                                .noise = 0.01f,
                                .seed = 1};
}

void nn_maximized_release(nn_maximized *m)
{
    nn_image_release(&m->image);
    nn_free(m->score);
    *m = (nn_maximized){0};
}

static nn_status check(const nn_maximize_settings *s, nn_error *err)
{
    const bool fine = s->steps >= 1 && s->steps <= MOST_STEPS && s->rate > 0 && s->rate <= 1 &&
                      s->decay >= 0 && s->decay < 1 && s->blur_every >= 0 && s->blur >= 0 &&
                      s->blur <= MOST_RADIUS / 4 && s->variation >= 0 && s->variation <= 0.2f &&
                      s->jitter >= 0 && s->noise >= 0 && s->noise <= 1;
    return fine ? NN_OK
                : nn_fail(err, NN_EINVAL,
                          "settings out of range: %d steps (1 to %d), rate %g (0 to 1), decay %g "
                          "(0 to 1), blur %g (0 to %d), variation %g (0 to 0.2), jitter %d (at "
                          "least 0), noise %g (0 to 1)",
                          s->steps, MOST_STEPS, (double)s->rate, (double)s->decay, (double)s->blur,
                          MOST_RADIUS / 4, (double)s->variation, s->jitter, (double)s->noise);
}

static nn_status begin(climb *c, nn_error *err)
{
    nn_explainer *e = c->e;
    const nn_card *card = &e->model->card;
    const nn_status status = nn_explainer_plan(e, e->input_h, e->input_w, err);
    if (status != NN_OK)
        return status;
    c->h = e->plan_h;
    c->w = e->plan_w;
    const size_t plane = (size_t)c->h * (size_t)c->w;
    c->x = nn_calloc(3 * plane, sizeof *c->x);
    c->step = nn_calloc(3 * plane, sizeof *c->step);
    c->work = nn_calloc(3 * plane, sizeof *c->work);
    if (!c->x || !c->step || !c->work)
        return nn_fail(err, NN_ENOMEM, "no memory for a picture of %dx%d", c->w, c->h);
    nn_rng rng = nn_rng_stream(c->s->seed, 0);
    for (int k = 0; k < 3; k++) {
        const int colour = card->bgr ? 2 - k : k;
        c->low[k] = -card->mean[colour] / card->std[colour];
        c->high[k] = (1 - card->mean[colour]) / card->std[colour];
        for (size_t i = 0; i < plane; i++)
            c->x[(size_t)k * plane + i] =
                c->s->noise * (c->high[k] - c->low[k]) * nn_rng_normal(&rng);
    }
    return NN_OK;
}

// to(y, x) = from(y - dy, x - dx), around the edges.
static void roll(float *to, const float *from, int h, int w, int dy, int dx)
{
    for (int k = 0; k < 3; k++)
        for (int y = 0; y < h; y++) {
            const int sy = ((y - dy) % h + h) % h;
            for (int x = 0; x < w; x++) {
                const int sx = ((x - dx) % w + w) % w;
                to[((size_t)k * (size_t)h + (size_t)y) * (size_t)w + (size_t)x] =
                    from[((size_t)k * (size_t)h + (size_t)sy) * (size_t)w + (size_t)sx];
            }
        }
}

// Runs the picture, shifted, and gives the target's value; `gradient`: and c->step its gradient.
static nn_status evaluate(climb *c, int dy, int dx, bool gradient, float *score, nn_error *err)
{
    nn_explainer *e = c->e;
    nn_explain_seeds seeds;
    roll(nn_tensor_f32(nn_plan_input(e->plan, 0)), c->x, c->h, c->w, dy, dx);
    nn_status status = nn_explainer_rerun(e, err);
    if (status == NN_OK)
        status = nn_explain_find_seeds(e, c->target, &seeds, err);
    if (status != NN_OK)
        return status;
    *score = (float)nn_explain_score(e, &seeds);
    if (!isfinite(*score))
        return nn_fail(err, NN_EFORMAT, "the network gives numbers that are not finite");
    if (!gradient)
        return NN_OK;
    if (!c->walk)
        status =
            nn_explain_walk(e, &seeds, nn_graph_input_at(e->model->graph, 0), NULL, &c->walk, err);
    if (status != NN_OK)
        return status;
    nn_explain_start(e, &seeds, c->walk, false);
    nn_walk_run(c->walk);
    roll(c->step, nn_tensor_f32(nn_walk_result(c->walk)), c->h, c->w, -dy, -dx);
    return NN_OK;
}

// Scales numbers to a root mean square of 1; zeros stay.
static void normalise(float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    const float scale = sum > 0 ? (float)(1 / sqrt(sum / (double)n)) : 0;
    for (size_t i = 0; i < n; i++)
        x[i] *= scale;
}

// Subtracts the gradient of squared total variation, the sum of |x(i) - x(neighbour)|^2 / 2.
static void smooth(climb *c)
{
    const int h = c->h, w = c->w;
    for (int k = 0; k < 3; k++) {
        const float *x = c->x + (size_t)k * (size_t)h * (size_t)w;
        float *step = c->step + (size_t)k * (size_t)h * (size_t)w;
        const float weight = c->s->variation / (c->s->rate * (c->high[k] - c->low[k]));
        for (int i = 0; i < h * w; i++) {
            float apart = 0;
            apart += i >= w ? x[i] - x[i - w] : 0;
            apart += i < (h - 1) * w ? x[i] - x[i + w] : 0;
            apart += i % w > 0 ? x[i] - x[i - 1] : 0;
            apart += i % w < w - 1 ? x[i] - x[i + 1] : 0;
            step[i] -= weight * apart;
        }
    }
}

// Blurs along one axis: `count` lines of `n` numbers `stride` apart; edges are repeated.
static void blur_line(float *to, const float *from, int n, int stride, const float *tap, int radius)
{
    for (int i = 0; i < n; i++) {
        float sum = 0;
        for (int t = -radius; t <= radius; t++) {
            const int at = i + t < 0 ? 0 : i + t >= n ? n - 1 : i + t;
            sum += tap[t < 0 ? -t : t] * from[(size_t)at * (size_t)stride];
        }
        to[(size_t)i * (size_t)stride] = sum;
    }
}

static void blur(climb *c)
{
    const double sigma = (double)c->s->blur;
    const int radius = (int)ceil(3 * sigma);
    float tap[MOST_RADIUS + 1];
    double sum = 0;
    for (int i = 0; i <= radius; i++)
        sum += (i ? 2 : 1) * exp(-0.5 * i * i / (sigma * sigma));
    for (int i = 0; i <= radius; i++)
        tap[i] = (float)(exp(-0.5 * i * i / (sigma * sigma)) / sum);
    for (int row = 0; row < 3 * c->h; row++)
        blur_line(c->work + (size_t)row * (size_t)c->w, c->x + (size_t)row * (size_t)c->w, c->w, 1,
                  tap, radius);
    for (int k = 0; k < 3; k++)
        for (int column = 0; column < c->w; column++) {
            const size_t at = (size_t)k * (size_t)c->h * (size_t)c->w + (size_t)column;
            blur_line(c->x + at, c->work + at, c->h, c->w, tap, radius);
        }
}

// One step up: along the normalised gradient, back towards smooth and mean, and into what a picture
// can show.
static void climb_step(climb *c, int number)
{
    const nn_maximize_settings *s = c->s;
    const size_t plane = (size_t)c->h * (size_t)c->w;
    normalise(c->step, 3 * plane);
    if (s->variation > 0)
        smooth(c);
    for (size_t k = 0; k < 3; k++)
        for (size_t i = k * plane; i < (k + 1) * plane; i++)
            c->x[i] = (1 - s->decay) * c->x[i] + s->rate * (c->high[k] - c->low[k]) * c->step[i];
    if (s->blur_every > 0 && s->blur > 0 && (number + 1) % s->blur_every == 0)
        blur(c);
    for (size_t k = 0; k < 3; k++)
        for (size_t i = k * plane; i < (k + 1) * plane; i++)
            c->x[i] = nn_min_float(nn_max_float(c->x[i], c->low[k]), c->high[k]);
}

static nn_status put_image(const climb *c, nn_image *image, nn_error *err)
{
    const nn_card *card = &c->e->model->card;
    const size_t plane = (size_t)c->h * (size_t)c->w;
    *image = (nn_image){.width = c->w, .height = c->h, .rgb = nn_alloc(3 * plane)};
    if (!image->rgb)
        return nn_fail(err, NN_ENOMEM, "no memory for a picture of %dx%d", c->w, c->h);
    for (size_t i = 0; i < plane; i++)
        for (size_t k = 0; k < 3; k++) {
            const size_t from = card->bgr ? 2 - k : k;
            const float level =
                (c->x[from * plane + i] - c->low[from]) / (c->high[from] - c->low[from]) * 255;
            image->rgb[3 * i + k] = (uint8_t)(nn_min_float(nn_max_float(level, 0), 255) + 0.5f);
        }
    return NN_OK;
}

static nn_status climb_all(climb *c, nn_maximized *m, nn_explain_progress *progress, void *ctx,
                           nn_error *err)
{
    const nn_maximize_settings *s = c->s;
    nn_status status = NN_OK;
    for (int i = 0; i < s->steps && (!progress || progress(ctx, i, s->steps)); i++) {
        nn_rng rng = nn_rng_stream(s->seed, 1 + (uint64_t)i);
        const int dy = (int)nn_rng_below(&rng, 2 * (int64_t)s->jitter + 1) - s->jitter;
        const int dx = (int)nn_rng_below(&rng, 2 * (int64_t)s->jitter + 1) - s->jitter;
        status = evaluate(c, dy, dx, true, &m->score[i], err);
        if (status != NN_OK)
            return status;
        climb_step(c, i);
        m->steps = i + 1;
    }
    status = evaluate(c, 0, 0, false, &m->score[m->steps], err);
    if (status == NN_OK && progress)
        progress(ctx, m->steps, m->steps);
    return status;
}

nn_status nn_maximize(nn_explainer *e, const nn_explain_target *target,
                      const nn_maximize_settings *settings, nn_maximized *m,
                      nn_explain_progress *progress, void *ctx, nn_error *err)
{
    nn_maximize_settings usual;
    nn_maximize_settings_init(&usual);
    climb c = {.e = e, .target = target, .s = settings ? settings : &usual};
    nn_maximized_release(m);
    nn_status status = check(c.s, err);
    if (status == NN_OK)
        status = begin(&c, err);
    if (status == NN_OK && !(m->score = nn_calloc((size_t)c.s->steps + 1, sizeof *m->score)))
        status = nn_fail(err, NN_ENOMEM, "no memory for %d scores", c.s->steps);
    if (status == NN_OK)
        status = climb_all(&c, m, progress, ctx, err);
    if (status == NN_OK)
        status = put_image(&c, &m->image, err);
    if (status != NN_OK)
        nn_maximized_release(m);
    e->seen = false;
    nn_walk_free(c.walk);
    nn_free(c.x);
    nn_free(c.step);
    nn_free(c.work);
    return status;
}
