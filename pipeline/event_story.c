// SPDX-License-Identifier: MIT
// The JSON and the picture of a recorded event.
#include "pipeline/event_story.h"

#include "nn/base/credentials.h"
#include "nn/base/memory.h"
#include "nn/io/image/image.h"
#include "nn/io/json.h"

#include <gst/video/video.h>
#include <math.h>
#include <string.h>

enum { MOST_WIDTH = 640, QUALITY = 85 };

void vp_event_free(vp_clip_event *e)
{
    gst_structure_free(e->what);
    g_free(e);
}

GstStructure *vp_event_appear(const char *label, int track_id, double score, double x, double y)
{
    GstStructure *s = gst_structure_new("event", "type", G_TYPE_STRING, "appear", "label",
                                        G_TYPE_STRING, label, "confidence", G_TYPE_DOUBLE, score,
                                        "x", G_TYPE_DOUBLE, x, "y", G_TYPE_DOUBLE, y, NULL);
    if (track_id > 0)
        gst_structure_set(s, "id", G_TYPE_INT, track_id, NULL);
    return s;
}

char *vp_event_word(const vp_clip_event *e)
{
    static const char *const keys[] = {"zone", "line", "label"};
    const char *type = gst_structure_get_string(e->what, "type");
    const char *name = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(keys) && !name; i++)
        name = gst_structure_get_string(e->what, keys[i]);
    if (g_strcmp0(type, "appear") == 0)
        return g_strdup(name ? name : type);
    return g_strdup_printf("%s%s%s", type ? type : "event", name ? "-" : "", name ? name : "");
}

static char *utc(gint64 wall)
{
    g_autoptr(GDateTime) t = g_date_time_new_from_unix_utc(wall / G_USEC_PER_SEC);
    g_autofree char *text = g_date_time_format(t, "%Y-%m-%dT%H:%M:%S");
    return g_strdup_printf("%s.%03dZ", text, (int)(wall % G_USEC_PER_SEC / 1000));
}

static gboolean add_field(GQuark field, const GValue *value, gpointer to)
{
    static const char *const others[] = {"stream-time", "running-time", "duration", NULL};
    const char *key = g_quark_to_string(field);
    if (g_strv_contains(others, key)) // offset_ms says it
        return TRUE;
    g_auto(GValue) number = G_VALUE_INIT;
    g_value_init(&number, G_TYPE_DOUBLE);
    if (G_VALUE_HOLDS_STRING(value))
        cJSON_AddStringToObject(to, key, g_value_get_string(value));
    else if (G_VALUE_HOLDS_BOOLEAN(value))
        cJSON_AddBoolToObject(to, key, g_value_get_boolean(value));
    else if (g_value_transform(value, &number))
        cJSON_AddNumberToObject(to, key, round(g_value_get_double(&number) * 1e6) / 1e6);
    return TRUE;
}

static double ms(GstClockTimeDiff time)
{
    return round((double)time / (double)GST_MSECOND);
}

static void add_event(cJSON *array, const vp_clip_event *e, const vp_event_clip *clip)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddItemToArray(array, o);
    if (clip->live) {
        g_autofree char *time = utc(e->wall);
        cJSON_AddStringToObject(o, "time", time);
    }
    cJSON_AddNumberToObject(o, "offset_ms", ms(GST_CLOCK_DIFF(clip->start, e->time)));
    gst_structure_foreach(e->what, add_field, o);
}

static void describe(cJSON *root, const vp_event_clip *clip, const vp_clip_event *first)
{
    char shown[4096];
    g_autofree char *video = g_strconcat(clip->stem, ".mkv", NULL);
    g_autofree char *still = g_strconcat(clip->stem, ".jpg", NULL);
    const GstClockTimeDiff before = GST_CLOCK_DIFF(clip->start, first->time);
    g_strlcpy(shown, clip->source, sizeof shown);
    nn_mask_credentials(shown, sizeof shown);
    cJSON_AddStringToObject(root, "clip", video);
    if (clip->picture)
        cJSON_AddStringToObject(root, "thumbnail", still);
    cJSON_AddStringToObject(root, "source", shown);
    if (clip->live) {
        g_autofree char *begin = utc(first->wall - before / (GstClockTimeDiff)GST_USECOND);
        cJSON_AddStringToObject(root, "time", begin);
    }
    cJSON_AddNumberToObject(root, "start_ms", ms((GstClockTimeDiff)clip->start));
    cJSON_AddNumberToObject(root, "duration_ms", ms((GstClockTimeDiff)clip->duration));
}

nn_status vp_event_story(const vp_event_clip *clip, const GPtrArray *events, nn_error *err)
{
    GError *error = NULL;
    g_autofree char *name = g_strconcat(clip->stem, ".json", NULL);
    g_autofree char *path = g_build_filename(clip->dir, name, NULL);
    cJSON *root = cJSON_CreateObject();
    describe(root, clip, g_ptr_array_index(events, 0));
    cJSON *array = cJSON_AddArrayToObject(root, "events");
    for (guint i = 0; i < events->len; i++)
        add_event(array, g_ptr_array_index(events, i), clip);
    char *text = nn_json_print(root);
    cJSON_Delete(root);
    if (!text)
        return nn_fail(err, NN_ENOMEM, "no memory for '%s'", path);
    const gboolean ok = g_file_set_contents(path, text, -1, &error); // a whole file, or none
    nn_free(text);
    if (ok)
        return NN_OK;
    nn_fail(err, NN_EIO, "cannot write '%s': %s", path, error->message);
    g_clear_error(&error);
    return NN_EIO;
}

nn_status vp_event_picture(const char *dir, const char *stem, GstBuffer *frame, GstCaps *caps,
                           nn_error *err)
{
    GstVideoInfo info, rgb;
    GstMapInfo map;
    nn_status status = NN_EUNSUPPORTED;
    if (!gst_video_info_from_caps(&info, caps) || info.width < 4 || info.height < 4)
        return nn_fail(err, status, "a frame of an unknown format");
    const int width = MIN(info.width, MOST_WIDTH) / 4 * 4; // then rows have no padding
    const int height = MAX((int)gst_util_uint64_scale_int(width, info.height, info.width), 1);
    g_autoptr(GstCaps) to = gst_caps_new_simple(
        "video/x-raw", "format", G_TYPE_STRING, "RGB", "width", G_TYPE_INT, width, "height",
        G_TYPE_INT, height, "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, NULL);
    g_autoptr(GstSample) in = gst_sample_new(frame, caps, NULL, NULL);
    g_autoptr(GstSample) out = gst_video_convert_sample(in, to, 5 * GST_SECOND, NULL);
    g_autofree char *name = g_strconcat(stem, ".jpg", NULL);
    g_autofree char *path = g_build_filename(dir, name, NULL);
    if (!out || !gst_video_info_from_caps(&rgb, gst_sample_get_caps(out)) ||
        !gst_buffer_map(gst_sample_get_buffer(out), &map, GST_MAP_READ))
        return nn_fail(err, status, "a frame of %dx%d cannot be converted", info.width,
                       info.height);
    const nn_image image = {.width = width, .height = height, .rgb = map.data};
    if (map.size >= (gsize)width * (gsize)height * 3)
        status = nn_image_save_jpeg(&image, path, QUALITY, err);
    gst_buffer_unmap(gst_sample_get_buffer(out), &map);
    return status;
}
