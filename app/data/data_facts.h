// SPDX-License-Identifier: MIT
// Facts about a data set: counts, sizes, aspect ratios and positions of boxes, and suspicious
// labels.
#ifndef APP_DATA_DATA_FACTS_H
#define APP_DATA_DATA_FACTS_H

#include "nn/data/class_map.h"
#include "nn/data/dataset.h"

#include <glib.h>

enum {
    APP_DATA_SIZES = 3,  // areas as COCO defines them: to 32 x 32 pixels, to 96 x 96, larger
    APP_DATA_SIDES = 10, // square roots of box areas: below 8, 11, 16, 23, ..., 128 pixels, larger
    APP_DATA_SHAPES = 7, // width / height: below 1/4, 1/2, 4/5, 5/4, 2, 4, larger
    APP_DATA_GRID = 24,  // cells along each side of a picture
};

typedef struct app_data_class {
    long boxes, pictures, ignored; // pictures: with at least one box, or with the class
    long size[APP_DATA_SIZES], side[APP_DATA_SIDES], shape[APP_DATA_SHAPES];
    float place[APP_DATA_GRID][APP_DATA_GRID]; // [row][column]: boxes that cover each cell
} app_data_class;

// A suspicious label, with a text such as "car twice at 10,20 30x40".
typedef struct app_data_suspect {
    const char *kind; // one of app_data_suspect_kind
    int sample;
    char *text; // owned
} app_data_suspect;

typedef struct app_data_facts {
    app_data_class *classes; // owned: one for each label, then one for all together
    int class_count;
    // empty: pictures without boxes; smallest, largest: width and height of pictures
    int pictures, empty, smallest[2], largest[2];
    GArray *suspects; // of app_data_suspect
} app_data_facts;

void app_data_facts_init(app_data_facts *f, int labels);
void app_data_facts_release(app_data_facts *f);
// Adds all samples of a data set.
void app_data_facts_add(app_data_facts *f, const nn_dataset *d, const nn_names *labels);
// Number of suspicious labels of a kind.
int app_data_suspect_count(const app_data_facts *f, const char *kind);
// Kinds of suspicious labels; NULL after the last.
const char *app_data_suspect_kind(int i);

#endif
