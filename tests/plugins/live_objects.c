// SPDX-License-Identifier: MIT
// Asks the leaks tracer.
#include "tests/plugins/live_objects.h"
#include "tests/support/test.h"

int live_count(gboolean print)
{
    GList *tracers = gst_tracing_get_active_tracers();
    assert_non_null(tracers); // GST_TRACERS=leaks is set by main()
    GstStructure *live = NULL;
    g_signal_emit_by_name(tracers->data, "get-live-objects", &live);
    const GValue *list = gst_structure_get_value(live, "live-objects-list");
    int n = 0;
    for (guint i = 0; list && i < gst_value_list_get_size(list); i++) {
        const GstStructure *o = g_value_get_boxed(gst_value_list_get_value(list, i));
        const GValue *object = gst_structure_get_value(o, "object");
        const char *type = object ? G_VALUE_TYPE_NAME(object) : "?";
        if (print)
            print_message("alive: %s\n", type);
        n++;
    }
    gst_structure_free(live);
    g_list_free_full(tracers, gst_object_unref);
    return n;
}

int live_settled(int enough)
{
    enum { TRIES = 20, PAUSE_US = 200000 };
    int n = 0;
    for (int i = 0; i < TRIES; i++) {
        g_usleep(PAUSE_US);
        n = live_count(FALSE);
        if (n <= enough)
            break;
    }
    return n;
}
