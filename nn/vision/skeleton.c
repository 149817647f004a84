// SPDX-License-Identifier: MIT
// The table of skeletons.
#include "nn/vision/skeleton.h"

#include <stddef.h>

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
