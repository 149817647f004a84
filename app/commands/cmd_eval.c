// SPDX-License-Identifier: MIT
// neroscale eval: scores of a classifier, detector or segmentation on labelled pictures or videos.
#include "app/cli/arguments.h"
#include "app/cli/files.h"
#include "app/cli/folder.h"
#include "app/cli/heads.h"
#include "app/cli/image_size.h"
#include "app/cli/json_file.h"
#include "app/cli/open_model.h"
#include "app/cli/output.h"
#include "app/commands/command.h"
#include "app/data/evaluate_data.h"
#include "app/eval/evaluate.h"
#include "app/eval/evaluate_classes.h"
#include "app/eval/evaluate_masks.h"
#include "app/report/report.h"
#include "nn/base/memory.h"
#include "nn/vision/decode/decode.h"

#include <stdio.h>
#include <string.h>

static const char SUMMARY[] =
    "Scores a model on labelled data. The model says what its task is:\n"
    "  classifiers   top-1, top-5; precision, recall, F1 and AP of every class\n"
    "  detectors     AP50, AP75 and AP50:95 as COCO defines them, precision, recall\n"
    "  segmentation  IoU of every class, mean IoU, pixel accuracy\n"
    "\n"
    "Examples:\n"
    "  neroscale eval flowers.safetensors --data flowers/test --json score.json\n"
    "  neroscale eval resnet50.pth --network resnet50 --labels-file imagenet.txt --data val\n"
    "  neroscale eval vehicle --data aerial --report runs/vehicle\n"
    "  neroscale eval shapes.safetensors --data shapes-test --json score.json\n"
    "  neroscale eval person --video street.avi --labels street.txt --frames 601-795\n"
    "\n"
    "Layouts of labelled pictures in DIR:\n"
    "  classes  a folder for each class; or labels.csv with lines 'path,label'; or the files of "
    "IDX\n"
    "           (Fashion-MNIST) or CIFAR-10. --list test reads DIR/test/CLASS/, DIR/test.csv, ...\n"
    "  boxes    images/ and labels/ with lines 'class cx cy w h' as fractions of the picture "
    "(YOLO); or\n"
    "           Annotations/ and JPEGImages/ (Pascal VOC; --list test: ImageSets/Main/test.txt); "
    "or\n"
    "           annotations/*.json (COCO; --list val: annotations/instances_val.json)\n"
    "  masks    images/ and masks/NAME.png, whose values are class numbers (255: ignored); or\n"
    "           SegmentationClass/ and JPEGImages/ (Pascal VOC); or COCO's polygons and run "
    "lengths\n"
    "\n"
    "Classes of the data and labels of the model are matched by name. Names of class numbers come "
    "from\n"
    "--source-classes, else from DIR/classes.txt, else from the data that the model was trained "
    "on;\n"
    "else the number is the index of the model's label. For detectors, classes that the model does "
    "not\n"
    "have count as background; for classifiers, --map NAME=drop leaves their pictures out.";

typedef struct scoring {
    app_data_options sources;
    char *json, *report, *size, *head, *labels_file, *network, *options, *parameters;
    double threshold, iou, crop;
    int threads, input_h, input_w;
    nn_dataset data;
    bool have_data;
    nn_detector *detector;
    app_evaluation evaluation;
    nn_classifier *classifier;
    app_class_evaluation class_evaluation;
    app_mask_evaluation mask_evaluation;
    app_progress progress;
    const app_source *video; // that is being read
    app_mistakes mistakes;
} scoring;

static void print_note(void *ctx, const char *line)
{
    (void)ctx;
    app_progress_note(line);
}

static void count_read(void *ctx, int count)
{
    app_progress_count(ctx, count, "pictures read");
}

// Where the table goes: stdout may be wanted for JSON alone.
static FILE *table(const scoring *s)
{
    return s->json && strcmp(s->json, "-") == 0 ? stderr : stdout;
}

static nn_status load(scoring *s, const nn_card *card, nn_error *err)
{
    enum { CACHE_BYTES = 256 << 20 }; // most pictures need not be decoded twice
    nn_status status = nn_dataset_init(&s->data, CACHE_BYTES, (nn_notes){print_note, NULL}, err);
    s->have_data = status == NN_OK;
    app_progress_begin(&s->progress, "", 0, 0);
    s->data.added = count_read;
    s->data.added_ctx = &s->progress;
    const nn_names labels = {card->labels, card->label_count};
    if (status == NN_OK)
        status = app_data_options_know(&s->sources, &labels, err);
    if (status == NN_OK)
        status = app_evaluate_load(&s->sources, card, &s->data, err);
    app_progress_clear(&s->progress);
    app_progress_begin(&s->progress, "", 0, s->data.count);
    return status;
}

static nn_status score_frame(void *ctx, const nn_frame *frame, int number, nn_truth *truths,
                             int truth_count, nn_error *err)
{
    scoring *s = ctx;
    g_autofree char *name = g_strdup_printf("%s:%d", s->video->path, number);
    nn_status status =
        nn_source_mark(&s->video->options, frame->width, frame->height, &truths, &truth_count, err);
    if (status == NN_OK)
        status = app_evaluate_frame(&s->evaluation, s->detector, name, frame, frame->width,
                                    frame->height, truths, truth_count, err);
    nn_free(truths);
    return status;
}

static nn_status run_detector(scoring *s, nn_error *err)
{
    const nn_card *card = nn_detector_card(s->detector);
    nn_status status = app_evaluation_init(&s->evaluation, card->label_count, err);
    if (status == NN_OK)
        status =
            app_evaluation_confuse(&s->evaluation, card->label_count, s->mistakes.threshold, err);
    if (status == NN_OK)
        status = load(s, card, err);
    s->evaluation.progress = &s->progress;
    s->evaluation.mistakes = s->report ? &s->mistakes : NULL;
    if (status == NN_OK)
        status = app_evaluate_dataset(&s->evaluation, s->detector, &s->data, err);
    for (int i = 0; i < s->sources.count && status == NN_OK; i++) {
        const app_source *source = &s->sources.list[i];
        s->video = source;
        if (source->video)
            status =
                app_read_video(source, 0, 0, (nn_notes){print_note, NULL}, score_frame, s, err);
    }
    app_progress_break(&s->progress);
    if (status == NN_OK && s->evaluation.pictures == 0)
        status = nn_fail(err, NN_EINVAL, "no labelled picture to score on");
    return status;
}

static nn_status score_boxes(scoring *s, const char *model, nn_error *err)
{
    const nn_detector_options options = {.iou_threshold = (float)s->iou,
                                         .threads = s->threads,
                                         .head = s->head,
                                         .labels = s->labels_file,
                                         .input_h = s->input_h,
                                         .input_w = s->input_w};
    nn_status status = app_evaluate_open(&s->detector, model, &options, err);
    if (status != NN_OK)
        return status;
    const nn_card *card = nn_detector_card(s->detector);
    char remark[512];
    if (nn_card_remark(card, remark, sizeof remark))
        fprintf(stderr, "note: %s: %s\n", nn_detector_path(s->detector), remark);
    s->sources.kind = NN_DATA_BOXES;
    const float threshold = s->threshold >= 0 ? (float)s->threshold : card->threshold;
    s->mistakes = (app_mistakes){.threshold = threshold, .labels = card->labels};
    status = run_detector(s, err);
    if (status == NN_OK)
        status = app_evaluation_print(&s->evaluation, card->labels, card->label_count, threshold,
                                      table(s), err);
    cJSON *json = NULL;
    if (status == NN_OK && s->json)
        status = app_evaluation_json(&json, &s->evaluation, nn_detector_path(s->detector),
                                     card->labels, card->label_count, threshold, err);
    if (status == NN_OK && s->json)
        status = app_json_write(json, s->json, err);
    cJSON_Delete(json);
    if (status == NN_OK && s->report)
        status = app_report_boxes(s->report, nn_detector_path(s->detector), &s->evaluation,
                                  card->labels, card->label_count, threshold, err);
    return status;
}

// Pictures for a model that is no detector.
static nn_status load_pictures(scoring *s, const nn_card *card, nn_data_kind kind, nn_error *err)
{
    s->sources.kind = kind;
    for (int i = 0; i < s->sources.count; i++)
        if (s->sources.list[i].video)
            return nn_fail(err, NN_EINVAL, "--video is for detectors; the model %s",
                           kind == NN_DATA_MASKS ? "segments pictures" : "classifies pictures");
    nn_status status = load(s, card, err);
    if (status == NN_OK && s->data.count == 0)
        status = nn_fail(err, NN_EINVAL, "no labelled picture to score on");
    return status;
}

static nn_status run_classifier(scoring *s, nn_error *err)
{
    const nn_card *card = nn_classifier_card(s->classifier);
    nn_status status = load_pictures(s, card, NN_DATA_CLASSES, err);
    if (status == NN_OK)
        status =
            app_class_evaluation_init(&s->class_evaluation, nn_classifier_classes(s->classifier),
                                      app_shows_several(card, &s->data), err);
    s->class_evaluation.progress = &s->progress;
    if (status == NN_OK)
        status = app_evaluate_classes(&s->class_evaluation, s->classifier, &s->data, err);
    app_progress_break(&s->progress);
    return status;
}

// Takes over `m`.
static nn_status score_classes(scoring *s, nn_model *m, const char *model, nn_error *err)
{
    const nn_classifier_options options = {.threads = s->threads,
                                           .input_h = s->input_h,
                                           .input_w = s->input_w,
                                           .crop = (float)s->crop};
    nn_status status = nn_classifier_new(&s->classifier, m, &options, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "%s", model);
    status = run_classifier(s, err);
    if (status != NN_OK)
        return status;
    char *const *labels = nn_classifier_card(s->classifier)->labels;
    cJSON *json = NULL;
    status = app_class_evaluation_print(&s->class_evaluation, labels, table(s), err);
    if (status == NN_OK && s->json)
        status = app_class_evaluation_json(&json, &s->class_evaluation, model, labels, err);
    if (status == NN_OK && s->json)
        status = app_json_write(json, s->json, err);
    cJSON_Delete(json);
    if (status == NN_OK && s->report)
        status = app_report_classes(s->report, model, &s->class_evaluation, &s->data, labels, err);
    return status;
}

static nn_status score_masks(scoring *s, const char *model, nn_error *err)
{
    const nn_detector_options options = {.threshold = -1,
                                         .iou_threshold = -1,
                                         .threads = s->threads,
                                         .head = s->head,
                                         .labels = s->labels_file,
                                         .input_h = s->input_h,
                                         .input_w = s->input_w};
    app_mask_evaluation *e = &s->mask_evaluation;
    nn_status status = nn_detector_open(&s->detector, model, &options, err);
    if (status != NN_OK)
        return status;
    const nn_card *card = nn_detector_card(s->detector);
    const char *path = nn_detector_path(s->detector);
    status = load_pictures(s, card, NN_DATA_MASKS, err);
    if (status == NN_OK)
        status = app_mask_evaluation_init(e, card->label_count, err);
    e->progress = &s->progress;
    if (status == NN_OK)
        status = app_evaluate_masks(e, s->detector, &s->data, err);
    app_progress_break(&s->progress);
    if (status != NN_OK)
        return status;
    app_mask_evaluation_print(e, card->labels, table(s));
    cJSON *json = s->json ? app_mask_evaluation_json(e, path, card->labels) : NULL;
    if (json)
        status = app_json_write(json, s->json, err);
    cJSON_Delete(json);
    return status == NN_OK && s->report
               ? app_report_masks(s->report, path, e, s->detector, &s->data, err)
               : status;
}

// Detectors are opened by their own loader, which guesses heads and says why it cannot.
static nn_status score_all(scoring *s, const char *model, nn_error *err)
{
    const app_model_source from = {.name = s->network ? s->network : model,
                                   .options = s->options,
                                   .parameters = s->network ? model : s->parameters,
                                   .head = s->head,
                                   .labels = s->labels_file,
                                   .input_h = s->input_h,
                                   .input_w = s->input_w};
    nn_model *m = NULL;
    app_files files = {0};
    app_data_options_files(&s->sources, &files);
    app_files_read(&files, "MODEL", model);
    app_files_read(&files, "--labels-file", s->labels_file);
    app_files_read(&files, "--parameters", s->parameters);
    app_files_write(&files, "--json", s->json);
    app_files_write(&files, "--report", s->report);
    nn_status status = app_data_options_check(&s->sources, err);
    if (status == NN_OK)
        status = app_files_check(&files, err);
    if (status == NN_OK && s->json)
        status = app_output_check(s->json, err); // before minutes of scoring
    if (status == NN_OK && s->report)
        status = app_folder_make("--report", s->report, err);
    if (status == NN_OK)
        status = app_open_model(&m, &from, err);
    if (status != NN_OK)
        return status;
    const nn_decoder *decoder = nn_decoder_of(m->card.head, m->card.task);
    if (decoder && decoder->whole_frame)
        return score_classes(s, m, model, err);
    nn_model_free(m);
    return decoder && decoder->paint ? score_masks(s, model, err) : score_boxes(s, model, err);
}

static nn_status check(scoring *s, int argc, nn_error *err)
{
    nn_status status = app_check_one_model(argc, err);
    if (status == NN_OK)
        status = app_check_threads(s->threads, err);
    if (status == NN_OK)
        status = app_check_threshold("--threshold", s->threshold, err);
    if (status == NN_OK)
        status = app_check_threshold("--iou-threshold", s->iou, err);
    if (status != NN_OK)
        return status;
    if (!(s->crop >= 0 && s->crop <= 1))
        return nn_fail(err, NN_EINVAL, "--crop wants a number above 0, up to 1");
    if (s->network && s->parameters)
        return nn_fail(err, NN_EINVAL, "with --network, MODEL is the file of parameters");
    return app_parse_size("--size", s->size, &s->input_w, &s->input_h, err);
}

static nn_status parse(scoring *s, int *argc, char ***argv, nn_error *err)
{
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_FILENAME, &s->json, "Write the scores to FILE ('-': stdout)",
         "FILE"},
        {"report", 0, 0, G_OPTION_ARG_FILENAME, &s->report,
         "Write report.md, report.json and pictures of the mistakes to DIR", "DIR"},
        {"threshold", 0, 0, G_OPTION_ARG_DOUBLE, &s->threshold,
         "Detectors: score from which boxes count for precision and recall (the model's)", "X"},
        {"iou-threshold", 0, 0, G_OPTION_ARG_DOUBLE, &s->iou,
         "Detectors, NMS: of two boxes with a larger IoU drop one (the model's)", "X"},
        {"head", 0, 0, G_OPTION_ARG_STRING, &s->head,
         "Decoder of the model's outputs (from the model, or from their shapes)", "HEAD"},
        {"labels-file", 0, 0, G_OPTION_ARG_FILENAME, &s->labels_file,
         "Text file with one class name a line (names in the model)", "FILE"},
        {"network", 0, 0, G_OPTION_ARG_STRING, &s->network,
         "MODEL is a file with weights of this network", "NAME"},
        {"options", 0, 0, G_OPTION_ARG_STRING, &s->options, "Options of the network", "A=1,B=2"},
        {"parameters", 'p', 0, G_OPTION_ARG_FILENAME, &s->parameters,
         "Parameters of MODEL, a network given by name", "FILE"},
        APP_SIZE_ENTRY(&s->size, "Input size (the model's)"),
        {"crop", 0, 0, G_OPTION_ARG_DOUBLE, &s->crop,
         "Classifiers: centre crop, as a part of the shorter side (the model's)", "PART"},
        {"threads", 0, 0, G_OPTION_ARG_INT, &s->threads, "Threads (0: one per core)", "N"},
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    g_autofree char *heads = app_heads_text();
    GOptionGroup *group = g_option_group_new("eval", "", "", &s->sources, NULL);
    app_data_options_add_options(group, false);
    g_option_group_add_entries(group, entries);
    const app_arguments what = {
        .synopsis = "MODEL", .summary = SUMMARY, .description = heads, .group = group};
    const nn_status status = app_parse_arguments(&what, argc, argv, err);
    return status == NN_OK ? check(s, *argc, err) : status;
}

static void release(scoring *s)
{
    nn_detector_free(s->detector);
    nn_classifier_free(s->classifier);
    app_evaluation_release(&s->evaluation);
    app_class_evaluation_release(&s->class_evaluation);
    app_mask_evaluation_release(&s->mask_evaluation);
    if (s->have_data)
        nn_dataset_release(&s->data);
    app_data_options_release(&s->sources);
    app_mistakes_release(&s->mistakes);
    g_free(s->json);
    g_free(s->report);
    g_free(s->size);
    g_free(s->head);
    g_free(s->labels_file);
    g_free(s->network);
    g_free(s->options);
    g_free(s->parameters);
}

int app_cmd_eval(int argc, char **argv)
{
    scoring s = {.threshold = APP_UNSET, .iou = APP_UNSET};
    nn_error err = {0};
    nn_status status = parse(&s, &argc, &argv, &err);
    if (status == NN_OK)
        status = score_all(&s, argv[1], &err);
    release(&s);
    return app_end(status, &err);
}
