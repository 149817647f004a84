// SPDX-License-Identifier: MIT
// Candidates of fixed memory, sorted by score, and greedy suppression.
#include "nn/vision/nms.h"

#include "nn/base/arith.h"
#include "nn/base/memory.h"

#include <string.h>

enum { CAPACITY = 2 * NN_NMS_CANDIDATES, GROUP = 16 };

// Boxes that were kept, in groups side by side, so that a compiler's vectors compare several.
typedef struct kept_group {
    float x0[GROUP], y0[GROUP], x1[GROUP], y1[GROUP], area[GROUP];
    int32_t label[GROUP];
} kept_group;

struct nn_candidates {
    nn_box *boxes, *spare; // CAPACITY each; swapped when sorted
    uint64_t *keys;        // 2 * CAPACITY: sort keys and room to sort
    kept_group *kept;      // NN_NMS_CANDIDATES boxes
    int count;
};

nn_candidates *nn_candidates_new(void)
{
    nn_candidates *c = nn_calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    c->boxes = nn_alloc(CAPACITY * sizeof(*c->boxes));
    c->spare = nn_alloc(CAPACITY * sizeof(*c->spare));
    c->keys = nn_alloc(2 * CAPACITY * sizeof(*c->keys));
    c->kept = nn_alloc(NN_NMS_CANDIDATES / GROUP * sizeof(*c->kept));
    if (!c->boxes || !c->spare || !c->keys || !c->kept) {
        nn_candidates_free(c);
        return NULL;
    }
    return c;
}

void nn_candidates_free(nn_candidates *c)
{
    if (!c)
        return;
    nn_free(c->boxes);
    nn_free(c->spare);
    nn_free(c->keys);
    nn_free(c->kept);
    nn_free(c);
}

void nn_candidates_clear(nn_candidates *c)
{
    c->count = 0;
}

int nn_candidates_count(const nn_candidates *c)
{
    return c->count;
}

const nn_box *nn_candidates_at(const nn_candidates *c, int i)
{
    return &c->boxes[i];
}

// Sorts by the upper half of the keys, ascending; equal ones keep their order. (qsort may allocate,
// and comparing is slow on many.) Returns the half that holds the result.
static uint64_t *sort_keys(uint64_t *keys, uint64_t *room, int n)
{
    enum { DIGIT = 8, VALUES = 1 << DIGIT };
    for (int shift = 32; shift < 64; shift += DIGIT) {
        int place[VALUES] = {0}, next = 0;
        for (int i = 0; i < n; i++)
            place[keys[i] >> shift & (VALUES - 1)]++;
        for (int v = 0; v < VALUES; v++) {
            const int count = place[v];
            place[v] = next;
            next += count;
        }
        for (int i = 0; i < n; i++)
            room[place[keys[i] >> shift & (VALUES - 1)]++] = keys[i];
        uint64_t *t = keys;
        keys = room;
        room = t;
    }
    return keys;
}

// Puts the boxes in order, best first, and keeps at most `limit`.
static void sort_candidates(nn_candidates *c, int limit)
{
    for (int i = 0; i < c->count; i++) {
        uint32_t bits; // of a float >= 0: they order as the float does
        memcpy(&bits, &c->boxes[i].score, sizeof(bits));
        c->keys[i] = (uint64_t)~bits << 32 | (uint32_t)i;
    }
    const uint64_t *sorted = sort_keys(c->keys, c->keys + CAPACITY, c->count);
    c->count = c->count < limit ? c->count : limit;
    for (int i = 0; i < c->count; i++)
        c->spare[i] = c->boxes[(uint32_t)sorted[i]];
    nn_box *t = c->boxes;
    c->boxes = c->spare;
    c->spare = t;
}

void nn_candidates_add(nn_candidates *c, const nn_box *box)
{
    if (c->count == CAPACITY)
        sort_candidates(c, NN_NMS_CANDIDATES);
    c->boxes[c->count++] = *box;
}

static float area_of(const nn_box *b)
{
    return (b->x1 - b->x0) * (b->y1 - b->y0);
}

// Whether a box of the group may overlap by more than `iou`: false only when none does, rounding
// included. No branches and no division, hence eight times as fast as the overlap itself.
static bool may_overlap(const kept_group *g, const nn_box *b, float iou)
{
    const float area = area_of(b), margin = 1.0001f;
    int hits = 0;
    for (int i = 0; i < GROUP; i++) {
        const float w = nn_min_float(g->x1[i], b->x1) - nn_max_float(g->x0[i], b->x0);
        const float h = nn_min_float(g->y1[i], b->y1) - nn_max_float(g->y0[i], b->y0);
        const float both = w * h;
        hits |= (g->label[i] == b->label) & (w > 0) & (h > 0) &
                (both * margin >= iou * (g->area[i] + area - both));
    }
    return hits;
}

static bool suppressed(const nn_candidates *c, const nn_box *box, const nn_box *kept, int count,
                       float iou)
{
    for (int at = 0; at < count; at += GROUP) {
        if (!may_overlap(&c->kept[at / GROUP], box, iou))
            continue;
        for (int i = at; i < count && i < at + GROUP; i++)
            if (kept[i].label == box->label && nn_box_iou(&kept[i], box) > iou)
                return true;
    }
    return false;
}

static void keep(nn_candidates *c, const nn_box *b, int index)
{
    kept_group *g = &c->kept[index / GROUP];
    const int i = index % GROUP;
    if (i == 0)
        *g = (kept_group){0}; // empty boxes overlap nothing
    g->x0[i] = b->x0;
    g->y0[i] = b->y0;
    g->x1[i] = b->x1;
    g->y1[i] = b->y1;
    g->area[i] = area_of(b);
    g->label[i] = b->label;
}

nn_status nn_nms(nn_candidates *c, float iou, int max_detections, nn_result *result)
{
    result->count = 0;
    sort_candidates(c, NN_NMS_CANDIDATES);
    int most = max_detections < c->count ? max_detections : c->count;
    if (nn_result_reserve(result, most) != NN_OK)
        return NN_ENOMEM;
    for (int i = 0; i < c->count && result->count < most; i++)
        if (!suppressed(c, &c->boxes[i], result->boxes, result->count, iou)) {
            keep(c, &c->boxes[i], result->count);
            result->boxes[result->count++] = c->boxes[i];
        }
    c->count = 0;
    return NN_OK;
}
