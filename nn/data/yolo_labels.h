// SPDX-License-Identifier: MIT
// Label files in the formats that come from Darknet: one text file for each picture.
#ifndef NN_DATA_YOLO_LABELS_H
#define NN_DATA_YOLO_LABELS_H

#include "nn/data/annotations.h"

// Reads a label file into the picture being read. Lines are "class cx cy w h [score]", "class x1 y1
// ... x4 y4" (rotated boxes of Ultralytics, with NN_DETAIL_ROTATED), "class x1 y1 x2 y2 x3 y3 ..."
// (outlines) or, when r->found.keypoints has a count, "class cx cy w h x1 y1 [v1] ..." (keypoints),
// in fractions of the picture. `known` (may be NULL) names the class numbers. A missing file means
// no objects. A faulty file skips the picture.
nn_status nn_yolo_labels_read(nn_annotation_reader *r, const char *path, const nn_names *known,
                              nn_error *err);

// Path of a picture's label file. The last "images" in the picture's path is replaced by
// `label_dir` (NULL: "labels") when such a folder exists; otherwise the file is beside the picture.
nn_status nn_yolo_labels_path(char *labels, const char *picture, const char *label_dir,
                              nn_error *err);

// The class names of a folder, from classes.txt, obj.names, _darknet.labels or its only .names
// file; empty without such a file.
nn_status nn_yolo_names_read(nn_names *names, const char *path, nn_error *err);

// Adds names to the reader's classes, in order.
nn_status nn_annotation_classes(nn_annotation_reader *r, const nn_names *names, nn_error *err);

#endif
