// SPDX-License-Identifier: MIT
// Reads the objects of buffers and what is certain about them, and keeps the time.
#include "plugins/analytics/analysis.h"

#include "nn/io/analytics_file.h"
#include "plugins/common/objects.h"
#include "plugins/common/segment_time.h"
#include "plugins/meta/analytics.h"
#include "plugins/meta/nerometa_internal.h"

struct NeroAnalysis {
    nn_analytics *analytics;
    gboolean idle;      // there are no zones and lines
    gboolean backwards; // times decrease
    gboolean unplaced;  // they were not compared with a frame yet
    int width, height;
    GstClockTime duration;       // of a frame
    GstClockTime last;           // time of the last frame, ordered; NONE: none
    double time;                 // the same, or counted on from it, ms
    guint64 source;              // source_pts of the last result of an older frame
    float age;                   // and how old it was then
    GArray *objects, *sightings; // work space
    NeroAnalysisStats stats;
    char **classes; // that zones and lines ask for, with commas; NULL: nothing to check
};

void nero_analysis_settings_copy(NeroAnalysisSettings *to, const NeroAnalysisSettings *from)
{
    *to = *from;
    to->config = g_strdup(from->config);
    to->zones = g_strdup(from->zones);
    to->lines = g_strdup(from->lines);
    to->ground = g_strdup(from->ground);
    to->edits = g_strdup(from->edits);
}

void nero_analysis_settings_clear(NeroAnalysisSettings *s)
{
    g_clear_pointer(&s->config, g_free);
    g_clear_pointer(&s->zones, g_free);
    g_clear_pointer(&s->lines, g_free);
    g_clear_pointer(&s->ground, g_free);
    g_clear_pointer(&s->edits, g_free);
}

NeroAnalysis *nero_analysis_new(void)
{
    NeroAnalysis *a = g_new0(NeroAnalysis, 1);
    a->objects = g_array_new(FALSE, FALSE, sizeof(NeroObject));
    a->sightings = g_array_new(FALSE, FALSE, sizeof(nn_sighting));
    a->last = GST_CLOCK_TIME_NONE;
    a->source = UINT64_MAX;
    a->idle = TRUE;
    return a;
}

void nero_analysis_free(NeroAnalysis *a)
{
    if (!a)
        return;
    nn_analytics_free(a->analytics);
    g_array_unref(a->objects);
    g_array_unref(a->sightings);
    g_strfreev(a->classes);
    g_free(a);
}

static nn_status apply_edit(nn_analytics_config *c, const char *edit, nn_error *err)
{
    nn_analytics_config one;
    const char *what = edit + strlen("+z ");
    if (edit[0] == '-') {
        nn_analytics_config_remove(c, what);
        return NN_OK;
    }
    nn_analytics_config_init(&one);
    nn_status status = nn_analytics_config_parse(&one, edit[1] == 'l', what, err);
    if (status == NN_OK && one.count == 1)
        status = nn_analytics_config_put(c, &one.areas[0], err);
    nn_analytics_config_release(&one);
    return status;
}

static nn_status apply_edits(nn_analytics_config *c, const char *edits, nn_error *err)
{
    nn_status status = NN_OK;
    g_auto(GStrv) lines = g_strsplit(edits ? edits : "", "\n", -1);
    for (char **line = lines; *line && status == NN_OK; line++)
        if (strlen(*line) > strlen("+z "))
            status = apply_edit(c, *line, err);
    return status;
}

static nn_status read_config(nn_analytics_config *c, const NeroAnalysisSettings *s, nn_error *err)
{
    nn_status status = NN_OK;
    if (s->config && *s->config)
        status = nn_analytics_config_load(c, s->config, err);
    if (status == NN_OK)
        status = nn_analytics_config_parse(c, false, s->zones, err);
    if (status == NN_OK)
        status = nn_analytics_config_parse(c, true, s->lines, err);
    if (status == NN_OK)
        status = apply_edits(c, s->edits, err);
    return status == NN_OK ? nn_analytics_config_ground(c, s->ground, err) : status;
}

nn_status nero_analysis_settings_edit(NeroAnalysisSettings *s, const char *edit, nn_error *err)
{
    nn_analytics_config c;
    NeroAnalysisSettings with = *s;
    with.edits = s->edits ? g_strconcat(s->edits, "\n", edit, NULL) : g_strdup(edit);
    nn_analytics_config_init(&c);
    const nn_status status = read_config(&c, &with, err);
    nn_analytics_config_release(&c);
    g_free(status == NN_OK ? s->edits : with.edits);
    if (status == NN_OK)
        s->edits = with.edits;
    return status;
}

static void take_classes(NeroAnalysis *a, const nn_analytics_config *c)
{
    g_strfreev(a->classes);
    a->classes = g_new0(char *, c->count + 1);
    for (int i = 0; i < c->count; i++)
        a->classes[i] = g_strdup(c->areas[i].classes);
}

// The first word of a list that no model of a buffer has (g_free).
static char *find_unknown(const char *list, GstBuffer *buffer)
{
    g_auto(GStrv) words = g_strsplit(list, ",", -1);
    for (char **w = words; *w; w++) {
        gpointer state = NULL;
        gboolean known = !*g_strstrip(*w);
        for (NeroMeta *m; !known && (m = nero_meta_next(buffer, &state));)
            known = nero_labels_find(m->labels, *w) >= 0;
        if (!known)
            return g_strdup(*w);
    }
    return NULL;
}

char *nero_analysis_unknown_class(NeroAnalysis *a, GstBuffer *buffer)
{
    char *unknown = NULL;
    if (!a->classes || !nero_meta_get(buffer))
        return NULL;
    for (char **list = a->classes; *list && !unknown; list++)
        unknown = find_unknown(*list, buffer);
    g_clear_pointer(&a->classes, g_strfreev);
    return unknown;
}

// Whether all points lie beyond the same side of the frame.
static gboolean is_outside(const nn_point *p, int count)
{
    gboolean left = TRUE, right = TRUE, above = TRUE, below = TRUE;
    for (int i = 0; i < count; i++) {
        left = left && p[i].x < 0;
        right = right && p[i].x > 1;
        above = above && p[i].y < 0;
        below = below && p[i].y > 1;
    }
    return left || right || above || below;
}

const nn_area *nero_analysis_outside(NeroAnalysis *a)
{
    const nn_report *r = a->unplaced ? nero_analysis_report(a) : NULL;
    for (int i = 0; r && i < r->area_count; i++) {
        a->unplaced = FALSE;
        if (is_outside(nn_report_points(r, &r->areas[i]), r->areas[i].count))
            return &r->areas[i];
    }
    return NULL;
}

nn_status nero_analysis_configure(NeroAnalysis *a, const NeroAnalysisSettings *settings,
                                  const char *save, nn_error *err)
{
    nn_analytics_config c;
    nn_analytics_config_init(&c);
    nn_status status = read_config(&c, settings, err);
    if (status == NN_OK && !a->analytics && !(a->analytics = nn_analytics_new()))
        status = nn_fail(err, NN_ENOMEM, "no memory for analytics");
    if (status == NN_OK)
        status = nn_analytics_configure(a->analytics, &c, &settings->options, err);
    if (status == NN_OK) {
        a->idle = c.count == 0 && !c.has_ground;
        take_classes(a, &c);
        a->unplaced = !a->idle;
    }
    if (status == NN_OK && save)
        status = nn_analytics_config_save(&c, save, err);
    nn_analytics_config_release(&c);
    return status;
}

void nero_analysis_set_video(NeroAnalysis *a, int width, int height, GstClockTime duration)
{
    // Trackers forget their objects when boxes are in pixels of another size.
    if (a->analytics && (width != a->width || height != a->height))
        nn_analytics_doubt(a->analytics);
    a->width = width;
    a->height = height;
    a->duration = duration;
}

void nero_analysis_restart(NeroAnalysis *a)
{
    if (a->analytics)
        nn_analytics_restart(a->analytics);
    a->last = GST_CLOCK_TIME_NONE;
    a->source = UINT64_MAX;
    a->age = 0;
}

void nero_analysis_set_backwards(NeroAnalysis *a, gboolean backwards)
{
    if (a->backwards != backwards)
        nero_analysis_restart(a);
    a->backwards = backwards;
}

const nn_report *nero_analysis_report(const NeroAnalysis *a)
{
    return a->analytics ? nn_analytics_report(a->analytics) : NULL;
}

NeroAnalysisStats nero_analysis_stats(const NeroAnalysis *a)
{
    return a->stats;
}

// Frames without a timestamp follow each other after their duration.
static double find_time(NeroAnalysis *a, GstBuffer *buffer)
{
    const GstClockTime pts = nero_ordered_time(a->backwards, GST_BUFFER_PTS(buffer));
    const GstClockTime step = GST_BUFFER_DURATION_IS_VALID(buffer) ? GST_BUFFER_DURATION(buffer)
                              : a->duration                        ? a->duration
                                                                   : 40 * GST_MSECOND;
    if (!GST_CLOCK_TIME_IS_VALID(pts))
        return a->time + (double)step / GST_MSECOND;
    if (GST_CLOCK_TIME_IS_VALID(a->last) && pts < a->last)
        nero_analysis_restart(a); // time went back without a seek
    a->last = pts;
    return (double)pts / GST_MSECOND;
}

// Whether the boxes, which are of an older frame, come from an inference that was not seen yet. A
// tracker has moved them to this frame, and what it measured is confirmed.
static gboolean is_news(NeroAnalysis *a, GstBuffer *buffer)
{
    const NeroMeta *meta = nero_meta_get(buffer);
    if (!meta)
        return FALSE;
    const nn_result *r = &meta->result;
    const gboolean news = r->age_ms > 0 && (r->source_pts != a->source || r->age_ms < a->age);
    a->source = r->source_pts;
    a->age = r->age_ms;
    return news;
}

static void read_objects(NeroAnalysis *a, GstBuffer *buffer)
{
    const gboolean news = is_news(a, buffer);
    nero_objects_read(buffer, a->objects);
    g_array_set_size(a->sightings, 0);
    for (guint i = 0; i < a->objects->len; i++) {
        const NeroObject *o = &g_array_index(a->objects, NeroObject, i);
        const nn_sighting s = {
            .box = o->box, .label = o->label, .measured = !o->box.predicted || news};
        g_array_append_val(a->sightings, s);
    }
}

nn_status nero_analysis_frame(NeroAnalysis *a, GstBuffer *buffer, nn_error *err)
{
    const NeroMeta *meta = nero_meta_get(buffer);
    const int width = a->width ? a->width : meta ? meta->result.frame_width : 0;
    const int height = a->height ? a->height : meta ? meta->result.frame_height : 0;
    a->stats.frames++;
    if (a->idle || width < 1 || height < 1)
        return NN_OK;
    a->time = find_time(a, buffer);
    nn_analytics_set_reverse(a->analytics, a->backwards);
    read_objects(a, buffer);
    nn_status status =
        nn_analytics_frame(a->analytics, (const nn_sighting *)(void *)a->sightings->data,
                           (int)a->sightings->len, width, height, a->time, err);
    if (status != NN_OK)
        return status;
    const nn_report *r = nn_analytics_report(a->analytics);
    a->stats.events += (guint64)r->event_count;
    if (!a->backwards && !nn_analytics_has_identities(a->analytics) && a->objects->len > 0)
        a->stats.anonymous++;
    return nero_analytics_meta_set(buffer, r)
               ? NN_OK
               : nn_fail(err, NN_ENOMEM, "no memory for a frame's zones and lines");
}
