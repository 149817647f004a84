// SPDX-License-Identifier: MIT
// Chooses the classes of a training: those of --classes, else those of the data or of --init.
#include "app/train/train_classes.h"

#include <stdio.h>
#include <string.h>

// Appends the rivals to the labels: those of --rivals or, for "rest", all other classes of the
// model that is trained further.
static nn_status add_rivals(app_train *t, nn_error *err)
{
    nn_names rivals = {0};
    const bool rest = strcmp(t->o.rivals, "rest") == 0;
    const nn_card *start = t->o.start ? &t->o.start->card : NULL;
    if (!nn_train_task_find(t->o.task)->rivals || !t->o.classes || (rest && !start))
        return nn_fail(err, NN_EINVAL, "--rivals %s needs --classes%s of a detector", t->o.rivals,
                       rest ? " and --init" : "");
    nn_status status = rest ? nn_names_copy(&rivals, (const char *const *)start->labels,
                                            nn_card_classes(start), err)
                            : nn_names_parse(&rivals, t->o.rivals, err);
    for (int i = 0; i < rivals.count && status == NN_OK; i++)
        if (!rest || nn_names_find(&t->labels, rivals.name[i]) < 0)
            status = nn_names_add(&t->labels, rivals.name[i], strlen(rivals.name[i]), err);
    nn_names_release(&rivals);
    return status;
}

static bool has_video(const app_data_options *s)
{
    for (int i = 0; i < s->count; i++)
        if (s->list[i].video)
            return true;
    return false;
}

static char *join(const nn_names *names)
{
    GString *text = g_string_new(NULL);
    for (int i = 0; i < names->count; i++)
        g_string_append_printf(text, "%s%s", i ? "," : "", names->name[i]);
    return g_string_free(text, FALSE);
}

// Takes the classes of --init when they include those of the data. The data say nothing about the
// others, so their outputs stay.
static nn_status inherit_labels(app_train *t, const nn_card *from, nn_error *err)
{
    nn_names old = {0};
    nn_status status =
        nn_names_copy(&old, (const char *const *)from->labels, from->label_count, err);
    if (status != NN_OK)
        return status;
    g_autofree char *known = join(&t->labels), *all = join(&old);
    for (int i = 0; i < t->o.sources.count && t->labels.count < old.count; i++) {
        app_source *source = &t->o.sources.list[i];
        if (!source->known && !source->negatives && t->labels.count > 0)
            source->known = g_strdup(known);
    }
    if (t->labels.count > 0 && t->labels.count < old.count)
        fprintf(stderr,
                "classes of %s: %s; the data name %s, and what is known of the others stays "
                "(--classes %s for a model of these alone)\n",
                t->o.init, all, known, known);
    nn_names_release(&t->labels);
    t->labels = old;
    return NN_OK;
}

// The classes that the data name; for detectors the classes of --init when they include these. A
// video names none.
static nn_status find_labels(app_train *t, nn_error *err)
{
    const nn_card *from = t->o.start ? &t->o.start->card : NULL;
    const bool video = has_video(&t->o.sources);
    const bool boxes =
        nn_data_kind_facts(t->o.sources.kind)->objects && from && from->label_count > 0;
    const bool one = boxes && from->label_count == 1;
    if (video && one && !app_data_options_first_folder(&t->o.sources))
        return inherit_labels(t, from, err);
    const nn_status status = app_data_options_labels(&t->o.sources, &t->labels, err);
    if (status != NN_OK || !boxes || (video && !one))
        return status;
    const nn_names old = {from->labels, from->label_count};
    for (int i = 0; i < t->labels.count; i++)
        if (nn_names_find(&old, t->labels.name[i]) < 0)
            return NN_OK;
    return inherit_labels(t, from, err);
}

nn_status app_train_choose_labels(app_train *t, nn_error *err)
{
    t->asked = t->o.classes;
    nn_status status =
        t->o.classes ? nn_names_parse(&t->labels, t->o.classes, err) : find_labels(t, err);
    t->rivals = -t->labels.count;
    if (status == NN_OK && t->o.rivals)
        status = add_rivals(t, err);
    t->rivals += t->labels.count;
    for (int i = 0; i < t->labels.count && status == NN_OK; i++)
        if (nn_names_find(&t->labels, t->labels.name[i]) < i)
            status = nn_fail(err, NN_EINVAL, "--classes%s: '%s' is given twice",
                             t->o.rivals ? ", --rivals" : "", t->labels.name[i]);
    if (status == NN_OK && !t->o.classes) // the checkpoint records what the data named
        t->o.classes = join(&t->labels);
    return status;
}
