// SPDX-License-Identifier: MIT
// Formats a line for the caller of a run.
#include "pipeline/notice.h"

void vp_notice(vp_pipeline *p, const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    g_vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (p->on_notice)
        p->on_notice(p->user, line);
}
