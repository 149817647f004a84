// SPDX-License-Identifier: MIT
// Interpolates between the weights of two models of the same network.
#include "nn/graph/model.h"

nn_status nn_model_blend(nn_model *m, const nn_model *other, float part, nn_error *err)
{
    const int count = nn_graph_param_count(m->graph);
    for (int i = 0; i < count; i++) {
        const nn_value_info p = nn_graph_value(m->graph, nn_graph_param_at(m->graph, i));
        const int there = nn_graph_find_param(other->graph, p.name);
        if (there < 0 || !nn_shape_equal(&m->params[i].shape, &other->params[there].shape) ||
            m->params[i].dtype != NN_F32 || other->params[there].dtype != NN_F32)
            return nn_fail(err, NN_ESHAPE, "the other model has no parameter '%s' of that shape",
                           p.name);
    }
    for (int i = 0; i < count; i++) {
        const nn_value_info p = nn_graph_value(m->graph, nn_graph_param_at(m->graph, i));
        const nn_tensor *from = &other->params[nn_graph_find_param(other->graph, p.name)];
        float *x = nn_tensor_f32(&m->params[i]);
        for (int64_t k = 0; k < nn_shape_count(&from->shape); k++)
            x[k] = (1 - part) * x[k] + part * nn_tensor_f32(from)[k];
    }
    return NN_OK;
}
