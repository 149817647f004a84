// SPDX-License-Identifier: MIT
// Scripts for demonstrations and tests: keys and mouse from a file, and pictures of the window.
#include "app/annotate/editor_window.h"

#include "app/late_sdl.h"

#include <stdio.h>
#include <string.h>

const char ui_script_help[] =
    "Lines of a script (--script FILE; in memory unless SDL_VIDEODRIVER is set; positions are "
    "pixels\n"
    "of the window, or with @ of the picture):\n"
    "  key Ctrl+Z          type TEXT           wait MILLISECONDS    size WIDTHxHEIGHT\n"
    "  click X,Y           move X,Y            wheel X,Y STEPS      drag X,Y X,Y [BUTTON]\n"
    "  press X,Y           release X,Y         shot FILE.png        # a remark\n";

typedef struct Script {
    ui_window *window;
    ui_editor *editor;
    gint64 now; // milliseconds; the script advances it
} Script;

static void step(Script *s, int milliseconds)
{
    s->now += milliseconds;
    ui_window_step(s->window, s->now);
}

static bool press_key(Script *s, const char *text)
{
    static const struct {
        const char *name;
        SDL_Keymod mod;
    } mods[] = {{"Ctrl+", KMOD_LCTRL}, {"Alt+", KMOD_LALT}, {"Shift+", KMOD_LSHIFT}};
    SDL_Event event = {.type = SDL_KEYDOWN};
    unsigned mod = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(mods);)
        if (g_str_has_prefix(text, mods[i].name) && text[strlen(mods[i].name)]) {
            mod |= mods[i].mod;
            text += strlen(mods[i].name);
            i = 0; // in any order
        } else
            i++;
    event.key.state = SDL_PRESSED;
    event.key.keysym.sym = SDL_GetKeyFromName(text);
    event.key.keysym.mod = (Uint16)mod;
    if (event.key.keysym.sym == SDLK_UNKNOWN)
        return false;
    SDL_PushEvent(&event);
    event.type = SDL_KEYUP;
    event.key.state = SDL_RELEASED;
    if (event.key.keysym.sym != SDLK_SPACE) // space is held until the next drag
        SDL_PushEvent(&event);
    step(s, 20);
    return true;
}

static void type_text(Script *s, const char *text)
{
    SDL_Event event = {.type = SDL_TEXTINPUT};
    g_strlcpy(event.text.text, text, sizeof event.text.text);
    SDL_PushEvent(&event);
    step(s, 20);
}

// Parses "X,Y" or "@X,Y"; false for other texts.
static bool read_place(const Script *s, const char *text, int *x, int *y)
{
    double px, py;
    int used = 0;
    const bool picture = text && *text == '@';
    if (!text || sscanf(text + picture, "%lf,%lf%n", &px, &py, &used) != 2 ||
        text[picture + used] != '\0')
        return false;
    const ui_editor *e = s->editor;
    *x = (int)(picture ? e->left + px * e->zoom + 0.5 : px);
    *y = (int)(picture ? e->top + py * e->zoom + 0.5 : py);
    return true;
}

static void push_motion(int x, int y)
{
    SDL_Event event = {.type = SDL_MOUSEMOTION};
    event.motion.x = x;
    event.motion.y = y;
    SDL_PushEvent(&event);
}

static void push_button(int x, int y, int button, bool down)
{
    SDL_Event event = {.type = down ? SDL_MOUSEBUTTONDOWN : SDL_MOUSEBUTTONUP};
    event.button.button = (Uint8)button;
    event.button.state = down ? SDL_PRESSED : SDL_RELEASED;
    event.button.x = x;
    event.button.y = y;
    SDL_PushEvent(&event);
}

static bool drag(Script *s, char **words)
{
    int x0, y0, x1, y1;
    if (!read_place(s, words[1], &x0, &y0) || !read_place(s, words[1] ? words[2] : NULL, &x1, &y1))
        return false;
    const int button = words[3] ? (int)g_ascii_strtoll(words[3], NULL, 10) : 1;
    push_motion(x0, y0);
    push_button(x0, y0, button, true);
    push_motion((x0 + x1) / 2, (y0 + y1) / 2);
    push_motion(x1, y1);
    push_button(x1, y1, button, false);
    SDL_Event up = {.type = SDL_KEYUP};
    up.key.keysym.sym = SDLK_SPACE;
    SDL_PushEvent(&up);
    step(s, 20);
    return true;
}

static bool point(Script *s, char **words)
{
    int x, y;
    if (!read_place(s, words[1], &x, &y))
        return false;
    push_motion(x, y);
    if (strcmp(words[0], "press") == 0 || strcmp(words[0], "click") == 0)
        push_button(x, y, 1, true);
    if (strcmp(words[0], "release") == 0 || strcmp(words[0], "click") == 0)
        push_button(x, y, 1, false);
    if (strcmp(words[0], "wheel") == 0) {
        if (!words[2])
            return false;
        SDL_Event event = {.type = SDL_MOUSEWHEEL};
        event.wheel.preciseY = (float)g_ascii_strtod(words[2], NULL);
        event.wheel.y = (int)event.wheel.preciseY;
        SDL_PushEvent(&event);
    }
    step(s, 20);
    return true;
}

static nn_status run_line(Script *s, const char *line, nn_error *err)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    const char *word = words[0], *rest = line + strlen(word) + (line[strlen(word)] == ' ');
    int w, h, used = 0;
    bool good = *rest != '\0';
    if (strcmp(word, "key") == 0)
        good = good && press_key(s, rest);
    else if (strcmp(word, "type") == 0)
        type_text(s, rest);
    else if (strcmp(word, "wait") == 0)
        step(s, (int)g_ascii_strtoll(rest, NULL, 10));
    else if (strcmp(word, "drag") == 0)
        good = good && drag(s, words);
    else if (strcmp(word, "click") == 0 || strcmp(word, "move") == 0 ||
             strcmp(word, "press") == 0 || strcmp(word, "release") == 0 ||
             strcmp(word, "wheel") == 0)
        good = good && point(s, words);
    else if (strcmp(word, "shot") == 0 && good)
        return ui_window_shot(s->window, rest, err);
    else if (strcmp(word, "size") == 0 && sscanf(rest, "%dx%d%n", &w, &h, &used) == 2 &&
             rest[used] == '\0' && w >= 64 && h >= 64 && w <= 16384 && h <= 16384) {
        const nn_status status = ui_window_resize(s->window, w, h, err);
        if (status == NN_OK)
            step(s, 20);
        return status;
    } else
        good = false;
    return good ? NN_OK : nn_fail(err, NN_EINVAL, "'%s' is not understood (see --help)", line);
}

nn_status ui_script_run(ui_window *w, ui_editor *e, const char *path, nn_error *err)
{
    g_autofree char *text = NULL;
    GError *error = NULL;
    Script s = {w, e, 1};
    if (!g_file_get_contents(path, &text, NULL, &error)) {
        const nn_status status = nn_fail(err, NN_EIO, "%s", error->message);
        g_error_free(error);
        return status;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    step(&s, 0);
    for (int i = 0; lines[i] && !e->quit; i++) {
        const char *line = g_strchomp(lines[i]);
        if (*line == '\0' || *line == '#')
            continue;
        const nn_status status = run_line(&s, line, err);
        if (status != NN_OK)
            return nn_fail_prefix(err, status, "%s:%d", path, i + 1);
    }
    return NN_OK;
}
