// SPDX-License-Identifier: MIT
// Reads COCO's JSON (Lin 2014) for boxes and for masks.
#ifndef NN_DATA_COCO_READ_H
#define NN_DATA_COCO_READ_H

#include "nn/data/coco_keypoints.h"
#include "nn/data/coco_shape.h"
#include "nn/data/folder.h"

// An annotation file.
typedef struct nn_coco_file {
    char path[PATH_MAX];
    char base[PATH_MAX]; // folder of the pictures
    const char *list;    // list that the file is for, borrowed; NULL: none
    nn_split split;      // split that the file is for
} nn_coco_file;

// The annotation files of a folder: that of f->list, else the only one, else one for each split.
nn_status nn_coco_find_files(nn_coco_file files[NN_SPLITS], int *count, const nn_folder *f,
                             nn_error *err);

// nn_data_format.recognise and nn_data_format.splits.
bool nn_coco_recognise(const char *path);
nn_status nn_coco_splits(const nn_folder *f, bool there[NN_SPLITS], nn_error *err);
// nn_data_format.names: the names of the categories.
nn_status nn_coco_names(const nn_folder *f, nn_names *names, nn_error *err);

typedef struct nn_coco_annotation {
    int64_t picture, index; // number of its picture; position in the file
    int category;           // index in nn_coco_reader.categories; -1 with `wrong`
    float x0, y0, x1, y1;   // pixels; 0 unless nn_coco_reader.boxes
    float area;             // pixels; 0: unknown
    bool crowd;
    nn_coco_shape shape;    // with nn_coco_reader.shapes
    nn_keypoint *keypoints; // owned: as many as in the set, with nn_coco_reader.keypoints; NULL
    const char *wrong;      // why its picture cannot be used; NULL: it can
} nn_coco_annotation;

typedef struct nn_coco_image {
    const char *name, *path; // NULL: the image has no id, or no valid file_name
    const char *id;          // as text; NULL without one
    int64_t index;           // position in the file
    int width, height;       // 0: unknown
    nn_coco_annotation *list;
    int64_t count;
} nn_coco_image;

typedef struct nn_coco_reader {
    bool boxes, shapes; // members to read; only with `masks` a missing one is a fault
    // Keypoints are read; gets what the categories say of them. NULL: they are not read.
    nn_keypoint_set *keypoints;
    bool masks; // shapes are required, and large objects come first
    // Whether annotations of a category are wanted; NULL: all are.
    bool (*wants)(void *ctx, const char *category);
    nn_status (*visit)(void *ctx, const nn_coco_image *image, nn_error *err);
    void (*note)(void *ctx, const char *line);
    void *ctx;
    const nn_coco_file *file;
    nn_names categories;             // in the order of the file; valid during the visits
    const char *const *category_ids; // of each, as text; valid during the visits
    int64_t unwanted;                // annotations left out by `wants`
} nn_coco_reader;

// Gives the images of a file in their order. Images with the same picture are given once.
nn_status nn_coco_read(nn_coco_reader *r, const nn_coco_file *file, nn_error *err);

#endif
