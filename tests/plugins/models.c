// SPDX-License-Identifier: MIT
// Makes the model files of the element tests.
#include "tests/plugins/models.h"
#include "nn/io/io.h"
#include "nn/zoo/zoo.h"
#include "tests/support/test.h"

void model_write(const char *path)
{
    static const char *const labels[] = {"person", "car"};
    nn_error err = {0};
    nn_model *m = NULL;
    nn_card card = {.network = "neroscale_alexpp",
                    .options = "alpha=0.25,beta=0.5,classes=2",
                    .task = "detect",
                    .head = "fcos",
                    .input_h = 96,
                    .input_w = 128,
                    .threshold = 0.005f,
                    .iou_threshold = 0.5f};
    if (nn_card_set_labels(&card, labels, 2, &err) != NN_OK ||
        nn_zoo_build(&m, &card, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_zoo_init_random(m, 3, (const float[2]){30, 60});
    if (nn_model_save(m, path, true, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_model_free(m);
    nn_card_release(&card);
}

void model_give(GstElement *e, const char *path)
{
    GParamSpec *p = g_object_class_find_property(G_OBJECT_GET_CLASS(e), "model");
    const GValue *own = p ? g_param_spec_get_default_value(p) : NULL;
    if (p && g_strcmp0(g_value_get_string(own), "zoom2") != 0)
        g_object_set(e, "model", path, NULL);
}
