// SPDX-License-Identifier: MIT
// Joins the boxes of several parts of a frame into objects, and takes the best box of each.
#include "nn/vision/merge_passes.h"

#include "nn/base/memory.h"
#include "nn/vision/merge_drop.h"
#include "nn/vision/merge_join.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Boxes of two parts with a larger IoU, where both can see them, are one object. It is low, because
// only the best match counts and boxes of the same part compete for it.
#define SAME 0.3f

struct nn_pass_merger {
    nn_merge_work w;
    int box_room, object_room, match_room;
    nn_merge_match *matches;
};

nn_pass_merger *nn_pass_merger_new(void)
{
    return nn_calloc(1, sizeof(nn_pass_merger));
}

void nn_pass_merger_free(nn_pass_merger *m)
{
    if (!m)
        return;
    nn_free(m->w.boxes);
    nn_free(m->w.objects);
    nn_free(m->matches);
    nn_free(m);
}

// --- objects ---

static void add_box(nn_merge_work *w, int object, int box)
{
    nn_merge_object *o = &w->objects[object];
    w->boxes[box].next = o->first;
    o->first = box;
    o->has[w->boxes[box].pass / 64] |= (uint64_t)1 << (w->boxes[box].pass % 64);
}

static void start_object(nn_merge_work *w, int box)
{
    w->objects[w->object_count] =
        (nn_merge_object){.first = -1, .bounds = w->boxes[box].box, .kept = true};
    add_box(w, w->object_count++, box);
}

static int by_match(const void *a, const void *b)
{
    const nn_merge_match *x = a, *y = b;
    if (x->match != y->match)
        return x->match < y->match ? 1 : -1;
    return x->box != y->box ? x->box - y->box : x->object - y->object;
}

static float match(const nn_merge_work *w, const nn_merge_object *o, const nn_merge_box *b)
{
    float best = 0;
    for (int i = o->first; i >= 0; i = w->boxes[i].next)
        best = fmaxf(best, nn_merge_agree(w, &w->boxes[i], b));
    return best;
}

static bool add_match(nn_pass_merger *m, int *count, const nn_merge_match *pair)
{
    if (*count == m->match_room) {
        const int room = m->match_room ? 2 * m->match_room : 256;
        nn_merge_match *more = nn_realloc(m->matches, (size_t)m->match_room * sizeof *more,
                                          (size_t)room * sizeof *more);
        if (!more)
            return false;
        m->matches = more;
        m->match_room = room;
    }
    m->matches[(*count)++] = *pair;
    return true;
}

// The boxes of a part against the objects of the parts before it. False: no memory.
static bool list_matches(nn_pass_merger *m, int begin, int end, int *count)
{
    const nn_merge_work *w = &m->w;
    *count = 0;
    for (int b = begin; b < end; b++) {
        const nn_region_pass *p = &w->passes[w->boxes[b].pass];
        nn_box near = nn_merge_grown(&w->boxes[b].box, p);
        near = nn_merge_grown(&near, p);
        for (int o = 0; o < w->object_count; o++) {
            const nn_merge_object *object = &w->objects[o];
            if (!nn_merge_may_be_one(w, &w->boxes[object->first].box, &near) ||
                !(nn_merge_shared(&object->bounds, &near) > 0))
                continue;
            const nn_merge_match pair = {match(w, object, &w->boxes[b]), b, o};
            if (pair.match > SAME && !add_match(m, count, &pair))
                return false;
        }
    }
    return true;
}

static bool join_pass(nn_pass_merger *m, int pass, int begin, int end)
{
    nn_merge_work *w = &m->w;
    int count;
    if (!list_matches(m, begin, end, &count))
        return false;
    if (count > 0)
        qsort(m->matches, (size_t)count, sizeof *m->matches, by_match);
    for (int i = 0; i < count; i++) {
        const nn_merge_match *pair = &m->matches[i];
        nn_merge_object *o = &w->objects[pair->object];
        if (w->boxes[pair->box].taken || nn_merge_has_pass(o, pass))
            continue;
        w->boxes[pair->box].taken = true;
        add_box(w, pair->object, pair->box);
        nn_merge_widen(&o->bounds, &w->boxes[pair->box].box);
    }
    for (int b = begin; b < end; b++)
        if (!w->boxes[b].taken)
            start_object(w, b);
    return true;
}

// How well the size of a box in the input suits the network: 1 within the sizes of its training.
static float fit(const nn_box *b, const nn_region_pass *p, const nn_object_sizes *s)
{
    const float side = nn_merge_side(b, p);
    return fmaxf(fminf(side / s->least, 1) * fminf(s->most / side, 1), 0.05f);
}

// Boxes are as exact as the input is fine: of two good ones the part with more pixels counts.
static void rate_box(nn_merge_work *w, nn_merge_box *b)
{
    const nn_region_pass *p = &w->passes[b->pass];
    b->cuts = nn_merge_cuts(&b->box, p, w->width, w->height);
    b->rank = b->box.score * b->box.score * fit(&b->box, p, &w->sizes) *
              powf(p->scale_x * p->scale_y, 0.3f);
}

// A box that shows an object whole has its pieces in it, and what its part does not show whole or
// larger than the network knows.
static bool holds_others(const nn_merge_work *w, const nn_merge_object *o, const nn_merge_box *b)
{
    const nn_region_pass *part = &w->passes[b->pass];
    const nn_box area = nn_merge_area(part);
    for (int i = o->first; i >= 0; i = w->boxes[i].next) {
        const nn_merge_box *x = &w->boxes[i];
        const float size = nn_merge_size(&x->box);
        if ((x->cuts || nn_merge_shared(&x->box, &area) < 0.95f * size ||
             nn_merge_side(&x->box, part) > NN_MERGE_UNKNOWN * w->sizes.most) &&
            nn_merge_shared(&x->box, &b->box) < 0.5f * size)
            return false;
    }
    return true;
}

static void choose_box(const nn_merge_work *w, nn_merge_object *o)
{
    const nn_merge_box *best = NULL;
    float score = 0, any = 0, rank = 0;
    for (int i = o->first; i >= 0; i = w->boxes[i].next) {
        const nn_merge_box *b = &w->boxes[i];
        any = fmaxf(any, b->box.score);
        rank = fmaxf(rank, b->rank);
        if (b->cuts || !holds_others(w, o, b))
            continue;
        score = fmaxf(score, b->box.score);
        if (!best || b->rank > best->rank)
            best = b;
    }
    o->whole = best != NULL;
    o->box = best ? best->box : w->boxes[o->first].box;
    o->pass = best ? best->pass : -1;
    o->rank = best ? best->rank : rank;
    o->box.score = best ? score : any;
    for (int i = best ? -1 : o->first; i >= 0; i = w->boxes[i].next)
        nn_merge_widen(&o->box, &w->boxes[i].box);
}

// Objects whose boxes others have got.
static void drop_empty(nn_merge_work *w)
{
    int kept = 0;
    for (int i = 0; i < w->object_count; i++)
        if (w->objects[i].kept)
            w->objects[kept++] = w->objects[i];
    w->object_count = kept;
}

// --- all together ---

static bool reserve(void *list, int *room, int count, size_t size)
{
    void **place = list;
    if (count <= *room)
        return true;
    void *more = nn_realloc(*place, (size_t)*room * size, (size_t)count * size);
    if (!more)
        return false;
    *place = more;
    *room = count;
    return true;
}

static int by_score(const void *a, const void *b)
{
    const nn_merge_object *x = a, *y = b;
    if (x->kept != y->kept)
        return y->kept - x->kept;
    if (x->box.score != y->box.score)
        return x->box.score < y->box.score ? 1 : -1;
    return x->first - y->first;
}

static nn_status write_objects(nn_merge_work *w, int most, nn_result *out)
{
    int kept = 0;
    if (w->object_count > 0)
        qsort(w->objects, (size_t)w->object_count, sizeof *w->objects, by_score);
    while (kept < w->object_count && kept < most && w->objects[kept].kept)
        kept++;
    if (nn_result_reserve(out, kept) != NN_OK)
        return NN_ENOMEM;
    nn_details_clear(&out->details);
    for (int i = 0; i < kept; i++) {
        const nn_merge_object *o = &w->objects[i];
        const nn_details *from = o->pass >= 0 ? w->passes[o->pass].details : NULL;
        nn_box *b = &out->boxes[i];
        *b = o->box;
        b->detail = 0; // joined pieces have none
        if (from && nn_details_append(&out->details, from, o->box.detail, &b->detail) != NN_OK)
            return NN_ENOMEM;
    }
    out->count = kept;
    return NN_OK;
}

static nn_status prepare(nn_pass_merger *m, const nn_region_pass *passes, int count, nn_error *err)
{
    int total = 0;
    if (count > NN_PASSES)
        return nn_fail(err, NN_EINVAL, "%d parts of a frame; at most %d", count, NN_PASSES);
    for (int i = 0; i < count; i++)
        total += passes[i].count;
    if (!reserve(&m->w.boxes, &m->box_room, total, sizeof *m->w.boxes) ||
        !reserve(&m->w.objects, &m->object_room, total, sizeof *m->w.objects))
        return nn_fail(err, NN_ENOMEM, "no memory to merge %d boxes", total);
    m->w.passes = passes;
    m->w.pass_count = count;
    m->w.object_count = 0;
    return NN_OK;
}

static bool join_all(nn_pass_merger *m)
{
    nn_merge_work *w = &m->w;
    int at = 0;
    for (int i = 0; i < w->pass_count; i++) {
        const int begin = at;
        for (int k = 0; k < w->passes[i].count; k++, at++) {
            w->boxes[at] = (nn_merge_box){.box = w->passes[i].boxes[k], .pass = i, .next = -1};
            rate_box(w, &w->boxes[at]);
        }
        if (!join_pass(m, i, begin, at))
            return false;
    }
    return true;
}

nn_status nn_pass_merger_run(nn_pass_merger *m, const nn_region_pass *passes, int count, int width,
                             int height, const nn_object_sizes *sizes, bool agnostic, int most,
                             nn_result *out, nn_error *err)
{
    nn_merge_work *w = &m->w;
    nn_status status = prepare(m, passes, count, err);
    if (status != NN_OK)
        return status;
    w->width = width;
    w->height = height;
    w->agnostic = agnostic;
    w->sizes = nn_object_sizes_known(sizes);
    if (!join_all(m))
        return nn_fail(err, NN_ENOMEM, "no memory to merge boxes");
    for (int i = 0; i < w->object_count; i++)
        choose_box(w, &w->objects[i]);
    nn_merge_join(w, choose_box);
    drop_empty(w);
    nn_merge_drop(w);
    return write_objects(w, most, out) == NN_OK
               ? NN_OK
               : nn_fail(err, NN_ENOMEM, "no memory to merge boxes");
}
