// SPDX-License-Identifier: MIT
// Whether a window can open: asks the socket of Wayland or X11.
#include "app/doctor/doctor.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char GROUP[] = "display";

// Whether somebody listens there; else errno says why not.
static bool answers(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof to.sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(to.sun_path, path, strlen(path) + 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool yes = fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0;
    const int why = errno;
    if (fd >= 0)
        close(fd);
    errno = why;
    return yes;
}

static void report(app_findings *f, const char *name, const char *value, const char *path)
{
    if (answers(path)) {
        app_findings_add(f, GROUP, name, APP_STATE_OK, "%s answers", value);
        return;
    }
    app_finding *one = app_findings_add(f, GROUP, name, APP_STATE_MISSING,
                                        "%s does not answer (%s)", value, g_strerror(errno));
    app_finding_mend(one, NULL,
                     "run it in a session of the desktop, or with --no-window; ssh needs -X");
}

static void check_wayland(app_findings *f, const char *name)
{
    const char *folder = g_getenv("XDG_RUNTIME_DIR");
    g_autofree char *path = g_path_is_absolute(name)
                                ? g_strdup(name)
                                : g_build_filename(folder ? folder : "/run", name, NULL);
    report(f, "Wayland", name, path);
}

// ":1.0" is a socket; "host:10.0" goes over the network, as with ssh -X, and is not tried.
static void check_x11(app_findings *f, const char *name)
{
    if (name[0] != ':' && !g_str_has_prefix(name, "unix:")) {
        app_findings_add(f, GROUP, "X11", APP_STATE_NOTE, "%s, over the network", name);
        return;
    }
    g_autofree char *path =
        g_strdup_printf("/tmp/.X11-unix/X%ld", strtol(strchr(name, ':') + 1, NULL, 10));
    report(f, "X11", name, path);
}

void app_doctor_display(app_findings *f)
{
    const char *driver = g_getenv("SDL_VIDEODRIVER");
    const char *wayland = g_getenv("WAYLAND_DISPLAY"), *x11 = g_getenv("DISPLAY");
    if (driver && *driver)
        app_findings_add(f, GROUP, "SDL_VIDEODRIVER", APP_STATE_NOTE, "%s, whatever else there is",
                         driver);
    if (wayland && *wayland)
        check_wayland(f, wayland);
    if (x11 && *x11)
        check_x11(f, x11);
    if (!(wayland && *wayland) && !(x11 && *x11))
        app_findings_add(f, GROUP, "window", APP_STATE_NOTE,
                         "no display: 'run' works without a window and draws in memory");
}
