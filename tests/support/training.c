// SPDX-License-Identifier: MIT
// Small trainings in memory.
#include "tests/support/training.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/zoo/zoo.h"
#include "tests/support/test.h"

#include <math.h>

static void paint_box(nn_image *image, const nn_truth *t, nn_rng *rng)
{
    // Class 0 is reddish and lies, class 1 is bluish and stands.
    for (int y = (int)t->y0; y < (int)t->y1; y++)
        for (int x = (int)t->x0; x < (int)t->x1; x++) {
            uint8_t *p = image->rgb + 3 * (y * image->width + x);
            int noise = (int)nn_rng_below(rng, 30);
            p[0] = (uint8_t)(t->label == 0 ? 200 + noise : 30 + noise);
            p[1] = (uint8_t)(60 + noise);
            p[2] = (uint8_t)(t->label == 0 ? 30 + noise : 200 + noise);
        }
}

static nn_sample make_sample(int side, uint64_t seed, int source)
{
    nn_rng rng = nn_rng_seed(seed);
    nn_sample s = {.name = nn_strdup("made"),
                   .width = side,
                   .height = side,
                   .image = {side, side, nn_alloc((size_t)3 * side * side)},
                   .truths = nn_alloc(3 * sizeof(nn_truth)),
                   .source = source,
                   .in_memory = true};
    for (int i = 0; i < 3 * side * side; i++)
        s.image.rgb[i] = (uint8_t)(90 + nn_rng_below(&rng, 60));
    int n = (int)nn_rng_below(&rng, 3) + 1;
    for (int i = 0; i < n; i++) { // each in its own third, so that none hides another
        int label = (int)nn_rng_below(&rng, 2);
        float w = label == 0 ? 26 : 14, h = label == 0 ? 14 : 26;
        float x = (float)(int)nn_rng_range(&rng, 0, side - w);
        float y = (float)(32 * i + (int)nn_rng_range(&rng, 0, 32 - h)); // rows of 32
        s.truths[s.truth_count] = (nn_truth){x, y, x + w, y + h, label, false, 0, 0};
        paint_box(&s.image, &s.truths[s.truth_count++], &rng);
    }
    return s;
}

void training_boxes(nn_dataset *d, int side, int count, uint64_t seed)
{
    int source;
    assert_int_equal(nn_dataset_init(d, 0, (nn_notes){0}, NULL), NN_OK);
    assert_int_equal(nn_dataset_add_source(d, &(nn_source){.path = "made"}, &source, NULL), NN_OK);
    for (int i = 0; i < count; i++) {
        nn_sample s = make_sample(side, seed * 1000 + (uint64_t)i, source);
        assert_int_equal(nn_dataset_add(d, &s, NULL), NN_OK);
    }
}

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

nn_model *training_detector(int side, const nn_dataset *d)
{
    static const char *const labels[] = {"lying", "standing"};
    nn_card card = {.task = "detect",
                    .network = "neroscale_alexpp",
                    .head = "fcos",
                    .options = "classes=2,alpha=0.125,beta=0,neck=16",
                    .input_h = side,
                    .input_w = side,
                    .threshold = 0.3f,
                    .iou_threshold = 0.5f};
    return training_model(&card, labels, 2, d);
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
