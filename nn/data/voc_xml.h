// SPDX-License-Identifier: MIT
// One annotation file of Pascal VOC (Everingham 2010).
#ifndef NN_DATA_VOC_XML_H
#define NN_DATA_VOC_XML_H

#include "nn/base/api.h"
#include "nn/base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum { NN_VOC_TEXT = 256 };

// A range of bytes in the file; 0, 0: there is no such text.
typedef struct nn_voc_span {
    size_t at, end;
} nn_voc_span;

typedef struct nn_voc_object {
    char name[NN_VOC_TEXT];
    float x0, y0, x1, y1; // pixels from 0; the file counts from 1 and includes both ends
    bool difficult;
    // For editors: the element, its end tag, and the texts of its leaves.
    nn_voc_span element, end_tag, name_text, difficult_text,
        place_text[4]; // xmin, ymin, xmax, ymax
} nn_voc_object;

// Receives the objects in the order of the file. Anything but NN_OK ends the parsing and is
// returned.
typedef nn_status nn_voc_visit(void *ctx, const nn_voc_object *object, nn_error *err);

typedef struct nn_voc_picture {
    char filename[NN_VOC_TEXT]; // "": not given
    int width, height;          // 0: not given
    nn_voc_span end_tag;        // of the root
} nn_voc_picture;

// Parses an annotation. NN_EFORMAT with line and reason for malformed XML, another root, or an
// object without name or valid box.
NN_API nn_status nn_voc_parse(nn_voc_picture *picture, const void *xml, size_t size,
                              nn_voc_visit *visit, void *ctx, nn_error *err);

#endif
