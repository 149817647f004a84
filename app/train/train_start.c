// SPDX-License-Identifier: MIT
// Starts a training: network, classes and first parameters.
#include "app/train/train_classes.h"
#include "app/train/train_init.h"
#include "app/train/train_run.h"
#include "nn/text/tokenizer.h"
#include "nn/train/renorm.h"
#include "nn/zoo/heads.h"
#include "nn/zoo/zoo.h"

#include <stdio.h>
#include <string.h>

// Fills the card from the options, without labels.
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
    app_train_describe(&card, o);
    return card;
}

// Number of keypoints in the data; 0: the task has none.
static nn_status count_keypoints(const app_train *t, int *count, nn_error *err)
{
    *count = 0;
    if (!(nn_train_task_find(t->o.task)->evaluator->details & NN_DETAIL_KEYPOINTS))
        return NN_OK;
    const nn_keypoint_set *set = app_data_options_keypoints(&t->o.sources);
    *count = set ? set->count : 0;
    return set ? NN_OK
               : nn_fail(err, NN_EINVAL,
                         "the data have no keypoints: --task pose needs kpt_shape in data.yaml of "
                         "YOLO, or keypoints in files of COCO ('neroscale help layouts')");
}

static nn_status build_on_graph(app_train *t, int keypoints, nn_error *err)
{
    int added;
    nn_status status = app_train_from_graph(&t->model, &t->o, &t->labels, keypoints, err);
    if (status != NN_OK || !t->o.renorm)
        return status;
    status = nn_add_norms(&t->model, t->o.input_h, t->o.input_w, &added, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "--renorm");
    fprintf(stderr, "%d batch norms put back behind convolutions\n", added);
    return NN_OK;
}

static nn_status build_from_zoo(app_train *t, int keypoints, nn_error *err)
{
    nn_card card = describe(&t->o);
    g_autofree char *more = keypoints > 0 ? g_strdup_printf(",keypoints=%d", keypoints) : NULL;
    const bool texts = strcmp(t->o.task, "contrast") == 0;
    g_autofree char *data = // what the data and the task say
        texts ? g_strdup(t->o.vocabulary)
        : strcmp(t->o.task, "upscale") != 0
            ? g_strdup_printf("classes=%d%s", t->labels.count, more ? more : "")
        : t->o.factor > 0 ? g_strdup_printf("factor=%d", t->o.factor)
                          : g_strdup("");
    snprintf(card.options, sizeof card.options, "%s%s%s", t->o.options,
             *t->o.options && *data ? "," : "", data);
    nn_status status =
        nn_card_set_labels(&card, (const char *const *)t->labels.name, t->labels.count, err);
    if (status == NN_OK)
        status = nn_card_set_tokenizer(&card, t->o.tokenizer_text, err);
    if (status == NN_OK)
        status = nn_zoo_build(&t->model, &card, err);
    nn_card_release(&card);
    return status;
}

// The outputs of a given model have a meaning.
static nn_status check_given(const app_train *t, nn_error *err)
{
    const nn_card *card = &t->model->card;
    bool same = t->labels.count == nn_card_classes(card);
    for (int i = 0; i < t->labels.count && same; i++)
        same = strcmp(t->labels.name[i], card->labels[i]) == 0;
    return same ? NN_OK
                : nn_fail(err, NN_EINVAL,
                          "the classes of the data are not those of the model: %d, not %d, or with "
                          "other names (--names, --map)",
                          t->labels.count, nn_card_classes(card));
}

// The tokenizer of --tokenizer or --init, and the vocabulary of the network that it needs. Without
// either one is learnt from the captions, of the size that --options say.
static nn_status choose_tokenizer(app_train_options *o, nn_error *err)
{
    const bool texts = strcmp(o->task, "contrast") == 0;
    o->vocabulary = g_strdup("");
    if (!texts)
        return o->tokenizer ? nn_fail(err, NN_EINVAL, "--tokenizer is for --task contrast") : NN_OK;
    const char *of_init = o->start ? o->start->card.tokenizer : NULL;
    if (!o->tokenizer) {
        o->tokenizer_text = g_strdup(of_init);
        return NN_OK;
    }
    nn_tokenizer *t;
    const nn_status status = nn_tokenizer_load(&t, o->tokenizer, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "--tokenizer");
    g_free(o->vocabulary);
    o->vocabulary = g_strdup_printf("vocabulary=%d", nn_tokenizer_count(t));
    o->tokenizer_text = g_strdup(nn_tokenizer_text(t));
    nn_tokenizer_free(t);
    return NN_OK;
}

nn_status app_train_build(app_train *t, nn_error *err)
{
    int keypoints = 0;
    nn_status status = app_train_choose_labels(t, err);
    if (status == NN_OK && !t->given)
        status = choose_tokenizer(&t->o, err);
    if (t->given)
        return status == NN_OK ? check_given(t, err) : status;
    if (status == NN_OK)
        status = count_keypoints(t, &keypoints, err);
    if (status == NN_OK)
        status = app_train_has_graph(&t->o) ? build_on_graph(t, keypoints, err)
                                            : build_from_zoo(t, keypoints, err);
    if (status == NN_OK)
        nn_card_set_rivals(&t->model->card, t->rivals);
    return status;
}

nn_status app_train_weigh(app_train *t, nn_error *err)
{
    const nn_train_task *task = nn_train_task_find(t->o.task);
    float *weight = (float *)((char *)&t->o.trainer.task + task->weight_offset);
    const int classes = t->labels.count, most = (int)(task->weight_bytes / sizeof *weight);
    const char *text = t->o.class_weights;
    if (!text)
        return NN_OK;
    if (!task->weigh || classes > most)
        return nn_fail(err, NN_EINVAL, "--class-weights is for --task segment, up to %d classes",
                       NN_MASK_CLASSES);
    if (strcmp(text, "auto") == 0) {
        task->weigh(&t->train, classes, weight);
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
    if (t->given)
        return NN_OK;
    if (task->fit) {
        task->fit(card, &t->train);
        card->crop = t->o.val_crop > 0 ? (float)t->o.val_crop : card->crop;
    }
    if (app_train_has_graph(&t->o))
        return NN_OK;
    nn_trainer_init_model(t->model, &t->train, t->o.trainer.seed);
    return t->o.init ? app_train_take(t, err) : NN_OK;
}
