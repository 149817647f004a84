// SPDX-License-Identifier: MIT
// The classes that folders of labelled pictures have: the labels of a model, or matched to them.
#ifndef NN_DATA_FOLDER_LABELS_H
#define NN_DATA_FOLDER_LABELS_H

#include "nn/data/folder.h"

// The names in classes.txt of a folder; none when there is no such file, or `dir` is NULL.
NN_API nn_status nn_folder_class_file(nn_names *names, const char *dir, nn_error *err);

// Appends the classes that the files of a folder name; `numbers` wants what stands for them in
// formats that have numbers instead. *ordered (may be NULL): they are in the order of a list.
NN_API nn_status nn_folder_add_names(nn_names *names, const nn_folder *f, nn_data_kind kind,
                                     bool numbers, bool *ordered, nn_error *err);

#define NN_NO_CLASS_NAMES "the data do not name their classes"

// Labels for a model that was not given any: those of the first classes.txt, then those that the
// files name, sorted where these have no order of their own. NN_EINVAL and this text when nothing
// names them.
NN_API nn_status nn_folder_labels(nn_names *labels, const nn_folder *folders, int count,
                                  nn_data_kind kind, nn_error *err);

// Adds the samples of a folder, or of one of its lists, with the classes matched to `labels` by
// name. What numbers mean says classes.txt, else number = label; classes that are no label are left
// out. `details`: as in nn_folder.
nn_status nn_folder_load(nn_dataset *d, const char *path, const char *list, nn_data_kind kind,
                         unsigned details, const nn_names *labels, nn_error *err);

#endif
