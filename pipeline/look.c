// SPDX-License-Identifier: MIT
// Trails, colours and unrecognisable objects: sets the properties of overlays and windows.
#include "pipeline/look.h"

#include <string.h>

#define EVERYTHING "all" // classes of --anonymize

// Whether `list` ("a, b") has a word.
static bool has_word(const char *list, const char *word)
{
    g_auto(GStrv) words = g_strsplit(list, ",", -1);
    for (char **w = words; *w; w++)
        if (strcmp(g_strstrip(*w), word) == 0)
            return true;
    return false;
}

// A class that is not looked for would stay visible.
static nn_status check_hidden(const vp_options *o, nn_error *err)
{
    if (strcmp(o->anonymize, EVERYTHING) == 0 || !o->labels || !*o->labels)
        return NN_OK;
    g_auto(GStrv) words = g_strsplit(o->anonymize, ",", -1);
    for (char **w = words; *w; w++)
        if (!has_word(o->labels, g_strstrip(*w)))
            return nn_fail(
                err, NN_EINVAL,
                "'%s' is to be anonymized but is not among the classes '%s', so it would "
                "not be found",
                *w, o->labels);
    return NN_OK;
}

nn_status vp_look_check(const vp_options *o, nn_error *err)
{
    if (o->trails < 0)
        return nn_fail(err, NN_EINVAL, "trails must have 0 seconds or more");
    if (o->color_by && strcmp(o->color_by, "track") != 0 && strcmp(o->color_by, "class") != 0)
        return nn_fail(err, NN_EINVAL, "colours are by 'track' or 'class', not by '%s'",
                       o->color_by);
    if (o->anonymize && !*o->anonymize)
        return nn_fail(err, NN_EINVAL, "no classes to anonymize ('" EVERYTHING "' is every one)");
    if (o->anonymize && o->on_picture)
        return nn_fail(err, NN_EINVAL,
                       "learning keeps pictures as they are; it does not go with anonymizing");
    if (o->anonymize && o->record_events)
        return nn_fail(err, NN_EINVAL,
                       "clips of events are cut from what the camera sends, in which nobody is "
                       "hidden; they do not go with anonymizing, a recording does");
    return o->anonymize ? check_hidden(o, err) : NN_OK;
}

const char *vp_look_cover(const vp_options *o)
{
    return o->anonymize
               ? " ! nerooverlay name=cover show-boxes=false show-zones=false anonymize=pixelate"
               : "";
}

static void apply(const GValue *item, gpointer data)
{
    const vp_options *o = data;
    GObject *e = g_value_get_object(item);
    GObjectClass *c = G_OBJECT_GET_CLASS(e);
    g_autofree char *name = gst_object_get_name(GST_OBJECT(e));
    if (strcmp(name, "cover") == 0) {
        if (strcmp(o->anonymize, EVERYTHING) != 0)
            g_object_set(e, "anonymize-labels", o->anonymize, NULL);
        return;
    }
    if (g_object_class_find_property(c, "trail-length"))
        g_object_set(e, "trail-length", o->trails, NULL);
    if (o->color_by && g_object_class_find_property(c, "color-by"))
        gst_util_set_object_arg(e, "color-by", o->color_by);
}

void vp_look_apply(GstElement *pipeline, const vp_options *o)
{
    GstIterator *all = gst_bin_iterate_recurse(GST_BIN(pipeline));
    while (gst_iterator_foreach(all, apply, (gpointer)o) == GST_ITERATOR_RESYNC)
        gst_iterator_resync(all);
    gst_iterator_free(all);
}
