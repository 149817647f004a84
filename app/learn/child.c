// SPDX-License-Identifier: MIT
// Runs this program as a child process at the lowest priority and waits for it.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE // SCHED_IDLE
#endif
#include "app/learn/child.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000, LOOK_MS = 20 }; // time that a child has to end; interval between checks

void learn_child_init(learn_child *c)
{
    *c = (learn_child){0};
    g_mutex_init(&c->lock);
}

void learn_child_clear(learn_child *c)
{
    g_mutex_clear(&c->lock);
}

typedef struct Setup {
    bool urgent;
    int log;
} Setup;

// Starts a session of the lowest weight for the child. Linux weighs sessions against each other
// before the processes in them (sched(7), "The autogroup feature"), so idle priority alone holds
// only within a session. Other systems lack the file.
static void leave_session(void)
{
    static const char lowest[] = "19";
    setsid();
    const int file = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return;
    if (write(file, lowest, sizeof lowest - 1) < 0)
        errno = 0; // restores what a failed write changed
    close(file);
}

// Runs between fork and exec, so it makes async-signal-safe calls only. Falls back to nice 19 where
// idle priority is refused.
static void step_back(gpointer data)
{
    const Setup *s = data;
    const struct sched_param none = {0};
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    setpriority(PRIO_PROCESS, 0, 19);
    if (!s->urgent) {
        sched_setscheduler(0, SCHED_IDLE, &none);
        leave_session();
    }
    signal(SIGINT, SIG_IGN); // Ctrl-C is for the parent, which ends the child
    dup2(s->log, STDOUT_FILENO);
    dup2(s->log, STDERR_FILENO);
}

static nn_status start(learn_child *c, const char *const *argv, int log, nn_error *err)
{
    GError *error = NULL;
    // /proc/self/exe stays this version when another one is installed meanwhile.
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    g_ptr_array_add(words, "/proc/self/exe");
    g_ptr_array_add(words, "neroscale");
    for (; *argv; argv++)
        g_ptr_array_add(words, (char *)*argv);
    g_ptr_array_add(words, "--config"); // the steps depend on nobody's settings
    g_ptr_array_add(words, "none");
    g_ptr_array_add(words, NULL);
    Setup setup = {c->urgent, log};
    g_auto(GStrv) env = g_environ_setenv(g_get_environ(), "OPENBLAS_NUM_THREADS", "1", TRUE);
    if (g_spawn_async(NULL, (char **)words->pdata, env,
                      G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_FILE_AND_ARGV_ZERO, step_back, &setup,
                      &c->pid, &error))
        return NN_OK;
    nn_fail(err, NN_EIO, "%s", error->message);
    g_error_free(error);
    return NN_EIO;
}

// Checks whether the child has ended; *status is that of waitpid. Holds the lock, so that no other
// thread signals a process that is gone.
static bool has_ended(learn_child *c, gint64 *told, int *status)
{
    const gint64 now = g_get_monotonic_time();
    g_mutex_lock(&c->lock);
    const bool ended = waitpid(c->pid, status, WNOHANG) != 0;
    if (c->stop && !*told)
        *told = now;
    if (ended)
        c->pid = 0;
    else if (*told && now - *told > (gint64)PATIENCE_MS * 1000)
        kill(c->pid, SIGKILL);
    g_mutex_unlock(&c->lock);
    return ended;
}

// The last non-empty line of the log.
static char *last_line(const char *log)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents(log, &text, NULL, NULL))
        return g_strdup("nothing is known");
    g_strchomp(text);
    const char *at = text + strlen(text);
    while (at > text && at[-1] != '\n' && at[-1] != '\r')
        at--;
    return g_utf8_make_valid(at, -1);
}

nn_status learn_child_run(learn_child *c, const char *const *argv, const char *log, nn_error *err)
{
    int status = 0;
    const int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0)
        return nn_fail(err, NN_EIO, "%s: cannot write: %s", log, strerror(errno));
    g_mutex_lock(&c->lock);
    nn_status ok = c->stop ? nn_fail(err, NN_EINVAL, "stopped") : start(c, argv, fd, err);
    g_mutex_unlock(&c->lock);
    close(fd);
    if (ok != NN_OK)
        return ok;
    for (gint64 told = 0; !has_ended(c, &told, &status);)
        g_usleep(LOOK_MS * 1000);
    g_mutex_lock(&c->lock);
    const bool stopped = c->stop;
    g_mutex_unlock(&c->lock);
    if (stopped)
        return nn_fail(err, NN_EINVAL, "stopped");
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return NN_OK;
    g_autofree char *why = last_line(log);
    return nn_fail(err, NN_EIO, "%s", why);
}

void learn_child_stop(learn_child *c)
{
    g_mutex_lock(&c->lock);
    c->stop = true;
    if (c->pid)
        kill(c->pid, SIGTERM);
    g_mutex_unlock(&c->lock);
}
