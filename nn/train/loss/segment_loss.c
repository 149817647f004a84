// SPDX-License-Identifier: MIT
// Cross entropy and Dice of upsampled logits, row by row: the upsampled map is never stored.
#include "nn/train/loss/segment_loss.h"

#include "nn/base/memory.h"
#include "nn/vision/bilinear.h"

#include <math.h>
#include <string.h>

#define DICE_EPS 1.0 // pixels: keeps classes of a few pixels stable

// The state of one picture of a batch, used by one thread.
typedef struct picture {
    float *narrow; // classes x w: interpolated between two rows of logits, then its gradient
    float *wide;   // classes x width: logits of a row of labels, then probabilities, then gradients
    // for each class: sum of its probabilities at its pixels; sum of all its probabilities and
    // pixels
    double *both, *sum;
    int64_t truths[NN_MASK_CLASSES]; // pixels of each class
    nn_segment_loss_value value;
} picture;

struct nn_segment_loss {
    nn_segment_loss_options options;
    nn_bilinear *row, *column; // height and width entries
    picture *pictures;         // batch
    int batch;
    // For the whole batch: derivatives of Dice by the probability of a class at its own pixels
    // (both) and at others (sum).
    double both[NN_MASK_CLASSES], sum[NN_MASK_CLASSES];
    // Set while threads share the pictures.
    const nn_segment_maps *maps;
    double norm, scale;
};

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
    for (int i = 0; i < l->batch && l->pictures; i++) {
        nn_free(l->pictures[i].narrow);
        nn_free(l->pictures[i].wide);
        nn_free(l->pictures[i].both);
        nn_free(l->pictures[i].sum);
    }
    nn_free(l->pictures);
    nn_free(l->row);
    nn_free(l->column);
    nn_free(l);
}

static bool allocate_picture(picture *p, const nn_segment_maps *m)
{
    const size_t classes = (size_t)m->classes;
    p->narrow = nn_calloc(classes * (size_t)m->w, sizeof *p->narrow);
    p->wide = nn_calloc(classes * (size_t)m->width, sizeof *p->wide);
    p->both = nn_calloc(classes, sizeof *p->both);
    p->sum = nn_calloc(classes, sizeof *p->sum);
    return p->narrow && p->wide && p->both && p->sum;
}

static bool allocate(nn_segment_loss *l, const nn_segment_maps *m)
{
    l->row = nn_calloc((size_t)m->height, sizeof *l->row);
    l->column = nn_calloc((size_t)m->width, sizeof *l->column);
    l->pictures = nn_calloc((size_t)m->batch, sizeof *l->pictures);
    l->batch = m->batch;
    bool there = l->row && l->column && l->pictures;
    for (int i = 0; i < m->batch && there; i++)
        there = allocate_picture(&l->pictures[i], m);
    return there;
}

nn_status nn_segment_loss_new(nn_segment_loss **out, const nn_segment_loss_options *options,
                              const nn_segment_maps *m, nn_error *err)
{
    *out = NULL;
    nn_segment_loss *l = nn_calloc(1, sizeof *l);
    if (!l || !allocate(l, m)) {
        nn_segment_loss_free(l);
        return nn_fail(err, NN_ENOMEM, "training: no memory for the loss of %d classes of %dx%d",
                       m->classes, m->width, m->height);
    }
    l->options = *options;
    const double sy = 1 / nn_bilinear_stride(m->height, m->h);
    const double sx = 1 / nn_bilinear_stride(m->width, m->w);
    nn_bilinear_axis(l->row, m->height, 0.5 * sy - 0.5, sy, m->h);
    nn_bilinear_axis(l->column, m->width, 0.5 * sx - 0.5, sx, m->w);
    *out = l;
    return NN_OK;
}

// wide = the upsampled logits of row y of picture n.
static void enlarge(const nn_segment_loss *l, int n, int y)
{
    const nn_segment_maps *m = l->maps;
    const picture *p = &l->pictures[n];
    const nn_bilinear *r = &l->row[y];
    for (int c = 0; c < m->classes; c++) {
        const float *plane = m->logits + ((size_t)n * m->classes + c) * m->h * m->w;
        const float *a = plane + (size_t)r->a * m->w, *b = plane + (size_t)r->b * m->w;
        float *narrow = p->narrow + (size_t)c * m->w, *wide = p->wide + (size_t)c * m->width;
        for (int x = 0; x < m->w; x++)
            narrow[x] = a[x] + r->part * (b[x] - a[x]);
        for (int x = 0; x < m->width; x++) {
            const nn_bilinear *k = &l->column[x];
            wide[x] = narrow[k->a] + k->part * (narrow[k->b] - narrow[k->a]);
        }
    }
}

// The reverse: adds the gradients of a row of labels to those of the logits.
static void reduce(const nn_segment_loss *l, int n, int y)
{
    const nn_segment_maps *m = l->maps;
    const picture *p = &l->pictures[n];
    const nn_bilinear *r = &l->row[y];
    memset(p->narrow, 0, sizeof(float) * (size_t)m->classes * m->w);
    for (int c = 0; c < m->classes; c++) {
        float *plane = m->grad + ((size_t)n * m->classes + c) * m->h * m->w;
        float *a = plane + (size_t)r->a * m->w, *b = plane + (size_t)r->b * m->w;
        float *narrow = p->narrow + (size_t)c * m->w;
        const float *wide = p->wide + (size_t)c * m->width;
        for (int x = 0; x < m->width; x++) {
            const nn_bilinear *k = &l->column[x];
            narrow[k->a] += (1 - k->part) * wide[x];
            narrow[k->b] += k->part * wide[x];
        }
        for (int x = 0; x < m->w; x++) {
            a[x] += (1 - r->part) * narrow[x];
            b[x] += r->part * narrow[x];
        }
    }
}

// Softmax of a pixel's logits, `step` apart; returns the best class. *log_sum: of their
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

// Sums of a picture for the Dice coefficients.
static void sum_picture(const nn_segment_loss *l, int n)
{
    const nn_segment_maps *m = l->maps;
    const size_t step = (size_t)m->width;
    picture *p = &l->pictures[n];
    memset(p->both, 0, sizeof *p->both * (size_t)m->classes);
    memset(p->sum, 0, sizeof *p->sum * (size_t)m->classes);
    memset(p->truths, 0, sizeof p->truths);
    for (int y = 0; y < m->height; y++) {
        const uint8_t *label = labels_of(m, n, y);
        enlarge(l, n, y);
        for (int x = 0; x < m->width; x++) {
            double log_sum;
            if (label[x] >= m->classes)
                continue;
            softmax(p->wide + x, step, m->classes, &log_sum);
            for (int c = 0; c < m->classes; c++)
                p->sum[c] += (double)p->wide[c * step + x] + (label[x] == c);
            p->truths[label[x]]++;
            p->both[label[x]] += (double)p->wide[label[x] * step + x];
        }
    }
}

static void sum_pictures(void *ctx, int64_t begin, int64_t end, int thread)
{
    (void)thread;
    for (int64_t n = begin; n < end; n++)
        sum_picture(ctx, (int)n);
}

// Turns the sums of all pictures into derivatives, and returns the loss. Classes without pixels in
// the batch do not count.
static double differentiate_dice(nn_segment_loss *l)
{
    const int classes = l->maps->classes;
    int64_t truths[NN_MASK_CLASSES] = {0};
    double loss = 0;
    int shown = 0;
    for (int c = 0; c < classes; c++) {
        l->both[c] = l->sum[c] = 0;
        for (int n = 0; n < l->batch; n++) {
            l->both[c] += l->pictures[n].both[c];
            l->sum[c] += l->pictures[n].sum[c];
            truths[c] += l->pictures[n].truths[c];
        }
        shown += truths[c] > 0;
    }
    for (int c = 0; c < classes; c++) {
        const double s = l->sum[c] + DICE_EPS, overlap = (2 * l->both[c] + DICE_EPS) / s;
        const double part = truths[c] > 0 ? (double)l->options.dice / shown : 0;
        loss += part * (1 - overlap);
        l->sum[c] = l->scale * part * overlap / s;
        l->both[c] = l->sum[c] - l->scale * part * 2 / s;
    }
    return loss;
}

// From the probabilities of a pixel, `step` apart in z, to the gradient of its logits.
static void differentiate_pixel(const nn_segment_loss *l, float *z, size_t step, int label,
                                double factor)
{
    const int classes = l->maps->classes;
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

static void run_row(const nn_segment_loss *l, int n, int y)
{
    const nn_segment_maps *m = l->maps;
    const uint8_t *label = labels_of(m, n, y);
    const size_t step = (size_t)m->width;
    picture *p = &l->pictures[n];
    nn_segment_loss_value *v = &p->value;
    enlarge(l, n, y);
    for (int x = 0; x < m->width; x++) {
        float *z = p->wide + x;
        if (label[x] >= m->classes) {
            for (int c = 0; c < m->classes; c++)
                z[c * step] = 0;
            continue;
        }
        const double weight = weight_of(l, label[x]) / l->norm, own = (double)z[label[x] * step];
        double log_sum;
        v->hits += softmax(z, step, m->classes, &log_sum) == label[x];
        v->pixels++;
        v->entropy += weight * (log_sum - own);
        differentiate_pixel(l, z, step, label[x], l->scale * weight);
    }
    reduce(l, n, y);
}

static void run_pictures(void *ctx, int64_t begin, int64_t end, int thread)
{
    const nn_segment_loss *l = ctx;
    const nn_segment_maps *m = l->maps;
    const size_t logits = (size_t)m->classes * m->h * m->w;
    (void)thread;
    for (int64_t n = begin; n < end; n++) {
        l->pictures[n].value = (nn_segment_loss_value){0};
        memset(m->grad + (size_t)n * logits, 0, sizeof(float) * logits);
        for (int y = 0; y < m->height; y++)
            run_row(l, (int)n, y);
    }
}

nn_segment_loss_value nn_segment_loss_grad(nn_segment_loss *l, const nn_segment_maps *m,
                                           double scale)
{
    nn_segment_loss_value v = {0};
    l->maps = m;
    l->scale = scale;
    l->norm = sum_weights(l, m);
    if (l->options.dice > 0) {
        nn_pool_run(l->options.pool, m->batch, 1, sum_pictures, l);
        v.dice = differentiate_dice(l);
    }
    nn_pool_run(l->options.pool, m->batch, 1, run_pictures, l);
    for (int n = 0; n < m->batch; n++) {
        const nn_segment_loss_value *one = &l->pictures[n].value;
        v.entropy += one->entropy;
        v.pixels += one->pixels;
        v.hits += one->hits;
    }
    return v;
}
