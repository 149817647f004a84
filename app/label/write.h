// SPDX-License-Identifier: MIT
// Labels as files that a training reads.
#ifndef APP_LABEL_WRITE_H
#define APP_LABEL_WRITE_H

#include "app/label/link.h"
#include "nn/data/class_map.h"

// The classes that have labels, in their order; to[i] gets the new number of class i or -1.
nn_status label_used_classes(const label_set *set, const nn_names *all, nn_names *used, int *to,
                             nn_error *err);

// DIR/classes.txt.
nn_status label_write_classes(const char *dir, const nn_names *names, nn_error *err);

// DIR/labels/STEM.txt, lines "class cx cy w h score": boxes to be ignored have a score below that
// of the others, which is at least `keep`. Classes are to[label]; others are left out.
nn_status label_write_yolo(const char *dir, const char *stem, const label_set *set, int page,
                           const label_page *p, const int *to, double keep, nn_error *err);

// PATH, lines "frame,id,x,y,w,h,score,class,1" (MOT challenge; class from 1) of all pages.
nn_status label_write_mot(const char *path, const label_detections *finds, const label_set *set,
                          const int *to, double keep, nn_error *err);

#endif
