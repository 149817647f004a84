// SPDX-License-Identifier: MIT
// Annotations of a labelling tool, picture by picture, read before any picture is opened. Readers
// of formats produce them; data sets, counts and written formats consume them.
#ifndef NN_DATA_ANNOTATIONS_H
#define NN_DATA_ANNOTATIONS_H

#include "nn/base/api.h"
#include "nn/data/keypoint_set.h"
#include "nn/vision/details.h"

#include <limits.h>
#include <stdbool.h>

typedef enum nn_split {
    NN_SPLIT_NONE, // unknown
    NN_SPLIT_TRAIN,
    NN_SPLIT_VAL,
    NN_SPLIT_TEST,
    NN_SPLITS,
} nn_split;

// Parses "train", "val", "test" and the other names that users and folders give them ("valid",
// "validation", "training").
NN_API nn_split nn_split_named(const char *name, size_t length);
NN_API const char *nn_split_name(nn_split split);
// Name i of a split, the usual one first; NULL after the last.
const char *nn_split_word(nn_split split, int i);
// The split that the last matching part of a path names.
nn_split nn_split_of_path(const char *path);

// An object in a picture. Coordinates are pixels from the upper left corner with exclusive ends, or
// fractions of the picture (nn_annotated_picture.fractions).
typedef struct nn_annotation {
    int class_index; // index in nn_data_survey.classes; -1 with `ignore`: any class
    float x0, y0, x1, y1;
    int first, corners; // outline in nn_annotated_picture.xy: first corner and their number; 0
                        // corners: a box
    float score;        // 1 when the file has none
    float area;         // pixels of the object; 0: unknown
    int track;          // identity in a video, from 1; 0: none
    int first_keypoint, keypoints; // in nn_annotated_picture.keypoints; 0 keypoints: none
    bool ignore;  // difficult, a crowd or "don't care": need not be found, and may be
    bool rotated; // the box is the hull of a rotated box, whose corners are the outline
} nn_annotation;

typedef struct nn_annotated_picture {
    char path[PATH_MAX];
    char id[64];        // its name in the file, COCO's id; "": none
    char sequence[256]; // the same for pictures of one video or flight; "": unknown
    int width, height;  // size that the coordinates refer to; 0: unknown
    bool fractions;     // coordinates are fractions of the picture
    nn_split split;
    nn_annotation *list; // owned by the reader
    int count, capacity;
    float *xy; // owned by the reader: x and y of each corner of all outlines
    int xy_count, xy_capacity;
    nn_keypoint *keypoints; // owned by the reader: those of all objects (keypoint_set.h)
    int keypoint_count, keypoint_capacity;
} nn_annotated_picture;

// What the files say about all pictures. No picture is opened for it.
typedef struct nn_data_survey {
    nn_names classes;               // owned
    int64_t class_id[NN_CLASS_MAX]; // 1 + the number of a class in the files, COCO's id; 0: none
    bool numbered;                  // classes are numbers without names
    bool ordered;              // their order is that of a list in the files, not of their first use
    long unnamed;              // 1 + the first class number beyond the list of names; 0: none
    int named;                 // length of that list
    bool fell_back;            // nn_annotation_reader.fallback names the numbers
    const char *called;        // static text, "Roboflow YOLO export"; NULL: the name of the format
    int pictures, skipped;     // all; those left out because of faults
    int rotated, outlines;     // objects with rotated box; with outline
    int shapes;                // objects with outline, also beside a box of the file
    int quads;                 // outlines with four corners, which may be meant as rotated boxes
    int posed;                 // objects with keypoints
    nn_keypoint_set keypoints; // owned; what they are
    int split[NN_SPLITS];      // pictures in each split
    char first_skip[256];      // fault of the first picture left out; "": none
} nn_data_survey;

NN_API void nn_data_survey_release(nn_data_survey *s);

typedef struct nn_annotation_reader nn_annotation_reader;

// Receives a picture, which is valid during the call. Anything but NN_OK ends the reading.
typedef nn_status nn_annotation_visit(void *ctx, const nn_annotation_reader *reader,
                                      const nn_annotated_picture *picture, nn_error *err);

// The state of a reading. The caller sets the first group of members.
struct nn_annotation_reader {
    nn_annotation_visit *visit;                // NULL: only classes and counts are wanted
    void (*note)(void *ctx, const char *line); // receives a line on each skip; may be NULL
    void *ctx;
    const char *root; // the path that the user named; folders below it may name splits; NULL: any
                      // folder may
    // NN_DETAIL_ flags: what is wanted of objects besides boxes. Readers may leave out the rest,
    // where it takes time. NN_DETAIL_ROTATED: outlines are rotated boxes, where files do not tell.
    unsigned details;
    const nn_names *numbers;  // names by the user for class numbers; NULL: none
    const nn_names *fallback; // names for class numbers that the files do not name; NULL: none

    // Classes are in the order of the files, or of their first use. `keypoints` begins with what
    // the user says of them.
    nn_data_survey found;
    nn_annotated_picture picture; // the picture being read
    bool broken;                  // a fault was found; it is left out
};

NN_API void nn_annotation_reader_release(nn_annotation_reader *r);

// For readers of formats. Each picture takes these calls in this order.

// Begins a picture. A part of `path` below `root` may name its split.
nn_status nn_annotation_begin(nn_annotation_reader *r, const char *path, nn_error *err);
// The index of a class by name (`length` bytes) or by number; a new class is added. A number's name
// is that in `numbers`, else in `known` (may be NULL), else in `fallback`, else its digits. -1 with
// *err: no memory, or too many classes.
int nn_annotation_class(nn_annotation_reader *r, const char *name, size_t length, nn_error *err);
int nn_annotation_number(nn_annotation_reader *r, const nn_names *known, long number,
                         nn_error *err);
// Appends an object with a box, or with an outline of 2 * corners numbers; the box of an outline is
// its hull. A number that is not finite, or a box without area, skips the picture
// (nn_annotation_skip).
nn_status nn_annotation_add(nn_annotation_reader *r, const nn_annotation *a, nn_error *err);
nn_status nn_annotation_add_outline(nn_annotation_reader *r, const nn_annotation *a,
                                    const float *xy, int corners, nn_error *err);
// The same for an outline whose box the file gives.
nn_status nn_annotation_add_with_outline(nn_annotation_reader *r, const nn_annotation *a,
                                         const float *xy, int corners, nn_error *err);
// Gives the object that was added last its keypoints, in the unit of the boxes.
nn_status nn_annotation_add_keypoints(nn_annotation_reader *r, const nn_keypoint *points, int count,
                                      nn_error *err);
// Leaves out the picture being read, and notes why.
void nn_annotation_skip(nn_annotation_reader *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// Ends the picture, and gives it to the visitor unless it was skipped.
nn_status nn_annotation_end(nn_annotation_reader *r, nn_error *err);

#endif
