// SPDX-License-Identifier: MIT
// Fuzz target: outputs of any shape, name and value through every head that takes them.
//
// Bytes: input height and width, frame height and width (their log), classes, threshold, labels
// that are wanted, number of levels of anchors; for each level stride, anchors, width, height,
// reach; number of outputs; for each a name, its rank and a code for each dim; then the values.
#include "nn/base/memory.h"
#include "nn/vision/decode/decode.h"
#include "nn/vision/decode/layout.h"
#include "tests/fuzz/fuzz.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

enum { MAX_OUTPUTS = 12, MAX_ELEMENTS = 1 << 15, MAX_CLASSES = 64 };

typedef struct input {
    const uint8_t *at, *end;
} input;

static int take(input *in)
{
    return in->at < in->end ? *in->at++ : 0;
}

typedef struct setting {
    int h, w, classes;
    nn_anchors anchors;
    nn_head_output output[MAX_OUTPUTS];
    int count;
} setting;

// Sizes that only one head has.
static int64_t rare_dim_of(const setting *s, int code)
{
    enum { CODES = 20 };
    const int h = s->h, w = s->w;
    const int64_t of[CODES] = {896,
                               16,
                               56,
                               10,
                               14,
                               17,
                               36,
                               7,
                               9 * s->classes,
                               2 * nn_decode_cells(h, w, 8, 8),
                               2 * nn_decode_cells(h, w, 16, 16),
                               2 * nn_decode_cells(h, w, 32, 32),
                               2 * nn_decode_cells(h, w, 8, 32),
                               9 * nn_decode_cells(h, w, 8, 128),
                               3 * (h / 8) * (w / 8) + 2 * (h / 16) * (w / 16) +
                                   2 * (h / 32) * (w / 32) + 3 * (h / 64) * (w / 64),
                               2 * w,
                               2 * h,
                               6,
                               15 + s->classes,
                               27};
    return of[code % CODES];
}

// Derives the sizes of outputs.
static int64_t dim_of(const setting *s, int code)
{
    enum { CODES = 24 };
    const int h = s->h, w = s->w, c = s->classes;
    const int64_t cells = nn_decode_cells(h, w, 8, 32), more = nn_decode_cells(h, w, 8, 64);
    const int64_t of[CODES] = {1,
                               2,
                               4,
                               32,
                               c,
                               c + 1,
                               c + 4,
                               c + 5,
                               c + 32,
                               3 * (c + 5),
                               5 * (c + 5),
                               cells,
                               more,
                               3 * cells,
                               h,
                               w,
                               nn_decode_cells(h, w, 8, 8),
                               nn_decode_cells(h, w, 16, 16),
                               nn_decode_cells(h, w, 32, 32),
                               nn_decode_cells(h, w, 64, 64),
                               3 * nn_decode_cells(h, w, 8, 8) + 2 * nn_decode_cells(h, w, 16, 32) +
                                   3 * nn_decode_cells(h, w, 64, 64),
                               3,
                               8,
                               100};
    if (code < CODES)
        return of[code];
    if (code >= 224)
        return rare_dim_of(s, code - 224);
    // Sides of maps: rounded up, and for the higher codes down.
    const int stride = 1 << code % 8, side = code / 8 % 2 ? h : w;
    return code < 128 ? (side + stride - 1) / stride : side / stride;
}

static const char *const names[] = {"cls8",
                                    "cls16",
                                    "cls32",
                                    "box8",
                                    "box16",
                                    "box32",
                                    "dist8",
                                    "dist16",
                                    "dist32",
                                    "cls64",
                                    "dist64",
                                    "output",
                                    "boxes",
                                    "scores",
                                    "labels",
                                    "detection_boxes",
                                    "detection_classes",
                                    "detection_scores",
                                    "num_detections",
                                    "obj8",
                                    "obj16",
                                    NULL,
                                    "pred_logits",
                                    "regression",
                                    "classification",
                                    "loc",
                                    "conf",
                                    "mask",
                                    "priors",
                                    "proto",
                                    "hm",
                                    "wh",
                                    "offset",
                                    "dets",
                                    "num_dets",
                                    "classes",
                                    "outputs",
                                    "flat_predictions"};

static void take_anchors(setting *s, input *in)
{
    s->anchors.count = take(in) % (NN_ANCHOR_LEVELS + 1);
    for (int i = 0; i < s->anchors.count; i++) {
        nn_anchor_level *level = &s->anchors.level[i];
        level->stride = 1 + take(in);
        level->count = 1 + take(in) % NN_ANCHORS;
        const float w = ldexpf((float)take(in) + 1, -8), h = ldexpf((float)take(in) + 1, 8);
        for (int k = 0; k < level->count; k++) {
            level->size[k][0] = w * (float)(k + 1);
            level->size[k][1] = h;
        }
        const int reach = take(in);
        level->scale_x_y = reach ? 1 + (float)(reach % 16) : 0;
    }
}

// False when it would be too large.
static bool take_output(setting *s, input *in)
{
    nn_head_output *o = &s->output[s->count];
    nn_shape shape = {0};
    int64_t elements = 1;
    *o = (nn_head_output){.name = names[(size_t)take(in) % (sizeof names / sizeof *names)],
                          .anchors = &s->anchors};
    shape.rank = 1 + take(in) % NN_MAX_RANK;
    for (int i = 0; i < shape.rank; i++) {
        shape.dim[i] = dim_of(s, take(in));
        elements *= shape.dim[i];
        if (elements > MAX_ELEMENTS)
            return false;
    }
    if (nn_tensor_init(&o->tensor, NN_F32, &shape, NULL) != NN_OK)
        return false;
    s->count++;
    return true;
}

static float value_of(int code)
{
    static const float odd[] = {0, NAN, INFINITY, -INFINITY, FLT_MAX, -FLT_MAX, FLT_TRUE_MIN, 1e9f};
    enum { ODD = sizeof odd / sizeof *odd };
    return code < ODD ? odd[code] : ((float)code - 128) / (code % 2 ? 128 : 8);
}

// The values over and over, so that a few bytes fill large outputs.
static void fill(setting *s, const input *in)
{
    const size_t size = (size_t)(in->end - in->at);
    size_t at = 0;
    for (int i = 0; i < s->count; i++) {
        float *x = nn_tensor_f32(&s->output[i].tensor);
        for (int64_t k = 0; k < nn_shape_count(&s->output[i].tensor.shape); k++)
            x[k] = size ? value_of(in->at[at++ % size]) : 0.5f;
    }
}

static void fill_with(setting *s, float v)
{
    for (int i = 0; i < s->count; i++)
        for (int64_t k = 0; k < nn_shape_count(&s->output[i].tensor.shape); k++)
            nn_tensor_f32(&s->output[i].tensor)[k] = v;
}

static void check_boxes(const nn_result *r, const nn_letterbox *l, const nn_decode_options *o)
{
    for (int i = 0; i < r->count; i++) {
        const nn_box *b = &r->boxes[i];
        if (!(b->x0 >= 0 && b->x0 < b->x1 && b->x1 <= (float)l->frame_w && b->y0 >= 0 &&
              b->y0 < b->y1 && b->y1 <= (float)l->frame_h && b->score >= 0 && b->score <= 1) ||
            b->label < 0 || b->label >= o->classes || !o->label_mask[b->label])
            abort();
    }
}

static void check_details(const nn_decoder *d, const setting *s, const nn_result *r)
{
    const unsigned given = d->details_of ? d->details_of(s->output, s->count) : d->details;
    for (int i = 0; i < r->count; i++) {
        const nn_detail *x = nn_result_detail(r, &r->boxes[i]);
        if ((x != NULL) != (given != 0))
            abort();
        const uint8_t *mask = x ? nn_detail_mask(&r->details, x) : NULL;
        for (int k = 0; x && k < x->mask_width * x->mask_height; k++)
            if (mask[k] > 1)
                abort();
        const nn_rotated_box *turned = x ? &x->rotated : NULL;
        if (turned && !(isfinite(turned->cx) && isfinite(turned->cy) && turned->width >= 0 &&
                        isfinite(turned->width) && isfinite(turned->height)))
            abort();
        for (int k = 0; x && k < x->keypoint_count; k++) {
            const nn_keypoint *p = nn_detail_keypoints(&r->details, x) + k;
            if (!(isfinite(p->x) && isfinite(p->y) && p->score >= 0 && p->score <= 1))
                abort();
        }
    }
}

// Decodes all samples; returns how many boxes there were.
static int decode(const nn_decoder *d, const setting *s, const nn_letterbox *l,
                  const nn_decode_options *o)
{
    nn_candidates *c = nn_candidates_new();
    nn_result r;
    int boxes = 0;
    nn_result_init(&r);
    for (int64_t item = 0; c && item < s->output[0].tensor.shape.dim[0] && item < 2; item++) {
        nn_candidates_clear(c);
        if (d->paint && d->paint(d, s->output, s->count, (int)item, l, o, &r.map) != NN_OK)
            abort();
        for (int64_t k = 0; k < (int64_t)r.map.width * r.map.height; k++)
            if (r.map.label[k] >= o->classes || (r.map.label[k] && !o->label_mask[r.map.label[k]]))
                abort();
        if (d->decode)
            d->decode(d, s->output, s->count, (int)item, l, o, c);
        const nn_decode_sample sample = {d,          s->output, s->count,    (int)item,
                                         o->classes, l,         o->threshold};
        const nn_nms_options nms = {.iou = 0.5f, .max_detections = 100, .join_score = 0.3f};
        if (nn_decode_finish(&sample, c, &nms, &r) != NN_OK)
            abort();
        check_boxes(&r, l, o);
        check_details(d, s, &r);
        boxes += r.count;
    }
    nn_result_release(&r);
    nn_candidates_free(c);
    return boxes;
}

static nn_letterbox place(const nn_decoder *d, const setting *s, const int frame[2])
{
    if (d->whole_frame)
        return nn_letterbox_cover(frame[1], frame[0], s->w, s->h);
    return d->input.stretch ? nn_letterbox_stretch(frame[1], frame[0], s->w, s->h)
                            : nn_letterbox_fit(frame[1], frame[0], s->w, s->h);
}

static void run(const nn_decoder *d, setting *s, const int frame[2], nn_decode_options *o,
                const input *values)
{
    nn_error err;
    const int have = d->classes(d, s->output, s->count, s->h, s->w);
    if ((have > 0) != (d->check(d, s->output, s->count, s->h, s->w, 0, &err) == NN_OK))
        abort(); // they must agree
    if (d->check(d, s->output, s->count, s->h, s->w, s->classes, &err) != NN_OK)
        return;
    const nn_letterbox l = place(d, s, frame);
    fill(s, values);
    decode(d, s, &l, o);
    // NaN and infinite boxes are dropped.
    static const float odd[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        fill_with(s, odd[i]);
        if (decode(d, s, &l, o) > 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = {data, data + size};
    setting s = {.h = 1 + take(&in) % 128, .w = 1 + take(&in) % 128};
    int frame[2], classes = 0;
    bool mask[MAX_CLASSES];
    for (int i = 0; i < 2; i++) // up to what frames may have, odd ones too
        frame[i] = (1 << take(&in) % 15) + i;
    s.classes = 1 + take(&in) % MAX_CLASSES;
    const float threshold = (float)take(&in) / 255;
    const int wanted = take(&in);
    for (int i = 0; i < MAX_CLASSES; i++)
        mask[i] = wanted >> i % 8 & 1;
    take_anchors(&s, &in);
    const int count = 1 + take(&in) % MAX_OUTPUTS;
    bool good = true;
    while (good && s.count < count)
        good = take_output(&s, &in);
    nn_decode_options o = {.threshold = threshold, .classes = s.classes, .label_mask = mask};
    char fitting[64];
    if (good)
        nn_decoder_guess(s.output, s.count, s.h, s.w, &classes, fitting, sizeof fitting);
    for (int i = 0; good && i < nn_decoder_count(); i++)
        run(nn_decoder_at(i), &s, frame, &o, &in);
    for (int i = 0; i < s.count; i++)
        nn_tensor_release(&s.output[i].tensor);
    return 0;
}
