// SPDX-License-Identifier: MIT
// The instances of the process by their ids, their members and their models.
#include "plugins/infer/instance.h"

#include "plugins/infer/gather.h"

typedef struct NeroInstance {
    char *id; // NULL: of one member alone
    int refs; // guarded by `registry`

    NeroGather gather; // for a model that takes batches
    GMutex loading;    // held while a member loads a model
    GMutex lock;       // guards what follows; held for moments only
    NeroModel *model;  // owned reference; set atomically, for those who only compare
    char *name, *head, *labels, *texts; // owned: of the model
    nn_precision precision;             // of the model
    nn_tail_limits tail_limits;         // likewise
    double load_ms;
    gint64 published; // monotonic microseconds
    int members;
    double frame_us; // smoothed time that a frame takes a member, its wait included; 0: unknown
} NeroInstance;

struct NeroMember {
    NeroInstance *instance;
    NeroGatherMember gather;
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
        nero_gather_init(&i->gather);
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
    nero_gather_clear(&i->gather);
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
    nero_gather_forget(&i->gather);
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
    if (m) {
        m->instance = i;
        nero_gather_join(&i->gather, &m->gather);
    }
    g_mutex_lock(&i->lock);
    i->members += m != NULL;
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
    i->members--;
    g_mutex_unlock(&i->lock);
    nero_gather_leave(&i->gather, &m->gather);
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
    const int members = m->instance->members;
    const double ms = m->instance->frame_us / 1000;
    g_mutex_unlock(&m->instance->lock);
    return members > 1 ? ms * members / (members - 1) : ms;
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

// --- running ---

static void note_time(NeroInstance *i, double frame_us)
{
    g_mutex_lock(&i->lock);
    i->frame_us = i->frame_us > 0 ? (3 * i->frame_us + frame_us) / 4 : frame_us;
    g_mutex_unlock(&i->lock);
}

nn_status nero_member_run(NeroMember *m, NeroModel *model, const nn_detector_job *jobs, int count,
                          nn_error *err)
{
    nn_status status = NN_OK;
    for (int k = 0; k < count && status == NN_OK; k++)
        status = nn_frame_check(jobs[k].frame, err);
    const gboolean batches = nn_detector_batch(model->detector) > 1;
    for (int done = 0, n; done < count && status == NN_OK; done += n) {
        const gint64 begin = g_get_monotonic_time();
        n = MIN(count - done, NERO_GATHER_MOST);
        status = batches
                     ? nero_gather_run(&m->instance->gather, &m->gather, model, jobs + done, n, err)
                     : nn_detector_run_jobs(model->detector, jobs + done, n, err);
        note_time(m->instance, (double)(g_get_monotonic_time() - begin) / n);
    }
    return status;
}
