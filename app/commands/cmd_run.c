// SPDX-License-Identifier: MIT
// neroscale run: runs a model on a video, camera or stream; shows, records or writes the results.
#include "app/cli/arguments.h"
#include "app/cli/interrupt.h"
#include "app/cli/output.h"
#include "app/commands/command.h"
#include "app/run/learning.h"
#include "app/run/several.h"
#include "app/run/summary.h"
#include "po/translate.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char SUMMARY[] = N_(
    "Runs a model on a video, camera, stream or pictures, and shows what it finds in a window.\n"
    "Without INPUT it opens NEROSCALE_SOURCE of the environment, else /dev/video0. Several inputs "
    "share one model and one window.\n"
    "\n"
    "--save-txt and --save-json write what was found as labels, for every picture of a folder or "
    "frame\n"
    "of a video: text files of YOLO, one COCO file. Both can be trained on and corrected. Of "
    "models that\n"
    "segment --save-txt writes the class numbers of all pixels as PNG.\n"
    "\n"
    "Examples:\n"
    "  neroscale run street.avi\n"
    "  neroscale run rtsp://10.0.0.7/live --threshold 0.6 --record evening.mkv\n"
    "  neroscale run /dev/video0 --latency-budget 40 --threshold person=0.5,car=0.3\n"
    "  neroscale run rtsp://10.0.0.7/live --wait --no-window --json found.jsonl\n"
    "  neroscale run rtsp://10.0.0.7/live --no-window --mqtt mqtt://bob@broker/yard/objects\n"
    "  neroscale run yard.jpg --model yard.safetensors --no-window --snapshot drawn.png --json -\n"
    "  neroscale run rtsp://10.0.0.7/live rtsp://10.0.0.8/live /dev/video0\n"
    "  neroscale run rtsp://10.0.0.7/live --record-events clips --record-on person --record-keep "
    "7d\n"
    "  neroscale run photos/ --no-window --json found.jsonl\n"
    "  neroscale run photos/ --save-txt found --save-conf\n"
    "  neroscale run 'cam*/*.jpg' --model yard.safetensors --save-json found.json\n"
    "  neroscale run street.avi --line gate:0,0.5,1,0.5 --zone yard:0.3,0.3,0.7,0.9:max-objects=5\n"
    "  neroscale run hall.mp4 --model auto:person\n"
    "  neroscale run drone.mp4 --model vehicle --classes car,bus --tiles auto\n"
    "  neroscale run rtsp://10.0.0.7/live --roi 0,0.4,1,1 --ignore-area '0,0.4,0.2,0.4,0.1,0.6'\n"
    "  neroscale run street.avi --inside person:rtmpose.onnx\n"
    "  neroscale run street.avi --trails --anonymize person --record street.mp4\n"
    "  neroscale run street.avi --model yolox_nano.onnx --head yolox --names coco.names\n"
    "  neroscale run /dev/video0 --learn --teacher nanodet.param,yolox.param\n"
    "\n"
    "--tiles finds things that are small in a large frame: 3x2, or auto for what frame and model "
    "suggest.\n"
    "--model auto, or auto:person, measures whether street or street-int8 (person or person-int8) "
    "is faster\n"
    "here, takes it when it lost no more than 0.005 of its score, and says so.\n"
    "\n"
    "'neroscale help sources' tells what INPUT may be, 'neroscale help formats' what --model "
    "takes,\n"
    "'neroscale help output' what is written, and the keys of the window; 'neroscale help zones' "
    "is\n"
    "about --zone and --line, 'neroscale help cameras' about --learn.");

static vp_pipeline *running; // for the signal handler

static void interrupt(void)
{
    vp_pipeline_stop(running);
}

static void print_notice(void *user, const char *line)
{
    (void)user;
    g_autofree char *shown = app_show_address(line);
    fprintf(stderr, "neroscale run: %s\n", shown);
}

// Other users of the machine see command lines.
static void warn_of_password(const char *option, const char *url)
{
    const char *from = url ? strstr(url, "://") : NULL;
    const gsize length = from ? strcspn(from + 3, "?") : 0;
    const char *at = from ? g_strrstr_len(from + 3, (gssize)length, "@") : NULL;
    const char *colon = at ? memchr(from + 3, ':', (gsize)(at - from) - 3) : NULL;
    const bool in_query = url && strstr(url, "password=");
    if (!colon && !in_query)
        return;
    g_autofree char *line = g_strdup_printf("the password in %s can be read by all users of this "
                                            "machine; rather set NEROSCALE_PASSWORD, or write "
                                            "?password-file=FILE behind the URL",
                                            option);
    print_notice(NULL, line);
}

static void keep_feedback(void *user, const vp_feedback *said)
{
    app_run_options *r = user;
    nn_error err = {0};
    if (r->feedback && app_feedback_add(r->feedback, said, &err) != NN_OK)
        print_notice(r, err.text);
    if (!r->feedback && !r->told)
        print_notice(r, "feedback on boxes is not kept: add --learn-dir DIR");
    r->told = true;
}

static void save_found(void *user, const vp_found *found)
{
    app_predictions_add(((app_run_options *)user)->predictions, found);
}

static nn_status open_predictions(app_run_options *r, nn_error *err)
{
    const app_prediction_options o = {
        .input = r->o.input, .dir = r->save_txt, .scores = r->save_conf, .json = r->save_json};
    if (r->save_conf && !r->save_txt)
        return nn_fail(err, NN_EINVAL, "--save-conf: needs --save-txt DIR, whose files it is for");
    if (!r->save_txt && !r->save_json)
        return NN_OK;
    nn_status status = r->save_json ? app_output_check(r->save_json, err) : NN_OK;
    if (status == NN_OK)
        status = app_predictions_open(&r->predictions, &o, err);
    r->o.on_found = status == NN_OK ? save_found : NULL;
    return status;
}

static nn_status run(app_run_options *r, nn_error *err)
{
    vp_pipeline *p;
    bool terminal = isatty(STDERR_FILENO);
    warn_of_password("--mqtt", r->mqtt);
    warn_of_password("--kafka", r->kafka);
    r->o.on_event = app_run_print_event;
    r->o.on_feedback = keep_feedback;
    if (terminal && r->o.view != VP_VIEW_WINDOW)
        r->o.on_frame = app_run_show_progress;
    if (r->input_count > 1)
        return app_run_several(&r->o, (const char *const *)r->inputs, r->input_count,
                               app_run_text_output(r), err);
    nn_status status = vp_pipeline_open(&p, &r->o, err);
    if (status != NN_OK)
        return status;
    running = r->running = p;
    app_interrupt_catch(interrupt);
    if (r->learn)
        app_learn_start(r->learn);
    status = vp_pipeline_run(p, err);
    if (r->learn)
        app_learn_stop(r->learn);
    app_interrupt_leave();
    if (r->o.on_frame)
        fputs("\r\033[K", stderr);
    status = app_predictions_close(r->predictions, status, err);
    r->predictions = NULL;
    if (status == NN_OK) {
        vp_stats stats = vp_pipeline_stats(p);
        app_run_print_summary(r, &stats);
    }
    vp_pipeline_free(p);
    return status;
}

int app_cmd_run(int argc, char **argv)
{
    app_run_options r = {
        .o = {.iou_threshold = APP_UNSET, .interval = 1, .event_before = 5, .event_after = 5},
        .learning = app_learn_defaults,
        .where = APP_WHERE_START,
        .learn_every = 1};
    nn_error err = {0};
    r.o.on_notice = print_notice;
    r.o.user = &r;
    nn_status status = app_run_parse(&r, SUMMARY, &argc, &argv, &err);
    if (status == NN_OK)
        status = app_run_open_learning(&r, &err);
    if (status == NN_OK)
        status = open_predictions(&r, &err);
    if (status == NN_OK)
        status = run(&r, &err);
    app_learn_close(r.learn);
    app_feedback_close(r.feedback);
    app_predictions_close(r.predictions, NN_EINVAL, NULL); // of a run that did not begin
    app_run_release(&r);
    return app_end(status, &err);
}
