// SPDX-License-Identifier: MIT
// Candidates of fixed memory, sorted by score, and greedy suppression.
#include "nn/vision/nms.h"

#include "nn/base/memory.h"

#include <string.h>

enum { CAPACITY = 2 * NN_NMS_CANDIDATES };

struct nn_candidates {
    nn_box *boxes, *spare; // CAPACITY each; swapped when sorted
    uint64_t *keys;        // 2 * CAPACITY: sort keys and room to merge
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
    if (!c->boxes || !c->spare || !c->keys) {
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

// Merges from[begin, middle) and from[middle, end) into to[begin, end).
static void merge(uint64_t *to, const uint64_t *from, int begin, int middle, int end)
{
    int a = begin, b = middle;
    for (int i = begin; i < end; i++)
        to[i] = b >= end || (a < middle && from[a] < from[b]) ? from[a++] : from[b++];
}

// Bottom-up merge sort, ascending (qsort may allocate). Returns the half that holds the result.
static uint64_t *sort_keys(uint64_t *keys, uint64_t *room, int n)
{
    for (int run = 1; run < n; run *= 2) {
        for (int i = 0; i < n; i += 2 * run) {
            int middle = i + run < n ? i + run : n, end = i + 2 * run < n ? i + 2 * run : n;
            merge(room, keys, i, middle, end);
        }
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
        c->keys[i] = (uint64_t)~bits << 32 | (uint32_t)i; // unique, so that ties keep their order
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

static bool suppressed(const nn_box *box, const nn_box *kept, int count, float iou)
{
    for (int i = 0; i < count; i++)
        if (kept[i].label == box->label && nn_box_iou(&kept[i], box) > iou)
            return true;
    return false;
}

nn_status nn_nms(nn_candidates *c, float iou, int max_detections, nn_result *result)
{
    result->count = 0;
    sort_candidates(c, NN_NMS_CANDIDATES);
    int most = max_detections < c->count ? max_detections : c->count;
    if (nn_result_reserve(result, most) != NN_OK)
        return NN_ENOMEM;
    for (int i = 0; i < c->count && result->count < most; i++)
        if (!suppressed(&c->boxes[i], result->boxes, result->count, iou))
            result->boxes[result->count++] = c->boxes[i];
    c->count = 0;
    return NN_OK;
}
