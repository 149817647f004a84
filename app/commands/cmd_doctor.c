// SPDX-License-Identifier: MIT
// neroscale doctor: checks what a run needs, and says how to mend what is missing.
#include "app/cli/arguments.h"
#include "app/cli/files.h"
#include "app/cli/json_file.h"
#include "app/cli/option_table.h"
#include "app/commands/command.h"
#include "app/doctor/doctor.h"

#include <stdlib.h>
#include <unistd.h>

static const char SUMMARY[] =
    "Checks what a run needs: processor and threads, GStreamer's plug-ins for each kind of input\n"
    "and format, cameras, display, models, folders and libraries. What is missing is told with "
    "what\n"
    "to do about it, such as the Debian package to install.\n"
    "\n"
    "The exit status is 0 when all that every run needs is there, else 1.\n"
    "\n"
    "Examples:\n"
    "  neroscale doctor\n"
    "  neroscale doctor --json doctor.json    to send along with a report\n"
    "  neroscale doctor || exit               in a script, before a run";

enum { EXIT_INCOMPLETE = 1 };

static void check_all(app_findings *f)
{
    app_doctor_machine(f);
    app_doctor_media(f);
    app_doctor_cameras(f, "/dev");
    app_doctor_display(f);
    app_doctor_models(f);
    app_doctor_files(f);
    app_doctor_libraries(f);
}

// On a terminal, unless NO_COLOR (no-color.org) or TERM=dumb says otherwise.
static bool wants_colour(void)
{
    const char *never = g_getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && !(never && *never) && g_strcmp0(g_getenv("TERM"), "dumb") != 0;
}

static nn_status show(const app_findings *f, const char *path, nn_error *err)
{
    if (g_strcmp0(path, "-") != 0)
        app_findings_print(f, stdout, wants_colour());
    if (!path)
        return NN_OK;
    cJSON *json = app_findings_json(f);
    const nn_status status = app_json_write(json, path, err);
    cJSON_Delete(json);
    return status;
}

int app_cmd_doctor(int argc, char **argv)
{
    g_autofree char *path = NULL;
    const GOptionEntry entries[] = {APP_OPTION("json", &path, NULL), APP_OPTIONS_END};
    const app_arguments what = {.summary = SUMMARY, .entries = entries};
    nn_error err = {0};
    nn_status status = app_parse_arguments(&what, &argc, &argv, &err);
    if (status == NN_OK && argc > 1)
        status = nn_fail(&err, NN_EINVAL, "'%s' is too much: doctor takes no words", argv[1]);
    app_files files = {0};
    app_files_refresh(&files, "--json", path);
    if (status == NN_OK)
        status = app_files_claim(&files, false, &err);
    if (status != NN_OK)
        return app_end(status, &err);
    app_findings f;
    app_findings_init(&f);
    check_all(&f);
    status = show(&f, path, &err);
    const bool complete = app_findings_count(&f, APP_STATE_FAILS) == 0;
    app_findings_release(&f);
    return status != NN_OK ? app_end(status, &err) : complete ? 0 : EXIT_INCOMPLETE;
}
