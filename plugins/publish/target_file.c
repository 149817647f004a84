// SPDX-License-Identifier: MIT
// Lines into a file or standard output.
#include "plugins/publish/line_writer.h"
#include "plugins/publish/settings.h"
#include "plugins/publish/target.h"
#include "po/translate.h"

#include <errno.h>
#include <string.h>

typedef struct FileTarget {
    GstElement *element;
    char *name;
    NeroLineWriter lines;
    guint64 written, lost, gap; // lines; `gap`: lost since the last one
} FileTarget;

static GType fsync_type(void)
{
    static gsize type;
    static const GEnumValue values[] = {
        {NERO_FSYNC_NEVER, "when the system does it", "never"},
        {NERO_FSYNC_SECOND, "once a second, and when a file is complete", "second"},
        {NERO_FSYNC_LINE, "after each line, which takes milliseconds", "line"},
        {0, NULL, NULL},
    };
    if (g_once_init_enter(&type))
        g_once_init_leave(&type, g_enum_register_static("NeroPublishFsync", values));
    return type;
}

typedef enum NeroFileFormat { NERO_FILE_JSON_LINES, NERO_FILE_JSON } NeroFileFormat;

static GType format_type(void)
{
    static gsize type;
    static const GEnumValue values[] = {
        {NERO_FILE_JSON_LINES, "one JSON object a line", "json-lines"},
        {NERO_FILE_JSON, "one JSON array, complete at the end of the stream", "json"},
        {0, NULL, NULL},
    };
    if (g_once_init_enter(&type))
        g_once_init_leave(&type, g_enum_register_static("NeroPublishFileFormat", values));
    return type;
}

// DL Streamer's word for standard output.
static const char *plain_name(const char *name)
{
    return g_strcmp0(name, "stdout") == 0 ? "-" : name;
}

static const NeroSetting settings[] = {
    {.name = "location",
     .nick = "Location",
     .blurb = "[method=file] File to write; an existing file is overwritten (\"-\" = standard "
              "output), or kept as NAME.1 when max-size or max-age is set",
     .text = "-"},
    {.name = "file-path",
     .nick = "File path",
     .blurb = "[method=file] Another name of location (\"stdout\" = standard output)",
     .text = "-",
     .alias = "location",
     .read = plain_name},
    {.name = "file-format",
     .nick = "File format",
     .blurb = "[method=file] What a file is as a whole",
     .type = format_type},
    {.name = "max-size",
     .nick = "Maximum size",
     .blurb = "[method=file] Bytes after which the file becomes NAME.1, NAME.1 becomes NAME.2 and "
              "so on, and a new one begins (0 = no limit)",
     .type = nero_setting_uint64,
     .most = (double)(G_GUINT64_CONSTANT(1) << 60)},
    {.name = "max-age",
     .nick = "Maximum age",
     .blurb = "[method=file] Seconds after which a new file begins (0 = no limit)",
     .type = nero_setting_uint,
     .most = G_MAXINT},
    {.name = "max-files",
     .nick = "Maximum number of files",
     .blurb = "[method=file] Files to keep, the one being written included, when max-size or "
              "max-age begin new ones",
     .type = nero_setting_uint,
     .initial = 10,
     .least = 1,
     .most = 10000},
    {.name = "fsync",
     .nick = "Fsync",
     .blurb =
         "[method=file] When lines must be on the disk, so that a power cut does not lose them",
     .type = fsync_type},
    {0},
};

static gpointer open_file(GstElement *element, const NeroSettings *s, nn_error *err)
{
    const char *name = nero_settings_text(s, "location");
    const NeroLineLimits limits = {
        .size = nero_settings_uint64(s, "max-size"),
        .age = nero_settings_uint(s, "max-age"),
        .files = nero_settings_uint(s, "max-files"),
        .sync = (NeroFsync)nero_settings_enum(s, "fsync"),
        .array = nero_settings_enum(s, "file-format") == NERO_FILE_JSON,
    };
    FileTarget *f = g_new0(FileTarget, 1);
    f->element = element;
    f->name = g_strdup(name ? name : "-");
    if (nero_line_writer_open(&f->lines, f->name, limits, err))
        return f;
    g_free(f->name);
    g_free(f);
    return NULL;
}

static void see_frame(gpointer target)
{
    nero_line_writer_frame(&((FileTarget *)target)->lines);
}

// A full disk loses lines, but stops nothing: there is a warning when it begins and a message when
// there is room again.
static void note_full(FileTarget *f, int error)
{
    f->lost++;
    if (f->gap++ == 0)
        GST_ELEMENT_WARNING(f->element, RESOURCE, NO_SPACE_LEFT,
                            (_("Cannot write to \"%s\": %s; lines are lost until there is room"),
                             f->name, g_strerror(error)),
                            (NULL));
}

static gboolean send_line(gpointer target, const char *line)
{
    FileTarget *f = target;
    const int error = nero_line_writer_write(&f->lines, line);
    if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
        note_full(f, error);
        return TRUE;
    }
    if (error) {
        GST_ELEMENT_ERROR(f->element, RESOURCE, WRITE,
                          (_("Cannot write to \"%s\": %s"), f->name, g_strerror(error)), (NULL));
        return FALSE;
    }
    f->written++;
    if (f->gap > 0)
        GST_ELEMENT_INFO(
            f->element, RESOURCE, NO_SPACE_LEFT,
            ("Writing to \"%s\" goes on; %" G_GUINT64_FORMAT " lines are missing", f->name, f->gap),
            (NULL));
    f->gap = 0;
    return TRUE;
}

static void add_stats(gpointer target, GstStructure *to)
{
    const FileTarget *f = target;
    gst_structure_set(to, "sent", G_TYPE_UINT64, f->written, "lost", G_TYPE_UINT64, f->lost, NULL);
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
    .frame = see_frame,
    .send = send_line,
    .stats = add_stats,
    .close = close_file,
};
