// SPDX-License-Identifier: MIT
// Progress bar: the part that is done, and the estimated time left.
#include "app/cli/progress.h"

#include "nn/base/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { BAR_CELLS = 24, LEAST_CELLS = 4, WIDTH = 80, LATE_SECONDS = 2 };

double app_now(void)
{
    return nn_clock_seconds();
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

static bool is_terminal(void)
{
    const char *kind = getenv("TERM");
    return isatty(STDERR_FILENO) && !(kind && strcmp(kind, "dumb") == 0);
}

void app_progress_begin(app_progress *p, const char *name, int64_t first, int64_t total)
{
    *p = (app_progress){.terminal = is_terminal(),
                        .started = app_now(),
                        .between = 10,
                        .first = first,
                        .total = total};
    snprintf(p->name, sizeof p->name, "%s%s", name, *name ? " " : "");
}

static int columns(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : WIDTH;
}

int app_progress_columns(void)
{
    return is_terminal() ? columns() : 0;
}

// Drops details from the end, which are two spaces apart, until the line fits: half a number would
// be another one.
static void fit(char *line, int room)
{
    for (int n = (int)strlen(line); n > room;) {
        char *at = NULL;
        for (char *p = line; (p = strstr(p, "  ")); p += 2)
            at = p;
        if (!at || at == line)
            n = room;
        else
            n = (int)(at - line);
        line[n] = '\0';
    }
}

// Writes the line at once: a line that wraps or comes in pieces cannot be redrawn. The last column
// stays empty, because some terminals wrap when it is written.
static void draw(app_progress *p, double part, const char *text)
{
    char line[512], bar[BAR_CELLS + 1];
    const int room = columns() - 1;
    int cells = room - (int)(strlen(p->name) + strlen("[] 100.0 %  ") + strlen(text));
    cells = cells > BAR_CELLS ? BAR_CELLS : cells < LEAST_CELLS ? 0 : cells;
    memset(bar, ' ', sizeof bar);
    for (int i = 0; i < cells; i++)
        bar[i] = i < part * cells ? '=' : ' ';
    bar[cells] = '\0';
    snprintf(line, sizeof line, "%s%s%s%s%5.1f %%  %s", p->name, cells ? "[" : "", bar,
             cells ? "] " : "", 100 * part, text);
    fit(line, room);
    fprintf(stderr, "\r\033[K%s", line);
    p->open = true;
}

void app_progress_show(app_progress *p, int64_t done, const char *text)
{
    const double now = app_now();
    const double last = p->terminal ? p->shown : p->shown > 0 ? p->shown : p->started;
    if (done < p->total ? now - last < (p->terminal ? 0.2 : p->between) : !p->terminal)
        return;
    p->shown = now;
    char left[32], line[400];
    const double seconds = (now - p->started) / (double)(done > p->first ? done - p->first : 1);
    const double part = p->total > 0 ? (double)done / (double)p->total : 1;
    app_format_seconds(seconds * (double)(p->total - done), left, sizeof left);
    snprintf(line, sizeof line, "%s left  %s", left, text);
    if (p->terminal)
        draw(p, part, line);
    else
        fprintf(stderr, "%s%5.1f %%  step %lld/%lld  %s\n", p->name, 100 * part, (long long)done,
                (long long)p->total, line);
}

void app_progress_late(app_progress *p, int64_t done, const char *text)
{
    if (app_now() - p->started > LATE_SECONDS)
        app_progress_show(p, done, text);
}

void app_progress_count(app_progress *p, int64_t count, const char *text)
{
    const double now = app_now();
    if (now - p->started < LATE_SECONDS || now - p->shown < (p->terminal ? 0.2 : p->between))
        return;
    p->shown = now;
    char line[400];
    p->open = p->terminal;
    snprintf(line, sizeof line, "%s%lld %s", p->name, (long long)count, text);
    if (p->terminal)
        fit(line, columns() - 1);
    fprintf(stderr, "%s%s%s", p->terminal ? "\r\033[K" : "", line, p->terminal ? "" : "\n");
}

void app_progress_wait(app_progress *p, const char *text)
{
    if (p->terminal)
        draw(p, 1, text);
}

void app_progress_break(app_progress *p)
{
    if (p->open)
        fputc('\n', stderr);
    p->open = false;
}

void app_progress_clear(app_progress *p)
{
    if (p->open)
        fputs("\r\033[K", stderr);
    p->open = false;
}

static void print_above(const char *kind, const char *line)
{
    fprintf(stderr, "%s%s: %s\n", is_terminal() ? "\r\033[K" : "", kind, line);
}

void app_progress_note(const char *line)
{
    print_above("note", line);
}

void app_progress_warning(const char *line)
{
    print_above("warning", line);
}
