// SPDX-License-Identifier: MIT
// Writes history.csv row by row, so that it can be watched during training.
#include "app/train/history.h"

#include "nn/io/file.h"

#include <errno.h>
#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// The header and the rows up to `step` of an existing file; free with g_string_free.
static GString *keep_rows(const char *path, const nn_train_task *task, int64_t step)
{
    GString *kept = g_string_new(NULL);
    const nn_score_name *name = task->evaluator->scores;
    g_string_printf(kept, "step,epoch,rate,loss,%s,%s,grad_norm,images_per_second,seconds",
                    task->epoch_parts[0], task->epoch_parts[1]);
    for (int i = 0; name[i].key; i++)
        if (name[i].column)
            g_string_append_printf(kept, ",%s", name[i].column);
    g_string_append_c(kept, '\n');
    char *text = NULL;
    if (step <= 0 || !g_file_get_contents(path, &text, NULL, NULL))
        return kept;
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n");
        char *end;
        long long row = strtoll(line, &end, 10);
        if (end != line && line[n] == '\n' && row <= step)
            g_string_append_len(kept, line, (gssize)n + 1);
        line += n + (line[n] == '\n');
    }
    g_free(text);
    return kept;
}

nn_status app_history_open(app_history *h, const char *dir, const nn_train_task *task, int64_t step,
                           nn_error *err)
{
    *h = (app_history){.path = g_build_filename(dir, "history.csv", NULL), .task = task};
    GString *kept = keep_rows(h->path, task, step);
    nn_status status = nn_file_write(h->path, &(nn_file_part){kept->str, kept->len}, 1, err);
    g_string_free(kept, TRUE);
    if (status == NN_OK && !(h->file = fopen(h->path, "a")))
        status = nn_fail(err, NN_EIO, "%s: %s", h->path, strerror(errno));
    if (status != NN_OK)
        app_history_close(h);
    return status;
}

nn_status app_history_add(app_history *h, const nn_train_state *s, nn_error *err)
{
    int n = fprintf(h->file, "%lld,%.3f,%.6g,%.5f,%.5f,%.5f,%.4f,%.2f,%.1f", (long long)s->step,
                    (double)s->epoch, s->rate, s->loss, s->part[0], s->part[1], s->grad_norm,
                    s->images_per_second, s->seconds);
    for (int i = 0; h->task->evaluator->scores[i].key && n >= 0; i++)
        if (h->task->evaluator->scores[i].column)
            n = s->score && isfinite(s->score->value[i])
                    ? fprintf(h->file, ",%.4f", s->score->value[i])
                    : fprintf(h->file, ",");
    if (n < 0 || fputc('\n', h->file) == EOF || fflush(h->file) != 0)
        return nn_fail(err, NN_EIO, "%s: %s", h->path, strerror(errno));
    return NN_OK;
}

void app_history_close(app_history *h)
{
    if (h->file)
        fclose(h->file);
    g_free(h->path);
    *h = (app_history){0};
}
