// SPDX-License-Identifier: MIT
// The budget controller on simulated machines: no clock, no threads, the same on every computer.
#include "plugins/infer/budget.h"

#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>

enum { FPS = 30, MOST_FRAMES = 10 * 60 * FPS };

typedef struct Machine {
    double full_ms;  // an inference at the largest size without load
    double load;     // factor on it
    double noise;    // part by which times differ, both ways
    int spike_every; // this many inferences: one takes four times as long; 0: none does
    int extra_every; // this many inferences: one is held up by another program; 0: none is
    double extra_ms; // for so long, whatever its size
    double bias;     // factor by which each size is faster or slower than the controller believes
    double period_s; // from frame to frame
    // what it has seen
    double now;
    unsigned seed;
    int frames, runs;
    double ms[MOST_FRAMES], at[MOST_FRAMES]; // of the inferences
    double changed[MOST_FRAMES];             // when the size or the interval changed
    int changes;
} Machine;

static const NeroBudgetSetup five = {
    .budget_ms = 40, .interval = 1, .sizes = 5, .cost = {1, 0.69, 0.44, 0.25, 0.14}};

static double random_part(Machine *m)
{
    m->seed = m->seed * 1664525u + 1013904223u;
    return (double)(m->seed >> 8) / (1 << 23) - 1; // -1 .. 1
}

static double infer(Machine *m, const NeroBudget *b, int size)
{
    double ms = m->full_ms * m->load * b->setup.cost[size];
    ms *= 1 + m->noise * random_part(m);
    ms *= pow(m->bias, size);
    m->runs++;
    if (m->spike_every && m->runs % m->spike_every == 0)
        ms *= 4;
    if (m->extra_every && m->runs % m->extra_every == 0)
        ms += m->extra_ms;
    return ms;
}

// Frames for so long. An inference is known when its time is over; frames in between pass.
static void play(Machine *m, NeroBudget *b, double seconds)
{
    const double end = m->now + seconds;
    static double busy_until;
    static double pending_ms;
    static int pending_size, phase;
    if (m->frames == 0)
        busy_until = pending_ms = phase = 0;
    for (; m->now < end; m->now += m->period_s, m->frames++) {
        if (pending_ms > 0 && m->now >= busy_until) {
            nero_budget_measured(b, pending_size, 1, pending_ms);
            pending_ms = 0;
        }
        const NeroBudgetUse before = b->use, use = nero_budget_choose(b, m->now);
        if (before.size != use.size || before.interval != use.interval)
            m->changed[m->changes++] = m->now;
        if (phase++ % use.interval || pending_ms > 0)
            continue;
        pending_size = use.size;
        pending_ms = infer(m, b, use.size);
        m->at[m->runs - 1] = m->now;
        m->ms[m->runs - 1] = pending_ms;
        busy_until = m->now + pending_ms / 1000;
    }
}

static Machine machine(double full_ms)
{
    return (Machine){.full_ms = full_ms, .load = 1, .bias = 1, .period_s = 1.0 / FPS, .seed = 7};
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Of the inferences from `from` to `to` seconds.
static double percentile(const Machine *m, double part, double from, double to)
{
    static double sorted[MOST_FRAMES];
    int n = 0;
    for (int i = 0; i < m->runs; i++)
        if (m->at[i] >= from && m->at[i] < to)
            sorted[n++] = m->ms[i];
    assert_true(n > 0);
    qsort(sorted, (size_t)n, sizeof *sorted, compare);
    return sorted[(int)(part * (n - 1))];
}

// The most changes in any minute between these times.
static int busiest_minute(const Machine *m, double from, double to)
{
    int most = 0;
    for (int i = 0; i < m->changes; i++) {
        int n = 0;
        for (int k = i; k < m->changes && m->changed[k] < m->changed[i] + 60; k++)
            n += m->changed[k] >= from && m->changed[k] < to;
        most = n > most ? n : most;
    }
    return most;
}

// A machine that is fast enough keeps the largest size, whatever the first inference takes.
static void test_slow_start(void **state)
{
    (void)state;
    Machine m = machine(20);
    NeroBudget b;
    nero_budget_init(&b, &five);
    nero_budget_measured(&b, 0, 1, 900);
    play(&m, &b, 60);
    assert_int_equal(b.use.size, 0);
    assert_int_equal(b.use.interval, 1);
    assert_int_equal(m.changes, 0);
}

// One that is too slow finds the size at once; inside the budget from the third second on.
static void test_slow_machine(void **state)
{
    (void)state;
    static const struct {
        double full_ms;
        int size;
    } cases[] = {{20, 0}, {50, 1}, {70, 2}, {130, 3}, {150, 4}, {250, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Machine m = machine(cases[i].full_ms);
        NeroBudget b;
        m.noise = 0.05;
        nero_budget_init(&b, &five);
        play(&m, &b, 60);
        assert_int_equal(b.use.size, cases[i].size);
        assert_int_equal(b.use.interval, 1);
        assert_true(percentile(&m, 0.95, 3, 60) <= 40);
        assert_true(m.changes <= 2);
    }
}

// Load comes: a few inferences, no more, take too long. It goes: the size comes back.
static void test_sudden_load(void **state)
{
    (void)state;
    Machine m = machine(30);
    NeroBudget b;
    m.noise = 0.1;
    nero_budget_init(&b, &five);
    play(&m, &b, 20);
    assert_int_equal(b.use.size, 0);
    m.load = 3;
    const int before = m.runs;
    play(&m, &b, 20);
    assert_int_equal(b.use.size, 3);
    int late = 0;
    for (int i = before; i < m.runs; i++)
        late += m.ms[i] > 40;
    assert_true(late <= 4);
    m.load = 1;
    play(&m, &b, 20);
    assert_int_equal(b.use.size, 0);
    assert_true(m.changes <= 6);
    play(&m, &b, 60);
    assert_int_equal(b.use.size, 0);
}

// One slow inference in twenty is nothing that a smaller size would help against.
static void test_spikes(void **state)
{
    (void)state;
    Machine m = machine(30);
    NeroBudget b;
    m.spike_every = 20;
    nero_budget_init(&b, &five);
    play(&m, &b, 60);
    assert_int_equal(b.use.size, 0);
    assert_int_equal(m.changes, 0);
}

// Other programs hold some inferences up. That has nothing to do with the size: it comes back to
// the largest that fits with it.
static void test_disturbed(void **state)
{
    (void)state;
    Machine m = machine(30);
    NeroBudget b;
    m.noise = 0.05;
    m.load = 3;
    nero_budget_init(&b, &five);
    play(&m, &b, 10);
    assert_int_equal(b.use.size, 3);
    m.load = 0.5;
    m.extra_every = 7;
    m.extra_ms = 18;
    play(&m, &b, 60);
    assert_int_equal(b.use.size, 0);
    assert_true(percentile(&m, 0.95, 40, 70) <= 40);
    m.extra_ms = 100; // no size helps
    play(&m, &b, 60);
    assert_true(m.changes <= 12);
}

// A steady load sees few changes, wherever it lies and however wrong the costs are.
static void test_oscillation(void **state)
{
    (void)state;
    static const double bias[] = {0.7, 0.85, 1, 1.2};
    int first = 0, later = 0;
    double slowest = 0;
    for (int k = 0; k < 4; k++) {
        for (double ms = 20; ms < 260; ms *= 1.13) {
            static Machine m;
            NeroBudget b;
            m = machine(ms);
            m.noise = 0.15;
            m.spike_every = 37;
            m.bias = bias[k];
            nero_budget_init(&b, &five);
            play(&m, &b, 300);
            const int n = busiest_minute(&m, 0, 120), late = busiest_minute(&m, 120, 300);
            first = n > first ? n : first;
            later = late > later ? late : later;
            if (ms * 0.14 * pow(bias[k], 4) < 30)
                slowest = fmax(slowest, percentile(&m, 0.94, 3, 300));
        }
    }
    print_message("at most %d changes a minute at first, %d later; p95 at most %.1f of 40 ms\n",
                  first, later, slowest);
    assert_true(first <= 10);
    assert_true(later <= 4);
    assert_true(slowest <= 40);
}

// A model of one size: every Nth frame, so that the mean time for a frame is inside the budget.
static void test_fixed_size(void **state)
{
    (void)state;
    const NeroBudgetSetup one = {.budget_ms = 40, .interval = 1, .sizes = 1, .cost = {1}};
    NeroBudget b;
    nero_budget_init(&b, &one);
    for (int i = 0; i < 10; i++)
        nero_budget_measured(&b, 0, 1, 150);
    assert_int_equal(nero_budget_choose(&b, 1).interval, 4);
    for (int i = 0; i < 16; i++)
        nero_budget_measured(&b, 0, 1, 70);
    assert_int_equal(nero_budget_choose(&b, 2).interval, 4); // not at once
    nero_budget_choose(&b, 3);
    assert_int_equal(nero_budget_choose(&b, 5).interval, 3); // 2 would be close to the limit
    for (int i = 0; i < 16; i++)
        nero_budget_measured(&b, 0, 1, 30);
    nero_budget_choose(&b, 6);
    assert_int_equal(nero_budget_choose(&b, 12).interval, 1);
    for (int i = 0; i < 16; i++)
        nero_budget_measured(&b, 0, 1, 1e6);
    assert_int_equal(nero_budget_choose(&b, 13).interval, NERO_BUDGET_INTERVAL);
    assert_int_equal(b.changes, 0);
}

// One region in most inferences, eight in some, 12 ms each: the size is one at which eight fit, and
// stays. With one at a time for good, it rises again.
static void test_regions(void **state)
{
    (void)state;
    NeroBudget b;
    double now = 0;
    nero_budget_init(&b, &five);
    for (int i = 0; i < 3000; i++, now += 1.0 / FPS) {
        const int regions = i % 5 ? 1 : 8;
        nero_budget_measured(&b, b.use.size, regions, 12 * regions * five.cost[b.use.size]);
        nero_budget_choose(&b, now);
    }
    assert_int_equal(b.use.size, 3); // 24 ms; 42 ms at the size before
    assert_int_equal(b.use.interval, 1);
    assert_int_equal(b.changes, 1);
    for (int i = 0; i < 3000; i++, now += 1.0 / FPS) {
        nero_budget_measured(&b, b.use.size, 1, 12 * five.cost[b.use.size]);
        nero_budget_choose(&b, now);
    }
    assert_int_equal(b.use.size, 0);
}

// The interval of the user is the shortest there is, however long.
static void test_interval_of_user(void **state)
{
    (void)state;
    NeroBudgetSetup setup = {.budget_ms = 40, .interval = 6, .sizes = 1, .cost = {1}};
    NeroBudget b;
    nero_budget_init(&b, &setup);
    for (int i = 0; i < 10; i++)
        nero_budget_measured(&b, 0, 1, 150);
    assert_int_equal(nero_budget_choose(&b, 1).interval, 6);
    setup.interval = 1000;
    nero_budget_init(&b, &setup);
    for (int i = 0; i < 10; i++)
        nero_budget_measured(&b, 0, 1, 150);
    assert_int_equal(nero_budget_choose(&b, 1).interval, 1000);
}

// The smallest size is too slow, too.
static void test_hopeless(void **state)
{
    (void)state;
    Machine m = machine(1000); // 140 ms at the smallest
    NeroBudget b;
    nero_budget_init(&b, &five);
    play(&m, &b, 60);
    assert_int_equal(b.use.size, 4);
    assert_int_equal(b.use.interval, 4);
    m.load = 0.05;
    play(&m, &b, 60);
    assert_int_equal(b.use.size, 2);
    assert_int_equal(b.use.interval, 1);
}

// A live source with a budget of several frames. Where nothing moves, the largest size at a longer
// interval; where everything does, the one that is fast enough for every frame.
static void test_scene(void **state)
{
    (void)state;
    NeroBudgetSetup live = five;
    Machine m = machine(80);
    NeroBudget b;
    live.budget_ms = 100;
    live.period_ms = 1000.0 / FPS;
    nero_budget_init(&b, &live);
    nero_budget_saw(&b, 0.6, 0.01); // a street
    play(&m, &b, 30);
    assert_int_equal(b.use.size, 0);
    assert_int_equal(b.use.interval, 3);
    for (int i = 0; i < 100; i++)
        nero_budget_saw(&b, 0.6, 0.5); // the camera turns
    play(&m, &b, 30);
    assert_int_equal(b.use.size, 3);
    assert_int_equal(b.use.interval, 1);
    for (int i = 0; i < 100; i++)
        nero_budget_saw(&b, 0.6, 0.01);
    play(&m, &b, 60);
    assert_int_equal(b.use.size, 0);
    for (int i = 0; i < 100; i++)
        nero_budget_saw(&b, 0.05, 0.06); // fog: people move, nothing else is to be seen
    play(&m, &b, 60);
    assert_int_equal(b.use.size, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slow_start),  cmocka_unit_test(test_slow_machine),
        cmocka_unit_test(test_sudden_load), cmocka_unit_test(test_spikes),
        cmocka_unit_test(test_oscillation), cmocka_unit_test(test_disturbed),
        cmocka_unit_test(test_fixed_size),  cmocka_unit_test(test_hopeless),
        cmocka_unit_test(test_regions),     cmocka_unit_test(test_interval_of_user),
        cmocka_unit_test(test_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
