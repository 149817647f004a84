// SPDX-License-Identifier: MIT
// Numbers the ids of an annotation file with a hash table of their texts. As doubles, ids above
// 2^53 would collide.
#include "nn/data/coco_ids.h"

#include "nn/base/memory.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ID = PATH_MAX };

void nn_coco_ids_release(nn_coco_ids *ids)
{
    for (int64_t i = 0; i < ids->count; i++)
        nn_free(ids->name[i]);
    nn_free(ids->name);
    nn_free(ids->slot);
    *ids = (nn_coco_ids){0};
}

static bool is_digits(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] < '0' || s[i] > '9')
            return false;
    return n > 0;
}

// Writes the canonical text of an id; false when the value is no id.
static bool spell(char *out, const char *value, size_t size)
{
    const bool quoted = size >= 2 && value[0] == '"' && value[size - 1] == '"';
    const char *text = quoted ? value + 1 : value;
    const size_t length = quoted ? size - 2 : size;
    if (length == 0 || length >= MAX_ID)
        return false;
    memcpy(out, text, length);
    out[length] = '\0';
    if (quoted)
        return true;
    if (is_digits(text + (text[0] == '-'), length - (text[0] == '-')))
        return true;
    char *end;
    const double v = strtod(out, &end); // 7.0, 7e3
    if (*end != '\0' || !(fabs(v) <= 0x1p53) || v != floor(v))
        return false;
    snprintf(out, MAX_ID, "%.0f", v);
    return true;
}

static uint64_t hash(const char *text) // FNV-1a
{
    uint64_t h = 0xcbf29ce484222325;
    for (; *text; text++)
        h = (h ^ (uint8_t)*text) * 0x100000001b3;
    return h;
}

static int64_t *find_slot(const nn_coco_ids *ids, const char *text)
{
    int64_t i = (int64_t)(hash(text) & (uint64_t)(ids->slots - 1));
    while (ids->slot[i] >= 0 && strcmp(ids->name[ids->slot[i]], text) != 0)
        i = (i + 1) & (ids->slots - 1);
    return &ids->slot[i];
}

// Makes room for one more id; the table is at most half full.
static bool reserve(nn_coco_ids *ids)
{
    if (2 * (ids->count + 1) <= ids->slots)
        return true;
    const int64_t larger = ids->slots ? 2 * ids->slots : 256;
    int64_t *slot = nn_alloc((size_t)larger * sizeof *slot);
    char **name = nn_realloc(ids->name, (size_t)ids->slots / 2 * sizeof *name,
                             (size_t)larger / 2 * sizeof *name);
    ids->name = name ? name : ids->name;
    if (!slot || !name) {
        nn_free(slot);
        return false;
    }
    nn_free(ids->slot);
    ids->slot = slot;
    ids->slots = larger;
    for (int64_t i = 0; i < larger; i++)
        slot[i] = -1;
    for (int64_t i = 0; i < ids->count; i++)
        *find_slot(ids, ids->name[i]) = i;
    return true;
}

nn_status nn_coco_ids_find(nn_coco_ids *ids, const char *value, size_t size, bool add,
                           int64_t *number, nn_error *err)
{
    char text[MAX_ID];
    *number = -1;
    if (!spell(text, value, size))
        return nn_fail(err, NN_EFORMAT, "not a whole number or a text");
    if (ids->slots > 0)
        *number = *find_slot(ids, text);
    if (*number >= 0 || !add)
        return NN_OK;
    char *copy = nn_strdup(text);
    if (!copy || !reserve(ids)) {
        nn_free(copy);
        return nn_fail(err, NN_ENOMEM, "no memory for %lld ids", (long long)ids->count + 1);
    }
    *find_slot(ids, copy) = ids->count;
    ids->name[ids->count] = copy;
    *number = ids->count++;
    return NN_OK;
}
