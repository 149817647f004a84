// SPDX-License-Identifier: MIT
// Stands for XML in a build without Expat.
#include "nn/base/features.h"
#include "nn/io/xml.h"

nn_status nn_xml_walk(const void *xml, size_t size, const nn_xml_visitor *visitor, nn_error *err)
{
    (void)xml;
    (void)size;
    (void)visitor;
    return nn_fail_without(err, "xml");
}

// No element is ever visited, so none has attributes.
const char *nn_xml_attribute(const char **attributes, const char *name)
{
    (void)attributes;
    (void)name;
    return NULL;
}
