// SPDX-License-Identifier: MIT
// Writes and says what an inspection of a training sees.
#include "app/train/train_inspect.h"

#include "app/cli/progress.h"
#include "app/report/report_inspect.h"
#include "nn/io/file.h"

#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

#define DRAW_PART 0.1 // largest fraction of the time for drawing

// Keeps the lines of an earlier run up to its step; others are dropped from the file.
static nn_status keep_lines(app_inspect *n, int64_t step, nn_error *err)
{
    g_autofree char *text = NULL;
    GString *kept = g_string_new(NULL);
    if (step > 0)
        g_file_get_contents(n->path, &text, NULL, NULL);
    for (const char *line = text; line && *line;) {
        const size_t size = strcspn(line, "\n");
        const int before = n->record.count;
        if (line[size] == '\n' &&
            app_inspect_record_read(&n->record, line, size, step, NULL) == NN_OK &&
            n->record.count > before)
            g_string_append_len(kept, line, (gssize)size + 1);
        line += size + (line[size] == '\n');
    }
    const nn_status status = nn_file_write(n->path, &(nn_file_part){kept->str, kept->len}, 1, err);
    g_string_free(kept, TRUE);
    return status;
}

nn_status app_inspect_open(app_inspect *n, const char *work, nn_trainer *trainer,
                           nn_dataset *pictures, nn_error *err)
{
    n->path = g_build_filename(work, "inspect.jsonl", NULL);
    n->picture = g_build_filename(work, "inspect.png", NULL);
    const nn_status status = keep_lines(n, nn_trainer_steps_done(trainer), err);
    return status == NN_OK ? nn_inspection_new(&n->seen, trainer, pictures, err) : status;
}

static nn_status append(const char *path, const char *line, nn_error *err)
{
    FILE *file = fopen(path, "a");
    const bool ok = file && fputs(line, file) != EOF && fputc('\n', file) != EOF;
    if (file && fclose(file) == 0 && ok)
        return NN_OK;
    return nn_fail(err, NN_EIO, "%s: %s", path, strerror(errno));
}

// One line at first, and when there are a quarter more bad channels than when one was said.
static void say(app_inspect *n, const nn_train_state *s)
{
    char line[NN_INSPECT_LINE], text[NN_INSPECT_LINE + 32];
    int bad = 0;
    for (int i = 0; i < nn_inspection_count(n->seen); i++)
        bad += nn_inspection_at(n->seen, i)->dead + nn_inspection_at(n->seen, i)->saturated;
    if (bad <= n->said + n->said / 4 || !nn_inspection_say(n->seen, line))
        return;
    g_snprintf(text, sizeof text, "epoch %d: %s", s->epoch, line);
    app_progress_note(text);
    n->said = bad;
}

nn_status app_inspect_step(app_inspect *n, const nn_train_state *s, nn_error *err)
{
    bool looked = false;
    if (!n->seen)
        return NN_OK;
    nn_status status = nn_inspection_step(n->seen, s, &looked, err);
    if (status != NN_OK || !looked)
        return status;
    g_autofree char *line = NULL;
    status = app_inspect_record_add(&n->record, n->seen, s, &line, err);
    if (status == NN_OK)
        status = append(n->path, line, err);
    if (status == NN_OK)
        say(n, s);
    return status;
}

void app_inspect_draw(app_inspect *n, const char *title, bool always)
{
    nn_error err = {0};
    const double began = app_now();
    if (!n->seen || n->cannot_draw || n->record.count == 0 ||
        (!always && n->draw_seconds > DRAW_PART * (began - n->drawn)))
        return;
    if (app_report_inspect(&n->record, title, n->picture, &err) != NN_OK) {
        fprintf(stderr, "note: no picture of --inspect is drawn: %s\n", err.text);
        n->cannot_draw = true;
    }
    n->drawn = app_now();
    n->draw_seconds = n->drawn - began;
}

void app_inspect_close(app_inspect *n)
{
    nn_inspection_free(n->seen);
    app_inspect_record_release(&n->record);
    g_free(n->path);
    g_free(n->picture);
    *n = (app_inspect){0};
}
