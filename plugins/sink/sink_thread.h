// SPDX-License-Identifier: MIT
// The one thread that talks to SDL: its windows, renderers and events all belong to it.
#ifndef PLUGINS_SINK_SINK_THREAD_H
#define PLUGINS_SINK_SINK_THREAD_H

#include <SDL.h>
#include <glib.h>

// SDL wants windows, renderers and the event queue of a process used from a single thread, and
// several sinks may live in one process: they share this thread. It starts with the first reference
// and ends with the last. Thread-safe; not to be called from the thread itself.
void nero_ui_ref(void);
void nero_ui_unref(void);

// Runs `task` on the thread and returns when it is done. The caller holds a reference.
typedef void nero_ui_task(gpointer data);
void nero_ui_call(nero_ui_task *task, gpointer data);

// The functions below are called on the thread, inside a task.

// Makes sure that SDL's video is up (sink_display.h); FALSE with SDL_GetError.
gboolean nero_ui_start_video(void);
// The type of an event that is the last: the display was lost, windows may not be used any more.
enum { NERO_UI_LOST = SDL_LASTEVENT };
// `listener` gets every event until it is removed again, and NULL when no more are waiting.
typedef void nero_ui_listener(const SDL_Event *event, gpointer data);
void nero_ui_listen(nero_ui_listener *listener, gpointer data);
void nero_ui_unlisten(gpointer data);

#endif
