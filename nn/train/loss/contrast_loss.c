// SPDX-License-Identifier: MIT
// InfoNCE in both directions with explicit gradients.
#include "nn/train/loss/contrast_loss.h"

#include "nn/base/memory.h"

#include <math.h>

#define LEAST_LENGTH 1e-12

// What the loss works on: unit vectors, their lengths before, cosines, and the gradient there.
typedef struct work {
    int n, d;
    double *image, *text;               // n x d
    double *image_length, *text_length; // n
    double *cosine, *grad;              // n x n: picture by text
    const double *text_ids;             // borrowed
} work;

static void release(const work *w)
{
    nn_free(w->image);
    nn_free(w->text);
    nn_free(w->image_length);
    nn_free(w->text_length);
    nn_free(w->cosine);
    nn_free(w->grad);
}

static nn_status allocate(work *w, nn_error *err)
{
    const size_t n = (size_t)w->n, size = n * (size_t)w->d;
    w->image = nn_calloc(size, sizeof(double));
    w->text = nn_calloc(size, sizeof(double));
    w->image_length = nn_calloc(n, sizeof(double));
    w->text_length = nn_calloc(n, sizeof(double));
    w->cosine = nn_calloc(n * n, sizeof(double));
    w->grad = nn_calloc(n * n, sizeof(double));
    return w->image && w->text && w->image_length && w->text_length && w->cosine && w->grad
               ? NN_OK
               : nn_fail(err, NN_ENOMEM, "training: no memory for the loss of %d pairs", w->n);
}

static void normalise(double *out, double *length, const float *x, int n, int d)
{
    for (int i = 0; i < n; i++, x += d, out += d) {
        double sum = 0;
        for (int k = 0; k < d; k++)
            sum += (double)x[k] * (double)x[k];
        length[i] = fmax(sqrt(sum), LEAST_LENGTH);
        for (int k = 0; k < d; k++)
            out[k] = (double)x[k] / length[i];
    }
}

static double dot(const double *a, const double *b, int d)
{
    double sum[4] = {0};
    int k = 0;
    for (; k + 4 <= d; k += 4)
        for (int i = 0; i < 4; i++)
            sum[i] += a[k + i] * b[k + i];
    for (; k < d; k++)
        sum[0] += a[k] * b[k];
    return sum[0] + sum[1] + sum[2] + sum[3];
}

static bool is_same_text(const work *w, int a, int b)
{
    return w->text_ids ? w->text_ids[a] == w->text_ids[b] : a == b;
}

// Cross entropy of one row or column of logits, the own one of pair `at`, with those of the same
// text as true ones; adds softmax - truth to the gradient there. Its elements lie `step` apart from
// `first` on. *hit: no false one is as large as the best true one.
static double entropy(const work *w, ptrdiff_t first, int step, int at, double scale, double part,
                      bool *hit)
{
    const double *cosine = w->cosine + first;
    double *grad = w->grad + first, best = -HUGE_VAL, other = -HUGE_VAL, truth = 0, sum = 0;
    int count = 0;
    for (int i = 0; i < w->n; i++) {
        const double v = cosine[(ptrdiff_t)i * step];
        if (is_same_text(w, at, i)) {
            best = fmax(best, v);
            truth += v;
            count++;
        } else {
            other = fmax(other, v);
        }
    }
    const double most = fmax(best, other);
    *hit = best > other;
    for (int i = 0; i < w->n; i++)
        sum += exp(scale * (cosine[(ptrdiff_t)i * step] - most));
    for (int i = 0; i < w->n; i++) {
        const double p = exp(scale * (cosine[(ptrdiff_t)i * step] - most)) / sum;
        grad[(ptrdiff_t)i * step] += part * (p - (is_same_text(w, at, i) ? 1.0 / count : 0));
    }
    return log(sum) - scale * (truth / count - most);
}

// The gradient of an embedding from those of its cosines with `others`: what is along the unit
// vector changes nothing.
static void write_grad(float *out, const double *unit, double length, const double *others,
                       const double *grad, int n, int step, int d)
{
    double along = 0;
    for (int i = 0; i < n; i++)
        along += grad[(ptrdiff_t)i * step] * dot(unit, others + (ptrdiff_t)i * d, d);
    for (int k = 0; k < d; k++) {
        double sum = -along * unit[k];
        for (int i = 0; i < n; i++)
            sum += grad[(ptrdiff_t)i * step] * others[(ptrdiff_t)i * d + k];
        out[k] = (float)(sum / length);
    }
}

// Cosines and the gradient of the loss with respect to scaled ones.
static void find_loss(const work *w, double scale, double weight, const nn_contrast_grads *g,
                      nn_contrast_value *v)
{
    const int n = w->n;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++)
            w->cosine[(ptrdiff_t)i * n + k] =
                dot(w->image + (ptrdiff_t)i * w->d, w->text + (ptrdiff_t)k * w->d, w->d);
    *v = (nn_contrast_value){0};
    for (int i = 0; i < n; i++) {
        const bool own = i >= g->first && i < g->first + g->count;
        const double part = weight / (2.0 * n);
        const ptrdiff_t row = (ptrdiff_t)i * n;
        bool hit, text_hit;
        v->image += entropy(w, row, 1, i, scale, part, &hit) / n;
        v->text += entropy(w, i, n, i, scale, part, &text_hit) / n;
        v->hits += own && hit;
        v->text_hits += own && text_hit;
    }
    v->loss = (v->image + v->text) / 2;
}

nn_status nn_contrast_loss(const nn_contrast_batch *b, double weight, nn_contrast_grads *g,
                           nn_contrast_value *value, nn_error *err)
{
    work w = {.n = b->rows, .d = b->width, .text_ids = b->text_ids};
    const bool capped = b->scale >= NN_CONTRAST_SCALE_MOST;
    const double scale = capped ? (double)NN_CONTRAST_SCALE_MOST : (double)b->scale;
    const nn_status status = allocate(&w, err);
    if (status == NN_OK) {
        const int n = w.n, d = w.d;
        normalise(w.image, w.image_length, b->images, n, d);
        normalise(w.text, w.text_length, b->texts, n, d);
        find_loss(&w, scale, weight, g, value);
        g->scale = 0;
        for (ptrdiff_t i = 0; i < (ptrdiff_t)n * n; i++) {
            g->scale += w.grad[i] * w.cosine[i];
            w.grad[i] *= scale;
        }
        if (capped && g->scale < 0) // a step would raise it further
            g->scale = 0;
        for (int i = 0; i < g->count; i++) {
            const ptrdiff_t row = g->first + i;
            write_grad(g->images + (ptrdiff_t)i * d, w.image + row * d, w.image_length[row], w.text,
                       w.grad + row * n, n, 1, d);
            write_grad(g->texts + (ptrdiff_t)i * d, w.text + row * d, w.text_length[row], w.image,
                       w.grad + row, n, n, d);
        }
    }
    release(&w);
    return status;
}
