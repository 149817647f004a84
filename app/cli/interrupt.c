// SPDX-License-Identifier: MIT
// Ends the program on Ctrl-C, `kill` and a closed terminal, and removes half-written files.
#include "app/cli/interrupt.h"

#include "nn/io/file.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

static volatile sig_atomic_t caught, catching;
static volatile time_t caught_at; // seconds; set before `caught`
static void (*volatile listener)(void);

static time_t seconds(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

// One request may come as two signals: coreutils' timeout sends one to the program and one to its
// group, at the same moment.
static bool is_same_request(void)
{
    return seconds() - caught_at <= 1;
}

static void end(int number)
{
    if (catching && !caught) {
        void (*told)(void) = listener;
        caught_at = seconds();
        caught = 1;
        if (told)
            told();
        return;
    }
    if (caught && is_same_request()) // also when what it ended has just left
        return;
    // Ends by the signal itself, which is delivered when this returns: the parent process sees the
    // reason.
    nn_file_remove_temporaries();
    signal(number, SIG_DFL);
    raise(number);
}

void app_interrupt_init(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction old, action = {.sa_handler = end, .sa_flags = SA_RESTART};
        if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
    }
    signal(SIGXFSZ, SIG_IGN);
}

const volatile sig_atomic_t *app_interrupt_catch(void (*told)(void))
{
    listener = told;
    catching = true;
    return &caught;
}

void app_interrupt_leave(void)
{
    catching = false;
    listener = NULL;
}
