// SPDX-License-Identifier: MIT
// The table of what a build can do without.
#include "nn/base/features.h"

#include <string.h>

static const nn_feature features[] = {
#define NN_FEATURE(name, lacks, packages, in) {#name, lacks, packages, in},
#include "nn/features.inc"
#undef NN_FEATURE
};

const nn_feature *nn_feature_at(int i)
{
    return i >= 0 && (size_t)i < sizeof features / sizeof *features ? &features[i] : NULL;
}

nn_status nn_fail_without(nn_error *err, const char *name)
{
    for (const nn_feature *f = features; f < features + sizeof features / sizeof *features; f++)
        if (strcmp(f->name, name) == 0)
            return nn_fail(err, NN_EUNSUPPORTED,
                           "this build %s: build with -D%s=enabled (Debian: %s)", f->lacks, name,
                           f->packages);
    return nn_fail(err, NN_EINVAL, "no feature is called '%s'", name);
}
