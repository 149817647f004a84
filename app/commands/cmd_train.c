// SPDX-License-Identifier: MIT
// neroscale train: trains a model on labelled data and writes the best weights to a model file.
#include "app/cli/arguments.h"
#include "app/cli/folder.h"
#include "app/cli/interrupt.h"
#include "app/commands/command.h"
#include "app/train/train_run.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

// Joins other processes. All but process 0 print errors only; returns the stream for those.
// Processes on one machine share its cores.
static FILE *join(app_train *t, nn_error *err)
{
    if (nn_ranks_open(&t->ranks, err) != NN_OK)
        return NULL;
    if (nn_ranks_index(t->ranks) == 0)
        return stderr;
    FILE *loud = fdopen(dup(STDERR_FILENO), "w");
    if (!loud || !freopen("/dev/null", "w", stderr))
        nn_fail(err, NN_EIO, "cannot open standard error: %s", strerror(errno));
    return loud;
}

int app_cmd_train(int argc, char **argv)
{
    app_train t = {0};
    nn_error err = {0};
    nn_status status = NN_OK;
    const volatile sig_atomic_t *interrupted = app_interrupt_catch(NULL);
    FILE *loud = join(&t, &err);
    if (err.status != NN_OK) {
        status = err.status;
    } else if (!app_train_options_parse(&t.o, argc, argv, &err)) {
        status = err.status;
    } else {
        status = app_train_prepare(&t, &err);
        if (status == NN_OK)
            status = app_train_run(&t, interrupted, &err);
        if (status == NN_OK && !*interrupted && nn_ranks_index(t.ranks) == 0)
            status = app_train_finish(&t, &err);
    }
    if (status != NN_OK) {
        if (nn_ranks_index(t.ranks) > 0)
            g_usleep(500000); // process 0 reports an error of all processes and ends this one
        fprintf(loud ? loud : stderr, "neroscale train: %s\n", err.text);
        fflush(loud);
        app_folders_drop_empty();
        nn_ranks_abort(t.ranks); // the others wait for this one
    }
    app_train_release(&t);
    return status != NN_OK ? APP_EXIT_ERROR : *interrupted ? 130 : 0;
}
