// SPDX-License-Identifier: MIT
// Writes the sentences of a verdict about causes: the training, missed objects, false boxes.
#include "app/report/verdict.h"

#include <math.h>

enum { LEAST_EPOCHS = 5, LEAST_COUNT = 5 };
enum { GRID = 32, MOST_SIDE = 1920 };
#define WORTH 0.02     // difference of a score that is more than chance
#define LOSS_FELL 0.95 // factor on the loss below which it still falls
#define EARLY 0.7      // fraction of the epochs before which the best one is early
#define LATE 0.25      // fraction of the epochs that is the end of the training
#define MISSED 0.1     // fraction of objects from which misses are reported
#define CAUSE 0.33     // fraction of the misses that one cause must explain
#define OFTENER 1.25   // factor by which this kind of objects is missed more often
#define FALSE_PART 0.2 // fraction of boxes from which false ones are reported

// --- the training ---

// Last validated epoch before `end`; -1: none.
static int last_scored(const app_verdict_facts *f, int end)
{
    while (--end >= 0 && !isfinite(f->epochs[end].score))
        ;
    return end;
}

static char *say_overfit(const app_verdict_facts *f, int best, int last)
{
    const app_verdict_epoch *b = &f->epochs[best], *l = &f->epochs[last];
    if (best + 1 > EARLY * (last + 1) || l->score > b->score - WORTH ||
        l->loss > LOSS_FELL * b->loss)
        return NULL;
    return g_strdup_printf("over-fits: after epoch %d the validation score fell from %.2f to %.2f "
                           "while the training loss still fell: more pictures or --augment strong "
                           "(the weights of epoch %d are kept)",
                           best + 1, b->score, l->score, best + 1);
}

static char *say_rising(const app_verdict_facts *f, int last)
{
    const int count = (int)ceil(LATE * (last + 1)), before = last_scored(f, last + 1 - count);
    if (before < 0 || last + 1 < f->all_epochs ||
        f->epochs[last].score - f->epochs[before].score < WORTH)
        return NULL;
    return g_strdup_printf("the score still rose at the end (%.2f to %.2f in %d epoch%s): train "
                           "longer, --epochs %d",
                           f->epochs[before].score, f->epochs[last].score, last - before,
                           last - before > 1 ? "s" : "", 2 * (last + 1));
}

char *app_verdict_training(const app_verdict_facts *f)
{
    const int last = last_scored(f, f->epoch_count);
    int best = last;
    for (int i = 0; i < last; i++)
        best = f->epochs[i].score > f->epochs[best].score ? i : best;
    char *text = last >= LEAST_EPOCHS - 1 ? say_overfit(f, best, last) : NULL;
    return text ? text : say_rising(f, last);
}

// --- missed objects ---

// Whether a kind of objects explains many of the misses and is missed more often than others.
static bool explains(const nn_misses_of *of, const nn_misses_of *all)
{
    return of->missed >= LEAST_COUNT && (double)of->missed >= CAUSE * (double)all->missed &&
           (double)of->missed * (double)all->objects >=
               OFTENER * (double)all->missed * (double)of->objects;
}

static int to_grid(double side)
{
    return (int)ceil(fmin(side, MOST_SIDE) / GRID) * GRID;
}

// A larger input size, at most that of the pictures and twice the current one; false when pictures
// are no larger.
static bool larger_size(const app_verdict_facts *f, int *width, int *height)
{
    const nn_box_misses *m = &f->misses;
    if (m->pictures == 0 || f->input_w <= 0 || f->input_h <= 0)
        return false;
    const double more =
        fmin(fmax(m->width / m->pictures / f->input_w, m->height / m->pictures / f->input_h), 2);
    *width = to_grid(f->input_w * more);
    *height = to_grid(f->input_h * more);
    return more > 1.15 && *width * *height > f->input_w * f->input_h;
}

static char *say_small(const app_verdict_facts *f)
{
    const nn_box_misses *m = &f->misses;
    int width, height;
    char *size = larger_size(f, &width, &height)
                     ? g_strdup_printf("train with --size %dx%d", width, height)
                     : g_strdup("the pictures have no more pixels; --size enlarges them");
    char *text = g_strdup_printf("%lld of %lld missed objects are smaller than %d pixels in the "
                                 "%dx%d input: %s",
                                 (long long)m->small.missed, (long long)m->all.missed,
                                 NN_MISSES_SMALL, f->input_w, f->input_h, size);
    g_free(size);
    return text;
}

char *app_verdict_misses(const app_verdict_facts *f)
{
    const nn_box_misses *m = &f->misses;
    const long long missed = m->all.missed;
    if (missed < LEAST_COUNT || (double)missed < MISSED * (double)m->all.objects)
        return NULL;
    if (explains(&m->small, &m->all))
        return say_small(f);
    if (explains(&m->crowded, &m->all))
        return g_strdup_printf("%lld of %lld missed objects overlap others: try a higher "
                               "--iou-threshold (it is %.2f)",
                               (long long)m->crowded.missed, missed, f->iou_threshold);
    if (explains(&m->border, &m->all))
        return g_strdup_printf("%lld of %lld missed objects are cut by the border of the picture: "
                               "train with --translate 0.2",
                               (long long)m->border.missed, missed);
    return g_strdup_printf("misses %lld of %lld objects: a --threshold below %.2f finds more of "
                           "them, with more false boxes",
                           missed, (long long)m->all.objects, f->threshold);
}

// --- false boxes ---

static bool is_worth(int64_t count, int64_t boxes)
{
    return count >= LEAST_COUNT && (double)count >= FALSE_PART * (double)boxes;
}

char *app_verdict_alarms(const app_verdict_facts *f)
{
    const nn_box_misses *m = &f->misses;
    const long long boxes = (long long)m->boxes;
    if (is_worth(m->nothing, boxes))
        return g_strdup_printf("%lld of %lld boxes are on nothing: add pictures without objects "
                               "(--negatives DIR), or use a --threshold above %.2f",
                               (long long)m->nothing, boxes, f->threshold);
    if (is_worth(m->doubled, boxes))
        return g_strdup_printf("%lld of %lld boxes are second ones on an object: try a lower "
                               "--iou-threshold (it is %.2f)",
                               (long long)m->doubled, boxes, f->iou_threshold);
    if (is_worth(m->beside, boxes))
        return g_strdup_printf("%lld of %lld boxes are too loose or beside their object: look at "
                               "the labels with 'neroscale data', or train longer",
                               (long long)m->beside, boxes);
    return NULL;
}
