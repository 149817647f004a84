// SPDX-License-Identifier: MIT
// Labels an input: from opening it to the final report.
#include "app/label/label.h"

#include "app/cli/claim.h"
#include "app/cli/folder.h"
#include "app/label/run.h"
#include "app/label/write.h"
#include "nn/data/folder.h"
#include "pipeline/input.h"

#include <string.h>
#include <sys/stat.h>

void label_outcome_release(label_outcome *o)
{
    label_detections_release(&o->detections);
    if (o->set.boxes)
        label_set_release(&o->set);
    nn_names_release(&o->classes);
    g_free(o->chosen);
    g_free(o->video);
    *o = (label_outcome){0};
}

// The settings that the detections depend on, in one line.
static char *settings_of(const label_work *w)
{
    const label_options *o = w->o;
    const label_teachers_options *t = &o->teachers;
    GString *text = g_string_new(o->input);
    g_string_append(text, " | teachers");
    for (int i = 0; i < label_teachers_count(w->teachers); i++)
        g_string_append_printf(text, " %s", label_teachers_name(w->teachers, i));
    g_string_append_printf(text, " | classes");
    const nn_names *classes = label_teachers_classes(w->teachers);
    for (int i = 0; i < classes->count; i++)
        g_string_append_printf(text, " %s", classes->name[i]);
    g_string_append_printf(text, " | map %s | scales", t->map ? t->map : "");
    for (int i = 0; i < t->scale_count; i++)
        g_string_append_printf(text, " %g", t->scales[i]);
    if (t->scale_count == 0)
        g_string_append(text, " by size");
    g_string_append_printf(text, " | tiles %dx%d %g | mirror %d | least %g | fuse %g %g %g",
                           t->tiles_x, t->tiles_y, t->overlap, t->mirror, t->least,
                           (double)t->fuse.iou, (double)t->fuse.agree, (double)t->fuse.same);
    g_string_append_printf(text, " | from %d every %d", o->first, o->every);
    for (char *c = text->str; *c; c++)
        if (*c == '\n' || *c == '\r')
            *c = ' ';
    return g_string_free(text, FALSE);
}

// Whether two paths are the same folder: old output is removed, but never the input.
static bool is_same_folder(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

// Lists the pictures of the folder itself, or of its images/.
static nn_status list_pictures(label_work *w, nn_error *err)
{
    nn_names names = {0};
    if (is_same_folder(w->o->input, w->o->out))
        return nn_fail(err, NN_EINVAL,
                       "--out %s contains the input pictures; choose another folder", w->o->out);
    w->folder = nn_folder_has(w->o->input, "images") ? g_build_filename(w->o->input, "images", NULL)
                                                     : g_strdup(w->o->input);
    nn_status status = nn_folder_list(&names, w->folder, nn_folder_pictures, err);
    if (status == NN_OK && names.count == 0)
        status = nn_fail(err, NN_ENOTFOUND, "%s: no picture (" NN_IMAGE_KINDS ") in it", w->folder);
    w->names = g_new0(char *, names.count + 1);
    for (int i = 0; i < names.count; i++)
        w->names[i] = g_strdup(names.name[i]);
    nn_names_release(&names);
    return status;
}

// GIF and WebP may be animated.
static bool is_single(const vp_input *input, const char *text)
{
    return vp_input_is_single(input) && !nn_folder_ends(text, ".gif.webp");
}

bool label_is_picture(const char *text)
{
    vp_input input;
    if (vp_input_parse(&input, text, NULL) != NN_OK)
        return false;
    const bool single = is_single(&input, text);
    vp_input_release(&input);
    return single;
}

static nn_status open_input(label_work *w, nn_error *err)
{
    vp_input input;
    if (g_file_test(w->o->input, G_FILE_TEST_IS_DIR))
        return list_pictures(w, err);
    nn_status status = vp_input_parse(&input, w->o->input, err);
    if (status != NN_OK)
        return status;
    if (is_single(&input, w->o->input))
        status = nn_fail(err, NN_EINVAL, "%s is a single picture; give its folder", w->o->input);
    else if (input.live || input.kind == VP_INPUT_TEST)
        status = label_record(w, err);
    else
        w->out->video = g_strdup(w->o->input);
    vp_input_release(&input);
    return status;
}

static bool is_there(const label_options *o, const char *name)
{
    g_autofree char *path = g_build_filename(o->out, name, NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

// Takes the output folder. An interrupted run is continued. Finished labels, which the user may
// have corrected, and files of other programs are replaced only with --force.
static nn_status claim(const label_options *o, nn_error *err)
{
    static const char *const finished[] = {"report.json", NULL}, *const others[] = {
                                                                     "labels", "labels.txt",
                                                                     "classes.txt", NULL};
    const char *const *mark = is_there(o, "teacher-boxes.txt") ? finished : others;
    while (*mark && !is_there(o, *mark))
        mark++;
    return *mark ? app_claim_folder("--out", o->out, *mark, o->force, err) : NN_OK;
}

static nn_status check(const label_options *o, nn_error *err)
{
    if (!o->out || !*o->out)
        return nn_fail(err, NN_EINVAL, "--out DIR is missing");
    if (!(o->link.ignore > 0 && o->link.ignore <= o->link.keep && o->link.keep < 1))
        return nn_fail(err, NN_EINVAL,
                       "--ignore %g and --threshold %g: wanted is 0 < ignore <= threshold < 1",
                       o->link.ignore, o->link.keep);
    if (o->format == LABEL_MOT && g_file_test(o->input, G_FILE_TEST_IS_DIR))
        return nn_fail(err, NN_EINVAL, "--format mot is for videos");
    const nn_status status = claim(o, err);
    return status == NN_OK ? app_folder_take("--out", o->out, err) : status;
}

static void print_note(void *ctx, const char *line)
{
    (void)ctx;
    app_progress_note(line);
}

static nn_status prepare(label_work *w, nn_error *err)
{
    nn_status status = check(w->o, err);
    if (status == NN_OK)
        status =
            label_teachers_open(&w->teachers, &w->o->teachers, (nn_notes){print_note, NULL}, err);
    if (status == NN_OK)
        status = open_input(w, err);
    if (status != NN_OK)
        return status;
    g_autofree char *path = g_build_filename(w->o->out, "teacher-boxes.txt", NULL);
    g_autofree char *settings = settings_of(w);
    status = label_detections_open(&w->out->detections, path, settings,
                                   label_teachers_classes(w->teachers)->count, err);
    return status;
}

static nn_status link_all(label_work *w, nn_error *err)
{
    label_outcome *out = w->out;
    label_link_options o = w->o->link;
    o.video = !w->names;
    o.lost = MAX(o.lost, 2 * out->every);
    nn_status status = label_link(&out->set, &out->detections, &o, err);
    if (status == NN_OK)
        status = label_used_classes(&out->set, label_teachers_classes(w->teachers), &out->classes,
                                    out->to, err);
    if (status == NN_OK && out->classes.count == 0 && out->stopped)
        status = nn_fail(err, NN_EIO,
                         "%s: stopped after %d pictures, on which nothing was found; the same "
                         "command goes on",
                         w->o->input, (int)out->detections.pictures->len);
    else if (status == NN_OK && out->classes.count == 0)
        status = nn_fail(err, NN_EINVAL,
                         "%s: the teachers found nothing with a score of %g on %d pictures; lower "
                         "--threshold, or use another --teacher",
                         w->o->input, o.keep, (int)out->detections.pictures->len);
    return status;
}

nn_status label_run(const label_options *o, const volatile sig_atomic_t *stop, label_outcome *out,
                    nn_error *err)
{
    label_work w = {.o = o, .stop = stop, .out = out};
    *out = (label_outcome){0};
    nn_status status = prepare(&w, err);
    if (status == NN_OK)
        status = label_run_teachers(&w, err);
    if (status == NN_OK)
        status = link_all(&w, err);
    if (status == NN_OK)
        status = label_output(&w, err);
    label_teachers_free(w.teachers);
    g_strfreev(w.names);
    g_free(w.folder);
    return status;
}
