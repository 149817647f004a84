// SPDX-License-Identifier: MIT
// Progress bar: part done, time left at the pace so far.
#include "app/progress.h"

#include <math.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { BAR_CELLS = 24, LATE_SECONDS = 2 };

double app_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

char *app_format_seconds(double seconds, char *buf, int size)
{
    long s = isfinite(seconds) && seconds > 0 ? lround(seconds) : 0;
    if (s >= 3600)
        snprintf(buf, (size_t)size, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(buf, (size_t)size, "%ld:%02ld", s / 60, s % 60);
    return buf;
}

void app_progress_begin(app_progress *p, int64_t first, int64_t total)
{
    *p = (app_progress){
        .terminal = isatty(STDERR_FILENO), .started = app_now(), .first = first, .total = total};
}

void app_progress_show(app_progress *p, int64_t done, const char *text)
{
    double now = app_now();
    if (done < p->total && p->shown > 0 && now - p->shown < (p->terminal ? 0.2 : 10))
        return;
    p->shown = now;
    char left[32];
    double pace = (now - p->started) / (double)(done > p->first ? done - p->first : 1);
    app_format_seconds(pace * (double)(p->total - done), left, sizeof left);
    double part = p->total > 0 ? (double)done / (double)p->total : 1;
    if (!p->terminal) {
        fprintf(stderr, "%5.1f %%  step %lld/%lld  %s  %s left\n", 100 * part, (long long)done,
                (long long)p->total, text, left);
        return;
    }
    char bar[BAR_CELLS + 1];
    for (int i = 0; i < BAR_CELLS; i++)
        bar[i] = i < part * BAR_CELLS ? '=' : ' ';
    bar[BAR_CELLS] = '\0';
    fprintf(stderr, "\r\033[K[%s] %5.1f %%  %s  %s left", bar, 100 * part, text, left);
    fflush(stderr);
    p->open = true;
}

void app_progress_late(app_progress *p, int64_t done, const char *text)
{
    if (app_now() - p->started > LATE_SECONDS)
        app_progress_show(p, done, text);
}

void app_progress_break(app_progress *p)
{
    if (p->open)
        fputc('\n', stderr);
    p->open = false;
}
