// SPDX-License-Identifier: MIT
// Writes report.md: tables of Markdown from the JSON of a report.
#include "app/report/report_text.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

enum { MOST_PAIRS = 12 };

// A heading and the JSON key below it.
typedef struct column {
    const char *title, *key;
} column;

static const column class_columns[] = {{"pictures", "pictures"},
                                       {"predicted", "predicted"},
                                       {"precision", "precision"},
                                       {"recall", "recall"},
                                       {"F1", "f1"},
                                       {"AP", "ap"}};
static const column box_columns[] = {
    {"objects", "objects"},  {"AP50", "ap50"},      {"AP75", "ap75"},
    {"AP50:95", "ap"},       {"AR", "ar"},          {"small", "ap_small"},
    {"medium", "ap_medium"}, {"large", "ap_large"}, {"precision", "precision"},
    {"recall", "recall"}};
static const column class_mistakes[] = {{"picture", "picture"},
                                        {"true", "label"},
                                        {"predicted", "predicted"},
                                        {"probability", "probability"}};
static const column box_mistakes[] = {
    {"picture", "picture"}, {"missed", "missed"}, {"wrong", "wrong"}};

static const column mask_columns[] = {{"pixels", "pixels"},
                                      {"predicted", "predicted"},
                                      {"IoU", "iou"},
                                      {"precision", "precision"},
                                      {"recall", "recall"}};
static const column mask_mistakes[] = {{"picture", "picture"}, {"part wrong", "wrong"}};

// What differs between the tasks.
typedef struct kind {
    const char *key;  // that such reports have and others not
    const char *unit; // of the confusion matrix
    const column *columns, *mistakes;
    int column_count, mistake_count;
} kind;

#define COLUMNS(columns, mistakes)                                                                 \
    columns, mistakes, (int)G_N_ELEMENTS(columns), (int)G_N_ELEMENTS(mistakes)
static const kind classes = {"top1", "pictures", COLUMNS(class_columns, class_mistakes)};
static const kind boxes = {"ap50", "objects", COLUMNS(box_columns, box_mistakes)};
static const kind masks = {"miou", "pixels", COLUMNS(mask_columns, mask_mistakes)};
#undef COLUMNS

static const cJSON *get(const cJSON *json, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(json, key);
}

static double number(const cJSON *json, const char *key)
{
    const cJSON *item = get(json, key);
    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

// Text that cannot end a cell of a table.
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

static void add_heading(GString *out, const char *first, const column *columns, int count)
{
    g_string_append(out, first ? "| " : "|");
    if (first)
        g_string_append_printf(out, "%s |", first);
    for (int i = 0; i < count; i++)
        g_string_append_printf(out, " %s |", columns[i].title);
    g_string_append(out, first ? "\n|---|" : "\n|");
    for (int i = 0; i < count; i++)
        g_string_append(out, "---|");
    g_string_append_c(out, '\n');
}

static void add_row(GString *out, const char *first, const cJSON *row, const column *columns,
                    int count)
{
    g_string_append_c(out, '|');
    if (first) {
        g_string_append_c(out, ' ');
        add_plain(out, first);
        g_string_append(out, " |");
    }
    for (int i = 0; i < count; i++)
        add_value(out, get(row, columns[i].key));
    g_string_append_c(out, '\n');
}

static void add_summary(GString *out, const cJSON *r, const kind *k)
{
    g_string_append_printf(out, "%.0f pictures", number(r, "pictures"));
    if (k == &masks)
        g_string_append_printf(out, ": mean IoU %.4f, %.4f of the pixels are right",
                               number(r, "miou"), number(r, "pixel_accuracy"));
    else if (k == &classes)
        g_string_append_printf(out, ": top-1 %.4f, top-5 %.4f, loss %.4f", number(r, "top1"),
                               number(r, "top5"), number(r, "loss"));
    else
        g_string_append_printf(out, ": AP50 %.4f, AP75 %.4f, AP50:95 %.4f", number(r, "ap50"),
                               number(r, "ap75"), number(r, "ap"));
    if (get(r, "map"))
        g_string_append_printf(out, ", mean AP %.4f, F1 at 0.5 %.4f", number(r, "map"),
                               number(r, "f1_all"));
    g_string_append(out, ".\n");
    if (k == &boxes)
        g_string_append_printf(out,
                               "Precision and recall are those at threshold %.3f and IoU "
                               "0.5; small, medium and large are AP50:95 of objects to 32x32 "
                               "pixels, to 96x96 and above.\n",
                               number(r, "threshold"));
}

static void add_classes(GString *out, const cJSON *r, const kind *k)
{
    const column *columns = k->columns;
    const int count = k->column_count;
    g_string_append(out, "\n## Classes\n\n");
    add_heading(out, "class", columns, count);
    const cJSON *one;
    cJSON_ArrayForEach(one, get(r, "classes")) add_row(out, one->string, one, columns, count);
    if (k == &boxes)
        add_row(out, "all", r, columns, count);
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

// The row after the last class is the background.
static void add_name(GString *out, const cJSON *r, int label, const char *background)
{
    const cJSON *one = cJSON_GetArrayItem(get(r, "classes"), label);
    add_plain(out, one ? one->string : background);
}

// What is taken for what most often.
static void add_pairs(GString *out, const cJSON *r, const kind *of)
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

static void add_mistakes(GString *out, const cJSON *r, const kind *k)
{
    const cJSON *list = get(r, "mistakes"), *one;
    if (cJSON_GetArraySize(list) == 0)
        return;
    g_string_append_c(out, '\n');
    add_heading(out, NULL, k->mistakes, k->mistake_count);
    cJSON_ArrayForEach(one, list) add_row(out, NULL, one, k->mistakes, k->mistake_count);
}

nn_status app_report_text(const char *dir, const cJSON *report, nn_error *err)
{
    const cJSON *model = get(report, "model");
    const kind *k = get(report, classes.key) ? &classes : get(report, masks.key) ? &masks : &boxes;
    GString *out = g_string_new("# Report on ");
    add_plain(out, cJSON_IsString(model) ? model->valuestring : "a model");
    g_string_append(out, "\n\n");
    add_summary(out, report, k);
    add_picture(out, dir, "Training", "curves.png");
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
