// SPDX-License-Identifier: MIT
// The table of all decoders, generated from the word list in nn/vision/meson.build.
#include "nn/vision/decode/decode.h"

#include "nn/base/spelling.h"
#include "nn/vision/decode/layout.h"

#include <stdio.h>
#include <string.h>

#define NN_DECODE(word) extern const nn_decoder nn_decode_##word;
#include "nn/vision/decode.inc"
#undef NN_DECODE

#define NN_DECODE(word) &nn_decode_##word,
static const nn_decoder *const decoders[] = {
#include "nn/vision/decode.inc"
    NULL,
};
#undef NN_DECODE

int nn_decoder_count(void)
{
    return (int)(sizeof(decoders) / sizeof(*decoders)) - 1;
}

const nn_decoder *nn_decoder_at(int i)
{
    return i >= 0 && i < nn_decoder_count() ? decoders[i] : NULL;
}

const nn_decoder *nn_decoder_find(const char *name)
{
    for (const nn_decoder *const *d = decoders; *d; d++)
        if (name && !strcmp((*d)->name, name))
            return *d;
    return NULL;
}

const nn_decoder *nn_decoder_for_task(const char *exporter_task, const nn_head_output *outputs,
                                      int n, int input_h, int input_w, int classes)
{
    nn_error err;
    for (const nn_decoder *const *d = decoders; *d; d++)
        if ((*d)->exporter_task && strcmp((*d)->exporter_task, exporter_task) == 0 &&
            (*d)->check(*d, outputs, n, input_h, input_w, classes, &err) == NN_OK)
            return *d;
    return NULL;
}

bool nn_decode_pick(const nn_head_output *outputs, int n, int batch, int item, bool joint,
                    nn_head_output *one)
{
    for (int i = 0; i < n; i++) {
        nn_tensor *t = &one[i].tensor;
        one[i] = outputs[i];
        if (batch == 1 || (joint && t->shape.rank < 3))
            continue;
        if (t->shape.rank < 1 || t->shape.dim[0] != batch)
            return false;
        if (joint)
            continue;
        t->shape.dim[0] = 1;
        if (t->data)
            t->data = nn_tensor_f32(t) + item * nn_shape_count(&t->shape);
    }
    return true;
}

nn_status nn_decode_finish(const nn_decode_sample *sample, nn_candidates *candidates,
                           const nn_nms_options *nms, nn_result *result)
{
    const nn_decoder *d = sample->decoder;
    const nn_overlap overlap = {d->overlap, sample};
    nn_details_clear(&result->details);
    nn_nms_options options = *nms;
    options.overlap = d->overlap ? &overlap : NULL;
    nn_status status = nn_nms(candidates, &options, result);
    if (status == NN_OK && d->describe)
        status = d->describe(sample, result);
    for (int i = 0; status != NN_OK && i < result->count; i++)
        result->boxes[i].detail = 0;
    return status;
}

static void append(char *text, size_t size, const char *name)
{
    const size_t used = strlen(text);
    if (used < size)
        snprintf(text + used, size - used, "%s%s", used ? ", " : "", name);
}

nn_status nn_decoder_check(const nn_decoder *d, const nn_head_output *outputs, int n, int input_h,
                           int input_w, int classes, nn_error *err)
{
    const nn_status status = d->check(d, outputs, n, input_h, input_w, classes, err);
    const int have = d->classes(d, outputs, n, input_h, input_w);
    if (status != NN_ESHAPE || have < 1 || have == classes)
        return status;
    return nn_fail_prefix(err, status,
                          "the outputs are of %d class%s, and there %s %d label%s: give as many "
                          "(--names FILE, labels-file=, or \"labels\" in a .json beside the model)",
                          have, have == 1 ? "" : "es", classes == 1 ? "is" : "are", classes,
                          classes == 1 ? "" : "s");
}

nn_status nn_decoder_unknown(const char *name, nn_error *err)
{
    const char *names[sizeof decoders / sizeof *decoders];
    for (int i = 0; i < nn_decoder_count(); i++)
        names[i] = decoders[i]->name;
    const char *near = nn_spelling_nearest(name, names, nn_decoder_count());
    return nn_fail(err, NN_ENOTFOUND,
                   "there is no head called '%.40s'%s%s%s; 'neroscale list heads' explains all %d",
                   name, near ? ", but '" : "", near ? near : "", near ? "'" : "",
                   nn_decoder_count());
}

const nn_decoder *nn_decoder_of(const char *head, const char *task)
{
    return nn_decoder_find(!*head && strcmp(task, "classify") == 0 ? task : head);
}

const nn_decoder *nn_decoder_guess(const nn_head_output *outputs, int n, int input_h, int input_w,
                                   int *classes, char *fitting, size_t size)
{
    const nn_decoder *found = NULL, *usual = NULL, *named = NULL;
    int sure = 0, usually = 0, by_name = 0;
    if (fitting)
        fitting[0] = '\0';
    for (const nn_decoder *const *d = decoders; *d; d++) {
        const int count = (*d)->classes(*d, outputs, n, input_h, input_w);
        if (count < 1)
            continue;
        if (fitting)
            append(fitting, size, (*d)->name);
        if (!(*d)->by_shape ||
            ((*d)->output_name && !nn_decode_named(outputs, n, (*d)->output_name)))
            continue;
        if ((*d)->output_name) {
            by_name++;
            named = *d;
        }
        sure++;
        found = *d;
        *classes = count;
        const int names = (*d)->input.label_count;
        if (count == (names > 0 ? names : NN_COCO_CLASSES)) {
            usually++;
            usual = *d;
        }
    }
    if (by_name == 1) {
        *classes = named->classes(named, outputs, n, input_h, input_w);
        return named;
    }
    if (sure == 1 || usually != 1)
        return sure == 1 ? found : NULL;
    *classes = usual->classes(usual, outputs, n, input_h, input_w);
    return usual;
}
