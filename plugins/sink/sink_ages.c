// SPDX-License-Identifier: MIT
// A table of tracks with their first and last times.
#include "plugins/sink/sink_ages.h"

#include "plugins/common/objects.h"

// Milliseconds of the stream.
typedef struct Seen {
    gint64 first, last;
} Seen;

struct NeroAges {
    GHashTable *tracks; // owned: Seen by number
    gint64 now;         // of the last frame, milliseconds
};

NeroAges *nero_ages_new(void)
{
    NeroAges *a = g_new0(NeroAges, 1);
    a->tracks = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    return a;
}

void nero_ages_free(NeroAges *a)
{
    if (!a)
        return;
    g_hash_table_unref(a->tracks);
    g_free(a);
}

void nero_ages_forget(NeroAges *a)
{
    g_hash_table_remove_all(a->tracks);
}

static gboolean is_gone(gpointer track, gpointer seen, gpointer now)
{
    enum { FORGOTTEN_MS = 60000 };
    (void)track;
    return *(const gint64 *)now - ((const Seen *)seen)->last > FORGOTTEN_MS;
}

static void follow(NeroAges *a, NeroObject *o)
{
    const gpointer track = GINT_TO_POINTER(o->box.track_id);
    Seen *seen = g_hash_table_lookup(a->tracks, track);
    if (!seen && !o->box.predicted) {
        seen = g_new(Seen, 1);
        *seen = (Seen){a->now, a->now};
        g_hash_table_insert(a->tracks, track, seen);
    }
    if (seen && !o->box.predicted)
        seen->last = a->now;
    else if (seen)
        o->age_ms = MAX(o->age_ms, (float)(a->now - seen->last));
}

void nero_ages_follow(NeroAges *a, GArray *objects, gint64 time)
{
    enum { MANY = 4096 };
    a->now = time / GST_MSECOND;
    if (g_hash_table_size(a->tracks) > MANY)
        g_hash_table_foreach_remove(a->tracks, is_gone, &a->now);
    for (guint i = 0; i < objects->len; i++) {
        NeroObject *o = &g_array_index(objects, NeroObject, i);
        if (o->box.track_id > 0)
            follow(a, o);
    }
}

double nero_ages_of(const NeroAges *a, int track)
{
    const Seen *seen = g_hash_table_lookup(a->tracks, GINT_TO_POINTER(track));
    return seen ? (double)(a->now - seen->first) / 1e3 : 0;
}
