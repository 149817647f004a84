// SPDX-License-Identifier: MIT
// Another neroscale that works when nobody else wants the processor.
#ifndef APP_LEARN_CHILD_H
#define APP_LEARN_CHILD_H

#include "nn/base/status.h"

#include <glib.h>
#include <stdbool.h>

// Guards a child against the thread that runs it.
typedef struct learn_child {
    GMutex lock;
    GPid pid; // 0: none runs
    bool stop;
    bool urgent; // nice 19 in place of idle priority; set before the first run
} learn_child;

void learn_child_init(learn_child *c);
void learn_child_clear(learn_child *c);

// Runs `neroscale ARGV...` (words up to NULL; argv[0] is the subcommand) to its end, at idle
// priority and with a single thread; it ends when this process does. What it prints is appended to
// the file `log`. NN_EIO, with its last line, when it fails; NN_EINVAL when it was stopped.
nn_status learn_child_run(learn_child *c, const char *const *argv, const char *log, nn_error *err);

// Ends what runs, and from now on nothing runs any more. Any thread.
void learn_child_stop(learn_child *c);

#endif
