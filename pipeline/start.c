// SPDX-License-Identifier: MIT
// Starts GStreamer and finds the plug-ins of NeroScale.
#include "pipeline/start.h"

#include "pipeline/crash.h"
#include "pipeline/pipeline.h"

#include <gst/gst.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

nn_status vp_start(nn_error *err)
{
    GError *error = NULL;
    vp_crash_arm();
    if (gst_init_check(NULL, NULL, &error))
        return NN_OK;
    nn_fail(err, NN_EUNSUPPORTED, "GStreamer does not start: %s",
            error ? error->message : "unknown reason");
    g_clear_error(&error);
    return NN_EUNSUPPORTED;
}

char *vp_media_version(void)
{
    return gst_version_string();
}

static char *own_folder; // of the plug-ins, where GStreamer does not know them

static bool load_file(const char *dir, const char *name)
{
    g_autofree char *file = g_build_filename(dir, name, NULL);
    if (access(file, R_OK) != 0)
        return false;
    GstPlugin *plugin = gst_plugin_load_file(file, NULL);
    if (!plugin)
        return false;
    gst_registry_add_plugin(gst_registry_get(), plugin); // takes over the reference
    return true;
}

// The plug-in with neroinfer must load; those that draw and publish need more libraries, and wait
// until they are asked for.
static bool load_from(const char *dir)
{
    if (!load_file(dir, "libgstneroscale.so"))
        return false;
    own_folder = g_strdup(dir);
    return true;
}

// In a build tree programs are in app/ and in folders of tests/, plug-ins in plugins/.
static bool load_from_build(void)
{
    g_autofree char *exe = g_file_read_link("/proc/self/exe", NULL);
    if (!exe)
        return false;
    g_autofree char *dir = g_path_get_dirname(exe);
    static const char *const ways[] = {"../plugins", "../../plugins"};
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
        g_autofree char *candidate = g_build_filename(dir, ways[i], NULL);
        if (load_from(candidate))
            return true;
    }
    return false;
}

static bool known(void)
{
    g_autoptr(GstElementFactory) f = gst_element_factory_find("neroinfer");
    return f != NULL;
}

static GMutex lock;

void vp_start_elements(const char *launch_line)
{
    static const char *const plugins[][2] = {{"nerooverlay", "libgstneroscaleoverlay.so"},
                                             {"neropublish", "libgstneroscalepublish.so"},
                                             {"nerosink", "libgstneroscalesink.so"}};
    static bool tried[G_N_ELEMENTS(plugins)];
    g_mutex_lock(&lock);
    for (size_t i = 0; i < G_N_ELEMENTS(plugins); i++)
        if (own_folder && !tried[i] && strstr(launch_line, plugins[i][0])) {
            load_file(own_folder, plugins[i][1]);
            tried[i] = true;
        }
    g_mutex_unlock(&lock);
}

nn_status vp_start_plugins(nn_error *err)
{
    nn_status status = vp_start(err);
    if (status != NN_OK)
        return status;
    g_mutex_lock(&lock);
    static bool found;
    if (!found)
        found = load_from_build() || known() || load_from(VP_PLUGIN_DIR);
    status = found
                 ? NN_OK
                 : nn_fail(err, NN_ENOTFOUND,
                           "the GStreamer plugin libgstneroscale.so is neither beside the program "
                           "nor in GST_PLUGIN_PATH nor in %s",
                           VP_PLUGIN_DIR);
    g_mutex_unlock(&lock);
    return status;
}
