// SPDX-License-Identifier: MIT
// Input tensors of a model from a file or from the numerical reference.
#include "app/cli/model_input.h"

#include "app/cli/image_size.h"

#include <string.h>

nn_status app_model_input_open(app_model_input *in, const char *name, nn_error *err)
{
    *in = (app_model_input){0};
    if (!name || strcmp(name, "reference") == 0)
        return NN_OK;
    nn_status status = nn_bundle_load(&in->tensors, name, err);
    if (status == NN_OK)
        in->path = name;
    return status;
}

void app_model_input_release(app_model_input *in)
{
    if (in->path)
        nn_bundle_release(&in->tensors);
    *in = (app_model_input){0};
}

void app_model_input_suit(const app_model_input *in, app_model_source *from)
{
    if (!in->path || in->tensors.count != 1)
        return;
    from->inputs = &in->tensors.tensors[0].tensor.shape;
    from->n_inputs = 1;
}

// The tensor for an input: the one of its name, or the only one.
static const nn_tensor *find_tensor(const nn_bundle *b, const char *name)
{
    const nn_tensor *t = nn_bundle_find(b, name);
    if (!t)
        t = nn_bundle_find(b, "input");
    return t || b->count != 1 ? t : &b->tensors[0].tensor;
}

nn_status app_model_input_shapes(const app_model_input *in, const nn_model *m, int height,
                                 int width, nn_shape *shapes, nn_error *err)
{
    const int count = nn_graph_input_count(m->graph);
    char have[96], want[96];
    if (count > APP_MAX_INPUTS)
        return nn_fail(err, NN_EUNSUPPORTED, "%d inputs, at most %d", count, APP_MAX_INPUTS);
    for (int i = 0; i < count; i++) {
        const char *name = nn_graph_value(m->graph, nn_graph_input_at(m->graph, i)).name;
        const nn_tensor *t = in->path ? find_tensor(&in->tensors, name) : NULL;
        if (in->path && !t)
            return nn_fail(err, NN_ENOTFOUND, "%s: no tensor '%s'", in->path, name);
        shapes[i] = t ? t->shape : nn_model_input_shape(m, i, height, width);
        if (m->fixed_inputs && !nn_shape_equal(&shapes[i], &m->fixed_inputs[i]))
            return nn_fail(err, NN_ESHAPE, "the input '%s' is %s, the model takes %s only", name,
                           nn_shape_text(&shapes[i], have, sizeof have),
                           nn_shape_text(&m->fixed_inputs[i], want, sizeof want));
    }
    return app_check_size(m, shapes, err);
}

void app_model_input_fill(const app_model_input *in, const nn_model *m, const nn_plan *plan)
{
    for (int i = 0; i < nn_graph_input_count(m->graph); i++) {
        const nn_tensor *to = nn_plan_input(plan, i);
        if (!in->path) {
            nn_fill_reference_input(to);
            continue;
        }
        const nn_tensor *t = find_tensor(
            &in->tensors, nn_graph_value(m->graph, nn_graph_input_at(m->graph, i)).name);
        nn_convert(NN_F32, to->data, t->dtype, t->data, nn_shape_count(&t->shape));
    }
}
