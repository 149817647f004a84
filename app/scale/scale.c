// SPDX-License-Identifier: MIT
// The search: sizes that fill the budget, rounds of trainings, the winner.
#include "app/scale/scale.h"

#include "app/cli/folder.h"
#include "app/cli/output.h"
#include "app/cli/progress.h"
#include "app/compare/compare.h"
#include "app/report/task.h"
#include "nn/eval/evaluation.h"

#include <math.h>
#include <string.h>

#define LAST_SECONDS 0.5 // of measuring each network of the last round once more

typedef struct run {
    const scale_options *o;
    const volatile sig_atomic_t *stop;
    scale_search s;
    nn_card base;
    int done, total; // trainings
} run;

// Those that learn in a round: all, then the better half of the round before, at least one.
static int candidates_of(const run *r, int round)
{
    int count = r->s.count;
    for (int i = 0; i < round; i++)
        count = (count + 1) / 2;
    return count;
}

static int by_score(const void *a, const void *b, void *round)
{
    const scale_candidate *x = *(scale_candidate *const *)a, *y = *(scale_candidate *const *)b;
    const int last = *(const int *)round - 1;
    const bool done_x = x->rounds > last, done_y = y->rounds > last;
    if (done_x != done_y)
        return done_x ? -1 : 1;
    if (!done_x || x->score[last] == y->score[last]) // the cheaper one
        return (x->macs > y->macs) - (x->macs < y->macs);
    return x->score[last] < y->score[last] ? 1 : -1;
}

// The candidates of a round, the best of the round before first.
static int choose(run *r, int round, scale_candidate **list)
{
    for (int i = 0; i < r->s.count; i++)
        list[i] = &r->s.list[i];
    if (round > 0)
        g_qsort_with_data(list, r->s.count, sizeof *list, by_score, &round);
    return candidates_of(r, round);
}

// Multiply-adds of a picture times epochs that a round costs a candidate.
static double work_of(const run *r, const scale_candidate *c, int round)
{
    return c->macs * (round > 0 ? r->o->epochs << (round - 1) : r->o->epochs);
}

// What is left, as if all candidates of a round cost what the mean one costs.
static double work_left(const run *r, int round, double left_of_round)
{
    double mean = 0, sum = left_of_round;
    for (int i = 0; i < r->s.count; i++)
        mean += work_of(r, &r->s.list[i], 0) / r->s.count;
    for (int k = round + 1; k < r->o->rounds; k++)
        sum += mean * (1 << (k - 1)) * candidates_of(r, k);
    return sum;
}

static void say_left(const run *r, const scale_candidate *c, int round, double left)
{
    char text[32];
    g_autofree char *name = scale_name(c);
    fprintf(stderr, "\n%d of %d: %s, round %d of %d", r->done + 1, r->total, name, round + 1,
            r->o->rounds);
    if (r->s.work > 0)
        fprintf(stderr, "; about %s for all that is left",
                app_format_seconds(r->s.seconds / r->s.work * work_left(r, round, left), text,
                                   sizeof text));
    fputc('\n', stderr);
}

static nn_status train_round(run *r, int round, nn_error *err)
{
    scale_candidate *list[SCALE_MOST];
    const int count = choose(r, round, list);
    double left = 0;
    nn_status status = NN_OK;
    for (int i = 0; i < count; i++)
        left += list[i]->rounds > round ? 0 : work_of(r, list[i], round);
    for (int i = 0; i < count && status == NN_OK && !*r->stop; i++, r->done++) {
        const double began = app_now();
        if (list[i]->rounds > round)
            continue;
        say_left(r, list[i], round, left);
        status = scale_train(list[i], r->o, round, r->stop, err);
        if (status != NN_OK || *r->stop)
            break;
        left -= work_of(r, list[i], round);
        r->s.seconds += app_now() - began;
        r->s.work += work_of(r, list[i], round);
        status = scale_save(&r->s, r->o, NULL, err);
    }
    return status;
}

// --- the result ---

static void print_tried(const run *r)
{
    const scale_search *s = &r->s;
    printf("%-22s %6s %6s %9s %10s %9s %8s %7s %9s\n", "network", "alpha", "beta", "input",
           "params, M", "MFLOPs", "ms", "epochs", scale_metric(&r->base));
    for (int i = 0; i < s->count; i++) {
        const scale_candidate *c = &s->list[i];
        g_autofree char *name = scale_name(c);
        char size[32], beta[16] = "-";
        snprintf(size, sizeof size, "%dx%d", c->width, c->height);
        if (c->beta > 0)
            snprintf(beta, sizeof beta, "%g", c->beta);
        printf("%-20s %s %6g %6s %9s %10.3f %9.1f %8.3f", name, i == s->winner ? "*" : " ",
               c->alpha, beta, size, c->parameters / 1e6, 2e-6 * c->macs, c->ms);
        printf(" %7d %9.4f\n", r->o->epochs << (c->rounds - 1), c->score[c->rounds - 1]);
    }
}

static nn_status draw(const run *r, nn_error *err)
{
    g_autofree char *path = g_build_filename(r->o->work, "scale.png", NULL);
    compare_table *t = g_new0(compare_table, 1);
    for (int i = 0; i < r->s.count; i++) {
        const scale_candidate *c = &r->s.list[i];
        compare_network *n = &t->list[t->count++];
        *n = (compare_network){.name = scale_name(c),
                               .metric = scale_metric(&r->base),
                               .accuracy = c->score[c->rounds - 1],
                               .pictures = c->pictures,
                               .width = c->width,
                               .height = c->height,
                               .parameters = c->parameters,
                               .macs = c->macs,
                               .latency[0].best_ms = c->ms};
    }
    compare_mark_front(t);
    const nn_status status = compare_draw(t, path, err);
    compare_release(t);
    g_free(t);
    if (status == NN_EUNSUPPORTED) {
        app_progress_note(err->text);
        return NN_OK;
    }
    if (status == NN_OK)
        fprintf(stderr, "%s written\n", path);
    return status;
}

static nn_status conclude(run *r, nn_error *err)
{
    const scale_options *o = r->o;
    scale_candidate *list[SCALE_MOST];
    const int last = o->rounds, count = candidates_of(r, last - 1);
    choose(r, last, list);
    nn_status status = scale_time(list, count, &r->base, LAST_SECONDS * count, err);
    if (status != NN_OK)
        return status;
    scale_candidate *best = list[0];
    r->s.winner = (int)(best - r->s.list);
    g_autofree char *model = scale_model_file(o, best);
    g_autofree char *command = scale_command(o, best, o->out ? o->out : "OUT.safetensors");
    print_tried(r);
    printf("\n* the best within the budget: %s %.4f with %d pictures held back, %.3f ms a picture "
           "with one thread, %.1f MFLOPs",
           scale_metric(&r->base), best->score[last - 1], best->pictures, best->ms,
           2e-6 * best->macs);
    printf(o->budget_ms > 0 ? " (asked for: %g ms)\n" : " (asked for: %g MFLOPs)\n",
           o->budget_ms > 0 ? o->budget_ms : o->budget_mflops);
    printf("\ntrained for %d epoch%s: %s\nto train it longer, from its weights or without --init "
           "afresh:\n  %s --init %s --epochs %d\n",
           o->epochs << (last - 1), o->epochs << (last - 1) == 1 ? "" : "s",
           o->out ? o->out : model, command, model, 8 * (o->epochs << (last - 1)));
    if (o->out)
        status = app_output_copy(o->out, model, err);
    if (status == NN_OK)
        status = scale_save(&r->s, o, command, err);
    return status == NN_OK ? draw(r, err) : status;
}

static nn_status search(run *r, nn_error *err)
{
    nn_status status = NN_OK;
    if (r->s.count == 0) {
        status = scale_find(&r->s, r->o, &r->base, r->stop, err);
        if (status == NN_OK && !*r->stop)
            status = scale_save(&r->s, r->o, NULL, err);
    }
    if (status != NN_OK || *r->stop)
        return status;
    for (int k = 0; k < r->o->rounds; k++)
        r->total += candidates_of(r, k);
    fprintf(stderr, "%d networks fill the budget; %d trainings in %d rounds\n", r->s.count,
            r->total, r->o->rounds);
    for (int k = 0; k < r->o->rounds && status == NN_OK && !*r->stop; k++)
        status = train_round(r, k, err);
    return status == NN_OK && !*r->stop ? conclude(r, err) : status;
}

nn_status scale_run(const scale_options *o, const volatile sig_atomic_t *stop, nn_error *err)
{
    run *r = g_new0(run, 1);
    r->o = o;
    r->stop = stop;
    nn_status status = scale_base(&r->base, o, err);
    if (status == NN_OK)
        status = app_folder_take("--work", o->work, err);
    if (status == NN_OK)
        status = scale_load(&r->s, o, err);
    if (status == NN_OK)
        status = search(r, err);
    if (status == NN_OK && *stop)
        fprintf(stderr, "stopped; the same command goes on from there\n");
    g_free(r);
    return status;
}
