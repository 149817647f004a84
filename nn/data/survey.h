// SPDX-License-Identifier: MIT
// What a data set holds, told by its files alone.
#ifndef NN_DATA_SURVEY_H
#define NN_DATA_SURVEY_H

#include "nn/data/folder.h"

// What a format's files say about their pictures, none of which is opened.
typedef struct nn_data_survey {
    nn_names classes; // owned
    bool numbered;    // classes are numbers that nothing names
    bool ordered;     // their order is that of a list, not of the first pictures
    long unnamed;     // 1 + the first class number for which the names do not suffice; 0: none
    int named;        // names that there are then
    bool fell_back;   // `fallback` names the numbers
    char called[48];  // "Roboflow YOLO export", where the files tell who wrote them; else ""
    int pictures, skipped, rotated, outlines;
    int split[NN_SPLITS]; // pictures of each
    char first_skip[256]; // why the first picture was left out; "": none was
} nn_data_survey;

NN_API void nn_data_survey_release(nn_data_survey *s);
// What a reader found; takes its classes over. The other way, for a reader that finds the same.
void nn_data_survey_take(nn_data_survey *s, nn_annotation_reader *r);
nn_status nn_data_survey_give(const nn_data_survey *s, nn_annotation_reader *r, nn_error *err);
// NN_EUNSUPPORTED for formats without `read`, whose files do not tell.
NN_API nn_status nn_data_survey_read(nn_data_survey *s, const nn_data_format *format,
                                     const nn_folder *f, nn_error *err);

// Which splits the data have.
NN_API nn_status nn_data_splits(const nn_data_format *format, const nn_folder *f,
                                bool there[NN_SPLITS], nn_error *err);

#endif
