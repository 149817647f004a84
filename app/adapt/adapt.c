// SPDX-License-Identifier: MIT
// Runs the stages of an adaptation in order. A stage that is already done is skipped.
#include "app/adapt/adapt.h"

#include "app/adapt/stages.h"

#include "app/cli/folder.h"

#include "nn/io/io.h"
#include "nn/io/save_format.h"
#include "nn/predict/load_model.h"
#include "pipeline/input.h"

#include <limits.h>
#include <math.h>
#include <string.h>

enum { STAGES = 3, CHECKED = 60, LEAST_CHECKED = 30, LEAST_LABELS = 10, LEAST_PICTURES = 20 };
#define GAP_SECONDS 1.0 // of video left out between training and held-back pictures

char *adapt_rejected(const char *out)
{
    const char *ending = strrchr(out, '.'); // such as ".safetensors"
    const int n = (int)(ending ? ending - out : (ptrdiff_t)strlen(out));
    return g_strdup_printf("%.*s.rejected%s", n, out, ending ? ending : "");
}

static void say_stage(int number, const char *what)
{
    fprintf(stderr, "\n%d/%d %s\n", number, STAGES, what);
}

// Prints the plan. Nothing can be measured ahead for a camera, because it must be recorded first.
static nn_status say_all(const adapt_work *w, nn_error *err)
{
    const adapt_options *o = w->o;
    char a[32], b[32], text[32];
    label_preview p;
    vp_input input;
    nn_status status = vp_input_parse(&input, o->label.input, err);
    if (status != NN_OK)
        return status;
    const bool camera = input.live || input.kind == VP_INPUT_TEST;
    vp_input_release(&input);
    app_format_seconds(o->budget, b, sizeof b);
    if (camera) {
        fprintf(stderr,
                "%s is recorded for %s, labelled by the teachers, and a network learns that for at "
                "most %s; the last %.0f %% are held back to compare on\n",
                o->label.input, app_format_seconds(o->label.seconds, text, sizeof text), b,
                100 * o->held);
        return NN_OK;
    }
    status = label_preview_video(&w->label, &p, err);
    if (status != NN_OK)
        return status;
    const double seconds = p.seconds * (double)p.pictures;
    fprintf(stderr,
            "%s, %dx%d: %lld pictures are labelled in %d passes, about %s; a network learns that "
            "for at most %s;\nthe last %.0f %% are held back to compare on. About %s in all\n",
            o->label.input, p.width, p.height, (long long)p.pictures, p.passes,
            p.pictures ? app_format_seconds(seconds, a, sizeof a) : "?", b, 100 * o->held,
            app_format_seconds(1.1 * (seconds + o->budget), text, sizeof text));
    return NN_OK;
}

// Divides the pictures: most train the network, some choose the epoch and the threshold, and some
// are held back for the comparison. The second part grows when it has too few objects.
static void divide(adapt_work *w)
{
    const adapt_options *o = w->o;
    label_options *l = &w->label;
    l->frames = o->frames;
    l->parts[0] = (label_part){.from = 1 - o->held - o->check,
                               .prefix = "check-",
                               .most = CHECKED,
                               .least = LEAST_CHECKED};
    l->parts[1] = (label_part){.from = 1 - o->held, .folder = "held"};
    l->part_count = 2;
    l->gap = GAP_SECONDS;
}

// Adds the model to beat: the one that the user names; otherwise the installed general model, if it
// knows one of the classes; otherwise the first teacher.
static nn_status add_general(adapt_comparison *c, const adapt_options *o, nn_error *err)
{
    const label_teachers_options *t = &o->label.teachers;
    char path[PATH_MAX];
    nn_error why = {0};
    if (o->general)
        return adapt_compare_add(c, ADAPT_GENERAL, o->general, o->general_head, t->labels, t->map,
                                 err);
    nn_status status = nn_model_find(LABEL_GENERAL, path, sizeof path, NULL);
    if (status == NN_OK)
        status = adapt_compare_add(c, ADAPT_GENERAL, path, NULL, NULL, t->map, &why);
    if (status == NN_OK || status == NN_ENOTFOUND) {
        c->list[0].role = status == NN_OK ? c->list[0].role : ADAPT_GENERAL;
        return NN_OK;
    }
    return nn_fail(err, status, "%s", why.text);
}

static nn_status compare(adapt_work *w, adapt_comparison *c, nn_error *err)
{
    const adapt_options *o = w->o;
    const label_teachers_options *t = &o->label.teachers;
    g_auto(GStrv) models = g_strsplit(t->models, ",", -1);
    g_auto(GStrv) heads = g_strsplit(t->heads ? t->heads : "", ",", -1);
    const guint named = g_strv_length(heads);
    nn_status status = adapt_compare_init(c, w->held, (float)o->label.link.keep, err);
    c->threads = t->threads;
    c->frames = w->labels.every;
    c->seconds = w->labels.rate > 0 ? (double)c->data.count * w->labels.every / w->labels.rate : 0;
    for (guint i = 0; models[i] && status == NN_OK; i++)
        status = adapt_compare_add(c, ADAPT_TEACHER, models[i], i < named ? heads[i] : NULL,
                                   t->labels, t->map, err);
    if (status == NN_OK)
        status = add_general(c, o, err);
    if (status == NN_OK)
        status = adapt_compare_add(c, ADAPT_SPECIALIST, w->model, NULL, NULL, NULL, err);
    return status == NN_OK ? adapt_compare_run(c, w->stop, err) : status;
}

// Writes the trained model in the format that the ending of the output name says.
static nn_status write_model(const char *from, const char *to, nn_error *err)
{
    const nn_save_format *format;
    nn_model *m = NULL;
    nn_status status = nn_save_format_of(&format, to, err);
    if (status == NN_OK)
        status = nn_model_load(&m, from, err);
    if (status == NN_OK) {
        const nn_save_options options = {.half = format->tensors == nn_bundle_save, .batch = 1};
        status = format->save(m, to, &options, err);
    }
    nn_model_free(m);
    return status;
}

static nn_status conclude(adapt_work *w, adapt_comparison *c, bool *better, nn_error *err)
{
    const adapt_options *o = w->o;
    const adapt_verdict verdict =
        adapt_judge(adapt_find(c, ADAPT_SPECIALIST), adapt_find(c, ADAPT_GENERAL));
    const bool take = verdict.better || o->even_if_worse;
    g_autofree char *to = take ? g_strdup(o->out) : adapt_rejected(o->out);
    nn_status status = adapt_report(w, c, &verdict, stdout, err);
    if (status == NN_OK)
        status = write_model(w->model, to, err);
    if (status != NN_OK)
        return status;
    printf("\n%s: %s.\n", verdict.better ? "Better" : "Not better", verdict.reason);
    if (take)
        printf("%s is written%s; %s/report.txt and %s/compare.png show it beside the others.\n", to,
               verdict.better ? "" : " all the same (--even-if-worse)", o->work, o->work);
    else
        printf("%s is not written; what was learnt lies in %s (--even-if-worse writes it). More of "
               "the "
               "scene, or more time (--budget), may help.\n",
               o->out, to);
    *better = take;
    return NN_OK;
}

static nn_status check(const adapt_options *o, nn_error *err)
{
    char path[PATH_MAX];
    const bool folder = g_file_test(o->label.input, G_FILE_TEST_IS_DIR);
    if (folder || label_is_picture(o->label.input))
        return nn_fail(err, NN_EINVAL, "%s is a %s; adapt needs a video or a camera",
                       o->label.input, folder ? "folder" : "picture");
    if (!(o->held >= 0.05 && o->check >= 0.05 && o->held + o->check <= 0.8))
        return nn_fail(err, NN_EINVAL, "--val-split %g: not within 0.05 and 0.7", o->held);
    if (o->general && nn_model_find(o->general, path, sizeof path, err) != NN_OK)
        return nn_fail_prefix(err, err->status, "--general");
    if (o->init && strcmp(o->init, ADAPT_FRESH) != 0 &&
        nn_model_find(o->init, path, sizeof path, err) != NN_OK)
        return nn_fail_prefix(err, err->status, "--init");
    return app_folder_take("--work", o->work, err);
}

// Counts the labels on pictures from `first` to before `end`.
static int count_labels(const label_set *s, int first, int end)
{
    int n = 0;
    for (int p = first; p < end; p++)
        for (guint i = 0; i < s->boxes[p]->len; i++)
            n += !label_set_at(s, p, (int)i)->ignore;
    return n;
}

// Fails when a part has too few labels to train on or to compare on.
static nn_status check_labels(const adapt_work *w, nn_error *err)
{
    const label_set *s = &w->labels.set;
    const int check = (int)((1 - w->o->held - w->o->check) * s->pictures);
    const int held = (int)((1 - w->o->held) * s->pictures + 0.5);
    const int learn = count_labels(s, 0, check), judge = count_labels(s, held, s->pictures);
    if (s->pictures >= LEAST_PICTURES && learn >= LEAST_LABELS && judge > 0)
        return NN_OK;
    return nn_fail(
        err, NN_EINVAL,
        "%s: %d pictures with %d labels to learn from and %d to judge by are too few; more "
        "of the scene, a lower --threshold or other teachers may help",
        w->o->label.input, s->pictures, learn, judge);
}

static nn_status run_stages(adapt_work *w, bool *better, nn_error *err)
{
    adapt_comparison c = {0};
    say_stage(1, "the teachers label the scene");
    nn_status status = label_run(&w->label, w->stop, &w->labels, err);
    if (status == NN_OK && !*w->stop)
        status = check_labels(w, err);
    if (status == NN_OK && !*w->stop) {
        say_stage(2, "a small network learns it");
        status = adapt_train(w, err);
    }
    if (status == NN_OK && !*w->stop) {
        say_stage(3, "all are compared on what was held back");
        status = compare(w, &c, err);
    }
    if (status == NN_OK && !*w->stop)
        status = conclude(w, &c, better, err);
    adapt_compare_release(&c);
    return status;
}

nn_status adapt_run(const adapt_options *o, const volatile sig_atomic_t *stop, bool *better,
                    nn_error *err)
{
    adapt_work w = {.o = o, .stop = stop, .label = o->label};
    *better = false;
    nn_status status = check(o, err);
    if (status != NN_OK)
        return status;
    w.folder = g_build_filename(o->work, "labels", NULL);
    w.held = g_build_filename(w.folder, "held", NULL);
    w.model = g_build_filename(o->work, "specialist.safetensors", NULL);
    w.label.out = w.folder;
    w.label.force = true; // everything in the work folder belongs to this run
    divide(&w);
    status = say_all(&w, err);
    if (status == NN_OK)
        status = run_stages(&w, better, err);
    label_outcome_release(&w.labels);
    g_free(w.folder);
    g_free(w.held);
    g_free(w.model);
    return status;
}
