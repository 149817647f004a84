// SPDX-License-Identifier: MIT
// A progress line on stderr: redrawn on a terminal, a plain line now and then elsewhere.
#ifndef APP_CLI_PROGRESS_H
#define APP_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#define APP_PROGRESS_SELDOM 60.0 // `between` of what takes hours

typedef struct app_progress {
    char name[32];         // in front of the bar
    bool terminal;         // stderr is one that can go back to the start of a line
    double started, shown; // seconds of a monotonic clock
    double between;        // seconds from one plain line to the next
    int64_t first, total;  // steps
    bool open;             // the line is not ended yet
} app_progress;

// Starts at step `first` of `total`; `name` is copied, and empty for the only bar there is.
void app_progress_begin(app_progress *p, const char *name, int64_t first, int64_t total);
// `done` steps are behind us; `text` says more ("loss 0.31  12.4 images/s"). Draws at most a few
// times a second on a terminal, and no line wider than it.
void app_progress_show(app_progress *p, int64_t done, const char *text);
// The same, but nothing before two seconds are over: for what may be done at once.
void app_progress_late(app_progress *p, int64_t done, const char *text);
// How many there are so far of something whose end is not known, such as "pictures read"; nothing
// before two seconds are over.
void app_progress_count(app_progress *p, int64_t count, const char *text);
// Shows `text` in place of the time left, for what follows the last step.
void app_progress_wait(app_progress *p, const char *text);
// Ends the line, so that something else can be printed.
void app_progress_break(app_progress *p);
// Removes the line: what is printed next takes its place.
void app_progress_clear(app_progress *p);

// Prints "note: LINE" on a line of its own, in place of the line that is open. Any thread.
void app_progress_note(const char *line);

// Seconds of a monotonic clock.
double app_now(void);
// "1:05:09" or "4:31" into buf; returns buf.
char *app_format_seconds(double seconds, char *buf, int size);

#endif
