// SPDX-License-Identifier: MIT
// Collects the inputs of a run.
#include "app/run/sources.h"

#include <glib.h>

static nn_status add_lines(GPtrArray *inputs, const char *file, nn_error *err)
{
    GError *error = NULL;
    g_autofree char *text = NULL;
    if (!g_file_get_contents(file, &text, NULL, &error)) {
        nn_fail(err, NN_ENOTFOUND, "--source-file: %s", error->message);
        g_clear_error(&error);
        return NN_ENOTFOUND;
    }
    const guint before = inputs->len;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++)
        if (*g_strstrip(*line) && **line != '#')
            g_ptr_array_add(inputs, g_strdup(*line));
    return inputs->len > before
               ? NN_OK
               : nn_fail(err, NN_EFORMAT, "--source-file: '%s' names no input; write one a line",
                         file);
}

nn_status app_sources_collect(char ***inputs, char *const *named, int count, const char *file,
                              nn_error *err)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
    const char *usual = g_getenv("NEROSCALE_SOURCE");
    for (int i = 0; i < count; i++)
        g_ptr_array_add(all, g_strdup(named[i]));
    const nn_status status = file ? add_lines(all, file, err) : NN_OK;
    if (all->len == 0)
        g_ptr_array_add(all, g_strdup(usual && *usual ? usual : "/dev/video0"));
    g_ptr_array_add(all, NULL);
    *inputs = (char **)g_ptr_array_free(all, FALSE);
    return status;
}
