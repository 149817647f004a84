// SPDX-License-Identifier: MIT
// The decoders' formulas the other way round: from objects to the numbers of each head.
#include "tests/support/heads.h"
#include "tests/support/files.h"
#include "tests/support/onnx_message.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

enum { LISTED = 8 }; // room in lists of finished detections

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

static void add_maps(head_outputs *o, const char *head, int h, int w, int batch, int classes)
{
    static const char *const names[] = {"cls8", "box8", "cls16", "box16"};
    if (!strcmp(head, "fastestdet"))
        add_output(o, "y", nn_shape_4d(batch, 5 + classes, h / 16, w / 16), 0);
    for (int i = 0; i < 4 && !strcmp(head, "fcos"); i++)
        add_output(
            o, names[i],
            nn_shape_4d(batch, i % 2 ? 4 : classes, h / (i < 2 ? 8 : 16), w / (i < 2 ? 8 : 16)),
            i % 2 ? 0 : -9);
    for (int s = 8; s <= 32 && !strcmp(head, "yolov5_raw"); s *= 2)
        add_output(o,
                   s == 8    ? "p3"
                   : s == 16 ? "p4"
                             : "p5",
                   (nn_shape){5, {batch, 3, h / s, w / s, 5 + classes}}, -9);
}

head_outputs heads_make(const char *head, int h, int w, int batch, int classes)
{
    head_outputs o = {0};
    const int64_t a = cells(h, w, 8) + cells(h, w, 16) + cells(h, w, 32);
    if (!strncmp(head, "yolox", 5))
        add_output(&o, "output", shape_3d(batch, a, 5 + classes), 0);
    else if (!strcmp(head, "yolov5"))
        add_output(&o, "output0", shape_3d(batch, 3 * a, 5 + classes), 0);
    else if (!strcmp(head, "yolov8"))
        add_output(&o, "output0", shape_3d(batch, 4 + classes, a), 0);
    else if (!strcmp(head, "classify"))
        add_output(&o, "logits", shape_2d(batch, classes), 0);
    else if (!strcmp(head, "ssd") || !strcmp(head, "ultraface")) {
        const int64_t priors = !strcmp(head, "ssd")
                                   ? 10
                                   : 3 * cells(h, w, 8) + 2 * cells(h, w, 16) +
                                         2 * cells(h, w, 32) + 3 * cells(h + 63, w + 63, 64);
        add_output(&o, "scores", shape_3d(batch, priors, 1 + classes), 0);
        add_output(&o, "boxes", shape_3d(batch, priors, 4), 0);
    } else if (!strcmp(head, "ssd_nms") || !strcmp(head, "torchvision") ||
               !strcmp(head, "tf_ssd")) {
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

static void plant_raw(head_outputs *o, int item, int index, const head_object *b)
{
    static const float anchors[3][2] = {{16, 30}, {62, 45}, {156, 198}}; // the second of each level
    const nn_tensor *t = &o->output[index % 3].tensor;
    const int64_t *d = t->shape.dim;
    const float s = (float)(8 << index % 3);
    const int x = (int)(b->cx / s), y = (int)(b->cy / s);
    float *p = nn_tensor_f32(t) + (((item * 3 + 1) * d[2] + y) * d[3] + x) * d[4];
    p[0] = logit((b->cx / s - (float)x + 0.5f) / 2);
    p[1] = logit((b->cy / s - (float)y + 0.5f) / 2);
    p[2] = logit(sqrtf(b->w / anchors[index % 3][0]) / 2);
    p[3] = logit(sqrtf(b->h / anchors[index % 3][1]) / 2);
    p[4] = logit(b->score);
    p[5 + b->label] = 20;
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

static void plant_fcos(head_outputs *o, int item, int index, const head_object *b)
{
    const int level = index % 2, stride = 8 << level;
    const int x = (int)b->cx / stride, y = (int)b->cy / stride;
    const float s = (float)stride, px = ((float)x + 0.5f) * s, py = ((float)y + 0.5f) * s;
    const float sides[] = {px - b->cx + b->w / 2, py - b->cy + b->h / 2, b->cx + b->w / 2 - px,
                           b->cy + b->h / 2 - py};
    *map_at(o, 2 * level, item, b->label, y, x) = logit(b->score);
    for (int i = 0; i < 4; i++)
        *map_at(o, 2 * level + 1, item, i, y, x) = logf(sides[i] / s);
}

static void plant_yolov8(head_outputs *o, int item, int index, const head_object *b)
{
    const int64_t column = 5 + 7 * index;
    const float box[] = {b->cx, b->cy, b->w, b->h};
    for (int k = 0; k < 4; k++)
        *at(o, 0, item, k, column) = box[k];
    *at(o, 0, item, 4 + b->label, column) = b->score;
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
    const bool tf = !strcmp(head, "tf_ssd"), pixels = !strcmp(head, "torchvision");
    const int labels = pixels ? 2 : 1, scores = pixels ? 1 : 2;
    const int64_t entry = (int64_t)item * LISTED + index;
    plant_corners(o, 0, item, index, b, pixels ? 1 : (float)w, pixels ? 1 : (float)h, tf);
    nn_tensor_f32(&o->output[labels].tensor)[entry] = (float)(b->label + 1);
    nn_tensor_f32(&o->output[scores].tensor)[entry] = b->score;
    if (tf)
        nn_tensor_f32(&o->output[3].tensor)[item] = (float)(index + 1);
}

void heads_plant(head_outputs *o, const char *head, int h, int w, int item, int index,
                 const head_object *b)
{
    if (!strcmp(head, "yolox"))
        plant_yolox(o, h, w, item, index, b);
    else if (!strcmp(head, "yolox_decoded") || !strcmp(head, "yolov5"))
        plant_row(o, item, 3 + 5 * index, (const float[]){b->cx, b->cy, b->w, b->h}, b);
    else if (!strcmp(head, "yolov5_raw"))
        plant_raw(o, item, index, b);
    else if (!strcmp(head, "yolov8"))
        plant_yolov8(o, item, index, b);
    else if (!strcmp(head, "fastestdet"))
        plant_fastestdet(o, h, w, item, b);
    else if (!strcmp(head, "fcos"))
        plant_fcos(o, item, index, b);
    else if (!strcmp(head, "classify"))
        *at(o, 0, item, b->label, 0) = 8;
    else if (!strcmp(head, "ssd") || !strcmp(head, "ultraface")) {
        plant_corners(o, 1, item, index, b, (float)w, (float)h, false);
        *at(o, 0, item, index, 1 + b->label) = b->score;
    } else
        plant_listed(o, head, h, w, item, index, b);
}

void heads_write_model(const char *path, const head_outputs *o, int h, int w)
{
    static const float zero;
    message *g = new_message();
    // Outputs have to depend on the input: each is its constant and nothing of the mean.
    add_value(g, INPUT, "image", (int64_t[]){1, 3, h, w}, 4);
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
    test_write(path, m->bytes, m->size);
    free(m);
}
