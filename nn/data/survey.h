// SPDX-License-Identifier: MIT
// Summary of a data set from its files, without opening pictures.
#ifndef NN_DATA_SURVEY_H
#define NN_DATA_SURVEY_H

#include "nn/data/folder.h"

// NN_EUNSUPPORTED for formats without `read`.
NN_API nn_status nn_data_survey_read(nn_data_survey *s, const nn_data_format *format,
                                     const nn_folder *f, nn_error *err);

// Which splits the data set has.
NN_API nn_status nn_data_splits(const nn_data_format *format, const nn_folder *f,
                                bool there[NN_SPLITS], nn_error *err);

#endif
