// SPDX-License-Identifier: MIT
// Boxes of queries.
#include "nn/vision/decode/queries.h"

#include <math.h>

typedef struct queries {
    const nn_head_output *logits, *boxes;
    int64_t count;
    int columns;
} queries;

static bool find_queries(const nn_query_form *f, const nn_head_output *outputs, int n, queries *q)
{
    *q = (queries){.logits = nn_decode_named(outputs, n, "logit"),
                   .boxes = nn_decode_named(outputs, n, "box")};
    if (f->rfdetr && !q->logits && !q->boxes)
        *q = (queries){.logits = nn_decode_named(outputs, n, "labels"),
                       .boxes = nn_decode_named(outputs, n, "dets")};
    if (n != 2 || !q->logits || !q->boxes || q->logits == q->boxes ||
        !nn_decode_has_rank(q->logits, 3) || !nn_decode_has_rank(q->boxes, 3))
        return false;
    const int64_t *a = q->logits->tensor.shape.dim, *b = q->boxes->tensor.shape.dim;
    q->count = a[1];
    q->columns = (int)a[2];
    return a[0] == b[0] && a[1] == b[1] && a[2] < 1 << 20 && b[2] == 4;
}

int nn_queries_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w)
{
    const nn_query_form *f = self->form;
    queries q;
    (void)input_h, (void)input_w;
    return find_queries(f, outputs, n, &q) ? q.columns - f->softmax : 0;
}

nn_status nn_queries_check(const nn_decoder *self, const nn_head_output *outputs, int n,
                           int input_h, int input_w, int classes, nn_error *err)
{
    const nn_query_form *f = self->form;
    const int have = nn_queries_classes(self, outputs, n, input_h, input_w);
    if (have > 0 && (classes == 0 || have == classes))
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "\"logits\" NxQx%s%.0d%s and \"boxes\" NxQx4 are needed",
                            classes ? "" : "classes", classes ? classes + f->softmax : 0,
                            f->softmax ? classes ? " (one for no object)" : " + 1" : "");
}

// The probability of the likeliest class.
static float find_best(const float *z, const nn_query_form *f, int classes, int *label)
{
    *label = nn_decode_best(z, classes);
    if (!f->softmax)
        return isfinite(z[*label]) ? 1 / (1 + expf(-z[*label])) : NAN;
    const float most = fmaxf(z[*label], z[classes]);
    float sum = 0;
    for (int c = 0; c <= classes; c++)
        sum += expf(z[c] - most);
    return expf(z[*label] - most) / sum;
}

void nn_queries_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                       const nn_letterbox *l, const nn_decode_options *options,
                       nn_candidates *candidates)
{
    const float w = (float)l->input_w, h = (float)l->input_h;
    queries q;
    if (!find_queries(self->form, outputs, n, &q))
        return;
    for (int64_t i = 0; i < q.count; i++) {
        int label;
        const float score =
            find_best(nn_decode_row(q.logits, item, i), self->form, options->classes, &label);
        const float *b = nn_decode_row(q.boxes, item, i);
        if (nn_decode_wants(options, score, label))
            nn_decode_add_centred(l, b[0] * w, b[1] * h, b[2] * w, b[3] * h, score, label,
                                  candidates);
    }
}
