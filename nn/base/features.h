// SPDX-License-Identifier: MIT
// The optional features of this build (the table `features` in the top meson.build).
#ifndef NN_BASE_FEATURES_H
#define NN_BASE_FEATURES_H

#include "nn/base/api.h"
#include "nn/base/status.h"

#include <stdbool.h>

// NN_HAS_onnx and so on, for tables.
enum {
#define NN_FEATURE(name, lacks, packages, in) NN_HAS_##name = (in),
#include "nn/features.inc"
#undef NN_FEATURE
    NN_HAS_END
};

typedef struct nn_feature {
    const char *name;     // of the build's option
    const char *lacks;    // what a build without it does: "reads no CSV"
    const char *packages; // of Debian, to build it in; separated by blanks
    bool in;
} nn_feature;

// All of them; NULL after the last.
NN_API const nn_feature *nn_feature_at(int i);

// NN_EUNSUPPORTED with what this build lacks and how to build it in.
NN_API nn_status nn_fail_without(nn_error *err, const char *name);

#endif
