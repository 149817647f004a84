// SPDX-License-Identifier: MIT
// Prints detections as COCO's results.
#include "app/report/results.h"

#include "nn/eval/coco_mask_text.h"

#include <glib.h>
#include <string.h>

enum { DIGITS = 4, SCORE_DIGITS = 9 };

static void print_list(nn_buffer *out, const char *key, const double *v, int count)
{
    nn_buffer_print(out, ", \"%s\": [", key);
    for (int i = 0; i < count; i++) {
        nn_buffer_print(out, i ? ", " : "");
        nn_buffer_number(out, v[i], DIGITS);
    }
    nn_buffer_print(out, "]");
}

// Ids of digits are numbers, without zeros in front.
static void print_id(nn_buffer *out, const nn_sample *s)
{
    g_autofree char *base = g_path_get_basename(s->name);
    char *dot = strrchr(base, '.');
    if (dot && dot > base && !s->id)
        *dot = '\0';
    const char *id = s->id ? s->id : base;
    const size_t digits = strspn(id, "0123456789");
    if (digits == 0 || digits > 18 || id[digits] != '\0')
        nn_buffer_json_text(out, id);
    else
        nn_buffer_print(out, "%lld", strtoll(id, NULL, 10));
}

static void print_keypoints(nn_buffer *out, const nn_keypoint *k, int count)
{
    g_autofree double *v = g_new(double, 3 * (gsize)count);
    for (int i = 0; i < count; i++) {
        v[3 * i] = (double)k[i].x;
        v[3 * i + 1] = (double)k[i].y;
        v[3 * i + 2] = (double)k[i].score;
    }
    print_list(out, "keypoints", v, 3 * count);
}

static nn_status print_detail(nn_buffer *out, const nn_details *d, const nn_detail *one,
                              const nn_sample *s)
{
    const nn_rotated_box *b = &one->rotated;
    if (b->width > 0)
        print_list(out, "rbox",
                   (const double[]){(double)b->cx, (double)b->cy, (double)b->width,
                                    (double)b->height, (double)b->angle},
                   5);
    if (one->keypoint_count > 0)
        print_keypoints(out, nn_detail_keypoints(d, one), one->keypoint_count);
    if (one->mask_width == 0 && one->corner_count == 0)
        return NN_OK;
    nn_buffer_print(out, ", \"segmentation\": ");
    return nn_coco_print_mask(out, d, one, s->width, s->height);
}

nn_status app_results_add(app_results *r, const nn_dataset *data, const nn_scored_picture *p,
                          nn_error *err)
{
    nn_buffer *out = &r->text;
    nn_status status = NN_OK;
    for (int i = 0; p->result && i < p->result->count && status == NN_OK; i++) {
        const nn_box *b = &p->result->boxes[i];
        const nn_detail *one = nn_result_detail(p->result, b);
        const int64_t id =
            data && b->label >= 0 && b->label < NN_CLASS_MAX ? data->label_id[b->label] : 0;
        const double box[] = {(double)b->x0, (double)b->y0, (double)b->x1 - (double)b->x0,
                              (double)b->y1 - (double)b->y0};
        nn_buffer_print(out, out->size ? ",\n{\"image_id\": " : "[\n{\"image_id\": ");
        print_id(out, p->sample);
        nn_buffer_print(out, ", \"category_id\": %lld", (long long)(id ? id - 1 : b->label + 1));
        print_list(out, "bbox", box, 4);
        nn_buffer_print(out, ", \"score\": ");
        nn_buffer_number(out, (double)b->score, SCORE_DIGITS);
        if (one)
            status = print_detail(out, &p->result->details, one, p->sample);
        nn_buffer_print(out, "}");
    }
    return status == NN_OK && !out->failed ? NN_OK
                                           : nn_fail(err, NN_ENOMEM, "no memory for the results");
}

nn_status app_results_save(app_results *r, const char *path, nn_error *err)
{
    nn_buffer_print(&r->text, r->text.size ? "\n]\n" : "[]\n");
    return nn_buffer_save(&r->text, path, err);
}

void app_results_release(app_results *r)
{
    nn_buffer_release(&r->text);
}
