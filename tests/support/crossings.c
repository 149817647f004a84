// SPDX-License-Identifier: MIT
// Reads the crossings that were counted by eye, and matches them with others.
#include "tests/support/crossings.h"

#include "tests/support/files.h"
#include "tests/support/test.h"

#include <stdio.h>

int crossings_by_eye(crossing *out)
{
    char line[256], way[8];
    int n = 0;
    FILE *f = fopen(test_data("analytics/vtest-crossings.txt").text, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#')
            continue;
        assert_true(n < MOST_CROSSINGS);
        assert_int_equal(sscanf(line, "%d %7s", &out[n].frame, way), 2);
        assert_true(strcmp(way, "in") == 0 || strcmp(way, "out") == 0);
        out[n++].direction = way[0] == 'i' ? 1 : -1;
    }
    fclose(f);
    return n;
}

int crossings_match(const crossing *seen, int seen_count, const crossing *found, int found_count,
                    int late)
{
    bool used[MOST_CROSSINGS] = {false};
    int matched = 0;
    for (int i = 0; i < found_count; i++)
        for (int k = 0; k < seen_count; k++) {
            const int after = found[i].frame - seen[k].frame;
            if (used[k] || found[i].direction != seen[k].direction || after < -2 || after > late)
                continue;
            used[k] = true;
            matched++;
            break;
        }
    return matched;
}
