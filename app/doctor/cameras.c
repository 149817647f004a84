// SPDX-License-Identifier: MIT
// Video nodes: which are cameras, and whether this user may open them.
#include "app/doctor/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/videodev2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char GROUP[] = "cameras";

// Of the file's group (g_free).
static char *group_of(const char *path)
{
    struct stat s;
    const struct group *g = stat(path, &s) == 0 ? getgrgid(s.st_gid) : NULL;
    return g_strdup(g ? g->gr_name : "video");
}

static void report_closed(app_findings *f, const char *path, int why)
{
    app_finding *one = app_findings_add(f, GROUP, path, APP_STATE_MISSING, "%s", g_strerror(why));
    g_autofree char *group = group_of(path);
    if (why == EACCES || why == EPERM)
        app_finding_mend(one, NULL, "sudo usermod -aG %s %s, then log in again", group,
                         g_get_user_name());
    else if (why == EBUSY)
        app_finding_mend(one, NULL, "another program has it: fuser -v %s", path);
    else
        app_finding_mend(one, NULL, "plug it in again");
}

// "MJPG YUYV" (g_free); empty: none.
static char *formats_of(int fd)
{
    g_autoptr(GString) s = g_string_new(NULL);
    for (unsigned i = 0; i < 16; i++) {
        struct v4l2_fmtdesc d = {.index = i, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
        if (ioctl(fd, VIDIOC_ENUM_FMT, &d) != 0)
            break;
        g_string_append_printf(s, "%s%.4s", s->len ? " " : "", (const char *)&d.pixelformat);
    }
    return g_string_free(g_steal_pointer(&s), FALSE);
}

// A camera often has a second node for metadata, which is not listed. Returns whether it is one
// that gives video.
static bool report_open(app_findings *f, const char *path, int fd)
{
    struct v4l2_capability c = {0};
    if (ioctl(fd, VIDIOC_QUERYCAP, &c) != 0) {
        app_findings_add(f, GROUP, path, APP_STATE_NOTE, "no video device: %s", g_strerror(errno));
        return false;
    }
    const unsigned can = c.capabilities & V4L2_CAP_DEVICE_CAPS ? c.device_caps : c.capabilities;
    if (!(can & (V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE)))
        return false;
    g_autofree char *formats = formats_of(fd);
    app_findings_add(f, GROUP, path, APP_STATE_OK, "%.32s (%.16s)%s%s", (const char *)c.card,
                     (const char *)c.driver, *formats ? ", " : "", formats);
    return true;
}

static void check_node(app_findings *f, const char *path, int *cameras)
{
    const int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        report_closed(f, path, errno);
        (*cameras)++;
        return;
    }
    *cameras += report_open(f, path, fd);
    close(fd);
}

static int by_number(const void *a, const void *b)
{
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    return strlen(x) != strlen(y) ? (strlen(x) > strlen(y) ? 1 : -1) : strcmp(x, y);
}

static bool is_node(const char *name)
{
    return g_str_has_prefix(name, "video") && name[5] &&
           strspn(name + 5, "0123456789") == strlen(name + 5);
}

void app_doctor_cameras(app_findings *f, const char *dev)
{
    g_autoptr(GDir) dir = g_dir_open(dev, 0, NULL);
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    int cameras = 0;
    while (dir && (name = g_dir_read_name(dir)))
        if (is_node(name))
            g_ptr_array_add(paths, g_build_filename(dev, name, NULL));
    g_ptr_array_sort(paths, by_number);
    for (guint i = 0; i < paths->len; i++)
        check_node(f, g_ptr_array_index(paths, i), &cameras);
    if (cameras == 0)
        app_findings_add(f, GROUP, "V4L2", APP_STATE_NOTE,
                         "no camera at %s/video*; network cameras need none", dev);
}
