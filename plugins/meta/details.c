// SPDX-License-Identifier: MIT
// Writes details into the structures of regions of interest.
#include "plugins/meta/details.h"

#include "nn/vision/skeleton.h"

#include <gst/video/video.h>

static void drop(GstVideoRegionOfInterestMeta *region, const char *name)
{
    GstStructure *s = gst_video_region_of_interest_meta_get_param(region, name);
    if (!s)
        return;
    region->params = g_list_remove(region->params, s);
    gst_structure_free(s);
}

static void append_int(GValue *list, int number)
{
    GValue v = G_VALUE_INIT;
    g_value_init(&v, G_TYPE_INT);
    g_value_set_int(&v, number);
    gst_value_array_append_and_take_value(list, &v);
}

static void append_text(GValue *list, const char *text)
{
    GValue v = G_VALUE_INIT;
    g_value_init(&v, G_TYPE_STRING);
    g_value_set_string(&v, text);
    gst_value_array_append_and_take_value(list, &v);
}

static void append_float(GValue *list, float number)
{
    GValue v = G_VALUE_INIT;
    g_value_init(&v, G_TYPE_FLOAT);
    g_value_set_float(&v, number);
    gst_value_array_append_and_take_value(list, &v);
}

static void set_bytes(GstStructure *s, gconstpointer bytes, gsize size)
{
    g_autoptr(GVariant) v =
        g_variant_ref_sink(g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, bytes, size, 1));
    gst_structure_set(s, "data_buffer", G_TYPE_VARIANT, v, NULL);
}

static void set_dims(GstStructure *s, int a, int b)
{
    GValue dims = G_VALUE_INIT;
    g_value_init(&dims, GST_TYPE_ARRAY);
    append_int(&dims, a);
    append_int(&dims, b);
    gst_structure_take_value(s, "dims", &dims);
}

// Names and connections, where they are known.
static void set_skeleton(GstStructure *s, const nn_detail *d)
{
    const nn_skeleton *k = nn_detail_skeleton(d);
    GValue names = G_VALUE_INIT, links = G_VALUE_INIT;
    if (!k)
        return;
    g_value_init(&names, GST_TYPE_ARRAY);
    g_value_init(&links, GST_TYPE_ARRAY);
    for (int i = 0; i < k->count; i++)
        append_text(&names, k->names[i]);
    for (int i = 0; i < 2 * k->link_count; i++)
        append_text(&links, k->names[k->links[i / 2][i % 2]]);
    gst_structure_take_value(s, "point_names", &names);
    gst_structure_take_value(s, "point_connections", &links);
}

void nero_keypoints_set(GstVideoRegionOfInterestMeta *region, const nn_details *of,
                        const nn_detail *d, const nn_box *b)
{
    drop(region, "keypoints");
    if (!d || d->keypoint_count < 1)
        return;
    const nn_keypoint *k = nn_detail_keypoints(of, d);
    const int count = d->keypoint_count;
    const float w = MAX(b->x1 - b->x0, 1e-6f), h = MAX(b->y1 - b->y0, 1e-6f);
    g_autofree float *at = g_new(float, 2 * (gsize)count);
    GstStructure *s = gst_structure_new("keypoints", "format", G_TYPE_STRING, "keypoints", NULL);
    GValue scores = G_VALUE_INIT;
    g_value_init(&scores, GST_TYPE_ARRAY);
    for (int i = 0; i < count; i++) {
        at[2 * i] = (k[i].x - b->x0) / w;
        at[2 * i + 1] = (k[i].y - b->y0) / h;
        append_float(&scores, k[i].score);
    }
    set_bytes(s, at, 2 * (gsize)count * sizeof *at);
    set_dims(s, count, 2);
    gst_structure_take_value(s, "confidence", &scores);
    set_skeleton(s, d);
    gst_video_region_of_interest_meta_add_param(region, s);
}

static void add_mask(GstVideoRegionOfInterestMeta *region, const guint8 *mask, const nn_detail *d,
                     int w, int h)
{
    GstStructure *s =
        gst_structure_new("segmentation_mask", "format", G_TYPE_STRING, "segmentation_mask",
                          "x_min", G_TYPE_DOUBLE, (double)d->mask_x0 / w, "x_max", G_TYPE_DOUBLE,
                          (double)d->mask_x1 / w, "y_min", G_TYPE_DOUBLE, (double)d->mask_y0 / h,
                          "y_max", G_TYPE_DOUBLE, (double)d->mask_y1 / h, NULL);
    set_bytes(s, mask, (gsize)d->mask_width * (gsize)d->mask_height);
    set_dims(s, d->mask_height, d->mask_width);
    gst_video_region_of_interest_meta_add_param(region, s);
}

static void set_rotation(GstVideoRegionOfInterestMeta *region, const nn_rotated_box *r, int w)
{
    GstStructure *s = gst_video_region_of_interest_meta_get_param(region, "detection");
    if (s)
        gst_structure_set(s, "rotation", G_TYPE_DOUBLE, (double)r->angle, "width", G_TYPE_DOUBLE,
                          (double)r->width / w, "height", G_TYPE_DOUBLE, (double)r->height / w,
                          NULL);
}

void nero_details_attach(GstBuffer *buffer, int first, const nn_result *result)
{
    gpointer state = NULL;
    const int w = result->frame_width, h = result->frame_height;
    if (first < 1 || w < 1 || h < 1)
        return;
    for (GstVideoRegionOfInterestMeta *r;
         (r = (GstVideoRegionOfInterestMeta *)gst_buffer_iterate_meta_filtered(
              buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE));) {
        if (r->id < first || r->id - first >= result->count)
            continue;
        const nn_box *b = &result->boxes[r->id - first];
        const nn_detail *d = nn_result_detail(result, b);
        drop(r, "segmentation_mask");
        nero_keypoints_set(r, &result->details, d, b);
        if (d && d->mask_width > 0)
            add_mask(r, nn_detail_mask(&result->details, d), d, w, h);
        if (d && d->rotated.width > 0)
            set_rotation(r, &d->rotated, w);
    }
}
