// SPDX-License-Identifier: MIT
// Annotations of a data set, kept in memory. The files are read once for names, splits, counts and
// the samples of each split.
#ifndef NN_DATA_ANNOTATION_STORE_H
#define NN_DATA_ANNOTATION_STORE_H

#include "nn/data/survey.h"

// Reads all that a format with `read` gives for f->path, whatever f->list says. NN_EUNSUPPORTED for
// other formats.
NN_API nn_status nn_annotation_store_read(nn_annotation_store **store, const nn_data_format *format,
                                          const nn_folder *f, nn_error *err);
NN_API void nn_annotation_store_free(nn_annotation_store *s); // also NULL

// Counts and classes of what is in it; valid as long as the store.
NN_API const nn_data_survey *nn_annotation_store_survey(const nn_annotation_store *s);

// Gives the notes and pictures as the format's `read` did. r->numbers and r->fallback are those of
// then.
nn_status nn_annotation_store_give(const nn_annotation_store *s, nn_annotation_reader *r,
                                   nn_error *err);

#endif
