// SPDX-License-Identifier: MIT
// Translates the user's feedback to the class numbers of the training.
#include "app/learn/feedback.h"

#include "app/cli/output.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <string.h>

static int find(const nn_names *names, const char *name)
{
    for (int i = 0; i < names->count; i++)
        if (strcmp(names->name[i], name) == 0)
            return i;
    return -1;
}

// Writes the lines whose class is in `to`, with the class number there.
static nn_status write_lines(const char *text, const nn_names *own, const nn_names *to, FILE *out)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        char *rest;
        const guint64 number = g_ascii_strtoull(*line, &rest, 10);
        if (rest == *line || number >= (guint64)own->count)
            continue;
        const int label = find(to, own->name[number]);
        if (label >= 0)
            fprintf(out, "%d%s\n", label, rest);
    }
    return NN_OK;
}

static bool renumber(const char *from, const char *to, const nn_names *own, const nn_names *classes)
{
    app_output out;
    g_autofree char *text = NULL;
    nn_error err;
    if (!g_file_get_contents(from, &text, NULL, NULL) || app_output_open(&out, to, &err) != NN_OK)
        return false;
    const nn_status status = write_lines(text, own, classes, out.file);
    return app_output_close(&out, status, &err) == NN_OK;
}

int learn_feedback_prepare(const char *dir, const nn_names *classes)
{
    nn_names own = {0};
    nn_error err;
    int count = 0;
    g_autofree char *names = g_build_filename(dir, "feedback", "classes.txt", NULL);
    g_autofree char *from = g_build_filename(dir, "feedback", "labels", NULL);
    g_autofree char *to = g_build_filename(dir, "feedback", LEARN_FEEDBACK_LABELS, NULL);
    GDir *folder = g_dir_open(from, 0, NULL);
    bool ok =
        folder && nn_names_load(&own, names, &err) == NN_OK && g_mkdir_with_parents(to, 0777) == 0;
    for (const char *file; ok && (file = g_dir_read_name(folder));) {
        g_autofree char *a = g_build_filename(from, file, NULL);
        g_autofree char *b = g_build_filename(to, file, NULL);
        if (g_str_has_suffix(file, ".txt"))
            count += renumber(a, b, &own, classes);
    }
    if (folder)
        g_dir_close(folder);
    nn_names_release(&own);
    return count;
}
