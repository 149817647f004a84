// SPDX-License-Identifier: MIT
// Statistics of labels: classes, sizes, tracks, and how often teachers agree.
#include "app/label/stats.h"
#include "app/cli/arguments.h"

#include "app/cli/json_file.h"
#include "app/cli/output.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PARTS = 3 }; // small, medium, large, as COCO defines them

typedef struct class_count {
    int labels, ignored, linked;
} class_count;

typedef struct numbers {
    class_count *of; // one for each class
    class_count all;
    int pictures, chosen, empty,
        most; // empty: pictures without labels; most: labels on one picture
    int size[PARTS];
    GArray *heights;                   // of int: heights of labels in pixels
    int by[LABEL_MAX_TEACHERS];        // labels that each teacher found
    int alone[LABEL_MAX_TEACHERS];     // labels that only this teacher found
    int agree[LABEL_MAX_TEACHERS + 1]; // labels that this many teachers found
    double passes;                     // mean fraction of the passes that found a label
} numbers;

static void count_size(numbers *n, const nn_box *b)
{
    const float area = (b->x1 - b->x0) * (b->y1 - b->y0);
    const int height = (int)(b->y1 - b->y0 + 0.5f);
    n->size[area < 32 * 32 ? 0 : area < 96 * 96 ? 1 : 2]++;
    g_array_append_val(n->heights, height);
}

static void count_agreement(numbers *n, const label_box *b, int teachers)
{
    int who = 0;
    for (int i = 0; i < teachers; i++) {
        const bool found = b->models >> i & 1;
        who += found;
        n->by[i] += found;
        n->alone[i] += b->models == (uint32_t)1 << i;
    }
    n->agree[who]++;
    n->passes += (double)b->found / b->looked;
}

static void count_box(numbers *n, const label_telling *t, const label_box *b)
{
    const int c = t->to[b->box.label];
    if (c < 0)
        return;
    class_count *both[] = {&n->of[c], &n->all};
    for (int i = 0; i < 2; i++) {
        both[i]->labels += !b->ignore;
        both[i]->ignored += b->ignore;
        both[i]->linked += !b->ignore && b->origin == LABEL_LINKED;
    }
    if (b->ignore)
        return;
    count_size(n, &b->box);
    if (b->origin == LABEL_FOUND)
        count_agreement(n, b, label_teachers_count(t->teachers));
}

static int rising(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static int quantile(GArray *list, double part)
{
    if (!list || !list->len)
        return 0;
    g_array_sort(list, rising);
    return g_array_index(list, int, (guint)(part * (list->len - 1)));
}

static void count_all(numbers *n, const label_telling *t)
{
    *n = (numbers){.of = g_new0(class_count, t->classes->count + 1),
                   .heights = g_array_new(FALSE, FALSE, sizeof(int)),
                   .pictures = t->set->pictures};
    for (int p = 0; p < t->set->pictures; p++) {
        const int before = n->all.labels;
        n->chosen += t->chosen[p];
        for (guint i = 0; i < t->set->boxes[p]->len; i++)
            count_box(n, t, label_set_at(t->set, p, (int)i));
        const int labels = n->all.labels - before;
        n->empty += labels == 0;
        n->most = MAX(n->most, labels);
    }
}

static double part(int of, int all)
{
    return all > 0 ? (double)of / all : 0;
}

static void print_classes(FILE *f, const numbers *n, const label_telling *t)
{
    fprintf(f, "%-20s %8s %8s %8s\n", "class", "labels", "linked", "ignored");
    for (int i = 0; i <= t->classes->count; i++) {
        const class_count *c = i < t->classes->count ? &n->of[i] : &n->all;
        fprintf(f, "%-20s %8d %8d %8d\n", i < t->classes->count ? t->classes->name[i] : "all",
                c->labels, c->linked, c->ignored);
    }
}

static void print_tracks(FILE *f, const label_link_report *r)
{
    if (!r->lengths)
        return;
    fprintf(f,
            "\ntracks           %d, of %d, %d and %d pictures (shortest, median, longest)\n"
            "linked           %d boxes between two found ones\n"
            "raised           %d low-score boxes of confident tracks\n"
            "low score        %d low-score boxes of objects that move\n"
            "flickers         %d objects found on too few pictures\n"
            "static           %d positions where nothing changes and no score is high\n",
            r->tracks, quantile(r->lengths, 0), quantile(r->lengths, 0.5), quantile(r->lengths, 1),
            r->linked, r->raised, r->low_score, r->flickers, r->statics);
}

static void print_agreement(FILE *f, const numbers *n, const label_telling *t)
{
    const int teachers = label_teachers_count(t->teachers), found = n->all.labels - n->all.linked;
    fprintf(f, "\n%-40s %8s %8s\n", "teacher", "found", "alone");
    for (int i = 0; i < teachers; i++)
        fprintf(f, "%-40s %7.1f%% %7.1f%%\n", label_teachers_name(t->teachers, i),
                100 * part(n->by[i], found), 100 * part(n->alone[i], found));
    for (int i = teachers; i > 0 && teachers > 1; i--)
        fprintf(f, "%d of %d teachers found %.1f %% of the labels\n", i, teachers,
                100 * part(n->agree[i], found));
    fprintf(f, "a label was found by %.1f %% of the passes that saw its place\n",
            found ? 100 * n->passes / found : 0);
}

static nn_status write_text(const numbers *n, const label_telling *t, const char *path,
                            nn_error *err)
{
    app_output out;
    nn_status status = app_output_open(&out, path, err);
    if (status != NN_OK)
        return status;
    FILE *f = out.file;
    g_autofree char *input = app_show_address(t->input);
    fprintf(f, "Labels of %s\n\n", input);
    fprintf(f, "%d pictures looked at%s", n->pictures, t->stopped ? " before it was stopped" : "");
    if (t->every > 1)
        fprintf(f, ", every %d frames", t->every);
    fprintf(f,
            ", %d passes each; %d written; %d without labels, %.1f labels a picture, %d at most\n",
            label_teachers_passes(t->teachers), n->chosen, n->empty,
            part(n->all.labels, n->pictures), n->most);
    fprintf(f, "labels from score %.3g on, to be ignored from %.3g on\n\n", t->link->keep,
            t->link->ignore);
    print_classes(f, n, t);
    fprintf(f,
            "\nsizes            %d small (to 32x32), %d medium (to 96x96), %d large\n"
            "heights          %d, %d, %d pixels (tenth, median, nine tenths)\n",
            n->size[0], n->size[1], n->size[2], quantile(n->heights, 0.1),
            quantile(n->heights, 0.5), quantile(n->heights, 0.9));
    print_tracks(f, &t->set->report);
    print_agreement(f, n, t);
    return app_output_close(&out, NN_OK, err);
}

static cJSON *count_json(const class_count *c)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "labels", c->labels);
    cJSON_AddNumberToObject(json, "linked", c->linked);
    cJSON_AddNumberToObject(json, "ignored", c->ignored);
    return json;
}

static void add_tracks(cJSON *json, const label_link_report *r)
{
    if (!r->lengths)
        return;
    cJSON *tracks = cJSON_AddObjectToObject(json, "tracks");
    cJSON_AddNumberToObject(tracks, "count", r->tracks);
    cJSON_AddNumberToObject(tracks, "median_pages", quantile(r->lengths, 0.5));
    cJSON_AddNumberToObject(tracks, "longest_pages", quantile(r->lengths, 1));
    cJSON_AddNumberToObject(tracks, "linked_boxes", r->linked);
    cJSON_AddNumberToObject(tracks, "raised_boxes", r->raised);
    cJSON_AddNumberToObject(tracks, "low_score_boxes", r->low_score);
    cJSON_AddNumberToObject(tracks, "flickers", r->flickers);
    cJSON_AddNumberToObject(tracks, "still_places", r->statics);
}

static void add_teachers(cJSON *json, const numbers *n, const label_telling *t)
{
    const int found = n->all.labels - n->all.linked;
    cJSON *list = cJSON_AddArrayToObject(json, "teachers");
    for (int i = 0; i < label_teachers_count(t->teachers); i++) {
        cJSON *one = cJSON_CreateObject();
        cJSON_AddStringToObject(one, "model", label_teachers_name(t->teachers, i));
        cJSON_AddNumberToObject(one, "found", part(n->by[i], found));
        cJSON_AddNumberToObject(one, "alone", part(n->alone[i], found));
        cJSON_AddItemToArray(list, one);
    }
    cJSON_AddNumberToObject(json, "passes", label_teachers_passes(t->teachers));
    cJSON_AddNumberToObject(json, "agreeing_passes", found ? n->passes / found : 0);
}

static nn_status write_json(const numbers *n, const label_telling *t, const char *path,
                            nn_error *err)
{
    static const char *const sizes[PARTS] = {"small", "medium", "large"};
    cJSON *json = cJSON_CreateObject();
    g_autofree char *input = app_show_address(t->input);
    cJSON_AddStringToObject(json, "input", input);
    cJSON_AddNumberToObject(json, "pictures", n->pictures);
    cJSON_AddNumberToObject(json, "every", t->every);
    cJSON_AddNumberToObject(json, "written", n->chosen);
    cJSON_AddNumberToObject(json, "empty", n->empty);
    cJSON_AddNumberToObject(json, "most_labels", n->most);
    cJSON_AddNumberToObject(json, "keep", t->link->keep);
    cJSON_AddNumberToObject(json, "ignore", t->link->ignore);
    cJSON_AddNumberToObject(json, "seconds_a_picture", t->seconds);
    cJSON *classes = cJSON_AddObjectToObject(json, "classes");
    for (int i = 0; i < t->classes->count; i++)
        cJSON_AddItemToObject(classes, t->classes->name[i], count_json(&n->of[i]));
    cJSON_AddItemToObject(json, "all", count_json(&n->all));
    cJSON *size = cJSON_AddObjectToObject(json, "sizes");
    for (int i = 0; i < PARTS; i++)
        cJSON_AddNumberToObject(size, sizes[i], n->size[i]);
    cJSON_AddNumberToObject(size, "median_height", quantile(n->heights, 0.5));
    add_tracks(json, &t->set->report);
    add_teachers(json, n, t);
    const nn_status status = app_json_write(json, path, err);
    cJSON_Delete(json);
    return status;
}

nn_status label_write_stats(const label_telling *t, const char *dir, nn_error *err)
{
    numbers n;
    g_autofree char *text = g_build_filename(dir, "report.txt", NULL);
    g_autofree char *json = g_build_filename(dir, "report.json", NULL);
    count_all(&n, t);
    nn_status status = write_text(&n, t, text, err);
    if (status == NN_OK && t->stopped)
        unlink(json);
    else if (status == NN_OK)
        status = write_json(&n, t, json, err);
    g_free(n.of);
    g_array_unref(n.heights);
    return status;
}
