// SPDX-License-Identifier: MIT
// neroscale classify: classifies pictures.
#include "app/cli/arguments.h"
#include "app/cli/files.h"
#include "app/cli/image_size.h"
#include "app/cli/open_model.h"
#include "app/cli/option_table.h"
#include "app/cli/output.h"
#include "app/cli/precision.h"
#include "app/commands/command.h"
#include "nn/io/image/image.h"
#include "nn/predict/classifier.h"
#include "nn/vision/scores.h"
#include "pipeline/picture_list.h"

#include <cjson/cJSON.h>
#include <glib.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static const char SUMMARY[] =
    "Classifies pictures (" NN_IMAGE_KINDS ") and prints probabilities.\n"
    "\n"
    "MODEL is a classifier (see 'neroscale help formats'). A picture is resized until its shorter "
    "side is\n"
    "256/224 of the input's, and the middle is cut out, as in ImageNet's evaluation; --centre-crop "
    "1 cuts\n"
    "off as little as possible. A model that was trained here brings its own crop.\n"
    "\n"
    "Examples:\n"
    "  neroscale classify flowers.safetensors rose.jpg tulip.jpg --top 3\n"
    "  neroscale classify resnet18.pth cat.jpg --network resnet18 --names imagenet.txt\n"
    "  neroscale classify words.safetensors *.jpg --text 'a photo of a cat,a photo of a dog'\n"
    "  neroscale classify clip-image.onnx --text-model clip-text.onnx \\\n"
    "      --tokenizer bpe_simple_vocab_16e6.txt.gz --text texts.txt *.jpg\n"
    "  neroscale classify model.onnx photos/ 'img%03d.png' --json classes.jsonl";

typedef struct classify_options {
    char *network, *options, *parameters, *names, *size, *json, *precision_word;
    char *text, *text_model, *tokenizer; // of models that compare pictures with texts
    nn_precision precision;
    int top, threads, height, width;
    double crop;
} classify_options;

static nn_status check_files(const classify_options *o, int argc, char **argv, nn_error *err)
{
    app_files files = {0};
    app_files_refresh(&files, "--json", o->json);
    app_files_read(&files, "--names", o->names);
    app_files_read(&files, "--parameters", o->parameters);
    app_files_read(&files, "--text-model", o->text_model);
    app_files_read(&files, "--tokenizer", o->tokenizer);
    for (int i = 1; i < argc; i++) {
        if (files.count == APP_FILES_MAX) { // any number of pictures, in parts
            const nn_status status = app_files_check(&files, err);
            if (status != NN_OK)
                return status;
            files.count = 1;
        }
        app_files_read(&files, i == 1 ? "MODEL" : "IMAGE", argv[i]);
    }
    return app_files_claim(&files, false, err);
}

static nn_status check_options(classify_options *o, int argc, nn_error *err)
{
    if (argc < 3)
        return nn_fail(err, NN_EINVAL, "%s (try --help)",
                       argc < 2 ? "which model?" : "which pictures?");
    if (!o->text && (o->text_model || o->tokenizer))
        return nn_fail(err, NN_EINVAL, "--text-model and --tokenizer need --text");
    if (o->network && o->parameters)
        return nn_fail(err, NN_EINVAL, "with --network, MODEL is the file of parameters");
    const nn_status status = app_find_precision(&o->precision, o->precision_word, err);
    return status == NN_OK ? app_parse_size("--size", o->size, &o->width, &o->height, err) : status;
}

static nn_status parse(classify_options *o, int *argc, char ***argv, nn_error *err)
{
    const GOptionEntry entries[] = {APP_OPTION("top", &o->top, "5"),
                                    APP_OPTION("json", &o->json, NULL),
                                    APP_OPTION("names", &o->names, "the model's"),
                                    APP_OPTION("text", &o->text, NULL),
                                    APP_OPTION("text-model", &o->text_model, "the same file"),
                                    APP_OPTION("tokenizer", &o->tokenizer, "the model's"),
                                    APP_OPTION("network", &o->network, NULL),
                                    APP_OPTION("options", &o->options, NULL),
                                    APP_OPTION("parameters", &o->parameters, NULL),
                                    APP_OPTION("size", &o->size, "the model's"),
                                    APP_OPTION("centre-crop", &o->crop, "the model's, or 0.875"),
                                    APP_OPTION("threads", &o->threads, "0"),
                                    APP_OPTION("precision", &o->precision_word, "float32"),
                                    APP_OPTIONS_END};
    const app_arguments what = {
        .synopsis = "MODEL IMAGE|DIR...", .summary = SUMMARY, .entries = entries};
    const nn_status status = app_parse_arguments(&what, argc, argv, err);
    if (status != NN_OK)
        return status;
    const nn_status checked = check_options(o, *argc, err);
    return checked == NN_OK && o->json ? check_files(o, *argc, *argv, err) : checked;
}

static nn_status open_classifier(nn_classifier **out, const classify_options *o, const char *name,
                                 nn_error *err)
{
    const nn_text_classes texts = {
        .texts = o->text, .model = o->text_model, .tokenizer = o->tokenizer};
    const app_model_source from = {.texts = o->text ? &texts : NULL,
                                   .name = o->network ? o->network : name,
                                   .options = o->options,
                                   .parameters = o->network ? name : o->parameters,
                                   .input_h = o->height,
                                   .input_w = o->width,
                                   .labels = o->names,
                                   .classifies = true};
    const nn_classifier_options options = {.threads = o->threads,
                                           .input_h = o->height,
                                           .input_w = o->width,
                                           .crop = (float)o->crop,
                                           .precision = o->precision};
    nn_model *model;
    nn_status status = app_open_model(&model, &from, err);
    if (status != NN_OK)
        return status;
    status = nn_classifier_new(out, model, &options, err);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "%s", name);
}

static void print_text(const nn_card *card, const char *file, const float *p, const int *best,
                       int count)
{
    printf("%s\n", file);
    for (int i = 0; i < count; i++)
        printf("  %5.1f %%  %s\n", 100.0 * (double)p[best[i]], card->labels[best[i]]);
}

static nn_status write_json(FILE *f, const nn_card *card, const char *file, const nn_image *image,
                            const float *p, const int *best, int count, nn_error *err)
{
    cJSON *line = cJSON_CreateObject();
    bool whole = cJSON_AddStringToObject(line, "file", file) &&
                 cJSON_AddNumberToObject(line, "width", image->width) &&
                 cJSON_AddNumberToObject(line, "height", image->height);
    cJSON *list = cJSON_AddArrayToObject(line, "classes");
    for (int i = 0; i < count && whole && list; i++) {
        cJSON *item = cJSON_CreateObject();
        whole = cJSON_AddItemToArray(list, item) &&
                cJSON_AddNumberToObject(item, "index", best[i]) &&
                cJSON_AddStringToObject(item, "label", card->labels[best[i]]) &&
                cJSON_AddNumberToObject(item, "probability", (double)p[best[i]]);
    }
    char *text = whole && list ? cJSON_PrintUnformatted(line) : NULL;
    cJSON_Delete(line);
    if (!text)
        return nn_fail(err, NN_ENOMEM, "out of memory");
    g_autofree char *valid = g_utf8_make_valid(text, -1); // file names may not be UTF-8
    fprintf(f, "%s\n", valid);
    if (f == stdout)
        fflush(f); // readers get each picture at once
    cJSON_free(text);
    return NN_OK;
}

// Memory for the results of a picture, and where they are written.
typedef struct report {
    app_output json;
    bool text;
    float *p;
    int *best, top;
} report;

static nn_status classify(nn_classifier *c, const char *file, report *r, nn_error *err)
{
    nn_image image;
    nn_status status = nn_image_load(&image, file, err);
    if (status != NN_OK)
        return status; // names the file
    const nn_frame frame = nn_image_frame(&image);
    status = nn_classifier_run(c, &frame, r->p, err);
    if (status == NN_OK) {
        const int count = nn_scores_best(r->p, nn_classifier_classes(c), r->best, r->top);
        const nn_card *card = nn_classifier_card(c);
        if (r->text)
            print_text(card, file, r->p, r->best, count);
        if (r->json.file)
            status = write_json(r->json.file, card, file, &image, r->p, r->best, count, err);
    }
    nn_image_release(&image);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "%s", file);
}

static nn_status open_report(report *r, const classify_options *o, int classes, nn_error *err)
{
    const bool to_stdout = o->json && strcmp(o->json, "-") == 0;
    r->text = !to_stdout;
    r->top = o->top < classes ? o->top : classes;
    r->p = g_new(float, classes);
    r->best = g_new(int, r->top);
    return o->json ? app_output_open(&r->json, o->json, err) : NN_OK;
}

// The pictures of an argument: itself, a folder, or a pattern that the shell did not expand.
static nn_status list_pictures(char ***names, const char *text, nn_error *err)
{
    const bool there = g_file_test(text, G_FILE_TEST_EXISTS);
    if (g_file_test(text, G_FILE_TEST_IS_DIR) || (!there && vp_picture_list_is_pattern(text)))
        return vp_picture_list_find(names, text, err);
    *names = g_strdupv((char *[]){(char *)text, NULL});
    return NN_OK;
}

// Classifies all pictures, even when some cannot be read.
static int classify_each(nn_classifier *c, const char *text, report *r, int *done)
{
    nn_error err = {0};
    char **names = NULL;
    int result = app_end(list_pictures(&names, text, &err), &err);
    for (char **name = names; name && *name; name++) {
        const nn_status one = classify(c, *name, r, &err);
        if (one != NN_OK)
            result = app_end(one, &err);
        *done += one == NN_OK;
    }
    g_strfreev(names);
    return result;
}

static int classify_all(const classify_options *o, char **argv, int argc)
{
    nn_classifier *c = NULL;
    nn_error err = {0};
    report r = {0};
    nn_status status = open_classifier(&c, o, argv[1], &err);
    if (status == NN_OK)
        status = open_report(&r, o, nn_classifier_classes(c), &err);
    int result = app_end(status, &err), done = 0;
    for (int i = 2; i < argc && status == NN_OK; i++) {
        const int one = classify_each(c, argv[i], &r, &done);
        result = one ? one : result;
    }
    // Without any result an older file stays.
    status = app_output_close(&r.json, done > 0 ? NN_OK : NN_EINVAL, &err);
    if (done > 0 && status != NN_OK)
        result = app_end(status, &err);
    g_free(r.p);
    g_free(r.best);
    nn_classifier_free(c);
    return result;
}

int app_cmd_classify(int argc, char **argv)
{
    classify_options o = {.top = 5};
    nn_error err = {0};
    const nn_status status = parse(&o, &argc, &argv, &err);
    const int result = status == NN_OK ? classify_all(&o, argv, argc) : app_end(status, &err);
    g_free(o.network);
    g_free(o.options);
    g_free(o.parameters);
    g_free(o.names);
    g_free(o.size);
    g_free(o.json);
    g_free(o.precision_word);
    g_free(o.text);
    g_free(o.text_model);
    g_free(o.tokenizer);
    return result;
}
