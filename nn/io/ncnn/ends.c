// SPDX-License-Identifier: MIT
// Layers that end a detector. Our decoders do their work; their anchors go into the card.
#include "nn/io/ncnn/build.h"

#include <stdio.h>
#include <string.h>

enum { V2, V3 }; // the two versions of YOLO with different fields

static const struct {
    const char *type, *head;
    int version;
} ends[] = {{"YoloDetectionOutput", "yolov2", V2}, {"Yolov3DetectionOutput", "yolov3", V3}};

static int find_end(const char *type)
{
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (strcmp(ends[i].type, type) == 0)
            return (int)i;
    return -1;
}

bool nn_ncnn_is_end(const char *type)
{
    return find_end(type) >= 0;
}

// The number of an anchor. Old converters wrote the bits of a float32 as an integer.
static int anchor_number(double v)
{
    if (!(v >= 0 && v <= UINT32_MAX))
        return -1;
    const int64_t whole = (int64_t)v;
    float f;
    const uint32_t bits = (uint32_t)whole;
    memcpy(&f, &bits, sizeof f);
    return whole < 1024 ? (int)whole : whole > 1 << 23 && f >= 0 && f < 1024 ? (int)f : -1;
}

// Anchors of a map. Their sizes are in pixels, YOLOv2's in cells.
static void read_level(nn_ncnn_node *n, const nn_ncnn_value *map, int at, int version,
                       nn_anchor_level *level)
{
    int n_sizes, n_masks;
    const double *sizes = nn_ncnn_array(n, 4, &n_sizes);
    const double *masks = version == V3 ? nn_ncnn_array(n, 5, &n_masks) : NULL;
    const int64_t side = n->import->shapes[0].dim[2];
    level->count = nn_ncnn_int(n, 1, 5);
    if (nn_ncnn_dims(map) != 3 || level->count < 1 || level->count > NN_ANCHORS ||
        map->shape.dim[2] < 1) {
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "%d anchors for a blob with %d axes", level->count,
                     nn_ncnn_dims(map));
        return;
    }
    level->stride = (int)((side + map->shape.dim[2] - 1) / map->shape.dim[2]);
    for (int i = 0; i < level->count; i++) {
        const int k = at * level->count + i;
        const int number = version == V2 ? i : masks && k < n_masks ? anchor_number(masks[k]) : -1;
        if (number < 0 || 2 * number + 1 >= n_sizes) {
            nn_ncnn_fail(n, NN_EFORMAT, "anchor %d of map %d has no size", i, at);
            return;
        }
        for (int j = 0; j < 2; j++) {
            level->size[i][j] =
                (float)sizes[2 * number + j] * (version == V2 ? (float)level->stride : 1.0f);
            if (!(level->size[i][j] > 0 && level->size[i][j] <= NN_ANCHOR_MAX_SIZE))
                nn_ncnn_fail(n, NN_EFORMAT, "anchor %d is no size in pixels", number);
        }
    }
}

// scale_x_y. darknet2ncnn multiplies the stride of the map by it.
static float read_reach(nn_ncnn_node *n, int at, int stride)
{
    int count;
    const double *scales = nn_ncnn_array(n, 6, &count);
    const float reach = at < count ? (float)(scales[at] / stride) : 1;
    return reach > 1.001f && reach <= 2 ? reach : 0;
}

void nn_ncnn_read_end(nn_ncnn_node *n, nn_card *card)
{
    const int end = find_end(n->import->layer->type);
    if (card->anchors.count > 0 || n->n_in < 1 || n->n_in > NN_ANCHOR_LEVELS) {
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "%d maps, supported are 1 to %d in one layer", n->n_in,
                     NN_ANCHOR_LEVELS);
        return;
    }
    for (int i = 0; i < n->n_in && !nn_ncnn_failed(n); i++) {
        nn_anchor_level *level = &card->anchors.level[i];
        read_level(n, &n->in[i], i, ends[end].version, level);
        if (!nn_ncnn_failed(n) && ends[end].version == V3)
            level->scale_x_y = read_reach(n, i, level->stride);
    }
    card->anchors.count = n->n_in;
    snprintf(card->head, sizeof card->head, "%s", ends[end].head);
}
