// SPDX-License-Identifier: MIT
// Private to pipeline/: lines of text for the caller of a run.
#ifndef PIPELINE_NOTICE_H
#define PIPELINE_NOTICE_H

#include "pipeline/state.h"

// Hands a line to on_notice. On the running thread.
void vp_notice(vp_pipeline *p, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
