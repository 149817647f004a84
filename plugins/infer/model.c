// SPDX-License-Identifier: MIT
// Opens a detector with its class names and parses class filters.
#include "plugins/infer/model.h"

static NeroLabels *make_labels(const nn_detector *d)
{
    const nn_card *card = nn_detector_card(d);
    g_autofree char *name = g_path_get_basename(nn_detector_path(d));
    char *dot = strrchr(name, '.');
    if (dot && dot != name)
        *dot = '\0';
    return nero_labels_new(name, (const char *const *)card->labels, card->label_count);
}

NeroModel *nero_model_open(const char *name, const nn_detector_options *options, nn_error *err)
{
    const nn_detector_options o = {.threads = options->threads,
                                   .threshold = -1,
                                   .iou_threshold = -1,
                                   .head = options->head,
                                   .labels = options->labels,
                                   .texts = options->texts,
                                   .precision = options->precision,
                                   .tail_limits = options->tail_limits,
                                   .input_h = options->input_h,
                                   .input_w = options->input_w};
    nn_detector *detector;
    if (nn_detector_open(&detector, name, &o, err) != NN_OK)
        return NULL;
    NeroModel *m = g_new0(NeroModel, 1);
    m->detector = detector;
    m->labels = make_labels(detector);
    m->refs = 1;
    return m;
}

NeroModel *nero_model_ref(NeroModel *m)
{
    g_atomic_int_inc(&m->refs);
    return m;
}

void nero_model_unref(NeroModel *m)
{
    if (!m || !g_atomic_int_dec_and_test(&m->refs))
        return;
    nn_detector_free(m->detector);
    nero_labels_unref(m->labels);
    g_free(m);
}

char *nero_model_note(const NeroModel *m)
{
    const nn_card *card = nn_detector_card(m->detector);
    char text[512];
    if (nn_detector_choice(m->detector))
        return g_strdup_printf("model=auto takes %s", nn_detector_choice(m->detector));
    if (nn_card_remark(card, text, sizeof text))
        return g_strdup_printf("%s: %s", nn_detector_path(m->detector), text);
    const int untuned = nn_detector_untuned(m->detector);
    if (untuned > 0)
        return g_strdup_printf("%s.tuned.json names unknown implementations for %d nodes; "
                               "'neroscale bench --tune' measures again",
                               nn_detector_path(m->detector), untuned);
    return NULL;
}

static nn_status refuse_label(const NeroLabels *labels, const char *word, nn_error *err)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (int i = 0; i < nero_labels_count(labels); i++)
        g_string_append_printf(names, "%s%s", i ? ", " : "", nero_labels_name(labels, i));
    return nn_fail(err, NN_EINVAL, "it has no class \"%s\", only: %s", word, names->str);
}

// Index of the longest label at the start of `text` that is followed by a comma or the end: names
// may contain commas. Moves *text behind it. -1 when there is none.
static int take_label(const NeroLabels *labels, const char **text)
{
    int found = -1;
    size_t longest = 0;
    for (int i = 0; i < nero_labels_count(labels); i++) {
        const char *name = nero_labels_name(labels, i);
        const size_t length = strlen(name);
        if (length <= longest || strncmp(*text, name, length) != 0)
            continue;
        const char end = (*text)[length + strspn(*text + length, " \t")];
        if (end != '\0' && end != ',')
            continue;
        found = i;
        longest = length;
    }
    *text += longest;
    return found;
}

nn_status nero_model_filter(const NeroModel *m, const char *filter, bool **mask, nn_error *err)
{
    nn_status status = NN_OK;
    int words = 0;
    *mask = NULL;
    if (!filter || !*filter)
        return NN_OK;
    *mask = g_new0(bool, nero_labels_count(m->labels) + 1);
    for (const char *at = filter; *(at += strspn(at, " \t,"));) {
        const int label = take_label(m->labels, &at);
        words++;
        if (label >= 0) {
            (*mask)[label] = true;
            continue;
        }
        g_autofree char *word = g_strndup(at, strcspn(at, ","));
        at += strlen(word);
        if (status == NN_OK)
            status = refuse_label(m->labels, g_strstrip(word), err);
    }
    if (!words)
        g_clear_pointer(mask, g_free);
    return status;
}
