// SPDX-License-Identifier: MIT
// Polygons and run lengths of COCO (Lin 2014), also in the compressed text of pycocotools.
#include "nn/data/coco_shape.h"

#include "nn/base/memory.h"
#include "nn/vision/outline.h"

#include <math.h>
#include <string.h>

enum { MAX_CORNERS = 1 << 20, MAX_RUNS = 1 << 24, MAX_SIDE = 1 << 20 };

void nn_coco_shape_release(nn_coco_shape *s)
{
    nn_free(s->xy);
    nn_free(s->corners);
    nn_free(s->runs);
    *s = (nn_coco_shape){0};
}

static const char *read_polygon(nn_coco_shape *s, int *used, const cJSON *polygon)
{
    const int numbers = cJSON_GetArraySize(polygon);
    const cJSON *item;
    if (!cJSON_IsArray(polygon) || numbers < 6 || numbers % 2)
        return "a polygon is not x, y of three or more corners";
    cJSON_ArrayForEach(item, polygon)
    {
        float *to = &s->xy[(*used)++];
        if (!nn_json_float(item, to) || fabsf(*to) > MAX_SIDE)
            return "a corner of a polygon is not a point";
    }
    s->corners[s->polygon_count++] = numbers / 2;
    return NULL;
}

static nn_status parse_polygons(nn_coco_shape *s, const cJSON *list, const char **wrong,
                                nn_error *err)
{
    int64_t numbers = 0;
    int used = 0;
    const cJSON *polygon;
    cJSON_ArrayForEach(polygon, list) numbers += cJSON_GetArraySize(polygon);
    if (numbers == 0 || numbers > 2 * MAX_CORNERS) {
        *wrong = "its segmentation has no corners, or too many";
        return NN_OK;
    }
    s->xy = nn_calloc((size_t)numbers, sizeof *s->xy);
    s->corners = nn_calloc((size_t)cJSON_GetArraySize(list), sizeof *s->corners);
    if (!s->xy || !s->corners)
        return nn_fail(err, NN_ENOMEM, "no memory for the polygons");
    cJSON_ArrayForEach(polygon, list)
    {
        *wrong = read_polygon(s, &used, polygon);
        if (*wrong)
            break;
    }
    return NN_OK;
}

// Decodes a number of the compressed text: five bits a character, the last one with the sign. False
// at the end of the text and for invalid text.
static bool unpack(const char **p, int64_t *value)
{
    int64_t x = 0;
    for (int shift = 0; shift < 40; shift += 5) {
        const int letter = **p - 48;
        if (letter < 0 || letter > 63)
            return false;
        ++*p;
        x |= (int64_t)(letter & 31) << shift;
        if (letter & 32)
            continue;
        *value = letter & 16 ? x - ((int64_t)1 << (shift + 5)) : x;
        return true;
    }
    return false;
}

// From the third run on, values are differences to the run before the last.
static bool read_packed(nn_coco_shape *s, const char *text)
{
    for (const char *p = text; *p;) {
        int64_t value;
        if (!unpack(&p, &value))
            return false;
        value += s->run_count > 2 ? s->runs[s->run_count - 2] : 0;
        if (value < 0 || value > UINT32_MAX)
            return false;
        s->runs[s->run_count++] = (uint32_t)value;
    }
    return true;
}

static bool read_counts(nn_coco_shape *s, const cJSON *counts)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, counts)
    {
        int64_t value;
        if (!nn_json_size(item, &value) || value > UINT32_MAX)
            return false;
        s->runs[s->run_count++] = (uint32_t)value;
    }
    return true;
}

// Whether the runs cover their picture exactly.
static bool fills(const nn_coco_shape *s)
{
    uint64_t sum = 0;
    for (int i = 0; i < s->run_count; i++)
        sum += s->runs[i];
    return sum == (uint64_t)s->width * (uint64_t)s->height;
}

static nn_status parse_runs(nn_coco_shape *s, const cJSON *json, const char **wrong, nn_error *err)
{
    const cJSON *size = cJSON_GetObjectItemCaseSensitive(json, "size");
    const cJSON *counts = cJSON_GetObjectItemCaseSensitive(json, "counts");
    int64_t height, width;
    const bool packed = cJSON_IsString(counts);
    const size_t most = packed ? strlen(counts->valuestring) : (size_t)cJSON_GetArraySize(counts);
    *wrong = "its segmentation is not size and counts of runs";
    if (cJSON_GetArraySize(size) != 2 || !nn_json_size(cJSON_GetArrayItem(size, 0), &height) ||
        !nn_json_size(cJSON_GetArrayItem(size, 1), &width) || height < 1 || width < 1 ||
        height > MAX_SIDE || width > MAX_SIDE || most < 1 || most > MAX_RUNS)
        return NN_OK;
    s->runs = nn_calloc(most, sizeof *s->runs);
    if (!s->runs)
        return nn_fail(err, NN_ENOMEM, "no memory for %zu runs", most);
    s->height = (int)height;
    s->width = (int)width;
    if (!(packed ? read_packed(s, counts->valuestring) : read_counts(s, counts)))
        return NN_OK;
    *wrong = fills(s) ? NULL : "the runs of its segmentation do not fill the picture";
    return NN_OK;
}

nn_status nn_coco_shape_parse(nn_coco_shape *s, const cJSON *segmentation, const char **wrong,
                              nn_error *err)
{
    nn_status status = NN_OK;
    *s = (nn_coco_shape){0};
    *wrong = NULL;
    if (cJSON_IsArray(segmentation))
        status = parse_polygons(s, segmentation, wrong, err);
    else if (cJSON_IsObject(segmentation))
        status = parse_runs(s, segmentation, wrong, err);
    else
        *wrong = "no segmentation";
    if (status != NN_OK || *wrong)
        nn_coco_shape_release(s);
    return status;
}

nn_status nn_coco_shape_join(const nn_coco_shape *s, float **xy, int *corners, nn_error *err)
{
    const float *from = s->xy, *start = s->xy;
    size_t most = 0;
    int n = 0;
    *xy = NULL;
    *corners = 0;
    for (int i = 0; i < s->polygon_count; i++)
        most += (size_t)s->corners[i] + 2; // one closes it, one is passed on the way back
    if (most == 0)
        return NN_OK;
    float *to = most < INT32_MAX / 2 ? nn_alloc(2 * most * sizeof *to) : NULL;
    if (!to)
        return nn_fail(err, NN_ENOMEM, "no memory for %zu corners", most);
    for (int i = 0; i < s->polygon_count; i++) {
        start = from;
        memcpy(to + (size_t)2 * n, from, 2 * (size_t)s->corners[i] * sizeof *to);
        n += s->corners[i];
        if (s->polygon_count > 1)
            memcpy(to + (size_t)2 * n++, from, 2 * sizeof *to); // closes the polygon
        from += (size_t)2 * s->corners[i];
    }
    for (int i = s->polygon_count - 2; i >= 0; i--) {
        start -= (size_t)2 * s->corners[i];
        memcpy(to + (size_t)2 * n++, start, 2 * sizeof *to);
    }
    *xy = to;
    *corners = n;
    return NN_OK;
}

static void paint_runs(const nn_coco_shape *s, uint8_t *labels, uint8_t label)
{
    uint64_t at = 0;
    for (int i = 0; i < s->run_count; i++) {
        const uint64_t end = at + s->runs[i];
        for (; i % 2 && at < end; at++)
            labels[at % (uint64_t)s->height * (uint64_t)s->width + at / (uint64_t)s->height] =
                label;
        at = end;
    }
}

nn_status nn_coco_shape_paint(const nn_coco_shape *s, uint8_t *labels, int width, int height,
                              uint8_t label)
{
    const float *xy = s->xy;
    if (s->runs && (s->width != width || s->height != height))
        return NN_ESHAPE;
    if (s->runs)
        paint_runs(s, labels, label);
    nn_status status = NN_OK;
    for (int i = 0; i < s->polygon_count && status == NN_OK; xy += (size_t)2 * s->corners[i++])
        status = nn_outline_paint(labels, width, height, xy, s->corners[i], label);
    return status;
}
