// SPDX-License-Identifier: MIT
// Reads keypoints of categories and annotations.
#include "nn/data/coco_keypoints.h"

#include "nn/base/memory.h"

#include <math.h>
#include <string.h>

static nn_status read_names(nn_keypoint_set *s, const cJSON *names, nn_error *err)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, names)
    {
        const char *name = cJSON_IsString(item) && nn_json_plain_text(item->valuestring)
                               ? item->valuestring
                               : NULL;
        if (!name || s->names.count == NN_KEYPOINTS_MOST)
            return nn_fail(err, NN_EFORMAT, "the keypoints of a category are not up to %d names",
                           NN_KEYPOINTS_MOST);
        const nn_status status = nn_names_add(&s->names, name, strlen(name), err);
        if (status != NN_OK)
            return status;
    }
    s->count = s->names.count;
    return NN_OK;
}

// Pairs that are none are left out: a skeleton is for drawing only.
static void read_links(nn_keypoint_set *s, const cJSON *skeleton)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, skeleton)
    {
        int64_t a, b;
        if (s->link_count == NN_LINKS_MOST || cJSON_GetArraySize(item) != 2 ||
            !nn_json_size(cJSON_GetArrayItem(item, 0), &a) ||
            !nn_json_size(cJSON_GetArrayItem(item, 1), &b) || a < 1 || b < 1 || a > s->count ||
            b > s->count)
            continue;
        s->links[s->link_count][0] = (uint8_t)(a - 1);
        s->links[s->link_count++][1] = (uint8_t)(b - 1);
    }
}

static nn_status read_sigmas(nn_keypoint_set *s, const cJSON *sigmas, nn_error *err)
{
    const cJSON *item;
    int n = 0;
    if (!sigmas)
        return NN_OK;
    cJSON_ArrayForEach(item, sigmas)
    {
        float v;
        if (n == s->count || !nn_json_float(item, &v) || !nn_keypoint_sigma_is_usable(v))
            break;
        s->sigma[n++] = v;
    }
    s->has_sigmas = n == s->count && n == cJSON_GetArraySize(sigmas);
    return s->has_sigmas ? NN_OK
                         : nn_fail(err, NN_EFORMAT,
                                   "the sigmas of a category are not %d numbers above 0 up to %g",
                                   s->count, (double)NN_SIGMA_MOST);
}

nn_status nn_coco_keypoints_of_category(nn_keypoint_set *s, const cJSON *category, nn_error *err)
{
    const cJSON *names = cJSON_GetObjectItemCaseSensitive(category, "keypoints");
    nn_keypoint_set read = {0};
    if (!cJSON_IsArray(names) || cJSON_GetArraySize(names) == 0)
        return NN_OK;
    nn_status status = read_names(&read, names, err);
    if (status == NN_OK) {
        status = read_sigmas(&read, cJSON_GetObjectItemCaseSensitive(category, "sigmas"), err);
        read_links(&read, cJSON_GetObjectItemCaseSensitive(category, "skeleton"));
        nn_keypoint_set_pair(&read);
        status = status != NN_OK ? status : nn_keypoint_set_merge(s, &read, err);
    }
    nn_keypoint_set_release(&read);
    return status;
}

nn_status nn_coco_keypoints_parse(nn_keypoint **points, const cJSON *annotation, int count,
                                  const char **wrong, nn_error *err)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(annotation, "keypoints"), *item;
    int n = 0;
    float v[3];
    *points = NULL;
    *wrong = NULL;
    if (cJSON_GetArraySize(list) == 0 || count == 0)
        return NN_OK;
    *wrong = "its keypoints are not x, y and visibility of those of its category";
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) != 3 * count)
        return NN_OK;
    *points = nn_calloc((size_t)count, sizeof **points);
    if (!*points)
        return nn_fail(err, NN_ENOMEM, "no memory for the keypoints");
    cJSON_ArrayForEach(item, list)
    {
        if (!nn_json_float(item, &v[n % 3]) || fabsf(v[n % 3]) > (float)(1 << 20))
            return NN_OK;
        if (n++ % 3 < 2)
            continue;
        const float seen = v[2] <= 0 ? 0 : v[2] < 1.5f ? NN_KEYPOINT_HIDDEN : NN_KEYPOINT_VISIBLE;
        (*points)[n / 3 - 1] = (nn_keypoint){v[0], v[1], seen};
    }
    *wrong = NULL;
    return NN_OK;
}
