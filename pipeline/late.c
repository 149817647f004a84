// SPDX-License-Identifier: MIT
// Skips the backlog of a live stream, up to a key frame.
#include "pipeline/late.h"

enum {
    MOST_MS = 700,     // delay, more than usual, that is still shown
    IN_TIME_MS = 350,  // delay at which skipping ends
    LONGEST_MS = 3000, // skipping
};

vp_late_verdict vp_late_judge(vp_late *l, gint64 behind, bool key, gint64 now)
{
    l->usual = l->any ? MIN(l->usual, behind) : behind;
    l->any = true;
    const gint64 delay = (behind - l->usual) / G_TIME_SPAN_MILLISECOND;
    if (!l->skipping && delay > MOST_MS) {
        l->skipping = true;
        l->since = now;
    } else if (l->skipping && key && delay <= IN_TIME_MS) {
        l->skipping = false;
    }
    if (!l->skipping)
        return VP_LATE_SHOW;
    const bool long_ago = now - l->since > LONGEST_MS * G_TIME_SPAN_MILLISECOND;
    return long_ago && delay > IN_TIME_MS ? VP_LATE_REOPEN : VP_LATE_SKIP;
}
