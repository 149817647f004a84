// SPDX-License-Identifier: MIT
// Suggests boxes by a model.
#include "app/annotate/suggest.h"

#include "nn/predict/detector.h"

#include <string.h>

struct ui_suggest {
    nn_detector *detector;
    nn_result result;
    double threshold;
};

nn_status ui_suggest_open(ui_suggest **out, const char *model, double threshold, nn_error *err)
{
    const nn_detector_options options = {.threshold = (float)threshold, .iou_threshold = -1};
    nn_detector *detector;
    *out = NULL;
    const nn_status status = nn_detector_open(&detector, model, &options, err);
    if (status != NN_OK)
        return status;
    ui_suggest *s = g_new0(ui_suggest, 1);
    s->detector = detector;
    s->threshold =
        threshold < 0 ? (double)nn_card_lowest_threshold(nn_detector_card(detector)) : threshold;
    nn_result_init(&s->result);
    *out = s;
    return NN_OK;
}

void ui_suggest_close(ui_suggest *s)
{
    if (!s)
        return;
    nn_detector_free(s->detector);
    nn_result_release(&s->result);
    g_free(s);
}

const char *const *ui_suggest_classes(const ui_suggest *s, int *count)
{
    const nn_card *card = nn_detector_card(s->detector);
    *count = card->label_count;
    return (const char *const *)card->labels;
}

// Whether there is a box like this already.
static bool is_known(const ui_box *boxes, int count, const ui_box *b)
{
    for (int i = 0; i < count; i++)
        if (boxes[i].label == b->label && ui_box_overlap(&boxes[i], b) > 0.5)
            return true;
    return false;
}

static bool from_result(ui_editor *e, const nn_box *found, ui_box *out)
{
    int classes;
    const char *const *names = ui_suggest_classes(e->suggest, &classes);
    const int label = found->label >= 0 && found->label < classes
                          ? nn_names_find(&ui_document_project(e->doc)->names, names[found->label])
                          : -1;
    *out = (ui_box){.x0 = (double)found->x0,
                    .y0 = (double)found->y0,
                    .x1 = (double)found->x1,
                    .y1 = (double)found->y1,
                    .score = (double)found->score,
                    .label = label,
                    .record = -1,
                    .suggested = true};
    return label >= 0;
}

void ui_suggest_run(ui_editor *e)
{
    nn_error err = {0};
    ui_suggest *s = e->suggest;
    if (!s || !e->image || ui_editor_page(e)->locked)
        return;
    const nn_frame frame = nn_image_frame(e->image);
    if (nn_detector_run(s->detector, &frame, &s->result, &err) != NN_OK) {
        ui_editor_say(e, "the model failed: %s", err.text);
        return;
    }
    const ui_sheet sheet = ui_editor_sheet(e);
    g_autofree ui_box *boxes = g_new(ui_box, sheet.count + s->result.count + 1);
    int count = 0, fresh = 0, strange = 0;
    for (int i = 0; i < sheet.count; i++)
        if (!sheet.boxes[i].suggested)
            boxes[count++] = sheet.boxes[i];
    const int own = count;
    for (int i = 0; i < s->result.count; i++) {
        const bool known_class = from_result(e, &s->result.boxes[i], &boxes[count]);
        strange += !known_class;
        fresh += known_class && !is_known(boxes, own, &boxes[count]);
        count = own + fresh;
    }
    if (fresh == 0 && own == sheet.count)
        ui_editor_say(e, "the model suggests nothing new above %.2f%s", s->threshold,
                      strange ? " of these classes" : "");
    else if (ui_editor_put(e, boxes, count, 0))
        ui_editor_say(e, "%d suggested above %.2f: a accepts, Backspace rejects", fresh,
                      s->threshold);
    e->selected = -1;
}

static bool has_model(ui_editor *e)
{
    if (!e->suggest)
        ui_editor_say(e, "no model: start with --model");
    return e->suggest != NULL;
}

void ui_suggest_ask(ui_editor *e, int unused)
{
    (void)unused;
    if (has_model(e) && ui_editor_may_edit(e))
        ui_suggest_run(e);
}

// Accepts or rejects the selected suggestion, or all of them.
static void settle(ui_editor *e, bool accept)
{
    const ui_sheet s = ui_editor_sheet(e);
    const int one = e->selected >= 0 && e->selected < s.count && s.boxes[e->selected].suggested
                        ? e->selected
                        : -1;
    g_autofree ui_box *boxes = g_new(ui_box, s.count + 1);
    int count = 0, settled = 0, id = ui_editor_next_id(e);
    for (int i = 0; i < s.count; i++) {
        ui_box b = s.boxes[i];
        const bool mine = b.suggested && (one < 0 || one == i);
        settled += mine;
        if (mine && !accept)
            continue;
        if (mine) {
            b.suggested = false;
            b.score = 1;
            b.id = id > 0 ? id++ : 0;
        }
        boxes[count++] = b;
    }
    if (settled == 0) {
        ui_editor_say(e, "nothing is suggested here: m asks the model");
        return;
    }
    if (ui_editor_put(e, boxes, count, 0))
        ui_editor_say(e, "%d %s", settled, accept ? "accepted" : "rejected");
    if (!accept)
        e->selected = -1;
}

void ui_suggest_accept(ui_editor *e, int unused)
{
    (void)unused;
    settle(e, true);
}

void ui_suggest_reject(ui_editor *e, int unused)
{
    (void)unused;
    settle(e, false);
}

void ui_suggest_threshold(ui_editor *e, int percent)
{
    if (!has_model(e) || !ui_editor_may_edit(e))
        return;
    e->suggest->threshold = CLAMP(e->suggest->threshold + percent / 100.0, 0.05, 0.95);
    nn_detector_set_thresholds(e->suggest->detector, (float)e->suggest->threshold, -1, 0);
    ui_suggest_run(e);
}

void ui_suggest_automatic(ui_editor *e, int unused)
{
    (void)unused;
    if (!has_model(e))
        return;
    e->automatic = !e->automatic;
    ui_editor_say(e, e->automatic ? "the model looks at every picture without boxes"
                                  : "the model looks when it is asked");
}
