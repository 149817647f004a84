// SPDX-License-Identifier: MIT
// Runs another neroscale process that works only while the processor is idle.
#ifndef APP_LEARN_CHILD_H
#define APP_LEARN_CHILD_H

#include "nn/base/status.h"

#include <glib.h>
#include <stdbool.h>

// Shared by the thread that runs the child and the threads that stop it.
typedef struct learn_child {
    GMutex lock;
    GPid pid; // 0: not running
    bool stop;
    bool urgent; // nice 19 instead of idle priority; set before the first run
} learn_child;

void learn_child_init(learn_child *c);
void learn_child_clear(learn_child *c);

// Runs `neroscale ARGV...` to its end, with one thread and at idle priority. ARGV ends with NULL;
// argv[0] is the subcommand. The child is killed when this process ends. Its output is appended to
// the file `log`. NN_EIO, with the last line of the log, when it fails; NN_EINVAL when it was
// stopped.
nn_status learn_child_run(learn_child *c, const char *const *argv, const char *log, nn_error *err);

// Stops the child; none can be started afterwards. Any thread.
void learn_child_stop(learn_child *c);

#endif
