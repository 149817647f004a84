// SPDX-License-Identifier: MIT
// The text of a COCO file: positions of its arrays, ids and annotations.
#ifndef APP_ANNOTATE_COCO_TEXT_H
#define APP_ANNOTATE_COCO_TEXT_H

#include "app/annotate/labels.h"
#include "nn/data/coco_ids.h"

// One of the three arrays of the file.
typedef struct ui_coco_array {
    size_t open, close; // its brackets
    ui_span *items;     // owned
    int count, capacity;
    long long next_id; // larger than all numeric ids of the array
} ui_coco_array;

typedef struct ui_coco {
    ui_coco_array images, annotations, categories;
    ui_span *image_id, *category_id; // owned: the text of their ids, by number
    int32_t *label;                  // owned: label of each category, by number
    int *record; // owned: record of each annotation, by position in the array; -1: none
    nn_coco_ids image_ids, category_ids;
} ui_coco;

// Reads l->text: classes, pages (in the order of the images) and records. l->extra becomes the
// ui_coco.
nn_status ui_coco_read(ui_labels *l, ui_project *p, nn_error *err);
void ui_coco_free(ui_coco *c);

#endif
