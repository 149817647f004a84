// SPDX-License-Identifier: MIT
// Separates thresholds of single classes from the one of all.
#include "app/cli/class_threshold.h"

#include "app/cli/option_table.h"

#include <string.h>

nn_status app_thresholds_parse(app_thresholds *t, const char *text, nn_error *err)
{
    const nn_option *row = app_option_described("threshold");
    g_autoptr(GString) classes = g_string_new(NULL);
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    nn_status status = parts[0] ? NN_OK : nn_option_read(row, &t->all, "", err);
    int numbers = 0; // for all classes
    for (int i = 0; parts[i] && status == NN_OK; i++) {
        const char *part = g_strstrip(parts[i]);
        const char *equals = strrchr(part, '=');
        double score;
        // A name may contain commas: a part of one has no number behind it.
        const gboolean name = !equals && parts[i + 1] && !g_ascii_isdigit(*part);
        if (!name && !equals && numbers++)
            status = nn_fail(err, NN_EINVAL,
                             "--threshold %s: has two numbers for all classes; decimals have a "
                             "point, as 0.5",
                             text);
        else if (!name)
            status =
                nn_option_read(row, equals ? &score : &t->all, equals ? equals + 1 : part, err);
        if (name || equals)
            g_string_append_printf(classes, "%s%s", classes->len ? "," : "", part);
    }
    g_free(t->classes);
    t->classes = classes->len ? g_strdup(classes->str) : NULL;
    return status;
}
