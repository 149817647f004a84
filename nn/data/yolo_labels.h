// SPDX-License-Identifier: MIT
// The label files of the formats that came from Darknet: one text file a picture.
#ifndef NN_DATA_YOLO_LABELS_H
#define NN_DATA_YOLO_LABELS_H

#include "nn/data/annotations.h"

// Reads the lines of a label file into the picture that is being read: "class cx cy w h [score]",
// "class x1 y1 ... x4 y4" (rotated boxes of Ultralytics) or "class x1 y1 x2 y2 x3 y3 ..."
// (outlines), fractions of the picture. `known` (may be NULL) names the numbers. No such file: no
// objects. What cannot be read leaves the picture out.
nn_status nn_yolo_labels_read(nn_annotation_reader *r, const char *path, const nn_names *known,
                              nn_error *err);

// Where the label file of a picture lies: for the last "images" of its path `label_dir` (NULL:
// "labels") when there is such a folder, else beside it.
nn_status nn_yolo_labels_path(char *labels, const char *picture, const char *label_dir,
                              nn_error *err);

// The class names of a folder: classes.txt, obj.names, _darknet.labels or its only .names file;
// none when it has no such file.
nn_status nn_yolo_names_read(nn_names *names, const char *path, nn_error *err);

// Puts names into the reader's classes, in their order.
nn_status nn_annotation_classes(nn_annotation_reader *r, const nn_names *names, nn_error *err);

#endif
