// SPDX-License-Identifier: MIT
// Pascal VOC: DIR/Annotations/NAME.xml beside DIR/JPEGImages, or XML beside the pictures as
// labelImg writes it. Difficult objects are ignore boxes. The rest of a file stays as it is.
#include "app/annotate/labels.h"
#include "app/annotate/layout.h"
#include "nn/data/voc_xml.h"
#include "nn/data/write/label_text.h"
#include "nn/io/file.h"

#include <stdio.h>
#include <string.h>

typedef struct Reading {
    ui_labels *labels;
    ui_project *project;
    int page;
} Reading;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// The blanks before a position, with the line ending before them.
static ui_span indent_of(const ui_labels *l, size_t at)
{
    size_t from = at;
    while (from > 0 && is_blank(l->text[from - 1]))
        from--;
    return (ui_span){from, at};
}

static ui_span span(nn_voc_span s)
{
    return (ui_span){s.at, s.end};
}

static nn_status take_object(void *ctx, const nn_voc_object *o, nn_error *err)
{
    const Reading *r = ctx;
    ui_labels *l = r->labels;
    ui_record *rec = ui_labels_add(l, r->page);
    if (!rec)
        return nn_fail(err, NN_ENOMEM, "no memory for the boxes");
    rec->box.x0 = (double)o->x0;
    rec->box.y0 = (double)o->y0;
    rec->box.x1 = (double)o->x1;
    rec->box.y1 = (double)o->y1;
    rec->box.ignore = o->difficult;
    rec->span = (ui_span){indent_of(l, o->element.at).at, o->element.end};
    rec->field[UI_CLASS] = span(o->name_text);
    for (int i = 0; i < 4; i++)
        rec->field[UI_X + i] = span(o->place_text[i]);
    for (int i = UI_CLASS; i <= UI_H; i++)
        if (rec->field[i].end == 0 || o->end_tag.end <= o->end_tag.at)
            return nn_fail(err, NN_EUNSUPPORTED, "objects with XML entities cannot be edited");
    rec->columns = o->difficult_text.end > 0;
    const size_t end = indent_of(l, o->end_tag.at).at;
    rec->field[UI_SCORE] = rec->columns ? span(o->difficult_text) : (ui_span){end, end};
    return ui_project_add_class(r->project, o->name, &rec->box.label, err);
}

static nn_status parse(ui_labels *l, ui_project *p, int page, nn_error *err)
{
    Reading r = {l, p, page};
    nn_voc_picture picture;
    if (l->size > 0 && memchr(l->text, '\0', l->size))
        return nn_fail(err, NN_EUNSUPPORTED, "UTF-16 cannot be edited; save the file as UTF-8");
    const nn_status status = nn_voc_parse(&picture, l->text, l->size, take_object, &r, err);
    if (status != NN_OK)
        return status;
    p->pages[page].told_width = picture.width;
    p->pages[page].told_height = picture.height;
    l->insert = indent_of(l, picture.end_tag.at).at;
    return picture.end_tag.end > picture.end_tag.at
               ? NN_OK
               : nn_fail(err, NN_EFORMAT, "the annotation is empty");
}

// Whether the file is not UTF-8, so that other characters become numeric references.
static bool is_plain(const ui_labels *l)
{
    const char *end = l->size ? memchr(l->text, '>', l->size) : NULL;
    const char *word = end ? memmem(l->text, (size_t)(end - l->text), "encoding", 8) : NULL;
    return word && !memmem(word, (size_t)(end - word), "UTF-8", 5) &&
           !memmem(word, (size_t)(end - word), "utf-8", 5);
}

// The indentation of the members of an object.
static ui_span leaf_indent(const ui_labels *l, const ui_record *r)
{
    size_t at = r->field[UI_CLASS].at;
    while (at > 0 && l->text[at - 1] != '<')
        at--;
    return at > 0 ? indent_of(l, at - 1) : (ui_span){0, 0};
}

static bool field(nn_buffer *out, const ui_labels *l, const ui_project *p, const ui_record *r,
                  ui_field f, const ui_box *b)
{
    const double place[] = {b->x0 + 1, b->y0 + 1, b->x1, b->y1};
    if (f == UI_CLASS) {
        nn_buffer_xml_text(out, p->names.name[b->label], is_plain(l));
    } else if (f >= UI_X && f <= UI_H) {
        nn_buffer_number(out, place[f - UI_X], 3);
    } else if (f == UI_SCORE && r->columns) {
        nn_buffer_print(out, "%d", b->ignore);
    } else if (f == UI_SCORE && b->ignore) {
        const ui_span s = leaf_indent(l, r);
        nn_buffer_add(out, l->text + s.at, s.end - s.at);
        nn_buffer_print(out, "<difficult>1</difficult>");
    }
    return f <= UI_SCORE;
}

// Copies a part of the text when there is room for it.
static void copy_span(char *out, size_t size, const ui_labels *l, ui_span s)
{
    if (s.end - s.at < size)
        snprintf(out, size, "%.*s", (int)(s.end - s.at), l->text + s.at);
}

// New objects are indented like existing ones.
static nn_status change(ui_edits *e, const ui_labels *l, const ui_project *p, const bool *gone,
                        const ui_sheet *sheets, int first, int pages, nn_error *err)
{
    char outer[64] = "\n\t", inner[64] = "\n\t\t";
    nn_buffer text = {0};
    (void)first;
    (void)pages;
    (void)err;
    ui_lines_remove(e, l, gone);
    if (l->count > 0) {
        const ui_record *r = &l->records[0];
        size_t tag = r->span.at;
        while (tag < r->span.end && is_blank(l->text[tag]))
            tag++;
        copy_span(outer, sizeof outer, l, (ui_span){r->span.at, tag});
        copy_span(inner, sizeof inner, l, leaf_indent(l, r));
    }
    for (int i = 0; i < sheets->count; i++) {
        const ui_box *b = &sheets->boxes[i];
        const double box[] = {b->x0, b->y0, b->x1, b->y1};
        if (b->record < 0 && !b->suggested)
            nn_voc_print_object(&text, p->names.name[b->label], is_plain(l), box, b->ignore, outer,
                                inner);
    }
    e->failed = e->failed || text.failed;
    if (text.size > 0)
        ui_edits_replace(e, l->insert, l->insert, text.bytes, text.size);
    nn_buffer_release(&text);
    return NN_OK;
}

static void empty(nn_buffer *out, const ui_project *p, int page)
{
    const ui_page *g = &p->pages[page];
    nn_voc_print_head(out, g->name, g->width, g->height);
    nn_buffer_print(out, "</annotation>\n");
}

static nn_status add_name(void *ctx, const nn_voc_object *o, nn_error *err)
{
    int label;
    return ui_project_add_class(ctx, o->name, &label, err);
}

// Collects class names of all files; unreadable files are reported when their picture is opened.
static nn_status collect_names(ui_project *p, nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0; i < p->count && status == NN_OK; i++) {
        nn_file file;
        nn_voc_picture picture;
        nn_error why = {0};
        if (nn_file_map(&file, p->pages[i].labels, NULL) != NN_OK)
            continue;
        status = nn_voc_parse(&picture, file.bytes, file.size, add_name, p, &why);
        nn_file_unmap(&file);
        if (status == NN_EFORMAT)
            status = NN_OK;
        else if (status != NN_OK)
            nn_fail(err, status, "%s: %s", p->pages[i].labels, why.text);
    }
    return status;
}

static nn_status find(ui_project *p, nn_error *err)
{
    char pictures[PATH_MAX], labels[PATH_MAX];
    const bool own = nn_folder_has(p->root, "JPEGImages");
    const bool beside = !nn_folder_has(p->root, "Annotations") && ui_layout_beside(p->root, ".xml");
    nn_status status = own ? nn_folder_join(pictures, err, "%s/JPEGImages", p->root)
                           : ui_layout_pictures(pictures, p->root, err);
    if (status == NN_OK)
        status = nn_folder_join(labels, err, p->out || beside ? "%s" : "%s/Annotations",
                                p->out ? p->out : p->root);
    if (status == NN_OK)
        status = ui_layout_add(p, pictures, labels, ".xml", err);
    return status == NN_OK ? collect_names(p, err) : status;
}

static bool recognise(const char *dir)
{
    return nn_folder_has(dir, "Annotations") || ui_layout_beside(dir, ".xml");
}

const ui_label_format ui_labels_voc = {
    .name = "voc",
    .title = "Pascal VOC",
    .empty = empty,
    .recognise = recognise,
    .find = find,
    .parse = parse,
    .field = field,
    .change = change,
};
