// SPDX-License-Identifier: MIT
// The inverse of the decoders' formulas: from objects to the outputs of each head.
#include "tests/support/files.h"
#include "tests/support/heads_more.h"
#include "tests/support/onnx_message.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LISTED = 8 }; // room in lists of finished detections
enum { BINS = 8 };   // of distributions

static void add_output(head_outputs *o, const char *name, nn_shape shape, float fill)
{
    nn_head_output *out = &o->output[o->n++];
    out->name = name;
    assert_int_equal(nn_tensor_init(&out->tensor, NN_F32, &shape, NULL), NN_OK);
    for (int64_t i = 0; i < nn_shape_count(&shape); i++)
        nn_tensor_f32(&out->tensor)[i] = fill;
}

static nn_shape shape_2d(int64_t a, int64_t b)
{
    return (nn_shape){2, {a, b}};
}

static nn_shape shape_3d(int64_t a, int64_t b, int64_t c)
{
    return (nn_shape){3, {a, b, c}};
}

static int64_t cells(int h, int w, int stride)
{
    return (int64_t)(h / stride) * (w / stride);
}

static void add_lists(head_outputs *o, const char *head, int batch)
{
    if (!strcmp(head, "torchvision")) {
        add_output(o, "boxes", shape_2d(LISTED, 4), 0);
        add_output(o, "scores", nn_shape_1d(LISTED), 0);
        add_output(o, "labels", nn_shape_1d(LISTED), 0);
        return;
    }
    const bool tf = !strcmp(head, "tf_ssd");
    add_output(o, tf ? "detection_boxes:0" : "bboxes", shape_3d(batch, LISTED, 4), 0);
    add_output(o, tf ? "detection_classes:0" : "labels", shape_2d(batch, LISTED), 0);
    add_output(o, tf ? "detection_scores:0" : "scores", shape_2d(batch, LISTED), 0);
    if (tf)
        add_output(o, "num_detections:0", nn_shape_1d(batch), 0);
}

// Class, score and corners in a row, and their number.
static void add_paddle(head_outputs *o, int batch)
{
    add_output(o, "multiclass_nms3_0.tmp_0", shape_2d(batch * LISTED, 6), 0);
    add_output(o, "multiclass_nms3_0.tmp_2", nn_shape_1d(batch), 0);
}

// NeroScale's own heads.
typedef struct own_head {
    const char *head;
    const char *names[7]; // of the outputs of two levels, and one behind them
    int size, more;       // outputs of a level; channels of the third ones and of the last
} own_head;

static const own_head *find_own(const char *head)
{
    static const own_head own[] = {
        {"fcos", {"cls8", "box8", "cls16", "box16"}, 2, 0},
        {"pose", {"cls8", "box8", "kpt8", "cls16", "box16", "kpt16"}, 3, 9},
        {"obb", {"cls8", "box8", "dir8", "cls16", "box16", "dir16"}, 3, 2},
        {"instance", {"cls8", "box8", "coef8", "cls16", "box16", "coef16", "proto"}, 3, 4},
    };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(own[i].head, head) == 0)
            return &own[i];
    return NULL;
}

static void add_own(head_outputs *o, const own_head *own, int h, int w, int batch, int classes)
{
    const int channels[] = {classes, 4, own->more};
    for (int i = 0; i < 2 * own->size; i++) {
        const int s = i < own->size ? 8 : 16, k = i % own->size;
        add_output(o, own->names[i], nn_shape_4d(batch, channels[k], h / s, w / s), k ? 0 : -9);
    }
    if (own->names[2 * own->size])
        add_output(o, own->names[2 * own->size], nn_shape_4d(batch, own->more, h / 4, w / 4), 0);
}

static void add_maps(head_outputs *o, const char *head, int h, int w, int batch, int classes)
{
    if (find_own(head))
        add_own(o, find_own(head), h, w, batch, classes);
    if (!strcmp(head, "fastestdet"))
        add_output(o, "y", nn_shape_4d(batch, 5 + classes, h / 16, w / 16), 0);
    const bool v2 = !strcmp(head, "yolov2"), csp = !strcmp(head, "yolov4_csp");
    if (!v2 && !csp && strcmp(head, "yolov3") != 0 && strcmp(head, "yolov5_raw") != 0)
        return;
    for (int s = v2 ? 32 : 8; s <= 32; s *= 2)
        add_output(o,
                   s == 8    ? "p3"
                   : s == 16 ? "p4"
                             : "p5",
                   (nn_shape){5, {batch, v2 ? 5 : 3, h / s, w / s, 5 + classes}}, csp ? 0 : -9);
}

// Whether it is a head of levels with an objectness.
static bool has_object_maps(const char *head)
{
    return !strcmp(head, "yolox_maps") || !strcmp(head, "fastestdet_maps");
}

static void add_object_maps(head_outputs *o, int h, int w, int batch, int classes)
{
    static const char *const names[] = {"cls8", "box8", "obj8", "cls16", "box16", "obj16"};
    const int channels[] = {classes, 4, 1};
    for (int i = 0; i < 6; i++) {
        const int s = i < 3 ? 8 : 16;
        add_output(o, names[i],
                   nn_shape_4d(batch, channels[i % 3], (h + s - 1) / s, (w + s - 1) / s),
                   i % 3 == 1 ? 0 : -9);
    }
}

static void add_distributions(head_outputs *o, const char *head, int h, int w, int batch,
                              int classes)
{
    static const char *const names[] = {"cls8", "dist8", "cls16", "dist16"};
    static const char *const pairs[] = {"s8", "s16", "s32", "s64", "d8", "d16", "d32", "d64"};
    for (int i = 0; i < 4 && !strncmp(head, "gfl", 3); i++) {
        const int s = i < 2 ? 8 : 16;
        add_output(o, names[i],
                   nn_shape_4d(batch, i % 2 ? 4 * BINS : classes, (h + s - 1) / s, (w + s - 1) / s),
                   i % 2 ? 0 : -9);
    }
    if (!strcmp(head, "nanodet"))
        add_output(
            o, "output",
            shape_3d(batch,
                     cells(h, w, 8) + cells(h, w, 16) + cells(h, w, 32) + cells(h + 63, w + 63, 64),
                     classes + 4 * BINS),
            0);
    for (int i = 0; i < 8 && !strcmp(head, "picodet"); i++) {
        const int s = 8 << i % 4;
        add_output(o, pairs[i],
                   shape_3d(batch, cells(h + s - 1, w + s - 1, s), i < 4 ? classes : 4 * BINS), 0);
    }
}

// Two keypoints, an angle or two prototypes follow the classes.
static void add_columns(head_outputs *o, const char *head, int h, int w, int batch, int classes)
{
    const int64_t a = cells(h, w, 8) + cells(h, w, 16) + cells(h, w, 32);
    const int more = !strcmp(head, "yolov8_pose")    ? 6
                     : !strcmp(head, "yolov8_pose2") ? 4
                     : !strcmp(head, "yolov8_obb")   ? 1
                     : !strcmp(head, "yolov8_seg")   ? 2
                                                     : 0;
    add_output(o, "output0", shape_3d(batch, 4 + classes + more, a), 0);
    if (!strcmp(head, "yolov8_seg"))
        add_output(o, "output1", nn_shape_4d(batch, 2, h / 4, w / 4), 0);
}

int heads_classes(const char *head, int many)
{
    const nn_decoder *d = nn_decoder_find(head);
    return strstr(head, "_pose") || (d && d->input.label_count == 1) ? 1 : many;
}

bool heads_plants(const nn_decoder *d)
{
    return !d->whole_frame && !d->paint && !d->one_object && strcmp(d->name, "blazeface") != 0;
}

head_outputs heads_make(const char *head, int h, int w, int batch, int classes)
{
    head_outputs o = {0};
    if (heads_make_more(&o, head, h, w, batch, classes))
        return o;
    const int64_t a = cells(h, w, 8) + cells(h, w, 16) + cells(h, w, 32);
    add_distributions(&o, head, h, w, batch, classes);
    if (has_object_maps(head))
        add_object_maps(&o, h, w, batch, classes);
    if (o.n > 0)
        return o;
    if (!strncmp(head, "yolox", 5))
        add_output(&o, "output", shape_3d(batch, a, 5 + classes), 0);
    else if (!strcmp(head, "yolov5"))
        add_output(&o, "output0", shape_3d(batch, 3 * a, 5 + classes), 0);
    else if (!strncmp(head, "yolov8", 6))
        add_columns(&o, head, h, w, batch, classes);
    else if (!strcmp(head, "yolov10") || !strcmp(head, "rtdetr"))
        add_output(&o, "output0",
                   head[0] == 'y' ? shape_3d(batch, LISTED, 6) : shape_3d(batch, 300, 4 + classes),
                   0);
    else if (!strcmp(head, "classify"))
        add_output(&o, "logits", shape_2d(batch, classes), 0);
    else if (!strcmp(head, "ssd") || !strcmp(head, "ultraface")) {
        const int64_t priors = !strcmp(head, "ssd")
                                   ? 10
                                   : 3 * cells(h, w, 8) + 2 * cells(h, w, 16) +
                                         2 * cells(h, w, 32) + 3 * cells(h + 63, w + 63, 64);
        add_output(&o, "scores", shape_3d(batch, priors, 1 + classes), 0);
        add_output(&o, "boxes", shape_3d(batch, priors, 4), 0);
    } else if (!strcmp(head, "paddle")) {
        add_paddle(&o, batch);
    } else if (!strcmp(head, "ssd_nms") || !strcmp(head, "rtdetr_lists") ||
               !strcmp(head, "torchvision") || !strcmp(head, "tf_ssd")) {
        add_lists(&o, head, batch);
    } else {
        add_maps(&o, head, h, w, batch, classes);
    }
    assert_true(o.n > 0);
    return o;
}

void heads_release(head_outputs *o)
{
    for (int i = 0; i < o->n; i++)
        nn_tensor_release(&o->output[i].tensor);
    o->n = 0;
}

static float logit(float p)
{
    return logf(p / (1 - p));
}

// Element [item][i][k] of a tensor of rank 3; of rank 2 with k 0.
static float *at(head_outputs *o, int output, int item, int64_t i, int64_t k)
{
    const nn_shape *s = &o->output[output].tensor.shape;
    const int64_t last = s->rank == 3 ? s->dim[2] : 1;
    return nn_tensor_f32(&o->output[output].tensor) + (item * s->dim[1] + i) * last + k;
}

static void plant_row(head_outputs *o, int item, int64_t row, const float box[4],
                      const head_object *b)
{
    for (int k = 0; k < 4; k++)
        *at(o, 0, item, row, k) = box[k];
    *at(o, 0, item, row, 4) = b->score;
    *at(o, 0, item, row, 5 + b->label) = 1;
}

static void plant_yolox(head_outputs *o, int h, int w, int item, int index, const head_object *b)
{
    const int stride = 8 << index % 3;
    const int x = (int)b->cx / stride, y = (int)b->cy / stride;
    int64_t row = y * (w / stride) + x;
    for (int s = 8; s < stride; s *= 2)
        row += cells(h, w, s);
    const float s = (float)stride;
    plant_row(
        o, item, row,
        (const float[]){b->cx / s - (float)x, b->cy / s - (float)y, logf(b->w / s), logf(b->h / s)},
        b);
}

// The second anchor of each level, as COCO's models have them.
static const float *anchor_of(const char *head, int level)
{
    static const float of_v3[3][2] = {{16, 30}, {62, 45}, {156, 198}};
    static const float of_csp[3][2] = {{19, 36}, {76, 55}, {192, 243}};
    static const float of_v2[2] = {59.98272f, 66.00096f};
    return !strcmp(head, "yolov2")       ? of_v2
           : !strcmp(head, "yolov4_csp") ? of_csp[level]
                                         : of_v3[level];
}

static void plant_raw(head_outputs *o, const char *head, int item, int index, const head_object *b)
{
    const bool v5 = !strcmp(head, "yolov5_raw"), csp = !strcmp(head, "yolov4_csp");
    const int level = o->n == 1 ? 2 : index % 3;
    const nn_tensor *t = &o->output[o->n == 1 ? 0 : level].tensor;
    const int64_t *d = t->shape.dim;
    const float s = (float)(8 << level), *anchor = anchor_of(head, level);
    const int x = (int)(b->cx / s), y = (int)(b->cy / s);
    float *p = nn_tensor_f32(t) + (((item * d[1] + 1) * d[2] + y) * d[3] + x) * d[4];
    const float k = v5 || csp ? 2 : 1; // scale_x_y
    p[0] = (b->cx / s - (float)x + (k - 1) / 2) / k;
    p[1] = (b->cy / s - (float)y + (k - 1) / 2) / k;
    p[2] = v5 || csp ? sqrtf(b->w / anchor[0]) / 2 : logf(b->w / anchor[0]);
    p[3] = v5 || csp ? sqrtf(b->h / anchor[1]) / 2 : logf(b->h / anchor[1]);
    p[4] = b->score;
    p[5 + b->label] = csp ? 1 : 20;
    for (int i = 0; i < 5 && !csp; i++)
        if (v5 || i < 2 || i == 4)
            p[i] = logit(p[i]);
}

// Channel c of cell (x, y) of a map.
static float *map_at(head_outputs *o, int output, int item, int64_t c, int y, int x)
{
    const int64_t *d = o->output[output].tensor.shape.dim;
    return nn_tensor_f32(&o->output[output].tensor) + ((item * d[1] + c) * d[2] + y) * d[3] + x;
}

static void plant_fastestdet(head_outputs *o, int h, int w, int item, const head_object *b)
{
    const int x = (int)b->cx / 16, y = (int)b->cy / 16;
    *map_at(o, 0, item, 0, y, x) = b->score;
    *map_at(o, 0, item, 1, y, x) = atanhf(b->cx / 16 - (float)x);
    *map_at(o, 0, item, 2, y, x) = atanhf(b->cy / 16 - (float)y);
    *map_at(o, 0, item, 3, y, x) = logit(b->w / (float)w);
    *map_at(o, 0, item, 4, y, x) = logit(b->h / (float)h);
    *map_at(o, 0, item, 5 + b->label, y, x) = b->score;
}

static void plant_object(head_outputs *o, const char *head, int h, int w, int item, int index,
                         const head_object *b)
{
    const bool fastest = !strcmp(head, "fastestdet_maps");
    const int level = index % 2, stride = 8 << level, first = 3 * level;
    const int x = (int)b->cx / stride, y = (int)b->cy / stride;
    const float s = (float)stride, dx = b->cx / s - (float)x, dy = b->cy / s - (float)y;
    const float box[] = {fastest ? atanhf(dx) : dx, fastest ? atanhf(dy) : dy,
                         fastest ? logit(b->w / (float)w) : logf(b->w / s),
                         fastest ? logit(b->h / (float)h) : logf(b->h / s)};
    *map_at(o, first, item, b->label, y, x) = 20;
    for (int i = 0; i < 4; i++)
        *map_at(o, first + 1, item, i, y, x) = box[i];
    *map_at(o, first + 2, item, 0, y, x) = logit(fastest ? powf(b->score, 1 / 0.6f) : b->score);
}

static void plant_own(head_outputs *o, const own_head *own, int item, int index,
                      const head_object *b)
{
    const int level = index % 2, stride = 8 << level, first = own->size * level;
    const int x = (int)b->cx / stride, y = (int)b->cy / stride;
    const float s = (float)stride, px = ((float)x + 0.5f) * s, py = ((float)y + 0.5f) * s;
    const float sides[] = {px - b->cx + b->w / 2, py - b->cy + b->h / 2, b->cx + b->w / 2 - px,
                           b->cy + b->h / 2 - py};
    *map_at(o, first, item, b->label, y, x) = logit(b->score);
    for (int i = 0; i < 4; i++)
        *map_at(o, first + 1, item, i, y, x) = logf(sides[i] / s);
}

// Logits `step` apart whose distribution lies on the two bins beside the distance.
static void plant_distances(float *logits, int64_t step, float x, float y, float stride,
                            const head_object *b)
{
    const float sides[] = {x - b->cx + b->w / 2, y - b->cy + b->h / 2, b->cx + b->w / 2 - x,
                           b->cy + b->h / 2 - y};
    for (int i = 0; i < 4; i++) {
        const float bins = sides[i] / stride;
        const int low = (int)bins;
        assert_true(bins > 0 && low + 1 < BINS);
        for (int k = 0; k < BINS; k++)
            logits[(i * BINS + k) * step] = -40;
        logits[(i * BINS + low) * step] = logf(1 - (bins - (float)low) + 1e-9f);
        logits[(i * BINS + low + 1) * step] = logf(bins - (float)low + 1e-9f);
    }
}

static void plant_gfl(head_outputs *o, const char *head, int item, int index, const head_object *b)
{
    const int level = index % 2, stride = 8 << level;
    const int x = (int)b->cx / stride, y = (int)b->cy / stride;
    const float s = (float)stride, point = strcmp(head, "gfl_corner") ? 0.5f : 0;
    const int64_t *d = o->output[2 * level + 1].tensor.shape.dim;
    *map_at(o, 2 * level, item, b->label, y, x) = logit(b->score);
    plant_distances(map_at(o, 2 * level + 1, item, 0, y, x), d[2] * d[3], ((float)x + point) * s,
                    ((float)y + point) * s, s, b);
}

static void plant_point(head_outputs *o, const char *head, int h, int w, int item, int index,
                        const head_object *b)
{
    const bool pairs = !strcmp(head, "picodet");
    const int level = 1 + index % 2, stride = 8 << level; // 16, 32
    const int across = (w + stride - 1) / stride;
    const float s = (float)stride, point = pairs ? 0.5f : 0;
    // The nearest point, which is inside.
    const int x = (int)(b->cx / s + 0.5f - point), y = (int)(b->cy / s + 0.5f - point);
    int64_t row = y * across + x;
    for (int k = 8; k < stride && !pairs; k *= 2)
        row += cells(h + k - 1, w + k - 1, k);
    const int64_t columns = o->output[0].tensor.shape.dim[2];
    float *p = at(o, pairs ? level : 0, item, row, 0);
    float *sides = pairs ? at(o, 4 + level, item, row, 0) : p + columns - 4 * BINS;
    p[b->label] = b->score;
    plant_distances(sides, 1, ((float)x + point) * s, ((float)y + point) * s, s, b);
}

static void plant_yolov8(head_outputs *o, int item, int index, const head_object *b)
{
    const int64_t column = 5 + 7 * index;
    const float box[] = {b->cx, b->cy, b->w, b->h};
    for (int k = 0; k < 4; k++)
        *at(o, 0, item, k, column) = box[k];
    *at(o, 0, item, 4 + b->label, column) = b->score;
}

static void plant_rtdetr(head_outputs *o, int h, int w, int item, int index, const head_object *b)
{
    const float box[] = {b->cx / (float)w, b->cy / (float)h, b->w / (float)w, b->h / (float)h};
    for (int k = 0; k < 4; k++)
        *at(o, 0, item, index, k) = box[k];
    *at(o, 0, item, index, 4 + b->label) = b->score;
}

static void plant_finished(head_outputs *o, int item, int index, const head_object *b)
{
    const float row[] = {b->cx - b->w / 2, b->cy - b->h / 2, b->cx + b->w / 2,
                         b->cy + b->h / 2, b->score,         (float)b->label};
    for (int k = 0; k < 6; k++)
        *at(o, 0, item, index, k) = row[k];
}

// Corners, in pixels or as fractions; y first or not.
static void plant_corners(head_outputs *o, int output, int item, int index, const head_object *b,
                          float w, float h, bool rows_first)
{
    const float box[] = {(b->cx - b->w / 2) / w, (b->cy - b->h / 2) / h, (b->cx + b->w / 2) / w,
                         (b->cy + b->h / 2) / h};
    float *p = nn_tensor_f32(&o->output[output].tensor);
    const nn_shape *s = &o->output[output].tensor.shape;
    p += ((s->rank == 3 ? item * s->dim[1] : 0) + index) * 4;
    for (int k = 0; k < 4; k++)
        p[k] = box[rows_first ? k ^ 1 : k];
}

static void plant_listed(head_outputs *o, const char *head, int h, int w, int item, int index,
                         const head_object *b)
{
    const bool tf = !strcmp(head, "tf_ssd"), torch = !strcmp(head, "torchvision");
    const bool from_0 = !strcmp(head, "rtdetr_lists"), pixels = torch || from_0;
    const int labels = torch ? 2 : 1, scores = torch ? 1 : 2;
    const int64_t entry = (int64_t)item * LISTED + index;
    plant_corners(o, 0, item, index, b, pixels ? 1 : (float)w, pixels ? 1 : (float)h, tf);
    nn_tensor_f32(&o->output[labels].tensor)[entry] = (float)(b->label + !from_0);
    nn_tensor_f32(&o->output[scores].tensor)[entry] = b->score;
    if (tf)
        nn_tensor_f32(&o->output[3].tensor)[item] = (float)(index + 1);
}

static void plant_paddle(head_outputs *o, int item, int index, const head_object *b)
{
    const float row[] = {(float)b->label,  b->score,         b->cx - b->w / 2,
                         b->cy - b->h / 2, b->cx + b->w / 2, b->cy + b->h / 2};
    float *counts = nn_tensor_f32(&o->output[1].tensor);
    int first = 0; // behind the rows of the samples before it
    for (int i = 0; i < item; i++)
        first += (int)counts[i];
    for (int k = 0; k < 6; k++)
        nn_tensor_f32(&o->output[0].tensor)[6 * (first + index) + k] = row[k];
    counts[item] = (float)(index + 1);
}

void heads_plant(head_outputs *o, const char *head, int h, int w, int item, int index,
                 const head_object *b)
{
    if (heads_plant_more(o, head, h, w, item, index, b))
        return;
    if (!strncmp(head, "gfl", 3))
        plant_gfl(o, head, item, index, b);
    else if (has_object_maps(head))
        plant_object(o, head, h, w, item, index, b);
    else if (!strcmp(head, "nanodet") || !strcmp(head, "picodet"))
        plant_point(o, head, h, w, item, index, b);
    else if (!strcmp(head, "yolox") || !strcmp(head, "yolox_legacy"))
        plant_yolox(o, h, w, item, index, b);
    else if (!strcmp(head, "yolox_decoded") || !strcmp(head, "yolov5"))
        plant_row(o, item, 3 + 5 * index, (const float[]){b->cx, b->cy, b->w, b->h}, b);
    else if (!strcmp(head, "yolov2") || !strcmp(head, "yolov3") || !strcmp(head, "yolov4_csp") ||
             !strcmp(head, "yolov5_raw"))
        plant_raw(o, head, item, index, b);
    else if (!strncmp(head, "yolov8", 6))
        plant_yolov8(o, item, index, b);
    else if (!strcmp(head, "paddle"))
        plant_paddle(o, item, index, b);
    else if (!strcmp(head, "yolov10"))
        plant_finished(o, item, index, b);
    else if (!strcmp(head, "rtdetr"))
        plant_rtdetr(o, h, w, item, index, b);
    else if (!strcmp(head, "fastestdet"))
        plant_fastestdet(o, h, w, item, b);
    else if (find_own(head))
        plant_own(o, find_own(head), item, index, b);
    else if (!strcmp(head, "classify"))
        *at(o, 0, item, b->label, 0) = 8;
    else if (!strcmp(head, "ssd") || !strcmp(head, "ultraface")) {
        plant_corners(o, 1, item, index, b, (float)w, (float)h, false);
        *at(o, 0, item, index, 1 + b->label) = b->score;
    } else
        plant_listed(o, head, h, w, item, index, b);
}

void heads_write_model(const char *path, const head_outputs *o, int batch, int h, int w)
{
    static const float zero;
    message *g = new_message();
    // Outputs have to depend on the input: each is its constant and nothing of the mean.
    add_value(g, INPUT, "image", (int64_t[]){batch, 3, h, w}, 4);
    add_tensor(g, "zero", 1, NULL, 0, &zero, sizeof zero);
    message *mean = new_node("ReduceMean", "mean", (const char *const[]){"image", NULL}, "m");
    add_int_attribute(mean, "keepdims", 0);
    take_message(g, 1, mean);
    add_node(g, "Mul", "nothing", "m", "zero", "nothing");
    for (int i = 0; i < o->n; i++) {
        const nn_tensor *t = &o->output[i].tensor;
        char constant[64];
        snprintf(constant, sizeof constant, "%s (planted)", o->output[i].name);
        add_tensor(g, constant, 1, t->shape.dim, t->shape.rank, t->data, nn_tensor_bytes(t));
        add_node(g, "Add", constant, constant, "nothing", o->output[i].name);
        add_value(g, OUTPUT, o->output[i].name, t->shape.dim, t->shape.rank);
    }
    message *m = new_model(g, 11);
    for (int i = 0; o->metadata[i]; i += 2) {
        message *entry = new_message();
        put_text(entry, 1, o->metadata[i]);
        put_text(entry, 2, o->metadata[i + 1]);
        take_message(m, 14, entry);
    }
    test_write(path, m->bytes, m->size);
    free(m);
}

void heads_write_teacher(const char *path, int h, int w, const head_object *objects, int count,
                         int classes, const char *labels)
{
    static const char head[] = "yolov8";
    const size_t stem = strlen(path) - strlen(".onnx");
    char side[1024];
    head_outputs o = heads_make(head, h, w, 1, classes);
    for (int i = 0; i < count; i++)
        heads_plant(&o, head, h, w, 0, i, &objects[i]);
    heads_write_model(path, &o, 1, h, w);
    heads_release(&o);
    assert_true(snprintf(side, sizeof side, "%.*s.json", (int)stem, path) < (int)sizeof side);
    char text[1024];
    const int length = snprintf(text, sizeof text, "{\"labels\": %s}", labels);
    assert_true(length < (int)sizeof text);
    test_write(side, text, (size_t)length);
}

message *heads_start_means(int batch, int h, int w)
{
    message *g = new_message();
    add_value(g, INPUT, "image", (int64_t[]){batch, 3, h, w}, 4);
    message *mean = new_node("ReduceMean", "mean", (const char *const[]){"image", NULL}, "means");
    message *axes = new_message();
    put_text(axes, 1, "axes");
    put_int(axes, 20, 7);
    put_int(axes, 8, 2);
    put_int(axes, 8, 3);
    take_message(mean, 5, axes);
    add_int_attribute(mean, "keepdims", 0);
    take_message(g, 1, mean);
    return g;
}

void heads_write_list(const char *path, int batch, int h, int w)
{
    static const float half = 0.5f;
    static const float columns[2][7] = {{1}, {0, 0, 0, 0, 0, 1}};
    static const float rest[7] = {0, 8, 8, 40, 40, 0, 0.75f};
    message *g = heads_start_means(batch, h, w);
    add_tensor(g, "half", 1, NULL, 0, &half, sizeof half);
    add_tensor(g, "columns", 1, (int64_t[]){2, 7}, 2, columns, sizeof columns);
    add_tensor(g, "rest", 1, (int64_t[]){7}, 1, rest, sizeof rest);
    add_node(g, "Greater", "bright", "means", "half", "is");
    add_node(g, "NonZero", "find", "is", NULL, "found");
    add_node(g, "Transpose", "turn", "found", NULL, "turned");
    message *cast = new_node("Cast", "cast", (const char *const[]){"turned", NULL}, "numbers");
    add_int_attribute(cast, "to", 1);
    take_message(g, 1, cast);
    add_node(g, "MatMul", "place", "numbers", "columns", "placed");
    add_node(g, "Add", "fill", "placed", "rest", "output");
    add_value(g, OUTPUT, "output", (int64_t[]){-1, 7}, 2);
    message *m = new_model(g, 11);
    test_write(path, m->bytes, m->size);
    free(m);
}
