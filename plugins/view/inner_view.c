// SPDX-License-Identifier: MIT
// Releases inner views.
#include "plugins/view/inner_view.h"

void nero_inner_view_release(NeroInnerView *v)
{
    gst_clear_buffer(&v->picture);
    *v = (NeroInnerView){0};
}
