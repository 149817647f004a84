// SPDX-License-Identifier: MIT
// Reads CSV files of numbers.
#include "app/report/report_table.h"

#include <glib.h>
#include <math.h>
#include <string.h>

enum { MAX_COLUMNS = 64, MAX_ROWS = 1 << 20 };

static void read_row(app_table *t, char *const *fields)
{
    double *row = t->cell + (gsize)t->rows * (gsize)t->columns;
    for (int i = 0; i < t->columns; i++) {
        char *end;
        row[i] = g_ascii_strtod(fields[i], &end);
        if (end == fields[i] || *g_strchug(end) != '\0')
            row[i] = NAN;
    }
    t->rows++;
}

nn_status app_table_load(app_table *t, const char *path, nn_error *err)
{
    *t = (app_table){0};
    char *text = NULL;
    gsize size = 0;
    GError *error = NULL;
    if (!g_file_get_contents(path, &text, &size, &error)) {
        nn_status status = nn_fail(err, NN_EIO, "%s", error->message);
        g_clear_error(&error);
        return status;
    }
    char **lines = g_strsplit(text, "\n", MAX_ROWS);
    g_free(text);
    t->name = g_strsplit(lines[0] ? g_strstrip(lines[0]) : "", ",", MAX_COLUMNS);
    t->columns = (int)g_strv_length(t->name);
    const gsize most = lines[0] ? g_strv_length(lines) : 0;
    // A row has at least one byte for each column.
    const gsize rows = MIN(most, size / (gsize)MAX(t->columns, 1) + 1);
    t->cell = g_new(double, rows *(gsize)t->columns + 1);
    // The piece after the last newline is empty, or a row that is still being written.
    for (gsize i = 1; i + 1 < most; i++) {
        char **fields = g_strsplit(g_strstrip(lines[i]), ",", MAX_COLUMNS + 1);
        if ((int)g_strv_length(fields) == t->columns && (gsize)t->rows < rows)
            read_row(t, fields);
        g_strfreev(fields);
    }
    g_strfreev(lines);
    if (t->columns > 0)
        return NN_OK;
    app_table_release(t);
    return nn_fail(err, NN_EFORMAT, "%s: the line with column names is missing", path);
}

void app_table_release(app_table *t)
{
    g_strfreev(t->name);
    g_free(t->cell);
    *t = (app_table){0};
}

int app_table_find(const app_table *t, const char *name)
{
    for (int i = 0; i < t->columns; i++)
        if (strcmp(t->name[i], name) == 0)
            return i;
    return -1;
}
