// SPDX-License-Identifier: MIT
// A query that travels upstream to the nearest neroinfer: which model does it run?
#ifndef PLUGINS_COMMON_MODEL_QUERY_H
#define PLUGINS_COMMON_MODEL_QUERY_H

#include <gst/gst.h>

// Asks what lies before the pad `sink`. The model's file or name, which the caller frees; NULL when
// there is no neroinfer, or none that plays.
char *nero_model_query(GstPad *sink);
// Answers such a query; FALSE when it is another one, or `model` is NULL.
gboolean nero_model_answer(GstQuery *query, const char *model);

#endif
