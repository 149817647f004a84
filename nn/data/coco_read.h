// SPDX-License-Identifier: MIT
// The JSON of COCO (Lin 2014), for both formats: boxes and masks.
#ifndef NN_DATA_COCO_READ_H
#define NN_DATA_COCO_READ_H

#include "nn/data/coco_shape.h"
#include "nn/data/folder.h"

// An annotation file.
typedef struct nn_coco_place {
    char file[PATH_MAX];
    char base[PATH_MAX]; // folder of the pictures
    const char *list;    // the word that names it, borrowed; NULL: none
    nn_split split;      // that it is for
} nn_coco_place;

// The files of a folder: that of f->list, else the only one, else one for each split.
nn_status nn_coco_places(nn_coco_place places[NN_SPLITS], int *count, const nn_folder *f,
                         nn_error *err);

// As nn_data_format.recognise and nn_data_format.splits.
bool nn_coco_recognise(const char *path);
nn_status nn_coco_splits(const nn_folder *f, bool there[NN_SPLITS], nn_error *err);
// As nn_data_format.names: the names of the categories.
nn_status nn_coco_names(const nn_folder *f, nn_names *names, nn_error *err);

typedef struct nn_coco_annotation {
    int64_t picture, index; // number of its picture; place in the file
    int category;           // into nn_coco_reader.categories; -1 with `wrong`
    float x0, y0, x1, y1;   // pixels; 0 without nn_coco_reader.boxes
    float area;             // 0: the file does not say
    bool crowd;
    nn_coco_shape shape; // with nn_coco_reader.shapes
    const char *wrong;   // NULL, or why its picture cannot be used
} nn_coco_annotation;

typedef struct nn_coco_image {
    const char *name, *path; // NULL: it has no id, or no proper file_name
    int64_t index;           // in the file
    int width, height;       // 0: the file does not say
    const nn_coco_annotation *list;
    int64_t count;
} nn_coco_image;

typedef struct nn_coco_reader {
    bool boxes, shapes; // what is wanted of annotations; their absence is wrong only with `masks`
    bool masks;         // shapes must be there; large objects come first
    // Whether annotations of a category are wanted; NULL: all are.
    bool (*wants)(void *ctx, const char *category);
    nn_status (*visit)(void *ctx, const nn_coco_image *image, nn_error *err);
    void (*note)(void *ctx, const char *line);
    void *ctx;
    const nn_coco_place *place;
    nn_names categories; // those of the file, in its order; valid during the visits
    int64_t unwanted;    // annotations left out by `wants`
} nn_coco_reader;

// Gives the images of a file in their order. A picture that several images name is given once.
nn_status nn_coco_read(nn_coco_reader *r, const nn_coco_place *place, nn_error *err);

#endif
