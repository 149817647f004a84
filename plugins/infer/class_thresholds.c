// SPDX-License-Identifier: MIT
// Parses "class=score,class=score".
#include "plugins/infer/class_thresholds.h"

#include "nn/base/spelling.h"

#include <string.h>

static nn_status refuse_class(const NeroLabels *labels, const char *word, nn_error *err)
{
    const int count = nero_labels_count(labels);
    g_autofree const char **names = g_new0(const char *, count + 1);
    for (int i = 0; i < count; i++)
        names[i] = nero_labels_name(labels, i);
    const char *meant = nn_spelling_nearest(word, names, count);
    g_autofree char *all = g_strjoinv(", ", (char **)names);
    return meant ? nn_fail(err, NN_EINVAL, "thresholds: no class \"%s\"; did you mean \"%s\"?",
                           word, meant)
                 : nn_fail(err, NN_EINVAL, "thresholds: no class \"%s\", only: %s", word, all);
}

// Index of the longest label at the start of `text` that is followed by '='; names may contain
// commas. Moves *text behind it. -1 when there is none.
static int take_label(const NeroLabels *labels, const char **text)
{
    int found = -1;
    size_t longest = 0;
    for (int i = 0; i < nero_labels_count(labels); i++) {
        const char *name = nero_labels_name(labels, i);
        const size_t length = strlen(name);
        if (length <= longest || strncmp(*text, name, length) != 0 ||
            (*text)[length + strspn(*text + length, " \t")] != '=')
            continue;
        found = i;
        longest = length;
    }
    *text += longest;
    return found;
}

// Reads "= 0.5"; moves *text behind it, or to the comma after what is wrong.
static gboolean take_score(const char **text, float *score)
{
    const char *at = *text + strspn(*text, " \t");
    char *end = (char *)at;
    double value = -1;
    if (*at == '=')
        value = g_ascii_strtod(at + 1, &end);
    const gboolean good =
        end > at + 1 && value >= 0 && value <= 1 && strchr(",", end[strspn(end, " \t")]);
    *score = (float)value;
    *text = at + strcspn(at, ",");
    return good;
}

nn_status nero_class_thresholds_parse(const char *text, const NeroLabels *labels, float all,
                                      const float *usual, float **thresholds, nn_error *err)
{
    nn_status status = NN_OK;
    const int count = nero_labels_count(labels);
    *thresholds = NULL;
    if (!usual && (!text || !text[strspn(text, " \t,")]))
        return NN_OK;
    text = text ? text : "";
    float *t = *thresholds = g_new(float, count + 1);
    for (int i = 0; i < count; i++)
        t[i] = usual ? usual[i] : all;
    for (const char *at = text; *(at += strspn(at, " \t,"));) {
        const char *begin = at;
        const int label = take_label(labels, &at);
        float score;
        const gboolean good = take_score(&at, &score);
        g_autofree char *part = g_strndup(begin, (gsize)(at - begin));
        g_autofree char *word = g_strndup(begin, strcspn(begin, "=,"));
        if (label >= 0 && good)
            t[label] = score;
        else if (status == NN_OK && label < 0 && strchr(part, '='))
            status = refuse_class(labels, g_strstrip(word), err);
        else if (status == NN_OK)
            status =
                nn_fail(err, NN_EINVAL,
                        "thresholds: \"%s\" is not CLASS=SCORE with a score from 0 to 1", part);
    }
    return status;
}
