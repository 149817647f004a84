// SPDX-License-Identifier: MIT
// Walks upstream from pad to pad to the nearest neroinfer.
#include "plugins/common/upstream.h"
#include "plugins/meta/analytics.h"
#include "plugins/meta/nerometa_internal.h"
#include "po/translate.h"

#include <gst/base/gstbasetransform.h>
#include <gst/video/gstvideofilter.h>
#include <gst/video/video.h>

enum {
    MOST_ELEMENTS = 64,
    PATIENCE = 30, // frames without boxes before a detector is looked for
};

typedef struct Path {
    int left;          // elements that may still be visited
    GstElement *loser; // owned: the first element behind neroinfer that drops metas
    gboolean stretches;
} Path;

static gboolean has_factory(GstElement *e, const char *const *names)
{
    GstElementFactory *f = gst_element_get_factory(e);
    return f && g_strv_contains(names, GST_OBJECT_NAME(f));
}

static gboolean is_a(GstElement *e, const char *type_name)
{
    GType type = g_type_from_name(type_name);
    return type && g_type_is_a(G_OBJECT_TYPE(e), type);
}

// Whether an element drops metas. Base classes copy a frame without the metas that depend on its
// size, unless the element handles them; elements that compose several pictures, and a few others,
// make new frames.
static gboolean loses(GstElement *e)
{
    static const char *const others[] = {"interlace", "deinterlace", "videomixer", NULL};
    if (!GST_IS_BASE_TRANSFORM(e))
        return is_a(e, "GstAggregator") || has_factory(e, others);
    GstBaseTransform *t = GST_BASE_TRANSFORM(e);
    GstBaseTransformClass *base = g_type_class_ref(GST_TYPE_BASE_TRANSFORM);
    GstBaseTransformClass *filter = g_type_class_ref(GST_TYPE_VIDEO_FILTER);
    GstBaseTransformClass *own = GST_BASE_TRANSFORM_GET_CLASS(t);
    gboolean plain = own->transform_meta == base->transform_meta ||
                     own->transform_meta == filter->transform_meta;
    g_type_class_unref(base);
    g_type_class_unref(filter);
    return plain && !gst_base_transform_is_passthrough(t) && !gst_base_transform_is_in_place(t);
}

static gboolean stretches(GstElement *e)
{
    gboolean borders = TRUE;
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(e), "add-borders"))
        g_object_get(e, "add-borders", &borders, NULL);
    return !borders;
}

// The pad of the element that feeds `sink`, through the ghost pads of bins; the caller unrefs it.
static GstPad *find_feeder(GstPad *sink)
{
    GstPad *pad = gst_pad_get_peer(sink);
    while (pad && GST_IS_PROXY_PAD(pad)) {
        GstPad *next = NULL;
        if (GST_IS_GHOST_PAD(pad)) { // leads out of a bin
            next = gst_ghost_pad_get_target(GST_GHOST_PAD(pad));
        } else { // leads into a bin, seen from inside
            g_autoptr(GstProxyPad) outer = gst_proxy_pad_get_internal(GST_PROXY_PAD(pad));
            next = outer ? gst_pad_get_peer(GST_PAD(outer)) : NULL;
        }
        gst_object_unref(pad);
        pad = next;
    }
    return pad;
}

// TRUE when a neroinfer feeds `sink`.
static gboolean walk(GstPad *sink, Path *path)
{
    static const char *const source[] = {"neroinfer", NULL};
    g_autoptr(GstPad) feeder = find_feeder(sink);
    g_autoptr(GstElement) e = feeder ? gst_pad_get_parent_element(feeder) : NULL;
    if (!e || path->left-- < 1)
        return FALSE;
    if (has_factory(e, source))
        return TRUE;
    gboolean found = FALSE;
    GST_OBJECT_LOCK(e);
    GList *pads = g_list_copy_deep(e->sinkpads, (GCopyFunc)(void (*)(void))gst_object_ref, NULL);
    GST_OBJECT_UNLOCK(e);
    for (GList *p = pads; p && !found; p = p->next)
        found = walk(p->data, path);
    g_list_free_full(pads, gst_object_unref);
    if (found && !path->loser && loses(e))
        path->loser = gst_object_ref(e);
    path->stretches = path->stretches || (found && stretches(e));
    return found;
}

// The factory that the user wrote: that of the surrounding bin for parts of aspectratiocrop and
// others.
static char *factory_of(GstElement *e)
{
    GstElementFactory *name = gst_element_get_factory(e);
    g_autoptr(GstObject) bin = gst_object_get_parent(GST_OBJECT(e));
    while (bin && GST_IS_ELEMENT(bin) && !GST_IS_PIPELINE(bin)) {
        GstElementFactory *f = gst_element_get_factory(GST_ELEMENT(bin));
        if (f && strcmp(GST_OBJECT_NAME(f), "bin") != 0)
            name = f;
        GstObject *outer = gst_object_get_parent(bin);
        gst_object_unref(bin);
        bin = outer;
    }
    return g_strdup(name ? GST_OBJECT_NAME(name) : GST_OBJECT_NAME(e));
}

static void search_loser(NeroUpstream *u, GstElement *element, GstPad *sink)
{
    Path path = {.left = MOST_ELEMENTS};
    if (walk(sink, &path) && path.loser) {
        g_autofree char *name = factory_of(path.loser);
        u->told = TRUE;
        GST_ELEMENT_WARNING(
            element, STREAM, FORMAT,
            (_("The boxes of neroinfer do not come through %s, which changes the picture and "
               "leaves them behind: put it in front of neroinfer"),
             name),
            ("lost in %s", GST_OBJECT_NAME(path.loser)));
    }
    gst_clear_object(&path.loser);
}

static gboolean is_stretched(NeroUpstream *u, GstPad *sink)
{
    if (!u->searched) {
        Path path = {.left = MOST_ELEMENTS};
        u->stretches = walk(sink, &path) && path.stretches;
        u->searched = TRUE;
        gst_clear_object(&path.loser);
    }
    return u->stretches;
}

static gboolean has_regions(GstBuffer *buffer)
{
    gpointer state = NULL;
    return gst_buffer_iterate_meta_filtered(buffer, &state,
                                            GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE) != NULL;
}

static gboolean has_borders(GstBuffer *buffer)
{
    gpointer state = NULL;
    for (NeroMeta *m; (m = nero_meta_next(buffer, &state));)
        if (m->picture.width > 0)
            return TRUE;
    return FALSE;
}

void nero_upstream_reset(NeroUpstream *u)
{
    u->bare = 0;
    u->searched = FALSE;
}

void nero_upstream_need(NeroUpstream *u, GstElement *element, const char *example, GstPad *sink,
                        GstBuffer *buffer)
{
    Path path = {.left = MOST_ELEMENTS};
    u->fed = u->fed || nero_meta_get(buffer) || has_regions(buffer);
    if (u->fed || ++u->waited < PATIENCE)
        return;
    u->fed = TRUE;
    if (!walk(sink, &path))
        GST_ELEMENT_WARNING(element, STREAM, FORMAT,
                            (_("No boxes have come with %d frames, and there is no detector before "
                               "this element: put one there, for example %s"),
                             PATIENCE, example),
                            (NULL));
    gst_clear_object(&path.loser);
}

GstBuffer *nero_upstream_look(NeroUpstream *u, GstElement *element, GstPad *sink, GstBuffer *buffer)
{
    if (!nero_meta_get(buffer) && !has_regions(buffer)) {
        // Searches with growing pauses: a model that detects nothing gives only frames without
        // boxes.
        const guint n = u->bare = MIN(u->bare + 1, 257);
        if (!u->told && (n & (n - 1)) == 0)
            search_loser(u, element, sink);
        return buffer;
    }
    u->bare = 0;
    if (!has_borders(buffer) || !is_stretched(u, sink))
        return buffer;
    gpointer state = NULL;
    buffer = gst_buffer_make_writable(buffer);
    for (NeroMeta *m; (m = nero_meta_next(buffer, &state));)
        nero_meta_stretch(buffer, m);
    nero_analytics_meta_stretch(buffer);
    return buffer;
}
