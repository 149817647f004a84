// SPDX-License-Identifier: MIT
// A thread that opens, tries and frees models while the stream plays.
#include "plugins/infer/loader.h"

#include "plugins/common/background.h"
#include "plugins/infer/warm.h"
#include "po/translate.h"

typedef struct Job {
    NeroLoad load;
    char *head, *labels, *texts; // owned
    int threads, input_h, input_w;
    nn_precision precision;
    nn_tail_limits tail_limits;
    GstVideoInfo info;
    gint64 asked; // monotonic microseconds
} Job;

struct NeroLoader {
    NeroMember *member; // borrowed
    GThread *thread;    // started with the first job; used by the streaming thread only
    GSList *retired;    // NeroModels that are not among `olds` yet; likewise
    GMutex lock;        // guards what follows; the loader thread holds it for moments only
    GCond changed;
    gboolean quit;
    Job *asked;   // a job that is not begun
    Job *refused; // a job that failed
    GSList *olds; // NeroModels to release
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
            (_("Cannot use model \"%s\": %s; \"%s\" goes on"), load->name, load->error.text, other),
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
    nero_load_release(&job->load);
    g_free(job->head);
    g_free(job->labels);
    g_free(job->texts);
    g_free(job);
}

static void release_model(gpointer model)
{
    nero_model_unref(model);
}

NeroLoader *nero_loader_new(NeroMember *member)
{
    NeroLoader *l = g_new0(NeroLoader, 1);
    l->member = member;
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
    free_job(l->refused);
    g_slist_free_full(l->olds, release_model);
    g_slist_free_full(l->retired, release_model);
    g_mutex_clear(&l->lock);
    g_cond_clear(&l->changed);
    g_free(l);
}

// Opens and tries the model of a job; NULL on failure.
static NeroModel *open_model(Job *job, const nn_detector_options *options)
{
    nn_error *err = &job->load.error;
    NeroModel *model = nero_model_open(job->load.name, options, err);
    if (model && nero_model_warm(model, NULL, &job->info, err) != NN_OK)
        g_clear_pointer(&model, nero_model_unref);
    if (model)
        err->status = NN_OK; // attempts on the way may have failed
    return model;
}

// Loads the model of a job, unless another member has just done so, and publishes it, unless
// another one was requested meanwhile.
static void load(NeroLoader *l, Job *job)
{
    const nn_detector_options options = {.threads = job->threads,
                                         .head = job->head,
                                         .labels = job->labels,
                                         .texts = job->texts,
                                         .precision = job->precision,
                                         .tail_limits = job->tail_limits,
                                         .input_h = job->input_h,
                                         .input_w = job->input_w};
    NeroModel *model = NULL;
    if (!nero_member_begin_load(l->member, job->load.name, &options, job->asked))
        model = open_model(job, &options);
    g_mutex_lock(&l->lock);
    const gboolean wanted = !l->asked;
    g_mutex_unlock(&l->lock);
    if (model && wanted)
        model = nero_member_publish(l->member, model, job->load.name, &options,
                                    (double)(g_get_monotonic_time() - job->asked) / 1000);
    nero_member_end_load(l->member);
    nero_model_unref(model);
}

static gpointer work(gpointer data)
{
    NeroLoader *l = data;
    nero_background(NERO_BACKGROUND_LOW);
    g_mutex_lock(&l->lock);
    while (!l->quit) {
        Job *job = g_steal_pointer(&l->asked);
        GSList *olds = g_steal_pointer(&l->olds);
        if (!job && !olds) {
            g_cond_wait(&l->changed, &l->lock);
            continue;
        }
        g_mutex_unlock(&l->lock);
        g_slist_free_full(olds, release_model);
        if (job)
            load(l, job);
        g_mutex_lock(&l->lock);
        const gboolean failed = job && job->load.error.status != NN_OK && !l->asked;
        Job *old = failed ? l->refused : job;
        if (failed)
            l->refused = job;
        g_mutex_unlock(&l->lock);
        free_job(old);
        g_mutex_lock(&l->lock);
    }
    g_mutex_unlock(&l->lock);
    return NULL;
}

static void start_thread(NeroLoader *l)
{
    if (!l->thread)
        l->thread = g_thread_new("neroloader", work, l);
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
    job->texts = g_strdup(options->texts);
    job->threads = options->threads;
    job->precision = options->precision;
    job->tail_limits = options->tail_limits;
    job->input_h = options->input_h;
    job->input_w = options->input_w;
    job->info = *info;
    job->asked = g_get_monotonic_time();
    free_job(l->asked); // not begun
    free_job(g_steal_pointer(&l->refused));
    l->asked = job;
    g_cond_signal(&l->changed);
    g_mutex_unlock(&l->lock);
    start_thread(l);
    return TRUE;
}

gboolean nero_loader_refused(NeroLoader *l, NeroLoad *out)
{
    if (!l->thread || !g_mutex_trylock(&l->lock))
        return FALSE;
    Job *job = g_steal_pointer(&l->refused);
    if (l->retired) {
        l->olds = g_slist_concat(g_steal_pointer(&l->retired), l->olds);
        g_cond_signal(&l->changed);
    }
    g_mutex_unlock(&l->lock);
    if (!job)
        return FALSE;
    *out = job->load;
    job->load = (NeroLoad){0};
    free_job(job);
    return TRUE;
}

void nero_loader_retire(NeroLoader *l, NeroModel *model)
{
    l->retired = g_slist_prepend(l->retired, model);
    start_thread(l); // it gets the model with the next frame
}
