// SPDX-License-Identifier: MIT
// The Hungarian method with potentials and shortest augmenting paths (Jonker, Volgenant 1987).
#include "nn/vision/linear_assignment.h"

#include <math.h>
#include <stddef.h>

// Workers are the smaller side, jobs the larger one. Both are numbered from 1; 0 is none.
typedef struct problem {
    const float *cost;
    int workers, jobs, columns;
    float limit;
    int turned;                   // whether the columns are the workers
    double *worker, *job, *least; // potentials; lowest reduced cost of each job
    int *holder, *from;           // worker of a job; the job before it on the path
    int *done;
} problem;

int nn_linear_assignment_room(int rows, int columns)
{
    const int workers = rows < columns ? rows : columns, jobs = rows < columns ? columns : rows;
    return (workers + 1) * (int)sizeof(double) +
           (jobs + 1) * (int)(2 * sizeof(double) + 3 * sizeof(int));
}

static double cost_of(const problem *p, int worker, int job)
{
    const int row = p->turned ? job : worker, column = p->turned ? worker : job;
    const float c = p->cost[(size_t)(row - 1) * (size_t)p->columns + (size_t)(column - 1)];
    return (double)(c < p->limit ? c : p->limit);
}

// Extends the tree of shortest paths from the worker of job `at`; returns the next job.
static int grow(problem *p, int at)
{
    const int w = p->holder[at];
    double delta = INFINITY;
    int next = 0;
    p->done[at] = 1;
    for (int j = 1; j <= p->jobs; j++) {
        if (p->done[j])
            continue;
        const double c = cost_of(p, w, j) - p->worker[w] - p->job[j];
        if (c < p->least[j]) {
            p->least[j] = c;
            p->from[j] = at;
        }
        if (p->least[j] < delta) {
            delta = p->least[j];
            next = j;
        }
    }
    for (int j = 0; j <= p->jobs; j++)
        if (p->done[j]) {
            p->worker[p->holder[j]] += delta;
            p->job[j] -= delta;
        } else {
            p->least[j] -= delta;
        }
    return next;
}

static void place(problem *p, int worker)
{
    int job = 0;
    p->holder[0] = worker;
    for (int j = 0; j <= p->jobs; j++) {
        p->least[j] = INFINITY;
        p->done[j] = 0;
    }
    do
        job = grow(p, job);
    while (p->holder[job]);
    while (job) {
        const int before = p->from[job];
        p->holder[job] = p->holder[before];
        job = before;
    }
}

void nn_linear_assignment(const float *cost, int rows, int columns, float limit, int *to,
                          void *room)
{
    const int turned = rows > columns;
    problem p = {.cost = cost,
                 .workers = turned ? columns : rows,
                 .jobs = turned ? rows : columns,
                 .columns = columns,
                 .limit = limit,
                 .turned = turned};
    p.worker = room;
    p.job = p.worker + p.workers + 1;
    p.least = p.job + p.jobs + 1;
    p.holder = (int *)(void *)(p.least + p.jobs + 1);
    p.from = p.holder + p.jobs + 1;
    p.done = p.from + p.jobs + 1;
    for (int i = 0; i <= p.workers; i++)
        p.worker[i] = 0;
    for (int j = 0; j <= p.jobs; j++) {
        p.job[j] = 0;
        p.holder[j] = p.from[j] = 0;
    }
    for (int i = 1; i <= p.workers; i++)
        place(&p, i);
    for (int i = 0; i < rows; i++)
        to[i] = -1;
    for (int j = 1; j <= p.jobs; j++) {
        const int w = p.holder[j];
        if (w && cost_of(&p, w, j) < (double)limit)
            to[turned ? j - 1 : w - 1] = turned ? w - 1 : j - 1;
    }
}
