// SPDX-License-Identifier: MIT
// Inference inside of regions of interest, and the classes that tracked objects keep.
#include "plugins/infer/cascade.h"

#include "nn/vision/decode/decode.h"
#include "plugins/common/video.h"
#include "plugins/infer/children.h"
#include "plugins/meta/classes.h"

enum {
    MOST_KEPT = 1024, // objects; those not seen for so many frames make room:
    STALE = 300
};

// The class of a tracked object.
typedef struct Kept {
    NeroClass class;
    NeroLabels *labels; // owned reference
    guint64 frame;      // number of the frame that was inferred, and of the last with the object
    guint64 seen;
    GstClockTime pts;
} Kept;

typedef struct Target {
    GstVideoRegionOfInterestMeta *region; // of the buffer
    int object;                           // track id; 0: none
    gboolean due, done;
    int x, y; // of the view in the area
    NeroView view;
    nn_result result;
} Target;

struct NeroCascade {
    GHashTable *kept;   // by track id: Kept
    GPtrArray *targets; // Target, reused from frame to frame
    guint count;        // of targets of this frame
    guint64 frame;
    GArray *jobs;      // nn_detector_job
    gboolean inferred; // this frame
    int width, height; // of the frame
    NeroChildren *children;
    char *known; // owned: the class that was looked for in models; NULL: none yet
};

static void free_kept(gpointer data)
{
    Kept *k = data;
    nero_labels_unref(k->labels);
    g_free(k);
}

static void free_target(gpointer data)
{
    Target *t = data;
    nn_result_release(&t->result);
    g_free(t);
}

NeroCascade *nero_cascade_new(void)
{
    NeroCascade *c = g_new0(NeroCascade, 1);
    c->kept = g_hash_table_new_full(NULL, NULL, NULL, free_kept);
    c->targets = g_ptr_array_new_with_free_func(free_target);
    c->children = nero_children_new();
    c->jobs = g_array_new(FALSE, FALSE, sizeof(nn_detector_job));
    return c;
}

void nero_cascade_free(NeroCascade *c)
{
    if (!c)
        return;
    g_hash_table_unref(c->kept);
    g_ptr_array_unref(c->targets);
    g_array_unref(c->jobs);
    nero_children_free(c->children);
    g_free(c->known);
    g_free(c);
}

void nero_cascade_forget(NeroCascade *c)
{
    g_hash_table_remove_all(c->kept);
    nero_children_forget(c->children);
}

// --- finding ---

static Target *next_target(NeroCascade *c)
{
    if (c->count == c->targets->len) {
        Target *t = g_new0(Target, 1);
        nn_result_init(&t->result);
        g_ptr_array_add(c->targets, t);
    }
    return g_ptr_array_index(c->targets, c->count++);
}

static int object_of(GstVideoRegionOfInterestMeta *region)
{
    int id = 0;
    const GstStructure *s = gst_video_region_of_interest_meta_get_param(region, "object_id");
    if (s)
        gst_structure_get_int(s, "id", &id);
    return id;
}

// The class that an object keeps; NULL: none, or for too long.
static Kept *keeps(NeroCascade *c, int object, guint interval)
{
    Kept *k = object > 0 ? g_hash_table_lookup(c->kept, GINT_TO_POINTER(object)) : NULL;
    if (k)
        k->seen = c->frame;
    return k && (interval == 0 || c->frame - k->frame < interval) ? k : NULL;
}

void nero_cascade_find(NeroCascade *c, GstBuffer *buffer, const char *object_class, guint interval)
{
    gpointer state = NULL;
    c->frame++;
    c->count = 0;
    c->inferred = FALSE;
    g_array_set_size(c->jobs, 0);
    for (GstVideoRegionOfInterestMeta *r;
         (r = (GstVideoRegionOfInterestMeta *)gst_buffer_iterate_meta_filtered(
              buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE));) {
        const char *type = g_quark_to_string(r->roi_type);
        if (object_class && *object_class && g_strcmp0(type, object_class) != 0)
            continue;
        Target *t = next_target(c);
        t->region = r;
        t->object = object_of(r);
        t->due = keeps(c, t->object, interval) == NULL;
        t->done = FALSE;
    }
}

gboolean nero_cascade_misses(NeroCascade *c, GstBuffer *buffer, const char *object_class)
{
    gpointer state = NULL;
    gboolean any = FALSE, found = c->count > 0;
    if (!object_class || !*object_class || g_strcmp0(c->known, object_class) == 0)
        return FALSE;
    for (NeroMeta *m; (m = nero_meta_next(buffer, &state)); any = TRUE)
        found = found || nero_labels_find(m->labels, object_class) >= 0;
    if (any || found) {
        g_free(c->known);
        c->known = g_strdup(object_class);
    }
    return any && !found;
}

// --- inferring ---

// The part of a region that lies in the frame; FALSE when there is none.
static gboolean place_of(const Target *t, const GstVideoRectangle *area, GstVideoRectangle *place)
{
    const GstVideoRegionOfInterestMeta *r = t->region;
    if (r->x >= (guint)area->w || r->y >= (guint)area->h || r->w < 1 || r->h < 1)
        return FALSE;
    *place = (GstVideoRectangle){.x = area->x + (int)r->x,
                                 .y = area->y + (int)r->y,
                                 .w = (int)MIN(r->w, (guint)area->w - r->x),
                                 .h = (int)MIN(r->h, (guint)area->h - r->y)};
    return TRUE;
}

// Moves the ends of a span apart, around its middle, to `size`, as far as the limits allow.
static void widen(int *at, int *length, int size, int low, int high)
{
    const int from = CLAMP(*at + (*length - size) / 2, low, high);
    const int to = CLAMP(*at + (*length - size) / 2 + size, low, high);
    *at = MIN(from, *at);
    *length = MAX(to, *at + *length) - *at;
}

// Models of the keypoints of one person are trained on boxes with a margin, in the shape of the
// input.
static void add_margin(GstVideoRectangle *place, const GstVideoRectangle *area, const nn_card *card)
{
    const double margin = 1.25, shape = (double)card->input_w / MAX(card->input_h, 1);
    const double w = margin * MAX(place->w, place->h * shape);
    widen(&place->x, &place->w, (int)w, area->x, area->x + area->w);
    widen(&place->y, &place->h, (int)(w / shape), area->y, area->y + area->h);
}

static gboolean is_of_one_object(const nn_card *card)
{
    const nn_decoder *d = nn_decoder_of(card->head, card->task);
    return d && d->one_object;
}

static nn_status add_job(NeroCascade *c, Target *t, const GstVideoFrame *frame,
                         const GstVideoRectangle *area, const nn_card *card, nn_error *err)
{
    GstVideoRectangle place;
    if (!place_of(t, area, &place))
        return NN_OK;
    if (is_of_one_object(card))
        add_margin(&place, area, card);
    t->x = place.x - area->x;
    t->y = place.y - area->y;
    if (!nero_video_view(frame, &place, &t->view))
        return nn_fail(err, NN_EUNSUPPORTED, "pixel format %s is not supported",
                       GST_VIDEO_INFO_NAME(&frame->info));
    const nn_detector_job job = {.frame = &t->view.frame, .result = &t->result};
    g_array_append_val(c->jobs, job);
    t->done = TRUE;
    return NN_OK;
}

nn_status nero_cascade_infer(NeroCascade *c, NeroEngine *e, const GstVideoFrame *frame,
                             const GstVideoRectangle *area, nn_error *err)
{
    const nn_card *card = nn_detector_card(nero_engine_model(e)->detector);
    nn_status status = NN_OK;
    if (strcmp(card->task, "segment") == 0)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "inference-region=roi-list takes a classifier or a detector, and the model "
                       "segments pictures: use inference-region=full-frame");
    c->width = area->w;
    c->height = area->h;
    c->inferred = TRUE;
    for (guint i = 0; i < c->count && status == NN_OK; i++) {
        Target *t = g_ptr_array_index(c->targets, i);
        if (t->due)
            status = add_job(c, t, frame, area, card, err);
    }
    if (status == NN_OK && c->jobs->len > 0)
        status = nero_engine_run_jobs(e, (nn_detector_job *)c->jobs->data, (int)c->jobs->len, err);
    return status;
}

gboolean nero_cascade_was_idle(const NeroCascade *c)
{
    return c->inferred && c->jobs->len == 0;
}

// --- attaching ---

static void make_room(NeroCascade *c)
{
    GHashTableIter iter;
    gpointer kept;
    g_hash_table_iter_init(&iter, c->kept);
    while (g_hash_table_iter_next(&iter, NULL, &kept))
        if (c->frame - ((Kept *)kept)->seen > STALE)
            g_hash_table_iter_remove(&iter);
}

// Keeps the class of a tracked object.
static void keep(NeroCascade *c, const Target *t, const NeroClass *class, NeroLabels *labels,
                 GstClockTime pts)
{
    if (t->object <= 0)
        return;
    if (g_hash_table_size(c->kept) >= MOST_KEPT)
        make_room(c);
    Kept *k = g_new0(Kept, 1);
    *k = (Kept){*class, nero_labels_ref(labels), c->frame, c->frame, pts};
    g_hash_table_insert(c->kept, GINT_TO_POINTER(t->object), k);
}

static void attach_class(NeroCascade *c, Target *t, NeroLabels *labels, GstClockTime pts)
{
    Kept *k = g_hash_table_lookup(c->kept, GINT_TO_POINTER(t->object));
    if (t->done) {
        const nn_box *b = t->result.count > 0 ? &t->result.boxes[0] : NULL;
        const NeroClass class = {b ? b->label : -1, b ? b->score : 0, FALSE, 0};
        keep(c, t, &class, labels, pts);
        nero_class_add(t->region, &class, labels);
    } else if (k && t->object > 0) {
        NeroClass class = k->class;
        class.predicted = TRUE;
        if (GST_CLOCK_TIME_IS_VALID(pts) && GST_CLOCK_TIME_IS_VALID(k->pts) && pts >= k->pts)
            class.age_ms = (double)(pts - k->pts) / 1e6;
        nero_class_add(t->region, &class, k->labels);
    }
}

static void update_children(NeroCascade *c, NeroEngine *e, GstBuffer *buffer)
{
    NeroChildren *children = c->children;
    if (c->inferred)
        nero_children_begin(children, GST_BUFFER_PTS(buffer), nero_engine_model(e)->labels,
                            c->width, c->height);
    else
        nero_children_leave(children);
    for (guint i = 0; i < c->count; i++) {
        const Target *t = g_ptr_array_index(c->targets, i);
        if (!c->inferred)
            nero_children_follow(children, t->region, t->object);
        else if (t->done)
            nero_children_add(children, t->region, t->object, &t->result, t->x, t->y);
    }
}

gboolean nero_cascade_attach(NeroCascade *c, NeroEngine *e, GstBuffer *buffer, NeroMeta **meta)
{
    const NeroModel *model = nero_engine_model(e);
    if (strcmp(nn_detector_card(model->detector)->task, "classify") != 0) {
        update_children(c, e, buffer);
        if (is_of_one_object(nn_detector_card(model->detector)))
            return nero_children_give(c->children, e, buffer);
        return nero_children_attach(c->children, e, buffer, meta);
    }
    for (guint i = 0; i < c->count; i++)
        attach_class(c, g_ptr_array_index(c->targets, i), model->labels, GST_BUFFER_PTS(buffer));
    return TRUE;
}
