// SPDX-License-Identifier: MIT
// The open targets of this process, by their settings.
#include "plugins/publish/output.h"

#include "nn/base/features.h"

struct NeroOutput {
    const NeroTarget *kind;
    GstElement *element; // owned reference: the first that opened it; messages are in its name
    char *key;           // owned
    guint users;
    GMutex lock; // one call of the target at a time
    gpointer target;
};

static GMutex lock; // guards the list and the numbers of users
static GList *outputs;

static NeroOutput *find(const char *key)
{
    for (GList *l = outputs; l; l = l->next)
        if (strcmp(((NeroOutput *)l->data)->key, key) == 0)
            return l->data;
    return NULL;
}

static NeroOutput *make(GstElement *element, const NeroTarget *kind, const NeroSettings *settings,
                        nn_error *err)
{
    gpointer target = NULL;
    if (kind->open)
        target = kind->open(element, settings, err);
    else
        nn_fail_without(err, kind->method);
    if (!target)
        return NULL;
    NeroOutput *o = g_new0(NeroOutput, 1);
    o->kind = kind;
    o->element = gst_object_ref(element);
    o->target = target;
    g_mutex_init(&o->lock);
    return o;
}

NeroOutput *nero_output_open(GstElement *element, const NeroSettings *settings, nn_error *err)
{
    const NeroTarget *kind = nero_target_at((guint)nero_settings_enum(settings, "method"));
    g_autofree char *shared = nero_settings_key(settings, kind->shared, kind->method);
    char *key = nero_settings_key(settings, kind->settings, shared);
    g_mutex_lock(&lock);
    NeroOutput *o = find(key);
    if (!o && (o = make(element, kind, settings, err)) != NULL) {
        o->key = g_steal_pointer(&key);
        outputs = g_list_prepend(outputs, o);
    }
    if (o)
        o->users++;
    g_mutex_unlock(&lock);
    g_free(key);
    return o;
}

void nero_output_close(NeroOutput *o)
{
    g_mutex_lock(&lock);
    const gboolean last = --o->users == 0;
    if (last) {
        outputs = g_list_remove(outputs, o);
        if (o->kind->drain) // two that stop at once may both have left it to the other
            o->kind->drain(o->target);
        o->kind->close(o->target); // in the lock: who opens the same next finds it closed
    }
    g_mutex_unlock(&lock);
    if (!last)
        return;
    gst_object_unref(o->element);
    g_mutex_clear(&o->lock);
    g_free(o->key);
    g_free(o);
}

void nero_output_frame(NeroOutput *o)
{
    g_mutex_lock(&o->lock);
    if (o->kind->frame)
        o->kind->frame(o->target);
    g_mutex_unlock(&o->lock);
}

gboolean nero_output_send(NeroOutput *o, const char *line)
{
    g_mutex_lock(&o->lock);
    const gboolean ok = o->kind->send(o->target, line);
    g_mutex_unlock(&o->lock);
    return ok;
}

void nero_output_stats(NeroOutput *o, GstStructure *to)
{
    g_mutex_lock(&lock);
    const guint users = o->users;
    g_mutex_unlock(&lock);
    g_mutex_lock(&o->lock);
    gst_structure_set(to, "method", G_TYPE_STRING, o->kind->method, "elements", G_TYPE_UINT, users,
                      NULL);
    o->kind->stats(o->target, to);
    g_mutex_unlock(&o->lock);
}

void nero_output_drain(NeroOutput *o)
{
    g_mutex_lock(&lock);
    const gboolean alone = o->users == 1;
    g_mutex_unlock(&lock);
    if (!alone || !o->kind->drain)
        return;
    g_mutex_lock(&o->lock);
    o->kind->drain(o->target);
    g_mutex_unlock(&o->lock);
}
