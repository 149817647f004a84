// SPDX-License-Identifier: MIT
// Drops objects that are pieces of others, loose boxes around others, doubles, or unconfirmed
// halves.
#include "nn/vision/merge_drop.h"

#include <math.h>

#define DOUBLE 0.3f          // IoU of two objects of a class that no part found both
#define DOUBLE_NAMES 0.5f    // the same of two classes
#define DOUBLE_ALIKE 0.75f   // the same for two that one part did find both
#define ALIKE_NAMES 0.65f    // the same of two classes
#define LENGTH_NAMES 0.3f    // the same of a long thing and a length of it
#define LENGTH_INSIDE 0.7f   // part of the length that lies in the long thing
#define LONG 2.5f            // ratio of the sides of a long thing
#define AS_WIDE 0.6f         // ratio of their shorter sides
#define SURER 1.25f          // ratio of scores from which the length is believed
#define OVERRULED 0.3f       // IoU of two of which another part that can tell found only one
#define EXCLUSIVE 0.2f       // IoU of two of which each is missing where the other one was found
#define EXCLUSIVE_NAMES 0.4f // the same of two classes, one of which lies in the other one
#define INSIDE 0.8f          // part of a box that lies in another one
#define PIECE 0.3f           // of what a part shows of an object: the least of a piece
#define FINER 1.3f           // ratio of scales from which a part shows more
#define KNOWN 0.7f           // of the smallest objects of the training: seen well enough

static float inside(const nn_box *small, const nn_box *large)
{
    return nn_merge_shared(small, large) / fmaxf(nn_merge_size(small), 1e-6f);
}

static bool same_class(const nn_merge_work *w, const nn_merge_object *a, const nn_merge_object *b)
{
    return nn_merge_may_be_one(w, &a->box, &b->box);
}

static float scale_of(const nn_region_pass *p)
{
    return sqrtf(p->scale_x * p->scale_y);
}

static float least_scale(const nn_merge_work *w, const nn_merge_object *o)
{
    float least = INFINITY;
    for (int i = o->first; i >= 0; i = w->boxes[i].next)
        least = fminf(least, scale_of(&w->passes[w->boxes[i].pass]));
    return least;
}

static float most_scale(const nn_merge_work *w, const nn_merge_object *o)
{
    float most = 0;
    for (int i = o->first; i >= 0; i = w->boxes[i].next)
        most = fmaxf(most, scale_of(&w->passes[w->boxes[i].pass]));
    return most;
}

static bool shows(const nn_merge_work *w, const nn_region_pass *p, const nn_box *b)
{
    const nn_box area = nn_merge_area(p);
    return inside(b, &area) > 0.99f && !nn_merge_cuts(b, p, w->width, w->height);
}

static int count_boxes(const nn_merge_work *w, const nn_merge_object *o)
{
    int n = 0;
    for (int i = o->first; i >= 0; i = w->boxes[i].next)
        n++;
    return n;
}

// Whether the object is less sure of its box than another one.
static bool is_worse(const nn_merge_object *o, const nn_merge_object *than)
{
    if (o->whole != than->whole)
        return than->whole;
    if (o->rank != than->rank)
        return o->rank < than->rank;
    return o->first > than->first;
}

// The largest IoU of two boxes that one part found, or of the chosen ones.
static float find_alike(const nn_merge_work *w, const nn_merge_object *a, const nn_merge_object *b)
{
    float alike = nn_box_iou(&a->box, &b->box);
    for (int i = a->first; i >= 0; i = w->boxes[i].next)
        for (int k = b->first; k >= 0; k = w->boxes[k].next)
            if (w->boxes[i].pass == w->boxes[k].pass)
                alike = fmaxf(alike, nn_box_iou(&w->boxes[i].box, &w->boxes[k].box));
    return alike;
}

static bool is_double(const nn_merge_work *w, const nn_merge_object *o, const nn_merge_object *of)
{
    const bool shared = nn_merge_share_pass(o, of);
    const float most = same_class(w, o, of) ? (shared ? DOUBLE_ALIKE : DOUBLE)
                                            : (shared ? ALIKE_NAMES : DOUBLE_NAMES);
    return find_alike(w, o, of) > most && is_worse(o, of);
}

// Whether a box is a length of a long one, as wide as it. It may reach beyond the end of that,
// which is less exact where a part of the thing looks like another class.
static bool is_length_of(const nn_box *b, const nn_box *of)
{
    const float w = b->x1 - b->x0, h = b->y1 - b->y0;
    const float long_w = of->x1 - of->x0, long_h = of->y1 - of->y0;
    const bool lies = long_w > long_h;
    return fmaxf(long_w, long_h) >= LONG * fminf(long_w, long_h) &&
           (lies ? h > AS_WIDE * long_h : w > AS_WIDE * long_w) && inside(b, of) > LENGTH_INSIDE;
}

// A long thing and a length of it under two names, such as a bus of which a part looks like a
// truck. Suppression class by class leaves both. The longer one stays, unless the other one is
// clearly surer. A rider and a motorcycle do not look so.
static bool is_length(const nn_merge_work *w, const nn_merge_object *o, const nn_merge_object *of)
{
    if (same_class(w, o, of) || nn_box_iou(&o->box, &of->box) < LENGTH_NAMES)
        return false;
    if (is_length_of(&o->box, &of->box))
        return o->box.score < SURER * of->box.score;
    return is_length_of(&of->box, &o->box) && of->box.score >= SURER * o->box.score;
}

// Whether a part with at least this scale shows both objects whole and found `of` only.
static bool is_missing(const nn_merge_work *w, const nn_merge_object *o, const nn_merge_object *of,
                       float least)
{
    nn_box both = o->box;
    nn_merge_widen(&both, &of->box);
    for (int i = of->first; i >= 0; i = w->boxes[i].next) {
        const nn_region_pass *p = &w->passes[w->boxes[i].pass];
        if (!nn_merge_has_pass(o, w->boxes[i].pass) && scale_of(p) >= least && shows(w, p, &both))
            return true;
    }
    return false;
}

// The IoU of an object and the box of another one that a part, as fine, found in its place.
static float find_in_place(const nn_merge_work *w, const nn_merge_object *o,
                           const nn_merge_object *of)
{
    const float least = 0.8f * least_scale(w, o);
    float most = nn_box_iou(&o->box, &of->box);
    for (int i = of->first; i >= 0; i = w->boxes[i].next) {
        const nn_merge_box *b = &w->boxes[i];
        const nn_region_pass *p = &w->passes[b->pass];
        if (!b->cuts && !nn_merge_has_pass(o, b->pass) && scale_of(p) >= least &&
            shows(w, p, &o->box))
            most = fmaxf(most, nn_box_iou(&o->box, &b->box));
    }
    return most;
}

// Whether one of them lies in the other one. A rider and a motorcycle do not.
static bool is_mostly_inside(const nn_merge_object *a, const nn_merge_object *b)
{
    return fmaxf(inside(&a->box, &b->box), inside(&b->box, &a->box)) > LENGTH_INSIDE;
}

// One of two boxes that overlap, where another part, as fine, shows the place whole and found the
// other one only, perhaps between the two. When that holds for both, a smaller overlap is enough:
// they are two ideas of one thing.
static bool is_overruled(const nn_merge_work *w, const nn_merge_object *o,
                         const nn_merge_object *of)
{
    const float iou = nn_box_iou(&o->box, &of->box);
    if (!is_worse(o, of))
        return false;
    const bool same = same_class(w, o, of);
    const bool alike =
        same ? find_in_place(w, o, of) > OVERRULED || inside(&o->box, &of->box) > INSIDE
             : iou > DOUBLE_NAMES;
    if (alike)
        return is_missing(w, o, of, 0.8f * least_scale(w, o));
    const bool ideas = same ? iou > EXCLUSIVE : iou > EXCLUSIVE_NAMES && is_mostly_inside(o, of);
    return ideas && is_missing(w, o, of, 0) && is_missing(w, of, o, 0);
}

// A whole object explains a cut box of any class that looks as it does there, or that is a good
// deal of what its part shows of it: slanted things do not fill their boxes.
static bool explains(const nn_merge_work *w, const nn_merge_object *o, const nn_merge_object *cut)
{
    const nn_merge_box whole = {.box = o->box, .pass = o->pass};
    for (int i = cut->first; i >= 0; i = w->boxes[i].next) {
        const nn_merge_box *b = &w->boxes[i];
        const nn_box area = nn_merge_area(&w->passes[b->pass]);
        const bool piece = inside(&b->box, &o->box) > INSIDE &&
                           nn_merge_size(&b->box) > PIECE * nn_merge_shared(&o->box, &area);
        if (b->pass == o->pass || (!piece && nn_merge_agree(w, &whole, b) < 0.6f))
            return false;
    }
    return true;
}

// A box inside a larger one that its part does not show whole, or larger than the network knows:
// what the network makes of a wall of metal, or the cut end of it. Small things in front of the
// large one stay.
static bool is_piece(const nn_merge_work *w, const nn_merge_object *o, const nn_merge_object *of)
{
    if (!of->whole || nn_merge_size(&o->box) > nn_merge_size(&of->box) ||
        nn_merge_has_pass(o, of->pass)) // which found both
        return false;
    if (!o->whole && !same_class(w, o, of))
        return explains(w, of, o);
    if (!same_class(w, o, of))
        return false;
    if (!o->whole) {
        const nn_box grown = nn_merge_grown(&of->box, &w->passes[of->pass]);
        return inside(&o->box, &grown) > INSIDE;
    }
    if (inside(&o->box, &of->box) < INSIDE)
        return false;
    const nn_region_pass *part = &w->passes[o->pass];
    const nn_box area = nn_merge_area(part);
    const float seen = nn_merge_shared(&of->box, &area);
    const bool too_large = nn_merge_side(&of->box, part) > NN_MERGE_UNKNOWN * w->sizes.most &&
                           nn_merge_side(&of->box, &w->passes[of->pass]) <= w->sizes.most;
    return (too_large || seen < 0.9f * nn_merge_size(&of->box)) &&
           nn_merge_size(&o->box) > PIECE * seen;
}

// The box of an object in the coarsest part that shows it whole; NULL: none does.
static const nn_merge_box *coarsest_whole(const nn_merge_work *w, const nn_merge_object *o)
{
    const nn_merge_box *best = NULL;
    for (int i = o->first; i >= 0; i = w->boxes[i].next) {
        const nn_merge_box *b = &w->boxes[i];
        if (!b->cuts && (!best || scale_of(&w->passes[b->pass]) < scale_of(&w->passes[best->pass])))
            best = b;
    }
    return best;
}

// A box that only finer parts found, inside of an object that a coarser one shows at a size which
// the network knows, and less sure than it: a head or legs of somebody who is too large there. The
// same tile may have found both.
static bool is_detail(const nn_merge_work *w, const nn_merge_object *o, const nn_merge_object *of)
{
    if (!same_class(w, o, of) || !(o->box.score < of->box.score) ||
        !(nn_merge_size(&o->box) < nn_merge_size(&of->box)) || inside(&o->box, &of->box) < INSIDE)
        return false;
    const nn_merge_box *seen = coarsest_whole(w, of);
    if (!seen)
        return false;
    const nn_region_pass *p = &w->passes[seen->pass];
    const float side = nn_merge_side(&seen->box, p);
    return side > KNOWN * w->sizes.least && side < NN_MERGE_UNKNOWN * w->sizes.most &&
           least_scale(w, o) > FINER * scale_of(p);
}

static bool is_known(const nn_merge_work *w, const nn_box *b, const nn_region_pass *p)
{
    const float side = nn_merge_side(b, p);
    return side > KNOWN * w->sizes.least && side < w->sizes.most;
}

// Whether a part that is finer than those of `o`, shows both whole and knows things of that size
// found the other one only. Where they are larger than most of the training, it must be surer.
static bool is_told_by_finer(const nn_merge_work *w, const nn_merge_object *o,
                             const nn_merge_object *of)
{
    nn_box both = o->box;
    nn_merge_widen(&both, &of->box);
    for (int i = of->first; i >= 0; i = w->boxes[i].next) {
        const nn_region_pass *p = &w->passes[w->boxes[i].pass];
        const bool known =
            is_known(w, &both, p) || (o->box.score < of->box.score &&
                                      nn_merge_side(&both, p) < NN_MERGE_UNKNOWN * w->sizes.most);
        if (known && scale_of(p) > FINER * most_scale(w, o) && shows(w, p, &both))
            return true;
    }
    return false;
}

// Whether the parts that found `o` show the other one larger than the network knows, which a
// coarser one knows.
static bool is_told_by_coarser(const nn_merge_work *w, const nn_merge_object *o,
                               const nn_merge_object *of)
{
    const nn_merge_box *seen = coarsest_whole(w, of);
    if (!seen || !(o->box.score < of->box.score) || !is_known(w, &of->box, &w->passes[seen->pass]))
        return false;
    for (int i = o->first; i >= 0; i = w->boxes[i].next)
        if (!(nn_merge_side(&of->box, &w->passes[w->boxes[i].pass]) > w->sizes.most))
            return false;
    return true;
}

// The same thing under another name: no part found both, and the parts of one of them know better.
static bool is_misnamed(const nn_merge_work *w, const nn_merge_object *o, const nn_merge_object *of)
{
    return !same_class(w, o, of) && !nn_merge_share_pass(o, of) &&
           nn_box_iou(&o->box, &of->box) > OVERRULED &&
           (is_told_by_finer(w, o, of) || is_told_by_coarser(w, o, of));
}

// A box of a coarse part around one or more that a finer part found where it shows the place whole.
static bool is_loose(const nn_merge_work *w, const nn_merge_object *o)
{
    const nn_region_pass *own = &w->passes[o->pass];
    const float side = nn_merge_side(&o->box, own);
    float covered = 0;
    int found = 0;
    for (int i = 0; i < w->object_count; i++) {
        const nn_merge_object *x = &w->objects[i];
        if (x == o || !x->whole || !x->kept || !same_class(w, x, o) ||
            inside(&x->box, &o->box) < INSIDE || x->pass == o->pass)
            continue;
        const nn_region_pass *p = &w->passes[x->pass];
        const nn_box area = nn_merge_area(p);
        if (nn_merge_side(&x->box, p) > NN_MERGE_UNKNOWN * w->sizes.most ||
            scale_of(p) < FINER * scale_of(own) || inside(&o->box, &area) < 0.95f)
            continue;
        covered += nn_merge_size(&x->box);
        found++;
    }
    return (found > 1 && covered > 0.5f * nn_merge_size(&o->box)) ||
           (found == 1 && covered > 0.15f * nn_merge_size(&o->box) && side < 1.5f * w->sizes.least);
}

// A single cut box that another part, as fine, shows whole without having found it.
static bool is_unconfirmed(const nn_merge_work *w, const nn_merge_object *o)
{
    if (o->whole || count_boxes(w, o) > 1)
        return false;
    const nn_region_pass *own = &w->passes[w->boxes[o->first].pass];
    for (int i = 0; i < w->pass_count; i++) {
        const nn_region_pass *p = &w->passes[i];
        if (p != own && p->scale_x >= 0.8f * own->scale_x && p->scale_y >= 0.8f * own->scale_y &&
            shows(w, p, &o->box))
            return true;
    }
    return false;
}

static bool is_none(const nn_merge_work *w, int at)
{
    const nn_merge_object *o = &w->objects[at];
    if ((o->whole && is_loose(w, o)) || is_unconfirmed(w, o))
        return true;
    for (int i = 0; i < w->object_count; i++) {
        const nn_merge_object *x = &w->objects[i];
        if (i != at && x->kept && nn_merge_shared(&o->box, &x->box) > 0 &&
            (is_double(w, o, x) || is_length(w, o, x) || is_overruled(w, o, x) ||
             is_misnamed(w, o, x) || is_piece(w, o, x) || is_detail(w, o, x)))
            return true;
    }
    return false;
}

// What one part alone found stays as it is. Worst first, so that what drops an object is not
// dropped by a worse one itself.
void nn_merge_drop(nn_merge_work *w)
{
    for (int i = 0; i < w->object_count && w->pass_count > 1; i++)
        if (!w->objects[i].whole)
            w->objects[i].kept = !is_none(w, i);
    for (int i = 0; i < w->object_count && w->pass_count > 1; i++)
        if (w->objects[i].whole)
            w->objects[i].kept = !is_none(w, i);
}
