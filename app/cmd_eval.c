// SPDX-License-Identifier: MIT
// neroscale eval: average precision of a model on labelled pictures or videos.
#include "app/command.h"
#include "app/evaluate.h"
#include "app/heads.h"
#include "app/sources.h"
#include "app/training_card.h"
#include "nn/base/memory.h"

#include <stdio.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

int app_cmd_eval(int argc, char **argv); // called by main.c through the table of commands

static const char SUMMARY[] =
    "Scores a detector on labelled data and prints AP50, AP50:95, precision and recall.\n"
    "\n"
    "Examples:\n"
    "  neroscale eval vehicle --data aerial --json score.json\n"
    "  neroscale eval person --video street.avi --labels street.txt --frames 601-795\n"
    "\n"
    "DIR holds images/ and labels/ with lines 'class cx cy w h' (fractions of the picture), or\n"
    "Annotations/ and JPEGImages/ as Pascal VOC does (--list test: ImageSets/Main/test.txt),\n"
    "or annotations/*.json as COCO does (--list val: annotations/instances_val.json).\n"
    "What class numbers mean is taken from --source-classes, else from DIR/classes.txt, else from\n"
    "what the model says about the data it learnt from, else number = label of the model. Classes "
    "that\n"
    "the model does not have count as background.";

typedef struct scoring {
    app_sources sources;
    char *json, *size, *head, *labels_file;
    double threshold, iou;
    int threads;
    nn_detector *detector;
    app_evaluation evaluation;
    float card_threshold;
} scoring;

static void print_note(void *ctx, const char *line)
{
    (void)ctx;
    fprintf(stderr, "note: %s\n", line);
}

static nn_status score_frame(void *ctx, const nn_frame *frame, int number, nn_truth *truths,
                             int truth_count, nn_error *err)
{
    scoring *s = ctx;
    (void)number;
    nn_status status = app_evaluate_frame(&s->evaluation, s->detector, frame, frame->width,
                                          frame->height, truths, truth_count, err);
    nn_free(truths);
    return status;
}

static nn_status score_folder(scoring *s, const app_source *source, const nn_class_map *map,
                              const nn_names *names, nn_error *err)
{
    app_sources one = {.list = {*source}, .count = 1, .kind = s->sources.kind};
    nn_dataset data;
    nn_status status = nn_dataset_init(&data, 0, (nn_notes){print_note, NULL}, err);
    if (status != NN_OK)
        return status;
    status = app_sources_load(&one, map, names, &data, NULL, err);
    if (status == NN_OK)
        status = app_evaluate_dataset(&s->evaluation, s->detector, &data, err);
    nn_dataset_release(&data);
    return status;
}

static nn_status score_source(scoring *s, const app_source *source, nn_error *err)
{
    if (source->video)
        return app_read_video(source, 0, 0, (nn_notes){print_note, NULL}, score_frame, s, err);
    const nn_card *card = nn_detector_card(s->detector);
    nn_names labels = {0}, recorded = {0}, names = {0};
    char *rules = NULL;
    nn_class_map map;
    nn_status status =
        nn_names_copy(&labels, (const char *const *)card->labels, card->label_count, err);
    if (status == NN_OK)
        status = app_training_classes(card, &recorded, &rules, err);
    if (status == NN_OK)
        status = app_sources_map(&s->sources, source->path, &labels, &recorded, rules, &map, &names,
                                 err);
    if (status == NN_OK)
        status = score_folder(s, source, &map, &names, err);
    nn_names_release(&names);
    nn_names_release(&labels);
    nn_names_release(&recorded);
    g_free(rules);
    return status;
}

static nn_status score_all(scoring *s, const char *model, nn_error *err)
{
    const nn_detector_options options = {.iou_threshold = (float)s->iou,
                                         .threads = s->threads,
                                         .head = s->head,
                                         .labels = s->labels_file};
    nn_status status = app_sources_check(&s->sources, err);
    if (status == NN_OK)
        status = app_evaluate_open(&s->detector, model, &options, err);
    if (status != NN_OK)
        return status;
    const nn_card *card = nn_detector_card(s->detector);
    if (card->guessed)
        fprintf(stderr, "note: by the shapes of its outputs %s is taken for '%s'\n",
                nn_detector_path(s->detector), card->head);
    status = app_evaluation_init(&s->evaluation, card->label_count, err);
    for (int i = 0; i < s->sources.count && status == NN_OK; i++)
        status = score_source(s, &s->sources.list[i], err);
    if (status == NN_OK && s->evaluation.pictures == 0)
        status = nn_fail(err, NN_EINVAL, "no labelled picture to score on");
    float threshold = s->threshold >= 0 ? (float)s->threshold : card->threshold;
    if (status == NN_OK)
        status = app_evaluation_report(&s->evaluation, nn_detector_path(s->detector), card->labels,
                                       card->label_count, threshold, stdout, s->json, err);
    return status;
}

static nn_status parse(scoring *s, int *argc, char ***argv, nn_error *err)
{
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_FILENAME, &s->json, "Write the scores to FILE", "FILE"},
        {"threshold", 0, 0, G_OPTION_ARG_DOUBLE, &s->threshold,
         "Score at which precision and recall are counted (the model's)", "X"},
        {"iou-threshold", 0, 0, G_OPTION_ARG_DOUBLE, &s->iou,
         "Overlap at which boxes suppress each other (the model's)", "X"},
        {"head", 0, 0, G_OPTION_ARG_STRING, &s->head,
         "What the outputs of the model mean (what it says, or their shapes)", "HEAD"},
        {"labels-file", 0, 0, G_OPTION_ARG_FILENAME, &s->labels_file,
         "Names of its classes, a line each (the model's)", "FILE"},
        {"threads", 0, 0, G_OPTION_ARG_INT, &s->threads, "Threads (0: one per core)", "N"},
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    GOptionContext *context = g_option_context_new("MODEL");
    GOptionGroup *group = g_option_group_new("eval", "", "", &s->sources, NULL);
    app_sources_add_options(group, false);
    g_option_group_add_entries(group, entries);
    g_option_context_set_main_group(context, group);
    g_autofree char *heads = app_heads_text();
    g_option_context_set_summary(context, SUMMARY);
    g_option_context_set_description(context, heads);
    GError *error = NULL;
    nn_status status = NN_OK;
    if (!g_option_context_parse(context, argc, argv, &error))
        status = nn_fail(err, NN_EINVAL, "%s (try --help)", error->message);
    else if (*argc != 2)
        status = nn_fail(err, NN_EINVAL, "%s (try --help)",
                         *argc < 2 ? "which model?" : "more than one model");
    else if (s->threads < 0 || s->threshold > 1 || s->iou > 1)
        status = nn_fail(err, NN_EINVAL, "--threads starts at 0, thresholds end at 1");
    g_clear_error(&error);
    g_option_context_free(context);
    return status;
}

int app_cmd_eval(int argc, char **argv)
{
    scoring s = {.threshold = -1, .iou = -1};
    nn_error err = {0};
    nn_status status = parse(&s, &argc, &argv, &err);
    if (status == NN_OK)
        status = score_all(&s, argv[1], &err);
    if (status != NN_OK)
        fprintf(stderr, "neroscale eval: %s\n", err.text);
    nn_detector_free(s.detector);
    app_evaluation_release(&s.evaluation);
    app_sources_release(&s.sources);
    g_free(s.json);
    g_free(s.size);
    g_free(s.head);
    g_free(s.labels_file);
    return status == NN_OK ? 0 : EXIT_USAGE;
}
