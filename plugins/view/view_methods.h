// SPDX-License-Identifier: MIT
// The methods of nn/explain that are quick enough to follow a video.
#ifndef PLUGINS_VIEW_VIEW_METHODS_H
#define PLUGINS_VIEW_VIEW_METHODS_H

#include "nn/explain/explain.h"

#include <glib-object.h>

int nero_view_method_count(void);
// By index; out of range: the first.
const nn_explain_method *nero_view_method(int index);
// Their words as an enumeration, for properties.
GType nero_view_method_get_type(void);

#endif
