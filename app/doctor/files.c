// SPDX-License-Identifier: MIT
// Folders that the program writes to.
#include "app/doctor/doctor.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const char GROUP[] = "folders";

enum { LEAST_MB = 200 };

// Megabytes that are free; -1: unknown.
static gint64 free_mb(const char *path)
{
    struct statvfs s;
    return statvfs(path, &s) == 0 ? (gint64)((double)s.f_bavail * s.f_frsize / (1 << 20)) : -1;
}

// The folder itself, or the nearest one above it that is there (g_free).
static char *nearest(const char *path)
{
    char *at = g_strdup(path);
    while (!g_file_test(at, G_FILE_TEST_EXISTS) && strcmp(at, "/") != 0 && strcmp(at, ".") != 0) {
        char *up = g_path_get_dirname(at);
        g_free(at);
        at = up;
    }
    return at;
}

static void check_folder(app_findings *f, const char *name, const char *path, const char *without)
{
    g_autofree char *there = nearest(path);
    const bool folder = g_file_test(there, G_FILE_TEST_IS_DIR);
    if (!folder || access(there, W_OK | X_OK) != 0) {
        const int why = folder ? errno : ENOTDIR;
        app_finding *one =
            app_findings_add(f, GROUP, name, APP_STATE_MISSING, "%s cannot be written (%s): %s",
                             path, g_strerror(why), without);
        app_finding_mend(one, NULL, "sudo chown %s %s", g_get_user_name(), there);
        return;
    }
    const gint64 mb = free_mb(there);
    const bool full = mb >= 0 && mb < LEAST_MB;
    app_finding *one = app_findings_add(f, GROUP, name, full ? APP_STATE_NOTE : APP_STATE_OK,
                                        "%s, %" G_GINT64_FORMAT " MiB free", path, mb);
    if (full)
        app_finding_mend(one, NULL, "the disk is nearly full, make room");
}

void app_doctor_files(app_findings *f)
{
    g_autofree char *cache = g_build_filename(g_get_user_cache_dir(), "neroscale", NULL);
    g_autofree char *media = g_build_filename(g_get_user_cache_dir(), "gstreamer-1.0", NULL);
    g_autofree char *here = g_get_current_dir();
    check_folder(f, "measurements", cache, "--model auto measures at each start");
    check_folder(f, "plug-in registry", media, "GStreamer searches its plug-ins at each start");
    check_folder(f, "temporary files", g_get_tmp_dir(), "archives of data cannot be opened");
    check_folder(f, "this folder", here, "recordings go elsewhere");
}
