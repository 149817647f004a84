// SPDX-License-Identifier: MIT
// The anchors of a card as JSON: sizes and scale_x_y by the stride of their map.
#include "nn/io/card_anchors.h"

#include "nn/io/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_STRIDE = 1024 };

static void add_sizes(cJSON *list, const nn_anchor_level *level)
{
    for (int i = 0; i < level->count; i++) {
        cJSON *pair = cJSON_CreateArray();
        for (int k = 0; k < 2; k++)
            cJSON_AddItemToArray(pair, nn_json_make_float(level->size[i][k]));
        cJSON_AddItemToArray(list, pair);
    }
}

int nn_card_anchors_add(cJSON *root, const nn_anchors *anchors)
{
    cJSON *sizes = NULL, *scales = NULL;
    int keys = 0;
    for (int i = 0; i < anchors->count; i++) {
        const nn_anchor_level *level = &anchors->level[i];
        char stride[16];
        snprintf(stride, sizeof stride, "%d", level->stride);
        if (!keys++)
            sizes = cJSON_AddObjectToObject(root, "anchors");
        add_sizes(cJSON_AddArrayToObject(sizes, stride), level);
        if (!(level->scale_x_y > 0))
            continue;
        if (!scales)
            scales = cJSON_AddObjectToObject(root, "scale_x_y");
        cJSON_AddItemToObject(scales, stride, nn_json_make_float(level->scale_x_y));
    }
    return (keys > 0) + (scales != NULL);
}

// Parses "16"; 0 when it is no stride.
static int parse_stride(const char *text)
{
    char *end;
    const long stride = strtol(text, &end, 10);
    return *text >= '1' && *text <= '9' && !*end && stride <= MAX_STRIDE ? (int)stride : 0;
}

static nn_anchor_level *find_level(nn_anchors *anchors, int stride)
{
    for (int i = 0; i < anchors->count; i++)
        if (anchors->level[i].stride == stride)
            return &anchors->level[i];
    return NULL;
}

static bool get_size(const cJSON *pair, float size[2])
{
    if (!cJSON_IsArray(pair) || cJSON_GetArraySize(pair) != 2)
        return false;
    for (int k = 0; k < 2; k++)
        if (!nn_json_float(cJSON_GetArrayItem(pair, k), &size[k]) || !(size[k] > 0) ||
            size[k] > NN_ANCHOR_MAX_SIZE)
            return false;
    return true;
}

static nn_status get_level(const cJSON *list, nn_anchors *anchors, nn_error *err)
{
    const int stride = parse_stride(list->string), count = cJSON_GetArraySize(list);
    const cJSON *pair;
    if (!stride || find_level(anchors, stride) || anchors->count == NN_ANCHOR_LEVELS)
        return nn_fail(err, NN_EFORMAT,
                       "'anchors' has keys that are not up to %d different strides of 1 to %d",
                       NN_ANCHOR_LEVELS, MAX_STRIDE);
    if (!cJSON_IsArray(list) || count < 1 || count > NN_ANCHORS)
        return nn_fail(err, NN_EFORMAT, "'anchors' of stride %d are not 1 to %d pairs", stride,
                       NN_ANCHORS);
    nn_anchor_level *level = &anchors->level[anchors->count++];
    *level = (nn_anchor_level){.stride = stride};
    cJSON_ArrayForEach(pair, list)
    {
        if (!get_size(pair, level->size[level->count++]))
            return nn_fail(err, NN_EFORMAT,
                           "'anchors' of stride %d: number %d is not [width, height] in pixels",
                           stride, level->count - 1);
    }
    return NN_OK;
}

static nn_status get_scale(const cJSON *item, nn_anchors *anchors, nn_error *err)
{
    nn_anchor_level *level = find_level(anchors, parse_stride(item->string));
    if (!level)
        return nn_fail(err, NN_EFORMAT, "'scale_x_y' has a stride that 'anchors' has not");
    if (!nn_json_float(item, &level->scale_x_y) ||
        !(level->scale_x_y >= 1 && level->scale_x_y <= NN_ANCHOR_MAX_SCALE))
        return nn_fail(err, NN_EFORMAT, "'scale_x_y' of stride %d is not a number from 1 to %d",
                       level->stride, NN_ANCHOR_MAX_SCALE);
    return NN_OK;
}

nn_status nn_card_anchors_get(const cJSON *root, nn_anchors *anchors, nn_error *err)
{
    const cJSON *sizes = cJSON_GetObjectItemCaseSensitive(root, "anchors"), *item;
    const cJSON *scales = cJSON_GetObjectItemCaseSensitive(root, "scale_x_y");
    nn_anchors read = {0};
    nn_status status = NN_OK;
    if ((sizes && !cJSON_IsObject(sizes)) || (scales && !cJSON_IsObject(scales)))
        return nn_fail(err, NN_EFORMAT,
                       "'anchors' and 'scale_x_y' are not objects with a key for each stride");
    cJSON_ArrayForEach(item, sizes)
    {
        if (status == NN_OK)
            status = get_level(item, &read, err);
    }
    cJSON_ArrayForEach(item, scales)
    {
        if (status == NN_OK)
            status = get_scale(item, &read, err);
    }
    if (status == NN_OK && (sizes || scales))
        *anchors = read;
    return status;
}
