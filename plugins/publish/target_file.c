// SPDX-License-Identifier: MIT
// Lines into a file or standard output.
#include "plugins/publish/line_writer.h"
#include "plugins/publish/target.h"

#include <errno.h>
#include <string.h>

typedef struct FileTarget {
    GstElement *element;
    char *name;
    NeroLineWriter lines;
} FileTarget;

static const NeroSetting settings[] = {
    {.name = "location",
     .nick = "Location",
     .blurb = "File to write; an existing file is overwritten (\"-\" = standard output)",
     .text = "-"},
    {0},
};

static gpointer open_file(GstElement *element, const NeroSettings *s, nn_error *err)
{
    const char *name = nero_settings_text(s, "location");
    FileTarget *f = g_new0(FileTarget, 1);
    f->element = element;
    f->name = g_strdup(name ? name : "-");
    if (nero_line_writer_open(&f->lines, f->name, err))
        return f;
    g_free(f->name);
    g_free(f);
    return NULL;
}

// Posts the errno of the failed call, once.
static void post_write_error(FileTarget *f, int error)
{
    const char *format = "Cannot write to \"%s\": %s";
    if (error == ENOSPC || error == EDQUOT)
        GST_ELEMENT_ERROR(f->element, RESOURCE, NO_SPACE_LEFT, (format, f->name, g_strerror(error)),
                          (NULL));
    else
        GST_ELEMENT_ERROR(f->element, RESOURCE, WRITE, (format, f->name, g_strerror(error)),
                          (NULL));
}

static gboolean send_line(gpointer target, const char *line)
{
    FileTarget *f = target;
    const int error = nero_line_writer_write(&f->lines, line);
    if (error)
        post_write_error(f, error);
    return error == 0;
}

static void begin(gpointer target)
{
    nero_line_writer_begin(&((FileTarget *)target)->lines);
}

static void close_file(gpointer target)
{
    FileTarget *f = target;
    nero_line_writer_close(&f->lines);
    g_free(f->name);
    g_free(f);
}

const NeroTarget nero_target_file = {
    .method = "file",
    .blurb = "a file or standard output, as JSON lines",
    .settings = settings,
    .open = open_file,
    .begin = begin,
    .send = send_line,
    .close = close_file,
};
