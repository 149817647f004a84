// SPDX-License-Identifier: MIT
// neroscale upscale: enlarges pictures and videos with a network.
#include "app/cli/arguments.h"
#include "app/cli/claim.h"
#include "app/cli/folder.h"
#include "app/cli/interrupt.h"
#include "app/cli/option_table.h"
#include "app/commands/command.h"
#include "app/upscale/upscale_files.h"
#include "nn/data/folder.h"
#include "nn/io/image/image.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

static const char SUMMARY[] =
    "Enlarges pictures and videos with a network that was trained for it (train --task upscale).\n"
    "\n"
    "IN is a picture, a folder of pictures or a video; OUT is a picture (.png, .jpg), a folder or "
    "a\n"
    "video (.mp4, .mkv; without sound) to match. PNG keeps transparent pixels, grey stays grey.\n"
    "\n"
    "Examples:\n"
    "  neroscale upscale zoom2 small.jpg large.png\n"
    "  neroscale upscale zoom2 photos/ larger/\n"
    "  neroscale upscale zoom2 clip.mp4 clip-large.mp4\n"
    "  neroscale eval zoom2 --data photos/          # PSNR and SSIM beside bicubic";

typedef struct upscale_options {
    int threads, quality;
    gboolean force;
} upscale_options;

typedef enum form { PICTURE, FOLDER, VIDEO } form;

static nn_status find_form(form *f, const char *in, const char *out, nn_error *err)
{
    static const char *const wants[] = {".png, .jpg or .jpeg", "a folder", ".mp4 or .mkv"};
    char head[32] = "";
    FILE *file = g_file_test(in, G_FILE_TEST_IS_REGULAR) ? fopen(in, "rb") : NULL;
    const size_t size = file ? fread(head, 1, sizeof head, file) : 0;
    if (file)
        fclose(file);
    // A damaged or missing one is told as such when it is read.
    const bool named = nn_folder_ends(in, nn_folder_pictures) && !strpbrk(in, ":*?[%");
    const bool picture = nn_image_kind(head, size) || named;
    *f = g_file_test(in, G_FILE_TEST_IS_DIR) ? FOLDER : picture ? PICTURE : VIDEO;
    const bool fits = *f == PICTURE  ? app_upscale_is_picture(out)
                      : *f == FOLDER ? !g_file_test(out, G_FILE_TEST_IS_REGULAR)
                                     : app_upscale_is_video(out);
    return fits ? NN_OK
                : nn_fail(err, NN_EINVAL, "%s is a %s, so OUT must be %s, not %s", in,
                          *f == PICTURE  ? "picture"
                          : *f == FOLDER ? "folder"
                                         : "video",
                          wants[*f], out);
}

// Folders are asked for as a whole; nothing in them is lost unasked.
static nn_status claim(form f, const char *in, const char *out, bool force, nn_error *err)
{
    if (f != FOLDER)
        return app_claim("OUT", out, force, err);
    g_autofree char *a = g_canonicalize_filename(in, NULL), *b = g_canonicalize_filename(out, NULL);
    g_autoptr(GDir) dir = g_dir_open(out, 0, NULL);
    if (strcmp(a, b) == 0)
        return nn_fail(err, NN_EINVAL, "OUT is the folder %s itself", in);
    if (dir && g_dir_read_name(dir) && !force)
        return nn_fail(err, NN_EINVAL, "OUT: the folder %s is not empty (--force)", out);
    return app_folder_make("OUT", out, err);
}

static nn_status upscale(app_upscale *u, form f, const char *in, const char *out, nn_error *err)
{
    int failed = 0;
    nn_status status = f == PICTURE  ? app_upscale_picture(u, in, out, err)
                       : f == FOLDER ? app_upscale_folder(u, in, out, &failed, err)
                                     : app_upscale_video(u, in, out, err);
    if (status == NN_OK && failed > 0)
        status = nn_fail(err, NN_EFORMAT, "%d of the pictures could not be enlarged", failed);
    if (status == NN_OK || failed > 0)
        fprintf(stderr, "%s: %d %s, %d times as large%s\n", out, u->done,
                f == VIDEO     ? "frames"
                : u->done == 1 ? "picture"
                               : "pictures",
                nn_upscaler_factor(u->upscaler), *u->stop ? ", stopped" : "");
    return status;
}

static nn_status run(const upscale_options *o, char **argv, nn_error *err)
{
    form f;
    app_upscale u = {.quality = o->quality};
    nn_status status = find_form(&f, argv[2], argv[3], err);
    if (status == NN_OK)
        status = claim(f, argv[2], argv[3], o->force, err);
    const nn_upscaler_options how = {.threads = o->threads};
    if (status == NN_OK)
        status = nn_upscaler_open(&u.upscaler, argv[1], &how, err);
    if (status != NN_OK)
        return status;
    u.stop = app_interrupt_catch(NULL);
    status = upscale(&u, f, argv[2], argv[3], err);
    app_interrupt_leave();
    nn_upscaler_free(u.upscaler);
    return status;
}

int app_cmd_upscale(int argc, char **argv)
{
    upscale_options o = {.quality = 95};
    nn_error err = {0};
    const GOptionEntry entries[] = {APP_OPTION("threads", &o.threads, "0"),
                                    APP_OPTION("quality", &o.quality, "95"),
                                    APP_OPTION("force", &o.force, NULL), APP_OPTIONS_END};
    const app_arguments what = {.synopsis = "MODEL IN OUT", .summary = SUMMARY, .entries = entries};
    nn_status status = app_parse_arguments(&what, &argc, &argv, &err);
    if (status == NN_OK && argc != 4)
        status = nn_fail(&err, NN_EINVAL, "%s (try --help)",
                         argc < 2   ? "which model?"
                         : argc < 3 ? "which pictures?"
                         : argc < 4 ? "written to what?"
                                    : "one IN and one OUT");
    if (status == NN_OK)
        status = run(&o, argv, &err);
    return app_end(status, &err);
}
