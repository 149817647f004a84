// SPDX-License-Identifier: MIT
// Formats a line for the caller of a run.
#include "pipeline/notice.h"

#include "nn/base/credentials.h"

void vp_notice(vp_pipeline *p, const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    g_vsnprintf(line, sizeof line, format, args);
    va_end(args);
    nn_mask_credentials(line, sizeof line);
    if (p->on_notice)
        p->on_notice(p->user, line);
}
