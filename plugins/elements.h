// SPDX-License-Identifier: MIT
// Declares the register function of every element in the word list.
#ifndef PLUGINS_ELEMENTS_H
#define PLUGINS_ELEMENTS_H

#include <gst/gst.h>

#define NERO_ELEMENT(name) GST_ELEMENT_REGISTER_DECLARE(name);
#include "plugins/elements.inc"
#undef NERO_ELEMENT

#endif
