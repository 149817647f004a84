// SPDX-License-Identifier: MIT
// What learning says and asks of a run, and what a run hands to it.
#include "app/run/learning.h"

#include "app/cli/arguments.h"
#include "app/cli/folder.h"

#include <glib.h>
#include <string.h>

static void say(void *user, const char *line)
{
    const app_run_options *r = user;
    g_autofree char *text = g_strdup_printf("learn: %s", line);
    r->o.on_notice(user, text);
    vp_pipeline_tell(r->running, text);
}

static void use_model(void *user, const char *model)
{
    const app_run_options *r = user;
    const bool own = strcmp(model, r->learning.model) == 0; // the user's options describe it
    vp_pipeline_set_model(r->running, model, own ? r->head : NULL, own ? r->names : NULL);
}

static void answer(void *user, const char *model, const char *refused)
{
    app_learn_answer(((app_run_options *)user)->learn, model, refused);
}

static void offer(void *user, const vp_still *still)
{
    app_learn_offer(((app_run_options *)user)->learn, still);
}

// The default of --learn-dir for an input.
static char *usual_folder(const char *input)
{
    g_autofree char *name = app_show_address(input);
    g_strcanon(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS ".", '-');
    return g_build_filename(g_get_user_data_dir(), "neroscale", "learn", name, NULL);
}

static nn_status open_learning(app_run_options *r, nn_error *err)
{
    if (!r->learns)
        return NN_OK;
    r->learning.dir = r->learn_dir;
    r->learning.model = r->o.model;
    r->learning.head = r->head;
    r->learning.labels_file = r->names;
    r->learning.teacher = r->teacher;
    r->learning.say = say;
    r->learning.use = use_model;
    r->learning.urgent = r->urgent;
    r->learning.classes = r->classes && *r->classes ? r->classes : NULL;
    r->learning.user = r;
    nn_status status = app_learn_open(&r->learn, &r->learning, err);
    if (status != NN_OK)
        return status;
    const char *model = app_learn_model(r->learn);
    if (strcmp(model, r->o.model) != 0) { // a specialist describes itself completely
        r->o.model = model;
        r->o.head = r->o.labels_file = NULL;
    }
    r->o.on_model = answer;
    r->o.on_picture = offer;
    r->o.picture_ms = (int)(r->learn_every * 1000);
    return NN_OK;
}

nn_status app_run_open_learning(app_run_options *r, nn_error *err)
{
    if (r->learns && !r->learn_dir)
        r->learn_dir = usual_folder(r->o.input);
    if (!r->learn_dir)
        return NN_OK;
    g_autofree char *dir = g_build_filename(r->learn_dir, "feedback", NULL);
    nn_status status = app_folder_take("--learn-dir", r->learn_dir, err);
    if (status == NN_OK)
        status = app_feedback_open(&r->feedback, dir, err);
    return status == NN_OK ? open_learning(r, err) : status;
}
