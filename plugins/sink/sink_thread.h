// SPDX-License-Identifier: MIT
// The only thread that uses SDL: all windows, renderers and events belong to it.
#ifndef PLUGINS_SINK_SINK_THREAD_H
#define PLUGINS_SINK_SINK_THREAD_H

#include <SDL.h>
#include <glib.h>

// SDL wants windows, renderers and events of a process on one thread, and a process may have
// several sinks, which share this thread. It starts with the first reference and ends with the
// last. Thread-safe, but not callable from the thread itself.
void nero_ui_ref(void);
void nero_ui_unref(void);

// Runs `task` on the thread and returns when it is done. The caller holds a reference.
typedef void nero_ui_task(gpointer data);
void nero_ui_call(nero_ui_task *task, gpointer data);

// The functions below are called on the thread, from inside a task.

// Initialises SDL's video (sink_display.h); FALSE with SDL_GetError.
gboolean nero_ui_start_video(void);
// Type of the last event: the display was lost, windows must not be used any more.
enum { NERO_UI_LOST = SDL_LASTEVENT };
// `listener` gets every event until it is removed, and NULL when no more events are waiting.
typedef void nero_ui_listener(const SDL_Event *event, gpointer data);
void nero_ui_listen(nero_ui_listener *listener, gpointer data);
void nero_ui_unlisten(gpointer data);

#endif
