// SPDX-License-Identifier: MIT
// Writes predictions as YOLO text files and as a COCO file.
#include "app/report/predictions.h"

#include "app/cli/folder.h"
#include "nn/base/memory.h"
#include "nn/data/mask_outline.h"
#include "nn/data/write/label_text.h"
#include "nn/io/file.h"
#include "nn/io/image/image.h"
#include "nn/vision/skeleton.h"

#include <glib.h>
#include <string.h>

struct app_predictions {
    app_prediction_options o;
    GHashTable *stems; // stems already used
    char **labels;     // class names of the current model
    nn_buffer images, boxes;
    long long pictures, count;
    nn_keypoint_set keypoints; // their number
    nn_error wrong;            // the first failure
};

nn_status app_predictions_open(app_predictions **out, const app_prediction_options *options,
                               nn_error *err)
{
    *out = NULL;
    if (options->dir) {
        const nn_status status = app_folder_make("--save-txt", options->dir, err);
        if (status != NN_OK)
            return status;
    }
    *out = g_new0(app_predictions, 1);
    (*out)->o = *options;
    (*out)->stems = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return NN_OK;
}

// Output name of a picture: "a" for a.jpg; "a.jpg" when "a" is used already; "street_12" for frame
// 12 of street.avi.
static char *stem_of(app_predictions *p, const vp_found *f)
{
    g_autofree char *base = g_path_get_basename(f->file ? f->file : p->o.input);
    char *dot = strrchr(base, '.');
    g_autofree char *stem =
        dot && dot > base ? g_strndup(base, (gsize)(dot - base)) : g_strdup(base);
    char *name = f->file ? g_strdup(stem) : g_strdup_printf("%s_%lld", stem, (long long)f->frame);
    for (int i = 1; g_hash_table_contains(p->stems, name); i++) {
        g_free(name);
        name = i == 1 ? g_strdup(base) : g_strdup_printf("%s-%d", base, i);
    }
    g_hash_table_add(p->stems, g_strdup(name));
    return name;
}

// The outline of an object: that of its mask, or the corners of its rotated box, in a new array
// (nn_free); *corners is 0 without either.
static nn_status find_outline(float **xy, int *corners, const nn_result *r, const nn_detail *one,
                              nn_error *err)
{
    *xy = NULL;
    *corners = 0;
    if (one && one->rotated.width > 0) {
        *xy = nn_alloc(8 * sizeof **xy);
        if (!*xy)
            return nn_fail(err, NN_ENOMEM, "no memory for corners");
        nn_rotated_corners(&one->rotated, *xy);
        *corners = 4;
    } else if (one) {
        return nn_mask_outline(xy, corners, &r->details, one, err);
    }
    return NN_OK;
}

// The keypoints of an object as labels (g_free): seen or not labelled. NULL: it has none.
static nn_keypoint *label_keypoints(const nn_result *r, const nn_detail *one)
{
    const int count = one ? one->keypoint_count : 0;
    nn_keypoint *k = count > 0 ? g_new(nn_keypoint, count) : NULL;
    for (int i = 0; i < count; i++) {
        k[i] = nn_detail_keypoints(&r->details, one)[i];
        k[i].score = k[i].score >= NN_KEYPOINT_SEEN ? NN_KEYPOINT_VISIBLE : 0;
    }
    return k;
}

// A line as Ultralytics has it: a box, an outline, or a box with keypoints; then the score.
static nn_status print_line(nn_buffer *out, const nn_result *r, const nn_box *b, bool score,
                            nn_error *err)
{
    const double box[] = {(double)b->x0, (double)b->y0, (double)b->x1, (double)b->y1};
    const double width = r->frame_width, height = r->frame_height;
    const nn_detail *one = nn_result_detail(r, b);
    float *xy;
    int corners;
    const nn_status status = find_outline(&xy, &corners, r, one, err);
    if (corners > 2) {
        nn_yolo_print_outline(out, b->label, xy, corners, width, height);
    } else {
        nn_yolo_print(out, b->label, box, width, height, -1);
        g_autofree nn_keypoint *k = label_keypoints(r, one);
        nn_yolo_print_keypoints(out, k, k ? one->keypoint_count : 0, width, height);
    }
    if (score) {
        nn_buffer_add(out, " ", 1);
        nn_buffer_number(out, (double)b->score, 6);
    }
    nn_free(xy);
    return status;
}

static nn_status write_text(const app_predictions *p, const vp_found *f, const char *stem,
                            nn_error *err)
{
    g_autofree char *path = g_strdup_printf("%s/%s.txt", p->o.dir, stem);
    nn_buffer text = {0};
    nn_status status = NN_OK;
    for (int i = 0; i < f->result->count && status == NN_OK; i++) {
        const nn_box *b = &f->result->boxes[i];
        status = print_line(&text, f->result, b, p->o.scores, err);
        nn_buffer_add(&text, "\n", 1);
    }
    if (status == NN_OK)
        status = nn_buffer_save(&text, path, err);
    nn_buffer_release(&text);
    return status;
}

// Writes the class of each pixel as a PNG that train --task segment reads.
static nn_status write_mask(const app_predictions *p, const vp_found *f, const char *stem,
                            nn_error *err)
{
    const nn_label_map *m = &f->result->map;
    const int width = f->result->frame_width, height = f->result->frame_height;
    g_autofree char *path = g_strdup_printf("%s/%s.png", p->o.dir, stem);
    g_autofree uint8_t *values = g_malloc((gsize)width * (gsize)height);
    for (int y = 0; y < height; y++) {
        const uint8_t *row = m->label + (size_t)((int64_t)y * m->height / height) * m->width;
        for (int x = 0; x < width; x++)
            values[(size_t)y * width + x] = row[(int64_t)x * m->width / width];
    }
    const nn_indices indices = {width, height, values};
    return nn_indices_save(&indices, path, err);
}

// Name of the picture in the COCO file: relative to its input folder.
static char *name_picture(const app_predictions *p, const vp_found *f, const char *stem)
{
    if (!f->file)
        return g_strconcat(stem, ".jpg", NULL);
    g_autofree char *file = g_path_get_basename(f->file);
    g_autofree char *input = g_file_test(p->o.input, G_FILE_TEST_IS_DIR)
                                 ? g_strdup(p->o.input)
                                 : g_path_get_dirname(p->o.input);
    g_autofree char *pictures = g_canonicalize_filename(input, NULL);
    g_autofree char *json = g_canonicalize_filename(p->o.json, NULL);
    g_autofree char *above = g_path_get_dirname(json);
    const size_t length = strlen(above);
    if (strncmp(pictures, above, length) == 0 && pictures[length] == '/')
        return g_build_filename(pictures + length + 1, file, NULL);
    return g_steal_pointer(&file);
}

static nn_status add_json(app_predictions *p, const vp_found *f, const char *stem, nn_error *err)
{
    const nn_result *r = f->result;
    nn_status status = NN_OK;
    g_autofree char *name = name_picture(p, f, stem);
    char image[24], category[16];
    g_snprintf(image, sizeof image, "%lld", ++p->pictures);
    nn_buffer_print(&p->images, p->images.size ? ",\n  " : "  ");
    nn_coco_print_image(&p->images, image, name, f->result->frame_width, f->result->frame_height);
    for (int i = 0; i < r->count && status == NN_OK; i++) {
        const nn_box *b = &r->boxes[i];
        const nn_detail *one = nn_result_detail(r, b);
        float *xy;
        int corners;
        g_autofree nn_keypoint *k = label_keypoints(r, one);
        status = find_outline(&xy, &corners, r, one, err);
        g_snprintf(category, sizeof category, "%d", b->label + 1);
        const nn_coco_label label = {
            .id = ++p->count,
            .image = image,
            .category = category,
            .box = {(double)b->x0, (double)b->y0, (double)b->x1, (double)b->y1},
            .score = (double)b->score,
            .xy = xy,
            .corners = corners,
            .keypoints = k,
            .keypoint_count = one ? one->keypoint_count : 0};
        p->keypoints.count = MAX(p->keypoints.count, label.keypoint_count);
        nn_buffer_print(&p->boxes, p->boxes.size ? ",\n  " : "  ");
        nn_coco_print_label(&p->boxes, &label);
        nn_free(xy);
    }
    return status;
}

void app_predictions_add(app_predictions *p, const vp_found *f)
{
    if (p->wrong.status != NN_OK)
        return;
    g_autofree char *stem = stem_of(p, f);
    if (!p->labels) {
        p->labels = g_new0(char *, (gsize)f->label_count + 1);
        for (int i = 0; i < f->label_count; i++)
            p->labels[i] = g_strdup(f->labels[i]);
    }
    if (p->o.dir && f->result->map.width > 0)
        write_mask(p, f, stem, &p->wrong);
    else if (p->o.dir)
        write_text(p, f, stem, &p->wrong);
    if (p->o.json && f->result->map.width > 0)
        nn_fail(&p->wrong, NN_EUNSUPPORTED,
                "--save-json: the model segments and finds no boxes; --save-txt writes its masks");
    else if (p->o.json)
        add_json(p, f, stem, &p->wrong);
}

static nn_status write_classes(const app_predictions *p, nn_error *err)
{
    g_autofree char *path = g_build_filename(p->o.dir, "classes.txt", NULL);
    nn_buffer text = {0};
    for (int i = 0; p->labels && p->labels[i]; i++) {
        nn_buffer_add(&text, p->labels[i], strlen(p->labels[i]));
        nn_buffer_add(&text, "\n", 1);
    }
    const nn_status status = nn_buffer_save(&text, path, err);
    nn_buffer_release(&text);
    return status;
}

static nn_status write_json(const app_predictions *p, nn_error *err)
{
    static const char head[] = "{\"images\": [\n", middle[] = "\n],\n\"annotations\": [\n";
    nn_buffer tail = {0};
    nn_buffer_print(&tail, "\n],\n\"categories\": [\n");
    for (int i = 0; p->labels && p->labels[i]; i++) {
        char id[16];
        g_snprintf(id, sizeof id, "%d", i + 1);
        nn_buffer_print(&tail, i ? ",\n  " : "  ");
        nn_coco_print_category(&tail, id, p->labels[i], &p->keypoints);
    }
    nn_buffer_print(&tail, "\n]}\n");
    const nn_file_part parts[] = {{head, strlen(head)},
                                  {p->images.bytes, p->images.size},
                                  {middle, strlen(middle)},
                                  {p->boxes.bytes, p->boxes.size},
                                  {tail.bytes, tail.size}};
    const nn_status status = p->images.failed || p->boxes.failed || tail.failed
                                 ? nn_fail(err, NN_ENOMEM, "%s: no memory for its text", p->o.json)
                                 : nn_file_write(p->o.json, parts, G_N_ELEMENTS(parts), err);
    nn_buffer_release(&tail);
    return status;
}

nn_status app_predictions_close(app_predictions *p, nn_status status, nn_error *err)
{
    if (!p)
        return status;
    if (status == NN_OK && p->wrong.status != NN_OK)
        status = nn_fail(err, p->wrong.status, "%s", p->wrong.text);
    if (status == NN_OK && p->o.dir)
        status = write_classes(p, err);
    if (status == NN_OK && p->o.json)
        status = write_json(p, err);
    g_hash_table_destroy(p->stems);
    g_strfreev(p->labels);
    nn_buffer_release(&p->images);
    nn_buffer_release(&p->boxes);
    g_free(p);
    return status;
}
