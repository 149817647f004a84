// SPDX-License-Identifier: MIT
// nerosink off screen: masks, skeletons, rotated boxes and maps of every detector; textures that
// stay while masks do.
#include "nn/io/image/image.h"
#include "nn/vision/palette.h"
#include "plugins/infer/attach.h"
#include "plugins/sink/sink_details.h"
#include "tests/plugins/frames.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

enum { W = 200, H = 100, GREY = 128 };

static const char *const names[] = {"person", "ship"};

// A box with a mask of which the left half is set.
static void give_mask(nn_result *r, nn_box *b)
{
    uint8_t *mask;
    assert_int_equal(nn_details_add(&r->details, &b->detail), NN_OK);
    mask = nn_details_add_mask(&r->details, 40, 60);
    for (int i = 0; i < 40 * 60; i++)
        mask[i] = i % 40 < 20;
    nn_detail *d = nn_details_at(&r->details, b->detail);
    d->mask_x0 = b->x0;
    d->mask_y0 = b->y0;
    d->mask_x1 = b->x1;
    d->mask_y1 = b->y1;
}

static void attach(GstBuffer *b, nn_result *r)
{
    NeroLabels *labels = nero_labels_new("detailed", names, 2);
    r->frame_width = W;
    r->frame_height = H;
    assert_non_null(nero_attach_result(b, r, 0.5f, NULL, labels));
    nero_labels_unref(labels);
    nn_result_release(r);
}

static void start(nn_result *r, nn_box box)
{
    nn_result_init(r);
    assert_int_equal(nn_result_reserve(r, 1), NN_OK);
    r->boxes[r->count++] = box;
}

static GstBuffer *grey_frame(void)
{
    GstBuffer *b = frame_new("RGB", W, H, 0);
    gst_buffer_memset(b, 0, GREY, gst_buffer_get_size(b));
    return b;
}

// Three detectors: the first has a mask, the second another, the third a rotated box and a point.
static GstBuffer *make_frame(void)
{
    nn_result r;
    int32_t index;
    GstBuffer *b = grey_frame();
    start(&r, (nn_box){.x0 = 10, .y0 = 20, .x1 = 50, .y1 = 80, .score = 0.9f});
    give_mask(&r, &r.boxes[0]);
    attach(b, &r);
    start(&r, (nn_box){.x0 = 70, .y0 = 20, .x1 = 110, .y1 = 80, .score = 0.8f, .label = 1});
    give_mask(&r, &r.boxes[0]);
    attach(b, &r);
    start(&r, (nn_box){.x0 = 126, .y0 = 26, .x1 = 174, .y1 = 74, .score = 0.7f, .label = 1});
    assert_int_equal(nn_details_add(&r.details, &index), NN_OK);
    r.boxes[0].detail = index;
    nn_details_at(&r.details, index)->rotated = (nn_rotated_box){150, 50, 60, 8, 0.7853982f};
    *nn_details_add_keypoints(&r.details, 1) = (nn_keypoint){150, 85, 0.9f};
    attach(b, &r);
    return b;
}

static nn_image show(const char *settings, GstBuffer *b)
{
    nn_image image = {0};
    nn_error err;
    gboolean ok = FALSE;
    const test_path path = test_temp("details.png");
    g_autofree char *text =
        g_strdup_printf("nerosink name=s offscreen=yes sync=false hud=false %s", settings);
    GstHarness *h = gst_harness_new_parse(text);
    GstElement *sink = gst_harness_find_element(h, "nerosink");
    frame_caps(h, "RGB", W, H, "");
    assert_int_equal(gst_harness_push(h, b), GST_FLOW_OK);
    g_signal_emit_by_name(sink, "save-snapshot", path.text, &ok);
    assert_true(ok);
    assert_int_equal(nn_image_load(&image, path.text, &err), NN_OK);
    gst_object_unref(sink);
    gst_harness_teardown(h);
    return image;
}

static guint32 pixel(const nn_image *s, int x, int y)
{
    const uint8_t *p = s->rgb + 3 * ((size_t)y * (size_t)s->width + (size_t)x);
    return (guint32)p[0] << 16 | (guint32)p[1] << 8 | p[2];
}

static bool is_grey(const nn_image *s, int x, int y)
{
    return pixel(s, x, y) == GREY * 0x010101;
}

// Whether a pixel is grey with 110 of 255 parts of a colour.
static void expect_tinted(const nn_image *s, int x, int y, guint32 rgb)
{
    for (int shift = 0; shift < 24; shift += 8) {
        const int got = pixel(s, x, y) >> shift & 255;
        const int want = (GREY * (255 - 110) + (int)(rgb >> shift & 255) * 110) / 255;
        assert_in_range(got, want - 3, want + 3);
    }
}

static void test_every_detector(void **state)
{
    (void)state;
    nn_image s = show("", make_frame());
    expect_tinted(&s, 20, 50, nn_palette(0));
    assert_true(is_grey(&s, 40, 50));
    expect_tinted(&s, 80, 50, nn_palette(1));
    assert_true(is_grey(&s, 100, 50));
    assert_int_equal(pixel(&s, 70, 50), nn_palette(1)); // its box
    assert_false(is_grey(&s, 150, 50 - 6));             // a long side of the rotated box
    assert_true(is_grey(&s, 150, 50));                  // its middle
    assert_true(is_grey(&s, 126, 50));                  // its bounds are not drawn
    assert_int_equal(pixel(&s, 150, 85), 0xffffff);     // the keypoint
    nn_image_release(&s);
}

// What nerooverlay has drawn of one detector is not drawn again; the others are.
static void test_painted(void **state)
{
    (void)state;
    GstBuffer *b = make_frame();
    nero_meta_get(b)->painted = TRUE;
    nn_image s = show("", b);
    assert_true(is_grey(&s, 20, 50));
    expect_tinted(&s, 80, 50, nn_palette(1));
    assert_int_equal(pixel(&s, 150, 85), 0xffffff);
    nn_image_release(&s);
    s = show("boxes=false", make_frame());
    for (int x = 0; x < W; x++)
        assert_true(is_grey(&s, x, 50));
    nn_image_release(&s);
}

// A map of another detector than the first is drawn, too, with its legend.
static void test_maps(void **state)
{
    (void)state;
    nn_result r;
    GstBuffer *b = grey_frame();
    start(&r, (nn_box){.x0 = 10, .y0 = 20, .x1 = 50, .y1 = 60, .score = 0.9f});
    attach(b, &r);
    nn_result_init(&r);
    assert_int_equal(nn_label_map_resize(&r.map, 20, 10), NN_OK);
    for (int i = 0; i < 200; i++)
        r.map.label[i] = i % 20 >= 10;
    attach(b, &r);
    nn_image s = show("", b);
    assert_true(is_grey(&s, 80, 20));
    assert_false(is_grey(&s, 150, 20));
    assert_int_equal(pixel(&s, 7, 92), nn_palette(1)); // its legend
    nn_image_release(&s);
}

// Unchanged masks are not made again; those that are gone are freed at the next frame, all of them
// at a change of caps.
static void test_textures(void **state)
{
    (void)state;
    SDL_Surface *surface = SDL_CreateRGBSurfaceWithFormat(0, W, H, 32, SDL_PIXELFORMAT_RGBA32);
    SDL_Renderer *renderer = SDL_CreateSoftwareRenderer(surface);
    NeroTextures *t = nero_textures_new(renderer);
    const NeroDrawing d = {renderer, {0, 0, W, H}, W, H, NERO_COLOUR_BY_CLASS};
    GArray *objects = g_array_new(FALSE, FALSE, sizeof(NeroObject));
    NeroLabels *labels = nero_labels_new("detailed", names, 2);
    nn_result r;
    start(&r, (nn_box){.x0 = 10, .y0 = 20, .x1 = 50, .y1 = 80, .score = 0.9f});
    give_mask(&r, &r.boxes[0]);
    for (int frame = 0; frame < 6; frame++) {
        nn_detail *detail = nn_details_at(&r.details, r.boxes[0].detail);
        if (frame == 3) // it moves, which needs no other texture
            detail->mask_x0 += 5;
        if (frame == 4)
            ((uint8_t *)nn_detail_mask(&r.details, detail))[39] = 1;
        if (frame == 5)
            r.boxes[0].label = 1; // another colour
        g_array_set_size(objects, 0);
        nero_objects_add(objects, &r, labels);
        nero_draw_masks(&d, t, objects);
        nero_draw_masks(&d, t, objects); // the window is exposed
        nero_textures_sweep(t);
        assert_int_equal(nero_textures_made(t), frame < 4 ? 1 : frame - 2);
        assert_int_equal(nero_textures_kept(t), 1);
    }
    nero_textures_sweep(t);
    assert_int_equal(nero_textures_kept(t), 0);
    nero_draw_masks(&d, t, objects);
    nero_textures_clear(t);
    assert_int_equal(nero_textures_kept(t), 0);
    nero_textures_free(t);
    nn_result_release(&r);
    nero_labels_unref(labels);
    g_array_unref(objects);
    SDL_DestroyRenderer(renderer);
    SDL_FreeSurface(surface);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_detector),
        cmocka_unit_test(test_painted),
        cmocka_unit_test(test_maps),
        cmocka_unit_test(test_textures),
    };
    gst_init(&argc, &argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
