// SPDX-License-Identifier: MIT
// Writes the output: pictures with label files or one text, a contact sheet, statistics.
#include "app/cli/output.h"
#include "app/label/run.h"
#include "app/label/stats.h"
#include "app/label/write.h"
#include "app/report/report_sheet.h"
#include "nn/base/features.h"
#include "nn/base/memory.h"
#include "pipeline/reader.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { CELLS = 24, COLUMNS = 4, CELL_W = 440, CELL_H = 330, QUALITY = 95, GAP_PART = 4 };
#define HELD "held-"
#define USUAL_RATE 25.0 // frames a second, for a video that does not tell its rate

// State of writing the chosen pictures.
typedef struct output_state {
    label_work *w;
    app_report_cell cell[CELLS]; // cells of the contact sheet
    int drawn, cells;            // cells: so far, in all
    int seen, count;             // chosen pictures: so far, in all
    label_part parts[LABEL_MAX_PARTS];
    int part_count;
    int first[LABEL_MAX_PARTS + 1]; // first picture of each part
} output_state;

static bool is_on_sheet(const output_state *l)
{
    return NN_HAS_pango &&
           (int64_t)l->seen * l->cells / l->count != (int64_t)(l->seen - 1) * l->cells / l->count;
}

static void add_box(const output_state *l, app_report_cell *cell, const label_box *b)
{
    const int class = l->w->out->to[b->box.label];
    app_report_box *to = &cell->boxes[cell->box_count];
    if (class < 0)
        return;
    cell->box_count++;
    *to = (app_report_box){.x0 = b->box.x0,
                           .y0 = b->box.y0,
                           .x1 = b->box.x1,
                           .y1 = b->box.y1,
                           .kind = b->ignore ? APP_BOX_IGNORED : APP_BOX_CLASS,
                           .label = class};
    g_snprintf(to->text, sizeof to->text, "%s%.2f", b->origin == LABEL_LINKED ? "~" : "",
               (double)b->box.score);
}

static nn_status add_cell(output_state *l, int picture, const nn_image *image, nn_error *err)
{
    const label_outcome *out = l->w->out;
    const label_picture *p = label_detections_at(&out->detections, picture);
    const int boxes = (int)out->set.boxes[picture]->len;
    app_report_cell *cell = &l->cell[l->drawn++];
    int labels = 0, ignored = 0;
    cell->boxes = g_new0(app_report_box, boxes);
    for (int i = 0; i < boxes; i++) {
        const label_box *b = label_set_at(&out->set, picture, i);
        add_box(l, cell, b);
        labels += !b->ignore && out->to[b->box.label] >= 0;
        ignored += b->ignore && out->to[b->box.label] >= 0;
    }
    cell->caption[0] = g_strdup_printf("%d labels, %d ignored", labels, ignored);
    cell->caption[1] = p->name ? g_strdup(p->name) : g_strdup_printf("frame %d", p->number);
    return app_report_cell_copy(cell, image, CELL_W, CELL_H, err);
}

static nn_status write_sheet(output_state *l, nn_error *err)
{
    g_autofree char *path = g_build_filename(l->w->o->out, "sheet.png", NULL);
    const app_report_sheet sheet = {.title = "Labels",
                                    .subtitle = "in the colours of their classes, with scores; "
                                                "~: linked over time; dashed: ignored",
                                    .caption = {APP_INK, APP_QUIET, APP_QUIET},
                                    .cells = l->cell,
                                    .count = l->drawn,
                                    .columns = COLUMNS,
                                    .width = CELL_W,
                                    .height = CELL_H};
    return l->drawn > 0 ? app_report_sheet_write(&sheet, path, err) : NN_OK;
}

static char *stem_of(const label_work *w, const label_picture *p)
{
    if (p->name) {
        const char *dot = strrchr(p->name, '.');
        return dot ? g_strndup(p->name, (gsize)(dot - p->name)) : g_strdup(p->name);
    }
    g_autofree char *base = g_path_get_basename(w->out->video);
    char *dot = strrchr(base, '.');
    if (dot)
        *dot = '\0';
    return g_strdup_printf("%s-%06d", base, p->number);
}

// Copies a picture file, or writes a frame as JPEG.
static nn_status write_picture(label_work *w, const label_picture *p, const char *dir,
                               const char *stem, const nn_image *image, nn_error *err)
{
    if (!p->name) {
        g_autofree char *to = g_strdup_printf("%s/images/%s.jpg", dir, stem);
        return g_file_test(to, G_FILE_TEST_EXISTS) ? NN_OK
                                                   : nn_image_save_jpeg(image, to, QUALITY, err);
    }
    g_autofree char *from = g_build_filename(w->folder, p->name, NULL);
    g_autofree char *to = g_strconcat(dir, "/images/", stem, strrchr(p->name, '.'), NULL);
    return g_file_test(to, G_FILE_TEST_EXISTS) ? NN_OK : app_output_copy(to, from, err);
}

static const label_part *part_of(const output_state *l, int picture)
{
    const label_part *found = NULL;
    for (int i = 0; i < l->part_count; i++)
        found = picture >= l->first[i] ? &l->parts[i] : found;
    return found;
}

static char *folder_of(const label_options *o, const label_part *part)
{
    return part && part->folder ? g_build_filename(o->out, part->folder, NULL) : g_strdup(o->out);
}

static nn_status output_picture(output_state *l, int picture, const nn_image *image, nn_error *err)
{
    label_work *w = l->w;
    const label_picture *p = label_detections_at(&w->out->detections, picture);
    nn_status status = NN_OK;
    l->seen++;
    if (w->o->format == LABEL_YOLO) {
        const label_part *part = part_of(l, picture);
        g_autofree char *name = stem_of(w, p), *dir = folder_of(w->o, part);
        g_autofree char *stem = g_strconcat(part && part->prefix ? part->prefix : "", name, NULL);
        status = write_picture(w, p, dir, stem, image, err);
        if (status == NN_OK)
            status = label_write_yolo(dir, stem, &w->out->set, picture, p, w->out->to,
                                      w->o->link.keep, err);
    }
    if (status == NN_OK && is_on_sheet(l))
        status = add_cell(l, picture, image, err);
    app_progress_late(&w->progress, l->seen, "pictures written");
    return status;
}

static nn_status write_folder(output_state *l, nn_error *err)
{
    const label_outcome *out = l->w->out;
    nn_status status = NN_OK;
    for (int i = 0; i < (int)out->detections.pictures->len && status == NN_OK; i++) {
        nn_image image = {0};
        if (!out->chosen[i])
            continue;
        status = label_load(l->w, label_detections_at(&out->detections, i)->number, &image, err);
        if (status == NN_OK)
            status = output_picture(l, i, &image, err);
        nn_image_release(&image);
    }
    return status;
}

static nn_status copy_frame(nn_image *to, const nn_frame *f, nn_error *err)
{
    const size_t row = (size_t)3 * (size_t)f->width;
    if (!to->rgb)
        *to = (nn_image){f->width, f->height, nn_alloc(row * (size_t)f->height)};
    if (!to->rgb || to->width != f->width || to->height != f->height)
        return nn_fail(err, NN_EUNSUPPORTED, "no memory for a frame of %dx%d", f->width, f->height);
    for (int y = 0; y < f->height; y++)
        memcpy(to->rgb + row * (size_t)y, f->plane[0] + (size_t)f->stride[0] * (size_t)y, row);
    return NN_OK;
}

static nn_status write_video(output_state *l, nn_error *err)
{
    label_outcome *out = l->w->out;
    vp_reader *r;
    nn_image image = {0};
    nn_status status = vp_reader_open(&r, out->video, 0, 0, err);
    if (status != NN_OK)
        return status;
    for (int number = 1; status == NN_OK && l->seen < l->count; number++) {
        nn_frame f;
        const int more = vp_reader_next(r, &f, err),
                  picture = label_detections_find(&out->detections, number);
        if (more <= 0) {
            status = more < 0 ? NN_EIO
                              : nn_fail(err, NN_EFORMAT, "%s: ends at frame %d now", out->video,
                                        number - 1);
            break;
        }
        if (picture < 0 || !out->chosen[picture])
            continue;
        status = copy_frame(&image, &f, err);
        if (status == NN_OK)
            status = output_picture(l, picture, &image, err);
    }
    nn_image_release(&image);
    vp_reader_close(r);
    return status;
}

static nn_status make_folder(const char *dir, const char *name, nn_error *err)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    return g_mkdir_with_parents(path, 0777) == 0
               ? NN_OK
               : nn_fail(err, NN_EIO, "%s: cannot create this folder: %s", path, strerror(errno));
}

static void remove_file(const char *dir, const char *kind, const char *prefix, const char *stem,
                        const char *ending)
{
    g_autofree char *path = g_strconcat(dir, "/", kind, "/", prefix, stem, ending, NULL);
    unlink(path);
}

// Removes files that an earlier run with other options left in another part.
static void remove_old(const output_state *l)
{
    const label_outcome *out = l->w->out;
    const char *prefix[LABEL_MAX_PARTS + 2] = {"", HELD}, *folder[LABEL_MAX_PARTS + 2] = {0};
    const int places = l->part_count + 2;
    for (int i = 0; i < l->part_count; i++) {
        prefix[2 + i] = l->parts[i].prefix ? l->parts[i].prefix : "";
        folder[2 + i] = l->parts[i].folder;
    }
    for (int picture = 0; picture < (int)out->detections.pictures->len; picture++) {
        const label_picture *p = label_detections_at(&out->detections, picture);
        const label_part *part = part_of(l, picture);
        g_autofree char *stem = stem_of(l->w, p);
        for (int i = 0; i < places; i++) {
            const char *own = part && part->prefix ? part->prefix : "";
            const label_part there = {.folder = folder[i]};
            g_autofree char *dir = folder_of(l->w->o, &there);
            if (out->chosen[picture] && strcmp(own, prefix[i]) == 0 &&
                g_strcmp0(part ? part->folder : NULL, folder[i]) == 0)
                continue;
            remove_file(dir, "images", prefix[i], stem, p->name ? strrchr(p->name, '.') : ".jpg");
            remove_file(dir, "labels", prefix[i], stem, ".txt");
        }
    }
}

// Makes OUT and the folders of its parts, each a data set.
static nn_status make_folders(const output_state *l, nn_error *err)
{
    const label_work *w = l->w;
    nn_status status = label_write_classes(w->o->out, &w->out->classes, err);
    for (int i = -1; i < l->part_count && status == NN_OK && w->o->format == LABEL_YOLO; i++) {
        g_autofree char *dir = folder_of(w->o, i < 0 ? NULL : &l->parts[i]);
        status = make_folder(dir, "images", err);
        if (status == NN_OK)
            status = make_folder(dir, "labels", err);
        if (status == NN_OK)
            status = label_write_classes(dir, &w->out->classes, err);
    }
    return status;
}

static nn_status write_texts(label_work *w, nn_error *err)
{
    label_outcome *out = w->out;
    const label_telling telling = {.detections = &out->detections,
                                   .set = &out->set,
                                   .teachers = w->teachers,
                                   .classes = &out->classes,
                                   .to = out->to,
                                   .chosen = out->chosen,
                                   .link = &w->o->link,
                                   .input = w->o->input,
                                   .every = out->every,
                                   .stopped = out->stopped,
                                   .seconds = out->seconds};
    g_autofree char *mot = g_build_filename(w->o->out, "labels.txt", NULL);
    nn_status status = NN_OK;
    if (w->o->format == LABEL_MOT)
        status = label_write_mot(mot, &out->detections, &out->set, out->to, w->o->link.keep, err);
    return status == NN_OK ? label_write_stats(&telling, w->o->out, err) : status;
}

static nn_status write_pictures(label_work *w, output_state *l, nn_error *err)
{
    nn_status status = make_folders(l, err);
    if (status == NN_OK && l->w->o->format == LABEL_YOLO)
        remove_old(l);
    app_progress_begin(&w->progress, "", 0, l->count);
    if (status == NN_OK)
        status = w->names ? write_folder(l, err) : write_video(l, err);
    app_progress_clear(&w->progress);
    return status == NN_OK ? write_sheet(l, err) : status;
}

static int count_labels(const label_set *set, int picture)
{
    int n = 0;
    for (guint i = 0; i < set->boxes[picture]->len; i++)
        n += !label_set_at(set, picture, (int)i)->ignore;
    return n;
}

// The first picture of a part that ends at `end` and has enough labels.
static int move_back(const label_set *set, const label_part *part, int first, int end)
{
    int labels = 0;
    for (int picture = first; picture < end; picture++)
        labels += count_labels(set, picture);
    while (labels < part->least && first > end / 2)
        labels += count_labels(set, --first);
    return first;
}

static void find_parts(output_state *l)
{
    const label_options *o = l->w->o;
    const int pictures = (int)l->w->out->detections.pictures->len;
    l->part_count = o->part_count;
    for (int i = 0; i < o->part_count; i++)
        l->parts[i] = o->parts[i];
    if (o->hold_back > 0 && !l->part_count)
        l->parts[l->part_count++] = (label_part){.from = 1 - o->hold_back, .prefix = HELD};
    for (int i = 0; i < l->part_count; i++)
        l->first[i] = (int)(l->parts[i].from * pictures + 0.5);
    l->first[l->part_count] = pictures;
    for (int i = l->part_count - 1; i >= 0; i--)
        l->first[i] = move_back(&l->w->out->set, &l->parts[i], l->first[i], l->first[i + 1]);
}

// Chooses the requested number of pictures of each part. The gap before the next part, at most a
// quarter of the part, stays empty.
static void choose_pictures(output_state *l)
{
    const label_options *o = l->w->o;
    label_outcome *out = l->w->out;
    const int pictures = (int)out->detections.pictures->len;
    const double rate = out->rate > 0 ? out->rate : USUAL_RATE;
    const int gap = (int)(o->gap * rate / MAX(out->every, 1));
    out->chosen = g_new0(bool, pictures + 1);
    for (int i = -1; i < l->part_count; i++) {
        const int begin = i < 0 ? 0 : l->first[i];
        const int next = l->first[i + 1], least = (next - begin) / GAP_PART;
        const int end = i + 1 < l->part_count ? next - MIN(gap, least) : next;
        const int most = i < 0 ? o->frames : l->parts[i].most;
        if (end > begin)
            l->count += label_choose(out->chosen, &out->detections, &out->set, begin, end,
                                     most > 0 && o->format == LABEL_YOLO ? most : pictures);
    }
}

nn_status label_output(label_work *w, nn_error *err)
{
    output_state l = {.w = w};
    find_parts(&l);
    choose_pictures(&l);
    l.cells = MIN(CELLS, l.count);
    nn_status status = write_texts(w, err);
    if (status == NN_OK)
        status = write_pictures(w, &l, err);
    for (int i = 0; i < l.drawn; i++)
        app_report_cell_release(&l.cell[i]);
    return status;
}
