// SPDX-License-Identifier: MIT
// A model that streams share: each is a member, and frames of several members run as one batch.
#ifndef PLUGINS_INFER_INSTANCE_H
#define PLUGINS_INFER_INSTANCE_H

#include "plugins/infer/model.h"

// A stream that uses a model: alone, or together with all others in the process that gave the same
// id.
typedef struct NeroMember NeroMember;

// Joins the instance `id`; NULL or "": one of its own. The first member loads the model; all others
// must ask for the same model, head and labels. The number of threads is that of the first. NULL,
// with a text in `err`, on failure.
NeroMember *nero_member_join(const char *id, const char *name, const nn_detector_options *options,
                             nn_error *err);
void nero_member_leave(NeroMember *m); // no call may be running; NULL is a no-op

// The current model; the caller gets a reference. *name and *load_ms, when not NULL, get its
// requested name (g_free) and how long it took to load.
NeroModel *nero_member_model(NeroMember *m, char **name, double *load_ms);
// Whether `model` is the current one. Never waits for a model that is being loaded or run.
gboolean nero_member_is_current(NeroMember *m, const NeroModel *model);

// Milliseconds that a frame will take this member, who has just joined and will wait for the
// others, too; 0: not known yet.
double nero_member_ms(NeroMember *m);

// Makes `model` (whose reference it takes over) the current one for all members, who get it with
// nero_member_model(). Returns the old one, for the caller to release. Never waits for a run.
NeroModel *nero_member_publish(NeroMember *m, NeroModel *model, const char *name,
                               const nn_detector_options *options, double load_ms);
// Between these two calls no other member loads a model. TRUE when another member has published
// `name` with these options since `asked` (monotonic microseconds): all have it already.
gboolean nero_member_begin_load(NeroMember *m, const char *name, const nn_detector_options *options,
                                gint64 asked);
void nero_member_end_load(NeroMember *m);

// Runs jobs of this member on a model of which it holds a reference. Members run side by side, each
// in a thread of the model while there are as many, and else in the order in which they came. One
// call at a time for each member. Each member's results and errors are those that it would have
// alone. Frames for a model that takes batches (nn_detector_batch) are gathered into batches.
nn_status nero_member_run(NeroMember *m, NeroModel *model, const nn_detector_job *jobs, int count,
                          nn_error *err);

#endif
