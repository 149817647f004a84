// SPDX-License-Identifier: MIT
// Writes Pascal VOC (Everingham 2010): Annotations/NAME.xml, JPEGImages/NAME.jpg, and the names of
// each split in ImageSets/Main/SPLIT.txt.
#include "nn/base/memory.h"
#include "nn/data/write/label_text.h"
#include "nn/data/write/write_set.h"

#include <stdio.h>
#include <string.h>

void nn_voc_print_head(nn_buffer *out, const char *filename, int width, int height)
{
    nn_buffer_print(out, "<annotation>\n\t<filename>");
    nn_buffer_xml_text(out, filename, false);
    nn_buffer_print(out, "</filename>\n\t<size>\n\t\t<width>%d</width>\n\t\t<height>%d</height>\n",
                    width, height);
    nn_buffer_print(out, "\t\t<depth>3</depth>\n\t</size>\n\t<segmented>0</segmented>\n");
}

void nn_voc_print_object(nn_buffer *out, const char *name, bool ascii, const double box[4],
                         bool difficult, const char *outer, const char *inner)
{
    static const char *const leaves[] = {"xmin", "ymin", "xmax", "ymax"};
    const double place[] = {box[0] + 1, box[1] + 1, box[2], box[3]}; // from 1, inclusive
    const char *unit = inner[0] && inner[1] == ' ' ? "    " : "\t";
    nn_buffer_print(out, "%s<object>%s<name>", outer, inner);
    nn_buffer_xml_text(out, name, ascii);
    nn_buffer_print(out, "</name>%s<pose>Unspecified</pose>%s<truncated>0</truncated>", inner,
                    inner);
    nn_buffer_print(out, "%s<difficult>%d</difficult>%s<bndbox>", inner, difficult, inner);
    for (int i = 0; i < 4; i++) {
        nn_buffer_print(out, "%s%s<%s>", inner, unit, leaves[i]);
        nn_buffer_number(out, place[i], 3);
        nn_buffer_print(out, "</%s>", leaves[i]);
    }
    nn_buffer_print(out, "%s</bndbox>%s</object>", inner, outer);
}

static nn_status begin(nn_set_writer *w, nn_error *err)
{
    w->state = nn_calloc(NN_SPLITS, sizeof(nn_buffer)); // a list for each split
    return w->state ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for lists of pictures");
}

static nn_status picture(nn_set_writer *w, const nn_annotated_picture *p, const char *stem,
                         const char *ending, char *file, nn_error *err)
{
    nn_buffer *lists = w->state;
    char labels[PATH_MAX], name[PATH_MAX];
    nn_buffer text = {0};
    nn_status status = nn_folder_join(name, err, "%s%s", stem, ending);
    if (status == NN_OK)
        status = nn_folder_join(file, err, "JPEGImages/%s", name);
    if (status == NN_OK)
        status = nn_folder_join(labels, err, "Annotations/%s.xml", stem);
    if (status != NN_OK)
        return status;
    nn_voc_print_head(&text, name, p->width, p->height);
    for (int i = 0; i < p->count; i++) {
        const nn_annotation *a = &p->list[i];
        const double box[] = {(double)a->x0, (double)a->y0, (double)a->x1, (double)a->y1};
        nn_voc_print_object(&text, w->options.classes->name[a->class_index], false, box, a->ignore,
                            i ? "\n\t" : "\t", "\n\t\t");
    }
    nn_buffer_print(&text, "%s</annotation>\n", p->count ? "\n" : "");
    status = nn_set_writer_save(w, labels, &text, 1, err);
    nn_buffer_release(&text);
    nn_buffer_add(&lists[p->split], stem, strlen(stem));
    nn_buffer_add(&lists[p->split], "\n", 1);
    return status;
}

static nn_status end(nn_set_writer *w, nn_error *err)
{
    nn_buffer *lists = w->state;
    char name[64];
    nn_status status = NN_OK;
    for (int i = NN_SPLIT_TRAIN; i < NN_SPLITS && status == NN_OK; i++) {
        snprintf(name, sizeof name, "ImageSets/Main/%s.txt", nn_split_name((nn_split)i));
        if (lists[i].size > 0)
            status = nn_set_writer_save(w, name, &lists[i], 1, err);
    }
    return status;
}

static void release(nn_set_writer *w)
{
    nn_buffer *lists = w->state;
    for (int i = 0; lists && i < NN_SPLITS; i++)
        nn_buffer_release(&lists[i]);
    nn_free(lists);
}

const nn_write_format nn_write_voc = {
    .name = "voc",
    .title = "Pascal VOC",
    .ignores = true,
    .empty = true,
    .begin = begin,
    .picture = picture,
    .end = end,
    .release = release,
};
