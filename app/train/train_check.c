// SPDX-License-Identifier: MIT
// Looks for faults in the data that make a training useless or its scores wrong.
#include "app/train/train_check.h"

#include "app/data/data_duplicates.h"
#include "app/data/label_counts.h"
#include "nn/eval/knn_scores.h"

#include <stdio.h>
#include <string.h>

enum { COARSE = 20 };          // validation pictures below which scores are coarse
enum { RARE = 50 };            // ratio of the most frequent class to the rarest
enum { MOST_COMPARED = 3000 }; // pictures: comparing more takes too long
enum { NAMED = 4 };            // classes named in a line

nn_status app_train_check_lists(const app_train *t, nn_error *err)
{
    const app_data_options *s = &t->o.sources;
    for (int i = 0; i < s->count; i++)
        if (s->list[i].list && g_strcmp0(s->list[i].list, s->list[i].val_list) == 0)
            return nn_fail(err, NN_EINVAL,
                           "--list and --val-list are both %.80s: scores of pictures that were "
                           "learnt say nothing",
                           s->list[i].list);
    return NN_OK;
}

nn_status app_train_check_classes(const app_train *t, nn_error *err)
{
    return t->labels.count < 1 || t->labels.count >= nn_train_task_find(t->o.task)->least_classes
               ? NN_OK
               : nn_fail(err, NN_EINVAL,
                         "'%.80s' is the only class: a classifier needs two or more to tell apart; "
                         "add a folder of pictures that show something else",
                         t->labels.name[0]);
}

static void warn(const char *format, ...) G_GNUC_PRINTF(1, 2);

static void warn(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *line = g_strdup_vprintf(format, args);
    va_end(args);
    app_progress_warning(line);
}

// Counts validation pictures with the name of a training picture; *example gets one of them.
static int count_same_names(const app_train *t, const char **example)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    int count = 0;
    for (int i = 0; i < t->train.count; i++)
        g_hash_table_add(names, t->train.samples[i].name);
    for (int i = 0; i < t->val.count; i++) {
        if (!g_hash_table_contains(names, t->val.samples[i].name))
            continue;
        *example = t->val.samples[i].name;
        count++;
    }
    return count;
}

// Counts validation pictures that look like a training picture; 0 when that is unknown.
static int count_same_looks(app_train *t, const char **example)
{
    app_data_duplicates found;
    int count = 0;
    if (app_data_duplicates_find(&found, &t->train, &t->val, 0, &t->progress, NULL) != NN_OK)
        g_array_set_size(found.pairs, 0);
    g_autofree bool *seen = g_new0(bool, t->val.count + 1);
    for (guint i = 0; i < found.pairs->len; i++) {
        const app_duplicates *p = &g_array_index(found.pairs, app_duplicates, i);
        const int val = p->second - t->train.count;
        if (val < 0 || p->first >= t->train.count || seen[val])
            continue;
        seen[val] = true;
        *example = t->val.samples[val].name;
        count++;
    }
    app_data_duplicates_release(&found);
    return count;
}

static void compare_sets(app_train *t)
{
    const char *example = "";
    const char *how = "are training pictures, too";
    int count = count_same_names(t, &example);
    const bool few = t->train.count + t->val.count <= MOST_COMPARED;
    if (count == 0 && few && !t->o.resume && t->val.count > 0 && !t->val.samples[0].in_memory) {
        how = "look the same as training pictures";
        count = count_same_looks(t, &example);
    }
    if (count == 0)
        return;
    g_autofree char *base = g_path_get_basename(example);
    warn("%d of %d validation pictures %s (%s): scores will be too good; 'neroscale data' lists "
         "them",
         count, t->val.count, how, base);
}

// Names of the classes without examples: "bus, van and 3 more"; NULL: none.
static char *list_missing(const app_train *t, const app_label_counts *c)
{
    GString *text = g_string_new(NULL);
    int missing = 0;
    for (int i = 0; i < c->labels; i++)
        if (c->objects[i] < 1 && ++missing <= NAMED)
            g_string_append_printf(text, "%s%s", missing > 1 ? ", " : "", t->labels.name[i]);
    if (missing > NAMED)
        g_string_append_printf(text, " and %d more", missing - NAMED);
    return g_string_free(text, missing == 0);
}

static void look_at_classes(const app_train *t, const app_label_counts *c, const char *unit)
{
    int least = -1, most = -1;
    g_autofree char *missing = list_missing(t, c);
    if (missing)
        warn("no %s to learn %s from", unit, missing);
    for (int i = 0; i < c->labels; i++) {
        if (c->objects[i] < 1)
            continue;
        least = least < 0 || c->objects[i] < c->objects[least] ? i : least;
        most = most < 0 || c->objects[i] > c->objects[most] ? i : most;
    }
    if (least >= 0 && c->objects[most] >= RARE * c->objects[least])
        warn("%.0f %s of %s, but %.0f of %s: %s", c->objects[least], unit, t->labels.name[least],
             c->objects[most], t->labels.name[most],
             nn_train_task_find(t->o.task)->weigh
                 ? "--class-weights auto lets rare classes count more"
                 : "--balance 0.5 shows rare classes more often");
}

static void look_at_validation(const app_train *t, const char *unit)
{
    app_label_counts c;
    if (t->val.count == 0)
        return;
    app_label_counts_take(&c, &t->val, t->labels.count - t->rivals);
    g_autofree char *missing = list_missing(t, &c);
    if (c.labelled == 0)
        warn("no validation picture has a label: every score will be 0");
    else if (missing)
        warn("no %s of %s to validate: nothing will be said of them", unit, missing);
    if (t->val.count < COARSE)
        warn("only %d pictures to validate: scores are coarse", t->val.count);
    app_label_counts_release(&c);
}

nn_status app_train_check_data(app_train *t, nn_error *err)
{
    const char *unit = app_task_find(t->o.task)->counted;
    app_label_counts c;
    nn_status status = NN_OK;
    if (nn_data_kind_facts(t->o.sources.kind)->unlabelled) {
        if (t->val.count > 0 && app_task_find(t->o.task)->learns_no_labels &&
            nn_knn_folders(&t->val) < 2)
            return nn_fail(err, NN_EINVAL,
                           "the pictures held back lie in one folder, and only folders tell what "
                           "pictures show: leave them out (--val-split 0)");
        if (nn_ranks_index(t->ranks) == 0)
            compare_sets(t);
        return NN_OK;
    }
    app_label_counts_take(&c, &t->train, t->labels.count - t->rivals);
    if (t->train.count > 0 && c.labelled == 0 && !t->o.teachers)
        status = nn_fail(err, NN_EINVAL,
                         "none of the %d pictures to train on has a label: there is nothing to "
                         "learn ('neroscale data' shows what is read)",
                         t->train.count);
    if (status == NN_OK && nn_ranks_index(t->ranks) == 0) {
        look_at_classes(t, &c, unit);
        look_at_validation(t, unit);
        compare_sets(t);
    }
    app_label_counts_release(&c);
    return status;
}
