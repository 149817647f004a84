// SPDX-License-Identifier: MIT
// Asks and answers with a custom query.
#include "plugins/common/model_query.h"

#define NAME "nero-model"

char *nero_model_query(GstPad *sink)
{
    char *model = NULL;
    GstQuery *query = gst_query_new_custom(GST_QUERY_CUSTOM, gst_structure_new_empty(NAME));
    if (gst_pad_peer_query(sink, query))
        model = g_strdup(gst_structure_get_string(gst_query_get_structure(query), "model"));
    gst_query_unref(query);
    return model;
}

gboolean nero_model_answer(GstQuery *query, const char *model)
{
    if (GST_QUERY_TYPE(query) != GST_QUERY_CUSTOM || !model ||
        !gst_structure_has_name(gst_query_get_structure(query), NAME))
        return FALSE;
    gst_structure_set(gst_query_writable_structure(query), "model", G_TYPE_STRING, model, NULL);
    return TRUE;
}
