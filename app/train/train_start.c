// SPDX-License-Identifier: MIT
// How a training starts: the network, its classes and its first parameters.
#include "app/train/train_init.h"
#include "app/train/train_run.h"
#include "nn/train/renorm.h"
#include "nn/zoo/heads.h"
#include "nn/zoo/zoo.h"

#include <stdio.h>
#include <string.h>

// What the options say about the model, without its labels.
static nn_card describe(const app_train_options *o)
{
    nn_card card = {.input_w = o->input_w,
                    .input_h = o->input_h,
                    .stretch = o->stretch,
                    .threshold = NN_CARD_THRESHOLD,
                    .iou_threshold = NN_CARD_IOU_THRESHOLD};
    g_strlcpy(card.network, o->network, sizeof card.network);
    g_strlcpy(card.task, o->task, sizeof card.task);
    if (nn_zoo_head_of(o->task))
        g_strlcpy(card.head, o->head, sizeof card.head);
    card.sigmoid = o->trainer.task.classify.sigmoid;
    return card;
}

static nn_status build_on_graph(app_train *t, nn_error *err)
{
    int added;
    nn_status status = app_train_from_graph(&t->model, &t->o, &t->labels, err);
    if (status != NN_OK || !t->o.renorm)
        return status;
    status = nn_add_norms(&t->model, t->o.input_h, t->o.input_w, &added, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "--renorm");
    fprintf(stderr, "%d batch norms put back behind convolutions\n", added);
    return NN_OK;
}

// Puts the rivals behind the labels: those of the option, or all other classes of the model that is
// trained on.
static nn_status add_rivals(app_train *t, nn_error *err)
{
    nn_names rivals = {0};
    const bool rest = strcmp(t->o.rivals, "rest") == 0;
    const nn_card *start = t->o.start ? &t->o.start->card : NULL;
    if (strcmp(t->o.task, "detect") != 0 || !t->o.classes || (rest && !start))
        return nn_fail(err, NN_EINVAL, "--rivals %s goes with --classes%s of a detector",
                       t->o.rivals, rest ? " and --init" : "");
    nn_status status = rest ? nn_names_copy(&rivals, (const char *const *)start->labels,
                                            nn_card_classes(start), err)
                            : nn_names_parse(&rivals, t->o.rivals, err);
    for (int i = 0; i < rivals.count && status == NN_OK; i++)
        if (!rest || nn_names_find(&t->labels, rivals.name[i]) < 0)
            status = nn_names_add(&t->labels, rivals.name[i], strlen(rivals.name[i]), err);
    nn_names_release(&rivals);
    return status;
}

static nn_status choose_labels(app_train *t, nn_error *err)
{
    nn_status status = t->o.classes ? nn_names_parse(&t->labels, t->o.classes, err)
                                    : app_data_options_labels(&t->o.sources, &t->labels, err);
    t->rivals = -t->labels.count;
    if (status == NN_OK && t->o.rivals)
        status = add_rivals(t, err);
    t->rivals += t->labels.count;
    for (int i = 0; i < t->labels.count && status == NN_OK; i++)
        if (nn_names_find(&t->labels, t->labels.name[i]) < i)
            status = nn_fail(err, NN_EINVAL, "--classes%s: '%s' stands there twice",
                             t->o.rivals ? ", --rivals" : "", t->labels.name[i]);
    if (status == NN_OK && !t->o.classes) { // so that a checkpoint tells what the data named
        GString *text = g_string_new(NULL);
        for (int i = 0; i < t->labels.count; i++)
            g_string_append_printf(text, "%s%s", i ? "," : "", t->labels.name[i]);
        t->o.classes = g_string_free(text, FALSE);
    }
    return status;
}

static nn_status build_from_zoo(app_train *t, nn_error *err)
{
    nn_card card = describe(&t->o);
    snprintf(card.options, sizeof card.options, "%s%sclasses=%d", t->o.options,
             *t->o.options ? "," : "", t->labels.count);
    nn_status status =
        nn_card_set_labels(&card, (const char *const *)t->labels.name, t->labels.count, err);
    if (status == NN_OK)
        status = nn_zoo_build(&t->model, &card, err);
    nn_card_release(&card);
    return status;
}

nn_status app_train_build(app_train *t, nn_error *err)
{
    nn_status status = choose_labels(t, err);
    if (status == NN_OK)
        status = app_train_has_graph(&t->o) ? build_on_graph(t, err) : build_from_zoo(t, err);
    if (status == NN_OK)
        nn_card_set_rivals(&t->model->card, t->rivals);
    return status;
}

nn_status app_train_weigh(app_train *t, nn_error *err)
{
    float *weight = t->o.trainer.task.segment.weight;
    const int classes = t->labels.count;
    const char *text = t->o.class_weights;
    if (!text)
        return NN_OK;
    if (strcmp(t->o.task, "segment") != 0 || classes > NN_MASK_CLASSES)
        return nn_fail(err, NN_EINVAL, "--class-weights is for --task segment, up to %d classes",
                       NN_MASK_CLASSES);
    if (strcmp(text, "auto") == 0) {
        nn_segment_weights(&t->train, classes, weight);
        for (int i = 0; i < classes; i++)
            fprintf(stderr, "%s %s %.3g", i ? "," : "class weights:", t->labels.name[i],
                    (double)weight[i]);
        fputc('\n', stderr);
        return NN_OK;
    }
    for (int i = 0; i < classes; i++) {
        char *end;
        const double v = g_ascii_strtod(text, &end);
        if (end == text || !(v > 0 && v < 1e6) || *end != (i + 1 < classes ? ',' : '\0'))
            return nn_fail(err, NN_EINVAL,
                           "--class-weights %s: not auto, nor %d numbers above 0 with commas",
                           t->o.class_weights, classes);
        weight[i] = (float)v;
        text = end + 1;
    }
    return NN_OK;
}

nn_status app_train_start(app_train *t, nn_error *err)
{
    nn_card *card = &t->model->card;
    const nn_train_task *task = nn_train_task_find(card->task);
    if (task->fit) {
        task->fit(card, &t->train);
        card->crop = t->o.val_crop > 0 ? (float)t->o.val_crop : card->crop;
    }
    if (app_train_has_graph(&t->o))
        return NN_OK;
    nn_trainer_init_model(t->model, &t->train, t->o.trainer.seed);
    return t->o.init ? app_train_take(t, err) : NN_OK;
}
