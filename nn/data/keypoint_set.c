// SPDX-License-Identifier: MIT
// Copies, joins and pairs the keypoints of data sets.
#include "nn/data/keypoint_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void nn_keypoint_set_release(nn_keypoint_set *s)
{
    nn_names_release(&s->names);
    *s = (nn_keypoint_set){0};
}

nn_status nn_keypoint_set_copy(nn_keypoint_set *to, const nn_keypoint_set *from, nn_error *err)
{
    *to = *from;
    const nn_status status =
        nn_names_copy(&to->names, (const char *const *)from->names.name, from->names.count, err);
    if (status != NN_OK)
        *to = (nn_keypoint_set){0};
    return status;
}

nn_status nn_keypoint_set_merge(nn_keypoint_set *to, const nn_keypoint_set *from, nn_error *err)
{
    if (from->count == 0)
        return NN_OK;
    if (to->count == 0)
        return nn_keypoint_set_copy(to, from, err);
    if (to->count != from->count)
        return nn_fail(err, NN_EINVAL, "objects with %d keypoints and objects with %d", to->count,
                       from->count);
    to->dims = to->dims > 0 ? to->dims : from->dims;
    if (!to->flips && from->flips) {
        to->flips = true;
        memcpy(to->flip, from->flip, sizeof to->flip);
    }
    if (!to->has_sigmas && from->has_sigmas) {
        to->has_sigmas = true;
        memcpy(to->sigma, from->sigma, sizeof to->sigma);
    }
    if (to->link_count == 0) {
        to->link_count = from->link_count;
        memcpy(to->links, from->links, sizeof to->links);
    }
    return to->names.count > 0 ? NN_OK
                               : nn_names_copy(&to->names, (const char *const *)from->names.name,
                                               from->names.count, err);
}

// Where a name says its side; NULL: it does not.
static const char *find_side(const char *name, const char *side)
{
    const size_t length = strlen(side), whole = strlen(name);
    if (side[length - 1] == '_') // at the start only
        return strncasecmp(name, side, length) == 0 ? name : NULL;
    if (side[0] == '_') // at the end only
        return whole > length && strcasecmp(name + whole - length, side) == 0
                   ? name + whole - length
                   : NULL;
    for (; *name; name++)
        if (strncasecmp(name, side, length) == 0)
            return name;
    return NULL;
}

// The name of the other side: "left_eye" for "right_eye". False: the name has no side.
static bool mirror_name(char *out, size_t size, const char *name)
{
    static const char *const sides[][2] = {{"left", "right"}, {"l_", "r_"}, {"_l", "_r"}};
    for (int i = 0; i < 6; i++) {
        const char *side = sides[i / 2][i % 2], *other = sides[i / 2][1 - i % 2];
        const char *at = find_side(name, side);
        if (!at)
            continue;
        snprintf(out, size, "%.*s%s%s", (int)(at - name), name, other, at + strlen(side));
        return true;
    }
    return false;
}

static int find_name(const nn_names *names, const char *name)
{
    for (int i = 0; i < names->count; i++)
        if (strcasecmp(names->name[i], name) == 0)
            return i;
    return -1;
}

void nn_keypoint_set_pair(nn_keypoint_set *s)
{
    uint8_t flip[NN_KEYPOINTS_MOST];
    if (s->flips || s->names.count < s->count || s->count == 0)
        return;
    for (int i = 0; i < s->count; i++) {
        char other[256];
        const int at =
            mirror_name(other, sizeof other, s->names.name[i]) ? find_name(&s->names, other) : i;
        if (at < 0 || at >= s->count)
            return;
        flip[i] = (uint8_t)at;
    }
    for (int i = 0; i < s->count; i++)
        if (flip[flip[i]] != i)
            return;
    memcpy(s->flip, flip, (size_t)s->count);
    s->flips = true;
}

nn_status nn_keypoint_set_parse(nn_keypoint_set *s, const char *text, nn_error *err)
{
    int count = 0, dims = 0, used = 0;
    *s = (nn_keypoint_set){0};
    if (sscanf(text, "%6d%*1[,xX]%1d%n", &count, &dims, &used) != 2 || text[used] != '\0' ||
        count < 1 || count > NN_KEYPOINTS_MOST || dims < 2 || dims > 3)
        return nn_fail(err, NN_EINVAL,
                       "'%.40s': not the number of keypoints and 2 (x y) or 3 (x y visibility), as "
                       "17,3",
                       text);
    s->count = count;
    s->dims = dims;
    return NN_OK;
}

nn_status nn_keypoint_sigmas_parse(float sigma[NN_KEYPOINTS_MOST], int *count, const char *text,
                                   nn_error *err)
{
    const char *at = text;
    int n = 0;
    for (bool more = true; more && n < NN_KEYPOINTS_MOST; at++) {
        char *end;
        const float v = strtof(at, &end);
        more = *end == ',';
        if (end == at || (!more && *end) || !nn_keypoint_sigma_is_usable(v))
            break;
        sigma[n++] = v;
        at = end;
        if (!more) {
            *count = n;
            return NN_OK;
        }
    }
    return nn_fail(
        err, NN_EINVAL,
        "'%.40s': not numbers above 0 up to %g with commas between them, one for each of "
        "up to %d keypoints",
        text, (double)NN_SIGMA_MOST, NN_KEYPOINTS_MOST);
}
