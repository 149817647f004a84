// SPDX-License-Identifier: MIT
// Progress on stderr: a line that is redrawn on a terminal, plain lines from time to time
// elsewhere.
#ifndef APP_CLI_PROGRESS_H
#define APP_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#define APP_PROGRESS_SELDOM 60.0 // `between` for work of hours

typedef struct app_progress {
    char name[32];         // in front of the bar
    bool terminal;         // stderr can return to the start of a line
    double started, shown; // seconds of a monotonic clock
    double between;        // seconds from one plain line to the next
    int64_t first, total;  // steps
    bool open;             // the line has not ended yet
} app_progress;

// Starts at step `first` of `total`. `name` is copied; it is empty for a single bar.
void app_progress_begin(app_progress *p, const char *name, int64_t first, int64_t total);
// `done` steps are finished; `text` adds details ("loss 0.31  12.4 images/s"). Draws a few times a
// second at most, and never wider than the terminal.
void app_progress_show(app_progress *p, int64_t done, const char *text);
// The same, but not before two seconds have passed: for work that may be fast.
void app_progress_late(app_progress *p, int64_t done, const char *text);
// Shows a count whose total is unknown, such as "pictures read", not before two seconds have
// passed.
void app_progress_count(app_progress *p, int64_t count, const char *text);
// Shows `text` instead of the time left, for work behind the last step.
void app_progress_wait(app_progress *p, const char *text);
// Columns of the terminal; 0: stderr is none.
int app_progress_columns(void);
// Ends the line before something else is printed.
void app_progress_break(app_progress *p);
// Removes the line, so that the next output replaces it.
void app_progress_clear(app_progress *p);

// Prints "note: LINE" on its own line, above an open progress line. Any thread.
void app_progress_note(const char *line);
// The same for "warning: LINE".
void app_progress_warning(const char *line);

// Seconds of a monotonic clock.
double app_now(void);
// Writes "1:05:09" or "4:31" into buf; returns buf.
char *app_format_seconds(double seconds, char *buf, int size);

#endif
