// SPDX-License-Identifier: MIT
// A thread that opens, tries and frees models while the stream plays.
#include "plugins/infer/loader.h"

#ifdef __linux__
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

// Below everything that shows frames, but high enough to get a model loaded on a busy machine.
enum { NICE = 10 };

typedef struct Job {
    NeroLoad load;
    char *head, *labels; // owned
    int threads;
    GstVideoInfo info;
    gint64 asked; // monotonic microseconds
    NeroModel *model;
} Job;

struct NeroLoader {
    GThread *thread; // started with the first job; used by the streaming thread only
    GMutex lock;     // guards what follows; the loader thread holds it for moments only
    GCond changed;
    gboolean quit;
    Job *asked;   // a job that is not begun
    Job *ready;   // a finished job, successful or not
    GSList *olds; // NeroModels to free
};

void nero_load_release(NeroLoad *load)
{
    g_free(load->name);
    *load = (NeroLoad){0};
}

void nero_load_tell(const NeroLoad *load, GstElement *element, const char *other, GstClockTime pts)
{
    if (load->error.status != NN_OK) {
        GST_ELEMENT_WARNING_WITH_DETAILS(
            element, RESOURCE, SETTINGS,
            ("Cannot use model \"%s\": %s; \"%s\" goes on", load->name, load->error.text, other),
            (NULL), ("model", G_TYPE_STRING, load->name, NULL));
        return;
    }
    GST_INFO_OBJECT(element, "model \"%s\" after %.0f ms, in the place of \"%s\"", load->name,
                    load->load_ms, other);
    GstStructure *s = gst_structure_new("model-changed", "model", G_TYPE_STRING, load->name,
                                        "previous", G_TYPE_STRING, other, "load-ms", G_TYPE_DOUBLE,
                                        load->load_ms, "timestamp", G_TYPE_UINT64, pts, NULL);
    gst_element_post_message(element, gst_message_new_element(GST_OBJECT(element), s));
}

static void free_job(Job *job)
{
    if (!job)
        return;
    nero_model_free(job->model);
    nero_load_release(&job->load);
    g_free(job->head);
    g_free(job->labels);
    g_free(job);
}

static void free_model(gpointer model)
{
    nero_model_free(model);
}

NeroLoader *nero_loader_new(void)
{
    NeroLoader *l = g_new0(NeroLoader, 1);
    g_mutex_init(&l->lock);
    g_cond_init(&l->changed);
    return l;
}

void nero_loader_free(NeroLoader *l)
{
    if (!l)
        return;
    if (l->thread) {
        g_mutex_lock(&l->lock);
        l->quit = TRUE;
        g_cond_signal(&l->changed);
        g_mutex_unlock(&l->lock);
        g_thread_join(l->thread);
    }
    free_job(l->asked);
    free_job(l->ready);
    g_slist_free_full(l->olds, free_model);
    g_mutex_clear(&l->lock);
    g_cond_clear(&l->changed);
    g_free(l);
}

static void load(Job *job)
{
    const nn_detector_options options = {
        .threads = job->threads, .head = job->head, .labels = job->labels};
    nn_error *err = &job->load.error;
    job->model = nero_model_open(job->load.name, &options, err);
    if (job->model && nero_model_warm(job->model, &job->info, err) != NN_OK)
        g_clear_pointer(&job->model, nero_model_free);
    if (job->model)
        err->status = NN_OK; // attempts on the way may have failed
    job->load.load_ms = (double)(g_get_monotonic_time() - job->asked) / 1000;
}

// Lowers the priority of this thread alone, where the system supports it.
static void step_back(void)
{
#ifdef __linux__
    const id_t self = (id_t)syscall(SYS_gettid);
    setpriority(PRIO_PROCESS, self, MIN(getpriority(PRIO_PROCESS, self) + NICE, 19));
#endif
}

static gpointer work(gpointer data)
{
    NeroLoader *l = data;
    step_back();
    g_mutex_lock(&l->lock);
    while (!l->quit) {
        Job *job = g_steal_pointer(&l->asked);
        GSList *olds = g_steal_pointer(&l->olds);
        if (!job && !olds) {
            g_cond_wait(&l->changed, &l->lock);
            continue;
        }
        g_mutex_unlock(&l->lock);
        g_slist_free_full(olds, free_model);
        if (job)
            load(job);
        g_mutex_lock(&l->lock);
        if (job && !l->asked) {
            l->ready = job;
        } else if (job) { // another model was requested meanwhile
            g_mutex_unlock(&l->lock);
            free_job(job);
            g_mutex_lock(&l->lock);
        }
    }
    g_mutex_unlock(&l->lock);
    return NULL;
}

gboolean nero_loader_ask(NeroLoader *l, const char *name, const nn_detector_options *options,
                         const GstVideoInfo *info)
{
    if (!g_mutex_trylock(&l->lock))
        return FALSE;
    Job *job = g_new0(Job, 1);
    job->load.name = g_strdup(name);
    job->head = g_strdup(options->head);
    job->labels = g_strdup(options->labels);
    job->threads = options->threads;
    job->info = *info;
    job->asked = g_get_monotonic_time();
    free_job(l->asked); // not begun: it has no model
    l->asked = job;
    if (l->ready) { // the thread frees its model
        if (l->ready->model)
            l->olds = g_slist_prepend(l->olds, g_steal_pointer(&l->ready->model));
        free_job(g_steal_pointer(&l->ready));
    }
    g_cond_signal(&l->changed);
    g_mutex_unlock(&l->lock);
    if (!l->thread)
        l->thread = g_thread_new("neroloader", work, l);
    return TRUE;
}

gboolean nero_loader_swap(NeroLoader *l, NeroEngine *e, NeroLoad *out)
{
    if (!l->thread || !g_mutex_trylock(&l->lock))
        return FALSE;
    Job *job = l->ready;
    gboolean done = job && (!job->model || nero_engine_swap(e, &job->model));
    if (done) {
        *out = job->load;
        job->load = (NeroLoad){0};
        l->ready = NULL;
        if (job->model)
            l->olds = g_slist_prepend(l->olds, g_steal_pointer(&job->model));
        g_cond_signal(&l->changed);
    }
    g_mutex_unlock(&l->lock);
    if (done)
        free_job(job);
    return done;
}
