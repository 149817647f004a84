// SPDX-License-Identifier: MIT
// Writes report.md: the JSON of a report as Markdown tables.
#include "app/report/report_text.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

enum { MOST_PAIRS = 12 };

static const cJSON *get(const cJSON *json, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(json, key);
}

double app_report_number(const cJSON *json, const char *key)
{
    const cJSON *item = get(json, key);
    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

// Adds text without the characters that would end a table cell.
static void add_plain(GString *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|' || *text == '\\')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *text == '\n' || *text == '\r' ? ' ' : *text);
    }
}

static void add_value(GString *out, const cJSON *item)
{
    g_string_append(out, " ");
    if (cJSON_IsString(item))
        add_plain(out, item->valuestring);
    else if (cJSON_IsNumber(item) && item->valuedouble == (double)(long)item->valuedouble &&
             item->valuedouble > 1)
        g_string_append_printf(out, "%ld", (long)item->valuedouble);
    else if (cJSON_IsNumber(item))
        g_string_append_printf(out, "%.4g", item->valuedouble);
    else
        g_string_append(out, "-");
    g_string_append(out, " |");
}

static void add_heading(GString *out, const char *first, const app_column *columns)
{
    g_string_append(out, first ? "| " : "|");
    if (first)
        g_string_append_printf(out, "%s |", first);
    for (int i = 0; columns[i].title; i++)
        g_string_append_printf(out, " %s |", columns[i].title);
    g_string_append(out, first ? "\n|---|" : "\n|");
    for (int i = 0; columns[i].title; i++)
        g_string_append(out, "---|");
    g_string_append_c(out, '\n');
}

static void add_row(GString *out, const char *first, const cJSON *row, const app_column *columns)
{
    g_string_append_c(out, '|');
    if (first) {
        g_string_append_c(out, ' ');
        add_plain(out, first);
        g_string_append(out, " |");
    }
    for (int i = 0; columns[i].title; i++)
        add_value(out, get(row, columns[i].key));
    g_string_append_c(out, '\n');
}

static void add_summary(GString *out, const cJSON *r, const app_task *k)
{
    g_string_append_printf(out, "%.0f pictures", app_report_number(r, "pictures"));
    g_string_append(out, ": ");
    k->add_summary(out, r);
    g_string_append(out, ".\n");
    if (k->add_note)
        k->add_note(out, r);
}

// Adds the verdict, a list item for each sentence.
static void add_verdict(GString *out, const cJSON *r)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, get(r, "verdict"))
    {
        g_string_append(out, "- ");
        add_plain(out, one->valuestring);
        g_string_append_c(out, '\n');
    }
    g_string_append_c(out, '\n');
}

static void add_classes(GString *out, const cJSON *r, const app_task *k)
{
    const app_column *columns = k->columns;
    g_string_append(out, "\n## Classes\n\n");
    add_heading(out, "class", columns);
    const cJSON *one;
    cJSON_ArrayForEach(one, get(r, "classes")) add_row(out, one->string, one, columns);
    if (k->total)
        add_row(out, "all", r, columns);
}

typedef struct pair {
    int truth, predicted;
    double count;
} pair;

static int compare_pairs(const void *a, const void *b)
{
    const pair *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count) - (x->count > y->count)
                                : x->truth - y->truth;
}

// Adds the name of a class; the row after the last class is background.
static void add_name(GString *out, const cJSON *r, int label, const char *background)
{
    const cJSON *one = cJSON_GetArrayItem(get(r, "classes"), label);
    add_plain(out, one ? one->string : background);
}

// Adds the most frequent confusions.
static void add_pairs(GString *out, const cJSON *r, const app_task *of)
{
    GArray *pairs = g_array_new(FALSE, FALSE, sizeof(pair));
    const cJSON *row, *cell;
    int i = 0, k;
    cJSON_ArrayForEach(row, get(r, "confusion"))
    {
        k = 0;
        cJSON_ArrayForEach(cell, row)
        {
            const pair p = {i, k++, cell->valuedouble};
            if (p.truth != p.predicted && p.count > 0)
                g_array_append_val(pairs, p);
        }
        i++;
    }
    g_array_sort(pairs, compare_pairs);
    if (pairs->len > 0)
        g_string_append_printf(out,
                               "\n## Taken for something else\n\n| true | predicted | %s |\n"
                               "|---|---|---|\n",
                               of->unit);
    for (guint n = 0; n < pairs->len && n < MOST_PAIRS; n++) {
        const pair *p = &g_array_index(pairs, pair, n);
        g_string_append(out, "| ");
        add_name(out, r, p->truth, "(nothing there)");
        g_string_append(out, " | ");
        add_name(out, r, p->predicted, "(missed)");
        g_string_append_printf(out, " | %.0f |\n", p->count);
    }
    g_array_free(pairs, TRUE);
}

static void add_picture(GString *out, const char *dir, const char *title, const char *file)
{
    g_autofree char *path = g_build_filename(dir, file, NULL);
    if (g_file_test(path, G_FILE_TEST_EXISTS))
        g_string_append_printf(out, "\n## %s\n\n![%s](%s)\n", title, title, file);
}

static void add_mistakes(GString *out, const cJSON *r, const app_task *k)
{
    const cJSON *list = get(r, "mistakes"), *one;
    if (cJSON_GetArraySize(list) == 0)
        return;
    g_string_append_c(out, '\n');
    add_heading(out, NULL, k->mistakes);
    cJSON_ArrayForEach(one, list) add_row(out, NULL, one, k->mistakes);
}

nn_status app_report_text(const char *dir, const app_task *k, const cJSON *report, nn_error *err)
{
    const cJSON *model = get(report, "model");
    GString *out = g_string_new("# Report on ");
    add_plain(out, cJSON_IsString(model) ? model->valuestring : "a model");
    g_string_append(out, "\n\n");
    add_verdict(out, report);
    add_summary(out, report, k);
    add_picture(out, dir, "Training", "curves.png");
    add_picture(out, dir, "Learning rate", "lr.png");
    if (k->columns)
        add_classes(out, report, k);
    add_pairs(out, report, k);
    add_picture(out, dir, "Confusion", "confusion.png");
    add_picture(out, dir, "Worst mistakes", "worst.png");
    add_mistakes(out, report, k);
    g_autofree char *path = g_build_filename(dir, "report.md", NULL);
    GError *error = NULL;
    nn_status status = NN_OK;
    if (!g_file_set_contents(path, out->str, (gssize)out->len, &error))
        status = nn_fail(err, NN_EIO, "%s", error->message);
    g_clear_error(&error);
    g_string_free(out, TRUE);
    return status;
}
