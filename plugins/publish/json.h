// SPDX-License-Identifier: MIT
// The line of JSON for a frame, made of parts: one file json_WORD.c each, in a list in meson.build.
#ifndef PLUGINS_PUBLISH_JSON_H
#define PLUGINS_PUBLISH_JSON_H

#include "plugins/common/objects.h"

#include <cjson/cJSON.h>
#include <gst/gst.h>

// A frame and all that is known about it. Everything is borrowed for the time of a call.
typedef struct NeroJsonFrame {
    GstBuffer *buffer;     // with its metas
    guint64 number;        // counts from 1
    GstClockTime time;     // stream time, which never goes back; NONE when unknown
    int width, height;     // of the picture; 0 when unknown
    const GArray *objects; // of NeroObject
    const GArray *regions; // of NeroRegion
    const char *file;      // name of the picture; NULL: none
    const char *source;    // without secrets; NULL: unknown
    const cJSON *tags;     // an object; NULL: none
    const char *run;       // id of the run; NULL unless the source is live
} NeroJsonFrame;

// A part of the line; all members may be NULL. Each adds keys of its own.
typedef struct NeroJsonPart {
    // Whether the part has found something: such a frame is not an empty one. It is called for each
    // frame, before anything is written.
    gboolean (*found)(const NeroJsonFrame *f);
    void (*add)(cJSON *line, const NeroJsonFrame *f);
    // Adds keys to an entry of "objects"; `o` is the `index`th of f->objects.
    void (*add_to_object)(cJSON *entry, const NeroObject *o, guint index, const NeroJsonFrame *f);
} NeroJsonPart;

// Whether any part has found something.
gboolean nero_json_found(const NeroJsonFrame *f);
// The line without its end (g_free), valid UTF-8; NULL when memory is short.
char *nero_json_line(const NeroJsonFrame *f);

// For parts: a number with six digits after the point, and one with three for milliseconds; whole
// nanoseconds; microseconds since 1970 as "2026-01-31T23:59:59.123Z" (ISO 8601).
void nero_json_number(cJSON *to, const char *key, double value);
void nero_json_ms(cJSON *to, const char *key, double value);
void nero_json_ns(cJSON *to, const char *key, guint64 value);
void nero_json_utc(cJSON *to, const char *key, gint64 value);
// For parts that make entries of "objects": calls add_to_object of all parts.
void nero_json_extend(cJSON *entry, const NeroObject *o, guint index, const NeroJsonFrame *f);

#endif
