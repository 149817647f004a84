// SPDX-License-Identifier: MIT
// Sizes of images in arguments, and whether a model takes them.
#include "app/cli/image_size.h"

#include "nn/graph/graph.h"

#include <glib.h>

// Parses one side and moves `text` behind it.
static bool read_side(const char **text, int *side)
{
    char *end;
    if (!g_ascii_isdigit(**text))
        return false;
    const guint64 value = g_ascii_strtoull(*text, &end, 10);
    if (value < 1 || value > APP_MAX_SIDE)
        return false;
    *text = end;
    *side = (int)value;
    return true;
}

// "AxB"
static bool read_sides(const char *text, int *a, int *b)
{
    int first, second;
    if (!read_side(&text, &first) || *text++ != 'x' || !read_side(&text, &second) || *text)
        return false;
    *a = first;
    *b = second;
    return true;
}

nn_status app_parse_size(const char *option, const char *text, int *width, int *height,
                         nn_error *err)
{
    const char *end = text;
    if (text && read_side(&end, width) && !*end)
        *height = *width;
    else if (text && !read_sides(text, width, height))
        return nn_fail(
            err, NN_EINVAL,
            "%s must be WIDTHxHEIGHT or one number for both, each from 1 to %d, not '%s'", option,
            APP_MAX_SIDE, text);
    return NN_OK;
}

static bool takes(const nn_model *m, const nn_shape *image, nn_shape *values)
{
    return nn_graph_infer(m->graph, image, 1, values, NULL, NULL) == NN_OK;
}

// Changes `image` to a size that works: its sides rounded up to a power of two, or the smallest
// square.
static bool find_size(const nn_model *m, nn_shape *image, nn_shape *values)
{
    const int64_t h = image->dim[2], w = image->dim[3];
    for (int64_t step = 2; step <= 64; step *= 2) {
        image->dim[2] = (h + step - 1) / step * step;
        image->dim[3] = (w + step - 1) / step * step;
        if (takes(m, image, values))
            return true;
    }
    for (int side = 1; side <= 1024; side++) {
        image->dim[2] = image->dim[3] = side;
        if (takes(m, image, values))
            return true;
    }
    return false;
}

nn_status app_check_size(const nn_model *m, const nn_shape *inputs, nn_error *err)
{
    const int count = nn_graph_input_count(m->graph);
    g_autofree nn_shape *values = g_new0(nn_shape, nn_graph_value_count(m->graph));
    nn_status status = nn_graph_infer(m->graph, inputs, count, values, NULL, err);
    if (status == NN_OK || m->fixed_inputs || count != 1 || inputs->rank != 4 || !err)
        return status;
    const nn_error why = *err;
    nn_shape image = *inputs;
    if (!find_size(m, &image, values))
        return status;
    return nn_fail(err, status, "%s; an image of height %lld, width %lld works", why.text,
                   (long long)image.dim[2], (long long)image.dim[3]);
}
