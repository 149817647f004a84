// SPDX-License-Identifier: MIT
// neroscale as a child process, by GLib.
#include "tests/app/spawn.h"

#include "tests/support/test.h"

#include <glib.h>
#include <sys/wait.h>

spawn_output spawn_run(const char *first, ...)
{
    spawn_output o = {0};
    int status;
    const char *argv[32] = {getenv("NEROSCALE")};
    va_list more;
    va_start(more, first);
    int n = 1;
    for (const char *word = first; word && n < 31; word = va_arg(more, const char *))
        argv[n++] = word;
    va_end(more);
    assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &o.out, &o.err,
                             &status, NULL));
    if (!WIFEXITED(status))
        fail_msg("died of signal %d", WTERMSIG(status));
    o.status = WEXITSTATUS(status);
    return o;
}

void spawn_release(spawn_output *o)
{
    g_free(o->out);
    g_free(o->err);
}

void spawn_expect(const char *text, const char *word)
{
    assert_non_null(text);
    if (!strstr(text, word))
        fail_msg("no '%s' in: %s", word, text);
}
