// SPDX-License-Identifier: MIT
// Tables of X's names of keys (X11/keysymdef.h, as XKeysymToString gives them).
#include "plugins/sink/sink_keys.h"

static const struct {
    SDL_Keycode key;
    const char *name;
} keys[] = {
    {SDLK_RETURN, "Return"},
    {SDLK_ESCAPE, "Escape"},
    {SDLK_BACKSPACE, "BackSpace"},
    {SDLK_TAB, "Tab"},
    {SDLK_DELETE, "Delete"},
    {SDLK_INSERT, "Insert"},
    {SDLK_HOME, "Home"},
    {SDLK_END, "End"},
    {SDLK_PAGEUP, "Prior"},
    {SDLK_PAGEDOWN, "Next"},
    {SDLK_LEFT, "Left"},
    {SDLK_RIGHT, "Right"},
    {SDLK_UP, "Up"},
    {SDLK_DOWN, "Down"},
    {SDLK_CAPSLOCK, "Caps_Lock"},
    {SDLK_NUMLOCKCLEAR, "Num_Lock"},
    {SDLK_SCROLLLOCK, "Scroll_Lock"},
    {SDLK_PRINTSCREEN, "Print"},
    {SDLK_PAUSE, "Pause"},
    {SDLK_APPLICATION, "Menu"},
    {SDLK_MENU, "Menu"},
    {SDLK_HELP, "Help"},
    {SDLK_UNDO, "Undo"},
    {SDLK_AGAIN, "Redo"},
    {SDLK_FIND, "Find"},
    {SDLK_SELECT, "Select"},
    {SDLK_EXECUTE, "Execute"},
    {SDLK_CANCEL, "Cancel"},
    {SDLK_SYSREQ, "Sys_Req"},
    {SDLK_LSHIFT, "Shift_L"},
    {SDLK_RSHIFT, "Shift_R"},
    {SDLK_LCTRL, "Control_L"},
    {SDLK_RCTRL, "Control_R"},
    {SDLK_LALT, "Alt_L"},
    {SDLK_RALT, "Alt_R"},
    {SDLK_LGUI, "Super_L"},
    {SDLK_RGUI, "Super_R"},
    {SDLK_MODE, "Mode_switch"},
    {SDLK_KP_ENTER, "KP_Enter"},
    {SDLK_KP_PLUS, "KP_Add"},
    {SDLK_KP_MINUS, "KP_Subtract"},
    {SDLK_KP_MULTIPLY, "KP_Multiply"},
    {SDLK_KP_DIVIDE, "KP_Divide"},
    {SDLK_KP_EQUALS, "KP_Equal"},
    {SDLK_KP_PERIOD, "KP_Decimal"},
    {SDLK_KP_COMMA, "KP_Separator"},
    {SDLK_KP_0, "KP_0"},
    {SDLK_VOLUMEUP, "XF86AudioRaiseVolume"},
    {SDLK_VOLUMEDOWN, "XF86AudioLowerVolume"},
    {SDLK_AUDIOMUTE, "XF86AudioMute"},
    {SDLK_AUDIOPLAY, "XF86AudioPlay"},
    {SDLK_AUDIOSTOP, "XF86AudioStop"},
    {SDLK_AUDIONEXT, "XF86AudioNext"},
    {SDLK_AUDIOPREV, "XF86AudioPrev"},
    {SDLK_AC_BACK, "XF86Back"},
    {SDLK_AC_FORWARD, "XF86Forward"},
};

// ASCII from the space on, apart from letters and digits, and Latin-1 from U+00A0 on.
static const char *const punctuation[] = {
    "space",     "exclam",     "quotedbl",  "numbersign", "dollar",   "percent",
    "ampersand", "apostrophe", "parenleft", "parenright", "asterisk", "plus",
    "comma",     "minus",      "period",    "slash",
};
static const char *const after_digits[] = {"colon",   "semicolon", "less", "equal",
                                           "greater", "question",  "at"};
static const char *const after_capitals[] = {"bracketleft", "backslash",  "bracketright",
                                             "asciicircum", "underscore", "grave"};
static const char *const after_letters[] = {"braceleft", "bar", "braceright", "asciitilde"};
static const char *const latin[] = {
    "nobreakspace",
    "exclamdown",
    "cent",
    "sterling",
    "currency",
    "yen",
    "brokenbar",
    "section",
    "diaeresis",
    "copyright",
    "ordfeminine",
    "guillemotleft",
    "notsign",
    "hyphen",
    "registered",
    "macron",
    "degree",
    "plusminus",
    "twosuperior",
    "threesuperior",
    "acute",
    "mu",
    "paragraph",
    "periodcentered",
    "cedilla",
    "onesuperior",
    "masculine",
    "guillemotright",
    "onequarter",
    "onehalf",
    "threequarters",
    "questiondown",
    "Agrave",
    "Aacute",
    "Acircumflex",
    "Atilde",
    "Adiaeresis",
    "Aring",
    "AE",
    "Ccedilla",
    "Egrave",
    "Eacute",
    "Ecircumflex",
    "Ediaeresis",
    "Igrave",
    "Iacute",
    "Icircumflex",
    "Idiaeresis",
    "ETH",
    "Ntilde",
    "Ograve",
    "Oacute",
    "Ocircumflex",
    "Otilde",
    "Odiaeresis",
    "multiply",
    "Oslash",
    "Ugrave",
    "Uacute",
    "Ucircumflex",
    "Udiaeresis",
    "Yacute",
    "THORN",
    "ssharp",
    "agrave",
    "aacute",
    "acircumflex",
    "atilde",
    "adiaeresis",
    "aring",
    "ae",
    "ccedilla",
    "egrave",
    "eacute",
    "ecircumflex",
    "ediaeresis",
    "igrave",
    "iacute",
    "icircumflex",
    "idiaeresis",
    "eth",
    "ntilde",
    "ograve",
    "oacute",
    "ocircumflex",
    "otilde",
    "odiaeresis",
    "division",
    "oslash",
    "ugrave",
    "uacute",
    "ucircumflex",
    "udiaeresis",
    "yacute",
    "thorn",
    "ydiaeresis",
};

static gboolean from_table(gunichar c, gunichar first, const char *const *table, gsize count,
                           char *name)
{
    if (c < first || c >= first + count)
        return FALSE;
    g_strlcpy(name, table[c - first], NERO_KEY_NAME);
    return TRUE;
}

static gboolean name_character(gunichar c, char *name)
{
    if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c > 0x10ffff)
        return FALSE;
    if (c < 0x80 && g_ascii_isalnum((char)c))
        g_snprintf(name, NERO_KEY_NAME, "%c", (char)c);
    else if (!from_table(c, ' ', punctuation, G_N_ELEMENTS(punctuation), name) &&
             !from_table(c, ':', after_digits, G_N_ELEMENTS(after_digits), name) &&
             !from_table(c, '[', after_capitals, G_N_ELEMENTS(after_capitals), name) &&
             !from_table(c, '{', after_letters, G_N_ELEMENTS(after_letters), name) &&
             !from_table(c, 0xa0, latin, G_N_ELEMENTS(latin), name))
        g_snprintf(name, NERO_KEY_NAME, "U%04X", c);
    return TRUE;
}

gboolean nero_key_name(SDL_Keycode key, char name[NERO_KEY_NAME])
{
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        if (keys[i].key == key) {
            g_strlcpy(name, keys[i].name, NERO_KEY_NAME);
            return TRUE;
        }
    if (key >= SDLK_KP_1 && key <= SDLK_KP_9)
        g_snprintf(name, NERO_KEY_NAME, "KP_%d", key - SDLK_KP_1 + 1);
    else if (key >= SDLK_F1 && key <= SDLK_F12)
        g_snprintf(name, NERO_KEY_NAME, "F%d", key - SDLK_F1 + 1);
    else if (key >= SDLK_F13 && key <= SDLK_F24)
        g_snprintf(name, NERO_KEY_NAME, "F%d", key - SDLK_F13 + 13);
    else
        return !(key & SDLK_SCANCODE_MASK) && name_character((gunichar)key, name);
    return TRUE;
}

gboolean nero_key_name_of_text(const char *utf8, char name[NERO_KEY_NAME])
{
    gunichar c = g_utf8_get_char_validated(utf8, -1);
    return c != (gunichar)-1 && c != (gunichar)-2 && c && !*g_utf8_next_char(utf8) &&
           name_character(c, name);
}
