// SPDX-License-Identifier: MIT
// What a user of a window downstream wants: another threshold, classes that are left out.
#include "plugins/common/adjust.h"
#include "plugins/infer/neroinfer.h"

// The names in `list` without `label`, or all names of the model; NULL when none is left.
static char *without(const char *list, NeroLabels *labels, const char *label)
{
    g_autoptr(GString) kept = g_string_new(NULL);
    g_auto(GStrv) words = list && *list ? g_strsplit(list, ",", -1) : NULL;
    const int count = words ? (int)g_strv_length(words) : nero_labels_count(labels);
    for (int i = 0; i < count; i++) {
        const char *word = words ? g_strstrip(words[i]) : nero_labels_name(labels, i);
        if (*word && g_strcmp0(word, label) != 0)
            g_string_append_printf(kept, "%s%s", kept->len > 0 ? "," : "", word);
    }
    return kept->len > 0 ? g_strdup(kept->str) : NULL;
}

static gboolean ignore(NeroInfer *self, const char *label)
{
    if (!nero_gate_try(&self->gate)) // no model, no classes
        return FALSE;
    NeroLabels *labels = nero_engine_labels(self->engine);
    GST_OBJECT_LOCK(self);
    char *kept = label && !labels ? NULL
                 : label          ? without(self->props.labels, labels, label)
                         : g_strdup(self->ignores ? self->labels_before : self->props.labels);
    const gboolean ok = label ? kept != NULL : TRUE;
    if (ok && label && !self->ignores)
        self->labels_before = g_strdup(self->props.labels);
    if (ok) {
        self->ignores = label != NULL;
        g_free(self->props.labels);
        self->props.labels = kept;
        self->props_changed = TRUE;
    }
    if (!label)
        g_clear_pointer(&self->labels_before, g_free);
    GST_OBJECT_UNLOCK(self);
    nero_gate_leave(&self->gate);
    return ok;
}

gboolean nero_infer_adjust(NeroInfer *self, GstEvent *event, gboolean *ok)
{
    float threshold, change;
    const char *label;
    *ok = TRUE;
    if (nero_adjust_is_threshold(event, &threshold, &change)) {
        GST_OBJECT_LOCK(self);
        if (self->props.threshold >= 0)
            self->props.threshold = CLAMP(threshold, 0, 1);
        else // the classes of the model keep their differences
            self->props.threshold_shift = CLAMP(self->props.threshold_shift + change, -1, 1);
        self->props_changed = TRUE;
        GST_OBJECT_UNLOCK(self);
        return TRUE;
    }
    if (!nero_adjust_is_ignore(event, &label))
        return FALSE;
    *ok = ignore(self, label);
    return TRUE;
}
