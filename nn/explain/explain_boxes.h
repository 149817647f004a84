// SPDX-License-Identifier: MIT
// Which numbers of a detector's outputs gave its boxes.
#ifndef NN_EXPLAIN_EXPLAIN_BOXES_H
#define NN_EXPLAIN_EXPLAIN_BOXES_H

#include "nn/explain/explain_internal.h"

// Weights of the scores of box t->box, or of all cells of a class whose score passes the threshold
// (else of its strongest cell). T is the sum of the logits of these scores, linear around the
// present outputs. It works for every decoder: it finds the numbers by changing them.
nn_status nn_explain_find_boxes(nn_explainer *e, const nn_explain_target *t, nn_explain_seeds *s,
                                nn_error *err);

#endif
