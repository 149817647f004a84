// SPDX-License-Identifier: MIT
// Names of classes that all boxes of a model share.
#include "plugins/meta/nerometa.h"

#include <string.h>

struct NeroLabels {
    gint refs; // atomic
    char *model;
    int count;
    GQuark *names; // count entries
};

NeroLabels *nero_labels_new(const char *model, const char *const *names, int count)
{
    NeroLabels *labels = g_new0(NeroLabels, 1);
    labels->refs = 1;
    labels->model = g_strdup(model ? model : "");
    labels->count = MAX(count, 0);
    labels->names = g_new0(GQuark, labels->count);
    for (int i = 0; i < labels->count; i++)
        labels->names[i] = g_quark_from_string(names[i] ? names[i] : "object");
    return labels;
}

NeroLabels *nero_labels_ref(NeroLabels *labels)
{
    g_atomic_int_inc(&labels->refs);
    return labels;
}

void nero_labels_unref(NeroLabels *labels)
{
    if (!labels || !g_atomic_int_dec_and_test(&labels->refs))
        return;
    g_free(labels->model);
    g_free(labels->names);
    g_free(labels);
}

const char *nero_labels_model(const NeroLabels *labels)
{
    return labels->model;
}

int nero_labels_count(const NeroLabels *labels)
{
    return labels->count;
}

GQuark nero_labels_quark(const NeroLabels *labels, int label)
{
    if (label < 0 || label >= labels->count)
        return g_quark_from_static_string("object");
    return labels->names[label];
}

const char *nero_labels_name(const NeroLabels *labels, int label)
{
    return g_quark_to_string(nero_labels_quark(labels, label));
}

int nero_labels_find(const NeroLabels *labels, const char *name)
{
    for (int i = 0; i < labels->count; i++) {
        if (strcmp(g_quark_to_string(labels->names[i]), name) == 0)
            return i;
    }
    return -1;
}
