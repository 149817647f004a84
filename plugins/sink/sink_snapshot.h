// SPDX-License-Identifier: MIT
// Checks where nerosink's snapshot is written.
#ifndef PLUGINS_SINK_SINK_SNAPSHOT_H
#define PLUGINS_SINK_SINK_SNAPSHOT_H

#include "nn/base/status.h"

// Whether the file can be written, checked at the start and without touching an existing file: an
// error at the end of a long run would be too late.
nn_status nero_snapshot_check(const char *path, nn_error *err);

#endif
