// SPDX-License-Identifier: MIT
// Completes the card of a network of a graph format: from its file, the shapes of its outputs, and
// the sidecar.
#include "nn/predict/graph_card.h"

#include "nn/base/memory.h"
#include "nn/io/sidecar.h"
#include "nn/predict/doubtful_head.h"
#include "nn/predict/upscaler_card.h"
#include "nn/vision/decode/decode.h"
#include "nn/zoo/heads.h"

#include <stdio.h>
#include <string.h>

enum { MAX_OUTPUTS = 16, SHOWN = 4, TEXT = 200 };

// Shape of the first input: the only one it accepts, or an image of the card's size.
static nn_shape first_input(const nn_model *m)
{
    return m->fixed_inputs ? m->fixed_inputs[0]
                           : nn_shape_4d(1, 3, m->card.input_h, m->card.input_w);
}

// Height and width of the first input if it is an image.
static bool find_input(const nn_model *m, int *h, int *w)
{
    if (nn_graph_input_count(m->graph) < 1)
        return false;
    const nn_shape shape = first_input(m), *s = &shape;
    if (s->rank != 4 || s->dim[1] != 3 || s->dim[2] > INT16_MAX || s->dim[3] > INT16_MAX)
        return false;
    *h = (int)s->dim[2];
    *w = (int)s->dim[3];
    return true;
}

// Pictures that the model takes at once.
static int batch_of(const nn_model *m)
{
    const nn_shape s = first_input(m);
    return s.rank == 4 && s.dim[0] > 0 && s.dim[0] < INT16_MAX ? (int)s.dim[0] : 1;
}

// The outputs of a tail: a dim that depends on the data could be 1, or the batch.
static void find_tail_outputs(const nn_model *m, nn_head_output *outputs, int *n)
{
    for (int i = 0; i < nn_tail_output_count(m->tail); i++) {
        const nn_shape shape = nn_tail_usual_shape(m->tail, i, batch_of(m));
        outputs[(*n)++] = (nn_head_output){.name = nn_tail_output_name(m->tail, i),
                                           .tensor = {.shape = shape, .dtype = NN_F32},
                                           .anchors = &m->card.anchors,
                                           .open = nn_tail_is_list(m->tail, i)};
    }
}

// Names and shapes of all outputs.
static nn_status find_all_outputs(const nn_model *m, nn_head_output *outputs, int *n, nn_error *err)
{
    *n = 0;
    if (m->tail && nn_tail_output_count(m->tail) <= MAX_OUTPUTS)
        find_tail_outputs(m, outputs, n);
    if (m->tail || nn_graph_output_count(m->graph) > MAX_OUTPUTS)
        return NN_OK;
    nn_shape *shapes = nn_calloc((size_t)nn_graph_value_count(m->graph), sizeof *shapes);
    if (!shapes)
        return nn_fail(err, NN_ENOMEM, "card: out of memory");
    const nn_shape image = first_input(m);
    nn_status status = nn_graph_infer(m->graph, m->fixed_inputs ? m->fixed_inputs : &image,
                                      nn_graph_input_count(m->graph), shapes, NULL, err);
    for (int i = 0; status == NN_OK && i < nn_graph_output_count(m->graph); i++)
        outputs[(*n)++] = (nn_head_output){
            nn_graph_output_name(m->graph, i),
            {.shape = shapes[nn_graph_output_at(m->graph, i)], .dtype = NN_F32},
            &m->card.anchors,
            false,
        };
    nn_free(shapes);
    return status;
}

// Names and shapes of the outputs of one picture; *n is 0 when there are too many for any head.
// *joint: the model takes several pictures and puts what it finds into common lists.
static nn_status find_outputs(const nn_model *m, nn_head_output *outputs, int *n, bool *joint,
                              nn_error *err)
{
    nn_head_output all[MAX_OUTPUTS];
    nn_status status = find_all_outputs(m, all, n, err);
    *joint = status == NN_OK && !nn_decode_pick(all, *n, batch_of(m), 0, false, outputs);
    if (*joint)
        memcpy(outputs, all, (size_t)*n * sizeof *all);
    return status;
}

static nn_status set_labels(nn_card *card, const nn_decoder *d, int classes, nn_error *err)
{
    if (classes == nn_card_classes(card)) // the model's own names
        return NN_OK;
    card->unnamed = card->unnamed || card->label_count > 0;
    if (card->unnamed) // the usual names do not fit
        return nn_card_number_labels(card, classes, err);
    if (classes == d->input.label_count)
        return nn_card_set_labels(card, d->input.labels, classes, err);
    if (classes == NN_COCO_CLASSES && !d->whole_frame)
        return nn_card_set_labels(card, nn_coco_labels, classes, err);
    return nn_card_number_labels(card, classes, err);
}

static nn_status take_defaults(nn_card *card, const nn_decoder *d, int h, int w, int classes,
                               nn_error *err)
{
    const nn_decoder_input *in = &d->input;
    const nn_zoo_head *own = nn_zoo_head_find(d->name);
    snprintf(card->task, sizeof card->task, "%s",
             d->whole_frame ? "classify"
             : d->paint     ? "segment"
             : own          ? own->task
                            : "detect");
    snprintf(card->head, sizeof card->head, "%s", d->name);
    card->input_h = h;
    card->input_w = w;
    card->bgr = in->bgr;
    card->stretch = in->stretch;
    if (card->std[0] == 1) { // the file says nothing of its input's range
        memcpy(card->mean, in->mean, sizeof card->mean);
        memcpy(card->std, in->std, sizeof card->std);
    }
    card->threshold = in->threshold;
    card->iou_threshold = in->iou_threshold;
    // the preprocessing of Ultralytics
    if (d->whole_frame && strcmp(card->exporter_task, "classify") == 0) {
        for (int i = 0; i < 3; i++) {
            card->mean[i] = 0;
            card->std[i] = 1;
        }
        card->crop = 1;
    }
    return set_labels(card, d, classes, err);
}

// Whether the exporter names a task with more than boxes or classes, whatever the shapes of the
// outputs.
static bool is_other_task(const nn_card *card)
{
    return card->exporter_task[0] && strcmp(card->exporter_task, "detect") != 0 &&
           strcmp(card->exporter_task, "classify") != 0;
}

// The decoder that the shapes of the outputs determine: the only one that fits, or `usual` when it
// is among several.
static const nn_decoder *guess(const nn_head_output *outputs, int n, int h, int w,
                               const char *usual, int *classes)
{
    const nn_decoder *d = nn_decoder_guess(outputs, n, h, w, classes, NULL, 0);
    if (d || !usual)
        return d;
    d = nn_decoder_find(usual);
    *classes = d ? d->classes(d, outputs, n, h, w) : 0;
    return *classes > 0 ? d : NULL;
}

// The number of the file's class names where that fits the outputs, else what the shapes say.
static int count_classes(const nn_decoder *d, const nn_head_output *outputs, int n, int h, int w,
                         int named)
{
    nn_error ignored;
    if (named > 0 && d->check(d, outputs, n, h, w, named, &ignored) == NN_OK)
        return named;
    return d->classes(d, outputs, n, h, w);
}

// The decoder for outputs whose head nobody names: `own`, that of the file, where it fits, that of
// the exporter's task, or what the shapes determine.
static const nn_decoder *choose(nn_model *m, const nn_head_output *outputs, int n, int h, int w,
                                const char *own, const char *usual)
{
    nn_error ignored;
    nn_card *card = &m->card;
    const int named = nn_card_classes(card);
    int classes = 0;
    const nn_decoder *d = nn_decoder_find(own);
    card->guessed = false;
    if (d && d->check(d, outputs, n, h, w, named, &ignored) == NN_OK)
        return d;
    card->head[0] = '\0';
    if (is_other_task(card))
        return nn_decoder_for_task(card->exporter_task, outputs, n, h, w, named);
    d = guess(outputs, n, h, w, usual, &classes);
    const bool expected = d && usual && strcmp(d->name, usual) == 0;
    if (d && !expected && nn_head_is_doubtful(m, d, outputs, n, h, w, classes))
        d = NULL;
    card->guessed = d != NULL;
    return d;
}

// Fills the card with the defaults of `head`, which must fit the outputs, of `own` where it fits,
// or of the decoder that they determine.
static nn_status make_card(nn_model *m, const char *head, const char *own, const char *usual,
                           nn_error *err)
{
    nn_head_output outputs[MAX_OUTPUTS];
    const nn_decoder *d = head ? nn_decoder_find(head) : NULL;
    int h = 0, w = 0, n = 0;
    bool joint = false;
    if (head && !d)
        return nn_decoder_unknown(head, err);
    nn_status status = NN_OK;
    const bool image = find_input(m, &h, &w);
    if (image)
        status = find_outputs(m, outputs, &n, &joint, err);
    if (status != NN_OK)
        return status;
    m->card.input_h = h;
    m->card.input_w = w;
    const int named = nn_card_classes(&m->card);
    if (!head) {
        d = n > 0 ? choose(m, outputs, n, h, w, own, usual) : NULL;
        if (joint && d && !d->joint) {
            m->card.guessed = false;
            return NN_OK;
        }
        return d ? take_defaults(&m->card, d, h, w, count_classes(d, outputs, n, h, w, named), err)
                 : NN_OK;
    }
    if (!image)
        return nn_fail(err, NN_EUNSUPPORTED, "its input is no image 1x3xHxW");
    if (n < 1)
        return nn_fail(err, NN_ESHAPE, "%s: over %d outputs", head, MAX_OUTPUTS);
    status = d->check(d, outputs, n, h, w, 0, err);
    if (status != NN_OK)
        return status;
    return take_defaults(&m->card, d, h, w, count_classes(d, outputs, n, h, w, named), err);
}

nn_status nn_graph_card_find(nn_model *m, const struct nn_sidecar *sidecar, const char *head,
                             const char *usual, nn_error *err)
{
    char own[sizeof m->card.head]; // of a file with anchors and the head that uses them
    memcpy(own, m->card.head, sizeof own);
    // the outputs depend on them
    nn_status status = nn_sidecar_anchors(sidecar, &m->card.anchors, err);
    const char *said = head ? head : nn_sidecar_head(sidecar);
    if (status == NN_OK && !said)
        status = nn_upscaler_guess(m, err);
    if (status == NN_OK && !m->card.task[0]) // the file has no card
        status = make_card(m, said, own, usual, err);
    else if (head)
        snprintf(m->card.head, sizeof m->card.head, "%s", head);
    if (status == NN_OK)
        status = nn_sidecar_apply(sidecar, head, &m->card, err);
    find_input(m, &m->card.input_h, &m->card.input_w); // the size for which it was read
    return status;
}

// --- refusal ---

// "NAME SHAPE, NAME SHAPE and 2 more"
static void describe(const nn_head_output *outputs, int n, char text[TEXT])
{
    size_t used = 0;
    char shape[96];
    text[0] = '\0';
    for (int i = 0; i < n && i < SHOWN && used < TEXT; i++)
        used +=
            (size_t)snprintf(text + used, TEXT - used, "%s%.24s %s", i ? ", " : "", outputs[i].name,
                             nn_shape_text(&outputs[i].tensor.shape, shape, sizeof shape));
    if (n > SHOWN && used < TEXT)
        snprintf(text + used, TEXT - used, " and %d more", n - SHOWN);
}

nn_status nn_graph_card_refuse(const nn_model *m, nn_error *err)
{
    nn_head_output outputs[MAX_OUTPUTS];
    char have[TEXT], heads[2 * TEXT] = "";
    int n, classes;
    bool joint;
    nn_status status = find_outputs(m, outputs, &n, &joint, err);
    if (status != NN_OK)
        return status;
    describe(outputs, n, have);
    if (is_other_task(&m->card))
        return nn_fail(
            err, NN_EUNSUPPORTED,
            "it is for the task '%s', as its metadata say; outputs of that task (%s) are "
            "not understood, only boxes and classes are",
            m->card.exporter_task, have);
    if (n > 0)
        nn_decoder_guess(outputs, n, m->card.input_h, m->card.input_w, &classes, heads,
                         sizeof heads);
    if (!heads[0])
        return nn_fail(err, NN_EUNSUPPORTED,
                       "its outputs (%s) suit none of the %d heads that 'neroscale list heads' "
                       "explains",
                       have, nn_decoder_count());
    if (strcmp(heads, "classify") == 0)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "nothing says that its output (%s) has scores of classes: it may be an "
                       "embedding or a list of numbers, which 'neroscale forward' writes; if they "
                       "are scores, name the head (--head classify, head=classify)",
                       have);
    return nn_fail(err, NN_EUNSUPPORTED,
                   "nothing says for sure what its outputs mean (%s); they could be those of %s; "
                   "name one as the head (--head, head=)",
                   have, heads);
}
