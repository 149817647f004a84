// SPDX-License-Identifier: MIT
// Writes labels as YOLO and MOT text.
#ifndef APP_LABEL_WRITE_H
#define APP_LABEL_WRITE_H

#include "app/label/link.h"
#include "nn/data/class_map.h"

// The classes with labels, in order; to[i] gets the new number of class i, or -1.
nn_status label_used_classes(const label_set *set, const nn_names *all, nn_names *used, int *to,
                             nn_error *err);

// Writes DIR/classes.txt.
nn_status label_write_classes(const char *dir, const nn_names *names, nn_error *err);

// Writes DIR/labels/STEM.txt, lines "class cx cy w h score". Ignore boxes have a lower score than
// others, which have at least `keep`. Classes are to[label]; others are dropped.
nn_status label_write_yolo(const char *dir, const char *stem, const label_set *set, int page,
                           const label_page *p, const int *to, double keep, nn_error *err);

// Writes PATH, lines "frame,id,x,y,w,h,score,class,1" of all pages (MOT challenge; classes count
// from 1).
nn_status label_write_mot(const char *path, const label_detections *finds, const label_set *set,
                          const int *to, double keep, nn_error *err);

#endif
