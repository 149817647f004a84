// SPDX-License-Identifier: MIT
// YOLO: DIR/labels/NAME.txt with a line "class cx cy w h [score]" for each box; a score of 0 means
// ignore. Class names are in classes.txt.
#include "app/annotate/labels.h"
#include "app/annotate/layout.h"
#include "nn/data/label_line.h"
#include "nn/data/write/label_text.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST = 512 };

static void take_line(ui_record *r, const ui_page *page, const nn_label_number *v, int count,
                      size_t at)
{
    const double w = page->width > 0 ? page->width : 1, h = page->height > 0 ? page->height : 1;
    r->columns = count;
    r->box.x0 = (v[1].value - v[3].value / 2) * w;
    r->box.x1 = (v[1].value + v[3].value / 2) * w;
    r->box.y0 = (v[2].value - v[4].value / 2) * h;
    r->box.y1 = (v[2].value + v[4].value / 2) * h;
    r->box.label = (int)v[0].value;
    r->box.score = count > 5 ? v[5].value : 1;
    r->box.ignore = count > 5 && v[5].value <= 0;
    for (int i = 0; i < 5; i++)
        r->field[UI_CLASS + i] = (ui_span){at + (size_t)v[i].at, at + (size_t)v[i].end};
    const size_t end = at + (size_t)v[4].end;
    r->field[UI_SCORE] = (ui_span){end, count > 5 ? at + (size_t)v[5].end : end};
}

static nn_status parse_line(ui_labels *l, ui_project *p, int page, const char *line, size_t at,
                            nn_error *err)
{
    nn_label_number v[NN_YOLO_NUMBERS];
    int count;
    const char *wrong = nn_yolo_line(line, v, &count);
    if (!wrong && !(v[3].value > 0 && v[4].value > 0))
        wrong = "a box without width or height";
    if (!wrong && v[0].value >= NN_CLASS_MAX)
        wrong = "too high a class";
    if (wrong)
        return nn_fail(err, NN_EFORMAT, "%s", wrong);
    ui_record *r = ui_labels_add(l, page);
    if (!r)
        return nn_fail(err, NN_ENOMEM, "no memory for the boxes");
    take_line(r, &p->pages[page], v, count, at);
    return ui_project_name_class(p, r->box.label, err);
}

static nn_status parse(ui_labels *l, ui_project *p, int page, nn_error *err)
{
    char line[LONGEST];
    int number = 0, length;
    nn_status status = NN_OK;
    for (size_t at = ui_lines_start(l);
         status == NN_OK && (length = ui_lines_next(l, at, line, LONGEST)) != 0;
         at += (size_t)length) {
        number++;
        if (length < 0)
            return nn_fail(err, NN_EFORMAT, "line %d: not 'class cx cy w h'", number);
        if (line[strspn(line, " \t\r\n")] == '\0')
            continue;
        status = parse_line(l, p, page, line, at, err);
        if (status == NN_OK)
            l->records[l->count - 1].span = (ui_span){at, at + (size_t)length};
        else if (status == NN_EFORMAT)
            nn_fail_prefix(err, status, "line %d", number);
    }
    return status;
}

// Fractions of the picture with eight digits: exact for whole pixels.
static bool field(nn_buffer *out, const ui_labels *l, const ui_project *p, const ui_record *r,
                  ui_field f, const ui_box *b)
{
    const ui_page *page = &p->pages[r->page];
    const double w = page->width > 0 ? page->width : 1, h = page->height > 0 ? page->height : 1;
    const double v[] = {b->label, (b->x0 + b->x1) / 2 / w, (b->y0 + b->y1) / 2 / h,
                        (b->x1 - b->x0) / w, (b->y1 - b->y0) / h};
    (void)l;
    if (f == UI_SCORE) {
        if (b->ignore || b->score < 1)
            nn_buffer_add(out, " ", 1);
        if (b->ignore || b->score < 1)
            nn_buffer_number(out, b->ignore ? 0 : b->score, 6);
        return true;
    }
    if (f > UI_SCORE)
        return false;
    nn_buffer_number(out, v[f], f == UI_CLASS ? 0 : 8);
    return true;
}

static nn_status change(ui_edits *e, const ui_labels *l, const ui_project *p, const bool *gone,
                        const ui_sheet *sheets, int first, int pages, nn_error *err)
{
    nn_buffer lines = {0};
    (void)err;
    (void)pages;
    ui_lines_remove(e, l, gone);
    for (int i = 0; i < sheets->count; i++) {
        const ui_box *b = &sheets->boxes[i];
        if (b->record >= 0 || b->suggested)
            continue;
        const ui_page *page = &p->pages[first];
        const double box[] = {b->x0, b->y0, b->x1, b->y1};
        nn_yolo_print(&lines, b->label, box, page->width > 0 ? page->width : 1,
                      page->height > 0 ? page->height : 1,
                      b->ignore      ? 0
                      : b->score < 1 ? b->score
                                     : -1);
        nn_buffer_print(&lines, "%s", ui_lines_end(l));
    }
    ui_lines_append(e, l, &lines);
    nn_buffer_release(&lines);
    return NN_OK;
}

// Pictures are in images/ or in the folder itself. Labels are in labels/; beside the pictures when
// they are there already; in data/labels/train for data/images/train.
static nn_status find(ui_project *p, nn_error *err)
{
    char pictures[PATH_MAX], labels[PATH_MAX];
    nn_status status = ui_layout_pictures(pictures, p->root, err);
    if (status == NN_OK)
        status = p->out ? nn_folder_join(labels, err, "%s", p->out)
                        : ui_layout_labels(labels, p->root, pictures, err);
    if (status == NN_OK)
        status = ui_layout_classes(p, labels, err);
    return status == NN_OK ? ui_layout_add(p, pictures, labels, ".txt", err) : status;
}

static bool recognise(const char *dir)
{
    return nn_folder_has(dir, "labels") || ui_layout_beside(dir, ".txt");
}

const ui_label_format ui_labels_yolo = {
    .name = "yolo",
    .title = "YOLO text, a file a picture",
    .recognise = recognise,
    .find = find,
    .parse = parse,
    .field = field,
    .change = change,
};
