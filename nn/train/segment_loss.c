// SPDX-License-Identifier: MIT
// Cross entropy and Dice of enlarged logits, row by row: no enlarged map is ever stored.
#include "nn/train/segment_loss.h"

#include "nn/base/memory.h"
#include "nn/vision/lerp.h"

#include <math.h>
#include <string.h>

#define DICE_EPS 1.0 // pixels: a class of a few pixels must not blow up

struct nn_segment_loss {
    nn_segment_loss_options options;
    nn_lerp *row, *column; // height and width of them
    float *narrow;         // classes x w: between two rows of logits, then its gradient
    float *wide; // classes x width: logits of a row of labels, then probabilities, then gradients
    double *both, *sum; // of each class: probabilities at its pixels; these and its pixels
    int64_t truths[NN_MASK_CLASSES]; // pixels of each class
};

void nn_segment_loss_defaults(nn_segment_loss_options *o)
{
    *o = (nn_segment_loss_options){0};
}

void nn_segment_weights(const nn_dataset *d, int classes, float *weight)
{
    int64_t counts[256] = {0}, total = 0;
    double sum = 0;
    int present = 0;
    for (int i = 0; i < d->count; i++)
        nn_mask_count(&d->samples[i].mask, counts);
    for (int c = 0; c < classes; c++)
        total += counts[c];
    for (int c = 0; c < classes; c++) {
        if (counts[c] == 0)
            continue;
        weight[c] = (float)(1 / log(1.02 + (double)counts[c] / (double)total));
        sum += (double)weight[c];
        present++;
    }
    for (int c = 0; c < classes; c++)
        weight[c] = counts[c] > 0 ? (float)((double)weight[c] * present / sum) : 1;
}

void nn_segment_loss_free(nn_segment_loss *l)
{
    if (!l)
        return;
    nn_free(l->row);
    nn_free(l->column);
    nn_free(l->narrow);
    nn_free(l->wide);
    nn_free(l->both);
    nn_free(l->sum);
    nn_free(l);
}

nn_status nn_segment_loss_new(nn_segment_loss **out, const nn_segment_loss_options *options,
                              const nn_segment_maps *m, nn_error *err)
{
    *out = NULL;
    nn_segment_loss *l = nn_calloc(1, sizeof *l);
    if (l) {
        l->options = *options;
        l->row = nn_calloc((size_t)m->height, sizeof *l->row);
        l->column = nn_calloc((size_t)m->width, sizeof *l->column);
        l->narrow = nn_calloc((size_t)m->classes * m->w, sizeof *l->narrow);
        l->wide = nn_calloc((size_t)m->classes * m->width, sizeof *l->wide);
        l->both = nn_calloc((size_t)m->classes, sizeof *l->both);
        l->sum = nn_calloc((size_t)m->classes, sizeof *l->sum);
    }
    if (!l || !l->row || !l->column || !l->narrow || !l->wide || !l->both || !l->sum) {
        nn_segment_loss_free(l);
        return nn_fail(err, NN_ENOMEM, "training: no memory for the loss of %d classes of %dx%d",
                       m->classes, m->width, m->height);
    }
    const double sy = 1 / nn_lerp_stride(m->height, m->h);
    const double sx = 1 / nn_lerp_stride(m->width, m->w);
    nn_lerp_axis(l->row, m->height, 0.5 * sy - 0.5, sy, m->h);
    nn_lerp_axis(l->column, m->width, 0.5 * sx - 0.5, sx, m->w);
    *out = l;
    return NN_OK;
}

// wide = the logits of row y of picture n, enlarged.
static void enlarge(nn_segment_loss *l, const nn_segment_maps *m, int n, int y)
{
    const nn_lerp *r = &l->row[y];
    for (int c = 0; c < m->classes; c++) {
        const float *plane = m->logits + ((size_t)n * m->classes + c) * m->h * m->w;
        const float *a = plane + (size_t)r->a * m->w, *b = plane + (size_t)r->b * m->w;
        float *narrow = l->narrow + (size_t)c * m->w, *wide = l->wide + (size_t)c * m->width;
        for (int x = 0; x < m->w; x++)
            narrow[x] = a[x] + r->part * (b[x] - a[x]);
        for (int x = 0; x < m->width; x++) {
            const nn_lerp *k = &l->column[x];
            wide[x] = narrow[k->a] + k->part * (narrow[k->b] - narrow[k->a]);
        }
    }
}

// The way back: adds the gradients of a row of labels to those of the logits.
static void reduce(nn_segment_loss *l, const nn_segment_maps *m, int n, int y)
{
    const nn_lerp *r = &l->row[y];
    memset(l->narrow, 0, sizeof(float) * (size_t)m->classes * m->w);
    for (int c = 0; c < m->classes; c++) {
        float *plane = m->grad + ((size_t)n * m->classes + c) * m->h * m->w;
        float *a = plane + (size_t)r->a * m->w, *b = plane + (size_t)r->b * m->w;
        float *narrow = l->narrow + (size_t)c * m->w;
        const float *wide = l->wide + (size_t)c * m->width;
        for (int x = 0; x < m->width; x++) {
            const nn_lerp *k = &l->column[x];
            narrow[k->a] += (1 - k->part) * wide[x];
            narrow[k->b] += k->part * wide[x];
        }
        for (int x = 0; x < m->w; x++) {
            a[x] += (1 - r->part) * narrow[x];
            b[x] += r->part * narrow[x];
        }
    }
}

// Logits of a pixel, `step` apart, to probabilities; the class of the largest. *log_sum: of their
// exponentials.
static int softmax(float *z, size_t step, int classes, double *log_sum)
{
    int best = 0;
    double sum = 0;
    for (int c = 1; c < classes; c++)
        best = z[c * step] > z[best * step] ? c : best;
    const float top = z[best * step];
    for (int c = 0; c < classes; c++)
        sum += (double)(z[c * step] = expf(z[c * step] - top));
    for (int c = 0; c < classes; c++)
        z[c * step] = (float)((double)z[c * step] / sum);
    *log_sum = (double)top + log(sum);
    return best;
}

static const uint8_t *labels_of(const nn_segment_maps *m, int n, int y)
{
    return m->labels + ((size_t)n * m->height + y) * m->width;
}

static double weight_of(const nn_segment_loss *l, int label)
{
    const float w = l->options.weight[label];
    return w > 0 ? (double)w : 1;
}

static double sum_weights(const nn_segment_loss *l, const nn_segment_maps *m)
{
    int64_t counts[256] = {0};
    const size_t n = (size_t)m->batch * m->height * m->width;
    for (size_t i = 0; i < n; i++)
        counts[m->labels[i]]++;
    double sum = 0;
    for (int c = 0; c < m->classes; c++)
        sum += weight_of(l, c) * (double)counts[c];
    if (l->options.ranks) {
        nn_ranks_sum(l->options.ranks, &sum, 1);
        sum /= nn_ranks_count(l->options.ranks);
    }
    return sum > 0 ? sum : 1;
}

// The sums that the Dice coefficients are made of.
static void sum_regions(nn_segment_loss *l, const nn_segment_maps *m)
{
    memset(l->both, 0, sizeof *l->both * (size_t)m->classes);
    memset(l->sum, 0, sizeof *l->sum * (size_t)m->classes);
    memset(l->truths, 0, sizeof l->truths);
    for (int n = 0; n < m->batch; n++)
        for (int y = 0; y < m->height; y++) {
            const uint8_t *label = labels_of(m, n, y);
            enlarge(l, m, n, y);
            for (int x = 0; x < m->width; x++) {
                double log_sum;
                if (label[x] >= m->classes)
                    continue;
                softmax(l->wide + x, (size_t)m->width, m->classes, &log_sum);
                for (int c = 0; c < m->classes; c++)
                    l->sum[c] += (double)l->wide[(size_t)c * m->width + x] + (label[x] == c);
                l->truths[label[x]]++;
                l->both[label[x]] += (double)l->wide[(size_t)label[x] * m->width + x];
            }
        }
}

// Turns the sums into the derivatives of the loss by the probability of a pixel that is of the
// class (both) or not (sum), and gives the loss. Classes that the batch does not show count not.
static double differentiate_dice(nn_segment_loss *l, const nn_segment_maps *m, double scale)
{
    double loss = 0;
    int shown = 0;
    for (int c = 0; c < m->classes; c++)
        shown += l->truths[c] > 0;
    for (int c = 0; c < m->classes; c++) {
        const double s = l->sum[c] + DICE_EPS, overlap = (2 * l->both[c] + DICE_EPS) / s;
        const double part = l->truths[c] > 0 ? (double)l->options.dice / shown : 0;
        loss += part * (1 - overlap);
        l->sum[c] = scale * part * overlap / s;
        l->both[c] = l->sum[c] - scale * part * 2 / s;
    }
    return loss;
}

// Adds what Dice says to the gradients g by the logits of a pixel with probabilities p; both lie
// in z: p goes in, g comes out.
static void differentiate_pixel(const nn_segment_loss *l, float *z, size_t step, int classes,
                                int label, double factor)
{
    const bool dice = l->options.dice > 0;
    double mean = 0;
    for (int c = 0; dice && c < classes; c++)
        mean += (double)z[c * step] * (c == label ? l->both[c] : l->sum[c]);
    for (int c = 0; c < classes; c++) {
        const double p = (double)z[c * step];
        double g = factor * (p - (c == label));
        if (dice)
            g += p * ((c == label ? l->both[c] : l->sum[c]) - mean);
        z[c * step] = (float)g;
    }
}

static void run_row(nn_segment_loss *l, const nn_segment_maps *m, int n, int y, double norm,
                    double scale, nn_segment_loss_value *v)
{
    const uint8_t *label = labels_of(m, n, y);
    const size_t step = (size_t)m->width;
    enlarge(l, m, n, y);
    for (int x = 0; x < m->width; x++) {
        float *z = l->wide + x;
        if (label[x] >= m->classes) {
            for (int c = 0; c < m->classes; c++)
                z[c * step] = 0;
            continue;
        }
        const double weight = weight_of(l, label[x]) / norm, own = (double)z[label[x] * step];
        double log_sum;
        v->hits += softmax(z, step, m->classes, &log_sum) == label[x];
        v->pixels++;
        v->entropy += weight * (log_sum - own);
        differentiate_pixel(l, z, step, m->classes, label[x], scale * weight);
    }
    reduce(l, m, n, y);
}

nn_segment_loss_value nn_segment_loss_grad(nn_segment_loss *l, const nn_segment_maps *m,
                                           double scale)
{
    nn_segment_loss_value v = {0};
    const double norm = sum_weights(l, m);
    if (l->options.dice > 0) {
        sum_regions(l, m);
        v.dice = differentiate_dice(l, m, scale);
    }
    memset(m->grad, 0, sizeof(float) * (size_t)m->batch * m->classes * m->h * m->w);
    for (int n = 0; n < m->batch; n++)
        for (int y = 0; y < m->height; y++)
            run_row(l, m, n, y, norm, scale, &v);
    return v;
}
