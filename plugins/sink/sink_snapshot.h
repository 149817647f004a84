// SPDX-License-Identifier: MIT
// Where nerosink's snapshot goes.
#ifndef PLUGINS_SINK_SINK_SNAPSHOT_H
#define PLUGINS_SINK_SINK_SNAPSHOT_H

#include "nn/base/status.h"

// Whether a file can be written there, now and without touching one that is there: an hour later is
// too late to say so.
nn_status nero_snapshot_check(const char *path, nn_error *err);

#endif
