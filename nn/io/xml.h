// SPDX-License-Identifier: MIT
// XML of untrusted files: Expat with the engine's memory, behind limits on size and depth.
#ifndef NN_IO_XML_H
#define NN_IO_XML_H

#include "nn/base/status.h"

#include <stddef.h>

typedef struct nn_xml nn_xml;

typedef struct nn_xml_visitor {
    // An element begins, at `depth` from 1; `attributes`: names and values in turn, NULL ends them.
    nn_status (*start)(void *ctx, const char *tag, const char **attributes, int depth,
                       nn_error *err);
    // It ends; `text` is what stood in it without blanks at both ends, up to 4095 bytes of it.
    nn_status (*end)(void *ctx, const char *tag, const char *text, int depth, nn_error *err);
    void *ctx;
} nn_xml_visitor;

// Walks the elements; the first failure of a visitor ends the walk, is returned, and gets the line
// in front. NN_EFORMAT with a line for what is not well-formed or lies too deep; NN_ENOMEM.
nn_status nn_xml_walk(const void *xml, size_t size, const nn_xml_visitor *visitor, nn_error *err);

// The value of an attribute; NULL when there is none.
const char *nn_xml_attribute(const char **attributes, const char *name);

#endif
