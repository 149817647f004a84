// SPDX-License-Identifier: MIT
// Quantised convolution with AVX-512 VNNI: up to fourteen pixels times two panels, or seven times
// four, a register for each pixel of a panel; half a register, where the last panel is half empty.
#include "nn/kernels/int8conv.h"
#include "nn/kernels/int8finish_avx512.h"
#include "nn/kernels/unroll.h"

#include <immintrin.h>
#include <stdbool.h>
#include <string.h>

enum { PIXELS = 14, FEW = 7, SUMS = 2 * PIXELS, QUAD = 4 * NN_INT8_BLOCK };

// Quads at once, and lines of weights that a tile asks for meanwhile.
enum { UNROLL = 4, FETCHED = 2, LINE = 64 };

// Later weights that a tile asks for, so that a core at full speed reads them from memory at an
// even rate: hardware cannot foresee their addresses. They come into the second-level cache; the
// first would lose what is in use.
typedef struct fetches {
    const int8_t *from;
    int64_t step; // 0: nothing is left to fetch
} fetches;

// Four pixels share an address register: with the step, twice and three times the step, every one
// of them has an address of its own in an instruction. Compilers must not make more of them.
typedef struct addresses {
    const uint8_t *base[(PIXELS + 3) / 4];
    int64_t step, step3;
} addresses;

NN_INLINE int32_t four_channels(const addresses *a, int pixel, int at)
{
    const uint8_t *p = a->base[pixel / 4] + at;
    int32_t four;
    p += pixel % 4 == 3 ? a->step3 : pixel % 4 * a->step;
    memcpy(&four, p, 4);
    return four;
}

NN_INLINE void point(addresses *a, const uint8_t *x, int pixels)
{
    a->base[0] = x;
    NN_UNROLL(4)
    for (int j = 1; j < (pixels + 3) / 4; j++) {
        a->base[j] = a->base[j - 1] + 4 * a->step;
        __asm__("" : "+r"(a->base[j]));
    }
}

// `pixels`, `panels` and `unroll`, the quads at once, are constants where this is expanded.
NN_INLINE void add_up(const nn_int8_conv *t, const int8_t *weight, const uint8_t *x, fetches f,
                      int pixels, int panels, int unroll, __m512i *sum)
{
    const int32_t *offset = t->offset, *const last = offset + t->stretches;
    const int64_t quads = t->quads, panel_bytes = t->stretches * quads * QUAD;
    addresses a = {.step = t->step, .step3 = 3 * t->step};
    __asm__("" : "+r"(a.step3));
    for (; offset < last; offset++) {
        point(&a, x + *offset, pixels);
        for (int64_t q = 0; q < quads; q += unroll) {
            if (unroll == UNROLL && f.step) {
                _mm_prefetch((const char *)f.from, _MM_HINT_T1);
                _mm_prefetch((const char *)f.from + LINE, _MM_HINT_T1);
                f.from += f.step;
            }
            NN_UNROLL(4)
            for (int u = 0; u < unroll; u++) {
                __m512i w[4] NN_UNFILLED;
                NN_UNROLL(4)
                for (int n = 0; n < panels; n++)
                    w[n] = _mm512_loadu_si512(weight + n * panel_bytes + u * QUAD);
                NN_UNROLL(14)
                for (int i = 0; i < pixels; i++) {
                    const __m512i four = _mm512_set1_epi32(four_channels(&a, i, 4 * u));
                    NN_UNROLL(4)
                    for (int n = 0; n < panels; n++)
                        sum[i * panels + n] = _mm512_dpbusd_epi32(sum[i * panels + n], four, w[n]);
                }
            }
            weight += unroll * QUAD;
            NN_UNROLL(4)
            for (int j = 0; j < (pixels + 3) / 4; j++)
                a.base[j] += 4 * unroll;
        }
    }
}

// Whether sums become bytes that have no limit above those of a byte, and nothing else.
NN_INLINE bool ends_simply(const nn_int8_conv *t, const uint8_t *skip, const float *real)
{
    return !skip && !ends_specially(t, real) && t->requant.low <= (float)-t->requant.zero;
}

// The sums of a panel, `apart` from each other. `pixels` is a constant where this is expanded.
NN_INLINE void finish_simply(const nn_int8_conv *t, int panel, int pixels, const __m512i *sum,
                             int apart, uint8_t *out)
{
    const requant r = load_requant(&t->requant, panel * NN_INT8_BLOCK);
    const __m512i zero = _mm512_set1_epi16((short)t->requant.zero);
    out += panel * t->out_plane;
    NN_UNROLL(4)
    for (int i = 0; i < pixels; i += 4) {
        __m512 y[4] NN_UNFILLED;
        NN_UNROLL(4)
        for (int k = 0; k < 4; k++) {
            const __m512i s = sum[(i + k < pixels ? i + k : i) * apart];
            y[k] = _mm512_min_ps(_mm512_fmadd_ps(_mm512_cvtepi32_ps(s), r.scale, r.shift), r.high);
        }
        store_pixels(out + i * NN_INT8_BLOCK, four_pixels(y, zero), pixels - i);
    }
}

typedef struct tile_place {
    const uint8_t *x;
    uint8_t *out;
    const uint8_t *skip;
    float *real;
    int panel;
    fetches fetches;
} tile_place;

NN_INLINE void run_tile(const nn_int8_conv *t, const tile_place *p, int pixels, int panels)
{
    __m512i sum[SUMS];
    const int8_t *weight =
        (const int8_t *)t->weight + (int64_t)p->panel * t->stretches * t->quads * QUAD;
    NN_UNROLL(4)
    for (int n = 0; n < panels; n++) {
        const __m512i start = _mm512_loadu_si512(t->start + (p->panel + n) * NN_INT8_BLOCK);
        NN_UNROLL(14)
        for (int i = 0; i < pixels; i++)
            sum[i * panels + n] = start;
    }
    if (t->quads % UNROLL == 0)
        add_up(t, weight, p->x, p->fetches, pixels, panels, UNROLL, sum);
    else
        add_up(t, weight, p->x, p->fetches, pixels, panels, 1, sum);
    if (ends_simply(t, p->skip, p->real)) {
        NN_UNROLL(4)
        for (int n = 0; n < panels; n++)
            finish_simply(t, p->panel + n, pixels, sum + n, panels, p->out);
        return;
    }
    __m512i kept[SUMS];
    if (ends_specially(t, p->real)) {
        NN_UNROLL(28)
        for (int i = 0; i < pixels * panels; i++)
            kept[i] = sum[i];
        finish_any(t, p->panel, panels, pixels, kept, p->out, p->skip, p->real);
        return;
    }
    NN_UNROLL(4)
    for (int n = 0; n < panels; n++) {
        NN_UNROLL(14)
        for (int i = 0; i < pixels; i++)
            kept[n * pixels + i] = sum[i * panels + n];
    }
    for (int n = 0; n < panels; n++)
        finish_pixels(t, p->panel + n, pixels, kept + n * pixels, p->out, p->skip, p->real);
}

// The first eight outputs of a panel: instructions of half the width come twice as often on cores
// whose multipliers are that wide, and cost the same on others.
NN_INLINE void add_up_half(const nn_int8_conv *t, const int8_t *weight, const uint8_t *x,
                           int pixels, int unroll, __m256i *sum)
{
    const int32_t *offset = t->offset, *const last = offset + t->stretches;
    addresses a = {.step = t->step, .step3 = 3 * t->step};
    __asm__("" : "+r"(a.step3));
    for (; offset < last; offset++) {
        point(&a, x + *offset, pixels);
        for (int64_t q = 0; q < t->quads; q += unroll) {
            NN_UNROLL(4)
            for (int u = 0; u < unroll; u++) {
                const __m256i w = _mm256_loadu_si256((const void *)(weight + u * QUAD));
                NN_UNROLL(14)
                for (int i = 0; i < pixels; i++) {
                    const __m256i four = _mm256_set1_epi32(four_channels(&a, i, 4 * u));
                    sum[i] = _mm256_dpbusd_epi32(sum[i], four, w);
                }
            }
            weight += unroll * QUAD;
            NN_UNROLL(4)
            for (int j = 0; j < (pixels + 3) / 4; j++)
                a.base[j] += 4 * unroll;
        }
    }
}

typedef struct ending {
    requant r;
    curve_tables curve;
    bool curved;
    float slope;
} ending;

NN_INLINE __m128i end_with(const ending *e, __m512i sum)
{
    __m512 y = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), e->r.scale, e->r.shift);
    if (e->curved)
        y = follow(&e->curve, y);
    else if (e->slope > 0)
        y = _mm512_max_ps(y, _mm512_mul_ps(y, _mm512_set1_ps(e->slope)));
    return bytes_of(clamp(y, &e->r), &e->r);
}

// Two pixels of eight channels at once. Channels 8-15 have no weights and are those of `start` in
// all pixels.
NN_INLINE void finish_half(const nn_int8_conv *t, int panel, int pixels, const __m256i *sum,
                           __m512i start, uint8_t *out)
{
    ending e = {load_requant(&t->requant, panel * NN_INT8_BLOCK), load_curve(t->requant.curve),
                t->requant.curve, t->requant.slope};
    const __m128i one = end_with(&e, start), rest = _mm_unpackhi_epi64(one, one);
    e.r.scale = _mm512_shuffle_f32x4(e.r.scale, e.r.scale, 0x44);
    e.r.shift = _mm512_shuffle_f32x4(e.r.shift, e.r.shift, 0x44);
    out += panel * t->out_plane;
    for (int i = 0; i < pixels; i += 2) {
        const int next = i + 1 < pixels ? i + 1 : i;
        const __m512i two = _mm512_inserti64x4(_mm512_castsi256_si512(sum[i]), sum[next], 1);
        const __m128i bytes = end_with(&e, two);
        _mm_storeu_si128((void *)(out + i * NN_INT8_BLOCK), _mm_unpacklo_epi64(bytes, rest));
        if (next > i)
            _mm_storeu_si128((void *)(out + next * NN_INT8_BLOCK), _mm_unpackhi_epi64(bytes, rest));
    }
}

NN_INLINE void run_half(const nn_int8_conv *t, const tile_place *p, int pixels)
{
    __m256i half[PIXELS] NN_UNFILLED;
    __m512i sum[PIXELS] NN_UNFILLED;
    const int8_t *weight =
        (const int8_t *)t->weight + (int64_t)p->panel * t->stretches * t->quads * QUAD;
    const __m512i start = _mm512_loadu_si512(t->start + p->panel * NN_INT8_BLOCK);
    NN_UNROLL(14)
    for (int i = 0; i < pixels; i++)
        half[i] = _mm512_castsi512_si256(start);
    if (t->quads % 4 == 0)
        add_up_half(t, weight, p->x, pixels, 4, half);
    else
        add_up_half(t, weight, p->x, pixels, 1, half);
    if (!p->skip && !p->real) {
        __m256i kept[PIXELS];
        NN_UNROLL(14)
        for (int i = 0; i < pixels; i++)
            kept[i] = half[i];
        finish_half(t, p->panel, pixels, kept, start, p->out);
        return;
    }
    NN_UNROLL(14)
    for (int i = 0; i < pixels; i++)
        sum[i] = _mm512_inserti64x4(start, half[i], 0);
    finish_pixels(t, p->panel, pixels, sum, p->out, p->skip, p->real);
}

typedef void tile_run(const nn_int8_conv *t, const tile_place *p);

#define TILE(pixels, panels)                                                                       \
    static __attribute__((noinline)) void tile_##pixels##x##panels(const nn_int8_conv *t,          \
                                                                   const tile_place *p)            \
    {                                                                                              \
        run_tile(t, p, pixels, panels);                                                            \
    }
#define HALF_TILE(pixels, panels)                                                                  \
    static                                                                                         \
        __attribute__((noinline)) void half_##pixels(const nn_int8_conv *t, const tile_place *p)   \
    {                                                                                              \
        run_half(t, p, pixels);                                                                    \
    }
#define FEW_PIXELS(DO, panels)                                                                     \
    DO(1, panels)                                                                                  \
    DO(2, panels) DO(3, panels) DO(4, panels) DO(5, panels) DO(6, panels) DO(7, panels)
#define ALL_PIXELS(DO, panels)                                                                     \
    FEW_PIXELS(DO, panels)                                                                         \
    DO(8, panels)                                                                                  \
    DO(9, panels) DO(10, panels) DO(11, panels) DO(12, panels) DO(13, panels) DO(14, panels)
ALL_PIXELS(TILE, 1)
ALL_PIXELS(TILE, 2)
FEW_PIXELS(TILE, 4)
ALL_PIXELS(HALF_TILE, 1)

#define HALF_NAME(pixels, panels) half_##pixels,
#define NAME(pixels, panels) tile_##pixels##x##panels,
static tile_run *const half_panel[] = {NULL, ALL_PIXELS(HALF_NAME, 1)};
static tile_run *const one_panel[] = {NULL, ALL_PIXELS(NAME, 1)};
static tile_run *const two_panels[] = {NULL, ALL_PIXELS(NAME, 2)};
static tile_run *const four_panels[] = {NULL, FEW_PIXELS(NAME, 4)};

// Tiles of some panels.
typedef struct panel_tiles {
    tile_run *const *run;
    int panel, panels, pixels; // at most
} panel_tiles;

static panel_tiles find_tiles(const nn_int8_conv *t, int panel, int64_t width)
{
    const int left = t->panels - panel;
    if (left >= 4 && width <= FEW)
        return (panel_tiles){four_panels, panel, 4, FEW};
    if (left >= 2)
        return (panel_tiles){two_panels, panel, 2, PIXELS};
    const bool half = t->channels - panel * NN_INT8_BLOCK <= NN_INT8_BLOCK / 2;
    return (panel_tiles){half ? half_panel : one_panel, panel, 1, PIXELS};
}

// The part of tile `index` of the weights that come next: those of the panels behind these, or
// behind all panels of the run where other rows read these again.
static fetches find_fetches(const nn_int8_conv *t, const panel_tiles *p, int64_t height,
                            int64_t index)
{
    const int64_t depth = (int64_t)t->stretches * t->quads, panel_bytes = depth * QUAD;
    const int8_t *here = (const int8_t *)t->weight + p->panel * panel_bytes;
    const int64_t part = depth / UNROLL * FETCHED * LINE;
    if ((index + 1) * part > p->panels * panel_bytes)
        return (fetches){here, 0};
    return (fetches){here + (height > 1 ? t->panels : p->panels) * panel_bytes + index * part,
                     FETCHED * LINE};
}

// A row. Cuts it evenly: fifteen pixels are eight and seven, not fourteen and one.
static void run_row(const nn_int8_conv *t, const panel_tiles *p, const tile_place *row,
                    int64_t width, int64_t y, int64_t height)
{
    const int64_t tiles = (width + p->pixels - 1) / p->pixels;
    for (int64_t i = 0, at = 0; i < tiles; i++) {
        const int64_t left = tiles - i, n = (width - at + left - 1) / left;
        const tile_place place = {row->x + at * t->step,
                                  row->out ? row->out + at * NN_INT8_BLOCK : NULL,
                                  row->skip ? row->skip + at * NN_INT8_BLOCK : NULL,
                                  row->real ? row->real + 8 * at : NULL,
                                  p->panel,
                                  find_fetches(t, p, height, y * tiles + i)};
        p->run[n](t, &place);
        at += n;
    }
}

void nn_int8_conv_run_avx512vnni(const nn_int8_conv *t, const uint8_t *x, uint8_t *out,
                                 const uint8_t *skip, int64_t pixels)
{
    const int64_t width = t->row > 0 ? t->row : pixels, height = width > 0 ? pixels / width : 0;
    for (int64_t y = 0; y < height; y++) {
        const tile_place row = {x + y * t->x_row,
                                out ? out + y * t->out_row : NULL,
                                skip ? skip + y * t->skip_row : NULL,
                                t->real ? t->real + y * t->real_row : NULL,
                                0,
                                {NULL, 0}};
        for (int panel = 0; panel < t->panels;) {
            const panel_tiles p = find_tiles(t, panel, width);
            run_row(t, &p, &row, width, y, height);
            panel += p.panels;
        }
    }
}

static void pack_quads(void *packed, const int8_t *weight, int64_t quads)
{
    memcpy(packed, weight, (size_t)quads * QUAD);
}

void nn_int8_conv_init_avx512vnni(nn_int8_conv_kernels *k)
{
    *k = (nn_int8_conv_kernels){.run = nn_int8_conv_run_avx512vnni,
                                .pack = pack_quads,
                                .rows = true,
                                .weight_bytes = 1,
                                .pixels = PIXELS,
                                .panels = 4,
                                .speed = 230,
                                .finish = 0.05,
                                .follow = 0.15};
}
