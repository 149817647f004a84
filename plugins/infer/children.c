// SPDX-License-Identifier: MIT
// Keeps what was found inside of regions, and moves it with them.
#include "plugins/infer/children.h"

#include "plugins/infer/attach.h"
#include "plugins/meta/detection.h"
#include "plugins/meta/give_detail.h"

#define SAME 0.3f // IoU from which a region that nobody tracks is the same

typedef struct Parent {
    int id, object;
    GQuark type;
    nn_box found, now; // its place in the frame that was inferred, and in the last one
    gboolean here;     // in this frame
} Parent;

typedef struct Child {
    nn_box box; // in pixels of the frame that was inferred; its detail is in NeroChildren.details
    guint parent;
} Child;

struct NeroChildren {
    GArray *parents, *children; // children by their score
    gboolean sorted, carried;
    nn_details details; // of the children
    nn_details one;     // work space
    nn_result all;      // of this frame
    GArray *ids;        // int: the region of each box that is shown
    NeroLabels *labels;
    GstClockTime pts; // of the frame that was inferred
    int width, height, input_width, input_height;
    float infer_ms;
};

NeroChildren *nero_children_new(void)
{
    NeroChildren *c = g_new0(NeroChildren, 1);
    c->parents = g_array_new(FALSE, FALSE, sizeof(Parent));
    c->children = g_array_new(FALSE, FALSE, sizeof(Child));
    c->ids = g_array_new(FALSE, FALSE, sizeof(int));
    nn_result_init(&c->all);
    return c;
}

void nero_children_free(NeroChildren *c)
{
    if (!c)
        return;
    g_array_unref(c->parents);
    g_array_unref(c->children);
    g_array_unref(c->ids);
    nn_details_release(&c->details);
    nn_details_release(&c->one);
    nn_result_release(&c->all);
    nero_labels_unref(c->labels);
    g_free(c);
}

void nero_children_forget(NeroChildren *c)
{
    g_array_set_size(c->parents, 0);
    g_array_set_size(c->children, 0);
    nn_details_clear(&c->details);
}

// Adds a moved copy of a detail to others. Its number there; 0: there is none, or no memory for it.
static int32_t move_detail(NeroChildren *c, const nn_details *from, int32_t index,
                           const nn_transform *move, nn_details *to)
{
    int32_t at;
    nn_details_clear(&c->one);
    if (nn_details_append(&c->one, from, index, &at) != NN_OK || at == 0)
        return 0;
    nn_details_transform(&c->one, move);
    return nn_details_append(to, &c->one, at, &at) == NN_OK ? at : 0;
}

static nn_box place_of(const GstVideoRegionOfInterestMeta *r)
{
    return (nn_box){.x0 = (float)r->x,
                    .y0 = (float)r->y,
                    .x1 = (float)r->x + (float)r->w,
                    .y1 = (float)r->y + (float)r->h};
}

void nero_children_begin(NeroChildren *c, GstClockTime pts, NeroLabels *labels, int width,
                         int height)
{
    nero_children_forget(c);
    c->carried = c->sorted = FALSE;
    c->pts = pts;
    c->width = width;
    c->height = height;
    NeroLabels *before = c->labels;
    c->labels = nero_labels_ref(labels);
    nero_labels_unref(before);
}

void nero_children_add(NeroChildren *c, const GstVideoRegionOfInterestMeta *region, int object,
                       const nn_result *found, int x, int y)
{
    const Parent parent = {region->id,       object,           region->roi_type,
                           place_of(region), place_of(region), TRUE};
    c->input_width = found->input_width;
    c->input_height = found->input_height;
    c->infer_ms = found->infer_ms;
    g_array_append_val(c->parents, parent);
    const nn_transform shift = {.xx = 1, .dx = (double)x, .yy = 1, .dy = (double)y};
    for (int i = 0; i < found->count; i++) {
        Child child = {found->boxes[i], c->parents->len - 1};
        nn_box *b = &child.box;
        b->x0 += (float)x, b->x1 += (float)x;
        b->y0 += (float)y, b->y1 += (float)y;
        b->detail = move_detail(c, &found->details, b->detail, &shift, &c->details);
        g_array_append_val(c->children, child);
    }
}

void nero_children_leave(NeroChildren *c)
{
    c->carried = TRUE;
    for (guint i = 0; i < c->parents->len; i++)
        g_array_index(c->parents, Parent, i).here = FALSE;
}

void nero_children_follow(NeroChildren *c, const GstVideoRegionOfInterestMeta *region, int object)
{
    const nn_box place = place_of(region);
    Parent *best = NULL;
    float most = SAME;
    for (guint i = 0; i < c->parents->len; i++) {
        Parent *p = &g_array_index(c->parents, Parent, i);
        const float alike = nn_box_iou(&p->now, &place);
        if (p->here || p->type != region->roi_type || p->object != object ||
            (object == 0 && alike <= most))
            continue;
        best = p;
        most = alike;
    }
    if (!best)
        return;
    best->id = region->id;
    best->now = place;
    best->here = TRUE;
}

// --- attaching ---

static int compare_scores(gconstpointer a, gconstpointer b)
{
    const Child *x = a, *y = b;
    return (x->box.score < y->box.score) - (x->box.score > y->box.score);
}

// A coordinate of a child when its parent went from x0 .. x1 to y0 .. y1.
static float moved(float at, float x0, float x1, float y0, float y1)
{
    return y0 + (at - x0) * (y1 - y0) / MAX(x1 - x0, 1);
}

static nn_box place_child(const Child *child, const Parent *p)
{
    nn_box b = child->box;
    b.x0 = moved(b.x0, p->found.x0, p->found.x1, p->now.x0, p->now.x1);
    b.x1 = moved(b.x1, p->found.x0, p->found.x1, p->now.x0, p->now.x1);
    b.y0 = moved(b.y0, p->found.y0, p->found.y1, p->now.y0, p->now.y1);
    b.y1 = moved(b.y1, p->found.y0, p->found.y1, p->now.y0, p->now.y1);
    b.predicted = true;
    return b;
}

// What moved() does to both coordinates.
static nn_transform move_of(const Parent *p)
{
    const nn_box *from = &p->found, *to = &p->now;
    const double sx = (double)(to->x1 - to->x0) / (double)MAX(from->x1 - from->x0, 1);
    const double sy = (double)(to->y1 - to->y0) / (double)MAX(from->y1 - from->y0, 1);
    return (nn_transform){.xx = sx,
                          .dx = (double)to->x0 - sx * (double)from->x0,
                          .yy = sy,
                          .dy = (double)to->y0 - sy * (double)from->y0};
}

// Writes the boxes of this frame, and the parents of those that are shown.
static void list_boxes(NeroChildren *c, const float *thresholds, float threshold)
{
    g_array_set_size(c->ids, 0);
    c->all.count = 0;
    nn_details_clear(&c->all.details);
    for (guint i = 0; i < c->children->len; i++) {
        const Child *child = &g_array_index(c->children, Child, i);
        const Parent *p = &g_array_index(c->parents, Parent, child->parent);
        if (!p->here)
            continue;
        const nn_transform move = move_of(p);
        nn_box *b = &c->all.boxes[c->all.count++];
        *b = c->carried ? place_child(child, p) : child->box;
        b->detail = move_detail(c, &c->details, b->detail, &move, &c->all.details);
        const float least = thresholds ? thresholds[child->box.label] : threshold;
        if (child->box.score >= least) // as nero_attach_result does; faint ones have no region
            g_array_append_val(c->ids, p->id);
    }
}

static void describe(NeroChildren *c, GstClockTime pts)
{
    nn_result *r = &c->all;
    r->input_width = c->input_width;
    r->input_height = c->input_height;
    r->infer_ms = c->infer_ms;
    r->frame_width = c->width;
    r->frame_height = c->height;
    r->source_pts = GST_CLOCK_TIME_IS_VALID(c->pts) ? c->pts : UINT64_MAX;
    r->age_ms = 0;
    if (c->carried && GST_CLOCK_TIME_IS_VALID(pts) && GST_CLOCK_TIME_IS_VALID(c->pts) &&
        pts > c->pts)
        r->age_ms = (float)((double)(pts - c->pts) / 1e6);
}

// Lists the boxes of this frame; FALSE when memory is short.
static gboolean list_all(NeroChildren *c, NeroEngine *e)
{
    if (!c->sorted)
        g_array_sort(c->children, compare_scores);
    c->sorted = TRUE;
    const gboolean current = c->labels == nero_engine_model(e)->labels;
    if (nn_result_reserve(&c->all, (int)c->children->len) != NN_OK)
        return FALSE;
    list_boxes(c, current ? nero_engine_class_thresholds(e) : NULL, nero_engine_threshold(e));
    return TRUE;
}

gboolean nero_children_give(NeroChildren *c, NeroEngine *e, GstBuffer *buffer)
{
    gboolean good = c->parents->len == 0 || list_all(c, e);
    // boxes that are sure enough come first; of each region the best one counts
    for (guint i = c->parents->len > 0 ? c->ids->len : 0; i-- > 0 && good;)
        good = nero_meta_give_detail(buffer, g_array_index(c->ids, int, i), &c->all.details,
                                     c->all.boxes[i].detail);
    return good;
}

gboolean nero_children_attach(NeroChildren *c, NeroEngine *e, GstBuffer *buffer, NeroMeta **meta)
{
    if (c->parents->len == 0)
        return TRUE;
    const gboolean current = c->labels == nero_engine_model(e)->labels;
    const float threshold = nero_engine_threshold(e);
    const float *thresholds = current ? nero_engine_class_thresholds(e) : NULL;
    if (!list_all(c, e))
        return FALSE;
    describe(c, GST_BUFFER_PTS(buffer));
    NeroMeta *added = nero_attach_result(buffer, &c->all, threshold, thresholds, c->labels);
    if (!added)
        return FALSE;
    if (current)
        nero_engine_tell_thresholds(e, added);
    nero_detections_set_parents(buffer, added->first_region, (const int *)c->ids->data,
                                added->result.count);
    *meta = added;
    return TRUE;
}
