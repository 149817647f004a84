// SPDX-License-Identifier: MIT
// The loss of instance masks made of prototypes, at the points of a detection head with an object.
#ifndef NN_TRAIN_LOSS_INSTANCE_LOSS_H
#define NN_TRAIN_LOSS_INSTANCE_LOSS_H

#include "nn/train/loss/detect_assign.h"

// The prototypes of a batch: (N, count, h, w), over an input of height x width.
typedef struct nn_instance_prototypes {
    int count, h, w, height, width;
    const float *value;
    float *grad; // overwritten
} nn_instance_prototypes;

typedef struct nn_instance_loss nn_instance_loss;

// Work space for such prototypes.
nn_status nn_instance_loss_new(nn_instance_loss **out, const nn_instance_prototypes *p,
                               nn_error *err);
void nn_instance_loss_free(nn_instance_loss *s); // NULL is a no-op

// After nn_detect_loss_assign and nn_detect_loss_grad, of value `v`: `more` of the levels has the
// coefficients of a mask, which is positive where the sum of the prototypes, each times its
// coefficient, is (YOLACT, Bolya 2019, section 3.1). Adds the gradients of the cross-entropy with
// the object's outline over the cells of its box, divided by their number, at all points whose
// object has an outline. Returns the loss. NN_ENOMEM.
nn_status nn_instance_loss_grad(nn_instance_loss *s, const nn_detect_loss *l,
                                const nn_detect_level *levels, const nn_instance_prototypes *p,
                                float weight, const nn_detect_loss_value *v, double *loss,
                                nn_error *err);

#endif
