// SPDX-License-Identifier: MIT
// Makes details of true boxes from annotations.
#include "nn/data/truth_detail.h"

#include "nn/vision/outline.h"

static nn_status no_memory(nn_error *err)
{
    return nn_fail(err, NN_ENOMEM, "no memory for the outlines and keypoints of a picture");
}

static nn_status take_outline(nn_truth *t, nn_details *d, const float *from, int corners, float w,
                              float h, nn_error *err)
{
    float *xy = nn_details_add_outline(d, corners);
    if (!xy)
        return no_memory(err);
    for (int i = 0; i < corners; i++) {
        xy[2 * i] = from[2 * i] * w;
        xy[2 * i + 1] = from[2 * i + 1] * h;
    }
    if (!(t->area > 0))
        t->area = (float)nn_outline_area(xy, corners);
    return NN_OK;
}

static nn_status take_keypoints(nn_details *d, const nn_keypoint *from, int count, float w, float h,
                                nn_error *err)
{
    nn_keypoint *to = nn_details_add_keypoints(d, count);
    if (!to)
        return no_memory(err);
    for (int i = 0; i < count; i++)
        to[i] = (nn_keypoint){from[i].x * w, from[i].y * h, from[i].score};
    return NN_OK;
}

static void take_rotated(nn_truth *t, nn_rotated_box *to, const float *from, bool given, float w,
                         float h)
{
    float corner[8] = {t->x0, t->y0, t->x1, t->y0, t->x1, t->y1, t->x0, t->y1};
    for (int i = 0; i < 4 && given; i++) {
        corner[2 * i] = from[2 * i] * w;
        corner[2 * i + 1] = from[2 * i + 1] * h;
    }
    *to = nn_rotated_around(corner, 4);
    t->area = to->width * to->height;
}

nn_status nn_truth_detail_take(nn_truth *t, nn_details *details, const nn_annotated_picture *p,
                               const nn_annotation *a, unsigned wanted, float w, float h,
                               nn_error *err)
{
    const bool outline = wanted & NN_DETAIL_OUTLINES && a->corners > 2 && !a->rotated;
    const bool keypoints = wanted & NN_DETAIL_KEYPOINTS && a->keypoints > 0;
    const bool rotated = wanted & NN_DETAIL_ROTATED;
    nn_status status = NN_OK;
    if (wanted & NN_DETAIL_OUTLINES && !outline && t->ignore == NN_IGNORE_NOT)
        t->ignore = NN_IGNORE_BOX;
    if (!outline && !keypoints && !rotated)
        return NN_OK;
    if (nn_details_add(details, &t->detail) != NN_OK)
        return no_memory(err);
    if (outline)
        status = take_outline(t, details, p->xy + a->first, a->corners, w, h, err);
    if (keypoints && status == NN_OK)
        status = take_keypoints(details, p->keypoints + a->first_keypoint, a->keypoints, w, h, err);
    if (rotated)
        take_rotated(t, &nn_details_at(details, t->detail)->rotated, p->xy + a->first,
                     a->rotated && a->corners == 4, w, h);
    return status;
}

nn_status nn_truth_detail_judge(nn_dataset *d, const nn_data_survey *s, const nn_folder *f,
                                nn_error *err)
{
    const struct {
        unsigned flag;
        int there;
        const char *what;
    } kinds[] = {
        {NN_DETAIL_OUTLINES, s->shapes, "outlines of objects"},
        {NN_DETAIL_KEYPOINTS, s->posed,
         "keypoints: COCO's JSON holds them, or YOLO's lines with kpt_shape in data.yaml or "
         "--keypoints"},
        {NN_DETAIL_ROTATED, s->rotated,
         "rotated boxes: DOTA's or YOLO's lines, or COCO's polygons, of four corners"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (f->details & kinds[i].flag && kinds[i].there == 0)
            return nn_fail(err, NN_EFORMAT, "%s: has no %s", f->path, kinds[i].what);
    d->details |= f->details;
    if (!(f->details & NN_DETAIL_KEYPOINTS))
        return NN_OK;
    const nn_status status = nn_keypoint_set_merge(&d->keypoints, &s->keypoints, err);
    if (status == NN_EINVAL)
        nn_fail_prefix(err, status, "%s", f->path);
    return status;
}
