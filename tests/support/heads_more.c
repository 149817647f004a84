// SPDX-License-Identifier: MIT
// From objects to the outputs of detectors of faces and people, of CenterNet, EfficientDet, YOLACT
// and DETR: a row for each head in a table.
#include "tests/support/heads_more.h"
#include "tests/support/test.h"

#include <math.h>
#include <string.h>

enum { ROWS = 8 };

static void add(head_outputs *o, const char *name, float fill, int rank, const int64_t *dim)
{
    nn_head_output *out = &o->output[o->n++];
    nn_shape shape = {.rank = rank};
    memcpy(shape.dim, dim, (size_t)rank * sizeof *dim);
    out->name = name;
    assert_int_equal(nn_tensor_init(&out->tensor, NN_F32, &shape, NULL), NN_OK);
    for (int64_t i = 0; i < nn_shape_count(&shape); i++)
        nn_tensor_f32(&out->tensor)[i] = fill;
}

#define ADD(o, name, fill, ...)                                                                    \
    add(o, name, fill, (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)),                  \
        (int64_t[]){__VA_ARGS__})

// Number (i, k) of a sample of N x A x K; of A x K the only one.
static float *at(head_outputs *o, int output, int item, int64_t i, int64_t k)
{
    const nn_shape *s = &o->output[output].tensor.shape;
    const int64_t rows = s->dim[s->rank - 2], columns = s->dim[s->rank - 1];
    return nn_tensor_f32(&o->output[output].tensor) +
           ((s->rank == 3 ? item * rows : 0) + i) * columns + k;
}

static float *cell_at(head_outputs *o, int output, int item, int64_t c, int y, int x)
{
    const int64_t *d = o->output[output].tensor.shape.dim;
    return nn_tensor_f32(&o->output[output].tensor) + ((item * d[1] + c) * d[2] + y) * d[3] + x;
}

static int64_t cells(int h, int w, int stride)
{
    return (int64_t)((h + stride - 1) / stride) * ((w + stride - 1) / stride);
}

static float logit(float p)
{
    return logf(p / (1 - p));
}

typedef struct place {
    int h, w, item, index;
} place;

// --- faces ---

static void make_yunet(head_outputs *o, int h, int w, int batch, int classes)
{
    static const char *const names[] = {"cls_8",   "cls_16", "cls_32", "obj_8",
                                        "obj_16",  "obj_32", "bbox_8", "bbox_16",
                                        "bbox_32", "kps_8",  "kps_16", "kps_32"};
    const int columns[] = {1, 1, 4, 10};
    (void)classes;
    for (int i = 0; i < 12; i++)
        ADD(o, names[i], 0, batch, cells(h, w, 8 << i % 3), columns[i / 3]);
}

static void plant_yunet(head_outputs *o, const place *p, const head_object *b)
{
    const int level = p->index % 3, stride = 8 << level;
    const float s = (float)stride;
    const int x = (int)b->cx / stride, y = (int)b->cy / stride;
    const int64_t row = y * ((p->w + stride - 1) / stride) + x;
    const float box[] = {b->cx / s - (float)x, b->cy / s - (float)y, logf(b->w / s),
                         logf(b->h / s)};
    *at(o, level, p->item, row, 0) = *at(o, 3 + level, p->item, row, 0) = b->score;
    for (int k = 0; k < 4; k++)
        *at(o, 6 + level, p->item, row, k) = box[k];
}

static void make_scrfd(head_outputs *o, int h, int w, int batch, int classes)
{
    static const char *const names[] = {"448", "471", "494", "451", "474",
                                        "497", "454", "477", "500"};
    const int columns[] = {1, 4, 10};
    (void)classes;
    for (int i = 0; i < 9; i++)
        ADD(o, names[i], 0, batch, 2 * cells(h, w, 8 << i % 3), columns[i / 3]);
}

static void plant_scrfd(head_outputs *o, const place *p, const head_object *b)
{
    const int level = p->index % 3, stride = 8 << level;
    const float s = (float)stride;
    const int x = (int)b->cx / stride, y = (int)b->cy / stride;
    const int64_t row = 2 * (y * ((p->w + stride - 1) / stride) + x) + 1;
    const float sides[] = {(float)x - (b->cx - b->w / 2) / s, (float)y - (b->cy - b->h / 2) / s,
                           (b->cx + b->w / 2) / s - (float)x, (b->cy + b->h / 2) / s - (float)y};
    *at(o, level, p->item, row, 0) = b->score;
    for (int k = 0; k < 4; k++)
        *at(o, 3 + level, p->item, row, k) = sides[k];
}

static void make_retinaface(head_outputs *o, int h, int w, int batch, int classes)
{
    const int64_t a = 2 * (cells(h, w, 8) + cells(h, w, 16) + cells(h, w, 32));
    (void)classes;
    ADD(o, "bbox", 0, batch, a, 4);
    ADD(o, "confidence", 0, batch, a, 2);
    ADD(o, "landmark", 0, batch, a, 10);
}

static void make_yunet_priors(head_outputs *o, int h, int w, int batch, int classes)
{
    const int64_t a = 3 * (h / 8) * (w / 8) + 2 * (h / 16) * (w / 16) + 2 * (h / 32) * (w / 32) +
                      3 * (h / 64) * (w / 64);
    (void)classes;
    ADD(o, "loc", 0, batch, a, 14);
    ADD(o, "conf", 0, batch, a, 2);
    ADD(o, "iou", 1, batch, a, 1);
}

// The first prior of the finest level's cell.
static void plant_prior(head_outputs *o, const place *p, const head_object *b, int per_cell,
                        float size, float width, float height)
{
    const int x = (int)b->cx / 8, y = (int)b->cy / 8;
    const int64_t row = (int64_t)per_cell * (y * (p->w / 8) + x);
    const float box[] = {(b->cx - ((float)x + 0.5f) * 8) / (0.1f * size),
                         (b->cy - ((float)y + 0.5f) * 8) / (0.1f * size), logf(b->w / size) / width,
                         logf(b->h / size) / height};
    for (int k = 0; k < 4; k++)
        *at(o, 0, p->item, row, k) = box[k];
}

static void plant_retinaface(head_outputs *o, const place *p, const head_object *b)
{
    plant_prior(o, p, b, 2, 16, 0.2f, 0.2f);
    *at(o, 1, p->item, 2 * ((int)b->cy / 8 * (p->w / 8) + (int)b->cx / 8), 1) = b->score;
}

static void plant_yunet_priors(head_outputs *o, const place *p, const head_object *b)
{
    plant_prior(o, p, b, 3, 10, 0.1f, 0.2f);
    *at(o, 1, p->item, 3 * ((int)b->cy / 8 * (p->w / 8) + (int)b->cx / 8), 1) = b->score * b->score;
}

static void make_blazeface(head_outputs *o, int h, int w, int batch, int classes)
{
    (void)h, (void)w, (void)classes;
    ADD(o, "regressors", 0, batch, 896, 16);
    ADD(o, "classificators", -9, batch, 896, 1);
}

// --- people ---

static void make_movenet_multi(head_outputs *o, int h, int w, int batch, int classes)
{
    (void)h, (void)w, (void)classes;
    ADD(o, "output_0", 0, batch, 6, 56);
}

static void plant_movenet_multi(head_outputs *o, const place *p, const head_object *b)
{
    const float w = (float)p->w, h = (float)p->h;
    const float row[] = {(b->cy - b->h / 2) / h, (b->cx - b->w / 2) / w, (b->cy + b->h / 2) / h,
                         (b->cx + b->w / 2) / w, b->score};
    for (int k = 0; k < 5; k++)
        *at(o, 0, p->item, p->index, 51 + k) = row[k];
}

static void make_movenet(head_outputs *o, int h, int w, int batch, int classes)
{
    (void)h, (void)w, (void)classes;
    ADD(o, "output_0", 0, batch, 1, 17, 3);
}

static void make_simcc(head_outputs *o, int h, int w, int batch, int classes)
{
    (void)classes;
    ADD(o, "simcc_x", 0, batch, 17, 2 * w);
    ADD(o, "simcc_y", 0, batch, 17, 2 * h);
}

static void make_heatmaps(head_outputs *o, int h, int w, int batch, int classes)
{
    (void)classes;
    ADD(o, "output", 0, batch, 17, h / 4, w / 4);
}

// --- CenterNet, EfficientDet, YOLACT, DETR ---

static void make_center(head_outputs *o, int h, int w, int batch, int classes, float fill)
{
    ADD(o, "hm", fill, batch, classes, h / 4, w / 4);
    ADD(o, "wh", 0, batch, 2, h / 4, w / 4);
    ADD(o, "reg", 0, batch, 2, h / 4, w / 4);
}

static void make_centernet(head_outputs *o, int h, int w, int batch, int classes)
{
    make_center(o, h, w, batch, classes, -9);
}

static void make_centernet_sigmoid(head_outputs *o, int h, int w, int batch, int classes)
{
    make_center(o, h, w, batch, classes, 0);
}

static void plant_center(head_outputs *o, const place *p, const head_object *b, float score)
{
    const int x = (int)b->cx / 4, y = (int)b->cy / 4;
    *cell_at(o, 0, p->item, b->label, y, x) = score;
    *cell_at(o, 1, p->item, 0, y, x) = b->w / 4;
    *cell_at(o, 1, p->item, 1, y, x) = b->h / 4;
    *cell_at(o, 2, p->item, 0, y, x) = b->cx / 4 - (float)x;
    *cell_at(o, 2, p->item, 1, y, x) = b->cy / 4 - (float)y;
}

static void plant_centernet(head_outputs *o, const place *p, const head_object *b)
{
    plant_center(o, p, b, logit(b->score));
}

static void plant_centernet_sigmoid(head_outputs *o, const place *p, const head_object *b)
{
    plant_center(o, p, b, b->score);
}

static void make_efficientdet(head_outputs *o, int h, int w, int batch, int classes)
{
    int64_t a = 0;
    for (int stride = 8; stride <= 128; stride *= 2)
        a += 9 * cells(h, w, stride);
    ADD(o, "regression", 0, batch, a, 4);
    ADD(o, "classification", 0, batch, a, classes);
}

// y, x, h, w of a square anchor of 32 at the finest level.
static void encode(const head_object *b, int x, int y, float t[4])
{
    t[0] = (b->cy - ((float)y + 0.5f) * 8) / 32;
    t[1] = (b->cx - ((float)x + 0.5f) * 8) / 32;
    t[2] = logf(b->h / 32);
    t[3] = logf(b->w / 32);
}

static void plant_efficientdet(head_outputs *o, const place *p, const head_object *b)
{
    const int x = (int)b->cx / 8, y = (int)b->cy / 8;
    const int64_t row = (int64_t)9 * (y * ((p->w + 7) / 8) + x);
    encode(b, x, y, at(o, 0, p->item, row, 0));
    *at(o, 1, p->item, row, b->label) = b->score;
}

static void make_efficientdet_maps(head_outputs *o, int h, int w, int batch, int classes)
{
    static const char *const names[] = {"class_3", "class_4", "class_5", "class_6", "class_7",
                                        "box_3",   "box_4",   "box_5",   "box_6",   "box_7"};
    for (int i = 0; i < 10; i++) {
        const int s = 8 << i % 5;
        ADD(o, names[i], i < 5 ? -9 : 0, batch, i < 5 ? 9 * classes : 36, (h + s - 1) / s,
            (w + s - 1) / s);
    }
}

static void plant_efficientdet_maps(head_outputs *o, const place *p, const head_object *b)
{
    const int x = (int)b->cx / 8, y = (int)b->cy / 8;
    float t[4];
    encode(b, x, y, t);
    *cell_at(o, 0, p->item, b->label, y, x) = logit(b->score);
    for (int k = 0; k < 4; k++)
        *cell_at(o, 5, p->item, k, y, x) = t[k];
}

static void make_efficientdet_nms(head_outputs *o, int h, int w, int batch, int classes)
{
    (void)h, (void)w, (void)classes;
    ADD(o, "detections:0", 0, batch, ROWS, 7);
}

static void plant_efficientdet_nms(head_outputs *o, const place *p, const head_object *b)
{
    const float row[] = {
        0,        b->cy - b->h / 2,   b->cx - b->w / 2, b->cy + b->h / 2, b->cx + b->w / 2,
        b->score, (float)b->label + 1};
    for (int k = 0; k < 7; k++)
        *at(o, 0, p->item, p->index, k) = row[k];
}

static void make_mmdet(head_outputs *o, int h, int w, int batch, int classes)
{
    (void)h, (void)w, (void)classes;
    ADD(o, "dets", 0, batch, ROWS, 5);
    ADD(o, "labels", 0, batch, ROWS);
}

static void plant_mmdet(head_outputs *o, const place *p, const head_object *b)
{
    const float row[] = {b->cx - b->w / 2, b->cy - b->h / 2, b->cx + b->w / 2, b->cy + b->h / 2,
                         b->score};
    for (int k = 0; k < 5; k++)
        *at(o, 0, p->item, p->index, k) = row[k];
    *at(o, 1, 0, p->item, p->index) = (float)b->label;
}

static void make_yolov7_nms(head_outputs *o, int h, int w, int batch, int classes)
{
    (void)h, (void)w, (void)classes;
    ADD(o, "output", 0, batch * ROWS, 7);
}

static void plant_yolov7_nms(head_outputs *o, const place *p, const head_object *b)
{
    const float row[] = {(float)p->item,   b->cx - b->w / 2, b->cy - b->h / 2, b->cx + b->w / 2,
                         b->cy + b->h / 2, (float)b->label,  b->score};
    for (int k = 0; k < 7; k++)
        *at(o, 0, 0, p->item * ROWS + p->index, k) = row[k];
}

static void plant_yolo_nas_flat(head_outputs *o, const place *p, const head_object *b)
{
    plant_yolov7_nms(o, p, b);
    float *row = at(o, 0, 0, p->item * ROWS + p->index, 0);
    row[5] = b->score;
    row[6] = (float)b->label;
}

static void make_yolo_nas_flat(head_outputs *o, int h, int w, int batch, int classes)
{
    (void)h, (void)w, (void)classes;
    ADD(o, "graph2_flat_predictions", 0, batch * ROWS, 7);
}

static void make_efficient_nms(head_outputs *o, int h, int w, int batch, int classes)
{
    (void)h, (void)w, (void)classes;
    ADD(o, "num_dets", 0, batch, 1);
    ADD(o, "det_boxes", 0, batch, ROWS, 4);
    ADD(o, "det_scores", 0, batch, ROWS);
    ADD(o, "det_classes", 0, batch, ROWS);
}

static void plant_corners(float *x, const head_object *b)
{
    const float box[] = {b->cx - b->w / 2, b->cy - b->h / 2, b->cx + b->w / 2, b->cy + b->h / 2};
    memcpy(x, box, sizeof box);
}

static void plant_efficient_nms(head_outputs *o, const place *p, const head_object *b)
{
    nn_tensor_f32(&o->output[0].tensor)[p->item] = (float)p->index + 1;
    plant_corners(at(o, 1, p->item, p->index, 0), b);
    *at(o, 2, 0, p->item, p->index) = b->score;
    *at(o, 3, 0, p->item, p->index) = (float)b->label;
}

// --- boxes and scores of cells, rows of anchors ---

static int64_t all_cells(int h, int w)
{
    return cells(h, w, 8) + cells(h, w, 16) + cells(h, w, 32);
}

static void make_yolo_nas(head_outputs *o, int h, int w, int batch, int classes)
{
    ADD(o, "913", 0, batch, all_cells(h, w), 4);
    ADD(o, "904", 0, batch, all_cells(h, w), classes);
}

static void make_damo_yolo(head_outputs *o, int h, int w, int batch, int classes)
{
    ADD(o, "output", 0, batch, all_cells(h, w), classes);
    ADD(o, "952", 0, batch, all_cells(h, w), 4);
}

static void make_ppyoloe(head_outputs *o, int h, int w, int batch, int classes)
{
    ADD(o, "tmp_16", 0, batch, all_cells(h, w), 4);
    ADD(o, "concat_14.tmp_0", 0, batch, classes, all_cells(h, w));
}

static void plant_yolo_nas(head_outputs *o, const place *p, const head_object *b)
{
    plant_corners(at(o, 0, p->item, 7 * p->index, 0), b);
    *at(o, 1, p->item, 7 * p->index, b->label) = b->score;
}

static void plant_damo_yolo(head_outputs *o, const place *p, const head_object *b)
{
    plant_corners(at(o, 1, p->item, 7 * p->index, 0), b);
    *at(o, 0, p->item, 7 * p->index, b->label) = b->score;
}

static void plant_ppyoloe(head_outputs *o, const place *p, const head_object *b)
{
    plant_corners(at(o, 0, p->item, 7 * p->index, 0), b);
    *at(o, 1, p->item, b->label, 7 * p->index) = b->score;
}

static void make_rtmdet(head_outputs *o, int h, int w, int batch, int classes)
{
    static const char *const names[] = {"cls_p3",  "cls_p4",  "cls_p5",
                                        "bbox_p3", "bbox_p4", "bbox_p5"};
    for (int i = 0; i < 6; i++) {
        const int s = 8 << i % 3;
        ADD(o, names[i], i < 3 ? -9 : 0, batch, i < 3 ? classes : 4, (h + s - 1) / s,
            (w + s - 1) / s);
    }
}

static void plant_sides(head_outputs *o, const place *p, const head_object *b, bool in_cells)
{
    const int level = p->index % 3, stride = 8 << level;
    const int x = (int)b->cx / stride, y = (int)b->cy / stride;
    const float px = (float)(x * stride), py = (float)(y * stride);
    const float sides[] = {px - b->cx + b->w / 2, py - b->cy + b->h / 2, b->cx + b->w / 2 - px,
                           b->cy + b->h / 2 - py};
    *cell_at(o, level, p->item, b->label, y, x) = logit(b->score);
    for (int i = 0; i < 4; i++)
        *cell_at(o, 3 + level, p->item, i, y, x) = sides[i] / (in_cells ? (float)stride : 1);
}

static void plant_rtmdet(head_outputs *o, const place *p, const head_object *b)
{
    plant_sides(o, p, b, false);
}

static void plant_rtmdet_cells(head_outputs *o, const place *p, const head_object *b)
{
    plant_sides(o, p, b, true);
}

enum { NAS_POINTS = 2 };

static void make_yolo_nas_pose(head_outputs *o, int h, int w, int batch, int classes)
{
    ADD(o, "boxes", 0, batch, all_cells(h, w), 4);
    ADD(o, "scores", 0, batch, all_cells(h, w), classes);
    ADD(o, "joints", 0, batch, all_cells(h, w), NAS_POINTS, 2);
    ADD(o, "joint_scores", 0, batch, all_cells(h, w), NAS_POINTS);
}

static void make_yolo_nas_pose_nms(head_outputs *o, int h, int w, int batch, int classes)
{
    (void)h, (void)w, (void)classes;
    ADD(o, "graph2_num_predictions", 0, batch, 1);
    ADD(o, "graph2_post_nms_boxes", 0, batch, ROWS, 4);
    ADD(o, "graph2_post_nms_scores", 0, batch, ROWS);
    ADD(o, "graph2_post_nms_joints", 0, batch, ROWS, NAS_POINTS, 3);
}

static void make_yolo_nas_pose_flat(head_outputs *o, int h, int w, int batch, int classes)
{
    (void)h, (void)w, (void)classes;
    ADD(o, "graph2_flat_predictions", 0, batch * ROWS, 6 + 3 * NAS_POINTS);
}

static void plant_yolo_nas_pose_nms(head_outputs *o, const place *p, const head_object *b)
{
    nn_tensor_f32(&o->output[0].tensor)[p->item] = (float)p->index + 1;
    plant_corners(at(o, 1, p->item, p->index, 0), b);
    *at(o, 2, 0, p->item, p->index) = b->score;
}

static void plant_yolo_nas_pose_flat(head_outputs *o, const place *p, const head_object *b)
{
    float *row = at(o, 0, 0, p->item * ROWS + p->index, 0);
    row[0] = (float)p->item;
    plant_corners(row + 1, b);
    row[5] = b->score;
}

static void make_yolov6(head_outputs *o, int h, int w, int batch, int classes)
{
    ADD(o, "outputs", 0, batch, all_cells(h, w), 5 + classes);
}

static void make_yolov5_face(head_outputs *o, int h, int w, int batch, int classes)
{
    ADD(o, "output", 0, batch, 3 * all_cells(h, w), 15 + classes);
}

static void make_yolov7_pose(head_outputs *o, int h, int w, int batch, int classes)
{
    ADD(o, "output", 0, batch, 3 * all_cells(h, w), 5 + classes + 15);
}

static void make_yolov5_seg(head_outputs *o, int h, int w, int batch, int classes)
{
    ADD(o, "output0", 0, batch, 3 * all_cells(h, w), 5 + classes + 2);
    ADD(o, "output1", 0, batch, 2, h / 4, w / 4);
}

// A row whose classes begin at `first`, with an objectness of 1 in half of them.
static void plant_anchor(head_outputs *o, const place *p, const head_object *b, int first)
{
    float *row = at(o, 0, p->item, 5 * p->index + 2, 0);
    const float box[] = {b->cx, b->cy, b->w, b->h, p->index % 2 ? 1 : b->score};
    memcpy(row, box, sizeof box);
    row[first + b->label] = p->index % 2 ? b->score : 1;
}

static void plant_rows(head_outputs *o, const place *p, const head_object *b)
{
    plant_anchor(o, p, b, 5);
}

static void plant_yolov5_face(head_outputs *o, const place *p, const head_object *b)
{
    plant_anchor(o, p, b, 15);
}

static void make_yolact(head_outputs *o, int h, int w, int batch, int classes)
{
    ADD(o, "loc", 0, batch, ROWS, 4);
    ADD(o, "conf", 0, batch, ROWS, 1 + classes);
    ADD(o, "mask", 0, batch, ROWS, 2);
    ADD(o, "priors", 0.5f, ROWS, 4);
    ADD(o, "proto", 0, batch, h / 4, w / 4, 2);
}

static void plant_yolact(head_outputs *o, const place *p, const head_object *b)
{
    const float w = (float)p->w, h = (float)p->h;
    const float box[] = {(b->cx / w - 0.5f) / 0.05f, (b->cy / h - 0.5f) / 0.05f,
                         logf(b->w / w / 0.5f) / 0.2f, logf(b->h / h / 0.5f) / 0.2f};
    for (int k = 0; k < 4; k++)
        *at(o, 0, p->item, p->index, k) = box[k];
    *at(o, 1, p->item, p->index, 1 + b->label) = b->score;
}

static void make_detr(head_outputs *o, int h, int w, int batch, int classes)
{
    (void)h, (void)w;
    ADD(o, "pred_logits", -40, batch, ROWS, classes + 1);
    ADD(o, "pred_boxes", 0, batch, ROWS, 4);
    for (int item = 0; item < batch; item++)
        for (int i = 0; i < ROWS; i++)
            *at(o, 0, item, i, classes) = 0; // no object
}

static void make_detr_sigmoid(head_outputs *o, int h, int w, int batch, int classes)
{
    (void)h, (void)w;
    ADD(o, "pred_logits", -9, batch, ROWS, classes);
    ADD(o, "pred_boxes", 0, batch, ROWS, 4);
}

static void plant_detr(head_outputs *o, const place *p, const head_object *b)
{
    const float w = (float)p->w, h = (float)p->h;
    const float box[] = {b->cx / w, b->cy / h, b->w / w, b->h / h};
    for (int k = 0; k < 4; k++)
        *at(o, 1, p->item, p->index, k) = box[k];
    *at(o, 0, p->item, p->index, b->label) = logit(b->score);
}

static void make_finished(head_outputs *o, int more, int batch)
{
    ADD(o, "output0", 0, batch, ROWS, 6 + more);
}

static void make_yolov10_pose(head_outputs *o, int h, int w, int batch, int classes)
{
    (void)h, (void)w, (void)classes;
    make_finished(o, 6, batch);
}

static void make_yolov10_obb(head_outputs *o, int h, int w, int batch, int classes)
{
    (void)h, (void)w, (void)classes;
    make_finished(o, 1, batch);
}

static void make_yolov10_seg(head_outputs *o, int h, int w, int batch, int classes)
{
    (void)classes;
    make_finished(o, 2, batch);
    ADD(o, "output1", 0, batch, 2, h / 4, w / 4);
}

static void plant_finished(head_outputs *o, const place *p, const head_object *b)
{
    const float row[] = {b->cx - b->w / 2, b->cy - b->h / 2, b->cx + b->w / 2,
                         b->cy + b->h / 2, b->score,         (float)b->label};
    for (int k = 0; k < 6; k++)
        *at(o, 0, p->item, p->index, k) = row[k];
}

static void plant_rotated(head_outputs *o, const place *p, const head_object *b)
{
    const float row[] = {b->cx, b->cy, b->w, b->h, b->score, (float)b->label};
    for (int k = 0; k < 6; k++)
        *at(o, 0, p->item, p->index, k) = row[k];
}

static const struct {
    const char *head;
    void (*make)(head_outputs *o, int h, int w, int batch, int classes);
    void (*plant)(head_outputs *o, const place *p, const head_object *b); // NULL: none
} heads[] = {
    {"yunet", make_yunet, plant_yunet},
    {"scrfd", make_scrfd, plant_scrfd},
    {"retinaface", make_retinaface, plant_retinaface},
    {"yunet_priors", make_yunet_priors, plant_yunet_priors},
    {"blazeface", make_blazeface, NULL},
    {"movenet_multi", make_movenet_multi, plant_movenet_multi},
    {"movenet", make_movenet, NULL},
    {"simcc", make_simcc, NULL},
    {"heatmaps", make_heatmaps, NULL},
    {"centernet", make_centernet, plant_centernet},
    {"centernet_sigmoid", make_centernet_sigmoid, plant_centernet_sigmoid},
    {"efficientdet", make_efficientdet, plant_efficientdet},
    {"efficientdet_maps", make_efficientdet_maps, plant_efficientdet_maps},
    {"efficientdet_nms", make_efficientdet_nms, plant_efficientdet_nms},
    {"mmdet", make_mmdet, plant_mmdet},
    {"yolov7_nms", make_yolov7_nms, plant_yolov7_nms},
    {"yolo_nas_flat", make_yolo_nas_flat, plant_yolo_nas_flat},
    {"efficient_nms", make_efficient_nms, plant_efficient_nms},
    {"yolo_nas", make_yolo_nas, plant_yolo_nas},
    {"rtmdet", make_rtmdet, plant_rtmdet},
    {"rtmdet_cells", make_rtmdet, plant_rtmdet_cells},
    {"yolo_nas_pose", make_yolo_nas_pose, plant_yolo_nas},
    {"yolo_nas_pose_nms", make_yolo_nas_pose_nms, plant_yolo_nas_pose_nms},
    {"yolo_nas_pose_flat", make_yolo_nas_pose_flat, plant_yolo_nas_pose_flat},
    {"damo_yolo", make_damo_yolo, plant_damo_yolo},
    {"ppyoloe", make_ppyoloe, plant_ppyoloe},
    {"yolov6", make_yolov6, plant_rows},
    {"yolov5_face", make_yolov5_face, plant_yolov5_face},
    {"yolov7_pose", make_yolov7_pose, plant_rows},
    {"yolov5_seg", make_yolov5_seg, plant_rows},
    {"yolov10_pose", make_yolov10_pose, plant_finished},
    {"yolov10_obb", make_yolov10_obb, plant_rotated},
    {"yolov10_seg", make_yolov10_seg, plant_finished},
    {"yolact", make_yolact, plant_yolact},
    {"detr", make_detr, plant_detr},
    {"detr_sigmoid", make_detr_sigmoid, plant_detr},
    {"rtdetr_logits", make_detr_sigmoid, plant_detr},
};
enum { HEADS = sizeof heads / sizeof *heads };

bool heads_make_more(head_outputs *o, const char *head, int h, int w, int batch, int classes)
{
    for (int i = 0; i < HEADS; i++) {
        if (strcmp(heads[i].head, head) != 0)
            continue;
        heads[i].make(o, h, w, batch, classes);
        return true;
    }
    return false;
}

bool heads_plant_more(head_outputs *o, const char *head, int h, int w, int item, int index,
                      const head_object *b)
{
    for (int i = 0; i < HEADS; i++) {
        if (strcmp(heads[i].head, head) != 0)
            continue;
        if (heads[i].plant)
            heads[i].plant(o, &(const place){h, w, item, index}, b);
        return true;
    }
    return false;
}
