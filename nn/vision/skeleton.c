// SPDX-License-Identifier: MIT
// The table of usual skeletons, and those that models bring.
#include "nn/vision/skeleton.h"

#include "nn/base/memory.h"

#include <pthread.h>
#include <string.h>

enum { MOST_KEPT = 256 }; // each is small, but files may name any

static const char *const body[] = {
    "nose",           "left_eye",   "right_eye",   "left_ear",   "right_ear",   "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip",
    "right_hip",      "left_knee",  "right_knee",  "left_ankle", "right_ankle",
};
static const uint8_t body_links[][2] = {
    {15, 13}, {13, 11}, {16, 14}, {14, 12}, {11, 12}, {5, 11}, {6, 12}, {5, 6}, {5, 7}, {6, 8},
    {7, 9},   {8, 10},  {1, 2},   {0, 1},   {0, 2},   {1, 3},  {2, 4},  {3, 5}, {4, 6},
};
static const char *const face[] = {"left_eye", "right_eye", "nose", "left_mouth", "right_mouth"};
static const char *const ears[] = {"right_eye", "left_eye",  "nose",
                                   "mouth",     "right_ear", "left_ear"};
static const char *const hand[] = {
    "wrist",   "thumb_1", "thumb_2",  "thumb_3",  "thumb_4",  "index_1",  "index_2",
    "index_3", "index_4", "middle_1", "middle_2", "middle_3", "middle_4", "ring_1",
    "ring_2",  "ring_3",  "ring_4",   "little_1", "little_2", "little_3", "little_4",
};
static const uint8_t hand_links[][2] = {
    {0, 1},   {1, 2},   {2, 3},   {3, 4},   {0, 5},   {5, 6},   {6, 7},
    {7, 8},   {5, 9},   {9, 10},  {10, 11}, {11, 12}, {9, 13},  {13, 14},
    {14, 15}, {15, 16}, {13, 17}, {17, 18}, {18, 19}, {19, 20}, {0, 17},
};

#define COUNT(list) (int)(sizeof(list) / sizeof *(list))
static const nn_skeleton skeletons[] = {
    {COUNT(body), body, body_links, COUNT(body_links)},
    {COUNT(face), face, NULL, 0},
    {COUNT(ears), ears, NULL, 0},
    {COUNT(hand), hand, hand_links, COUNT(hand_links)},
};

const nn_skeleton *nn_skeleton_of(int count)
{
    for (int i = 0; i < COUNT(skeletons); i++)
        if (skeletons[i].count == count)
            return &skeletons[i];
    return NULL;
}

double nn_keypoint_sigma(int count, int i)
{
    static const double sigma[] = {0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072,
                                   0.062, 0.062, 0.107, 0.107, 0.087, 0.087, 0.089, 0.089};
    return count == COUNT(body) ? sigma[i] : 1.0 / count;
}

static bool same(const nn_skeleton *a, const nn_skeleton *b)
{
    if (a->count != b->count || a->link_count != b->link_count)
        return false;
    for (int i = 0; i < a->count; i++)
        if (strcmp(a->names[i], b->names[i]) != 0)
            return false;
    for (int i = 0; i < a->link_count; i++)
        if (a->links[i][0] != b->links[i][0] || a->links[i][1] != b->links[i][1])
            return false;
    return true;
}

// All in one block: the skeleton, its links, pointers to its names, the names.
static nn_skeleton *copy(const nn_skeleton *s)
{
    const size_t links = (size_t)s->link_count * sizeof *s->links;
    size_t size = sizeof *s + (size_t)s->count * sizeof(char *) + links;
    for (int i = 0; i < s->count; i++)
        size += strlen(s->names[i]) + 1;
    char *block = nn_alloc(size);
    if (!block)
        return NULL;
    nn_skeleton *to = (nn_skeleton *)block;
    const char **names = (const char **)(block + sizeof *s);
    uint8_t(*to_links)[2] = (uint8_t(*)[2])(names + s->count);
    char *text = (char *)to_links + links;
    *to = *s;
    to->names = names;
    to->links = (const uint8_t(*)[2])to_links;
    if (links > 0)
        memcpy(to_links, s->links, links);
    for (int i = 0; i < s->count; i++) {
        const size_t length = strlen(s->names[i]) + 1;
        names[i] = memcpy(text, s->names[i], length);
        text += length;
    }
    return to;
}

const nn_skeleton *nn_skeleton_keep(const nn_skeleton *s)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static nn_skeleton *kept[MOST_KEPT];
    static int count;
    nn_skeleton *found = NULL;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < count && !found; i++)
        found = same(kept[i], s) ? kept[i] : NULL;
    if (!found && count < MOST_KEPT && (found = copy(s)))
        kept[count++] = found;
    pthread_mutex_unlock(&lock);
    return found;
}

const nn_skeleton *nn_detail_skeleton(const nn_detail *d)
{
    const nn_skeleton *s = d->skeleton; // a file may say it of other outputs than it has
    return s && s->count == d->keypoint_count ? s : nn_skeleton_of(d->keypoint_count);
}
