// SPDX-License-Identifier: MIT
// The MOT text format (Leal-Taixe 2015) for all frames of a video: lines
// "frame,id,x,y,w,h[,score[,class[,...]]]", where frames and classes count from 1. A score of 0
// means ignore.
#include "app/annotate/labels.h"
#include "app/annotate/project.h"
#include "nn/data/label_line.h"
#include "nn/data/write/label_text.h"

#include <string.h>

enum { LONGEST = 512, MAX_FRAME = 1 << 20 };

static ui_span span(size_t at, const nn_label_number *v)
{
    return (ui_span){at + (size_t)v->at, at + (size_t)v->end};
}

static void take_line(ui_record *r, const nn_label_number *v, int count, size_t at)
{
    static const ui_field fields[] = {UI_ID, UI_X, UI_Y, UI_W, UI_H, UI_SCORE, UI_CLASS};
    ui_box *b = &r->box;
    count = count > 8 ? 8 : count; // visibility and further columns stay
    r->columns = count;
    b->id = v[1].value > 0 && v[1].value < 1e9 ? (int)v[1].value : 0;
    b->x0 = v[2].value;
    b->y0 = v[3].value;
    b->x1 = v[2].value + v[4].value;
    b->y1 = v[3].value + v[5].value;
    b->score = count > 6 && v[6].value != -1 ? v[6].value : 1; // -1: no score
    b->ignore = count > 6 && v[6].value == 0;
    // Trackers without classes write -1.
    b->label = count > 7 && v[7].value >= 1 && v[7].value <= NN_CLASS_MAX ? (int)v[7].value - 1 : 0;
    for (int i = 1; i < count; i++)
        r->field[fields[i - 1]] = span(at, &v[i]);
    if (count < 8) // a class that is needed is appended, with the score before it
        r->field[UI_AREA] = (ui_span){at + (size_t)v[count - 1].end, at + (size_t)v[count - 1].end};
}

static nn_status add_frames(ui_project *p, int frame, nn_error *err)
{
    nn_status status = NN_OK;
    while (p->count < frame && status == NN_OK)
        status = ui_project_add(p, NULL, NULL, NULL, err);
    return status;
}

static nn_status parse_line(ui_labels *l, ui_project *p, const char *line, ui_span where,
                            int number, nn_error *err)
{
    nn_label_number v[NN_MOT_NUMBERS];
    int count;
    const char *wrong = nn_mot_line(line, v, &count);
    if (count == 0 || v[0].value > MAX_FRAME)
        return nn_fail(err, NN_EFORMAT, "line %d: %s", number,
                       count == 0 ? wrong : "too high a frame");
    const int frame = (int)v[0].value;
    nn_status status = add_frames(p, frame, err);
    if (status != NN_OK)
        return status;
    if (wrong) {
        ui_page_lock(&p->pages[frame - 1], "line %d: %s", number, wrong);
        return NN_OK;
    }
    ui_record *r = ui_labels_add(l, frame - 1);
    if (!r)
        return nn_fail(err, NN_ENOMEM, "no memory for the boxes");
    take_line(r, v, count, where.at);
    r->span = where;
    return count > 7 ? ui_project_name_class(p, r->box.label, err) : NN_OK;
}

static nn_status parse(ui_labels *l, ui_project *p, int page, nn_error *err)
{
    char line[LONGEST];
    int number = 0, length;
    nn_status status = NN_OK;
    (void)page;
    for (size_t at = ui_lines_start(l);
         status == NN_OK && (length = ui_lines_next(l, at, line, LONGEST)) != 0;
         at += (size_t)length) {
        number++;
        if (length < 0)
            return nn_fail(err, NN_EFORMAT, "line %d: not 'frame,id,x,y,w,h,score'", number);
        if (line[0] != '#' && line[strspn(line, " \t\r\n")] != '\0')
            status = parse_line(l, p, line, (ui_span){at, at + (size_t)length}, number, err);
    }
    return status;
}

static bool field(nn_buffer *out, const ui_labels *l, const ui_project *p, const ui_record *r,
                  ui_field f, const ui_box *b)
{
    (void)l;
    (void)p;
    switch (f) {
    case UI_ID:
        nn_buffer_print(out, "%d", b->id > 0 ? b->id : -1);
        return true;
    case UI_X:
        nn_buffer_number(out, b->x0, 3);
        return true;
    case UI_Y:
        nn_buffer_number(out, b->y0, 3);
        return true;
    case UI_W:
        nn_buffer_number(out, b->x1 - b->x0, 3);
        return true;
    case UI_H:
        nn_buffer_number(out, b->y1 - b->y0, 3);
        return true;
    case UI_SCORE:
        nn_buffer_number(out, b->ignore ? 0 : b->score, 6);
        return true;
    case UI_CLASS:
        nn_buffer_print(out, "%d", b->label + 1);
        return true;
    case UI_AREA: // columns that a short line lacks
        if (r->columns < 7 && (b->ignore || b->label != 0))
            nn_buffer_print(out, ",%d", b->ignore ? 0 : 1);
        if (b->label != 0)
            nn_buffer_print(out, ",%d", b->label + 1);
        return true;
    default:
        return false;
    }
}

// Appends the new lines, ordered by frame.
static nn_status change(ui_edits *e, const ui_labels *l, const ui_project *p, const bool *gone,
                        const ui_sheet *sheets, int first, int pages, nn_error *err)
{
    nn_buffer lines = {0};
    (void)err;
    (void)p;
    ui_lines_remove(e, l, gone);
    for (int i = 0; i < pages; i++)
        for (int k = 0; k < sheets[i].count; k++) {
            const ui_box *b = &sheets[i].boxes[k];
            if (b->record >= 0 || b->suggested)
                continue;
            const double box[] = {b->x0, b->y0, b->x1, b->y1};
            nn_mot_print(&lines, first + i + 1, b->id, box, b->ignore ? 0 : b->score, b->label + 1);
            nn_buffer_print(&lines, "%s", ui_lines_end(l));
        }
    ui_lines_append(e, l, &lines);
    nn_buffer_release(&lines);
    return NN_OK;
}

const ui_label_format ui_labels_mot = {
    .name = "mot",
    .title = "MOT text",
    .single = true,
    .parse = parse,
    .field = field,
    .change = change,
};
