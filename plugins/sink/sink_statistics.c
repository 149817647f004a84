// SPDX-License-Identifier: MIT
// Keeps the last times in rings and makes figures of them.
#include "plugins/sink/sink_statistics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static double rate_of(const gint64 *times, guint64 count, gint64 now)
{
    const guint64 n = MIN(count, (guint64)NERO_STATISTICS_FRAMES);
    if (n < 2)
        return 0;
    const gint64 first = times[(count - n) % NERO_STATISTICS_FRAMES];
    const gint64 last = times[(count - 1) % NERO_STATISTICS_FRAMES];
    const gint64 until = now - last > G_USEC_PER_SEC ? now : last; // when they have stopped
    return until > first ? (double)(n - 1) * 1e6 / (double)(until - first) : 0;
}

static int compare(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return x < y ? -1 : x > y;
}

static void find_percentiles(NeroStatistics *s)
{
    float sorted[NERO_STATISTICS_TIMES];
    const gsize n = (gsize)MIN(s->inferences, (guint64)NERO_STATISTICS_TIMES);
    if (n == 0)
        return;
    memcpy(sorted, s->ms, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare);
    s->p50 = (double)sorted[n / 2];
    s->p95 = (double)sorted[MIN(n * 95 / 100, n - 1)];
}

static gint64 processor_time(void)
{
    struct rusage u;
    if (getrusage(RUSAGE_SELF, &u) != 0)
        return 0;
    return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * G_USEC_PER_SEC + u.ru_utime.tv_usec +
           u.ru_stime.tv_usec;
}

static double resident_mib(void)
{
    long total = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f && fscanf(f, "%ld %ld", &total, &resident) != 2)
        resident = 0;
    if (f)
        fclose(f);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

// Frames that the interval leaves out are not skipped.
static void find_skips(NeroStatistics *s)
{
    const guint64 frames = s->frames - s->frames_before, every = MAX(s->interval, 1);
    const guint64 skipped = s->skipped > s->skipped_before ? s->skipped - s->skipped_before : 0;
    s->skips = skipped > frames - frames / every + 1;
    s->skipped_before = s->skipped;
    s->frames_before = s->frames;
}

static void update(NeroStatistics *s, gint64 now)
{
    const gint64 used = processor_time(), span = now - s->updated;
    if (s->updated > 0 && span < G_USEC_PER_SEC / 2)
        return;
    s->rate = rate_of(s->shown, s->frames, now);
    s->infer_rate = rate_of(s->inferred, s->inferences, now);
    find_percentiles(s);
    find_skips(s);
    if (s->updated > 0)
        s->cores = (double)(used - s->processor) / (double)span;
    s->memory = resident_mib();
    s->processor = used;
    s->updated = now;
}

void nero_statistics_frame(NeroStatistics *s, const nn_result *result, gint64 now)
{
    s->shown[s->frames++ % NERO_STATISTICS_FRAMES] = now;
    const gboolean fresh = result && (result->age_ms <= 0 || result->source_pts != s->source_pts);
    if (fresh) {
        s->source_pts = result->source_pts;
        s->ms[s->inferences % NERO_STATISTICS_TIMES] = result->infer_ms;
        s->inferred[s->inferences++ % NERO_STATISTICS_FRAMES] = now;
    }
    update(s, now);
}

void nero_statistics_inference(NeroStatistics *s, guint interval, guint64 skipped)
{
    s->interval = interval;
    s->skipped = skipped;
}
