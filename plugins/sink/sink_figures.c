// SPDX-License-Identifier: MIT
// Writes frames per second, and what inference costs and has found.
#include "plugins/sink/sink_figures.h"

static const char *ending(guint n)
{
    static const char *const endings[] = {"th", "st", "nd", "rd"};
    return n % 100 / 10 != 1 && n % 10 < 4 ? endings[n % 10] : endings[0];
}

void nero_figures_write(const NeroFigures *f, char *line, gsize size)
{
    g_autoptr(GString) s = g_string_new(NULL);
    const nn_result *r = f->result;
    if (f->rate > 0)
        g_string_append_printf(s, "%.1f fps   ", f->rate);
    if (r)
        g_string_append_printf(s, "%.1f ms", (double)r->infer_ms);
    if (r && r->input_width > 0)
        g_string_append_printf(s, " at %dx%d", r->input_width, r->input_height);
    if (r && f->interval > 1)
        g_string_append_printf(s, "   every %u%s frame", f->interval, ending(f->interval));
    if (r && f->skipped > 0)
        g_string_append_printf(s, "%s%" G_GUINT64_FORMAT " skipped", f->interval > 1 ? ", " : "   ",
                               f->skipped);
    if (r && r->map.width == 0)
        g_string_append_printf(s, "   %d found", r->count);
    g_strlcpy(line, s->str, size);
}
