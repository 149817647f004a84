// SPDX-License-Identifier: MIT
// The keypoints of a card as JSON: names and links.
#include "nn/io/card_keypoints.h"

#include "nn/io/json.h"

#include <string.h>

enum { MOST_KEYPOINTS = 256, MOST_LINKS = 512, MOST_NAME = 255 };

int nn_card_keypoints_add(cJSON *root, const nn_skeleton *s)
{
    if (!s)
        return 0;
    cJSON *names = cJSON_AddArrayToObject(root, "keypoints");
    cJSON *links = cJSON_AddArrayToObject(root, "skeleton");
    for (int i = 0; i < s->count; i++)
        cJSON_AddItemToArray(names, cJSON_CreateString(s->names[i]));
    for (int i = 0; i < s->link_count; i++)
        cJSON_AddItemToArray(links,
                             cJSON_CreateIntArray((int[]){s->links[i][0], s->links[i][1]}, 2));
    return 2;
}

// Reads the names into a list of MOST_KEYPOINTS.
static nn_status get_names(const cJSON *list, const char **names, int *count, nn_error *err)
{
    const cJSON *item;
    *count = 0;
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) < 1 ||
        cJSON_GetArraySize(list) > MOST_KEYPOINTS)
        return nn_fail(err, NN_EFORMAT, "'keypoints' is not a list of 1 to %d names",
                       MOST_KEYPOINTS);
    cJSON_ArrayForEach(item, list)
    {
        const char *name = cJSON_GetStringValue(item);
        if (!name || strlen(name) > MOST_NAME || !nn_json_plain_text(name))
            return nn_fail(err, NN_EFORMAT, "'keypoints': number %d is not a printable name",
                           *count);
        names[(*count)++] = name;
    }
    return NN_OK;
}

// Reads an end of a link.
static bool get_end(const cJSON *pair, int i, int count, uint8_t *end)
{
    const cJSON *item = cJSON_GetArrayItem(pair, i);
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble < count))
        return false;
    *end = (uint8_t)item->valuedouble;
    return true;
}

static nn_status get_links(const cJSON *list, uint8_t (*links)[2], int keypoints, int *count,
                           nn_error *err)
{
    const cJSON *pair;
    *count = 0;
    if (list && (!cJSON_IsArray(list) || cJSON_GetArraySize(list) > MOST_LINKS))
        return nn_fail(err, NN_EFORMAT, "'skeleton' is not a list of up to %d pairs", MOST_LINKS);
    cJSON_ArrayForEach(pair, list)
    {
        uint8_t *link = links[*count];
        if (cJSON_GetArraySize(pair) != 2 || !get_end(pair, 0, keypoints, &link[0]) ||
            !get_end(pair, 1, keypoints, &link[1]))
            return nn_fail(err, NN_EFORMAT, "'skeleton': number %d is not two of 0 .. %d", *count,
                           keypoints - 1);
        ++*count;
    }
    return NN_OK;
}

nn_status nn_card_keypoints_get(const cJSON *root, const nn_skeleton **s, nn_error *err)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "keypoints");
    const char *names[MOST_KEYPOINTS];
    uint8_t links[MOST_LINKS][2];
    nn_skeleton read = {.names = names, .links = (const uint8_t(*)[2])links};
    *s = NULL;
    if (!list)
        return NN_OK;
    nn_status status = get_names(list, names, &read.count, err);
    if (status == NN_OK)
        status = get_links(cJSON_GetObjectItemCaseSensitive(root, "skeleton"), links, read.count,
                           &read.link_count, err);
    if (status == NN_OK)
        *s = nn_skeleton_keep(&read);
    return status;
}
