// SPDX-License-Identifier: MIT
// Keeps findings and prints them as lines or JSON.
#include "app/doctor/findings.h"

#include <stdarg.h>
#include <string.h>

static const struct {
    const char *word, *colour;
} states[] = {
    [APP_STATE_OK] = {"ok", "32"},
    [APP_STATE_NOTE] = {"note", "36"},
    [APP_STATE_MISSING] = {"missing", "33"},
    [APP_STATE_FAILS] = {"FAILS", "1;31"},
};

static void free_finding(void *data)
{
    app_finding *f = data;
    g_free(f->name);
    g_free(f->text);
    g_free(f->mend);
    g_free(f->packages);
    g_free(f);
}

void app_findings_init(app_findings *f)
{
    f->list = g_ptr_array_new_with_free_func(free_finding);
}

void app_findings_release(app_findings *f)
{
    g_clear_pointer(&f->list, g_ptr_array_unref);
}

app_finding *app_findings_add(app_findings *f, const char *group, const char *name, app_state state,
                              const char *format, ...)
{
    app_finding *one = g_new0(app_finding, 1);
    va_list list;
    va_start(list, format);
    *one = (app_finding){.group = group,
                         .name = g_strdup(name),
                         .state = state,
                         .text = g_strdup_vprintf(format, list)};
    va_end(list);
    g_ptr_array_add(f->list, one);
    return one;
}

void app_finding_mend(app_finding *f, const char *packages, const char *format, ...)
{
    g_free(f->mend);
    g_free(f->packages);
    f->mend = NULL;
    f->packages = g_strdup(packages);
    if (!format) {
        f->mend = packages ? g_strdup_printf("apt install %s", packages) : NULL;
        return;
    }
    va_list list;
    va_start(list, format);
    f->mend = g_strdup_vprintf(format, list);
    va_end(list);
}

static const app_finding *at(const app_findings *f, guint i)
{
    return g_ptr_array_index(f->list, i);
}

int app_findings_count(const app_findings *f, app_state state)
{
    int count = 0;
    for (guint i = 0; i < f->list->len; i++)
        count += at(f, i)->state == state;
    return count;
}

static int columns(const char *text)
{
    return (int)g_utf8_strlen(text, -1);
}

static void print_one(const app_finding *one, int width, FILE *out, bool colour)
{
    const char *word = states[one->state].word;
    fprintf(out, "  %s%s%s%s%s%*s", colour ? "\033[" : "", colour ? states[one->state].colour : "",
            colour ? "m" : "", word, colour ? "\033[0m" : "", 9 - columns(word), "");
    fprintf(out, "%s%*s%s%s%s\n", one->name, width + 2 - columns(one->name), "", one->text,
            one->mend ? ": " : "", one->mend ? one->mend : "");
}

// Each package once, in the order of the findings (g_free); NULL: none.
static char *all_packages(const app_findings *f)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < f->list->len; i++) {
        if (at(f, i)->state < APP_STATE_MISSING || !at(f, i)->packages)
            continue;
        g_auto(GStrv) words = g_strsplit(at(f, i)->packages, " ", -1);
        for (char **w = words; *w; w++)
            if (!g_ptr_array_find_with_equal_func(names, *w, g_str_equal, NULL))
                g_ptr_array_add(names, g_strdup(*w));
    }
    if (names->len == 0)
        return NULL;
    g_ptr_array_add(names, NULL);
    return g_strjoinv(" ", (char **)names->pdata);
}

void app_findings_print(const app_findings *f, FILE *out, bool colour)
{
    const char *group = "";
    int width = 0;
    for (guint i = 0; i < f->list->len; i++)
        width = MAX(width, columns(at(f, i)->name));
    for (guint i = 0; i < f->list->len; i++) {
        if (strcmp(group, at(f, i)->group) != 0)
            fprintf(out, "%s%s\n", i > 0 ? "\n" : "", at(f, i)->group);
        group = at(f, i)->group;
        print_one(at(f, i), width, out, colour);
    }
    const int fails = app_findings_count(f, APP_STATE_FAILS);
    const int missing = app_findings_count(f, APP_STATE_MISSING);
    g_autofree char *packages = all_packages(f);
    fprintf(out, "\n");
    if (fails > 0)
        fprintf(out, "%d of the things that every run needs %s not work.\n", fails,
                fails > 1 ? "do" : "does");
    else
        fprintf(out, "All that a run needs is here.\n");
    if (missing > 0)
        fprintf(out, "%d more %s missing, which only some runs need.\n", missing,
                missing > 1 ? "things are" : "thing is");
    if (packages)
        fprintf(out, "To install what is missing: apt install %s\n", packages);
}

cJSON *app_findings_json(const app_findings *f)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddBoolToObject(json, "ok", app_findings_count(f, APP_STATE_FAILS) == 0);
    cJSON *list = cJSON_AddArrayToObject(json, "findings");
    for (guint i = 0; list && i < f->list->len; i++) {
        const app_finding *one = at(f, i);
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "group", one->group);
        cJSON_AddStringToObject(item, "name", one->name);
        g_autofree char *state = g_ascii_strdown(states[one->state].word, -1);
        cJSON_AddStringToObject(item, "state", state);
        cJSON_AddStringToObject(item, "text", one->text);
        if (one->mend)
            cJSON_AddStringToObject(item, "mend", one->mend);
        if (one->packages)
            cJSON_AddStringToObject(item, "packages", one->packages);
        cJSON_AddItemToArray(list, item);
    }
    if (!list) {
        cJSON_Delete(json);
        return NULL;
    }
    return json;
}
