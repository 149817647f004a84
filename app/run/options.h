// SPDX-License-Identifier: MIT
// The options of neroscale run, and what a run holds while it lives.
#ifndef APP_RUN_OPTIONS_H
#define APP_RUN_OPTIONS_H

#include "app/cli/tail.h"
#include "app/learn/learn.h"
#include "app/learn/window_feedback.h"
#include "app/report/predictions.h"
#include "app/run/where.h"
#include "app/track/area_events.h"
#include "pipeline/pipeline.h"

typedef struct app_run_options {
    vp_options o;
    char **inputs; // owned, NULL at the end
    int input_count;
    char *source_file;
    char *model, *head, *names, *classes, *json, *record, *snapshot, *learn_dir, *teacher;
    char *mqtt, *kafka, *record_events, *record_on, *record_keep, *record_segment, *record_limit;
    char *save_txt, *save_json, *size, *camera_size, *precision, *tracker, *color_by, *anonymize,
        *inside;
    app_areas areas;
    app_where where;
    gboolean record_clean, agnostic_nms, insecure, no_track, camera_motion, no_window, fullscreen,
        save_conf, force;
    app_predictions *predictions; // NULL: none are saved
    app_tail tail;
    gint64 max_frames;
    gboolean learns;
    app_learn_options learning;
    double learn_every; // seconds
    gboolean urgent;
    app_learn *learn;       // NULL: without --learn
    app_feedback *feedback; // NULL: feedback is not kept
    bool told;              // the user was told so
    vp_pipeline *running;   // borrowed; NULL before the run
} app_run_options;

// Reads the command line into *r, whose defaults are set, checks it, and claims the output files.
// The strings of r->o belong to *r. `summary`: the text of --help.
nn_status app_run_parse(app_run_options *r, const char *summary, int *argc, char ***argv,
                        nn_error *err);
void app_run_release(app_run_options *r); // frees the strings

#endif
