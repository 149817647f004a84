// SPDX-License-Identifier: MIT
// A fixed store of candidate boxes, their order by score, and greedy suppression.
#include "nn/vision/nms.h"

#include "nn/base/arith.h"
#include "nn/base/memory.h"

#include <string.h>

enum { CAPACITY = 2 * NN_NMS_CANDIDATES, GROUP = 16 };

// Kept boxes in groups, so that vector instructions compare several at once.
typedef struct kept_group {
    float x0[GROUP], y0[GROUP], x1[GROUP], y1[GROUP], area[GROUP];
    int32_t label[GROUP];
} kept_group;

struct nn_candidates {
    nn_box *boxes;    // CAPACITY
    nn_box *room;     // NN_NMS_CANDIDATES
    uint32_t *keys;   // CAPACITY: of the boxes
    uint64_t *order;  // 2 * CAPACITY: keys to sort, and work space
    kept_group *kept; // NN_NMS_CANDIDATES boxes
    bool *joined;     // NN_NMS_CANDIDATES: of the kept boxes
    int count;
    float floor; // nn_candidates_floor
};

nn_candidates *nn_candidates_new(void)
{
    nn_candidates *c = nn_calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    c->boxes = nn_alloc(CAPACITY * sizeof(*c->boxes));
    c->room = nn_alloc(NN_NMS_CANDIDATES * sizeof(*c->room));
    c->keys = nn_alloc(CAPACITY * sizeof(*c->keys));
    c->order = nn_alloc(2 * CAPACITY * sizeof(*c->order));
    c->kept = nn_alloc(NN_NMS_CANDIDATES / GROUP * sizeof(*c->kept));
    c->joined = nn_alloc(NN_NMS_CANDIDATES * sizeof(*c->joined));
    if (!c->boxes || !c->room || !c->keys || !c->order || !c->kept || !c->joined) {
        nn_candidates_free(c);
        return NULL;
    }
    nn_candidates_clear(c);
    return c;
}

void nn_candidates_free(nn_candidates *c)
{
    if (!c)
        return;
    nn_free(c->boxes);
    nn_free(c->room);
    nn_free(c->keys);
    nn_free(c->order);
    nn_free(c->kept);
    nn_free(c->joined);
    nn_free(c);
}

void nn_candidates_clear(nn_candidates *c)
{
    c->count = 0;
    c->floor = -1;
}

int nn_candidates_count(const nn_candidates *c)
{
    return c->count;
}

const nn_box *nn_candidates_at(const nn_candidates *c, int i)
{
    return &c->boxes[i];
}

// A key that orders boxes by score, best first.
static uint32_t key_of(const nn_box *b)
{
    uint32_t bits; // floats >= 0 are ordered as their bits are
    memcpy(&bits, &b->score, sizeof(bits));
    return ~bits;
}

enum { DIGIT = 11, VALUES = 1 << DIGIT, DIGITS = 3 }; // of a key

// Sorts by the upper half of the keys, ascending and stable. (qsort may allocate, and is slow for
// many keys.) Returns the half of the memory with the result.
static uint64_t *sort_keys(uint64_t *keys, uint64_t *room, int n)
{
    uint32_t place[DIGITS][VALUES] = {{0}};
    for (int i = 0; i < n; i++)
        for (int d = 0; d < DIGITS; d++)
            place[d][keys[i] >> (32 + d * DIGIT) & (VALUES - 1)]++;
    for (int d = 0; d < DIGITS; d++) {
        const int shift = 32 + d * DIGIT;
        uint32_t next = 0;
        for (int v = 0; v < VALUES; v++) {
            const uint32_t count = place[d][v];
            place[d][v] = next;
            next += count;
        }
        for (int i = 0; i < n; i++)
            room[place[d][keys[i] >> shift & (VALUES - 1)]++] = keys[i];
        uint64_t *t = keys;
        keys = room;
        room = t;
    }
    return keys;
}

// The same for a few keys.
static uint64_t *insert_keys(uint64_t *keys, int n)
{
    for (int i = 1; i < n; i++) {
        const uint64_t key = keys[i];
        int at = i;
        for (; at > 0 && keys[at - 1] > key; at--)
            keys[at] = keys[at - 1];
        keys[at] = key;
    }
    return keys;
}

// Upper half: key; lower half: index among the boxes.
static const uint64_t *sort_candidates(const nn_candidates *c)
{
    enum { FEW = 64 };
    for (int i = 0; i < c->count; i++)
        c->order[i] = (uint64_t)c->keys[i] << 32 | (uint32_t)i;
    return c->count <= FEW ? insert_keys(c->order, c->count)
                           : sort_keys(c->order, c->order + CAPACITY, c->count);
}

// Finds the key of the box at position `rank` (from 0) of the order, and how many boxes with this
// key are at or before it. Each pass narrows the range of keys to one of VALUES parts.
static uint32_t find_key(const nn_candidates *c, uint32_t rank, uint32_t *ties)
{
    uint32_t low = UINT32_MAX, high = 0;
    for (int i = 0; i < c->count; i++) {
        const uint32_t key = c->keys[i];
        low = key < low ? key : low;
        high = key > high ? key : high;
    }
    while (low < high) {
        uint32_t count[VALUES] = {0}, part = 0;
        int shift = 0;
        while ((high - low) >> shift >= VALUES)
            shift++;
        for (int i = 0; i < c->count; i++) {
            const uint32_t key = c->keys[i];
            if (key >= low && key <= high)
                count[(key - low) >> shift]++;
        }
        while (rank >= count[part])
            rank -= count[part++];
        low += part << shift;
        const uint32_t last = low + ((1u << shift) - 1);
        high = last < high ? last : high;
    }
    *ties = rank + 1;
    return low;
}

// Keeps the best NN_NMS_CANDIDATES boxes, in the order in which they were added.
static void drop_worse(nn_candidates *c)
{
    uint32_t ties;
    const uint32_t last = find_key(c, NN_NMS_CANDIDATES - 1, &ties);
    int count = 0;
    for (int i = 0; i < c->count; i++) {
        const uint32_t key = c->keys[i];
        if (key > last || (key == last && ties == 0))
            continue;
        if (key == last) {
            c->floor = c->boxes[i].score; // a later box with this score would come behind
            ties--;
        }
        c->keys[count] = key;
        c->boxes[count++] = c->boxes[i];
    }
    c->count = count;
}

void nn_candidates_add(nn_candidates *c, const nn_box *box)
{
    if (box->score <= c->floor)
        return;
    if (c->count == CAPACITY)
        drop_worse(c);
    c->keys[c->count] = key_of(box);
    c->boxes[c->count++] = *box;
}

void nn_candidates_filter(nn_candidates *c, const float *thresholds, int labels)
{
    int count = 0;
    for (int i = 0; i < c->count; i++) {
        const nn_box *b = &c->boxes[i];
        if (b->label >= 0 && b->label < labels && b->score < thresholds[b->label])
            continue;
        c->keys[count] = c->keys[i];
        c->boxes[count++] = *b;
    }
    c->count = count;
}

float nn_candidates_floor(const nn_candidates *c)
{
    return c->floor;
}

nn_box *nn_candidates_room(nn_candidates *c)
{
    return c->room;
}

static float area_of(const nn_box *b)
{
    return (b->x1 - b->x0) * (b->y1 - b->y0);
}

// Whether a box of the group may have an IoU above `iou`. It is false only when none has, rounding
// included. Without branches and division it is eight times as fast as the IoU itself.
static bool may_overlap(const kept_group *g, const nn_box *b, float iou, bool agnostic)
{
    const float area = area_of(b), margin = 1.0001f;
    int hits = 0;
    for (int i = 0; i < GROUP; i++) {
        const float w = nn_min_float(g->x1[i], b->x1) - nn_max_float(g->x0[i], b->x0);
        const float h = nn_min_float(g->y1[i], b->y1) - nn_max_float(g->y0[i], b->y0);
        const float both = w * h;
        hits |= (agnostic | (g->label[i] == b->label)) & (w > 0) & (h > 0) &
                (both * margin >= iou * (g->area[i] + area - both));
    }
    return hits;
}

// The first of kept[from .. count - 1] that is the same object as the box; `count` when none is.
static int find_same(const nn_candidates *c, const nn_nms_options *o, const nn_box *box,
                     const nn_box *kept, int from, int count)
{
    const nn_overlap *overlap = o->overlap;
    for (int i = from; i < count; i++) {
        if ((i == from || i % GROUP == 0) &&
            !may_overlap(&c->kept[i / GROUP], box, overlap ? 0 : o->iou, o->agnostic)) {
            i |= GROUP - 1;
            continue;
        }
        if (!o->agnostic && kept[i].label != box->label)
            continue;
        const float upright = nn_box_iou(&kept[i], box);
        if ((overlap && upright > 0 ? overlap->iou(overlap->context, &kept[i], box) : upright) >
            o->iou)
            return i;
    }
    return count;
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

// Drops kept boxes that a candidate, which is one object with both, joins to a better one.
static void join_kept(nn_candidates *c, const nn_nms_options *o, const uint64_t *sorted, int count,
                      nn_result *result)
{
    int kept = 0, left = 1;
    while (kept < result->count && result->boxes[kept].score >= o->join_score)
        kept++;
    memset(c->joined, 0, sizeof(*c->joined) * (size_t)result->count);
    for (int i = 0; i < count && kept > 1; i++) {
        const nn_box *link = &c->boxes[(uint32_t)sorted[i]];
        if (link->score < o->join_score)
            break;
        int at = find_same(c, o, link, result->boxes, 0, kept);
        while (at < kept && (at = find_same(c, o, link, result->boxes, at + 1, kept)) < kept)
            c->joined[at] = true;
    }
    for (int i = 1; i < result->count; i++)
        if (!c->joined[i])
            result->boxes[left++] = result->boxes[i];
    result->count = left;
}

nn_status nn_nms(nn_candidates *c, const nn_nms_options *o, nn_result *result)
{
    result->count = 0;
    const uint64_t *sorted = sort_candidates(c);
    const int count = c->count < NN_NMS_CANDIDATES ? c->count : NN_NMS_CANDIDATES;
    const int most = o->max_detections < count ? o->max_detections : count;
    if (nn_result_reserve(result, most) != NN_OK)
        return NN_ENOMEM;
    for (int i = 0; i < count && result->count < most; i++) {
        const nn_box *box = &c->boxes[(uint32_t)sorted[i]];
        if (find_same(c, o, box, result->boxes, 0, result->count) < result->count)
            continue;
        keep(c, box, result->count);
        result->boxes[result->count++] = *box;
    }
    if (o->join_score > 0 && result->count > 1)
        join_kept(c, o, sorted, count, result);
    nn_candidates_clear(c);
    return NN_OK;
}
