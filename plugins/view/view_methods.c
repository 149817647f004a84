// SPDX-License-Identifier: MIT
// A few forward passes each: what takes dozens (smoothgrad, integrated, occlusion) is left out.
#include "plugins/view/view_methods.h"

static const GEnumValue methods[] = {
    {0, "Where the score comes from, by the maps of a layer (Grad-CAM)", "gradcam"},
    {1, "The same with weights for each cell, for several objects (Grad-CAM++)", "gradcam++"},
    {2, "The same, finer, in early layers, too (Layer-CAM)", "layercam"},
    {3, "What the values of a layer come from, back to the pixels (deconvnet)", "deconv"},
    {4, "Which pixels raise the score or the values, without noise (guided backpropagation)",
     "guided"},
    {5, "How each pixel changes the score or the values (plain gradient)", "gradient"},
    {0, NULL, NULL},
};

int nero_view_method_count(void)
{
    return G_N_ELEMENTS(methods) - 1;
}

const nn_explain_method *nero_view_method(int index)
{
    const int known = index > 0 && index < nero_view_method_count() ? index : 0;
    return nn_explain_method_find(methods[known].value_nick);
}

GType nero_view_method_get_type(void)
{
    static gsize type;
    if (g_once_init_enter(&type))
        g_once_init_leave(&type, g_enum_register_static("NeroViewMethod", methods));
    return type;
}
