// SPDX-License-Identifier: MIT
// Annotations from the files of a labelling tool, picture by picture, before any picture is opened.
// Readers of formats produce them; data sets, counts and other formats are made of them.
#ifndef NN_DATA_ANNOTATIONS_H
#define NN_DATA_ANNOTATIONS_H

#include "nn/base/api.h"
#include "nn/data/class_map.h"

#include <limits.h>
#include <stdbool.h>

typedef enum nn_split {
    NN_SPLIT_NONE, // the files do not say
    NN_SPLIT_TRAIN,
    NN_SPLIT_VAL,
    NN_SPLIT_TEST,
    NN_SPLITS,
} nn_split;

// "train", "val", ... as users and folders write them ("valid", "validation", "training" too).
NN_API nn_split nn_split_named(const char *name, size_t length);
NN_API const char *nn_split_name(nn_split split);
// Word i that people use for a split, the usual one first; NULL behind the last.
const char *nn_split_word(nn_split split, int i);
// The last part of a path that names a split.
nn_split nn_split_of_path(const char *path);

// An object of a picture. Coordinates are pixels from the upper left corner, ends exclusive, or
// fractions of the picture (nn_annotated_picture.fractions).
typedef struct nn_annotation {
    int class_index; // into nn_data_survey.classes; -1, with `ignore`: any class
    float x0, y0, x1, y1;
    int first, corners; // of its outline, in nn_annotated_picture.xy; 0 corners: a box
    float score;        // 1 where the file gives none
    float area;         // pixels of the object itself; 0: unknown
    int track;          // of a video's object; 0: none
    bool ignore;        // difficult, a crowd, "don't care": neither to be found nor punished
    bool rotated;       // the box is the hull of a rotated one
} nn_annotation;

typedef struct nn_annotated_picture {
    char path[PATH_MAX];
    char sequence[256]; // pictures of one video or flight share it; "": the file does not say
    int width, height;  // that the coordinates are for; 0: the file does not say
    bool fractions;     // coordinates are fractions of the picture
    nn_split split;
    nn_annotation *list; // owned by the reader
    int count, capacity;
    float *xy; // owned by the reader: corners of outlines, x and y in turn
    int xy_count, xy_capacity;
} nn_annotated_picture;

// What the files say about their pictures, none of which is opened.
typedef struct nn_data_survey {
    nn_names classes;      // owned
    bool numbered;         // classes are numbers that nothing names
    bool ordered;          // their order is that of a list, not of the first pictures
    long unnamed;          // 1 + the first class number for which the names do not suffice; 0: none
    int named;             // names that there are then
    bool fell_back;        // `fallback` names the numbers
    const char *called;    // a constant, "Roboflow YOLO export"; NULL: the files do not tell
    int pictures, skipped; // all; those left out
    int rotated, outlines; // objects whose box is a hull
    int split[NN_SPLITS];  // pictures of each
    char first_skip[256];  // why the first picture was left out; "": none was
} nn_data_survey;

NN_API void nn_data_survey_release(nn_data_survey *s);

typedef struct nn_annotation_reader nn_annotation_reader;

// Receives a picture, which is valid during the call; anything but NN_OK ends the reading.
typedef nn_status nn_annotation_visit(void *ctx, const nn_annotation_reader *reader,
                                      const nn_annotated_picture *picture, nn_error *err);

// The state of a reading. The caller sets the first part.
struct nn_annotation_reader {
    nn_annotation_visit *visit;                // NULL: classes and counts only
    void (*note)(void *ctx, const char *line); // receives a line about something skipped; or NULL
    void *ctx;
    const char *root;         // what the user named: splits are named below it; NULL: anywhere
    bool wants_outlines;      // readers for which they cost time give them only then
    const nn_names *numbers;  // names that the user gives class numbers; NULL: none
    const nn_names *fallback; // the same where the files name none; NULL: none

    nn_data_survey found;         // its classes in the order of the files, or as they come
    nn_annotated_picture picture; // that is being read
    bool broken;                  // it is left out
};

NN_API void nn_annotation_reader_release(nn_annotation_reader *r);

// For readers of formats, in this order for each picture:

// Begins a picture; its split is that of its path below `root`.
nn_status nn_annotation_begin(nn_annotation_reader *r, const char *path, nn_error *err);
// The index of a class by name (`length` bytes), which is added when it is new; or by number: the
// name in `numbers`, else in `known` (may be NULL), else in `fallback`, else its digits. -1: no
// memory or too many classes; *err says so.
int nn_annotation_class(nn_annotation_reader *r, const char *name, size_t length, nn_error *err);
int nn_annotation_number(nn_annotation_reader *r, const nn_names *known, long number,
                         nn_error *err);
// Appends an object with a box, or with the outline of 2 * corners numbers, whose hull its box is.
// Numbers that are not finite, and boxes without area, break the picture (nn_annotation_skip).
nn_status nn_annotation_add(nn_annotation_reader *r, const nn_annotation *a, nn_error *err);
nn_status nn_annotation_add_outline(nn_annotation_reader *r, const nn_annotation *a,
                                    const float *xy, int corners, nn_error *err);
// The same for an object whose box the file tells.
nn_status nn_annotation_add_with_outline(nn_annotation_reader *r, const nn_annotation *a,
                                         const float *xy, int corners, nn_error *err);
// Leaves the picture that is being read out and notes why.
void nn_annotation_skip(nn_annotation_reader *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// Gives the picture to the visitor, unless it was left out.
nn_status nn_annotation_end(nn_annotation_reader *r, nn_error *err);

#endif
