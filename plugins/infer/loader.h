// SPDX-License-Identifier: MIT
// Loads models beside a stream, in a thread of low priority for which the stream never waits.
#ifndef PLUGINS_INFER_LOADER_H
#define PLUGINS_INFER_LOADER_H

#include "plugins/infer/engine.h"

typedef struct NeroLoader NeroLoader;

// The outcome of a request for a model.
typedef struct NeroLoad {
    char *name;     // owned; the requested name
    nn_error error; // status NN_OK: the model is in use
    double load_ms; // from the request until the model was ready
} NeroLoad;

void nero_load_release(NeroLoad *load); // leaves it zeroed
// Posts the outcome: on success the message "model-changed" with the name, the name of the old
// model (`other`), load-ms and the timestamp of the first frame; else a warning with the name in
// its details, while `other` stays in use. For a model that another stream loaded, too.
void nero_load_tell(const NeroLoad *load, GstElement *element, const char *other, GstClockTime pts);

NeroLoader *nero_loader_new(NeroMember *member); // borrowed: models are loaded for its instance
void nero_loader_free(NeroLoader *l); // waits for a model that is being loaded; NULL is a no-op

// The functions below are for the streaming thread. They never wait, neither for a model nor for
// the loader thread, which may be slow on a busy machine.

// Requests a model: the thread loads it and tries it on a frame of this kind. The request replaces
// earlier ones that are not in use yet. Of the options those of nero_model_open are used; strings
// are copied. FALSE: nothing happened, try again with the next frame.
gboolean nero_loader_ask(NeroLoader *l, const char *name, const nn_detector_options *options,
                         const GstVideoInfo *info);
// TRUE when a request failed: *load says which and why, and the caller releases it. A model that
// can be used is published for all members of the instance (nero_engine_follow).
gboolean nero_loader_refused(NeroLoader *l, NeroLoad *load);
// Releases a reference to a model, in the thread.
void nero_loader_retire(NeroLoader *l, NeroModel *model);

#endif
