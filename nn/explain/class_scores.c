// SPDX-License-Identifier: MIT
// Scores of classes from the outputs of the last picture.
#include "nn/explain/class_scores.h"

#include "nn/explain/explain_internal.h"
#include "nn/vision/scores.h"

#include <math.h>
#include <string.h>

int nn_explainer_classes(const nn_explainer *e)
{
    return e->decoder ? e->classes : 0;
}

void nn_explainer_class_scores(const nn_explainer *e, float *scores)
{
    const nn_result *r = nn_explainer_result(e);
    memset(scores, 0, (size_t)nn_explainer_classes(e) * sizeof *scores);
    if (!e->decoder)
        return;
    if (e->decoder->whole_frame) {
        const float *x = nn_tensor_f32(nn_plan_output(e->plan, 0));
        if (e->model->card.sigmoid)
            for (int i = 0; i < e->classes; i++)
                scores[i] = 1 / (1 + expf(-x[i]));
        else
            nn_scores_normalise(x, e->classes, scores);
        return;
    }
    if (e->decoder->paint) {
        nn_label_map_shares(&r->map, scores, e->classes);
        return;
    }
    for (int i = 0; i < r->count; i++)
        if (r->boxes[i].label < e->classes)
            scores[r->boxes[i].label] = fmaxf(scores[r->boxes[i].label], r->boxes[i].score);
}
