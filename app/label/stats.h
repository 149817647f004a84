// SPDX-License-Identifier: MIT
// Statistics of labels, for users and for programs.
#ifndef APP_LABEL_STATS_H
#define APP_LABEL_STATS_H

#include "app/label/link.h"
#include "app/label/teachers.h"

// What the statistics describe; borrowed.
typedef struct label_telling {
    const label_detections *detections;
    const label_set *set;
    const label_teachers *teachers;
    const nn_names *classes; // classes that have labels
    const int *to;           // class of the teachers -> index in `classes`; -1: none
    const bool *chosen;      // pictures that were written as pictures
    const label_link_options *link;
    const char *input;
    int every;      // frames from one processed frame to the next
    bool stopped;   // more pictures are to come
    double seconds; // the teachers' time per picture; 0: unknown
} label_telling;

// Writes DIR/report.txt, and DIR/report.json when all pictures were looked at.
nn_status label_write_stats(const label_telling *t, const char *dir, nn_error *err);

#endif
