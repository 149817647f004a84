// SPDX-License-Identifier: MIT
// What pairs of tracks and boxes cost, and the rounds of matching.
#include "nn/base/memory.h"
#include "nn/vision/track_internal.h"

#include <math.h>
#include <stdlib.h>

// Enlarges a block without keeping its content.
static bool grow(void **block, size_t *size, size_t need)
{
    if (need <= *size)
        return true;
    void *larger = nn_alloc(2 * need);
    if (!larger)
        return false;
    nn_free(*block);
    *block = larger;
    *size = 2 * need;
    return true;
}

#define GROW(t, list, n)                                                                           \
    grow((void **)(void *)&(t)->list, &(t)->list##_size, ((size_t)(n) + 1) * sizeof *(t)->list)

// Allocates what an update needs before it changes anything.
bool nn_tracker_reserve(nn_tracker *t, int boxes)
{
    const size_t most = (size_t)t->count + (size_t)boxes;
    bool ok = GROW(t, ahead, t->count) && GROW(t, expected, t->count) && GROW(t, boxes, boxes) &&
              GROW(t, looks, boxes) && GROW(t, place, boxes) && GROW(t, to, t->count) &&
              GROW(t, solved, t->count);
    if (ok && most > (size_t)t->capacity) {
        nn_track_state *larger =
            nn_realloc(t->tracks, (size_t)t->count * sizeof *larger, 2 * most * sizeof *larger);
        ok = larger;
        if (ok) {
            t->tracks = larger;
            t->capacity = 2 * (int)most;
        }
    }
    return ok;
}

static float area(const nn_box *b)
{
    return (b->x1 - b->x0) * (b->y1 - b->y0);
}

// The part of `a` that lies in `b`.
float nn_part_inside(const nn_box *a, const nn_box *b)
{
    const float w = fminf(a->x1, b->x1) - fmaxf(a->x0, b->x0);
    const float h = fminf(a->y1, b->y1) - fmaxf(a->y0, b->y0);
    return w > 0 && h > 0 ? w * h / area(a) : 0;
}

static int by_left_side(const void *a, const void *b)
{
    const nn_track_box *x = a, *y = b;
    if (x->box->x0 != y->box->x0)
        return x->box->x0 < y->box->x0 ? -1 : 1;
    return x->index - y->index;
}

// The first box whose left side is at `x` or further right.
int nn_tracker_first_from(const nn_tracker *t, float x)
{
    int low = 0, high = t->box_count;
    while (low < high) {
        const int middle = low + (high - low) / 2;
        if (t->boxes[middle].box->x0 < x)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Whether a box has an extent, of a size that can be reckoned with.
static bool is_real(const nn_box *b)
{
    const float most = 1e6f;
    return b->x1 > b->x0 && b->y1 > b->y0 && b->x0 > -most && b->y0 > -most && b->x1 < most &&
           b->y1 < most;
}

static nn_box around(const nn_box *a, const nn_box *b)
{
    return (nn_box){.x0 = fminf(a->x0, b->x0),
                    .y0 = fminf(a->y0, b->y0),
                    .x1 = fmaxf(a->x1, b->x1),
                    .y1 = fmaxf(a->y1, b->y1)};
}

bool nn_tracker_unites(const nn_tracker *t, const nn_track_box *c,
                       bool (*counts)(const nn_tracker *t, const nn_track_box *part,
                                      const nn_track_box *whole))
{
    enum { MOST = 16 }; // parts that are looked at
    const float least_inside = 0.75f, most_common = 0.3f;
    const nn_track_box *parts[MOST];
    int n = 0;
    for (int k = nn_tracker_first_from(t, c->box->x0 - t->widest);
         t->o.united > 0 && k < t->box_count && t->boxes[k].box->x0 < c->box->x1 && n < MOST; k++) {
        const nn_track_box *p = &t->boxes[k];
        if (p == c || p->box->label != c->box->label || !counts(t, p, c) ||
            nn_part_inside(p->box, c->box) < least_inside)
            continue;
        for (int i = 0; i < n; i++) {
            const nn_box both = around(parts[i]->box, p->box);
            if (nn_box_iou(parts[i]->box, p->box) < most_common &&
                nn_box_iou(&both, c->box) >= t->o.united)
                return true;
        }
        parts[n++] = p;
    }
    return false;
}

static bool is_surer(const nn_tracker *t, const nn_track_box *part, const nn_track_box *whole)
{
    (void)t;
    return part->box->score > whole->box->score;
}

// Lists the boxes that count, from left to right, with their looks.
void nn_tracker_list(nn_tracker *t, const nn_box *boxes, int count)
{
    t->box_count = 0;
    t->widest = t->tallest = 0;
    for (int i = 0; i < count; i++) {
        const nn_box *b = &boxes[i];
        t->place[i] = -1;
        if (!(b->score >= fminf(t->o.low, t->o.high)) || !is_real(b))
            continue;
        t->boxes[t->box_count++] = (nn_track_box){.box = b, .index = i, .to = -1};
        t->widest = fmaxf(t->widest, b->x1 - b->x0);
        t->tallest = fmaxf(t->tallest, b->y1 - b->y0);
    }
    qsort(t->boxes, (size_t)t->box_count, sizeof *t->boxes, by_left_side);
    for (int i = 0; i < t->box_count; i++)
        t->boxes[i].united = nn_tracker_unites(t, &t->boxes[i], is_surer);
    const bool looks = t->frame && t->o.appearance > 0;
    for (int i = 0; i < t->box_count; i++) {
        nn_track_box *c = &t->boxes[i];
        t->place[c->index] = i;
        t->looks[i].known = false;
        if (looks)
            nn_appearance_measure(&t->looks[i], t->frame, c->box);
        for (int k = nn_tracker_first_from(t, c->box->x0 - t->widest);
             looks && k < t->box_count && t->boxes[k].box->x0 < c->box->x1; k++)
            // feet lower in the picture are nearer
            if (k != i && t->boxes[k].box->y1 >= c->box->y1 && t->boxes[k].box->score >= t->o.high)
                c->covered = fmaxf(c->covered, nn_part_inside(c->box, t->boxes[k].box));
    }
}

// --- costs of pairs ---

static float class_factor(const nn_tracker *t, const nn_track_state *k, const nn_track_box *c)
{
    return c->box->label == k->shown.box.label ? 1 : t->o.other_class;
}

static float look_distance(const nn_tracker *t, const nn_track_state *k, const nn_track_box *c)
{
    return t->o.appearance > 0 ? nn_appearance_distance(&k->look, &t->looks[c - t->boxes]) : 0;
}

static float look_cost(const nn_tracker *t, const nn_track_state *k, const nn_track_box *c)
{
    return t->o.appearance * fminf(look_distance(t, k, c), 0.3f);
}

// How much the way from the last box to this one turns away from the track's direction; 0 while
// it stands.
static float turn_cost(const nn_tracker *t, const nn_track_state *k, const nn_track_box *c)
{
    const float vx = k->last.axis[0].speed, vy = k->last.axis[1].speed;
    const float dx = 0.5f * (c->box->x0 + c->box->x1 - k->found.x0 - k->found.x1);
    const float dy = 0.5f * (c->box->y0 + c->box->y1 - k->found.y0 - k->found.y1);
    const float v = hypotf(vx, vy), d = hypotf(dx, dy);
    const float size = 0.02f * (k->found.y1 - k->found.y0);
    if (v < size || d < size * 2)
        return 0;
    const float cosine = (vx * dx + vy * dy) / (v * d);
    return t->o.direction * 0.5f * (1 - cosine);
}

static float shape_cost(const nn_tracker *t, const nn_box *a, const nn_box *b)
{
    const float w = (a->x1 - a->x0) / (b->x1 - b->x0), h = (a->y1 - a->y0) / (b->y1 - b->y0);
    return t->o.shape * (2 - fminf(w, 1 / w) - fminf(h, 1 / h));
}

// Where a round looks for the track: where it is expected, or at its last box.
static const nn_box *place_of(const nn_tracker *t, const nn_track_round *r, int row)
{
    return r->last ? &t->tracks[row].found : &t->expected[row];
}

// A box enlarged on all sides by a part of its size.
static nn_box enlarge(const nn_box *b, float part)
{
    const float w = part * (b->x1 - b->x0), h = part * (b->y1 - b->y0);
    return (nn_box){.x0 = b->x0 - w, .y0 = b->y0 - h, .x1 = b->x1 + w, .y1 = b->y1 + h};
}

// The cost of a pair by overlap; INFINITY when it is impossible.
static float overlap_cost(const nn_tracker *t, const nn_track_round *r, int row,
                          const nn_track_box *c)
{
    const nn_track_state *k = &t->tracks[row];
    const nn_box *e = place_of(t, r, row);
    const nn_box a = enlarge(e, t->o.buffer), b = enlarge(c->box, t->o.buffer);
    const float iou = class_factor(t, k, c) * nn_box_iou(&a, &b);
    if (!(iou > r->least))
        return INFINITY;
    return 1 - iou + look_cost(t, k, c) + shape_cost(t, e, c->box) +
           (t->o.direction > 0 ? turn_cost(t, k, c) : 0);
}

// The cost of a pair by distance, for objects that come back from behind something.
static float distance_cost(const nn_tracker *t, const nn_track_round *r, int row,
                           const nn_track_box *c)
{
    const nn_track_state *k = &t->tracks[row];
    const nn_box *e = &t->expected[row], *b = c->box;
    const float height = 0.5f * (e->y1 - e->y0 + b->y1 - b->y0);
    const float stretch = (b->y1 - b->y0) / (e->y1 - e->y0);
    if (class_factor(t, k, c) == 0 || k->shown.unseen < 2 || k->shown.seen < 5 ||
        !(stretch > 0.5f && stretch < 2))
        return INFINITY;
    const float dx = 0.5f * (e->x0 + e->x1 - b->x0 - b->x1);
    const float dy = 0.5f * (e->y0 + e->y1 - b->y0 - b->y1);
    const float far = hypotf(dx, 2 * dy) / (r->reach * height);
    const float look = look_distance(t, k, c);
    if (far > 1 || look > 0.12f)
        return INFINITY;
    return far + look_cost(t, k, c);
}

// --- rounds ---

// Whether a tracked box covers so much of this one that it is the same object, or a part of it.
bool nn_tracker_is_double(const nn_tracker *t, const nn_track_box *c)
{
    for (int k = nn_tracker_first_from(t, c->box->x0 - t->widest);
         t->o.inside > 0 && k < t->box_count && t->boxes[k].box->x0 < c->box->x1; k++) {
        const nn_track_box *other = &t->boxes[k];
        if (other != c && other->to >= 0 && other->box->label == c->box->label &&
            (nn_part_inside(c->box, other->box) >= t->o.inside ||
             nn_box_iou(c->box, other->box) > 0.6f))
            return true;
    }
    return false;
}

// Matches the free tracks with the free boxes.
static bool play(nn_tracker *t, const nn_track_round *r)
{
    const float limit = r->reach > 0 ? 1 + t->o.appearance : 1 - r->least + t->o.appearance * 0.12f;
    nn_track_matcher_clear(&t->matcher);
    for (int i = 0; i < t->count; i++) {
        const nn_box *e = place_of(t, r, i);
        const float margin = r->reach > 0 ? r->reach * (e->y1 - e->y0 + t->tallest)
                                          : t->o.buffer * (e->x1 - e->x0 + t->widest);
        if (t->to[i] >= 0 || (r->frames > 0 && t->tracks[i].shown.unseen > r->frames))
            continue;
        for (int k = nn_tracker_first_from(t, e->x0 - margin - t->widest);
             k < t->box_count && t->boxes[k].box->x0 < e->x1 + margin; k++) {
            const nn_track_box *c = &t->boxes[k];
            if (c->to >= 0 || c->box->score < r->from || c->box->score >= r->below || c->part ||
                c->united)
                continue;
            const float cost = r->reach > 0 ? distance_cost(t, r, i, c) : overlap_cost(t, r, i, c);
            if (cost < limit && !nn_track_matcher_add(&t->matcher, i, k, cost))
                return false;
        }
    }
    if (!nn_track_matcher_solve(&t->matcher, t->count, t->box_count, limit, t->solved))
        return false;
    for (int i = 0; i < t->count; i++)
        if (t->solved[i] >= 0) {
            t->to[i] = t->solved[i];
            t->boxes[t->to[i]].to = i;
        }
    return true;
}

// ByteTrack's two rounds, and one for objects that come back from behind something.
static int list_rounds(const nn_track_options *o, int frames, nn_track_round rounds[NN_MOST_ROUNDS])
{
    rounds[0] = (nn_track_round){.from = o->high, .below = INFINITY, .least = o->iou_high};
    rounds[1] =
        (nn_track_round){.from = o->low, .below = o->high, .least = o->iou_low, .frames = frames};
    rounds[2] = (nn_track_round){.from = o->high, .below = INFINITY, .reach = o->reach};
    return o->reach > 0 ? 3 : 2;
}

// Finds the box of every track, and changes none.
bool nn_tracker_match(nn_tracker *t, int frames)
{
    for (int i = 0; i < t->count; i++) {
        nn_track_state *k = &t->tracks[i];
        t->ahead[i] = k->filter;
        t->expected[i] = k->shown.box;
        nn_track_filter_predict(&t->ahead[i], frames, k->shown.unseen > 0, t->o.brake);
        nn_track_filter_place(&t->ahead[i], &t->expected[i]);
        t->to[i] = -1;
        k->shown.unseen += frames;
    }
    nn_track_round rounds[NN_MOST_ROUNDS];
    const int count = (t->o.rounds ? t->o.rounds : list_rounds)(&t->o, frames, rounds);
    bool ok = true;
    for (int i = 0; i < count && ok; i++) {
        ok = play(t, &rounds[i]);
        for (int k = 0; k < t->box_count; k++)
            t->boxes[k].part = t->boxes[k].to < 0 && nn_tracker_is_double(t, &t->boxes[k]);
    }
    for (int i = 0; i < t->count && !ok; i++)
        t->tracks[i].shown.unseen -= frames;
    return ok;
}
