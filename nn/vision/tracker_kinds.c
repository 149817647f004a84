// SPDX-License-Identifier: MIT
// The list of trackers.
#include "nn/vision/tracker_kind.h"

#include <stdio.h>
#include <string.h>

#define NN_TRACKER(word) extern const nn_tracker_kind nn_tracker_##word;
#include "nn/vision/trackers.inc"
#undef NN_TRACKER

static const nn_tracker_kind *const kinds[] = {
#define NN_TRACKER(word) &nn_tracker_##word,
#include "nn/vision/trackers.inc"
#undef NN_TRACKER
};

enum { COUNT = sizeof kinds / sizeof *kinds };

const nn_tracker_kind *nn_tracker_kind_at(int i)
{
    return i >= 0 && i < COUNT ? kinds[i] : NULL;
}

nn_status nn_tracker_kind_find(const nn_tracker_kind **kind, const char *name, nn_error *err)
{
    char names[256] = "";
    size_t length = 0;
    for (int i = 0; i < COUNT; i++) {
        if (strcmp(kinds[i]->name, name) == 0) {
            *kind = kinds[i];
            return NN_OK;
        }
        if (length < sizeof names)
            length += (size_t)snprintf(names + length, sizeof names - length, "%s%s", i ? ", " : "",
                                       kinds[i]->name);
    }
    return nn_fail(err, NN_EINVAL, "there is no tracker '%s'; there are %s", name, names);
}
