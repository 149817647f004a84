// SPDX-License-Identifier: MIT
// Opens explainers, finds what a target means in them, and paints maps.
#include "plugins/view/view_network.h"

#include "nn/base/spelling.h"
#include "nn/explain/explain.h"
#include "plugins/view/view_methods.h"
#include "plugins/view/view_paint.h"

#include <math.h>

#define DEFAULT_MODEL "street"
#define SAME 0.3f // intersection over union of a target and a box of the network

enum { OUTPUT = -1, STRONGEST = 9 };

struct NeroViewNetwork {
    nn_explainer *explainer;
    char *name;            // of the model in use
    char *refused;         // of the model that could not be opened last
    NeroViewChoice choice; // owned; what was asked for
    int layer;             // OUTPUT: the method's own
    int label;             // class to explain; -1: that of the object, else the strongest
    nn_explain_map map;
    NeroPaint paint;
};

NeroViewNetwork *nero_view_network_new(void)
{
    NeroViewNetwork *n = g_new0(NeroViewNetwork, 1);
    n->layer = OUTPUT;
    n->label = -1;
    nero_paint_init(&n->paint);
    return n;
}

void nero_view_network_free(NeroViewNetwork *n)
{
    if (!n)
        return;
    nn_explainer_free(n->explainer);
    g_free(n->name);
    g_free(n->refused);
    nero_view_choice_release(&n->choice);
    nn_explain_map_release(&n->map);
    nero_paint_release(&n->paint);
    g_free(n);
}

gboolean nero_view_network_is_open(const NeroViewNetwork *n)
{
    return n->explainer != NULL;
}

// --- the choice ---

static void append(GString **text, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void append(GString **text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (*text)
        g_string_append(*text, "; ");
    else
        *text = g_string_new(NULL);
    g_string_append_vprintf(*text, format, args);
    va_end(args);
}

static gboolean open_model(NeroViewNetwork *n, const char *name, int threads, GString **text)
{
    const nn_explainer_options options = {.threads = threads};
    nn_explainer *explainer;
    nn_error err = {.status = NN_OK};
    if (g_strcmp0(name, n->name) == 0 || g_strcmp0(name, n->refused) == 0)
        return FALSE;
    g_clear_pointer(&n->refused, g_free);
    if (nn_explainer_open(&explainer, name, &options, &err) != NN_OK) {
        n->refused = g_strdup(name);
        append(text, "Cannot look into model \"%s\": %s%s%s%s", name, err.text,
               n->name ? "; \"" : "", n->name ? n->name : "", n->name ? "\" goes on" : "");
        return FALSE;
    }
    nn_explainer_free(n->explainer);
    n->explainer = explainer;
    g_free(n->name);
    n->name = g_strdup(name);
    n->layer = OUTPUT;
    n->label = -1;
    return TRUE;
}

static void choose_layer(NeroViewNetwork *n, const char *name, GString **text)
{
    nn_error err = {.status = NN_OK};
    const int found = name ? nn_explainer_find_layer(n->explainer, name, &err) : OUTPUT;
    if (name && found < 0)
        append(text, "%s", err.text);
    else
        n->layer = found;
}

static void choose_label(NeroViewNetwork *n, const char *name, GString **text)
{
    const nn_card *card = nn_explainer_card(n->explainer);
    int found = -1;
    for (int i = 0; name && i < card->label_count && found < 0; i++)
        found = g_ascii_strcasecmp(card->labels[i], name) == 0 ? i : -1;
    if (!name || found >= 0) {
        n->label = found;
        return;
    }
    const char *near =
        nn_spelling_nearest(name, (const char *const *)card->labels, card->label_count);
    append(text, "Model \"%s\" has no class \"%s\"%s%s%s", n->name, name,
           near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

char *nero_view_network_choose(NeroViewNetwork *n, const NeroViewChoice *choice, const char *model)
{
    GString *text = NULL;
    const char *name = choice->model ? choice->model : model ? model : n->name;
    const gboolean opened = open_model(n, name ? name : DEFAULT_MODEL, choice->threads, &text);
    if (n->explainer && (opened || g_strcmp0(choice->layer, n->choice.layer) != 0))
        choose_layer(n, choice->layer, &text);
    if (n->explainer && (opened || g_strcmp0(choice->label, n->choice.label) != 0))
        choose_label(n, choice->label, &text);
    nero_view_choice_release(&n->choice);
    n->choice = nero_view_choice_copy(choice);
    return text ? g_string_free(text, FALSE) : NULL;
}

// --- layers ---

static gboolean is_map(const NeroViewNetwork *n, int layer)
{
    return nn_explainer_layer(n->explainer, layer).height > 1;
}

// The layer in use: of cam the one whose maps are weighed.
static int layer_in_use(const NeroViewNetwork *n)
{
    const gboolean cam = nero_view_method(n->choice.method)->cam;
    return n->layer == OUTPUT && cam ? nn_explainer_default_layer(n->explainer) : n->layer;
}

// Behind the last layer comes the output, unless the method weighs maps.
void nero_view_network_step(NeroViewNetwork *n, int steps)
{
    if (!n->explainer || steps == 0)
        return;
    const int count = nn_explainer_layer_count(n->explainer), way = steps > 0 ? 1 : -1;
    const gboolean cam = nero_view_method(n->choice.method)->cam;
    int at = layer_in_use(n);
    at = at == OUTPUT ? count : at;
    for (int left = abs(steps); left > 0; left--) {
        int next = at + way;
        while (next >= 0 && next < count && !is_map(n, next))
            next += way;
        if (next < 0 || next > count || (next == count && cam))
            break;
        at = next;
    }
    n->layer = at == count ? OUTPUT : at;
}

// --- the target ---

// The box of the network that is most like the one of the target; -1: none is.
static int find_box(const nn_result *r, const nn_box *box)
{
    int best = -1;
    float most = SAME;
    for (int i = 0; i < r->count; i++) {
        const float like = nn_box_iou(&r->boxes[i], box);
        if (like > most) {
            most = like;
            best = i;
        }
    }
    return best;
}

// The smallest box around a point.
static int find_around(const nn_result *r, float x, float y)
{
    int best = -1;
    float least = INFINITY;
    for (int i = 0; i < r->count; i++) {
        const nn_box *b = &r->boxes[i];
        const float size = (b->x1 - b->x0) * (b->y1 - b->y0);
        if (x >= b->x0 && x < b->x1 && y >= b->y0 && y < b->y1 && size < least) {
            least = size;
            best = i;
        }
    }
    return best;
}

static const char *class_name(const NeroViewNetwork *n, int label)
{
    const nn_card *card = nn_explainer_card(n->explainer);
    return label >= 0 && label < card->label_count ? card->labels[label] : "object";
}

static void say_box(const NeroViewNetwork *n, const nn_box *b, char *words)
{
    g_snprintf(words, NERO_VIEW_WORD, "%s %d%%", class_name(n, b->label),
               (int)lrintf(100 * b->score));
}

// The cell of a layer at a point of the frame.
static void find_cell(const NeroViewNetwork *n, float x, float y, nn_explain_target *t)
{
    const nn_letterbox l = nn_explainer_letterbox(n->explainer);
    const nn_explain_layer layer = nn_explainer_layer(n->explainer, t->layer);
    const float cell_x = (x * l.scale_x + l.pad_x) * (float)layer.width / (float)l.input_w;
    const float cell_y = (y * l.scale_y + l.pad_y) * (float)layer.height / (float)l.input_h;
    t->x = CLAMP((int)cell_x, 0, MAX(layer.width - 1, 0));
    t->y = CLAMP((int)cell_y, 0, MAX(layer.height - 1, 0));
}

// A layer's activations: of a channel or all, at the place of the target or the strongest.
static void aim_at_layer(NeroViewNetwork *n, const NeroViewTarget *target, nn_explain_target *t,
                         char *words)
{
    const int channels = nn_explainer_layer(n->explainer, t->layer).channels;
    t->channel = n->choice.channel >= 0 ? MIN(n->choice.channel, channels - 1) : -1;
    const gboolean placed = target->has_box || target->has_point;
    if (target->has_box)
        find_cell(n, (target->box.x0 + target->box.x1) / 2, (target->box.y0 + target->box.y1) / 2,
                  t);
    else if (target->has_point)
        find_cell(n, target->x, target->y, t);
    t->strongest = placed ? 0 : STRONGEST;
    if (t->channel >= 0)
        g_snprintf(words, NERO_VIEW_WORD, "channel %d", t->channel);
    else
        g_snprintf(words, NERO_VIEW_WORD, "%s", placed ? "all channels there" : "strongest values");
}

// A class at the output, of an object where there is one.
static void aim_at_output(const NeroViewNetwork *n, const NeroViewTarget *target,
                          nn_explain_target *t, char *words)
{
    const nn_result *r = nn_explainer_result(n->explainer);
    t->channel = n->label;
    if (target->has_box)
        t->box = find_box(r, &target->box);
    else if (target->has_point)
        t->box = find_around(r, target->x, target->y);
    if (strcmp(nn_explainer_card(n->explainer)->task, "classify") == 0)
        t->box = -1; // its boxes are classes
    if (t->box >= 0) {
        t->channel = -1;
        say_box(n, &r->boxes[t->box], words);
    } else if (t->channel >= 0) {
        g_strlcpy(words, class_name(n, t->channel), NERO_VIEW_WORD);
    } else if (r->count > 0) {
        t->channel = r->boxes[0].label;
        g_strlcpy(words, class_name(n, t->channel), NERO_VIEW_WORD);
    } else {
        g_strlcpy(words, "strongest class", NERO_VIEW_WORD);
    }
}

static nn_status explain(NeroViewNetwork *n, const NeroViewTarget *target, NeroInnerView *view,
                         nn_error *err)
{
    const nn_explain_method *method = nero_view_method(n->choice.method);
    nn_explain_settings settings;
    nn_explain_target t;
    nn_explain_settings_init(&settings);
    nn_explain_target_init(&t);
    if (method->cam)
        settings.cam_layer = n->layer;
    else
        t.layer = n->layer;
    if (t.layer >= 0)
        aim_at_layer(n, target, &t, view->target);
    else
        aim_at_output(n, target, &t, view->target);
    const nn_status status = nn_explain(n->explainer, method->word, &t, &settings, &n->map, err);
    // the layer of a box depends on the map of boxes that it comes from
    const int layer = status == NN_OK && method->cam ? n->map.layer : layer_in_use(n);
    g_strlcpy(view->method, method->word, sizeof view->method);
    g_strlcpy(view->layer, layer >= 0 ? nn_explainer_layer(n->explainer, layer).name : "output",
              sizeof view->layer);
    view->score = n->map.score;
    return status;
}

// --- the picture ---

// The format and size that were asked for; else RGBx, as large as the frame or smaller, and even.
static gboolean find_info(const NeroViewChoice *c, const nn_frame *frame, GstVideoInfo *info)
{
    const double part = MIN((double)NERO_VIEW_SIDE / MAX(frame->width, frame->height), 1);
    const int width = c->width > 0 ? c->width : MAX((int)(frame->width * part) / 2 * 2, 2);
    const int height = c->height > 0 ? c->height : MAX((int)(frame->height * part) / 2 * 2, 2);
    const GstVideoFormat format =
        c->format == GST_VIDEO_FORMAT_UNKNOWN ? GST_VIDEO_FORMAT_RGBx : c->format;
    return gst_video_info_set_format(info, format, (guint)width, (guint)height);
}

static nn_status paint(NeroViewNetwork *n, const nn_frame *frame, NeroInnerView *view,
                       nn_error *err)
{
    const nn_letterbox l = nn_explainer_letterbox(n->explainer);
    const NeroHeat heat = {.data = n->map.data,
                           .channels = n->map.channels,
                           .height = n->map.height,
                           .width = n->map.width,
                           .x = l.pad_x,
                           .y = l.pad_y,
                           .frame_w = (float)l.frame_w * l.scale_x,
                           .frame_h = (float)l.frame_h * l.scale_y};
    GstVideoFrame picture;
    if (find_info(&n->choice, frame, &view->info))
        view->picture = gst_buffer_new_allocate(NULL, view->info.size, NULL);
    if (!view->picture || !gst_video_frame_map(&picture, &view->info, view->picture, GST_MAP_WRITE))
        return nn_fail(err, NN_ENOMEM, "no memory for a picture");
    const nn_status status = nero_paint(&n->paint, frame, &heat, (nn_colour_map)n->choice.palette,
                                        n->choice.alpha, &picture, err);
    gst_video_frame_unmap(&picture);
    return status;
}

nn_status nero_view_network_look(NeroViewNetwork *n, const nn_frame *frame,
                                 const NeroViewTarget *target, const gint *stopped,
                                 NeroInnerView *view, nn_error *err)
{
    nn_status status = nn_explainer_see(n->explainer, frame, err);
    if (status == NN_OK && !g_atomic_int_get(stopped))
        status = explain(n, target, view, err);
    return status == NN_OK && !g_atomic_int_get(stopped) ? paint(n, frame, view, err) : status;
}
