// SPDX-License-Identifier: MIT
// A page of numbers about labels, for people and for programs.
#ifndef APP_LABEL_STATS_H
#define APP_LABEL_STATS_H

#include "app/label/link.h"
#include "app/label/teachers.h"

// What there is to tell. All is borrowed.
typedef struct label_telling {
    const label_detections *finds;
    const label_set *set;
    const label_teachers *teachers;
    const nn_names *classes; // with labels
    const int *to;           // class of the teachers to number in `classes`, or -1
    const bool *chosen;      // pages that were written as pictures
    const label_link_options *link;
    const char *input;
    int every;      // frames from one that was looked at to the next
    double seconds; // that looking took, a picture; 0: unknown
} label_telling;

// DIR/report.txt and DIR/report.json.
nn_status label_write_stats(const label_telling *t, const char *dir, nn_error *err);

#endif
