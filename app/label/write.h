// SPDX-License-Identifier: MIT
// Writes labels as YOLO and MOT text.
#ifndef APP_LABEL_WRITE_H
#define APP_LABEL_WRITE_H

#include "app/label/link.h"
#include "nn/data/class_map.h"

// Collects the classes that have labels, in order; to[i] gets the new number of class i, or -1.
nn_status label_used_classes(const label_set *set, const nn_names *all, nn_names *used, int *to,
                             nn_error *err);

// Writes DIR/classes.txt.
nn_status label_write_classes(const char *dir, const nn_names *names, nn_error *err);

// Writes DIR/labels/STEM.txt, lines "class cx cy w h score". Scores of ignored boxes are below
// `keep`, those of labels are not. Classes are to[label]; -1: the box is dropped.
nn_status label_write_yolo(const char *dir, const char *stem, const label_set *set, int picture,
                           const label_picture *p, const int *to, double keep, nn_error *err);

// Writes the labels of all pictures to PATH, lines "frame,id,x,y,w,h,score,class,1" (MOT Challenge;
// frames and classes count from 1).
nn_status label_write_mot(const char *path, const label_detections *detections,
                          const label_set *set, const int *to, double keep, nn_error *err);

#endif
