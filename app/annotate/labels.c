// SPDX-License-Identifier: MIT
// Label files as texts that contain boxes.
#include "app/annotate/labels.h"

#include "nn/base/memory.h"

#include <string.h>

#define UI_LABELS(name) extern const ui_label_format ui_labels_##name;
#include "app/annotate/label_formats.inc"
#undef UI_LABELS

static const ui_label_format *const formats[] = {
#define UI_LABELS(name) &ui_labels_##name,
#include "app/annotate/label_formats.inc"
#undef UI_LABELS
};

const ui_label_format *ui_label_format_at(int index)
{
    return index >= 0 && index < (int)(sizeof formats / sizeof *formats) ? formats[index] : NULL;
}

const ui_label_format *ui_label_format_find(const char *name)
{
    for (int i = 0; ui_label_format_at(i); i++)
        if (strcmp(name, formats[i]->name) == 0)
            return formats[i];
    return NULL;
}

nn_status ui_labels_parse(ui_labels *l, ui_project *p, int page, char *text, size_t size,
                          nn_error *err)
{
    *l = (ui_labels){.text = text, .size = size, .insert = size};
    const nn_status status = p->format->parse(l, p, page, err);
    if (status != NN_OK)
        ui_labels_release(l, p->format);
    return status;
}

void ui_labels_release(ui_labels *l, const ui_label_format *format)
{
    if (format && format->release)
        format->release(l);
    nn_free(l->text);
    nn_free(l->records);
    *l = (ui_labels){0};
}

ui_record *ui_labels_add(ui_labels *l, int page)
{
    if (l->count == l->capacity) {
        const int larger = l->capacity ? l->capacity * 2 : 32;
        ui_record *grown = nn_realloc(l->records, (size_t)l->capacity * sizeof *grown,
                                      (size_t)larger * sizeof *grown);
        if (!grown)
            return NULL;
        l->records = grown;
        l->capacity = larger;
    }
    ui_record *r = &l->records[l->count];
    *r = (ui_record){.page = page, .box = {.record = l->count, .score = 1}};
    l->count++;
    return r;
}

// Replaces the fields of the text that differ from the box.
static void change_fields(ui_edits *e, const ui_labels *l, const ui_project *p, const ui_record *r,
                          const ui_box *box)
{
    nn_buffer was = {0}, is = {0};
    if (memcmp(box, &r->box, sizeof *box) == 0) // most boxes of a large file
        return;
    for (int f = 0; f < UI_FIELDS; f++) {
        const ui_span *s = &r->field[f];
        was.size = is.size = 0;
        if (s->end == 0 || !p->format->field(&was, l, p, r, f, &r->box) ||
            !p->format->field(&is, l, p, r, f, box))
            continue;
        if (was.size != is.size || (is.size > 0 && memcmp(was.bytes, is.bytes, is.size) != 0))
            ui_edits_replace(e, s->at, s->end, is.bytes, is.size);
    }
    e->failed = e->failed || was.failed || is.failed;
    nn_buffer_release(&was);
    nn_buffer_release(&is);
}

nn_status ui_labels_print(nn_buffer *out, const ui_labels *l, const ui_project *p,
                          const ui_sheet *sheets, int first, int pages, nn_error *err)
{
    ui_edits edits = {0};
    bool *gone = nn_calloc((size_t)l->count + 1, sizeof *gone);
    if (!gone)
        return nn_fail(err, NN_ENOMEM, "no memory for a label file");
    for (int i = 0; i < l->count; i++)
        gone[i] = true;
    for (int i = 0; i < pages; i++)
        for (int k = 0; k < sheets[i].count; k++) {
            const ui_box *b = &sheets[i].boxes[k];
            if (b->record < 0 || b->suggested)
                continue;
            gone[b->record] = false;
            change_fields(&edits, l, p, &l->records[b->record], b);
        }
    nn_status status = p->format->change(&edits, l, p, gone, sheets, first, pages, err);
    if (status == NN_OK)
        status = ui_edits_apply(&edits, l->text ? l->text : "", l->size, out, err);
    ui_edits_release(&edits);
    nn_free(gone);
    return status;
}

void ui_lines_remove(ui_edits *e, const ui_labels *l, const bool *gone)
{
    for (int i = 0; i < l->count; i++)
        if (gone[i])
            ui_edits_replace(e, l->records[i].span.at, l->records[i].span.end, "", 0);
}

size_t ui_lines_start(const ui_labels *l)
{
    return l->size >= 3 && memcmp(l->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

const char *ui_lines_end(const ui_labels *l)
{
    const char *end = l->size ? memchr(l->text, '\n', l->size) : NULL;
    return end && end > l->text && end[-1] == '\r' ? "\r\n" : "\n";
}

void ui_lines_append(ui_edits *e, const ui_labels *l, const nn_buffer *lines)
{
    e->failed = e->failed || lines->failed;
    if (lines->size == 0)
        return;
    if (l->size > 0 && l->text[l->size - 1] != '\n')
        ui_edits_replace(e, l->size, l->size, ui_lines_end(l), strlen(ui_lines_end(l)));
    ui_edits_replace(e, l->size, l->size, lines->bytes, lines->size);
}

int ui_lines_next(const ui_labels *l, size_t at, char *line, int room)
{
    if (at >= l->size)
        return 0;
    const char *end = memchr(l->text + at, '\n', l->size - at);
    const size_t length = end ? (size_t)(end - l->text) + 1 - at : l->size - at;
    if (length >= (size_t)room || memchr(l->text + at, '\0', length))
        return -1;
    memcpy(line, l->text + at, length);
    line[length] = '\0';
    return (int)length;
}
