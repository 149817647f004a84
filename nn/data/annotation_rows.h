// SPDX-License-Identifier: MIT
// For files that list objects, not pictures: collects the rows, and gives them picture by picture.
#ifndef NN_DATA_ANNOTATION_ROWS_H
#define NN_DATA_ANNOTATION_ROWS_H

#include "nn/data/annotations.h"

// A picture, and where its objects are.
typedef struct nn_row_picture {
    char *name; // owned: name in the file
    int width, height;
    nn_split split;
    bool broken; // a row of this picture could not be read
    int slot;    // next picture in the chain of the hash table
} nn_row_picture;

typedef struct nn_annotation_row {
    int picture, order;
    nn_annotation box;
} nn_annotation_row;

typedef struct nn_annotation_rows {
    nn_row_picture *pictures; // owned
    int picture_count, picture_capacity;
    nn_annotation_row *list; // owned
    int count, capacity;
    int *first, buckets; // owned: hash table, first picture of each chain
} nn_annotation_rows;

void nn_annotation_rows_release(nn_annotation_rows *rows);
// The index of a picture; a new one is added. -1: no memory.
int nn_annotation_rows_picture(nn_annotation_rows *rows, const char *name, nn_error *err);
nn_status nn_annotation_rows_add(nn_annotation_rows *rows, int picture, const nn_annotation *box,
                                 nn_error *err);
// Gives the pictures in their order in the file, each with its objects in their order. `locate`
// writes the path of a picture, up to PATH_MAX bytes; NN_EFORMAT: there is no such picture, and it
// is left out.
nn_status nn_annotation_rows_give(nn_annotation_rows *rows, nn_annotation_reader *r,
                                  nn_status (*locate)(void *ctx, char *path, const char *name,
                                                      nn_error *err),
                                  void *ctx, bool fractions, nn_error *err);

#endif
