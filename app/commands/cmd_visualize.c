// SPDX-License-Identifier: MIT
// neroscale visualize: draws what a network sees.
#include "app/cli/arguments.h"
#include "app/cli/files.h"
#include "app/cli/image_size.h"
#include "app/cli/option_table.h"
#include "app/commands/command.h"
#include "app/visualize/visualize.h"
#include "nn/base/features.h"
#include "po/translate.h"

#include <glib.h>
#include <string.h>

static const char SUMMARY[] = N_(
    "Draws what a network sees in a picture or video: which parts of it made a class or box win, "
    "what the\n"
    "channels of a layer respond to, and the maps that pass through the layers.\n"
    "\n"
    "MODEL is a model file, an installed model, or a network of 'neroscale list' (with start "
    "weights).\n"
    "Without more options: Grad-CAM of the strongest class or box; of a video, a video with heat "
    "over it.\n"
    "\n"
    "Examples:\n"
    "  neroscale visualize flowers17 tulip.jpg --out why.png            where the class is\n"
    "  neroscale visualize street yard.jpg --class person --out why.png all people\n"
    "  neroscale visualize street yard.jpg --box 2 --method occlusion --out why.png\n"
    "  neroscale visualize street clip.mp4 --class car --out heat.mp4\n"
    "  neroscale visualize resnet18.onnx cat.jpg --list-layers          what --layer takes\n"
    "  neroscale visualize flowers17 tulip.jpg --layer block3.gelu --method deconv --out seen.png\n"
    "  neroscale visualize flowers17 tulip.jpg --layer block3.gelu --channel 7 --out seen.png\n"
    "  neroscale visualize flowers17 tulip.jpg --all-layers --out sheet.png\n"
    "  neroscale visualize flowers17 tulip.jpg --method features --layer block1.gelu --out "
    "maps.png\n"
    "  neroscale visualize flowers17 --method filters --out filters.png\n"
    "  neroscale visualize flowers17 --method maximize --class tulip --out dream.png\n"
    "  neroscale visualize flowers17 --layer block3.gelu --top-over flowers/ --out top.png\n"
    "  neroscale visualize flowers17 tulip.jpg --invariance --out curves.png\n"
    "  neroscale visualize flowers17 tulip.jpg --occlusion --out covered.png\n"
    "  neroscale visualize flowers17 --channel-use flowers/                  dead channels\n"
    "  neroscale visualize flowers17 photos/ --out why/ --json why.json");

typedef struct visualize_options {
    app_visualize job;
    char *head, *names, *size, *layer, *of_class, *method, *out, *raw, *json, *top_over,
        *channel_use;
    int box, samples, steps, patch, stride;
    double noise, baseline, threshold;
    gint64 seed;
    gboolean all_layers, list_layers, invariance, occlusion, force;
} visualize_options;

// What --help says of the methods.
static char *describe_methods(void)
{
    int count;
    const nn_explain_method *const *all = nn_explain_methods(&count);
    g_autoptr(GString) text = g_string_new("Methods:\n");
    for (int i = 0; i < count; i++)
        g_string_append_printf(text, "  %-11s %s\n", all[i]->word, all[i]->help);
    g_string_append(text, "  features    the maps of a layer themselves\n"
                          "  filters     the weights of a convolution (no picture)\n"
                          "  maximize    pictures that excite a class or channel most, made from "
                          "noise (no picture)\n"
                          "\n"
                          "gradcam, gradcam++ and layercam weigh the maps of --layer for a class "
                          "or box; the other methods\n"
                          "explain --class or --box, or with --layer its activations: those of "
                          "--channel, else the strongest\n"
                          "channels one by one.");
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static nn_status check_options(visualize_options *o, int argc, char **argv, nn_error *err)
{
    app_visualize *job = &o->job;
    if (argc < 2)
        return nn_fail(err, NN_EINVAL, "which model? (try --help)");
    const bool alone =
        o->top_over || o->channel_use ||
        (o->method && (strcmp(o->method, "filters") == 0 || strcmp(o->method, "maximize") == 0));
    if (argc < 3 && !o->list_layers && !alone)
        return nn_fail(err, NN_EINVAL, "which picture or video? (try --help)");
    if (argc > 2 && alone)
        return nn_fail(err, NN_EINVAL, "'%s' is too much: %s needs no picture", argv[2],
                       o->channel_use ? "--channel-use"
                       : o->top_over  ? "--top-over"
                                      : o->method);
    if (!o->list_layers && !o->channel_use && !NN_HAS_pango)
        return nn_fail_without(err, "pango");
    if (o->of_class && o->box > 0)
        return nn_fail(err, NN_EINVAL, "--class or --box, not both");
    if (o->occlusion && o->method)
        return nn_fail(err, NN_EINVAL,
                       "--occlusion or --method, not both: it maps what a covered picture changes");
    if (o->all_layers && o->layer)
        return nn_fail(err, NN_EINVAL, "--layer or --all-layers, not both");
    job->box = o->box - 1;
    job->layer = o->layer;
    job->of_class = o->of_class;
    job->method = o->method;
    job->all_layers = o->all_layers;
    job->raw = o->raw;
    job->json = o->json;
    job->force = o->force;
    job->out = o->out;
    job->settings.samples = o->samples;
    job->settings.noise = (float)o->noise;
    job->settings.steps = o->steps > 0 ? o->steps : job->settings.steps;
    job->steps = o->steps;
    job->top_over = o->top_over;
    job->invariance = o->invariance;
    job->occlusion = o->occlusion;
    job->settings.baseline = (float)o->baseline;
    job->settings.patch = o->patch;
    job->settings.stride = o->stride;
    job->settings.seed = (uint64_t)o->seed;
    job->model_options.head = o->head;
    job->model_options.labels = o->names;
    job->model_options.threshold = (float)o->threshold;
    return app_parse_size("--size", o->size, &job->model_options.input_w,
                          &job->model_options.input_h, err);
}

static nn_status parse(visualize_options *o, int *argc, char ***argv, nn_error *err)
{
    app_visualize *job = &o->job;
    const GOptionEntry entries[] = {
        APP_OPTION("method", &o->method, "gradcam; deconv with --channel; features without a task"),
        APP_OPTION("layer", &o->layer, "the method's choice"),
        APP_OPTION("channel", &job->channel, "the strongest ones"),
        APP_OPTION("class", &o->of_class, "the strongest"),
        APP_OPTION("box", &o->box, "1"),
        APP_OPTION("strongest", &job->strongest, "1 of each channel, 9 of each layer, else all"),
        APP_OPTION("top", &job->top,
                   "11 channels; 63 features, 96 filters, 64 of --top-over, 9 of maximize"),
        APP_OPTION("all-layers", &o->all_layers, NULL),
        APP_OPTION("top-over", &o->top_over, NULL),
        APP_OPTION("invariance", &o->invariance, NULL),
        APP_OPTION("channel-use", &o->channel_use, NULL),
        APP_OPTION("occlusion", &o->occlusion, NULL),
        APP_OPTION("list-layers", &o->list_layers, NULL),
        APP_OPTION("out", &o->out, "visualize.png, visualize.mp4 or visualize/"),
        APP_OPTION("raw", &o->raw, NULL),
        APP_OPTION("json", &o->json, NULL),
        APP_OPTION("force", &o->force, NULL),
        APP_OPTION("size", &o->size, "the model's"),
        APP_OPTION("head", &o->head, "the model's"),
        APP_OPTION("names", &o->names, "the model's"),
        APP_OPTION("threshold", &o->threshold, "the model's"),
        APP_OPTION("interval", &job->interval, "1"),
        APP_OPTION("max-frames", &job->max_frames, "all"),
        APP_OPTION("samples", &o->samples, "25"),
        APP_OPTION("noise", &o->noise, "0.15"),
        APP_OPTION("steps", &o->steps, "integrated: 64, maximize: 128"),
        APP_OPTION("baseline", &o->baseline, "0"),
        APP_OPTION("patch", &o->patch, "a seventh of the input"),
        APP_OPTION("stride", &o->stride, "half a patch"),
        APP_OPTION("seed", &o->seed, "1"),
        APP_OPTION("threads", &job->model_options.threads, "0"),
        APP_OPTIONS_END};
    g_autofree char *methods = describe_methods();
    const app_arguments what = {.synopsis = "MODEL IMAGE... | VIDEO",
                                .summary = SUMMARY,
                                .description = methods,
                                .entries = entries};
    const nn_status status = app_parse_arguments(&what, argc, argv, err);
    return status == NN_OK ? check_options(o, *argc, *argv, err) : status;
}

static void release(visualize_options *o)
{
    g_free(o->head);
    g_free(o->names);
    g_free(o->size);
    g_free(o->layer);
    g_free(o->of_class);
    g_free(o->method);
    g_free(o->out);
    g_free(o->raw);
    g_free(o->json);
    g_free(o->top_over);
    g_free(o->channel_use);
}

int app_cmd_visualize(int argc, char **argv)
{
    visualize_options o = {.job = {.channel = -1, .strongest = -1, .interval = 1}};
    nn_explain_settings *s = &o.job.settings;
    nn_error err = {0};
    nn_explain_settings_init(s);
    o.samples = s->samples;
    o.noise = (double)s->noise;
    o.baseline = (double)s->baseline;
    o.patch = s->patch;
    o.stride = s->stride;
    o.seed = (gint64)s->seed;
    nn_status status = parse(&o, &argc, &argv, &err);
    o.job.model = argc > 1 ? argv[1] : NULL;
    if (status == NN_OK && o.list_layers)
        status = app_visualize_list_layers(&o.job, &err);
    else if (status == NN_OK && o.channel_use)
        status = app_visualize_channel_use(&o.job, o.channel_use, &err);
    else if (status == NN_OK)
        status = app_visualize_run(&o.job, argv + 2, &err);
    release(&o);
    return app_end(status, &err);
}
