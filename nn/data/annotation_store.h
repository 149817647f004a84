// SPDX-License-Identifier: MIT
// Annotations of a data set, kept in memory, so that files are read once for names, splits, counts
// and samples.
#ifndef NN_DATA_ANNOTATION_STORE_H
#define NN_DATA_ANNOTATION_STORE_H

#include "nn/data/survey.h"

// Reads everything that a format with `read` finds in f->path; f->list is ignored. NN_EUNSUPPORTED
// for formats without `read`.
NN_API nn_status nn_annotation_store_read(nn_annotation_store **store, const nn_data_format *format,
                                          const nn_folder *f, nn_error *err);
NN_API void nn_annotation_store_free(nn_annotation_store *s); // NULL is a no-op

// Counts and classes of the store; valid as long as the store.
NN_API const nn_data_survey *nn_annotation_store_survey(const nn_annotation_store *s);

// Gives the notes and pictures to `r`, as the format's `read` would. Class numbers were named when
// the store was made, by the r->numbers and r->fallback of that reader.
nn_status nn_annotation_store_give(const nn_annotation_store *s, nn_annotation_reader *r,
                                   nn_error *err);

#endif
