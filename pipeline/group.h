// SPDX-License-Identifier: MIT
// Runs one model on several inputs at once: a pipeline for each, one window with a tile for each.
#ifndef PIPELINE_GROUP_H
#define PIPELINE_GROUP_H

#include "pipeline/pipeline.h"

enum { VP_GROUP_MAX = 16 }; // inputs of a group

typedef struct vp_group vp_group;

// Checks the options and builds a pipeline for each of the `count` inputs (2 to VP_GROUP_MAX); the
// `input` of the options is not used. The pipelines share the model, its memory and its batches.
// JSON lines of all inputs go to one file and name their source. Callbacks come from the threads of
// the pipelines, one at a time. `record` and `snapshot` show all inputs. Strings are copied. On
// failure *out is NULL and `err` names the input.
nn_status vp_group_open(vp_group **out, const vp_options *options, const char *const *inputs,
                        int count, nn_error *err);

// Runs until all inputs have ended, or as vp_pipeline_run. An input that fails is reported by
// on_notice and leaves its tile as it was; the others go on. The status is an error when all inputs
// failed or the window broke. Call it once.
nn_status vp_group_run(vp_group *g, nn_error *err);

// Asks the run to end soon. Callable from any thread and from signal handlers.
void vp_group_stop(vp_group *g);

// Figures of one input, after vp_group_run has returned.
vp_stats vp_group_stats(vp_group *g, int index);

void vp_group_free(vp_group *g); // NULL is a no-op

#endif
