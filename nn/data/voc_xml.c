// SPDX-License-Identifier: MIT
// Reads Pascal VOC annotations with Expat: a few leaves at known depths; the rest is ignored.
#include "nn/data/voc_xml.h"
#include "nn/io/xml_memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_DEPTH = 64,
    MAX_PLACE = 1 << 20, // pixels
    MAX_BYTES = 64 << 20,
};

typedef struct parse {
    XML_Parser parser;
    nn_voc_picture *picture;
    nn_voc_visit *visit;
    void *ctx;
    nn_error *err;
    nn_status status;
    int depth;
    bool in_object, in_size, in_box, long_text;
    nn_voc_object object;
    double place[4]; // xmin, ymin, xmax, ymax; NAN until read
    size_t tag;      // where the last start tag ends
    char text[NN_VOC_TEXT];
    int length;
} parse;

static void stop(parse *p, const char *what)
{
    if (p->status == NN_OK)
        p->status = nn_fail(p->err, NN_EFORMAT, "line %lu: %s",
                            (unsigned long)XML_GetCurrentLineNumber(p->parser), what);
    XML_StopParser(p->parser, XML_FALSE);
}

// The markup at the parser's position.
static nn_voc_span span_here(const parse *p)
{
    const size_t at = (size_t)XML_GetCurrentByteIndex(p->parser);
    return (nn_voc_span){at, at + (size_t)XML_GetCurrentByteCount(p->parser)};
}

// The text of the leaf whose end tag the parser is at; empty for an empty-element tag, whose end
// tag starts at its begin or its end, depending on the version of Expat.
static nn_voc_span text_here(const parse *p)
{
    const nn_voc_span tag = span_here(p);
    return tag.end > tag.at && tag.at >= p->tag ? (nn_voc_span){p->tag, tag.at} : (nn_voc_span){0};
}

static void on_start(void *data, const char *tag, const char **attributes)
{
    parse *p = data;
    (void)attributes;
    p->depth++;
    p->length = 0;
    p->long_text = false;
    p->tag = span_here(p).end;
    if (p->depth > MAX_DEPTH) {
        stop(p, "elements lie too deep in each other");
    } else if (p->depth == 1 && strcmp(tag, "annotation") != 0) {
        stop(p, "not a Pascal VOC annotation, whose root is <annotation>");
    } else if (p->depth == 2) {
        p->in_object = strcmp(tag, "object") == 0;
        p->in_size = strcmp(tag, "size") == 0;
        p->object = (nn_voc_object){.element = span_here(p)};
        for (int i = 0; i < 4; i++)
            p->place[i] = NAN;
    } else if (p->depth == 3) {
        p->in_box = p->in_object && strcmp(tag, "bndbox") == 0;
    }
}

static void on_text(void *data, const char *text, int length)
{
    parse *p = data;
    if (length >= NN_VOC_TEXT - p->length) {
        p->long_text = true;
        return;
    }
    memcpy(p->text + p->length, text, (size_t)length);
    p->length += length;
}

// The number in a leaf; NAN when it is none.
static double read_number(const parse *p)
{
    char *end;
    double v = strtod(p->text, &end);
    return end != p->text && *end == '\0' && fabs(v) <= MAX_PLACE ? v : NAN;
}

// Cuts blanks off both ends of the leaf's text.
static void trim_text(parse *p)
{
    while (p->length > 0 && strchr(" \t\r\n", p->text[p->length - 1]))
        p->length--;
    p->text[p->length] = '\0';
    size_t skip = strspn(p->text, " \t\r\n");
    memmove(p->text, p->text + skip, (size_t)p->length - skip + 1);
}

static void end_object(parse *p)
{
    nn_voc_object *o = &p->object;
    o->end_tag = span_here(p);
    o->element.end = o->end_tag.end;
    for (int i = 0; i < 4; i++)
        if (isnan(p->place[i])) {
            stop(p, "an object whose bndbox is not four numbers");
            return;
        }
    if (o->name[0] == '\0') {
        stop(p, "an object without a name");
        return;
    }
    o->x0 = (float)(p->place[0] - 1);
    o->y0 = (float)(p->place[1] - 1);
    o->x1 = (float)p->place[2];
    o->y1 = (float)p->place[3];
    if (!(o->x1 > o->x0 && o->y1 > o->y0)) {
        stop(p, "a bndbox that ends before it begins");
        return;
    }
    nn_status status = p->visit(p->ctx, o, p->err);
    if (status != NN_OK) {
        p->status = status;
        XML_StopParser(p->parser, XML_FALSE);
    }
}

// Ends a leaf below <object> or <size>.
static void end_leaf(parse *p, const char *tag)
{
    static const char *const places[] = {"xmin", "ymin", "xmax", "ymax"};
    trim_text(p);
    if (p->depth == 4 && p->in_box) {
        for (int i = 0; i < 4; i++)
            if (strcmp(tag, places[i]) == 0) {
                p->place[i] = p->long_text ? NAN : read_number(p);
                p->object.place_text[i] = text_here(p);
            }
    } else if (p->depth == 3 && p->in_size) {
        double v = read_number(p);
        int *to = strcmp(tag, "width") == 0    ? &p->picture->width
                  : strcmp(tag, "height") == 0 ? &p->picture->height
                                               : NULL;
        if (to)
            *to = v >= 1 ? (int)v : 0;
    } else if (p->depth == 3 && p->in_object && strcmp(tag, "name") == 0) {
        if (p->long_text)
            stop(p, "a name of more than 255 bytes");
        memcpy(p->object.name, p->text, sizeof p->text);
        p->object.name_text = text_here(p);
    } else if (p->depth == 3 && p->in_object && strcmp(tag, "difficult") == 0) {
        p->object.difficult_text = text_here(p);
        p->object.difficult = strcmp(p->text, "1") == 0;
    } else if (p->depth == 2 && strcmp(tag, "filename") == 0 && !p->long_text) {
        memcpy(p->picture->filename, p->text, sizeof p->text);
    }
}

static void on_end(void *data, const char *tag)
{
    parse *p = data;
    if (p->status != NN_OK)
        return;
    if (p->depth == 2 && p->in_object)
        end_object(p);
    else
        end_leaf(p, tag);
    if (p->depth == 3)
        p->in_box = false;
    if (p->depth == 1)
        p->picture->end_tag = span_here(p);
    p->length = 0;
    p->depth--;
}

nn_status nn_voc_parse(nn_voc_picture *picture, const void *xml, size_t size, nn_voc_visit *visit,
                       void *ctx, nn_error *err)
{
    *picture = (nn_voc_picture){0};
    if (size > MAX_BYTES)
        return nn_fail(err, NN_EFORMAT, "%zu bytes are too many for an annotation", size);
    parse p = {.picture = picture, .visit = visit, .ctx = ctx, .err = err};
    p.parser = XML_ParserCreate_MM(NULL, &nn_xml_memory, NULL);
    if (!p.parser)
        return nn_fail(err, NN_ENOMEM, "no memory for an XML parser");
    XML_SetUserData(p.parser, &p);
    XML_SetElementHandler(p.parser, on_start, on_end);
    XML_SetCharacterDataHandler(p.parser, on_text);
    if (XML_Parse(p.parser, xml ? xml : "", (int)size, XML_TRUE) != XML_STATUS_OK &&
        p.status == NN_OK) {
        enum XML_Error why = XML_GetErrorCode(p.parser);
        p.status = nn_fail(err, why == XML_ERROR_NO_MEMORY ? NN_ENOMEM : NN_EFORMAT,
                           "line %lu: not XML: %s",
                           (unsigned long)XML_GetCurrentLineNumber(p.parser), XML_ErrorString(why));
    }
    XML_ParserFree(p.parser);
    return p.status;
}
