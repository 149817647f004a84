// SPDX-License-Identifier: MIT
// Small trainings in memory.
#include "tests/support/training.h"

#include "nn/zoo/zoo.h"
#include "tests/support/test.h"

#include <math.h>

nn_model *training_model(nn_card *card, const char *const *labels, int count, const nn_dataset *d)
{
    nn_model *m = NULL;
    nn_error err = {0};
    assert_int_equal(nn_card_set_labels(card, labels, count, &err), NN_OK);
    if (nn_zoo_build(&m, card, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_card_release(card);
    nn_trainer_init_model(m, d, 1);
    return m;
}

nn_trainer_options training_options(int side, int epochs)
{
    nn_trainer_options o;
    nn_trainer_defaults(&o);
    o.batch = 8;
    o.height = o.width = side;
    o.epochs = epochs;
    o.schedule.rate = 4e-3f;
    return o;
}

void training_steps(nn_trainer *t, int steps)
{
    nn_trainer_report r;
    nn_error err = {0};
    for (int i = 0; i < steps; i++)
        if (nn_trainer_step(t, &r, &err) != NN_OK)
            fail_msg("step %d: %s", i, err.text);
}

static bool near(const nn_tensor *a, const nn_tensor *b, double tolerance)
{
    for (int64_t i = 0; i < nn_shape_count(&a->shape); i++) {
        const double x = (double)nn_tensor_f32(a)[i], y = (double)nn_tensor_f32(b)[i];
        if (!(fabs(x - y) <= tolerance * (1 + fabs(x))))
            return false;
    }
    return true;
}

bool training_same(const nn_model *a, const nn_model *b, double tolerance)
{
    bool same = true;
    for (int i = 0; i < nn_graph_param_count(a->graph) && same; i++) {
        const nn_tensor *x = &a->params[i], *y = &b->params[i];
        same = tolerance > 0 ? near(x, y, tolerance)
                             : memcmp(x->data, y->data, nn_tensor_bytes(x)) == 0;
    }
    return same;
}
