// SPDX-License-Identifier: MIT
// GStreamer: our elements, and those that inputs, formats and recordings need.
#include "app/doctor/doctor.h"
#include "nn/base/features.h"
#include "pipeline/needs.h"
#include "pipeline/pipeline.h"
#include "pipeline/start.h"

#include <string.h>

static const char *const groups[VP_NEED_KINDS] = {
    [VP_NEED_OWN] = "elements of NeroScale",
    [VP_NEED_CORE] = "elements of every run",
    [VP_NEED_SOURCE] = "sources",
    [VP_NEED_FORMAT] = "formats read",
    [VP_NEED_RECORD] = "recordings",
};

// The feature of the build that an element of ours needs; NULL: it is always built.
static const char *feature_of(const vp_need *need)
{
    static const char *const of[][2] = {
        {"nerosink", "sdl2"}, {"nerooverlay", "pango"}, {"neropublish", "mqtt"}};
    for (size_t i = 0; i < G_N_ELEMENTS(of); i++)
        if (need->elements && strcmp(need->elements, of[i][0]) == 0)
            return of[i][1];
    return NULL;
}

static bool left_out(const char *feature)
{
    for (int i = 0; feature && nn_feature_at(i); i++)
        if (strcmp(nn_feature_at(i)->name, feature) == 0)
            return !nn_feature_at(i)->in;
    return false;
}

static void check_need(app_findings *f, const vp_need *need)
{
    nn_error err = {0};
    const char *group = groups[need->kind], *feature = feature_of(need);
    g_autofree char *found = vp_need_found(need, &err);
    if (found) {
        app_findings_add(f, group, need->name, APP_STATE_OK, "%s", found);
        return;
    }
    app_finding *one = app_findings_add(
        f, group, need->name, need->always ? APP_STATE_FAILS : APP_STATE_MISSING, "%s", err.text);
    if (left_out(feature))
        app_finding_mend(one, NULL, "this build leaves it out, build with -D%s=enabled", feature);
    else
        app_finding_mend(one, need->package, NULL);
}

// GStreamer remembers plug-ins that crashed or did not load, and never tries them again.
static void check_given_up(app_findings *f)
{
    g_autofree char *names = vp_plugins_given_up();
    if (!names)
        return;
    app_finding *one =
        app_findings_add(f, groups[VP_NEED_CORE], "plug-ins given up", APP_STATE_NOTE, "%s", names);
    app_finding_mend(one, NULL,
                     "rm ~/.cache/gstreamer-1.0/registry.*.bin makes GStreamer try "
                     "them again; GST_DEBUG=2 gst-inspect-1.0 then says why");
}

void app_doctor_media(app_findings *f)
{
    nn_error err = {0};
    g_autofree char *version = NULL;
    if (vp_start_plugins(&err) != NN_OK) {
        app_finding *one =
            app_findings_add(f, groups[VP_NEED_OWN], "GStreamer", APP_STATE_FAILS, "%s", err.text);
        app_finding_mend(one, "gstreamer1.0-neroscale", NULL);
        return;
    }
    version = vp_media_version();
    app_findings_add(f, groups[VP_NEED_OWN], "GStreamer", APP_STATE_OK, "%s", version);
    for (int i = 0; vp_need_at(i); i++)
        check_need(f, vp_need_at(i));
    check_given_up(f);
}
