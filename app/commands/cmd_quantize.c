// SPDX-License-Identifier: MIT
// neroscale quantize: makes a model of 8-bit integers from a float32 one, calibrated by pictures.
#include "app/cli/arguments.h"
#include "app/cli/files.h"
#include "app/cli/image_size.h"
#include "app/cli/open_model.h"
#include "app/cli/option_entries.h"
#include "app/cli/option_table.h"
#include "app/commands/command.h"
#include "app/quantize/score.h"
#include "nn/graph/rebuild.h"
#include "nn/io/io.h"
#include "nn/io/save_format.h"
#include "nn/predict/calibration.h"
#include "nn/predict/fastest_form.h"
#include "po/translate.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

static const char SUMMARY[] = N_(
    "Makes a model that runs on 8-bit integers: weights with a scale for each output channel, the\n"
    "values between layers with one scale each, whose ranges are found by pictures. The file is a\n"
    "quarter as large.\n"
    "\n"
    "--data holds pictures or a video like those that the model will see. Some of them calibrate\n"
    "(--pictures), the others score both models: labelled data by the score of eval, other data "
    "by\n"
    "how far the new model finds what the old one does. --val-data scores with other pictures,\n"
    "--val-match and --val-frames with a part of these.\n"
    "Channels between two layers get similar ranges (cross-layer equalisation) where that leaves "
    "less\n"
    "noise, which is measured.\n"
    "When the score falls by more than --max-loss, the layers with the most noise stay float32, up "
    "to\n"
    "a quarter of them; when it still does, nothing is written. --layers shows what each layer "
    "costs.\n"
    "\n"
    "OUT ends in .safetensors or .onnx (QuantizeLinear and DequantizeLinear, as ONNX Runtime runs\n"
    "them in 8 bits).\n"
    "\n"
    "Examples:\n"
    "  neroscale quantize person --data street.avi --out person-int8.safetensors\n"
    "  neroscale quantize mine.safetensors --data train --val-data test --out mine8.safetensors\n"
    "  neroscale quantize flowers17 --data flowers --method percentile --out flowers8.onnx\n"
    "  neroscale quantize person --video yard.avi --labels yard.txt --keep block1.fine \\\n"
    "      --out yard8.safetensors");

static const char METHODS[] =
    "Methods, which choose the range of a value:\n"
    "  minmax      everything that the pictures gave\n"
    "  mse         least squared error of rounding and clamping together\n"
    "  percentile  all but the 0.005 % at each end\n"
    "  entropy     least Kullback-Leibler divergence (Migacz 2017)";

// Options that --help shows; the others are in groups.
static const char *const often[] = {"data",         "video",    "labels", "frames", "names",
                                    "list",         "val-data", "out",    "force",  "method",
                                    "pictures",     "keep",     "layers", "size",   "max-loss",
                                    "reduce-range", "threads",  NULL};

typedef struct quantizing {
    quantize_pictures pictures;
    char *out, *method, *size, *val_frames;
    char **keep;
    double max_loss;
    int threads, input_h, input_w;
    gboolean force, layers, reduce_range;
    nn_quantize_layer *noise; // of each layer, the noisiest first; NULL: not measured
    nn_range_method how;
    const nn_save_format *format;
    nn_model *exact, *narrow;
    nn_calibration *calibration;
} quantizing;

static nn_status calibrate_picture(void *ctx, const nn_frame *frame, const nn_sample *sample,
                                   nn_error *err)
{
    const nn_status status = nn_calibration_frame(ctx, frame, err);
    return status == NN_OK ? status : nn_fail_prefix(err, status, "%s", sample->name);
}

static nn_calibration_options calibration_options(const quantizing *q)
{
    return (nn_calibration_options){
        .threads = q->threads,
        .input_h = q->input_h,
        .input_w = q->input_w,
        .method = q->how,
        .reduce_range = q->reduce_range,
    };
}

static nn_status open_model(quantizing *q, const char *name, nn_error *err)
{
    const app_model_source from = {.name = name,
                                   .input_h = q->input_h,
                                   .input_w = q->input_w,
                                   .usual_labels = q->pictures.data.classes};
    const nn_calibration_options options = calibration_options(q);
    nn_model *copy;
    nn_status status = app_open_model(&q->exact, &from, err);
    if (status == NN_OK && app_refuse_texts(q->exact, name, err) != NN_OK)
        return err->status;
    if (status == NN_OK)
        status = nn_model_copy(&copy, q->exact, err);
    if (status == NN_OK)
        status = nn_calibration_new(&q->calibration, copy, &options, err);
    return status == NN_OK ? status : nn_fail_prefix(err, status, "%s", name);
}

static nn_status open_pictures(quantizing *q, nn_error *err)
{
    const nn_evaluator *task = nn_evaluator_of(&q->exact->card);
    if (!task)
        return nn_fail(err, NN_EUNSUPPORTED, "no scores for the model's task '%s'",
                       q->exact->card.task);
    return quantize_pictures_open(&q->pictures, &q->exact->card, task->kind, err);
}

static nn_status say(const quantizing *q, const quantize_score *s, nn_error *err)
{
    double ratio = 0;
    const nn_quantizer *quantizer = nn_calibration_quantizer(q->calibration);
    printf("calibrated with %lld pictures (%s), scored with %d%s\n",
           (long long)nn_quantizer_pictures(quantizer), nn_range_method_names[q->how],
           s->narrow.pictures,
           s->agreement ? " (no labels: what the float32 model finds is the truth)" : "");
    printf("%-12s %10s %10s %10s\n", "", "float32", "int8", "change");
    for (int i = 0; s->task->scores[i].key; i++)
        if (s->task->scores[i].column && s->exact.value[i] == s->exact.value[i])
            printf("%-12s %10.4f %10.4f %+10.4f\n", s->task->scores[i].key, s->exact.value[i],
                   s->narrow.value[i], s->narrow.value[i] - s->exact.value[i]);
    printf("%-12s %10.2f %10.2f %9.2fx\n", "ms/picture", s->exact.milliseconds,
           s->narrow.milliseconds, s->exact.milliseconds / s->narrow.milliseconds);
    printf("(all layers in 8 bits; inference keeps those in float32 that are faster so)\n");
    const nn_status status = nn_quantizer_compare(quantizer, q->narrow, &ratio, err);
    if (status == NN_OK)
        printf("signal to noise of the outputs: %.1f dB\n", ratio);
    return status;
}

static nn_status save(const quantizing *q, const quantize_score *s, nn_error *err)
{
    const double loss = quantize_score_loss(s);
    if (!(loss <= q->max_loss))
        return nn_fail(err, NN_EINVAL,
                       "%s falls by %.4f, --max-loss is %g: nothing is written (another --method, "
                       "more --pictures, or --keep LAYER may help)",
                       s->task->scores[0].key, loss, q->max_loss);
    nn_quantized_score lost = {.float32 = s->exact.value[0], .int8 = s->narrow.value[0]};
    g_strlcpy(lost.score, s->task->scores[0].key, sizeof lost.score);
    const nn_status status = nn_card_set_quantized(&q->narrow->card, &lost, err);
    return status == NN_OK ? q->format->save(q->narrow, q->out, &(nn_save_options){0}, err)
                           : status;
}

// Scores what a file holds: the quantised model becomes one first.
static nn_status score(quantizing *q, const char *name, quantize_score *s, nn_error *err)
{
    nn_evaluation_options options;
    g_autofree char *folder = g_dir_make_tmp("neroscale-XXXXXX", NULL);
    if (!folder)
        return nn_fail(err, NN_EIO, "no temporary folder: %s", g_strerror(errno));
    g_autofree char *file = g_build_filename(folder, "int8.safetensors", NULL);
    nn_evaluation_options_init(&options);
    options.all_int8 = true; // the score of what the file holds, on any processor
    options.threads = q->threads;
    options.input_h = q->input_h;
    options.input_w = q->input_w;
    nn_status status = nn_model_save(q->narrow, file, false, err);
    if (status == NN_OK)
        status = quantize_score_find(s, name, file, &options, &q->pictures, err);
    g_unlink(file);
    g_rmdir(folder);
    return status;
}

// --- equalised layers ---

// Signal to noise of the outputs of what a calibration makes, against the model of the first one.
static nn_status find_ratio(quantizing *q, nn_calibration *c, double *ratio, nn_error *err)
{
    nn_model *narrow;
    nn_status status =
        nn_quantizer_make(nn_calibration_quantizer(c), (const char *const *)q->keep, &narrow, err);
    if (status == NN_OK)
        status = nn_quantizer_compare(nn_calibration_quantizer(q->calibration), narrow, ratio, err);
    nn_model_free(narrow);
    return status;
}

// Takes the equalised model when that has less noise.
static nn_status equalise(quantizing *q, nn_error *err)
{
    const nn_calibration_options options = calibration_options(q);
    nn_calibration *other = NULL;
    nn_model *model;
    double before = 0, after = 0;
    int pairs;
    nn_status status =
        nn_quantizer_equalise(nn_calibration_quantizer(q->calibration), &model, &pairs, err);
    if (status != NN_OK || !model)
        return status;
    status = nn_calibration_new(&other, model, &options, err);
    if (status == NN_OK)
        status = quantize_pictures_calibrate(&q->pictures, calibrate_picture, other, err);
    if (status == NN_OK)
        status = find_ratio(q, q->calibration, &before, err);
    if (status == NN_OK)
        status = find_ratio(q, other, &after, err);
    if (status == NN_OK) {
        const bool better = after > before;
        printf("equalising %d pairs of layers %s: signal to noise of the outputs %.1f dB, %.1f "
               "without\n",
               pairs, better ? "helps" : "does not help", after, before);
        if (better) {
            nn_calibration *worse = q->calibration;
            q->calibration = other;
            other = worse;
        }
    }
    nn_calibration_free(other);
    return status;
}

// --- layers that stay float32 ---

static int compare_noise(const void *a, const void *b)
{
    const nn_quantize_layer *x = a, *y = b;
    return (x->decibels > y->decibels) - (x->decibels < y->decibels);
}

static void show_measuring(void *ctx, int done, int total)
{
    (void)total;
    app_progress_show(ctx, done, "layers");
}

static nn_status measure(quantizing *q, nn_error *err)
{
    nn_quantizer *quantizer = nn_calibration_quantizer(q->calibration);
    const int count = nn_quantizer_layer_count(quantizer);
    if (q->noise)
        return NN_OK;
    q->noise = g_new0(nn_quantize_layer, count);
    app_progress_begin(&q->pictures.progress, "measuring", 0, count);
    const nn_status status =
        nn_quantizer_measure(quantizer, q->noise, show_measuring, &q->pictures.progress, err);
    app_progress_clear(&q->pictures.progress);
    qsort(q->noise, (size_t)count, sizeof *q->noise, compare_noise);
    return status;
}

static bool is_kept(const quantizing *q, const char *name)
{
    return q->keep && g_strv_contains((const char *const *)q->keep, name);
}

// Signal to noise of the outputs with one layer quantised, and its part of the work.
static void print_layers(const quantizing *q)
{
    const int count = nn_quantizer_layer_count(nn_calibration_quantizer(q->calibration));
    printf("%-40s %8s %8s\n", "layer, the noisiest first", "dB", "MACs");
    for (int i = 0; i < count; i++)
        printf("%-40s %8.1f %7.2f%% %s\n", q->noise[i].name, q->noise[i].decibels,
               100 * q->noise[i].part, is_kept(q, q->noise[i].name) ? "float32" : "");
}

// Adds the next layers of the table to those that are kept: as many as there are, at least one.
static int keep_more(quantizing *q, int taken, int most)
{
    GPtrArray *names = g_ptr_array_new();
    const int next = MIN(taken > 0 ? 2 * taken : 1, most);
    for (int i = 0; q->keep && q->keep[i]; i++)
        g_ptr_array_add(names, g_strdup(q->keep[i]));
    for (int i = taken; i < next; i++)
        if (!is_kept(q, q->noise[i].name))
            g_ptr_array_add(names, g_strdup(q->noise[i].name));
    g_ptr_array_add(names, NULL);
    g_strfreev(q->keep);
    q->keep = (char **)g_ptr_array_free(names, FALSE);
    return next;
}

static nn_status make_and_score(quantizing *q, const char *name, quantize_score *s, nn_error *err)
{
    nn_model_free(q->narrow);
    q->narrow = NULL;
    const nn_status status = nn_quantizer_make(nn_calibration_quantizer(q->calibration),
                                               (const char *const *)q->keep, &q->narrow, err);
    return status == NN_OK ? score(q, name, s, err) : status;
}

// Tries the other methods and takes the one with the best score. What is rare may be what matters,
// such as small objects: noise alone does not tell which method is best.
static nn_status try_methods(quantizing *q, const char *name, quantize_score *s, nn_error *err)
{
    nn_quantizer *quantizer = nn_calibration_quantizer(q->calibration);
    nn_status status = NN_OK;
    for (int i = 0; i < NN_RANGE_METHODS && status == NN_OK; i++) {
        nn_model *before = q->narrow;
        quantize_score now;
        if (i == NN_RANGE_MINMAX)
            continue;
        q->narrow = NULL;
        nn_quantizer_set_method(quantizer, (nn_range_method)i);
        status = make_and_score(q, name, &now, err);
        if (status == NN_OK && quantize_score_loss(&now) < quantize_score_loss(s)) {
            *s = now;
            q->how = (nn_range_method)i;
            nn_model_free(before);
        } else {
            nn_model_free(q->narrow);
            q->narrow = before;
        }
    }
    nn_quantizer_set_method(quantizer, q->how);
    return status;
}

// Keeps noisy layers float32 until the score is near enough.
static nn_status improve(quantizing *q, const char *name, quantize_score *s, nn_error *err)
{
    const int most = nn_quantizer_layer_count(nn_calibration_quantizer(q->calibration)) / 4;
    nn_status status = NN_OK;
    if (!q->method && !(quantize_score_loss(s) <= q->max_loss)) {
        fprintf(stderr, "%s falls by %.4f: trying other methods\n", s->task->scores[0].key,
                quantize_score_loss(s));
        status = try_methods(q, name, s, err);
    }
    for (int taken = 0;
         status == NN_OK && taken < most && !(quantize_score_loss(s) <= q->max_loss);) {
        fprintf(stderr, "%s falls by %.4f: noisy layers stay float32\n", s->task->scores[0].key,
                quantize_score_loss(s));
        status = measure(q, err);
        if (status == NN_OK) {
            taken = keep_more(q, taken, most);
            status = make_and_score(q, name, s, err);
        }
    }
    return status;
}

static nn_status quantize(quantizing *q, const char *name, nn_error *err)
{
    quantize_score s;
    nn_status status = open_model(q, name, err);
    if (status == NN_OK)
        status = open_pictures(q, err);
    if (status == NN_OK)
        status = quantize_pictures_calibrate(&q->pictures, calibrate_picture, q->calibration, err);
    if (status == NN_OK)
        status = equalise(q, err);
    if (status == NN_OK)
        status = make_and_score(q, name, &s, err);
    if (status == NN_OK)
        status = improve(q, name, &s, err);
    if (status == NN_OK && q->layers)
        status = measure(q, err);
    if (status != NN_OK)
        return status;
    if (q->noise)
        print_layers(q);
    status = say(q, &s, err);
    return status == NN_OK ? save(q, &s, err) : status;
}

static nn_status find_method(quantizing *q, nn_error *err)
{
    for (int i = 0; q->method && nn_range_method_names[i]; i++)
        if (strcmp(q->method, nn_range_method_names[i]) == 0) {
            q->how = (nn_range_method)i;
            return NN_OK;
        }
    return q->method ? nn_fail(err, NN_EINVAL,
                               "--method %s: not minmax, mse, percentile or entropy", q->method)
                     : NN_OK;
}

static nn_status read_frames(quantizing *q, nn_error *err)
{
    app_range *r = &q->pictures.val_frames;
    char rest;
    if (q->val_frames && (sscanf(q->val_frames, "%9d-%9d%c", &r->first, &r->last, &rest) != 2 ||
                          r->first < 1 || r->last < r->first))
        return nn_fail(err, NN_EINVAL, "--val-frames %s: not A-B, counted from 1", q->val_frames);
    return NN_OK;
}

// A plain video needs no labels, unlike that of eval.
static nn_status check_sources(const quantizing *q, nn_error *err)
{
    const quantize_pictures *p = &q->pictures;
    if (p->data.count == 0)
        return nn_fail(err, NN_EINVAL, "no data: give --data PICTURES or --data VIDEO");
    for (int i = 0; i < p->data.count; i++)
        if (p->data.list[i].negatives)
            return nn_fail(err, NN_EINVAL, "--negatives is not for quantize: use --data");
    if (p->val_data && (p->val_match || q->val_frames))
        return nn_fail(err, NN_EINVAL,
                       "--val-match and --val-frames hold back pictures of --data; not with "
                       "--val-data");
    if (p->val_list && !p->val_data)
        return nn_fail(err, NN_EINVAL, "--val-list is for --val-data");
    return NN_OK;
}

static nn_status check(quantizing *q, int argc, char **argv, nn_error *err)
{
    app_files files = {0};
    nn_status status = app_check_one_model(argc, err);
    if (status == NN_OK && !q->out)
        status = nn_fail(err, NN_EINVAL, "--out FILE is missing");
    if (status == NN_OK)
        status = find_method(q, err);
    if (status == NN_OK)
        status = check_sources(q, err);
    if (status == NN_OK)
        status = read_frames(q, err);
    if (status == NN_OK)
        status = app_parse_size("--size", q->size, &q->input_w, &q->input_h, err);
    if (status == NN_OK)
        status = nn_save_format_of(&q->format, q->out, err);
    if (status != NN_OK)
        return status;
    app_data_options_files(&q->pictures.data, &files);
    app_files_read(&files, "MODEL", argv[1]);
    app_files_read(&files, "--val-data", q->pictures.val_data);
    app_files_write(&files, "--out", q->out);
    status = app_files_check(&files, err);
    return status == NN_OK ? app_files_claim(&files, q->force, err) : status;
}

static nn_status parse(quantizing *q, int *argc, char ***argv, nn_error *err)
{
    const GOptionEntry entries[] = {
        APP_OPTION("val-data", &q->pictures.val_data, NULL),
        APP_OPTION("val-list", &q->pictures.val_list, NULL),
        APP_OPTION("val-match", &q->pictures.val_match, NULL),
        APP_OPTION("val-frames", &q->val_frames, NULL),
        APP_OPTION("out", &q->out, NULL),
        APP_OPTION("force", &q->force, NULL),
        APP_OPTION("method", &q->method, "minmax; others when the score falls"),
        APP_OPTION("pictures", &q->pictures.wanted, "200"),
        APP_OPTION("keep", &q->keep, NULL),
        APP_OPTION("max-loss", &q->max_loss, "0.01"),
        APP_OPTION("reduce-range", &q->reduce_range, NULL),
        APP_OPTION("layers", &q->layers, NULL),
        APP_OPTION("size", &q->size, "the model's"),
        APP_OPTION("threads", &q->threads, "0"),
        APP_OPTIONS_END};
    GOptionGroup *group = g_option_group_new("quantize", "", "", &q->pictures.data, NULL);
    GOptionGroup *more[] = {g_option_group_new("data", "Options of the data:",
                                               "Show options of the data", &q->pictures.data, NULL),
                            NULL};
    app_options_split(group, often, more[0]);
    app_data_options_add_options(group, false);
    app_options_add_entries(group, entries);
    const app_arguments what = {.synopsis = "MODEL",
                                .summary = SUMMARY,
                                .description = METHODS,
                                .group = group,
                                .more = more};
    const nn_status status = app_parse_arguments(&what, argc, argv, err);
    return status == NN_OK ? check(q, *argc, *argv, err) : status;
}

static void release(quantizing *q)
{
    nn_calibration_free(q->calibration);
    nn_model_free(q->exact);
    nn_model_free(q->narrow);
    quantize_pictures_release(&q->pictures);
    g_free(q->out);
    g_free(q->method);
    g_free(q->size);
    g_free(q->val_frames);
    g_free(q->noise);
    g_strfreev(q->keep);
}

int app_cmd_quantize(int argc, char **argv)
{
    quantizing q = {.max_loss = 0.01, .pictures.wanted = 200};
    nn_error err = {0};
    nn_status status = parse(&q, &argc, &argv, &err);
    if (status == NN_OK)
        status = quantize(&q, argv[1], &err);
    release(&q);
    return app_end(status, &err);
}
