// SPDX-License-Identifier: MIT
// The state of a window, for sink_window.c, its size, its drawing and its events.
#ifndef PLUGINS_SINK_SINK_WINDOW_INTERNAL_H
#define PLUGINS_SINK_SINK_WINDOW_INTERNAL_H

#include "plugins/sink/sink_ages.h"
#include "plugins/sink/sink_embed.h"
#include "plugins/sink/sink_enlarge.h"
#include "plugins/sink/sink_input.h"
#include "plugins/sink/sink_lines.h"
#include "plugins/sink/sink_picture.h"
#include "plugins/sink/sink_states.h"
#include "plugins/sink/sink_statistics.h"
#include "plugins/sink/sink_textures.h"
#include "plugins/sink/sink_view.h"
#include "plugins/sink/sink_window.h"
#include "plugins/sink/sink_zoom.h"

struct NeroWindow {
    NeroWindowOptions options;
    SDL_Window *window;   // NULL off screen
    NeroEmbed *embed;     // owned; NULL: the window is an own one
    SDL_Surface *surface; // off screen only
    SDL_Renderer *renderer;
    NeroPicture picture;
    GstVideoInfo next; // of the frames to come, when `changes`
    gboolean changes;
    NeroText *text;
    gboolean shown;         // the picture has a frame
    gboolean gone;          // destroyed by another program, or its display is lost
    gboolean dirty;         // draw again after the waiting events
    nn_result result;       // of the first detector: for figures, feedback, the view
    NeroLabels *labels;     // owned reference, NULL without a result
    GPtrArray *others;      // owned: nn_result of further detectors that are drawn, too
    NeroTextures *textures; // owned
    nn_report report;       // owned: zones and lines
    NeroTrails *trails;     // owned
    GArray *objects;        // owned: NeroObject of all detectors, to be drawn
    GArray *regions;        // owned: NeroRegion of all maps
    GArray *taken;          // owned: places of texts
    NeroPick pick;
    NeroSinkView *view;                   // owned
    NeroEnlarge *enlarge;                 // owned
    GstClockTime pts;                     // of the shown frame
    int plain_w, plain_h, wide_w, wide_h; // the window's size before and after it grew for the view
    SDL_Rect small;                       // where it was before it filled the screen
    char note[160];
    gint64 note_until;    // monotonic microseconds
    char *source, *title; // owned
    nn_result faint;      // owned: below the threshold, of classifiers only
    NeroStatistics statistics;
    NeroStates states;
    NeroShape shape;
    NeroZoom zoom;
    gboolean help;        // the page of keys is shown
    gboolean frozen;      // the picture of a camera stands still
    gint64 trails_before; // nanoseconds: what key t turns on
    gboolean details; // all figures are shown, not one line only
    gint64 ticked;    // monotonic microseconds
    gboolean hinted;  // a hint is shown
    gboolean painted; // the picture contains what was found
    GArray *tiles;    // owned: of several cameras (sink_tiles.h)
    NeroAges *ages;   // owned: of tracks
};

void nero_window_name(NeroWindow *w); // sets the title of the window (sink_window.c)

// --- sink_window_size.c ---

// The shape of the video, with its pixel aspect ratio.
void nero_window_display_aspect(const GstVideoInfo *info, int *w, int *h);
// The height of the video and the width by its pixel aspect ratio, unless options say otherwise.
void nero_window_wanted_size(const NeroWindowOptions *options, const GstVideoInfo *info, int *w,
                             int *h);
// The size of a window when nobody has asked for one, with the shape of the video: not too small to
// be read, not larger than the screen.
void nero_window_usual_size(int *width, int *height);
void nero_window_apply_fullscreen(NeroWindow *w);
// Until a frame is shown, the window follows the video, whose orientation may come late.
void nero_window_follow_size(NeroWindow *w, const GstVideoInfo *info);
// Makes room for the view, where the screen has it, or takes it back unless the user has given the
// window another size.
void nero_window_make_room(NeroWindow *w, gboolean on);

// --- sink_window_draw.c ---

SDL_Rect nero_window_fit(NeroWindow *w);          // where the video is seen
SDL_Rect nero_window_picture_area(NeroWindow *w); // where all of it lies, which may be more
void nero_window_tick(NeroWindow *w);             // time passes: counters, a silent camera
void nero_window_update_view(NeroWindow *w);      // takes over a new view
void nero_window_redraw(NeroWindow *w);           // draws the last frame again

// --- sink_window_keys.c ---

void nero_window_act(NeroWindow *w, NeroAction action);
// FALSE for what the window has no use for.
gboolean nero_window_key(NeroWindow *w, const SDL_KeyboardEvent *event);
gboolean nero_window_typed(NeroWindow *w, const char *text);
// The mouse at px, py, in pixels of the video.
gboolean nero_window_mouse(NeroWindow *w, const SDL_Event *event, float px, float py);

// --- sink_window_events.c ---

// For nero_ui_listen; `data` is the window.
void nero_window_handle_event(const SDL_Event *event, gpointer data);

#endif
