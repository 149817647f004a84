// SPDX-License-Identifier: MIT
// The pictures that nerosink saves.
#ifndef PLUGINS_SINK_SINK_SAVE_H
#define PLUGINS_SINK_SINK_SAVE_H

#include "plugins/sink/sink_state.h"

// The same as nero_ui_call, for calls that may come while the element shuts down.
void nero_sink_call_on_ui(nero_ui_task *task, gpointer data);

// For the UI thread: keeps the picture that is shown when it is the best so far and such a one is
// to be saved; saves the picture that the property asks for, unless it is saved already; saves it
// and closes the window. The data of the last two is a NeroSinkCall.
void nero_sink_keep_best(NeroSink *self, const NeroMeta *meta);
void nero_sink_save_chosen(gpointer data);
void nero_sink_close_window(gpointer data);

// For other threads: runs one of these two, and posts an error when the picture cannot be saved.
void nero_sink_run_snapshot(NeroSink *self, nero_ui_task *task);
// Whether the picture can be saved later; posts an error.
gboolean nero_sink_check_snapshot(NeroSink *self);
// For the UI thread: saves what is shown as a new PNG file in the user's folder of pictures, else
// in the present one, and says where.
void nero_sink_screenshot(NeroSink *self);
// The action "save-snapshot".
gboolean nero_sink_save_snapshot(NeroSink *self, const char *path);

#endif
