// SPDX-License-Identifier: MIT
// Models that are installed: whether they can be read, and whether they are those of this version.
#include "app/doctor/doctor.h"
#include "app/models/installed.h"
#include "nn/io/io.h"
#include "nn/predict/load_model.h"

#include <string.h>

static const char GROUP[] = "models";
static const char USUAL[] = "street"; // of 'run' without --model

static void check_model(app_findings *f, const app_installed *m)
{
    nn_error err = {0};
    nn_model *model = NULL;
    const app_state wrong = strcmp(m->name, USUAL) == 0 ? APP_STATE_FAILS : APP_STATE_MISSING;
    const nn_status status = nn_model_load(&model, m->path, &err);
    nn_model_free(model);
    if (status != NN_OK) {
        app_finding *one = app_findings_add(f, GROUP, m->name, wrong, "%s", err.text);
        app_finding_mend(one, m->shipped ? "neroscale-data" : NULL,
                         m->shipped ? "apt install --reinstall neroscale-data" : "remove the file");
        return;
    }
    g_autofree char *sum = m->shipped ? app_installed_sum(m) : NULL;
    const bool same = sum && strcmp(sum, m->shipped) == 0;
    app_findings_add(f, GROUP, m->name, m->shipped && !same ? APP_STATE_NOTE : APP_STATE_OK, "%s%s",
                     m->path,
                     !m->shipped ? ", your own"
                     : same      ? ", checksum as of this version"
                                 : ", another file than that of this version");
}

void app_doctor_models(app_findings *f)
{
    g_autoptr(GPtrArray) list = app_installed_list();
    char path[4096];
    nn_error err = {0};
    for (guint i = 0; i < list->len; i++)
        check_model(f, g_ptr_array_index(list, i));
    if (nn_model_find(USUAL, path, sizeof path, &err) != NN_OK) {
        app_finding *one = app_findings_add(f, GROUP, USUAL, APP_STATE_FAILS, "%s", err.text);
        app_finding_mend(one, "neroscale-data",
                         "apt install neroscale-data, or NEROSCALE_MODELS names their folder");
    }
}
