// SPDX-License-Identifier: MIT
// Finds a texture again by a hash of its elements and colours.
#include "plugins/sink/sink_textures.h"

#include <string.h>

typedef struct Kept {
    guint64 hash;
    int width, height;
    SDL_Texture *texture;
    gboolean used; // since the last sweep
} Kept;

struct NeroTextures {
    SDL_Renderer *renderer;
    GArray *kept; // Kept
    guint64 made;
};

static void clear_kept(gpointer data)
{
    SDL_DestroyTexture(((Kept *)data)->texture);
}

NeroTextures *nero_textures_new(SDL_Renderer *renderer)
{
    NeroTextures *t = g_new0(NeroTextures, 1);
    t->renderer = renderer;
    t->kept = g_array_new(FALSE, FALSE, sizeof(Kept));
    g_array_set_clear_func(t->kept, clear_kept);
    return t;
}

void nero_textures_free(NeroTextures *t)
{
    if (!t)
        return;
    g_array_unref(t->kept);
    g_free(t);
}

// FNV-1a, eight bytes at a time.
static guint64 hash_bytes(guint64 h, const void *bytes, gsize size)
{
    const guint64 prime = 0x100000001b3u;
    const guint8 *p = bytes;
    guint64 word;
    for (; size >= sizeof word; size -= sizeof word, p += sizeof word) {
        memcpy(&word, p, sizeof word);
        h = (h ^ word) * prime;
        h ^= h >> 29; // high bits reach the low ones, too
    }
    for (; size > 0; size--)
        h = (h ^ *p++) * prime;
    return h;
}

static SDL_Texture *make_texture(SDL_Renderer *renderer, const guint8 *element, int width,
                                 int height, const guint32 *colour)
{
    SDL_Texture *texture = SDL_CreateTexture(renderer, SDL_PIXELFORMAT_ARGB8888,
                                             SDL_TEXTUREACCESS_STREAMING, width, height);
    void *bytes;
    int pitch;
    if (!texture || SDL_LockTexture(texture, NULL, &bytes, &pitch) != 0) {
        SDL_DestroyTexture(texture);
        return NULL;
    }
    for (int y = 0; y < height; y++) {
        guint32 *row = (guint32 *)(void *)((guint8 *)bytes + (gsize)y * (gsize)pitch);
        for (int x = 0; x < width; x++)
            row[x] = colour[*element++];
    }
    SDL_UnlockTexture(texture);
    SDL_SetTextureBlendMode(texture, SDL_BLENDMODE_BLEND);
    return texture;
}

SDL_Texture *nero_textures_get(NeroTextures *t, const guint8 *element, int width, int height,
                               const guint32 colour[NERO_TEXTURE_COLOURS])
{
    guint64 hash = hash_bytes(0xcbf29ce484222325u, element, (gsize)width * (gsize)height);
    hash = hash_bytes(hash, colour, NERO_TEXTURE_COLOURS * sizeof *colour);
    for (guint i = 0; i < t->kept->len; i++) {
        Kept *k = &g_array_index(t->kept, Kept, i);
        if (k->hash == hash && k->width == width && k->height == height) {
            k->used = TRUE;
            return k->texture;
        }
    }
    const Kept made = {hash, width, height,
                       make_texture(t->renderer, element, width, height, colour), TRUE};
    if (made.texture) {
        t->made++;
        g_array_append_val(t->kept, made);
    }
    return made.texture;
}

void nero_textures_sweep(NeroTextures *t)
{
    for (guint i = t->kept->len; i-- > 0;) {
        Kept *k = &g_array_index(t->kept, Kept, i);
        if (!k->used)
            g_array_remove_index_fast(t->kept, i);
        else
            k->used = FALSE;
    }
}

void nero_textures_clear(NeroTextures *t)
{
    g_array_set_size(t->kept, 0);
}

guint nero_textures_kept(const NeroTextures *t)
{
    return t->kept->len;
}

guint64 nero_textures_made(const NeroTextures *t)
{
    return t->made;
}
