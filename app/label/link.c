// SPDX-License-Identifier: MIT
// Tracks boxes over all frames. Low-score boxes on a confident track become labels, and gaps are
// filled. Short tracks are dropped. Tracks that never move and never get a high score become
// ignored boxes.
#include "app/label/link.h"

#include "app/label/low_score.h"
#include "app/label/static_objects.h"
#include "nn/data/class_map.h"
#include "nn/vision/track.h"

#include <math.h>
#include <string.h>

const label_link_options label_link_defaults = {
    .keep = 0.5, .ignore = 0.25, .lost = 30, .min_track = 3};

#define LOW_SCORE 0.1f    // lowest score that continues a track
#define FILLED 0.95f      // factor on the score of a filled-in box for each picture of distance
#define OTHER_CLASS 0.8f  // factor for a box of another class: a car may be a truck once
#define SURE_MARGIN 0.15  // above `keep`: a standing object with this score becomes a label
#define LONG_PART 0.2     // fraction of the video: what stands still for longer may be no object
#define WALKER 0.05       // above `ignore`: a walking object with this score becomes a label
#define MOST_IGNORED 0.5f // fraction of a picture's area
#define STEP 0.2f         // least movement in a quarter of a walk, in box sizes
// boxes that a track needs before it raises low-score ones; before it counts as walking
enum { RAISE_FROM = 5, WALK_FROM = 8 };

// A box of a track: picture and index in it.
typedef struct track_point {
    int picture, box;
} track_point;

typedef struct track {
    GArray *points; // of track_point, ordered by time
    double sure;    // mean of the better half of its scores
    int label;
    bool flicker, still;
    // Factor on the scores: a track that moves further than its own size is an object even when its
    // scores are low.
    double factor;
} track;

static const nn_box *box_at(const label_detections *f, track_point p)
{
    return &label_detections_at(f, p.picture)->boxes[p.box].box;
}

static track_point point_at(const track *t, int i)
{
    return g_array_index(t->points, track_point, i);
}

static void clear_track(void *p)
{
    g_array_unref(((track *)p)->points);
}

static void add_point(GArray *tracks, int id, track_point p)
{
    while ((int)tracks->len < id) {
        track t = {.points = g_array_new(FALSE, FALSE, sizeof(track_point))};
        g_array_append_val(tracks, t);
    }
    g_array_append_val(g_array_index(tracks, track, id - 1).points, p);
}

// Runs the tracker over all pictures and collects its tracks.
static nn_status follow(const label_detections *f, const label_link_options *o, GArray *tracks,
                        nn_error *err)
{
    const nn_track_options how = {.high = (float)o->ignore,
                                  .low = LOW_SCORE,
                                  .start = (float)o->ignore,
                                  .iou_high = 0.2f,
                                  .iou_low = 0.4f,
                                  .other_class = OTHER_CLASS,
                                  .lost = o->lost};
    nn_tracker *t = nn_tracker_new(&how);
    GArray *boxes = g_array_new(FALSE, FALSE, sizeof(nn_box));
    nn_status status = t ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for a tracker");
    for (int i = 0; i < (int)f->pictures->len && status == NN_OK; i++) {
        label_picture *p = label_detections_at(f, i);
        const int since = i > 0 ? p->number - label_detections_at(f, i - 1)->number : 1;
        g_array_set_size(boxes, 0);
        for (int k = 0; k < p->count; k++)
            g_array_append_val(boxes, p->boxes[k].box);
        status = nn_tracker_update(t, (nn_box *)(void *)boxes->data, p->count, since, err);
        for (int k = 0; k < p->count && status == NN_OK; k++) {
            const int id = g_array_index(boxes, nn_box, k).track_id;
            p->boxes[k].box.track_id = id;
            if (id > 0)
                add_point(tracks, id, (track_point){i, k});
        }
    }
    g_array_unref(boxes);
    nn_tracker_free(t);
    return status;
}

static int falling(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

static double find_certainty(const label_detections *f, const track *t)
{
    const int n = (int)t->points->len;
    float *score = g_new(float, n);
    double sum = 0;
    for (int i = 0; i < n; i++)
        score[i] = box_at(f, point_at(t, i))->score;
    qsort(score, (size_t)n, sizeof *score, falling);
    for (int i = 0; i < (n + 1) / 2; i++)
        sum += (double)score[i];
    g_free(score);
    return sum / ((n + 1) / 2);
}

// The class that most of the track's boxes have, weighted by score.
static int vote(const label_detections *f, const track *t)
{
    double sum[NN_CLASS_MAX] = {0};
    int best = 0;
    for (int i = 0; i < (int)t->points->len; i++) {
        const nn_box *b = box_at(f, point_at(t, i));
        sum[b->label] += (double)b->score;
    }
    for (int i = 1; i < NN_CLASS_MAX; i++)
        best = sum[i] > sum[best] ? i : best;
    return best;
}

// Mean position and size in a quarter of a track's boxes.
static nn_box mean_box(const label_detections *f, const track *t, int quarter)
{
    const int n = (int)t->points->len, from = quarter * n / 4, to = (quarter + 1) * n / 4;
    nn_box m = {0};
    for (int i = from; i < to; i++) {
        const nn_box *b = box_at(f, point_at(t, i));
        m.x0 += b->x0, m.x1 += b->x1, m.y0 += b->y0, m.y1 += b->y1;
    }
    const float part = 1 / (float)(to - from);
    return (nn_box){.x0 = part * m.x0, .y0 = part * m.y0, .x1 = part * m.x1, .y1 = part * m.y1};
}

// The distance of two boxes, in box sizes.
static float distance(const nn_box *a, const nn_box *b)
{
    const float dx = 0.5f * fabsf(a->x0 + a->x1 - b->x0 - b->x1) / (b->x1 - b->x0);
    const float dy = 0.5f * fabsf(a->y0 + a->y1 - b->y0 - b->y1) / (b->y1 - b->y0);
    return fmaxf(dx, dy);
}

// Whether the track moved in every quarter of its time. The box of a standing object moves only
// while somebody passes.
static bool has_walked(const label_detections *f, const track *t)
{
    if ((int)t->points->len < WALK_FROM)
        return false;
    const nn_box first = mean_box(f, t, 0);
    nn_box before = first, now = first;
    for (int i = 1; i < 4; i++) {
        now = mean_box(f, t, i);
        if (distance(&before, &now) < STEP)
            return false;
        before = now;
    }
    return distance(&first, &now) > 1;
}

static void judge(const label_detections *f, const label_link_options *o, GArray *tracks)
{
    for (guint i = 0; i < tracks->len; i++) {
        track *t = &g_array_index(tracks, track, i);
        t->sure = find_certainty(f, t);
        t->factor = 1;
        if (has_walked(f, t) && t->sure >= o->ignore + WALKER && t->sure < o->keep + WALKER)
            t->factor = (o->keep + WALKER) / t->sure;
        t->label = vote(f, t);
        t->flicker = (int)t->points->len < MIN(o->min_track, (int)f->pictures->len);
    }
}

// Marks tracks that stand still. Several at one position are one object that was lost and found
// again.
static int find_still(const label_detections *f, const label_link_options *o, GArray *tracks)
{
    GArray *list = g_array_new(FALSE, FALSE, sizeof(label_static));
    for (guint i = 0; i < tracks->len; i++) {
        const track *t = &g_array_index(tracks, track, i);
        label_static s = {.track = (int)i, .seen = (int)t->points->len, .sure = t->sure};
        label_static_begin(&s);
        for (int k = 0; k < s.seen; k++)
            label_static_add(&s, box_at(f, point_at(t, k)), point_at(t, k).picture);
        if (label_static_moves(&s))
            continue;
        g_array_append_val(list, s);
    }
    const int places = label_static_judge(list, f, (int)ceil(LONG_PART * (double)f->pictures->len),
                                          o->keep + SURE_MARGIN);
    for (guint i = 0; i < list->len; i++) {
        const label_static *s = &g_array_index(list, label_static, i);
        g_array_index(tracks, track, s->track).still = s->nothing;
    }
    g_array_unref(list);
    return places;
}

// Adds a box. Ignored boxes may cover only a part of the picture.
static void add_box(label_set *set, const label_detections *f, int picture, label_box b,
                    const label_link_options *o)
{
    const double score = (double)b.box.score;
    const label_picture *p = label_detections_at(f, picture);
    const float area = (b.box.x1 - b.box.x0) * (b.box.y1 - b.box.y0);
    b.ignore = b.ignore || score < o->keep;
    if (score < o->ignore || (b.ignore && area > MOST_IGNORED * (float)p->width * (float)p->height))
        return;
    g_array_append_val(set->boxes[picture], b);
}

static label_box found_box(const label_detections *f, track_point p)
{
    const nn_fused_box *b = &label_detections_at(f, p.picture)->boxes[p.box];
    return (label_box){.box = b->box, .found = b->found, .looked = b->looked, .models = b->models};
}

// Adds interpolated boxes between two boxes of a track.
static void fill_gap(label_set *set, const label_detections *f, const label_link_options *o,
                     const track *t, int id, track_point from, track_point to)
{
    const nn_box *a = box_at(f, from), *b = box_at(f, to);
    const int first = label_detections_at(f, from.picture)->number,
              last = label_detections_at(f, to.picture)->number;
    const float sure = fmaxf(fminf(0.5f * (a->score + b->score), (float)t->sure) * (float)t->factor,
                             (float)o->ignore);
    for (int picture = from.picture + 1; picture < to.picture; picture++) {
        const float at =
            (float)(label_detections_at(f, picture)->number - first) / (float)(last - first);
        const int far = MIN(picture - from.picture, to.picture - picture);
        label_box l = {.origin = LABEL_LINKED, .ignore = t->still || t->flicker};
        l.box = (nn_box){.x0 = a->x0 + at * (b->x0 - a->x0),
                         .y0 = a->y0 + at * (b->y0 - a->y0),
                         .x1 = a->x1 + at * (b->x1 - a->x1),
                         .y1 = a->y1 + at * (b->y1 - a->y1),
                         .score = fmaxf(sure * powf(FILLED, (float)(1 + far)), (float)o->ignore),
                         .label = t->label,
                         .track_id = id,
                         .predicted = true};
        add_box(set, f, picture, l, o);
        set->report.linked++;
    }
}

static void write_track(label_set *set, const label_detections *f, const label_link_options *o,
                        const track *t, int id)
{
    const bool vouches = !t->flicker && !t->still && (int)t->points->len >= RAISE_FROM;
    bool labels = false;
    for (int i = 0; i < (int)t->points->len; i++) {
        label_box b = found_box(f, point_at(t, i));
        const float own = fminf(b.box.score * (float)t->factor, 1);
        const float raised = 0.5f * (own + (float)(t->sure * t->factor));
        const bool weak = (double)b.box.score < o->keep;
        if (t->flicker && (double)own < o->keep)
            continue;
        b.ignore = t->flicker || t->still;
        b.box.label = t->label;
        if (vouches)
            b.box.score = fmaxf(own, raised);
        set->report.raised += weak && vouches && (double)b.box.score >= o->keep;
        labels |= !b.ignore && (double)b.box.score >= o->keep;
        add_box(set, f, point_at(t, i).picture, b, o);
        if (i > 0)
            fill_gap(set, f, o, t, id, point_at(t, i - 1), point_at(t, i));
    }
    if (labels) {
        const int length = (int)t->points->len;
        set->report.tracks++;
        g_array_append_val(set->report.lengths, length);
    }
}

static void write_untracked(label_set *set, const label_detections *f, const label_link_options *o)
{
    for (int i = 0; i < set->pictures; i++)
        for (int k = 0; k < label_detections_at(f, i)->count; k++)
            if (box_at(f, (track_point){i, k})->track_id == 0)
                add_box(set, f, i, found_box(f, (track_point){i, k}), o);
}

static nn_status link_video(label_set *set, const label_detections *f, const label_link_options *o,
                            nn_error *err)
{
    GArray *tracks = g_array_new(FALSE, FALSE, sizeof(track));
    g_array_set_clear_func(tracks, clear_track);
    nn_status status = follow(f, o, tracks, err);
    if (status == NN_OK) {
        set->report.lengths = g_array_new(FALSE, FALSE, sizeof(int));
        judge(f, o, tracks);
        set->report.statics = find_still(f, o, tracks);
        for (guint i = 0; i < tracks->len; i++) {
            const track *t = &g_array_index(tracks, track, i);
            set->report.flickers += t->flicker;
            write_track(set, f, o, t, (int)i + 1);
        }
        write_untracked(set, f, o);
        status = label_find_low_score(set, f, o, (int)tracks->len, err);
    }
    g_array_unref(tracks);
    return status;
}

nn_status label_link(label_set *set, const label_detections *f, const label_link_options *o,
                     nn_error *err)
{
    *set = (label_set){.pictures = (int)f->pictures->len};
    set->boxes = g_new0(GArray *, set->pictures + 1);
    for (int i = 0; i < set->pictures; i++) {
        label_picture *p = label_detections_at(f, i);
        set->boxes[i] = g_array_new(FALSE, FALSE, sizeof(label_box));
        for (int k = 0; k < p->count; k++)
            p->boxes[k].box.track_id = 0;
    }
    if (o->video)
        return link_video(set, f, o, err);
    write_untracked(set, f, o);
    return NN_OK;
}

void label_set_release(label_set *set)
{
    for (int i = 0; i < set->pictures; i++)
        g_array_unref(set->boxes[i]);
    g_free(set->boxes);
    if (set->report.lengths)
        g_array_unref(set->report.lengths);
    *set = (label_set){0};
}
