// SPDX-License-Identifier: MIT
// Who waits for whom, and the run of a batch. The lock is held unless a comment says otherwise.
#include "plugins/infer/gather.h"

// What a member wants to have run. It lies on the stack of the calling thread.
typedef struct Request {
    NeroGatherMember *member;
    NeroModel *model;
    const nn_detector_job *jobs;
    int count;
    gint64 arrival; // monotonic microseconds
    gboolean done;
    nn_status status;
    nn_error error;
} Request;

static void note_arrival(NeroGatherMember *m, gint64 now)
{
    m->waits = TRUE;
    if (m->last_done == 0)
        return;
    const double gap = (double)(now - m->last_done);
    m->gap_us = m->gap_us < 0 ? gap : (m->gap_us + gap) / 2;
}

// Whether the requests for the model of the first one fill a batch.
static gboolean is_full(const NeroGather *g)
{
    const Request *first = g->requests.head->data;
    int frames = 0;
    for (const GList *l = g->requests.head; l; l = l->next) {
        const Request *r = l->data;
        frames += r->model == first->model ? r->count : 0;
    }
    return frames >= nn_detector_batch(first->model->detector);
}

// When the last of the members that are worth waiting for should be here: by then half a frame
// could have been inferred since the first request. 0: no such member.
static gint64 wait_until(const NeroGather *g, gint64 now)
{
    const Request *first = g->requests.head->data;
    const gint64 deadline = first->arrival + (gint64)(g->frame_us / 2);
    gint64 until = 0;
    for (const GList *l = g->members.head; l; l = l->next) {
        const NeroGatherMember *m = l->data;
        if (m->waits || m->gap_us < 0)
            continue;
        const gint64 expected = m->last_done + (gint64)m->gap_us;
        const gint64 latest = MIN(expected + (gint64)(m->gap_us / 2) + 1000, deadline);
        if (expected <= deadline && latest > now)
            until = MAX(until, latest);
    }
    return until;
}

static void gather(NeroGather *g)
{
    while (!is_full(g)) {
        const gint64 now = g_get_monotonic_time(), until = wait_until(g, now);
        if (until <= now)
            return;
        g_cond_wait_until(&g->changed, &g->lock, until);
    }
}

// Without the lock: runs what was taken as one batch, or one by one when that fails, so that each
// member gets the error that is its own.
static void run_taken(Request *const *taken, int count, nn_detector_job *jobs, int job_count)
{
    nn_detector *d = taken[0]->model->detector;
    nn_error err;
    const nn_status status = nn_detector_run_jobs(d, jobs, job_count, &err);
    for (int k = 0; k < count; k++) {
        Request *r = taken[k];
        r->status = status;
        if (status != NN_OK && count > 1)
            r->status = nn_detector_run_jobs(d, r->jobs, r->count, &r->error);
        else if (status != NN_OK)
            r->error = err;
    }
}

// Takes the requests that run on the model of the first one, up to NERO_GATHER_MOST frames.
static int take(NeroGather *g, Request **taken, nn_detector_job *jobs, int *job_count)
{
    int count = 0;
    *job_count = 0;
    for (GList *l = g->requests.head, *next; l; l = next) {
        Request *r = l->data;
        next = l->next;
        if (count && (r->model != taken[0]->model || *job_count + r->count > NERO_GATHER_MOST))
            continue;
        taken[count++] = r;
        for (int k = 0; k < r->count && *job_count < NERO_GATHER_MOST; k++)
            jobs[(*job_count)++] = r->jobs[k];
        g_queue_delete_link(&g->requests, l);
        if (count == NERO_GATHER_MOST)
            break;
    }
    return count;
}

// Gathers requests and runs them for all.
static void lead(NeroGather *g)
{
    Request *taken[NERO_GATHER_MOST] = {NULL};
    nn_detector_job jobs[NERO_GATHER_MOST];
    int job_count;
    g->led = TRUE;
    gather(g);
    const int count = take(g, taken, jobs, &job_count);
    g_mutex_unlock(&g->lock);
    const gint64 begin = g_get_monotonic_time();
    run_taken(taken, count, jobs, job_count);
    const gint64 end = g_get_monotonic_time();
    g_mutex_lock(&g->lock);
    const double frame_us = (double)(end - begin) / MAX(job_count, 1);
    g->frame_us = g->frame_us > 0 ? (3 * g->frame_us + frame_us) / 4 : frame_us;
    for (int k = 0; k < count; k++) {
        taken[k]->done = TRUE;
        taken[k]->member->waits = FALSE;
        taken[k]->member->last_done = end;
    }
    g->led = FALSE;
    g_cond_broadcast(&g->changed);
}

// --- without the lock ---

void nero_gather_init(NeroGather *g)
{
    *g = (NeroGather){.led = FALSE};
    g_mutex_init(&g->lock);
    g_cond_init(&g->changed);
}

void nero_gather_clear(NeroGather *g)
{
    g_mutex_clear(&g->lock);
    g_cond_clear(&g->changed);
}

void nero_gather_join(NeroGather *g, NeroGatherMember *m)
{
    *m = (NeroGatherMember){.gap_us = -1};
    g_mutex_lock(&g->lock);
    g_queue_push_tail(&g->members, m);
    g_mutex_unlock(&g->lock);
}

void nero_gather_leave(NeroGather *g, NeroGatherMember *m)
{
    g_mutex_lock(&g->lock);
    g_queue_remove(&g->members, m);
    g_cond_broadcast(&g->changed); // nobody waits for this member any more
    g_mutex_unlock(&g->lock);
}

void nero_gather_forget(NeroGather *g)
{
    g_mutex_lock(&g->lock);
    g->frame_us = 0;
    g_mutex_unlock(&g->lock);
}

nn_status nero_gather_run(NeroGather *g, NeroGatherMember *m, NeroModel *model,
                          const nn_detector_job *jobs, int count, nn_error *err)
{
    Request request = {.member = m,
                       .model = model,
                       .jobs = jobs,
                       .count = count,
                       .arrival = g_get_monotonic_time()};
    g_mutex_lock(&g->lock);
    note_arrival(m, request.arrival);
    g_queue_push_tail(&g->requests, &request);
    if (g->led)
        g_cond_broadcast(&g->changed); // it may be the one that is waited for
    while (!request.done) {
        if (g->led)
            g_cond_wait(&g->changed, &g->lock);
        else
            lead(g);
    }
    g_mutex_unlock(&g->lock);
    return request.status == NN_OK ? NN_OK : nn_fail(err, request.status, "%s", request.error.text);
}
