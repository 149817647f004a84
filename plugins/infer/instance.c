// SPDX-License-Identifier: MIT
// The instances of the process by their ids, and the gathering of frames into batches.
#include "plugins/infer/instance.h"

enum { MOST_JOBS = 64 };

// What a member wants to have run. It lies on the stack of the calling thread.
typedef struct Request {
    NeroMember *member;
    NeroModel *model;
    const nn_detector_job *jobs;
    int count;
    gint64 arrival; // monotonic microseconds
    gboolean done;
    nn_status status;
    nn_error error;
} Request;

typedef struct NeroInstance {
    char *id; // NULL: of one member alone
    int refs; // guarded by `registry`

    GMutex loading; // held while a member loads a model
    GMutex lock;    // guards what follows; held for moments only
    GCond changed;
    NeroModel *model; // owned reference; set atomically, for those who only compare
    char *name, *head, *labels, *texts; // owned: of the model
    nn_precision precision;             // of the model
    nn_tail_limits tail_limits;         // likewise
    double load_ms;
    gint64 published; // monotonic microseconds
    GQueue members, requests;
    gboolean led;    // a member gathers frames or runs them
    double frame_us; // smoothed time of the run of a frame; 0: unknown
} NeroInstance;

struct NeroMember {
    NeroInstance *instance;
    gboolean waits;   // has a request
    gint64 last_done; // monotonic microseconds; 0: never
    double gap_us;    // smoothed time from a result to the next request; < 0: unknown
};

static GMutex registry;
static GHashTable *instances; // those with an id, which they own

// --- joining and leaving ---

static NeroInstance *find_instance(const char *id)
{
    NeroInstance *i = NULL;
    const gboolean shared = id && *id;
    g_mutex_lock(&registry);
    if (shared && !instances)
        instances = g_hash_table_new(g_str_hash, g_str_equal);
    if (shared)
        i = g_hash_table_lookup(instances, id);
    if (!i) {
        i = g_new0(NeroInstance, 1);
        i->id = shared ? g_strdup(id) : NULL;
        g_mutex_init(&i->loading);
        g_mutex_init(&i->lock);
        g_cond_init(&i->changed);
        if (shared)
            g_hash_table_insert(instances, i->id, i);
    }
    i->refs++;
    g_mutex_unlock(&registry);
    return i;
}

static void release_instance(NeroInstance *i)
{
    g_mutex_lock(&registry);
    const gboolean last = --i->refs == 0;
    if (last && i->id)
        g_hash_table_remove(instances, i->id);
    if (last && instances && g_hash_table_size(instances) == 0)
        g_clear_pointer(&instances, g_hash_table_unref);
    g_mutex_unlock(&registry);
    if (!last)
        return;
    nero_model_unref(i->model);
    g_free(i->name);
    g_free(i->head);
    g_free(i->labels);
    g_free(i->texts);
    g_mutex_clear(&i->loading);
    g_mutex_clear(&i->lock);
    g_cond_clear(&i->changed);
    g_free(i->id);
    g_free(i);
}

static const char *text_of(const char *text)
{
    return text && *text ? text : "";
}

static nn_status refuse(const NeroInstance *i, const char *what, const char *has, const char *asked,
                        nn_error *err)
{
    return nn_fail(err, NN_EINVAL,
                   "model-instance-id \"%s\" is in use with %s \"%s\", not \"%s\": streams that "
                   "share a model must agree; give the same %s or another id",
                   i->id, what, text_of(has), text_of(asked), what);
}

static nn_status check_limits(const NeroInstance *i, const nn_tail_limits *asked, nn_error *err)
{
    const double mib = 1 << 20,
                 has[] = {(double)i->tail_limits.bytes / mib, i->tail_limits.seconds};
    const double wants[] = {(double)asked->bytes / mib, asked->seconds};
    static const char *const names[] = {"tail-memory", "tail-seconds"};
    char texts[2][32];
    for (int k = 0; k < 2; k++) {
        if (has[k] == wants[k])
            continue;
        g_snprintf(texts[0], sizeof texts[0], "%g", has[k]);
        g_snprintf(texts[1], sizeof texts[1], "%g", wants[k]);
        return refuse(i, names[k], texts[0], texts[1], err);
    }
    return NN_OK;
}

static nn_status check_settings(const NeroInstance *i, const char *name,
                                const nn_detector_options *o, nn_error *err)
{
    static const char *const words[] = {"float32", "bf16", "auto"};
    if (strcmp(text_of(i->name), text_of(name)) != 0)
        return refuse(i, "model", i->name, name, err);
    if (strcmp(text_of(i->head), text_of(o->head)) != 0)
        return refuse(i, "head", i->head, o->head, err);
    if (strcmp(text_of(i->labels), text_of(o->labels)) != 0)
        return refuse(i, "labels-file", i->labels, o->labels, err);
    if (strcmp(text_of(i->texts), text_of(o->texts)) != 0)
        return refuse(i, "labels-text", i->texts, o->texts, err);
    if (i->precision != o->precision)
        return refuse(i, "precision", words[i->precision], words[o->precision], err);
    return check_limits(i, &o->tail_limits, err);
}

// Returns the old model.
static NeroModel *set_model(NeroInstance *i, NeroModel *model, const char *name,
                            const nn_detector_options *o, double load_ms)
{
    enum { TEXTS = 4 };
    char *texts[TEXTS] = {g_strdup(name), g_strdup(o->head), g_strdup(o->labels),
                          g_strdup(o->texts)};
    char **const own[TEXTS] = {&i->name, &i->head, &i->labels, &i->texts};
    g_mutex_lock(&i->lock);
    NeroModel *old = i->model;
    g_atomic_pointer_set(&i->model, model);
    for (int k = 0; k < TEXTS; k++) {
        char *text = *own[k];
        *own[k] = texts[k];
        texts[k] = text;
    }
    i->precision = o->precision;
    i->tail_limits = o->tail_limits;
    i->frame_us = 0;
    i->load_ms = load_ms;
    i->published = g_get_monotonic_time();
    g_mutex_unlock(&i->lock);
    for (int k = 0; k < TEXTS; k++)
        g_free(texts[k]);
    return old;
}

NeroMember *nero_member_join(const char *id, const char *name, const nn_detector_options *options,
                             nn_error *err)
{
    nn_status status = NN_OK;
    NeroInstance *i = find_instance(id);
    g_mutex_lock(&i->loading); // a member that came first loads the model
    g_mutex_lock(&i->lock);
    const gboolean loaded = i->model != NULL;
    if (loaded)
        status = check_settings(i, name, options, err);
    g_mutex_unlock(&i->lock);
    NeroModel *model = loaded ? NULL : nero_model_open(name, options, err);
    NeroMember *m = status == NN_OK && (loaded || model) ? g_new0(NeroMember, 1) : NULL;
    if (model)
        set_model(i, model, name, options, 0);
    g_mutex_lock(&i->lock);
    if (m) {
        *m = (NeroMember){.instance = i, .gap_us = -1};
        g_queue_push_tail(&i->members, m);
    }
    g_mutex_unlock(&i->lock);
    g_mutex_unlock(&i->loading);
    if (!m)
        release_instance(i);
    return m;
}

void nero_member_leave(NeroMember *m)
{
    if (!m)
        return;
    NeroInstance *i = m->instance;
    g_mutex_lock(&i->lock);
    g_queue_remove(&i->members, m);
    g_cond_broadcast(&i->changed); // nobody waits for this member any more
    g_mutex_unlock(&i->lock);
    release_instance(i);
    g_free(m);
}

// --- the current model ---

NeroModel *nero_member_model(NeroMember *m, char **name, double *load_ms)
{
    NeroInstance *i = m->instance;
    g_mutex_lock(&i->lock);
    NeroModel *model = nero_model_ref(i->model);
    if (name)
        *name = g_strdup(i->name);
    if (load_ms)
        *load_ms = i->load_ms;
    g_mutex_unlock(&i->lock);
    return model;
}

gboolean nero_member_is_current(NeroMember *m, const NeroModel *model)
{
    return g_atomic_pointer_get(&m->instance->model) == model;
}

double nero_member_ms(NeroMember *m)
{
    g_mutex_lock(&m->instance->lock);
    const double ms = m->instance->frame_us * m->instance->members.length / 1000;
    g_mutex_unlock(&m->instance->lock);
    return ms;
}

NeroModel *nero_member_publish(NeroMember *m, NeroModel *model, const char *name,
                               const nn_detector_options *options, double load_ms)
{
    return set_model(m->instance, model, name, options, load_ms);
}

gboolean nero_member_begin_load(NeroMember *m, const char *name, const nn_detector_options *options,
                                gint64 asked)
{
    NeroInstance *i = m->instance;
    nn_error err;
    g_mutex_lock(&i->loading);
    g_mutex_lock(&i->lock);
    const gboolean has =
        i->id && i->published > asked && check_settings(i, name, options, &err) == NN_OK;
    g_mutex_unlock(&i->lock);
    return has;
}

void nero_member_end_load(NeroMember *m)
{
    g_mutex_unlock(&m->instance->loading);
}

// --- running; the lock is held unless a comment says otherwise ---

static void note_arrival(NeroMember *m, gint64 now)
{
    m->waits = TRUE;
    if (m->last_done == 0)
        return;
    const double gap = (double)(now - m->last_done);
    m->gap_us = m->gap_us < 0 ? gap : (m->gap_us + gap) / 2;
}

// When the last of the members that are worth waiting for should be here: by then half a frame
// could have been inferred since the first request. 0: no such member.
static gint64 wait_until(NeroInstance *i, gint64 now)
{
    const Request *first = g_queue_peek_head(&i->requests);
    const gint64 deadline = first->arrival + (gint64)(i->frame_us / 2);
    gint64 until = 0;
    for (const GList *l = i->members.head; l; l = l->next) {
        const NeroMember *m = l->data;
        if (m->waits || m->gap_us < 0)
            continue;
        const gint64 expected = m->last_done + (gint64)m->gap_us;
        const gint64 latest = MIN(expected + (gint64)(m->gap_us / 2) + 1000, deadline);
        if (expected <= deadline && latest > now)
            until = MAX(until, latest);
    }
    return until;
}

static void gather(NeroInstance *i)
{
    for (;;) {
        const gint64 now = g_get_monotonic_time(), until = wait_until(i, now);
        if (until <= now)
            return;
        g_cond_wait_until(&i->changed, &i->lock, until);
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

// Takes the requests that run on the model of the first one, up to MOST_JOBS frames.
static int take(NeroInstance *i, Request **taken, nn_detector_job *jobs, int *job_count)
{
    int count = 0;
    *job_count = 0;
    for (GList *l = i->requests.head, *next; l; l = next) {
        Request *r = l->data;
        next = l->next;
        if (count && (r->model != taken[0]->model || *job_count + r->count > MOST_JOBS))
            continue;
        taken[count++] = r;
        for (int k = 0; k < r->count && *job_count < MOST_JOBS; k++)
            jobs[(*job_count)++] = r->jobs[k];
        g_queue_delete_link(&i->requests, l);
        if (count == MOST_JOBS)
            break;
    }
    return count;
}

// Gathers requests and runs them for all.
static void lead(NeroInstance *i)
{
    Request *taken[MOST_JOBS] = {NULL};
    nn_detector_job jobs[MOST_JOBS];
    int job_count;
    i->led = TRUE;
    gather(i);
    const int count = take(i, taken, jobs, &job_count);
    g_mutex_unlock(&i->lock);
    const gint64 begin = g_get_monotonic_time();
    run_taken(taken, count, jobs, job_count);
    const gint64 end = g_get_monotonic_time();
    g_mutex_lock(&i->lock);
    const double frame_us = (double)(end - begin) / MAX(job_count, 1);
    i->frame_us = i->frame_us > 0 ? (3 * i->frame_us + frame_us) / 4 : frame_us;
    for (int k = 0; k < count; k++) {
        taken[k]->done = TRUE;
        taken[k]->member->waits = FALSE;
        taken[k]->member->last_done = end;
    }
    i->led = FALSE;
    g_cond_broadcast(&i->changed);
}

nn_status nero_member_run(NeroMember *m, NeroModel *model, const nn_detector_job *jobs, int count,
                          nn_error *err)
{
    NeroInstance *i = m->instance;
    Request request = {.member = m,
                       .model = model,
                       .jobs = jobs,
                       .count = count,
                       .arrival = g_get_monotonic_time()};
    nn_status status = NN_OK;
    for (int k = 0; k < count && status == NN_OK; k++)
        status = nn_frame_check(jobs[k].frame, err);
    if (status != NN_OK || count == 0)
        return status;
    if (count > MOST_JOBS) { // in parts
        status = nero_member_run(m, model, jobs, MOST_JOBS, err);
        return status != NN_OK
                   ? status
                   : nero_member_run(m, model, jobs + MOST_JOBS, count - MOST_JOBS, err);
    }
    g_mutex_lock(&i->lock);
    note_arrival(m, request.arrival);
    g_queue_push_tail(&i->requests, &request);
    if (i->led)
        g_cond_broadcast(&i->changed); // it may be the one that is waited for
    while (!request.done) {
        if (i->led)
            g_cond_wait(&i->changed, &i->lock);
        else
            lead(i);
    }
    g_mutex_unlock(&i->lock);
    return request.status == NN_OK ? NN_OK : nn_fail(err, request.status, "%s", request.error.text);
}
