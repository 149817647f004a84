// SPDX-License-Identifier: MIT
// Reads the data for an evaluation, and reports classes that the model does not have.
#include "app/data/evaluate_data.h"

#include "app/data/source_folder.h"
#include "app/report/task.h"
#include "app/train/training_card.h"
#include "nn/base/spelling.h"
#include "nn/data/annotation_store.h"

#include <string.h>

enum { LIST_CHARS = 130 }; // longest list of names in an error, bytes

// "a, b, c", cut when it is too long (g_free).
static char *join(const nn_names *names)
{
    GString *text = g_string_new(NULL);
    for (int i = 0; i < names->count; i++) {
        if (i > 0 && text->len + strlen(names->name[i]) > LIST_CHARS) {
            g_string_append_printf(text, ", ... (%d in all)", names->count);
            break;
        }
        g_string_append_printf(text, "%s%s", i ? ", " : "", names->name[i]);
    }
    return g_string_free(text, FALSE);
}

// Whether the rules (may be NULL) have a "NAME=...".
static bool has_rule(const char *rules, const char *name)
{
    char **list = g_strsplit(rules ? rules : "", ",", -1);
    const size_t length = strlen(name);
    bool found = false;
    for (int i = 0; list[i] && !found; i++) {
        const char *rule = g_strstrip(list[i]);
        found = strncmp(rule, name, length) == 0 && rule[length] == '=';
    }
    g_strfreev(list);
    return found;
}

// Lists the classes that the files of a folder name; none for masks, which hold numbers.
static nn_status list_named(const app_data_options *s, const app_source *source, nn_names *found,
                            nn_error *err)
{
    const nn_folder folder = app_source_describe(s, source, source->list);
    *found = (nn_names){0};
    if (source->format->numbered)
        return NN_OK;
    const nn_status status = nn_data_names(source->format, &folder, found, NULL, err);
    if (status != NN_OK)
        nn_names_release(found);
    return status;
}

// NN_EINVAL when a folder holds another kind of labels.
static nn_status check_kind(const app_source *source, nn_data_kind kind, nn_error *err)
{
    const nn_data_format *format;
    const app_task *t, *wanted = app_task_of(kind);
    for (int i = 0; (t = app_task_at(i)) != NULL; i++)
        if (app_task_kind(t) != kind && !nn_data_kind_facts(app_task_kind(t))->unlabelled &&
            nn_data_find(&format, source->path, app_task_kind(t), NULL) == NN_OK)
            return nn_fail(err, NN_EINVAL, "%s holds %s (%s), but the model %s", source->path,
                           t->holds, format->looks_like, wanted ? wanted->does : "");
    return NN_OK;
}

// Names that are matched with each other to read a folder.
typedef struct matching {
    nn_names labels, recorded, names; // names: of the class numbers of the folder
    char *recorded_rules;
    nn_class_map map;
} matching;

// The rule that the user probably needs: "Person=person" (g_free).
static char *suggest(const nn_names *strange, const nn_names *labels)
{
    for (int i = 0; i < strange->count; i++) {
        const char *near =
            nn_spelling_nearest(strange->name[i], (const char *const *)labels->name, labels->count);
        if (near)
            return g_strdup_printf("%s=%s", strange->name[i], near);
    }
    return g_strdup("CLASS=LABEL");
}

static nn_status check_names(const matching *m, const app_data_options *s, const app_source *source,
                             nn_error *err)
{
    const char *rules = s->map;
    const bool whole = nn_data_kind_facts(s->kind)->whole;
    nn_names found;
    nn_status status = list_named(s, source, &found, err);
    if (status != NN_OK)
        return status;
    nn_names strange = {0};
    for (int i = 0; i < found.count && status == NN_OK; i++) {
        const char *name = found.name[i];
        if (nn_class_map_get(&m->map, nn_names_find(&m->names, name)) == NN_CLASS_DROP &&
            !has_rule(rules, name) && !has_rule(m->recorded_rules, name))
            status = nn_names_add(&strange, name, strlen(name), err);
    }
    const int most = whole || found.count == 0 ? 0 : found.count - 1;
    // Any folder of folders looks like a folder of classes.
    if (status == NN_OK && strange.count > most && strange.count == found.count && whole)
        status = check_kind(source, s->kind, err);
    if (status == NN_OK && strange.count > most) {
        g_autofree char *theirs = join(&strange), *ours = join(&m->labels);
        g_autofree char *rule = suggest(&strange, &m->labels);
        status = nn_fail(err, NN_EINVAL,
                         "%.100s: the model does not have these classes: %s; it has: %s (map them "
                         "by --map %s or CLASS=drop)",
                         source->path, theirs, ours, rule);
    }
    nn_names_release(&strange);
    nn_names_release(&found);
    return status;
}

// Prints that class numbers are read as those of the model's training.
static void tell_numbers(const matching *m, const app_source *source)
{
    if (!source->store || !nn_annotation_store_survey(source->store)->fell_back)
        return;
    g_autofree char *names = join(&m->recorded);
    fprintf(stderr,
            "note: %s: class numbers mean %s, as in the model's training (--names says "
            "otherwise)\n",
            source->path, names);
}

// The details that a data set does not have are not scored; says so.
static void drop_details(app_data_options *s)
{
    const app_source *source = &s->list[0];
    if (!s->details || !source->store)
        return;
    const nn_data_survey *found = nn_annotation_store_survey(source->store);
    const unsigned there = (found->shapes > 0 ? NN_DETAIL_OUTLINES : 0u) |
                           (found->posed > 0 ? NN_DETAIL_KEYPOINTS : 0u) |
                           (found->rotated > 0 ? NN_DETAIL_ROTATED : 0u);
    if (!(s->details & there))
        fprintf(stderr, "note: %s: has no %s: only boxes are scored\n", source->path,
                s->details & NN_DETAIL_OUTLINES    ? "outlines of objects"
                : s->details & NN_DETAIL_KEYPOINTS ? "keypoints"
                                                   : "rotated boxes");
    s->details &= there;
}

static nn_status load_folder(matching *m, const app_data_options *all, const app_source *source,
                             nn_dataset *data, nn_error *err)
{
    app_data_options one = {.list = {*source},
                            .count = 1,
                            .kind = all->kind,
                            .classes = all->classes,
                            .numbers = all->numbers,
                            .map = all->map,
                            .details = all->details,
                            .keypoint_set = all->keypoint_set,
                            .score = true};
    const nn_data_format *format;
    if (source->negatives)
        return app_data_options_load(&one, NULL, NULL, data, NULL, err);
    nn_status status = nn_data_find(&format, source->path, all->kind, err);
    if (status == NN_ENOTFOUND)
        return check_kind(source, all->kind, err) == NN_OK ? status : NN_EINVAL;
    if (status == NN_OK)
        status = app_data_options_map(&one, source->path, &m->labels, &m->recorded,
                                      m->recorded_rules, &m->map, &m->names, err);
    if (status == NN_OK) {
        tell_numbers(m, &one.list[0]);
        drop_details(&one);
        status = check_names(m, &one, &one.list[0], err);
    }
    if (status == NN_OK)
        status = app_data_options_load(&one, &m->map, &m->names, data, NULL, err);
    app_source_close(&one.list[0]);
    nn_names_release(&m->names);
    nn_names_release(&one.fallback);
    return status;
}

nn_status app_evaluate_load(const app_data_options *s, const nn_card *card, nn_dataset *data,
                            nn_error *err)
{
    matching *m = g_new0(matching, 1);
    nn_status status =
        nn_names_copy(&m->labels, (const char *const *)card->labels, card->label_count, err);
    if (status == NN_OK)
        status = app_training_classes(card, &m->recorded, &m->recorded_rules, err);
    for (int i = 0; i < s->count && status == NN_OK; i++)
        if (!s->list[i].video)
            status = load_folder(m, s, &s->list[i], data, err);
    nn_names_release(&m->labels);
    nn_names_release(&m->recorded);
    g_free(m->recorded_rules);
    g_free(m);
    return status;
}

nn_status app_data_find_task(char **task, const char *folder, nn_error *err)
{
    app_data_options sources = {.count = 1, .list = {{.path = g_strdup(folder)}}};
    nn_status status = app_data_options_unpack(&sources, err);
    if (status == NN_OK)
        status = app_data_options_find_kind(&sources, err);
    if (status == NN_OK)
        *task = g_strdup(app_task_of(sources.kind)->name);
    app_data_options_release(&sources);
    return status;
}
