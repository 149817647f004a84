// SPDX-License-Identifier: MIT
// What the window does when a property of nerosink is set.
#ifndef PLUGINS_SINK_SINK_APPLY_H
#define PLUGINS_SINK_SINK_APPLY_H

#include "plugins/sink/sink_state.h"

// The task for property `id`; its data is the element.
nero_ui_task *nero_sink_task_of(guint id);

// Those that a new window needs, too; for the UI thread. Words about the stream open the window
// when there is no frame yet.
void nero_sink_show_message(gpointer data);
void nero_sink_show_recording(gpointer data);
void nero_sink_show_tiles(gpointer data);

#endif
