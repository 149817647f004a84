// SPDX-License-Identifier: MIT
// Darknet's layers that end a detector. Our decoders do their work; their anchors go into the card.
#include "nn/io/darknet/build.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_CLASSES = 1 << 16, MAX_SIZES = 1024 };

// Pixels of the input for each cell; 0 when they are no whole number.
static int find_stride(nn_darknet *d)
{
    const int64_t *map = d->in.shape.dim, *input = d->input.dim;
    const int64_t stride = map[2] > 0 ? input[2] / map[2] : 0;
    if (stride >= 1 && stride <= 1024 && map[2] * stride == input[2] && map[3] * stride == input[3])
        return (int)stride;
    nn_darknet_fail(d, NN_ESHAPE, "the input, %lldx%lld, is no multiple of its map, %lldx%lld",
                    (long long)input[2], (long long)input[3], (long long)map[2], (long long)map[3]);
    return 0;
}

static void set_head(nn_darknet *d, const char *head, int classes)
{
    nn_card *card = d->card;
    if (card->head[0] && (strcmp(card->head, head) != 0 || d->classes != classes))
        nn_darknet_fail(d, NN_EUNSUPPORTED,
                        "heads of several kinds in one network are not supported");
    snprintf(card->head, sizeof card->head, "%s", head);
    d->classes = classes;
}

// Adds a level with the input's stride.
static nn_anchor_level *add_level(nn_darknet *d, int count)
{
    nn_anchors *anchors = &d->card->anchors;
    const int stride = find_stride(d);
    if (count < 1 || count > NN_ANCHORS || anchors->count == NN_ANCHOR_LEVELS)
        nn_darknet_fail(d, NN_EUNSUPPORTED, "%d anchors, supported are 1 to %d at %d levels", count,
                        NN_ANCHORS, NN_ANCHOR_LEVELS);
    for (int i = 0; i < anchors->count; i++)
        if (anchors->level[i].stride == stride)
            nn_darknet_fail(d, NN_EUNSUPPORTED, "two heads of stride %d", stride);
    if (nn_darknet_failed(d))
        return NULL;
    anchors->level[anchors->count] = (nn_anchor_level){.stride = stride, .count = count};
    return &anchors->level[anchors->count++];
}

static void set_size(nn_darknet *d, nn_anchor_level *level, int i, const double size[2],
                     double times)
{
    for (int k = 0; k < 2; k++) {
        level->size[i][k] = (float)(size[k] * times);
        if (!(level->size[i][k] > 0 && level->size[i][k] <= NN_ANCHOR_MAX_SIZE))
            nn_darknet_fail(d, NN_EFORMAT, "anchor %d, %g x %g, is no size", i, size[0], size[1]);
    }
}

static nn_darknet_value add_output(nn_darknet *d, int anchors, int numbers)
{
    char name[32];
    if (nn_darknet_failed(d))
        return nn_darknet_none;
    if (d->in.shape.dim[1] != (int64_t)anchors * numbers) {
        nn_darknet_fail(d, NN_EFORMAT,
                        "%lld channels come in, its classes and %d anchors want %d: 'filters' "
                        "before it and 'classes' do not go together",
                        (long long)d->in.shape.dim[1], anchors, anchors * numbers);
        return nn_darknet_none;
    }
    snprintf(name, sizeof name, "%.16s%d", d->section->type, d->index);
    nn_graph_output(d->graph, name, d->in.value);
    return d->in;
}

nn_darknet_value nn_darknet_yolo(nn_darknet *d)
{
    double sizes[MAX_SIZES], mask[NN_ANCHORS];
    if (!nn_darknet_is_image(d))
        return nn_darknet_none;
    const int classes = nn_darknet_int(d, "classes", 20, 1, MAX_CLASSES);
    const int total = nn_darknet_int(d, "num", 1, 1, MAX_SIZES / 2);
    const int n_sizes = nn_darknet_list(d, "anchors", sizes, MAX_SIZES);
    int n_mask = nn_darknet_list(d, "mask", mask, NN_ANCHORS);
    const bool masked = n_mask > 0;
    set_head(d, nn_darknet_int(d, "new_coords", 0, 0, 1) ? "yolov4_csp" : "yolov3", classes);
    n_mask = masked ? n_mask : total;
    nn_anchor_level *level = add_level(d, n_mask);
    for (int i = 0; level && i < n_mask; i++) {
        const double at = masked ? mask[i] : i;
        if (at != floor(at) || at < 0 || 2 * at + 1 >= n_sizes)
            nn_darknet_fail(d, NN_EFORMAT, "mask %g: there are %d anchors", at, n_sizes / 2);
        else
            set_size(d, level, i, sizes + 2 * (int)at, 1);
    }
    if (level) {
        level->scale_x_y = (float)nn_darknet_number(d, "scale_x_y", 1);
        if (!(level->scale_x_y >= 1 && level->scale_x_y <= NN_ANCHOR_MAX_SCALE))
            nn_darknet_fail(d, NN_EFORMAT, "scale_x_y is not within 1 and %d", NN_ANCHOR_MAX_SCALE);
    }
    return add_output(d, n_mask, 5 + classes);
}

// YOLOv2: anchor sizes are in cells.
nn_darknet_value nn_darknet_region(nn_darknet *d)
{
    double sizes[2 * NN_ANCHORS];
    if (!nn_darknet_is_image(d))
        return nn_darknet_none;
    const int classes = nn_darknet_int(d, "classes", 20, 1, MAX_CLASSES);
    const int count = nn_darknet_int(d, "num", 1, 1, NN_ANCHORS);
    const int n_sizes = nn_darknet_list(d, "anchors", sizes, 2 * NN_ANCHORS);
    nn_darknet_refuse(d, "coords", 4);
    if (nn_darknet_int(d, "softmax", 0, 0, 1) != 1 || nn_darknet_text(d, "tree", NULL))
        nn_darknet_fail(d, NN_EUNSUPPORTED,
                        "classes without softmax, or in a tree, are not supported");
    if (n_sizes < 2 * count)
        nn_darknet_fail(d, NN_EFORMAT, "%d anchors, num says %d", n_sizes / 2, count);
    set_head(d, "yolov2", classes);
    nn_anchor_level *level = add_level(d, count);
    for (int i = 0; level && i < count; i++)
        set_size(d, level, i, sizes + (size_t)2 * i, level->stride);
    return add_output(d, count, 5 + classes);
}
