// SPDX-License-Identifier: MIT
// Runs detectors with any head on batches and adds their boxes to the true boxes.
#include "nn/train/teacher_boxes.h"

#include "nn/base/memory.h"
#include "nn/graph/plan.h"
#include "nn/predict/card_nms.h"

#include <math.h>
#include <string.h>

enum { COLOURS = 3, OUTPUTS = 16, MOST = 100 }; // most boxes of a picture
#define UNSURE 0.5f         // part of the threshold from which boxes become ignore boxes
#define SAME 0.5f           // IoU with a true box
#define GREY (114.0f / 255) // around pictures, as in inference

struct nn_box_run {
    nn_box_teacher t;
    int batch, h, w;                             // of the batch
    float from_mean[COLOURS], from_std[COLOURS]; // of the student
    nn_plan *plan;                               // for one picture
    nn_letterbox place;                          // of the picture in the input
    nn_head_output output[OUTPUTS];
    int output_count;
    nn_candidates *candidates;
    nn_result found;
    nn_truth_list *lists; // one for each picture, with boxes in `truths`
    nn_truth *truths;     // capacity `room`
    size_t room;
};

const nn_decoder *nn_box_teacher_decoder(const nn_model *m)
{
    const nn_decoder *d = nn_decoder_of(m->card.head, m->card.task);
    return d && d->decode && !d->whole_frame ? d : NULL;
}

void nn_box_run_free(nn_box_run *r)
{
    if (!r)
        return;
    nn_plan_free(r->plan);
    nn_candidates_free(r->candidates);
    nn_result_release(&r->found);
    nn_free(r->lists);
    nn_free(r->truths);
    nn_free(r);
}

// The model's fixed input size, else the size of the pictures.
static nn_status plan_input(nn_box_run *r, nn_pool *pool, nn_error *err)
{
    const nn_model *m = r->t.model;
    const nn_shape *fixed = m->fixed_inputs;
    const nn_shape image = fixed ? fixed[0] : nn_shape_4d(1, COLOURS, r->h, r->w);
    const nn_plan_options o = {.compiled = true, .pool = pool};
    if (nn_graph_input_count(m->graph) != 1 || image.rank != 4 || image.dim[0] != 1 ||
        image.dim[1] != COLOURS)
        return nn_fail(err, NN_EUNSUPPORTED, "its input is not one picture of three colours");
    const int h = (int)image.dim[2], w = (int)image.dim[3];
    r->place = m->card.stretch ? nn_letterbox_stretch(r->w, r->h, w, h)
                               : nn_letterbox_fit(r->w, r->h, w, h);
    return nn_plan_new(&r->plan, m, &image, 1, &o, err);
}

static nn_status read_outputs(nn_box_run *r, nn_error *err)
{
    const nn_model *m = r->t.model;
    r->output_count = nn_graph_output_count(m->graph);
    if (r->output_count > OUTPUTS)
        return nn_fail(err, NN_EUNSUPPORTED, "it has more than %d outputs", OUTPUTS);
    for (int i = 0; i < r->output_count; i++)
        r->output[i] = (nn_head_output){.name = nn_graph_output_name(m->graph, i),
                                        .tensor = *nn_plan_output(r->plan, i),
                                        .anchors = &m->card.anchors};
    return r->t.decoder->check(r->t.decoder, r->output, r->output_count, r->place.input_h,
                               r->place.input_w, nn_card_classes(&m->card), err);
}

nn_status nn_box_run_new(nn_box_run **out, const nn_box_teacher *t, const nn_teacher_place *place,
                         nn_error *err)
{
    *out = NULL;
    nn_box_run *r = nn_calloc(1, sizeof *r);
    if (!r)
        return nn_fail(err, NN_ENOMEM, "no memory for a teacher");
    *r = (nn_box_run){.t = *t, .batch = place->batch, .h = place->h, .w = place->w};
    memcpy(r->from_mean, place->card->mean, sizeof r->from_mean);
    memcpy(r->from_std, place->card->std, sizeof r->from_std);
    nn_result_init(&r->found);
    r->candidates = nn_candidates_new();
    r->lists = nn_calloc((size_t)r->batch, sizeof *r->lists);
    nn_status status = r->candidates && r->lists && nn_result_reserve(&r->found, MOST) == NN_OK
                           ? plan_input(r, place->pool, err)
                           : nn_fail(err, NN_ENOMEM, "no memory for a teacher");
    if (status == NN_OK)
        status = read_outputs(r, err);
    if (status == NN_OK)
        *out = r;
    else
        nn_box_run_free(r);
    return status;
}

// Draws a plane of a picture where the letterbox places it, bilinear, with grey around.
static void place_plane(const nn_box_run *r, const float *from, float *to, float grey)
{
    const nn_letterbox *l = &r->place;
    for (int y = 0; y < l->input_h; y++) {
        const float v = ((float)y + 0.5f - l->pad_y) / l->scale_y - 0.5f;
        const float fy = fminf(fmaxf(v, 0), (float)(r->h - 1));
        const int y0 = (int)fy, y1 = y0 + (y0 + 1 < r->h);
        for (int x = 0; x < l->input_w; x++) {
            const float u = ((float)x + 0.5f - l->pad_x) / l->scale_x - 0.5f;
            const float fx = fminf(fmaxf(u, 0), (float)(r->w - 1));
            const int x0 = (int)fx, x1 = x0 + (x0 + 1 < r->w);
            const float ax = fx - (float)x0, ay = fy - (float)y0;
            const float *a = from + (int64_t)y0 * r->w, *b = from + (int64_t)y1 * r->w;
            const bool outside =
                u < -0.5f || v < -0.5f || u > (float)r->w - 0.5f || v > (float)r->h - 0.5f;
            to[(int64_t)y * l->input_w + x] = outside ? grey
                                                      : (a[x0] * (1 - ax) + a[x1] * ax) * (1 - ay) +
                                                            (b[x0] * (1 - ax) + b[x1] * ax) * ay;
        }
    }
}

static void show(const nn_box_run *r, const float *planes)
{
    const nn_card *card = &r->t.model->card;
    const nn_letterbox *l = &r->place;
    const int64_t from = (int64_t)r->h * r->w, to = (int64_t)l->input_h * l->input_w;
    float *input = nn_tensor_f32(nn_plan_input(r->plan, 0));
    for (int c = 0; c < COLOURS; c++) {
        float *plane = input + (card->bgr ? COLOURS - 1 - c : c) * to;
        const float grey = (GREY - r->from_mean[c]) / r->from_std[c];
        const float scale = r->from_std[c] / card->std[c];
        const float shift = (r->from_mean[c] - card->mean[c]) / card->std[c];
        place_plane(r, planes + c * from, plane, grey);
        for (int64_t i = 0; i < to; i++)
            plane[i] = plane[i] * scale + shift;
    }
}

static nn_status find(nn_box_run *r, const float *planes, nn_error *err)
{
    const nn_card *card = &r->t.model->card;
    const nn_decode_options o = {.threshold = UNSURE * nn_card_lowest_threshold(card),
                                 .classes = nn_card_classes(card),
                                 .label_mask = r->t.wanted};
    show(r, planes);
    nn_plan_run(r->plan);
    nn_candidates_clear(r->candidates);
    r->t.decoder->decode(r->t.decoder, r->output, r->output_count, 0, &r->place, &o, r->candidates);
    const nn_decode_sample sample = {r->t.decoder, r->output, r->output_count, 0,
                                     o.classes,    &r->place, o.threshold};
    const nn_nms_options nms = nn_card_nms(card, MOST);
    return nn_decode_finish(&sample, r->candidates, &nms, &r->found) == NN_OK
               ? NN_OK
               : nn_fail(err, NN_ENOMEM, "no memory for the boxes of a teacher");
}

// Whether a true box with this label, or with any, is there.
static bool is_labelled(const nn_truth_list *list, const nn_box *b, int32_t label)
{
    for (int i = 0; i < list->count; i++) {
        const nn_truth *t = &list->truths[i];
        const nn_box there = {.x0 = t->x0, .y0 = t->y0, .x1 = t->x1, .y1 = t->y1};
        if (t->ignore != NN_IGNORE_CLASS && (t->label == label || t->label < 0) &&
            nn_box_iou(b, &there) >= SAME)
            return true;
    }
    return false;
}

static nn_status make_room(nn_box_run *r, const nn_truth_list *lists, nn_error *err)
{
    size_t need = (size_t)r->batch * MOST;
    for (int n = 0; n < r->batch; n++)
        need += (size_t)lists[n].count;
    if (need <= r->room)
        return NN_OK;
    nn_free(r->truths);
    r->truths = nn_calloc(need, sizeof *r->truths);
    r->room = r->truths ? need : 0;
    return r->truths ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for the boxes of a teacher");
}

// Writes true boxes and detections into `to`; returns their number.
static int join(const nn_box_run *r, const nn_truth_list *list, nn_truth *to)
{
    int count = list->count;
    if (count > 0)
        memcpy(to, list->truths, (size_t)count * sizeof *to);
    for (int i = 0; i < r->found.count; i++) {
        const nn_box *b = &r->found.boxes[i];
        const int32_t label = r->t.label_of[b->label];
        const float threshold = nn_card_threshold_of(&r->t.model->card, b->label);
        if (b->score < UNSURE * threshold || is_labelled(list, b, label))
            continue;
        const bool sure = b->score >= threshold;
        to[count++] = (nn_truth){
            b->x0, b->y0, b->x1, b->y1, label, sure ? NN_IGNORE_NOT : NN_IGNORE_BOX, 0, 0};
    }
    return count;
}

nn_status nn_box_run_look(nn_box_run *r, const float *planes, const nn_truth_list **lists,
                          nn_error *err)
{
    const nn_truth_list *old = *lists;
    nn_status status = make_room(r, old, err);
    size_t used = 0;
    for (int n = 0; n < r->batch && status == NN_OK; n++) {
        status = find(r, planes + (int64_t)n * COLOURS * r->h * r->w, err);
        if (status != NN_OK)
            return status;
        r->lists[n] =
            (nn_truth_list){r->truths + used, join(r, &old[n], r->truths + used), old[n].details};
        used += (size_t)r->lists[n].count;
    }
    *lists = r->lists;
    return status;
}
