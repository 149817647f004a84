// SPDX-License-Identifier: MIT
// Writes what a first look should tell, and the figures behind it.
#include "plugins/sink/sink_figures.h"

#include "plugins/sink/sink_draw.h"
#include "po/translate.h"

#include <string.h>

static const char *ending(guint n)
{
    static const char *const endings[] = {"th", "st", "nd", "rd"};
    return n % 100 / 10 != 1 && n % 10 < 4 ? endings[n % 10] : endings[0];
}

void nero_figures_clock(char *text, gsize size, double seconds)
{
    const guint s = (guint)CLAMP(seconds, 0, 360000);
    if (s >= 3600)
        g_snprintf(text, size, "%u:%02u:%02u", s / 3600, s / 60 % 60, s % 60);
    else
        g_snprintf(text, size, "%u:%02u", s / 60, s % 60);
}

static gboolean is_one_of(char c, const char *letters)
{
    return c && strchr(letters, c) != NULL;
}

// Names of classes are those of the model. Of English ones the plural is known; in a window of
// another language they stay as they are.
void nero_figures_count(GString *to, guint count, const char *name)
{
    if (nero_is_translated()) {
        g_string_append_printf(to, "%u \xc3\x97 %s", count, name);
        return;
    }
    const gsize n = strlen(name);
    const char last = n > 0 ? name[n - 1] : '\0', before = n > 1 ? name[n - 2] : '\0';
    g_string_append_printf(to, "%u ", count);
    if (count == 1 || !g_ascii_islower(last))
        g_string_append(to, name);
    else if (last == 'y' && before && !is_one_of(before, "aeiou"))
        g_string_append_printf(to, "%.*sies", (int)n - 1, name);
    else if (is_one_of(last, "sxz") || (last == 'h' && is_one_of(before, "cs")))
        g_string_append_printf(to, "%ses", name);
    else
        g_string_append_printf(to, "%ss", name);
}

static void add_part(GString *line, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void add_part(GString *line, const char *format, ...)
{
    va_list args;
    if (line->len > 0)
        g_string_append(line, NERO_FIGURES_DOT);
    va_start(args, format);
    g_string_append_vprintf(line, format, args);
    va_end(args);
}

// How many of the three most frequent classes were found, and how many of others.
static void add_found(GString *line, const nn_result *r, const NeroLabels *labels)
{
    enum { NAMED = 3 };
    const int classes = MAX(nero_labels_count(labels), 1);
    g_autofree guint *count = g_new0(guint, (gsize)classes);
    guint left = 0;
    for (int i = 0; i < r->count; i++)
        if (!nero_draw_is_whole(r->frame_width, r->frame_height, &r->boxes[i])) {
            count[CLAMP(r->boxes[i].label, 0, classes - 1)]++;
            left++;
        }
    if (left == 0)
        return;
    add_part(line, "%s", "");
    for (int named = 0; left > 0; named++) {
        int most = 0;
        for (int i = 1; i < classes; i++)
            most = count[i] > count[most] ? i : most;
        const guint n = named < NAMED ? count[most] : left;
        if (named > 0)
            g_string_append(line, ", ");
        if (named < NAMED)
            nero_figures_count(line, n, nero_labels_name(labels, most));
        else
            g_string_append_printf(line, _("%u more"), n);
        left -= n;
        count[most] = 0;
    }
}

static void add_rate(GString *line, const NeroFigures *f)
{
    const char *state = f->paused ? _("PAUSED") : f->live ? _("LIVE") : "";
    if (f->source && *f->source)
        g_string_append(line, f->source);
    if (*state)
        g_string_append_printf(line, "%s%s", line->len > 0 ? " " : "", state);
    if (!f->paused && f->is->rate > 0 && !f->tiles)
        g_string_append_printf(line, "%s%.0f fps", line->len > 0 ? " " : "", f->is->rate);
}

void nero_figures_write(const NeroFigures *f, char *line, gsize size)
{
    g_autoptr(GString) s = g_string_new(NULL);
    char clock[24];
    if (f->lost >= 0) {
        nero_figures_clock(clock, sizeof clock, f->lost);
        if (f->source && *f->source)
            g_string_append(s, f->source);
        if (!f->told) {
            g_string_append(s, s->len > 0 ? " " : "");
            g_string_append_printf(s, _("NO SIGNAL %s"), clock);
        }
    } else {
        add_rate(s, f);
        if (f->result && f->result->infer_ms > 0)
            add_part(s, _("inference %.*f ms"), f->result->infer_ms < 1.95f ? 1 : 0,
                     (double)f->result->infer_ms);
        if (f->is->skips)
            add_part(s, _("only %.0f fps inferred"), f->is->infer_rate);
        if (f->live && f->delay >= 0)
            add_part(s, _("delay %.1f s"), f->delay);
        if (f->result && f->labels && f->result->map.width == 0)
            add_found(s, f->result, f->labels);
    }
    if (f->recording >= 0) {
        const guint t = (guint)f->recording;
        add_part(s, _("REC %02u:%02u"), t / 60, t % 60);
    }
    g_strlcpy(line, s->str, size);
}

static void add_interval(GString *s, guint interval)
{
    if (nero_is_translated()) // its ordinal numbers are not known
        g_string_append_printf(s, _(", every %u. frame"), interval);
    else
        g_string_append_printf(s, ", every %u%s frame", interval, ending(interval));
}

void nero_figures_details(const NeroFigures *f, char *text, gsize size)
{
    g_autoptr(GString) s = g_string_new(NULL);
    const NeroStatistics *is = f->is;
    const nn_result *r = f->result;
    if (r && is->p50 > 0)
        g_string_append_printf(s, _("inference p50 %.1f ms, p95 %.1f ms"), is->p50, is->p95);
    if (r && r->input_width > 0)
        g_string_append_printf(s, _(" at %dx%d"), r->input_width, r->input_height);
    if (s->len > 0)
        g_string_append_c(s, '\n');
    if (is->infer_rate > 0)
        g_string_append_printf(s, _("inferred %.1f of %.1f fps"), is->infer_rate, is->rate);
    if (is->infer_rate > 0 && is->interval > 1)
        add_interval(s, is->interval);
    if (is->skipped > 0) {
        g_autofree char *count = g_strdup_printf("%" G_GUINT64_FORMAT, is->skipped);
        g_string_append(s, is->infer_rate > 0 ? ", " : "");
        g_string_append_printf(s, _("%s skipped"), count);
    }
    if (is->infer_rate > 0 || is->skipped > 0)
        g_string_append_c(s, '\n');
    g_string_append_printf(s, _("processor %.2f cores, memory %.0f MB"), is->cores, is->memory);
    g_strlcpy(text, s->str, size);
}
