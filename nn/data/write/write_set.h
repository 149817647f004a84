// SPDX-License-Identifier: MIT
// Writes labelled pictures as a data set that other tools read.
#ifndef NN_DATA_WRITE_WRITE_SET_H
#define NN_DATA_WRITE_WRITE_SET_H

#include "nn/data/coco_ids.h"
#include "nn/data/folder.h"
#include "nn/io/buffer.h"

typedef struct nn_write_options {
    const char *out;         // an empty folder
    const nn_names *classes; // by nn_annotation.class_index
    bool outlines;           // instead of boxes, in formats that hold one of them only
    bool link;               // hard links to the pictures instead of copies, where that is possible
} nn_write_options;

// What was written, and what the format could not hold.
typedef struct nn_write_counts {
    int pictures, split[NN_SPLITS];
    int empty;    // pictures without objects that the format does not tell from unlabelled ones
    long objects; // written
    long ignored; // objects left out because they are ignored
    long outlines, rotated; // objects written as their boxes
    long scores, tracks;    // objects written without
} nn_write_counts;

typedef struct nn_set_writer nn_set_writer;

// A format: a table in a file of its own, listed in meson.build.
typedef struct nn_write_format {
    const char *name, *title;
    bool ignores;     // ignored objects with a class
    bool any_ignores; // those without
    bool outlines;    // beside boxes
    bool or_outlines; // or instead of them
    bool scores, tracks, empty;
    nn_status (*begin)(nn_set_writer *w, nn_error *err);
    // Writes the labels of a picture, whose objects the format can hold all and whose split is one;
    // `stem` and `ending` make up its name, which no other picture has. Writes the place of the
    // picture below `out` into `file`, of PATH_MAX bytes.
    nn_status (*picture)(nn_set_writer *w, const nn_annotated_picture *p, const char *stem,
                         const char *ending, char *file, nn_error *err);
    nn_status (*end)(nn_set_writer *w, nn_error *err);
    void (*release)(nn_set_writer *w);
} nn_write_format;

NN_API const nn_write_format *nn_write_format_at(int index);           // NULL past the last
NN_API const nn_write_format *nn_write_format_named(const char *name); // NULL: there is none

struct nn_set_writer {
    const nn_write_format *format;
    nn_write_options options;
    nn_write_counts counts;
    void *state;         // of the format
    nn_coco_ids stems;   // that are taken
    nn_annotation *list; // owned: the objects of a picture that the format can hold
    int capacity;
};

NN_API nn_status nn_set_writer_begin(nn_set_writer *w, const nn_write_format *format,
                                     const nn_write_options *options, nn_error *err);
// Writes a picture and its labels: in pixels of its upright size, which must be known. Pictures
// without a split belong to the training. NN_EIO, also when the disk is full.
NN_API nn_status nn_set_writer_add(nn_set_writer *w, const nn_annotated_picture *p, nn_error *err);
// Writes what is about all of them, unless `status` is a failure, which is returned. Frees
// everything; the counts stay.
NN_API nn_status nn_set_writer_end(nn_set_writer *w, nn_status status, nn_error *err);

// For the formats:

// Writes a file below `out`, with its folders, of these texts one after the other.
nn_status nn_set_writer_save(const nn_set_writer *w, const char *name, const nn_buffer *texts,
                             int count, nn_error *err);

#endif
