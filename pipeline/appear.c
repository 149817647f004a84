// SPDX-License-Identifier: MIT
// Tells when an object of a class appears.
#include "pipeline/appear.h"

#define AWAY G_GUINT64_CONSTANT(2000000000) // nanoseconds
enum { MOST = 4096 };                       // numbers that are remembered

struct vp_appear {
    char **classes; // NULL: all
    gboolean tracked;
    GHashTable *numbers; // of objects that were seen
    GQueue order;        // of these numbers, the oldest first
    GHashTable *times;   // of classes, when they were last seen; guint64
};

vp_appear *vp_appear_new(const char *classes, gboolean tracked)
{
    vp_appear *a = g_new0(vp_appear, 1);
    a->classes = classes && *classes ? g_strsplit(classes, ",", -1) : NULL;
    a->tracked = tracked;
    a->numbers = g_hash_table_new(NULL, NULL);
    a->times = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_queue_init(&a->order);
    return a;
}

void vp_appear_free(vp_appear *a)
{
    if (!a)
        return;
    g_strfreev(a->classes);
    g_hash_table_unref(a->numbers);
    g_hash_table_unref(a->times);
    g_queue_clear(&a->order);
    g_free(a);
}

static gboolean is_new_number(vp_appear *a, int number)
{
    if (!g_hash_table_add(a->numbers, GINT_TO_POINTER(number)))
        return FALSE;
    g_queue_push_tail(&a->order, GINT_TO_POINTER(number));
    if (a->order.length > MOST)
        g_hash_table_remove(a->numbers, g_queue_pop_head(&a->order));
    return TRUE;
}

static gboolean is_back(vp_appear *a, const char *name, guint64 time)
{
    guint64 *last = g_hash_table_lookup(a->times, name);
    const gboolean back = !last || time < *last || time - *last > AWAY;
    if (!last) {
        last = g_new(guint64, 1);
        g_hash_table_insert(a->times, g_strdup(name), last);
    }
    *last = time;
    return back;
}

const nn_box *vp_appear_see(vp_appear *a, const nn_result *result,
                            const char *(*name_of)(const void *labels, int label),
                            const void *labels, guint64 time, const char **name)
{
    const nn_box *found = NULL;
    for (int i = 0; i < result->count; i++) {
        const nn_box *b = &result->boxes[i];
        const char *of = name_of(labels, b->label);
        if ((a->tracked && b->track_id <= 0) ||
            (a->classes && !g_strv_contains((const char *const *)a->classes, of)))
            continue;
        // All are looked at: those that came together are no events of their own.
        const gboolean fresh =
            b->track_id > 0 ? is_new_number(a, b->track_id) : is_back(a, of, time);
        if (fresh && !found) {
            found = b;
            *name = of;
        }
    }
    return found;
}
