// SPDX-License-Identifier: MIT
// Takes what an application says about the window, at any time and on any thread.
#include "plugins/sink/sink_overlay.h"

#include "plugins/sink/sink_apply.h"
#include "plugins/sink/sink_frames.h"
#include "plugins/sink/sink_open.h"
#include "plugins/sink/sink_save.h"
#include "po/translate.h"

// Moves an open window into the one that is now to be used.
static void rehome(gpointer data)
{
    NeroSink *self = data;
    GST_OBJECT_LOCK(self);
    const guintptr handle = self->settings.handle;
    GST_OBJECT_UNLOCK(self);
    if (!self->window || nero_window_handle(self->window) == handle)
        return;
    const GstVideoInfo info = *nero_window_info(self->window);
    g_clear_pointer(&self->window, nero_window_free); // opening calls the application, which may
                                                      // come back here
    self->window = nero_sink_open_new(self, &info);
    if (!self->window) {
        GST_ELEMENT_ERROR(self, RESOURCE, OPEN_WRITE,
                          (_("Cannot open an output window: %s"), SDL_GetError()), (NULL));
        return;
    }
    nero_sink_show_message(self);
    nero_sink_show_recording(self);
    nero_sink_show_tiles(self);
    nero_sink_show_again(self);
}

static void set_window_handle(GstVideoOverlay *overlay, guintptr handle)
{
    NeroSink *self = (NeroSink *)overlay;
    GST_OBJECT_LOCK(self);
    self->settings.handle = handle;
    GST_OBJECT_UNLOCK(self);
    nero_sink_call_on_ui(rehome, self);
}

static void take_place(gpointer data)
{
    NeroSink *self = data;
    GST_OBJECT_LOCK(self);
    const SDL_Rect place = self->settings.place;
    GST_OBJECT_UNLOCK(self);
    if (self->window)
        nero_window_set_place(self->window, &place);
}

static void set_render_rectangle(GstVideoOverlay *overlay, gint x, gint y, gint width, gint height)
{
    NeroSink *self = (NeroSink *)overlay;
    GST_OBJECT_LOCK(self);
    self->settings.place = (SDL_Rect){x, y, width, height};
    GST_OBJECT_UNLOCK(self);
    nero_sink_call_on_ui(take_place, self);
}

static void redraw(gpointer data)
{
    NeroSink *self = data;
    if (self->window)
        nero_window_expose(self->window);
}

static void expose(GstVideoOverlay *overlay)
{
    nero_sink_call_on_ui(redraw, overlay);
}

static void handle_events(GstVideoOverlay *overlay, gboolean on)
{
    g_object_set(overlay, "handle-events", on, NULL);
}

void nero_sink_implement_overlay(GstVideoOverlayInterface *iface)
{
    iface->set_window_handle = set_window_handle;
    iface->set_render_rectangle = set_render_rectangle;
    iface->expose = expose;
    iface->handle_events = handle_events;
}
