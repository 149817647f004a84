// SPDX-License-Identifier: MIT
// BlazeFace (Bazarevsky 2019), MediaPipe's faces for an input of 128 or 256: 896 anchors with box
// and six points (eyes, nose, mouth, ears) in pixels relative to their cell, and a logit. Faces
// that overlap are not dropped but averaged by their scores (section 4 of the paper).
#include "nn/vision/decode/face_levels.h"
#include "nn/vision/decode/keypoints.h"

#include <math.h>

enum { ANCHORS = 896, NUMBERS = 16, POINTS = 6, FINE = 2, COARSE = 6 };
#define OVERLAP 0.3f
#define MOST_LOGIT 100.0f

typedef struct face {
    float at[NUMBERS]; // centre, size, points in pixels of the input
    float score;
} face;

static bool find_outputs(const nn_head_output *outputs, int n, int h, int w,
                         const nn_head_output **numbers, const nn_head_output **logits)
{
    if (n != 2 || h != w || (h != 128 && h != 256))
        return false;
    *numbers = nn_decode_sized(outputs, n, ANCHORS, NUMBERS, 0);
    *logits = nn_decode_sized(outputs, n, ANCHORS, 1, 0);
    return *numbers && *logits;
}

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    const nn_head_output *numbers, *logits;
    (void)self;
    return find_outputs(outputs, n, input_h, input_w, &numbers, &logits);
}

static nn_status check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    if (count_classes(self, outputs, n, input_h, input_w) && classes <= 1)
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "Nx896x16 and Nx896x1 are needed, an input of 128x128 or 256x256 (not "
                            "%dx%d), and one label",
                            input_w, input_h);
}

// The face of an anchor: two of each cell at the finer stride come first, then six of the coarser.
static face read_face(const float *t, int anchor, int side, float score)
{
    const int fine = FINE * 16 * 16;
    const int across = anchor < fine ? 16 : 8;
    const int cell = anchor < fine ? anchor / FINE : (anchor - fine) / COARSE;
    const float stride = (float)side / (float)across;
    const float x = ((float)(cell % across) + 0.5f) * stride;
    const float y = ((float)(cell / across) + 0.5f) * stride;
    face f = {.score = score};
    for (int i = 0; i < NUMBERS; i++)
        f.at[i] = t[i] + (i == 2 || i == 3 ? 0 : i % 2 ? y : x);
    return f;
}

static nn_box box_of(const face *f)
{
    nn_box b = nn_decode_centred(f->at[0], f->at[1], f->at[2], f->at[3]);
    b.score = f->score;
    return b;
}

// All faces that reach the threshold; returns their number.
static int list_faces(const nn_decode_sample *s, float threshold, face faces[ANCHORS])
{
    const nn_head_output *numbers, *logits;
    int count = 0;
    if (!find_outputs(s->outputs, s->n, s->letterbox->input_h, s->letterbox->input_w, &numbers,
                      &logits))
        return 0;
    for (int i = 0; i < ANCHORS; i++) {
        const float z = *nn_decode_row(logits, s->item, i);
        const float score = 1 / (1 + expf(-fminf(fmaxf(z, -MOST_LOGIT), MOST_LOGIT)));
        if (!isfinite(z) || score < threshold)
            continue;
        const face f =
            read_face(nn_decode_row(numbers, s->item, i), i, s->letterbox->input_w, score);
        const nn_box b = box_of(&f);
        if (isfinite(b.x0) && isfinite(b.y0) && isfinite(b.x1) && isfinite(b.y1) && f.at[2] > 0 &&
            f.at[3] > 0)
            faces[count++] = f;
    }
    return count;
}

// Takes the best face and those that it overlaps out of the list; returns their average.
static face blend_best(face *faces, int *count)
{
    int best = 0, left = 0, taken = 0;
    for (int i = 1; i < *count; i++)
        if (faces[i].score > faces[best].score)
            best = i;
    const nn_box b = box_of(&faces[best]);
    face sum = {0};
    for (int i = 0; i < *count; i++) {
        const nn_box other = box_of(&faces[i]);
        if (i != best && !(nn_box_iou(&b, &other) > OVERLAP)) {
            faces[left++] = faces[i];
            continue;
        }
        for (int k = 0; k < NUMBERS; k++)
            sum.at[k] += faces[i].score * faces[i].at[k];
        sum.score += faces[i].score;
        taken++;
    }
    for (int k = 0; k < NUMBERS && sum.score > 0; k++)
        sum.at[k] /= sum.score;
    sum.score /= (float)taken;
    *count = left;
    return sum;
}

static void decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *letterbox, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    const nn_decode_sample s = {self, outputs, n, item, options->classes, letterbox, 0};
    face faces[ANCHORS];
    int count = list_faces(&s, options->threshold, faces);
    for (int i = 1; count > 0; i++) {
        const face f = blend_best(faces, &count);
        nn_box b = box_of(&f);
        b.detail = i;
        if (nn_decode_wants(options, f.score, 0))
            nn_decode_add(letterbox, b, candidates);
    }
}

// A sample with its blended faces, in the order of decode().
typedef struct blended {
    nn_decode_sample sample; // first, so that a pointer to it is one to both
    face faces[ANCHORS];
} blended;

static nn_keypoint find_point(const nn_decode_sample *s, int64_t row, int k)
{
    const float *at = ((const blended *)s)->faces[row].at;
    return (nn_keypoint){at[4 + 2 * k], at[5 + 2 * k], 1};
}

static nn_status describe(const nn_decode_sample *sample, nn_result *result)
{
    blended b = {.sample = *sample};
    face faces[ANCHORS];
    int count = list_faces(sample, sample->threshold, faces);
    for (int i = 0; count > 0; i++)
        b.faces[i] = blend_best(faces, &count);
    return nn_keypoints_describe(&b.sample, result, POINTS, find_point);
}

const nn_decoder nn_decode_blazeface = {
    .name = "blazeface",
    .layout = "1 x 896 x 16 and 1 x 896 x 1 for an input of 128 or 256: BlazeFace",
    .check = check,
    .decode = decode,
    .describe = describe,
    .details = NN_DETAIL_KEYPOINTS,
    .classes = count_classes,
    .by_shape = true,
    .input = {.mean = {0.5f, 0.5f, 0.5f},
              .std = {0.5f, 0.5f, 0.5f},
              .threshold = 0.65f,
              .iou_threshold = 1,
              .labels = nn_face_label,
              .label_count = 1},
};
