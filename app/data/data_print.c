// SPDX-License-Identifier: MIT
// Prints the findings about a data set.
#include "app/data/data_print.h"

#include "app/cli/json_file.h"

const nn_sample *app_data_sample(const app_data_findings *f, int index)
{
    return index < f->train->count ? &f->train->samples[index]
                                   : &f->val->samples[index - f->train->count];
}

static void print_classes(const app_data_findings *f, FILE *out)
{
    const app_data_facts *facts = f->facts;
    const long all = facts->classes[facts->class_count].boxes;
    fprintf(out, "%-20s %8s %8s %8s %8s %8s %8s\n", "class", "pictures", "boxes", "small", "medium",
            "large", "ignored");
    for (int i = 0; i <= facts->class_count; i++) {
        const app_data_class *c = &facts->classes[i];
        fprintf(out, "%-20.20s %8ld %8ld %8ld %8ld %8ld %8ld\n",
                i < facts->class_count ? f->labels->name[i] : "all", c->pictures, c->boxes,
                c->size[0], c->size[1], c->size[2], c->ignored);
    }
    if (all > 0)
        fprintf(out, "small: to 32x32 pixels, medium: to 96x96\n");
}

static void print_row(const char *what, const char *const *heads, const long *counts, int n,
                      FILE *out)
{
    long sum = 0;
    for (int i = 0; i < n; i++)
        sum += counts[i];
    fprintf(out, "%s:", what);
    for (int i = 0; i < n && sum > 0; i++)
        fprintf(out, "  %s %.0f %%", heads[i], 100.0 * (double)counts[i] / (double)sum);
    fputc('\n', out);
}

static const char *const side_heads[APP_DATA_SIDES] = {"<8", "8",  "11", "16", "23",
                                                       "32", "45", "64", "91", "128+"};
static const char *const shape_heads[APP_DATA_SHAPES] = {"<1:4", "1:3", "2:3", "1:1",
                                                         "3:2",  "3:1", ">4:1"};

static void print_pictures(const app_data_findings *f, FILE *out)
{
    const app_data_facts *facts = f->facts;
    const app_data_class *all = &facts->classes[facts->class_count];
    fprintf(out, "%d pictures of %dx%d to %dx%d", facts->pictures, facts->smallest[0],
            facts->smallest[1], facts->largest[0], facts->largest[1]);
    if (f->val)
        fprintf(out, ", %d held back", f->val->count);
    fprintf(out, "; %d without objects, %d skipped\n", facts->empty, f->train->skipped);
    if (facts->pictures == 0)
        return;
    print_classes(f, out);
    if (all->boxes > 0) {
        print_row("sides of boxes in pixels from", side_heads, all->side, APP_DATA_SIDES, out);
        print_row("width to height about", shape_heads, all->shape, APP_DATA_SHAPES, out);
    }
}

static void print_details(const app_data_findings *f, FILE *out)
{
    const app_data_details *d = &f->details;
    if (d->outlines > 0)
        fprintf(out, "objects with outlines: %ld%s\n", d->outlines,
                d->quads == d->outlines
                    ? "; all of four corners, which may be meant as rotated boxes"
                    : "");
    if (d->posed > 0)
        fprintf(out, "objects with keypoints: %ld, %d keypoints each\n", d->posed, d->keypoints);
    if (d->rotated > 0)
        fprintf(out, "objects with rotated boxes: %ld\n", d->rotated);
}

static char *base_of(const app_data_findings *f, int sample)
{
    return g_path_get_basename(app_data_sample(f, sample)->name);
}

static void print_suspects(const app_data_findings *f, int most, FILE *out)
{
    static const char *const texts[][2] = {
        {"outside", "pictures with boxes that reach beyond them"},
        {"double", "objects that have two boxes"},
        {"conflict", "objects that have boxes of two classes"},
        {"tiny", "boxes less than 3 pixels wide or high"}};
    for (int k = 0; app_data_suspect_kind(k); k++) {
        const char *kind = app_data_suspect_kind(k), *text = kind;
        int shown = 0;
        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
            text = g_str_equal(texts[i][0], kind) ? texts[i][1] : text;
        const int count = app_data_suspect_count(f->facts, kind);
        if (count > 0)
            fprintf(out, "\n%d %s:\n", count, text);
        for (guint i = 0; i < f->facts->suspects->len && shown < most; i++) {
            const app_data_suspect *o = &g_array_index(f->facts->suspects, app_data_suspect, i);
            if (!g_str_equal(o->kind, kind))
                continue;
            g_autofree char *base = base_of(f, o->sample);
            fprintf(out, "  %s: %s\n", base, o->text);
            shown++;
        }
        if (count > shown)
            fprintf(out, "  ... %d more\n", count - shown);
    }
}

static void print_duplicates(const app_data_findings *f, int most, FILE *out)
{
    const app_data_duplicates *t = f->duplicates;
    if (!t || t->count == 0)
        return;
    fprintf(out, "\n%ld pairs of pictures look alike, %d pictures in all", t->count, t->pictures);
    if (f->val)
        fprintf(out, "; %ld of them with one held back, whose score they raise", t->across);
    fprintf(out, ":\n");
    for (guint i = 0; i < t->pairs->len && i < (guint)most; i++) {
        const app_duplicates *p = &g_array_index(t->pairs, app_duplicates, i);
        g_autofree char *first = base_of(f, p->first), *second = base_of(f, p->second);
        fprintf(out, "  %s and %s: %s%s\n", first, second,
                p->distance == 0 ? "the same" : "nearly the same",
                p->second >= f->train->count && p->first < f->train->count ? ", one held back"
                                                                           : "");
    }
}

char *app_label_issue_describe(const app_data_findings *f, const app_label_issue *d)
{
    g_autofree char *place = g_strdup_printf("at %.0f,%.0f %.0fx%.0f", (double)d->x0, (double)d->y0,
                                             (double)(d->x1 - d->x0), (double)(d->y1 - d->y0));
    const char *label = d->label >= 0 ? f->labels->name[d->label] : "";
    const char *seen = d->seen >= 0 ? f->labels->name[d->seen] : "";
    if (d->kind == APP_LABEL_MISSING)
        return g_strdup_printf("no label %s, looks like %s", place, seen);
    if (d->kind == APP_LABEL_SPURIOUS)
        return g_strdup_printf("%s %s, looks like nothing", label, place);
    return g_strdup_printf("%s %s, looks like %s", label, place, seen);
}

static void print_label_issues(const app_data_findings *f, int most, FILE *out)
{
    int counts[3] = {0, 0, 0};
    if (!f->label_issues)
        return;
    for (guint i = 0; i < f->label_issues->len; i++)
        counts[g_array_index(f->label_issues, app_label_issue, i).kind]++;
    fprintf(out,
            "\nthe model disagrees with %u labels: %d missing, %d spurious, %d of the wrong class; "
            "highest score first:\n",
            f->label_issues->len, counts[0], counts[1], counts[2]);
    for (guint i = 0; i < f->label_issues->len && i < (guint)most; i++) {
        const app_label_issue *d = &g_array_index(f->label_issues, app_label_issue, i);
        g_autofree char *base = base_of(f, d->sample), *text = app_label_issue_describe(f, d);
        fprintf(out, "  %.2f %s: %s\n", (double)d->score, base, text);
    }
}

void app_data_print(const app_data_findings *f, int most, FILE *out)
{
    print_pictures(f, out);
    print_details(f, out);
    if (f->notes->len > 0)
        fprintf(out, "\n%u notes while reading:\n", f->notes->len);
    for (guint i = 0; i < f->notes->len && i < (guint)most; i++)
        fprintf(out, "  %s\n", (const char *)g_ptr_array_index(f->notes, i));
    print_suspects(f, most, out);
    print_duplicates(f, most, out);
    print_label_issues(f, most, out);
}

static cJSON *counts_json(const long *counts, int n)
{
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; i < n; i++)
        cJSON_AddItemToArray(list, cJSON_CreateNumber((double)counts[i]));
    return list;
}

static cJSON *class_json(const app_data_class *c)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "pictures", (double)c->pictures);
    cJSON_AddNumberToObject(json, "boxes", (double)c->boxes);
    cJSON_AddNumberToObject(json, "ignored", (double)c->ignored);
    cJSON_AddNumberToObject(json, "small", (double)c->size[0]);
    cJSON_AddNumberToObject(json, "medium", (double)c->size[1]);
    cJSON_AddNumberToObject(json, "large", (double)c->size[2]);
    cJSON_AddItemToObject(json, "sides", counts_json(c->side, APP_DATA_SIDES));
    cJSON_AddItemToObject(json, "shapes", counts_json(c->shape, APP_DATA_SHAPES));
    return json;
}

static void add_suspects(cJSON *json, const app_data_findings *f)
{
    for (int k = 0; app_data_suspect_kind(k); k++) {
        cJSON *list = cJSON_AddArrayToObject(json, app_data_suspect_kind(k));
        for (guint i = 0; i < f->facts->suspects->len; i++) {
            const app_data_suspect *o = &g_array_index(f->facts->suspects, app_data_suspect, i);
            if (!g_str_equal(o->kind, app_data_suspect_kind(k)))
                continue;
            cJSON *item = cJSON_CreateObject();
            cJSON_AddStringToObject(item, "picture", app_data_sample(f, o->sample)->name);
            cJSON_AddStringToObject(item, "what", o->text);
            cJSON_AddItemToArray(list, item);
        }
    }
}

static void add_duplicates(cJSON *json, const app_data_findings *f)
{
    if (!f->duplicates)
        return;
    cJSON_AddNumberToObject(json, "duplicate_pairs", (double)f->duplicates->count);
    cJSON_AddNumberToObject(json, "duplicate_pairs_across", (double)f->duplicates->across);
    cJSON *list = cJSON_AddArrayToObject(json, "duplicates");
    for (guint i = 0; i < f->duplicates->pairs->len; i++) {
        const app_duplicates *p = &g_array_index(f->duplicates->pairs, app_duplicates, i);
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "first", app_data_sample(f, p->first)->name);
        cJSON_AddStringToObject(item, "second", app_data_sample(f, p->second)->name);
        cJSON_AddNumberToObject(item, "distance", p->distance);
        cJSON_AddItemToArray(list, item);
    }
}

static void add_label_issues(cJSON *json, const app_data_findings *f)
{
    cJSON *list = f->label_issues ? cJSON_AddArrayToObject(json, "label_issues") : NULL;
    for (guint i = 0; list && i < f->label_issues->len; i++) {
        const app_label_issue *d = &g_array_index(f->label_issues, app_label_issue, i);
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "kind", app_label_issue_names[d->kind]);
        cJSON_AddStringToObject(item, "picture", app_data_sample(f, d->sample)->name);
        cJSON_AddItemToObject(
            item, "box", cJSON_CreateFloatArray((const float[4]){d->x0, d->y0, d->x1, d->y1}, 4));
        if (d->label >= 0)
            cJSON_AddStringToObject(item, "label", f->labels->name[d->label]);
        if (d->seen >= 0)
            cJSON_AddStringToObject(item, "seen", f->labels->name[d->seen]);
        app_json_add_number(item, "score", (double)d->score);
        cJSON_AddItemToArray(list, item);
    }
}

cJSON *app_data_json(const app_data_findings *f)
{
    const app_data_facts *facts = f->facts;
    cJSON *json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "pictures", facts->pictures);
    cJSON_AddNumberToObject(json, "held_back", f->val ? f->val->count : 0);
    cJSON_AddNumberToObject(json, "without_objects", facts->empty);
    cJSON_AddNumberToObject(json, "skipped", f->train->skipped);
    cJSON_AddNumberToObject(json, "with_outlines", (double)f->details.outlines);
    cJSON_AddNumberToObject(json, "with_keypoints", (double)f->details.posed);
    cJSON_AddNumberToObject(json, "with_rotated_boxes", (double)f->details.rotated);
    cJSON *classes = cJSON_AddObjectToObject(json, "classes");
    for (int i = 0; i < facts->class_count; i++)
        cJSON_AddItemToObject(classes, f->labels->name[i], class_json(&facts->classes[i]));
    cJSON_AddItemToObject(json, "all", class_json(&facts->classes[facts->class_count]));
    cJSON *notes = cJSON_AddArrayToObject(json, "notes");
    for (guint i = 0; i < f->notes->len; i++)
        cJSON_AddItemToArray(notes, cJSON_CreateString(g_ptr_array_index(f->notes, i)));
    add_suspects(json, f);
    add_duplicates(json, f);
    add_label_issues(json, f);
    return json;
}
