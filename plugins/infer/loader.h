// SPDX-License-Identifier: MIT
// Loads models beside a stream: a thread of low priority, and nothing that the stream waits for.
#ifndef PLUGINS_INFER_LOADER_H
#define PLUGINS_INFER_LOADER_H

#include "plugins/infer/engine.h"

typedef struct NeroLoader NeroLoader;

// What became of a model that was asked for.
typedef struct NeroLoad {
    char *name;     // owned, as it was asked for
    nn_error error; // status NN_OK: it is in use
    double load_ms; // from being asked to being ready
} NeroLoad;

void nero_load_release(NeroLoad *load); // leaves it zeroed
// Posts what became of it: the message "model-changed" with the name, the one before (`other`),
// load-ms and the timestamp of the first frame; or a warning, whose details have the name, when
// `other` stays.
void nero_load_tell(const NeroLoad *load, GstElement *element, const char *other, GstClockTime pts);

NeroLoader *nero_loader_new(void);
void nero_loader_free(NeroLoader *l); // waits for a model that is being loaded; NULL is a no-op

// The functions below belong to the streaming thread and never wait: not for a model, and not for
// the thread, which may be held up for long on a busy machine.

// Has a model loaded and tried on a frame of this kind, in the place of all that were asked for
// before and are not in use yet. Of the options threads, head and labels count; strings are copied.
// FALSE: nothing happened, try again with the next frame.
gboolean nero_loader_ask(NeroLoader *l, const char *name, const nn_detector_options *options,
                         const GstVideoInfo *info);
// Puts a model that is ready into the engine, whose old one goes back to be freed beside the
// stream. TRUE when one was put in or refused: *load, released by the caller, says which and why.
gboolean nero_loader_swap(NeroLoader *l, NeroEngine *e, NeroLoad *load);

#endif
