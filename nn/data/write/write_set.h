// SPDX-License-Identifier: MIT
// Writes labelled pictures as a data set that other tools read.
#ifndef NN_DATA_WRITE_WRITE_SET_H
#define NN_DATA_WRITE_WRITE_SET_H

#include "nn/data/coco_ids.h"
#include "nn/data/folder.h"
#include "nn/io/buffer.h"

typedef struct nn_write_set_options {
    const char *out;         // an empty folder
    const nn_names *classes; // indexed by nn_annotation.class_index
    bool outlines;           // writes outlines, in formats that hold either boxes or outlines
    const nn_keypoint_set *keypoints; // what the objects' keypoints are; known once all are read
    bool link;                        // hard links instead of copies of pictures, where possible
} nn_write_set_options;

// Numbers of what was written, and of what the format could not hold.
typedef struct nn_write_counts {
    int pictures, split[NN_SPLITS];
    int empty;    // pictures without objects that the format cannot tell from unlabelled ones
    long objects; // written
    long ignored; // ignored objects, left out
    long outlines, rotated; // objects written as their boxes
    long keypoints;         // objects written without their keypoints
    long scores, tracks;    // objects written without score or track
} nn_write_counts;

typedef struct nn_set_writer nn_set_writer;

// A format: a table in a file of its own, listed in meson.build.
typedef struct nn_write_format {
    const char *name, *title;
    bool ignores;     // holds ignored objects with a class
    bool any_ignores; // holds ignored objects without a class
    bool outlines;    // holds outlines and boxes
    bool or_outlines; // holds either outlines or boxes
    bool keypoints;   // holds keypoints; with `or_outlines` unless outlines are written
    bool scores, tracks, empty;
    nn_status (*begin)(nn_set_writer *w, nn_error *err);
    // Writes the labels of a picture. The format can hold all its objects, and its split is set.
    // `stem` and `ending` are its unique name. Writes the path of the picture below `out` into
    // `file`, of PATH_MAX bytes.
    nn_status (*picture)(nn_set_writer *w, const nn_annotated_picture *p, const char *stem,
                         const char *ending, char *file, nn_error *err);
    nn_status (*end)(nn_set_writer *w, nn_error *err);
    void (*release)(nn_set_writer *w);
} nn_write_format;

NN_API const nn_write_format *nn_write_format_at(int index);           // NULL past the last
NN_API const nn_write_format *nn_write_format_named(const char *name); // NULL: there is none

struct nn_set_writer {
    const nn_write_format *format;
    nn_write_set_options options;
    nn_write_counts counts;
    void *state;         // private to the format
    nn_coco_ids stems;   // names that are taken
    nn_annotation *list; // owned: objects of a picture that the format can hold
    int capacity;
};

NN_API nn_status nn_set_writer_begin(nn_set_writer *w, const nn_write_format *format,
                                     const nn_write_set_options *options, nn_error *err);
// Writes a picture and its labels, in pixels of its upright size, which must be known. Pictures
// without a split go to the training split. NN_EIO, also when the disk is full.
NN_API nn_status nn_set_writer_add(nn_set_writer *w, const nn_annotated_picture *p, nn_error *err);
// Writes the files about all pictures, unless `status` is a failure; then it returns that. Frees
// everything but the counts.
NN_API nn_status nn_set_writer_end(nn_set_writer *w, nn_status status, nn_error *err);

// For the formats:

// Writes the texts, one after the other, into a file below `out`, and makes its folders.
nn_status nn_set_writer_save(const nn_set_writer *w, const char *name, const nn_buffer *texts,
                             int count, nn_error *err);

#endif
