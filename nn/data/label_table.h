// SPDX-License-Identifier: MIT
// Formats with a folder of pictures and a folder of text files of the same stems, one object a
// line: what VisDrone, KITTI and DOTA share.
#ifndef NN_DATA_LABEL_TABLE_H
#define NN_DATA_LABEL_TABLE_H

#include "nn/data/label_files.h"

enum { NN_TABLE_WORDS = 32 };

typedef struct nn_label_table {
    const char *const *pictures; // names that the folder of pictures has, NULL ends them
    const char *const *labels;   // the same of the label files, in the same order
    // Reads a line that is not blank: its words. Breaks the picture by nn_annotation_skip.
    nn_status (*line)(nn_annotation_reader *r, char *const *word, int words, const char *where,
                      nn_error *err);
    const char *separators; // between words
    // The name of a folder that holds a split, such as "VisDrone2019-DET-train", ends in its word.
    bool named_by_end;
} nn_label_table;

// A format of such a table, in its file: the functions and the row of the formats.
#define NN_LABEL_TABLE(word, table, title, look)                                                   \
    static nn_status read_set(nn_annotation_reader *r, const nn_folder *f, nn_error *err)          \
    {                                                                                              \
        return nn_label_table_read(&(table), r, f->path, err);                                     \
    }                                                                                              \
    static bool recognise(const char *path)                                                        \
    {                                                                                              \
        return nn_label_table_recognise(&(table), path);                                           \
    }                                                                                              \
    const nn_data_format nn_data_##word = {.name = (title),                                        \
                                           .looks_like = (look),                                   \
                                           .kind = NN_DATA_BOXES,                                  \
                                           .recognise = recognise,                                 \
                                           .read = read_set};

// Whether `path`, or a folder in it, has one of the pairs of folders.
bool nn_label_table_recognise(const nn_label_table *t, const char *path);
nn_status nn_label_table_read(const nn_label_table *t, nn_annotation_reader *r, const char *path,
                              nn_error *err);
// A word as a number; NAN when it is none.
float nn_label_table_number(const char *word);

#endif
