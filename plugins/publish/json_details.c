// SPDX-License-Identifier: MIT
// Keypoints, masks and rotated boxes of an object.
#include "nn/vision/skeleton.h"
#include "plugins/publish/json.h"

static void add_keypoints(cJSON *entry, const NeroObject *o, const nn_detail *d,
                          const NeroJsonFrame *f)
{
    const nn_keypoint *k = nn_detail_keypoints(o->details, d);
    const nn_skeleton *names = nn_detail_skeleton(d);
    cJSON *list = cJSON_AddArrayToObject(entry, "keypoints");
    for (int i = 0; i < d->keypoint_count; i++) {
        cJSON *point = cJSON_CreateObject();
        cJSON_AddItemToArray(list, point);
        nero_json_number(point, "confidence", k[i].score);
        if (names)
            cJSON_AddStringToObject(point, "name", names->names[i]);
        nero_json_number(point, "x", k[i].x / f->width);
        nero_json_number(point, "y", k[i].y / f->height);
    }
}

// COCO's run lengths: column by column, how many 0, then how many 1, and so on.
static void add_runs(cJSON *mask, const guint8 *element, int width, int height)
{
    cJSON *counts = cJSON_AddArrayToObject(mask, "counts");
    int run = 0;
    guint8 now = 0;
    for (int x = 0; x < width; x++)
        for (int y = 0; y < height; y++) {
            const guint8 e = element[(gsize)y * (gsize)width + (gsize)x];
            if (e != now) {
                cJSON_AddItemToArray(counts, cJSON_CreateNumber(run));
                run = 0;
                now = e;
            }
            run++;
        }
    cJSON_AddItemToArray(counts, cJSON_CreateNumber(run));
}

static void add_mask(cJSON *entry, const NeroObject *o, const nn_detail *d, const NeroJsonFrame *f)
{
    cJSON *mask = cJSON_AddObjectToObject(entry, "mask");
    cJSON *box = cJSON_AddObjectToObject(mask, "bounding_box");
    nero_json_number(box, "x_max", d->mask_x1 / f->width);
    nero_json_number(box, "x_min", d->mask_x0 / f->width);
    nero_json_number(box, "y_max", d->mask_y1 / f->height);
    nero_json_number(box, "y_min", d->mask_y0 / f->height);
    add_runs(mask, nn_detail_mask(o->details, d), d->mask_width, d->mask_height);
    cJSON *size = cJSON_AddArrayToObject(mask, "size");
    cJSON_AddItemToArray(size, cJSON_CreateNumber(d->mask_height));
    cJSON_AddItemToArray(size, cJSON_CreateNumber(d->mask_width));
}

// Corners of a rotated box, so that readers need no formula, and its angle.
static void add_rotated(cJSON *entry, const nn_detail *d, const NeroJsonFrame *f)
{
    float corner[8];
    cJSON *rotated = cJSON_AddObjectToObject(entry, "rotated_box");
    cJSON *corners = cJSON_AddArrayToObject(rotated, "corners");
    nn_rotated_corners(&d->rotated, corner);
    for (int i = 0; i < 4; i++) {
        cJSON *point = cJSON_CreateObject();
        cJSON_AddItemToArray(corners, point);
        nero_json_number(point, "x", corner[2 * i] / f->width);
        nero_json_number(point, "y", corner[2 * i + 1] / f->height);
    }
    nero_json_number(rotated, "rotation", d->rotated.angle);
}

static void add_to_object(cJSON *entry, const NeroObject *o, guint index, const NeroJsonFrame *f)
{
    const nn_detail *d = o->details ? nn_details_at(o->details, o->box.detail) : NULL;
    (void)index;
    if (!d || f->width <= 0 || f->height <= 0)
        return;
    if (d->keypoint_count > 0)
        add_keypoints(entry, o, d, f);
    if (d->mask_width > 0)
        add_mask(entry, o, d, f);
    if (d->rotated.width > 0)
        add_rotated(entry, d, f);
}

const NeroJsonPart nero_json_details = {.add_to_object = add_to_object};
