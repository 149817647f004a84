// SPDX-License-Identifier: MIT
// The crossings of a line of vtest.avi that were counted by eye, and how far others agree.
#ifndef TESTS_SUPPORT_CROSSINGS_H
#define TESTS_SUPPORT_CROSSINGS_H

// The line that they were counted at.
#define CROSSINGS_LINE "path:0.39,0.65,0.39,0.3"

enum { MOST_CROSSINGS = 64 };

typedef struct crossing {
    int frame;     // counts from 1
    int direction; // 1 in, -1 out
} crossing;

// Reads tests/data/analytics/vtest-crossings.txt; returns their number.
int crossings_by_eye(crossing *out);
// How many of `found` are one of `seen`: the same direction, and from 2 frames before to `late`
// frames after it. Each counts once.
int crossings_match(const crossing *seen, int seen_count, const crossing *found, int found_count,
                    int late);

#endif
