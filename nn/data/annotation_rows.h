// SPDX-License-Identifier: MIT
// Annotations of files that list objects, not pictures: gathered, and given picture by picture.
#ifndef NN_DATA_ANNOTATION_ROWS_H
#define NN_DATA_ANNOTATION_ROWS_H

#include "nn/data/annotations.h"

// The facts about a picture that come before its objects.
typedef struct nn_row_picture {
    char *name; // owned: as the file calls it
    int width, height;
    nn_split split;
    bool broken; // a row of it could not be read
    int slot;    // of the hash table's chain
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
    int *first, buckets; // owned: chains of pictures by name
} nn_annotation_rows;

void nn_annotation_rows_release(nn_annotation_rows *rows);
// The index of a picture, which is added when it is new. -1: no memory.
int nn_annotation_rows_picture(nn_annotation_rows *rows, const char *name, nn_error *err);
nn_status nn_annotation_rows_add(nn_annotation_rows *rows, int picture, const nn_annotation *box,
                                 nn_error *err);
// Gives the pictures in the order in which they came, each with its objects in theirs. `locate`
// writes the path of a picture by its name into PATH_MAX bytes; NN_EFORMAT: there is none, which
// leaves it out.
nn_status nn_annotation_rows_give(nn_annotation_rows *rows, nn_annotation_reader *r,
                                  nn_status (*locate)(void *ctx, char *path, const char *name,
                                                      nn_error *err),
                                  void *ctx, bool fractions, nn_error *err);

#endif
