// SPDX-License-Identifier: MIT
// Writes feedback as pictures, labels and a journal. Each file is complete or missing.
#include "app/learn/window_feedback.h"

#include "app/cli/folder.h"
#include "app/cli/output.h"
#include "nn/data/class_map.h"
#include "nn/data/write/label_text.h"
#include "nn/io/image/image.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

enum { LAST = 16, QUALITY = 95 }; // LAST: pictures whose labels can still change; QUALITY: of JPEGs

typedef struct box {
    nn_box box;    // its label is a line of classes.txt, from 0
    unsigned said; // id of the feedback about it; 0: none
    bool wrong;
} box;

typedef struct record {
    char *name; // owned: file name without folder and ending; NULL: unused
    char *sum;  // owned: checksum of the pixels
    int width, height;
    GArray *boxes; // of box
} record;

struct app_feedback {
    char *dir;
    GPtrArray *classes;   // owned: names in classes.txt
    record records[LAST]; // ring buffer
    unsigned next;
    FILE *journal;
};

static nn_status make_folder(const char *dir, const char *name, nn_error *err)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    return app_folder_make(NULL, path, err);
}

static nn_status read_classes(app_feedback *f, nn_error *err)
{
    nn_names names = {0};
    g_autofree char *path = g_build_filename(f->dir, "classes.txt", NULL);
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return NN_OK;
    nn_status status = nn_names_load(&names, path, err);
    for (int i = 0; status == NN_OK && i < names.count; i++)
        g_ptr_array_add(f->classes, g_strdup(names.name[i]));
    nn_names_release(&names);
    return status;
}

static nn_status write_classes(const app_feedback *f, nn_error *err)
{
    app_output out;
    g_autofree char *path = g_build_filename(f->dir, "classes.txt", NULL);
    nn_status status = app_output_open(&out, path, err);
    for (guint i = 0; status == NN_OK && i < f->classes->len; i++)
        fprintf(out.file, "%s\n", (const char *)f->classes->pdata[i]);
    return app_output_close(&out, status, err);
}

nn_status app_feedback_open(app_feedback **out, const char *dir, nn_error *err)
{
    app_feedback *f = g_new0(app_feedback, 1);
    f->dir = g_strdup(dir);
    f->classes = g_ptr_array_new_with_free_func(g_free);
    nn_status status = make_folder(dir, "images", err);
    if (status == NN_OK)
        status = make_folder(dir, "labels", err);
    if (status == NN_OK)
        status = read_classes(f, err);
    g_autofree char *journal = g_build_filename(dir, "feedback.jsonl", NULL);
    if (status == NN_OK && !(f->journal = fopen(journal, "a")))
        status = nn_fail(err, NN_EIO, "%s: cannot write: %s", journal, strerror(errno));
    *out = f;
    if (status != NN_OK) {
        app_feedback_close(f);
        *out = NULL;
    }
    return status;
}

static void release_record(record *p)
{
    g_free(p->name);
    g_free(p->sum);
    if (p->boxes)
        g_array_free(p->boxes, TRUE);
    *p = (record){0};
}

void app_feedback_close(app_feedback *f)
{
    if (!f)
        return;
    for (int i = 0; i < LAST; i++)
        release_record(&f->records[i]);
    if (f->journal) {
        g_autofree char *journal = g_build_filename(f->dir, "feedback.jsonl", NULL);
        const bool empty = fseek(f->journal, 0, SEEK_END) == 0 && ftell(f->journal) == 0;
        if (empty)
            unlink(journal); // no feedback was given
        fclose(f->journal);
    }
    g_ptr_array_free(f->classes, TRUE);
    g_free(f->dir);
    g_free(f);
}

// The number of a class in classes.txt; a new class is appended.
static int number_of(app_feedback *f, const char *name, bool *grown)
{
    for (guint i = 0; i < f->classes->len; i++)
        if (strcmp(f->classes->pdata[i], name) == 0)
            return (int)i;
    g_ptr_array_add(f->classes, g_strdup(name));
    *grown = true;
    return (int)f->classes->len - 1;
}

static char *new_name(const app_feedback *f)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *time = g_date_time_format(now, "%Y%m%d-%H%M%S");
    for (int i = 0;; i++) {
        char *name = g_strdup_printf("%s-%02d", time, i);
        g_autofree char *path = g_strdup_printf("%s/images/%s.jpg", f->dir, name);
        if (!g_file_test(path, G_FILE_TEST_EXISTS))
            return name;
        g_free(name);
    }
}

static nn_status save_picture(const app_feedback *f, const record *p, const nn_frame *picture,
                              nn_error *err)
{
    g_autofree char *path = g_strdup_printf("%s/images/%s.jpg", f->dir, p->name);
    // Only read.
    const nn_image image = {picture->width, picture->height, (uint8_t *)picture->plane[0]};
    return nn_image_save_jpeg(&image, path, QUALITY, err);
}

static char *checksum(const nn_frame *picture)
{
    return g_compute_checksum_for_data(G_CHECKSUM_MD5, picture->plane[0],
                                       (gsize)picture->stride[0] * (gsize)picture->height);
}

// Starts a record for a frame without earlier feedback.
static nn_status new_record(app_feedback *f, record *p, const vp_still *still, bool *grown,
                            nn_error *err)
{
    release_record(p);
    *p = (record){.name = new_name(f),
                  .sum = checksum(still->picture),
                  .width = still->picture->width,
                  .height = still->picture->height,
                  .boxes = g_array_new(FALSE, FALSE, sizeof(box))};
    for (int i = 0; still->result && i < still->result->count; i++) {
        box b = {.box = still->result->boxes[i]};
        if (b.box.label < 0 || b.box.label >= still->label_count)
            continue;
        b.box.label = number_of(f, still->labels[b.box.label], grown);
        g_array_append_val(p->boxes, b);
    }
    return save_picture(f, p, still->picture, err);
}

// Finds the record of a frame by its pixels: not every source has timestamps.
static record *find_record(app_feedback *f, const vp_still *still)
{
    g_autofree char *sum = checksum(still->picture);
    for (int i = 0; i < LAST; i++)
        if (f->records[i].name && strcmp(f->records[i].sum, sum) == 0)
            return &f->records[i];
    return NULL;
}

static nn_status write_labels(const app_feedback *f, const record *p, nn_error *err)
{
    g_autofree char *path = g_strdup_printf("%s/labels/%s.txt", f->dir, p->name);
    nn_buffer text = {0};
    for (guint i = 0; i < p->boxes->len; i++) {
        const box *b = &g_array_index(p->boxes, box, i);
        const double place[] = {(double)b->box.x0, (double)b->box.y0, (double)b->box.x1,
                                (double)b->box.y1};
        if (b->wrong)
            continue;
        nn_yolo_print(&text, (int)b->box.label, place, p->width, p->height, (double)b->box.score);
        nn_buffer_add(&text, "\n", 1);
    }
    const nn_status status = nn_buffer_save(&text, path, err);
    nn_buffer_release(&text);
    return status;
}

static void mark_wrong(record *p, const nn_box *wrong, unsigned id)
{
    for (guint i = 0; i < p->boxes->len; i++) {
        box *b = &g_array_index(p->boxes, box, i);
        if (b->box.label == wrong->label && nn_box_iou(&b->box, wrong) > 0.99f) {
            b->wrong = true;
            b->said = id;
            return;
        }
    }
}

// Removes a feedback and returns its record; NULL when it is too old.
static record *withdraw(app_feedback *f, unsigned id)
{
    for (unsigned i = 1; i <= LAST; i++) { // newest first
        record *p = &f->records[(f->next - i) % LAST];
        for (guint k = 0; p->name && k < p->boxes->len; k++) {
            box *b = &g_array_index(p->boxes, box, k);
            if (b->said != id || id == 0)
                continue;
            if (!b->wrong)
                g_array_remove_index(p->boxes, k); // it was drawn by hand
            else
                *b = (box){.box = b->box};
            return p;
        }
    }
    return NULL;
}

static nn_status write_journal(app_feedback *f, const record *p, const vp_feedback *said,
                               nn_error *err)
{
    static const char *const verdicts[] = {"wrong", "missed", "withdrawn"};
    const float sides[] = {said->box.x0, said->box.y0, said->box.x1, said->box.y1};
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *time = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
    g_autofree char *image = g_strdup_printf("images/%s.jpg", p->name);
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "time", time);
    cJSON_AddStringToObject(o, "verdict", verdicts[said->verdict]);
    cJSON_AddNumberToObject(o, "id", said->id);
    cJSON_AddStringToObject(o, "image", image);
    cJSON_AddStringToObject(o, "class", said->label);
    cJSON_AddItemToObject(o, "box", cJSON_CreateFloatArray(sides, 4));
    cJSON_AddNumberToObject(o, "score", said->box.score);
    cJSON_AddStringToObject(o, "model", said->still.model ? said->still.model : "");
    char *line = cJSON_PrintUnformatted(o);
    cJSON_Delete(o);
    if (!line)
        return nn_fail(err, NN_ENOMEM, "no memory for a line of feedback");
    g_autofree char *valid = g_utf8_make_valid(line, -1);
    const bool ok = fprintf(f->journal, "%s\n", valid) > 0 && fflush(f->journal) == 0;
    cJSON_free(line);
    return ok ? NN_OK
              : nn_fail(err, NN_EIO, "%s/feedback.jsonl: cannot write: %s", f->dir,
                        strerror(errno));
}

nn_status app_feedback_add(app_feedback *f, const vp_feedback *said, nn_error *err)
{
    bool grown = false;
    nn_status status = NN_OK;
    record *p =
        said->verdict == VP_WITHDRAWN ? withdraw(f, said->id) : find_record(f, &said->still);
    if (!p && said->verdict == VP_WITHDRAWN)
        return nn_fail(err, NN_ENOTFOUND, "too old to be taken back: see %s/labels", f->dir);
    if (!p) {
        p = &f->records[f->next++ % LAST];
        status = new_record(f, p, &said->still, &grown, err);
        if (status != NN_OK) {
            release_record(p);
            return status;
        }
    }
    box b = {.box = said->box, .said = said->id};
    b.box.label = number_of(f, said->label, &grown);
    if (said->verdict == VP_WRONG)
        mark_wrong(p, &b.box, said->id);
    else if (said->verdict == VP_MISSED)
        g_array_append_val(p->boxes, b);
    if (status == NN_OK && grown)
        status = write_classes(f, err);
    if (status == NN_OK)
        status = write_labels(f, p, err);
    return status == NN_OK ? write_journal(f, p, said, err) : status;
}
