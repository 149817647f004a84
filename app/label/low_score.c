// SPDX-License-Identifier: MIT
// A second pass over low-score boxes, as in ByteTrack (Zhang et al. 2022). Motion is further
// evidence, so low-score boxes may also begin tracks.
#include "app/label/low_score.h"

#include "app/label/motion.h"
#include "nn/vision/track.h"

#include <math.h>
#include <stdlib.h>

#define LOWEST 0.1f // lowest score of a box that is considered
#define SMALL 1024  // pixels, area of a "small" object of COCO: larger objects get higher scores
#define STANDS 0.4  // mean fraction of a track's boxes that differs from the background
#define TRUST 0.5   // weight of motion: evidence is 1 - (1 - score)(1 - TRUST motion)
// fraction of a box's area inside a label from which the label explains the box
#define EXPLAINED 0.3f
#define SAME 0.3f      // IoU of two boxes of one object
#define START 0.3f     // evidence from which a box begins a track
#define LEAST_SURE 0.4 // mean evidence of the better half of a track's boxes
#define LEAST_SEEN 0.5 // fraction of the pictures between its first and last
// association distance in box sizes: boxes of standing objects jump by a third of it
#define TRAVEL 0.5f
#define MARGIN 0.05 // a new label's score is at least `keep` plus this
enum { LEAST_PICTURES = 15, LOST = 8, SMOOTH = 4 };

typedef struct candidate {
    nn_box box;  // its score is the evidence
    float score; // score by the teachers
    float stands;
    int find; // index of the detection in its picture
} candidate;

typedef struct candidate_track {
    GArray *points;         // of track_point: index into the low-score boxes of each picture
    bool object, continued; // the track is an object; another track continues it
} candidate_track;

typedef struct track_point {
    int picture, box;
} track_point;

typedef struct search {
    label_set *set;
    const label_detections *f;
    const label_link_options *o;
    label_motion motion;
    GArray **candidates; // of candidate, one array for each picture
    GArray *tracks;      // of candidate_track
} search;

static float area(const nn_box *b)
{
    return fmaxf(b->x1 - b->x0, 0) * fmaxf(b->y1 - b->y0, 0);
}

// The fraction of `a` that lies inside `b`.
static float part_in(const nn_box *a, const nn_box *b)
{
    const nn_box both = {.x0 = fmaxf(a->x0, b->x0),
                         .y0 = fmaxf(a->y0, b->y0),
                         .x1 = fminf(a->x1, b->x1),
                         .y1 = fminf(a->y1, b->y1)};
    return both.x1 > both.x0 && both.y1 > both.y0 ? area(&both) / area(a) : 0;
}

static bool is_explained(const label_set *set, int picture, const nn_box *b)
{
    for (guint i = 0; i < set->boxes[picture]->len; i++) {
        const label_box *l = label_set_at(set, picture, (int)i);
        if (!l->ignore && part_in(b, &l->box) > EXPLAINED)
            return true;
    }
    return false;
}

// Whether two teachers found the box: one teacher alone is no evidence at a low score.
static bool is_agreed(const nn_fused_box *b)
{
    return (b->models & (b->models - 1)) != 0;
}

static int by_score(const void *a, const void *b)
{
    const float x = ((const candidate *)a)->score, y = ((const candidate *)b)->score;
    return (x < y) - (x > y);
}

// Keeps one box for each object (greedy NMS).
static void suppress(GArray *list)
{
    guint kept = 0;
    g_array_sort(list, by_score);
    for (guint i = 0; i < list->len; i++) {
        const candidate b = g_array_index(list, candidate, i);
        bool there = false;
        for (guint k = 0; k < kept && !there; k++) {
            const nn_box *other = &g_array_index(list, candidate, k).box;
            there = nn_box_iou(&b.box, other) > SAME || part_in(&b.box, other) > 2 * SAME ||
                    part_in(other, &b.box) > 2 * SAME;
        }
        if (!there)
            g_array_index(list, candidate, kept++) = b;
    }
    g_array_set_size(list, kept);
}

static void gather(search *s, int picture)
{
    const label_picture *p = label_detections_at(s->f, picture);
    s->candidates[picture] = g_array_new(FALSE, FALSE, sizeof(candidate));
    for (int i = 0; i < p->count; i++) {
        candidate w = {.box = p->boxes[i].box, .score = p->boxes[i].box.score, .find = i};
        if (w.score < LOWEST || area(&w.box) > SMALL || !is_agreed(&p->boxes[i]) ||
            is_explained(s->set, picture, &w.box))
            continue;
        const double stands = label_motion_within(&s->motion, s->f, picture, &w.box);
        w.stands = (float)stands;
        w.box.score = (float)(1 - (1 - (double)w.score) * (1 - TRUST * stands));
        g_array_append_val(s->candidates[picture], w);
    }
    suppress(s->candidates[picture]);
}

static void clear_track(void *p)
{
    g_array_unref(((candidate_track *)p)->points);
}

static void add_point(search *s, int id, track_point p)
{
    while ((int)s->tracks->len < id) {
        const candidate_track t = {.points = g_array_new(FALSE, FALSE, sizeof(track_point))};
        g_array_append_val(s->tracks, t);
    }
    g_array_append_val(g_array_index(s->tracks, candidate_track, id - 1).points, p);
}

static nn_status follow(search *s, nn_error *err)
{
    const nn_track_options how = {.high = START,
                                  .low = LOWEST,
                                  .start = START,
                                  .iou_high = 0.15f,
                                  .iou_low = 0.15f,
                                  .other_class = 0,
                                  .lost = MAX(LOST, s->o->lost / 3)};
    nn_tracker *t = nn_tracker_new(&how);
    GArray *boxes = g_array_new(FALSE, FALSE, sizeof(nn_box));
    nn_status status = t ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for a tracker");
    for (int picture = 0; picture < s->set->pictures && status == NN_OK; picture++) {
        const int number = label_detections_at(s->f, picture)->number;
        const int since = picture > 0 ? number - label_detections_at(s->f, picture - 1)->number : 1;
        g_array_set_size(boxes, 0);
        for (guint i = 0; i < s->candidates[picture]->len; i++)
            g_array_append_val(boxes, g_array_index(s->candidates[picture], candidate, i).box);
        status = nn_tracker_update(t, (nn_box *)(void *)boxes->data, (int)boxes->len, since, err);
        for (guint i = 0; i < boxes->len && status == NN_OK; i++)
            if (g_array_index(boxes, nn_box, i).track_id > 0)
                add_point(s, g_array_index(boxes, nn_box, i).track_id,
                          (track_point){picture, (int)i});
    }
    g_array_unref(boxes);
    nn_tracker_free(t);
    return status;
}

static track_point point_at(const candidate_track *t, int i)
{
    return g_array_index(t->points, track_point, i);
}

static candidate *candidate_at(const search *s, track_point p)
{
    return &g_array_index(s->candidates[p.picture], candidate, p.box);
}

static int falling(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

// Mean evidence of the better half of a track's boxes.
static double find_certainty(const search *s, const candidate_track *t)
{
    const int n = (int)t->points->len;
    float *score = g_new(float, n);
    double sum = 0;
    for (int i = 0; i < n; i++)
        score[i] = candidate_at(s, point_at(t, i))->box.score;
    qsort(score, (size_t)n, sizeof *score, falling);
    for (int i = 0; i < (n + 1) / 2; i++)
        sum += (double)score[i];
    g_free(score);
    return sum / ((n + 1) / 2);
}

static float median(float *v, int n)
{
    qsort(v, (size_t)n, sizeof *v, falling);
    return v[n / 2];
}

// The range of positions without the outer tenth at each end.
static float spread(float *v, int n)
{
    qsort(v, (size_t)n, sizeof *v, falling);
    return v[n / 10] - v[n - 1 - n / 10];
}

// Whether the track moved further than its own size, and did so all along. The box of a standing
// object may follow a passer-by at the end.
static bool has_travelled(const search *s, const candidate_track *t)
{
    const int n = (int)t->points->len;
    float *x = g_new(float, n), *y = g_new(float, n), w = 0, h = 0;
    for (int i = 0; i < n; i++) {
        const nn_box *b = &candidate_at(s, point_at(t, i))->box;
        x[i] = 0.5f * (b->x0 + b->x1);
        y[i] = 0.5f * (b->y0 + b->y1);
        w += (b->x1 - b->x0) / (float)n;
        h += (b->y1 - b->y0) / (float)n;
    }
    const bool far = spread(x, n) > TRAVEL * w || spread(y, n) > TRAVEL * h;
    g_free(x);
    g_free(y);
    return far;
}

// Whether an object was lost where this track begins, so that it now stands there.
static bool goes_on(const search *s, const candidate_track *t)
{
    const track_point begin = point_at(t, 0);
    const nn_box *b = &candidate_at(s, begin)->box;
    for (guint i = 0; i < s->tracks->len; i++) {
        candidate_track *o = &g_array_index(s->tracks, candidate_track, i);
        const track_point end = point_at(o, (int)o->points->len - 1);
        const nn_box *e = &candidate_at(s, end)->box;
        if (!o->object || o->continued || abs(begin.picture - end.picture) > 2 * LOST)
            continue;
        if (fabsf(e->x0 + e->x1 - b->x0 - b->x1) < b->x1 - b->x0 + e->x1 - e->x0 &&
            fabsf(e->y0 + e->y1 - b->y0 - b->y1) < b->y1 - b->y0 + e->y1 - e->y0)
            return o->continued = true;
    }
    return false;
}

static bool is_object(const search *s, const candidate_track *t)
{
    const int n = (int)t->points->len;
    if (n < LEAST_PICTURES)
        return false;
    double stands = 0;
    for (int i = 0; i < n; i++)
        stands += (double)candidate_at(s, point_at(t, i))->stands / n;
    const int pictures = point_at(t, n - 1).picture - point_at(t, 0).picture + 1;
    return stands >= STANDS && n >= LEAST_SEEN * pictures && find_certainty(s, t) >= LEAST_SURE &&
           (has_travelled(s, t) || goes_on(s, t));
}

// Removes ignored boxes that the new label covers.
static void remove_ignored(GArray *boxes, const nn_box *b)
{
    for (guint i = boxes->len; i-- > 0;) {
        const label_box *l = &g_array_index(boxes, label_box, i);
        if (l->ignore && (nn_box_iou(&l->box, b) > SAME || part_in(&l->box, b) > 2 * SAME))
            g_array_remove_index(boxes, i);
    }
}

// Positions of low-score boxes are noisy: takes the median of the neighbours in time.
static nn_box smooth(const search *s, const candidate_track *t, int at)
{
    float x[2 * SMOOTH + 1], y[2 * SMOOTH + 1], w[2 * SMOOTH + 1], h[2 * SMOOTH + 1];
    nn_box b = candidate_at(s, point_at(t, at))->box;
    const int count = (int)t->points->len, half = MIN(MIN(at, count - 1 - at), SMOOTH);
    int n = 0;
    for (int i = at - half; i <= at + half; i++, n++) {
        const nn_box *o = &candidate_at(s, point_at(t, i))->box;
        x[n] = 0.5f * (o->x0 + o->x1);
        y[n] = 0.5f * (o->y0 + o->y1);
        w[n] = o->x1 - o->x0;
        h[n] = o->y1 - o->y0;
    }
    const float cx = median(x, n), cy = median(y, n);
    const float rx = 0.5f * median(w, n), ry = 0.5f * median(h, n);
    b.x0 = cx - rx, b.x1 = cx + rx;
    b.y0 = cy - ry, b.y1 = cy + ry;
    return b;
}

static void write_track(search *s, const candidate_track *t, int id)
{
    const int n = (int)t->points->len;
    for (int i = 0; i < n; i++) {
        const track_point p = point_at(t, i);
        const candidate *w = candidate_at(s, p);
        const nn_fused_box *b = &label_detections_at(s->f, p.picture)->boxes[w->find];
        label_box l = {
            .box = smooth(s, t, i), .found = b->found, .looked = b->looked, .models = b->models};
        l.box.score = (float)fmax((double)w->box.score, s->o->keep + MARGIN);
        l.box.track_id = id;
        remove_ignored(s->set->boxes[p.picture], &l.box);
        g_array_append_val(s->set->boxes[p.picture], l);
    }
    s->set->report.low_score += n;
    s->set->report.tracks++;
    g_array_append_val(s->set->report.lengths, n);
}

nn_status label_find_low_score(label_set *set, const label_detections *f,
                               const label_link_options *o, int last, nn_error *err)
{
    search s = {.set = set, .f = f, .o = o};
    label_motion_learn(&s.motion, f);
    if (!s.motion.usual)
        return NN_OK;
    s.candidates = g_new0(GArray *, set->pictures + 1);
    s.tracks = g_array_new(FALSE, FALSE, sizeof(candidate_track));
    g_array_set_clear_func(s.tracks, clear_track);
    for (int picture = 0; picture < set->pictures; picture++)
        gather(&s, picture);
    const nn_status status = follow(&s, err);
    for (guint i = 0; i < s.tracks->len && status == NN_OK; i++) {
        candidate_track *t = &g_array_index(s.tracks, candidate_track, i);
        t->object = is_object(&s, t);
        if (t->object)
            write_track(&s, t, ++last);
    }
    g_array_unref(s.tracks);
    for (int picture = 0; picture < set->pictures; picture++)
        g_array_unref(s.candidates[picture]);
    g_free(s.candidates);
    label_motion_release(&s.motion);
    return status;
}
