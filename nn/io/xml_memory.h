// SPDX-License-Identifier: MIT
// Expat's memory from the engine's allocator.
#ifndef NN_IO_XML_MEMORY_H
#define NN_IO_XML_MEMORY_H

#include <expat.h>

extern const XML_Memory_Handling_Suite nn_xml_memory;

#endif
