// SPDX-License-Identifier: MIT
// Fuzz target: editing of label files; the first byte chooses the format. Unedited parts are
// written unchanged, removals and additions are found when the file is read again.
#include "app/annotate/labels.h"
#include "app/annotate/project.h"
#include "nn/base/memory.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH = 80, HEIGHT = 60 };

static void open_project(ui_project *p, int choice)
{
    *p = (ui_project){.format = ui_label_format_at(choice), .root = nn_strdup("/nowhere")};
    if (!p->format->single) {
        if (ui_project_add(p, "a.png", NULL, NULL, NULL) != NN_OK)
            abort();
        p->pages[0].width = WIDTH;
        p->pages[0].height = HEIGHT;
    }
}

static nn_status parse(ui_labels *l, ui_project *p, const void *bytes, size_t size)
{
    char *text = nn_alloc(size + 1);
    nn_error err;
    if (!text)
        abort();
    if (size)
        memcpy(text, bytes, size);
    text[size] = '\0';
    return ui_labels_parse(l, p, p->format->single ? -1 : 0, text, size, &err);
}

// The boxes of each page, those of records first to last.
static ui_sheet *deal(const ui_labels *l, const ui_project *p, ui_box **boxes)
{
    ui_sheet *sheets = nn_calloc((size_t)p->count + 1, sizeof *sheets);
    *boxes = nn_calloc((size_t)l->count + 1, sizeof **boxes);
    if (!sheets || !*boxes)
        abort();
    int at = 0;
    for (int page = 0; page < p->count && at < l->count; page++) {
        sheets[page].boxes = *boxes + at;
        for (int i = 0; i < l->count; i++)
            if (l->records[i].page == page) {
                (*boxes)[at++] = l->records[i].box;
                sheets[page].count++;
            }
    }
    return sheets;
}

// Prints, reads again, and says how many boxes are there.
static int again(const ui_labels *l, const ui_project *p, const ui_sheet *sheets, int choice,
                 nn_buffer *out)
{
    ui_project other;
    ui_labels read;
    nn_error err;
    out->size = 0;
    if (ui_labels_print(out, l, p, sheets, 0, p->count, &err) != NN_OK)
        abort();
    open_project(&other, choice);
    const nn_status status = parse(&read, &other, out->bytes ? out->bytes : "", out->size);
    const int count = status == NN_OK ? read.count : -1;
    if (status == NN_OK)
        ui_labels_release(&read, other.format);
    ui_project_release(&other);
    return count;
}

static void edit(const ui_labels *l, ui_project *p, int choice, const void *bytes, size_t size)
{
    nn_buffer out = {0};
    ui_box *boxes;
    ui_sheet *sheets = deal(l, p, &boxes);
    // A name of a class that cannot be one in a file of names adds nothing here.
    if (again(l, p, sheets, choice, &out) != l->count || out.size != size ||
        (size && memcmp(out.bytes, bytes, size) != 0))
        abort();
    const ui_box one = {.x0 = 10, .y0 = 20, .x1 = 30, .y1 = 50, .score = 1, .record = -1};
    memset(sheets, 0, (size_t)p->count * sizeof *sheets);
    if (again(l, p, sheets, choice, &out) != 0)
        abort();
    if (p->count > 0 && ui_project_name_class(p, 0, NULL) == NN_OK) {
        sheets[0] = (ui_sheet){&one, 1};
        if (again(l, p, sheets, choice, &out) != 1)
            abort();
    }
    nn_free(sheets);
    nn_free(boxes);
    nn_buffer_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ui_project p;
    ui_labels l;
    int formats = 0;
    while (ui_label_format_at(formats))
        formats++;
    if (size < 1)
        return 0;
    const int choice = data[0] % formats;
    open_project(&p, choice);
    if (parse(&l, &p, data + 1, size - 1) == NN_OK) {
        if (p.count < 4096)
            edit(&l, &p, choice, data + 1, size - 1);
        ui_labels_release(&l, p.format);
    }
    ui_project_release(&p);
    return 0;
}
