// SPDX-License-Identifier: MIT
// The progress line on terminals of several widths, and without a terminal.
#include "app/cli/progress.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define TEXT "loss 0.1234  56.7 images/s  best top-1 0.5678"

// What a progress bar writes to stderr, when stderr is `fd`.
static char *draw_bar(int fd, int from)
{
    static char said[8192];
    app_progress p;
    fflush(stderr);
    const int kept = dup(STDERR_FILENO);
    assert_true(dup2(fd, STDERR_FILENO) >= 0);
    app_progress_begin(&p, "epoch 3/40", 0, 100);
    app_progress_show(&p, 50, TEXT);
    app_progress_show(&p, 51, TEXT); // too early for another line
    app_progress_show(&p, 100, TEXT);
    app_progress_wait(&p, "validating");
    app_progress_clear(&p);
    fputs("done\n", stderr);
    fflush(stderr);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    close(kept);
    for (size_t n = 0; n == 0 || said[n - 1] != '\n';) { // the text may come in pieces
        const ssize_t more = read(from, said + n, sizeof said - 1 - n);
        assert_true(more > 0);
        n += (size_t)more;
        said[n] = '\0';
    }
    return said;
}

// Lines are redrawn in place, never wider than the terminal, and erased before they are redrawn.
static void check_lines(const char *said, int width)
{
    int drawn = 0;
    for (const char *at = said; (at = strchr(at, '\r')) && at[1] == '\033'; drawn++) {
        assert_true(strncmp(at, "\r\033[K", 4) == 0);
        at += 4;
        assert_true((int)strcspn(at, "\r\n") < width);
    }
    assert_int_equal(drawn, 4); // at the half, at the end, validation, erased
}

static void test_terminal(void **state)
{
    (void)state;
    static const int widths[] = {20, 60, 80, 200};
    for (int i = 0; i < 4; i++) {
        const struct winsize size = {.ws_row = 24, .ws_col = (unsigned short)widths[i]};
        const int master = posix_openpt(O_RDWR | O_NOCTTY);
        if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
            skip(); // pseudo terminals are not available
        const int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
        assert_true(slave >= 0);
        assert_int_equal(ioctl(slave, TIOCSWINSZ, &size), 0);
        setenv("TERM", "xterm", 1);
        const char *said = draw_bar(slave, master);
        check_lines(said, widths[i]);
        assert_non_null(strstr(said, "epoch 3/40"));
        // What does not fit is left out as a whole, never cut inside a number.
        assert_true(!strstr(said, "best") || strstr(said, "best top-1 0.5678"));
        assert_true(!strstr(said, "loss") || strstr(said, "loss 0.1234"));
        assert_true((strstr(said, "images/s") != NULL) == (widths[i] >= 60));
        if (widths[i] == 200)
            assert_non_null(strstr(said, "[============            ]  50.0 %  0:00 left  " TEXT));
        setenv("TERM", "dumb", 1); // a terminal that cannot redraw
        assert_string_equal(draw_bar(slave, master), "done\r\n");
        close(slave);
        close(master);
    }
}

// Where lines cannot be redrawn, a long epoch prints one from time to time.
static void test_seldom(void **state)
{
    (void)state;
    int ends[2];
    char said[256] = "";
    app_progress p;
    assert_int_equal(pipe(ends), 0);
    const int kept = dup(STDERR_FILENO);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    app_progress_begin(&p, "epoch 3/40", 0, 200);
    p.started -= 30; // as if 30 s had passed
    p.between = 20;
    for (int i = 99; i <= 120; i++)
        app_progress_show(&p, i + 1, TEXT);
    app_progress_clear(&p);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    assert_true(read(ends[0], said, sizeof said - 1) > 0);
    assert_string_equal(said, "epoch 3/40  50.0 %  step 100/200  0:30 left  " TEXT "\n");
    close(kept);
    close(ends[0]);
    close(ends[1]);
}

static void test_pipe(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_string_equal(draw_bar(ends[1], ends[0]), "done\n"); // no line within the first seconds
    close(ends[0]);
    close(ends[1]);
}

static void test_count(void **state)
{
    (void)state;
    int ends[2];
    char said[64] = "";
    app_progress p;
    assert_int_equal(pipe(ends), 0);
    const int kept = dup(STDERR_FILENO);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    app_progress_begin(&p, "", 0, 0);
    app_progress_count(&p, 1, "pictures read"); // too early
    p.started -= 5;
    for (int i = 7; i < 9; i++)
        app_progress_count(&p, i, "pictures read");
    app_progress_clear(&p);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    assert_true(read(ends[0], said, sizeof said - 1) > 0);
    assert_string_equal(said, "7 pictures read\n");
    close(kept);
    close(ends[0]);
    close(ends[1]);
}

// A note while a bar is shown.
static void test_note(void **state)
{
    (void)state;
    int ends[2];
    char said[64] = "";
    assert_int_equal(pipe(ends), 0);
    const int kept = dup(STDERR_FILENO);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    app_progress_note("something");
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    assert_int_equal(read(ends[0], said, sizeof said - 1), 16);
    assert_string_equal(said, "note: something\n");
    close(kept);
    close(ends[0]);
    close(ends[1]);
}

static void test_seconds(void **state)
{
    (void)state;
    char text[32];
    assert_string_equal(app_format_seconds(3909.4, text, sizeof text), "1:05:09");
    assert_string_equal(app_format_seconds(270.6, text, sizeof text), "4:31");
    assert_string_equal(app_format_seconds(-1, text, sizeof text), "0:00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_terminal), cmocka_unit_test(test_pipe),
        cmocka_unit_test(test_seldom),   cmocka_unit_test(test_count),
        cmocka_unit_test(test_note),     cmocka_unit_test(test_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
