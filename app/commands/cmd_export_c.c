// SPDX-License-Identifier: MIT
// neroscale export-c: writes a model as a C program for microcontrollers.
#include "app/cli/arguments.h"
#include "app/cli/files.h"
#include "app/cli/image_size.h"
#include "app/cli/open_model.h"
#include "app/cli/option_table.h"
#include "app/cli/output.h"
#include "app/commands/command.h"
#include "nn/export_c/export_c.h"
#include "po/translate.h"

#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

static const char SUMMARY[] = N_(
    "Writes a model as a C99 program for computers without an operating system: NAME.c with the\n"
    "weights as constants, NAME.h, and NAME_test.c, a main with an input and the outputs that are\n"
    "right for it. The program has one static memory of known size, allocates nothing, and calls\n"
    "memcpy alone.\n"
    "\n"
    "A model of 'neroscale quantize' becomes a program in 8 bits whose outputs are those of the\n"
    "engine bit by bit; it takes the bytes of a picture. Others become programs in float32, which\n"
    "need four times the memory. Processors with DSP instructions (Cortex-M4, M7, M33) use them.\n"
    "\n"
    "A layer that has no form in C is named, and nothing is written. assets/EDGE.md lists "
    "operators,\n"
    "memory and speed.\n"
    "\n"
    "Examples:\n"
    "  neroscale quantize mine.safetensors --data pictures --out mine8.safetensors\n"
    "  neroscale export-c mine8.safetensors --out firmware/net\n"
    "  neroscale export-c mine8.safetensors --size 96x96 --name gate --out firmware/net\n"
    "  cc -std=c99 -O2 firmware/net/gate*.c -o gate && ./gate");

enum { NAME_SIZE = 41, FILES = 3 };

typedef struct exporting {
    char *out, *name, *size;
    gboolean force;
    int width, height;
    char *paths[FILES];
} exporting;

static const char *const endings[FILES] = {".c", ".h", "_test.c"};

// The name of the model's file as a C identifier, which begins with a letter.
static char *name_of(const char *model)
{
    g_autofree char *base = g_path_get_basename(model);
    char *dot = strrchr(base, '.');
    if (dot && dot != base)
        *dot = '\0';
    GString *name = g_string_new(g_ascii_isalpha(base[0]) ? "" : "net_");
    for (const char *c = base; *c && name->len < NAME_SIZE - 1; c++)
        g_string_append_c(name, g_ascii_isalnum(*c) ? *c : '_');
    return g_string_free(name, FALSE);
}

static nn_status check(exporting *e, int argc, char **argv, nn_error *err)
{
    app_files files = {0};
    nn_status status = app_check_one_model(argc, err);
    if (status == NN_OK && !e->out)
        status = nn_fail(err, NN_EINVAL, "--out DIR is missing");
    if (status == NN_OK)
        status = app_parse_size("--size", e->size, &e->width, &e->height, err);
    if (status != NN_OK)
        return status;
    if (!e->name)
        e->name = name_of(argv[1]);
    app_files_read(&files, "MODEL", argv[1]);
    for (int i = 0; i < FILES; i++) {
        g_autofree char *file = g_strconcat(e->name, endings[i], NULL);
        e->paths[i] = g_build_filename(e->out, file, NULL);
        app_files_write(&files, "--out", e->paths[i]);
    }
    return app_files_claim(&files, e->force, err);
}

static nn_status parse(exporting *e, int *argc, char ***argv, nn_error *err)
{
    const GOptionEntry entries[] = {APP_OPTION("out", &e->out, NULL),
                                    APP_OPTION("name", &e->name, "the file's"),
                                    APP_OPTION("size", &e->size, "the model's"),
                                    APP_OPTION("force", &e->force, NULL), APP_OPTIONS_END};
    const app_arguments what = {.synopsis = "MODEL", .summary = SUMMARY, .entries = entries};
    const nn_status status = app_parse_arguments(&what, argc, argv, err);
    return status == NN_OK ? check(e, *argc, *argv, err) : status;
}

static nn_status write_text(app_output *o, const nn_buffer *text, nn_error *err)
{
    if (fwrite(text->bytes, 1, text->size, o->file) == text->size && fflush(o->file) == 0)
        return NN_OK;
    return nn_fail(err, NN_EIO, "%s: write: %s", o->path, g_strerror(errno));
}

// All files are written before the first one gets its name.
static nn_status save(const exporting *e, const nn_export_c_files *files, nn_error *err)
{
    const nn_buffer *const texts[FILES] = {&files->source, &files->header, &files->test};
    app_output outputs[FILES] = {0};
    nn_status status = NN_OK;
    for (int i = 0; i < FILES && status == NN_OK; i++) {
        status = app_output_open(&outputs[i], e->paths[i], err);
        if (status == NN_OK)
            status = write_text(&outputs[i], texts[i], err);
    }
    for (int i = 0; i < FILES; i++)
        status = app_output_close(&outputs[i], status, err);
    if (status == NN_OK)
        printf("%s in %s: %.1f KiB of constants, %.1f KiB of memory, %.2f million "
               "multiply-accumulates a picture\n",
               e->paths[0], files->int8 ? "8 bits" : "float32",
               (double)files->constant_bytes / 1024, (double)files->arena_bytes / 1024,
               files->macs / 1e6);
    return status;
}

static nn_status export_model(const exporting *e, const char *model, nn_error *err)
{
    const app_model_source from = {.name = model, .input_h = e->height, .input_w = e->width};
    const nn_export_c_options options = {
        .name = e->name, .input_h = e->height, .input_w = e->width};
    nn_export_c_files files = {0};
    nn_model *m = NULL;
    nn_status status = app_open_model(&m, &from, err);
    if (status == NN_OK)
        status = app_refuse_texts(m, model, err);
    if (status == NN_OK)
        status = nn_export_c(&files, m, &options, err);
    if (status == NN_OK)
        status = save(e, &files, err);
    nn_export_c_release(&files);
    nn_model_free(m);
    return status;
}

int app_cmd_export_c(int argc, char **argv)
{
    exporting e = {0};
    nn_error err = {0};
    nn_status status = parse(&e, &argc, &argv, &err);
    if (status == NN_OK)
        status = export_model(&e, argv[1], &err);
    g_free(e.out);
    g_free(e.name);
    g_free(e.size);
    for (int i = 0; i < FILES; i++)
        g_free(e.paths[i]);
    return app_end(status, &err);
}
