// SPDX-License-Identifier: MIT
// Text as words: entities, lower case, and the classes of characters.
#include "nn/text/words.h"

#include "nn/base/memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct code_range {
    uint32_t first, last;
} code_range;

typedef struct lower_row {
    uint32_t first, last, step;
    int32_t away; // from a code point to its lower case
} lower_row;

#include "nn/text/unicode.inc"

enum { CAPITAL_I_DOT = 0x130, DOT_ABOVE = 0x307, LAST_CODE = 0x10FFFF };

typedef enum char_class { CLASS_SPACE, CLASS_LETTER, CLASS_NUMBER, CLASS_OTHER } char_class;

// Reads a character of UTF-8; a byte that begins none is a character of its own, *code UINT32_MAX.
static size_t read_code(const char *text, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t *b = (const uint8_t *)text;
    const size_t n = b[0] < 0x80   ? 1
                     : b[0] < 0xC2 ? 0
                     : b[0] < 0xE0 ? 2
                     : b[0] < 0xF0 ? 3
                     : b[0] < 0xF5 ? 4
                                   : 0;
    uint32_t v = n == 1 ? b[0] : b[0] & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((b[i] & 0xC0) != 0x80) { // also at the end of the text
            *code = UINT32_MAX;
            return 1;
        }
        v = v << 6 | (b[i] & 0x3F);
    }
    const bool valid = n > 0 && v >= least[n] && v <= LAST_CODE && (v < 0xD800 || v > 0xDFFF);
    *code = valid ? v : UINT32_MAX;
    return valid ? n : 1;
}

static size_t write_code(char *out, uint32_t code)
{
    const size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)(n == 1 ? code : (0xF00u >> n & 0xFF) | code);
    return n;
}

static bool is_in(const code_range *ranges, size_t count, uint32_t code)
{
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (code < ranges[middle].first)
            high = middle;
        else if (code > ranges[middle].last)
            low = middle + 1;
        else
            return true;
    }
    return false;
}

static bool is_space(uint32_t c)
{
    return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

static char_class class_of(uint32_t c)
{
    if (c == UINT32_MAX)
        return CLASS_OTHER;
    if (is_space(c))
        return CLASS_SPACE;
    if (is_in(letters, sizeof letters / sizeof *letters, c))
        return CLASS_LETTER;
    return is_in(numbers, sizeof numbers / sizeof *numbers, c) ? CLASS_NUMBER : CLASS_OTHER;
}

static uint32_t lower(uint32_t c)
{
    for (size_t i = 0; i < sizeof lower_rows / sizeof *lower_rows && lower_rows[i].first <= c; i++)
        if (c <= lower_rows[i].last && (c - lower_rows[i].first) % lower_rows[i].step == 0)
            return (uint32_t)((int64_t)c + lower_rows[i].away);
    return c;
}

// The entity at `text`, "&amp;" or "&#38;": its character and length in bytes; 0: there is none.
static size_t read_entity(const char *text, uint32_t *code)
{
    static const struct {
        const char *name;
        uint32_t code;
    } named[] = {{"amp", '&'},  {"lt", '<'},     {"gt", '>'},
                 {"quot", '"'}, {"apos;", '\''}, {"nbsp", 0xA0}};
    if (text[1] == '#') {
        const bool hex = text[2] == 'x' || text[2] == 'X';
        const char *digits = text + (hex ? 3 : 2);
        const size_t n = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");
        if (n == 0 || n > 8)
            return 0;
        const unsigned long v = strtoul(digits, NULL, hex ? 16 : 10);
        if (v == 0 || v > LAST_CODE || (v >= 0xD800 && v <= 0xDFFF))
            return 0;
        *code = (uint32_t)v;
        return (size_t)(digits - text) + n + (digits[n] == ';');
    }
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        const size_t n = strlen(named[i].name);
        if (strncmp(text + 1, named[i].name, n) == 0) {
            *code = named[i].code;
            return 1 + n + (text[1 + n] == ';');
        }
    }
    return 0;
}

// Resolves entities in place: a character is never longer than its entity.
static void resolve_entities(char *text)
{
    char *to = text;
    for (const char *from = text; *from;) {
        uint32_t code;
        const size_t n = *from == '&' ? read_entity(from, &code) : 0;
        if (n > 0)
            to += write_code(to, code);
        else
            *to++ = *from;
        from += n > 0 ? n : 1;
    }
    *to = '\0';
}

// The lower case of `text`: at most 3 bytes for one, of the capital I with a dot.
static void write_lower(char *out, const char *text)
{
    while (*text) {
        uint32_t code;
        const size_t n = read_code(text, &code);
        if (code == UINT32_MAX) {
            *out++ = *text;
        } else if (code == CAPITAL_I_DOT) {
            out += write_code(out, 'i');
            out += write_code(out, DOT_ABOVE);
        } else {
            out += write_code(out, lower(code));
        }
        text += n;
    }
    *out = '\0';
}

// What is a word wherever it stands; 0: none of them is here.
static size_t find_fixed(const char *text)
{
    static const char *const fixed[] = {
        "<|startoftext|>", "<|endoftext|>", "'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (strncmp(text, fixed[i], strlen(fixed[i])) == 0)
            return strlen(fixed[i]);
    return 0;
}

// The end of the word that begins at `text`, whose first character is of `class`.
static const char *find_end(const char *text, char_class class)
{
    uint32_t code;
    const size_t fixed = find_fixed(text);
    if (fixed > 0)
        return text + fixed;
    const char *end = text + read_code(text, &code);
    while (*end && class != CLASS_NUMBER) {
        const size_t n = read_code(end, &code);
        if (class_of(code) != class)
            break;
        end += n;
    }
    return end;
}

nn_status nn_text_words(const char *text, nn_word_visit *visit, void *ctx, nn_error *err)
{
    enum { GROWS = 3 };
    const size_t size = strnlen(text, NN_TEXT_MOST);
    char *plain = nn_alloc(size + 1), *low = nn_alloc(GROWS * size + 1);
    nn_status status = plain && low ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for a text");
    if (status == NN_OK) {
        memcpy(plain, text, size);
        plain[size] = '\0';
        resolve_entities(plain);
        resolve_entities(plain); // as the original: "&amp;lt;"
        write_lower(low, plain);
    }
    for (const char *at = low; status == NN_OK && *at;) {
        uint32_t code;
        const size_t n = read_code(at, &code);
        const char_class class = class_of(code);
        const char *end = class == CLASS_SPACE ? at + n : find_end(at, class);
        if (class != CLASS_SPACE)
            status = visit(ctx, at, (size_t)(end - at), err);
        at = end;
    }
    nn_free(plain);
    nn_free(low);
    return status;
}
