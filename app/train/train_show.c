// SPDX-License-Identifier: MIT
// Progress bars and lines of a training: loss, scores, pictures a second, learning rate, time left.
#include "app/train/train_show.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

#define WAIT_WORTH 0.05 // fraction of the time spent waiting for pictures from which it is shown

void app_train_show_step(app_train *t, const nn_train_state *s)
{
    char text[160], best[64] = "", part[32] = "";
    if (t->shown_epoch != s->epoch) {
        snprintf(text, sizeof text, "epoch %d/%d", s->epoch, s->epochs);
        app_progress_begin(&t->progress, text, s->epoch_step - s->counted, s->epoch_steps);
        t->progress.started = app_now() - s->epoch_seconds;
        t->progress.between = APP_PROGRESS_SELDOM;
        t->shown_epoch = s->epoch;
    }
    if (s->best_epoch > 0)
        snprintf(best, sizeof best, "  best %s %.4f",
                 t->model->card.sigmoid && t->say->worth_of_several ? t->say->worth_of_several
                                                                    : t->say->worth_name,
                 s->best);
    if (t->say->step_part)
        snprintf(part, sizeof part, t->say->step_part, s->part[0]);
    snprintf(text, sizeof text, "loss %.4f%s%s  %.1f images/s%s", s->loss, *part ? "  " : "", part,
             s->images_per_second, best);
    app_progress_show(&t->progress, s->epoch_step, text);
}

void app_train_show_validation(void *ctx, int done, int total)
{
    app_train *t = ctx;
    if (done < 0) {
        app_progress_wait(&t->progress, "validating");
    } else if (done > 0) {
        app_progress_late(&t->progress, done, "pictures");
    } else {
        app_progress_clear(&t->progress);
        app_progress_begin(&t->progress, "validation", 0, total);
        t->progress.between = APP_PROGRESS_SELDOM;
    }
}

// A part of a line, and its importance.
typedef struct piece {
    int rank; // parts with a high rank are left out first; 0: never
    char *text;
} piece;

static void add(GArray *pieces, int rank, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void add(GArray *pieces, int rank, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const piece one = {rank, g_strdup_vprintf(format, args)};
    va_end(args);
    g_array_append_val(pieces, one);
}

// The parts of the loss that this network has.
static char *describe_loss(const app_train *t, const nn_train_state *s)
{
    GString *text = g_string_new(NULL);
    for (int i = 0; i < 2; i++) {
        if (i == 0 && t->say->part_may_lack && s->part[0] == 0)
            continue;
        g_string_append(text, text->len ? ", " : "");
        g_string_append_printf(text, t->say->loss_parts[i], s->part[i]);
    }
    if (t->features)
        g_string_append_printf(text, ", features %.4f", s->features);
    else if (t->quantized.fake && t->o.trainer.exact_part > 0)
        g_string_append_printf(text, ", to float32 %.4f", s->features);
    return g_string_free(text, FALSE);
}

static GArray *make_pieces(const app_train *t, const nn_train_state *s)
{
    GArray *p = g_array_new(FALSE, FALSE, sizeof(piece));
    char text[128];
    g_autofree char *parts = describe_loss(t, s);
    add(p, 0, "epoch %d/%d", s->epoch, s->epochs);
    add(p, 0, "  loss %.4f", s->loss);
    add(p, 6, " (%s)", parts);
    if (s->score) {
        add(p, 3, "  validation");
        add(p, 1, "  %s", app_task_describe(t->say, s->score, text, sizeof text));
        if (s->best_epoch == s->epoch)
            add(p, 0, "  best");
    }
    add(p, 4, "  %.1f images/s", s->images_per_second);
    if (s->waited >= WAIT_WORTH)
        add(p, 7, " (%.0f %% of the time waiting for pictures)", 100 * s->waited);
    add(p, 5, "  rate %.3g", s->rate);
    if (s->epoch < s->epochs)
        add(p, 2, "  %s left", app_format_seconds(s->seconds_left, text, sizeof text));
    return p;
}

// Leaves out parts until the line fits into `columns`; 0: no limit.
static void shorten(GArray *pieces, int columns)
{
    for (;;) {
        size_t length = 0;
        guint easiest = 0;
        for (guint i = 0; i < pieces->len; i++) {
            length += strlen(g_array_index(pieces, piece, i).text);
            if (g_array_index(pieces, piece, i).rank > g_array_index(pieces, piece, easiest).rank)
                easiest = i;
        }
        piece *out = &g_array_index(pieces, piece, easiest);
        if (columns <= 0 || length <= (size_t)columns || out->rank == 0)
            return;
        g_free(out->text);
        g_array_remove_index(pieces, easiest);
    }
}

void app_train_show_epoch(app_train *t, const nn_train_state *s)
{
    GArray *pieces = make_pieces(t, s);
    shorten(pieces, app_progress_columns() - 1); // some terminals wrap after the last column
    app_progress_clear(&t->progress);
    for (guint i = 0; i < pieces->len; i++) {
        fputs(g_array_index(pieces, piece, i).text, stderr);
        g_free(g_array_index(pieces, piece, i).text);
    }
    fputc('\n', stderr);
    g_array_unref(pieces);
    if (s->skipped)
        fprintf(stderr, "note: %d steps skipped, their gradient was not finite\n", s->skipped);
}
