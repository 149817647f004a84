// SPDX-License-Identifier: MIT
// neroinfer on every raw format of GStreamer: the network gets the same input as for the frame
// converted to RGB by videoconvert; also cropped, padded, in odd sizes and interlaced.
#include "nn/io/image/image.h"
#include "nn/vision/resize.h"
#include "plugins/common/video.h"
#include "plugins/meta/nerometa_internal.h"
#include "tests/support/test.h"

#include <gst/check/gstharness.h>
#include <math.h>

enum { INPUT_W = 64, INPUT_H = 48 };

// --- the input of a network ---

static nn_tensor make_input(void)
{
    nn_shape s = nn_shape_4d(1, 3, INPUT_H, INPUT_W);
    nn_tensor t;
    assert_int_equal(nn_tensor_init(&t, NN_F32, &s, NULL), NN_OK);
    return t;
}

// In levels, 0 to 255.
static void show(const GstVideoFrame *video, const GstVideoInfo *caps, const nn_tensor *out)
{
    static const float mean[3] = {0, 0, 0}, std[3] = {1.f / 255, 1.f / 255, 1.f / 255};
    const GstVideoRectangle area = nero_video_area(video, caps);
    NeroView view;
    nn_error err = {0};
    if (!nero_video_view(video, &area, &view))
        fail_msg("%s cannot be read", GST_VIDEO_INFO_NAME(&video->info));
    nn_resizer *r = nn_resizer_new();
    nn_letterbox l = nn_letterbox_fit(view.frame.width, view.frame.height, INPUT_W, INPUT_H);
    if (nn_preprocess(r, &view.frame, &l, mean, std, out, NULL, NULL, &err) != NN_OK)
        fail_msg("%s: %s", GST_VIDEO_INFO_NAME(&video->info), err.text);
    nn_resizer_free(r);
}

static void show_buffer(GstBuffer *buffer, const GstVideoInfo *caps, const nn_tensor *out)
{
    GstVideoFrame video;
    assert_true(gst_video_frame_map(&video, caps, buffer, GST_MAP_READ));
    show(&video, caps, out);
    gst_video_frame_unmap(&video);
}

static double difference(const nn_tensor *a, const nn_tensor *b, double *mean)
{
    double most = 0, sum = 0;
    for (int i = 0; i < 3 * INPUT_W * INPUT_H; i++) {
        const double d = fabs((double)nn_tensor_f32(a)[i] - (double)nn_tensor_f32(b)[i]);
        most = d > most ? d : most;
        sum += d;
    }
    *mean = sum / (3 * INPUT_W * INPUT_H);
    return most;
}

// --- pictures ---

// Soft colours, so that where chroma is sampled does not matter much.
static void paint(GstVideoFrame *argb)
{
    for (int y = 0; y < GST_VIDEO_FRAME_HEIGHT(argb); y++) {
        guint8 *row = (guint8 *)GST_VIDEO_FRAME_PLANE_DATA(argb, 0) +
                      (gsize)y * GST_VIDEO_FRAME_PLANE_STRIDE(argb, 0);
        for (int x = 0; x < GST_VIDEO_FRAME_WIDTH(argb); x++, row += 4) {
            row[0] = 255;
            for (int c = 0; c < 3; c++)
                row[1 + c] = (guint8)lrint(128 + 60 * sin(x * 0.041 + c) * cos(y * 0.052 - c) +
                                           40 * cos((x + y) * 0.02));
        }
    }
}

static GstBuffer *make_picture(GstVideoInfo *info, int w, int h)
{
    GstVideoFrame frame;
    gst_video_info_set_format(info, GST_VIDEO_FORMAT_ARGB, (guint)w, (guint)h);
    GstBuffer *b = gst_buffer_new_allocate(NULL, info->size, NULL);
    gst_video_frame_map(&frame, info, b, GST_MAP_WRITE);
    paint(&frame);
    gst_video_frame_unmap(&frame);
    return b;
}

static GstBuffer *convert(GstBuffer *from, const GstVideoInfo *is, const GstVideoInfo *want)
{
    GstVideoFrame in, out;
    GstBuffer *b = gst_buffer_new_allocate(NULL, want->size, NULL);
    gst_buffer_memset(b, 0, 0, want->size);
    gst_video_frame_map(&in, is, from, GST_MAP_READ);
    gst_video_frame_map(&out, want, b, GST_MAP_WRITE);
    GstVideoConverter *c = gst_video_converter_new(is, want, NULL);
    if (!c)
        fail_msg("no converter to %s", GST_VIDEO_INFO_NAME(want));
    gst_video_converter_frame(c, &in, &out);
    gst_video_converter_free(c);
    gst_video_frame_unmap(&in);
    gst_video_frame_unmap(&out);
    return b;
}

// The frame in its format against the same frame converted to RGB, both as the network sees them.
static void compare(GstVideoFormat format, int w, int h, GstVideoColorMatrix matrix,
                    GstVideoColorRange range)
{
    GstVideoInfo plain, info, rgb;
    nn_tensor want = make_input(), got = make_input();
    g_autoptr(GstBuffer) picture = make_picture(&plain, w, h);
    gst_video_info_set_format(&info, format, (guint)w, (guint)h);
    gst_video_info_set_format(&rgb, GST_VIDEO_FORMAT_RGB, (guint)w, (guint)h);
    if (matrix != GST_VIDEO_COLOR_MATRIX_UNKNOWN) {
        info.colorimetry.matrix = matrix;
        info.colorimetry.range = range;
    }
    g_autoptr(GstBuffer) coded = convert(picture, &plain, &info);
    g_autoptr(GstBuffer) back = convert(coded, &info, &rgb);
    show_buffer(coded, &info, &got);
    show_buffer(back, &rgb, &want);
    // The converter's ways for 8 bits are fast and off by several levels: ours is held to the
    // picture.
    double mean, most = difference(&got, &want, &mean), truth_mean;
    show_buffer(picture, &plain, &want);
    const double truth_most = difference(&got, &want, &truth_mean);
    const gboolean grey = GST_VIDEO_INFO_IS_GRAY(&info);
    if (most > 8 || mean > 5.5 || (!grey && (truth_most > 10 || truth_mean > 1.8)))
        fail_msg(
            "%s %dx%d matrix %d range %d: off by up to %.1f, %.2f on average, from the picture "
            "by %.1f, %.2f",
            GST_VIDEO_INFO_NAME(&info), w, h, matrix, range, most, mean, truth_most, truth_mean);
    nn_tensor_release(&want);
    nn_tensor_release(&got);
}

static void test_every_format(void **state)
{
    (void)state;
    static const int sizes[][2] = {{320, 240}, {203, 151}, {48, 36}, {97, 33}};
    guint n;
    const GstVideoFormat *formats = gst_video_formats_raw(&n);
    int read = 0;
    for (guint i = 0; i < n; i++) {
        const GstVideoFormatInfo *f = gst_video_format_get_info(formats[i]);
        assert_int_equal(nero_video_can_view(f), f->unpack_func != NULL);
        if (!f->unpack_func || formats[i] == GST_VIDEO_FORMAT_RGB8P)
            continue; // its palette cannot be made by the converter
        for (gsize s = 0; s < G_N_ELEMENTS(sizes); s++) {
            if (formats[i] == GST_VIDEO_FORMAT_NV61 && sizes[s][0] % 2)
                continue; // the converter writes the last column of odd widths wrongly
            compare(formats[i], sizes[s][0], sizes[s][1], GST_VIDEO_COLOR_MATRIX_UNKNOWN,
                    GST_VIDEO_COLOR_RANGE_UNKNOWN);
        }
        read++;
    }
    print_message("%d formats read as videoconvert reads them\n", read);
    assert_true(read > 90);
}

static void test_colorimetry(void **state)
{
    (void)state;
    static const GstVideoFormat formats[] = {GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_UYVY,
                                             GST_VIDEO_FORMAT_P010_10LE, GST_VIDEO_FORMAT_I420_10LE,
                                             GST_VIDEO_FORMAT_v210};
    static const GstVideoColorMatrix matrices[] = {
        GST_VIDEO_COLOR_MATRIX_BT601, GST_VIDEO_COLOR_MATRIX_BT709, GST_VIDEO_COLOR_MATRIX_BT2020,
        GST_VIDEO_COLOR_MATRIX_SMPTE240M, GST_VIDEO_COLOR_MATRIX_FCC};
    for (gsize f = 0; f < G_N_ELEMENTS(formats); f++)
        for (gsize m = 0; m < G_N_ELEMENTS(matrices); m++)
            for (int r = GST_VIDEO_COLOR_RANGE_0_255; r <= GST_VIDEO_COLOR_RANGE_16_235; r++)
                compare(formats[f], 128, 96, matrices[m], (GstVideoColorRange)r);
    compare(GST_VIDEO_FORMAT_GRAY8, 128, 96, GST_VIDEO_COLOR_MATRIX_BT601,
            GST_VIDEO_COLOR_RANGE_16_235);
    compare(GST_VIDEO_FORMAT_GRAY16_LE, 128, 96, GST_VIDEO_COLOR_MATRIX_BT601,
            GST_VIDEO_COLOR_RANGE_16_235);
}

// A buffer with padded rows, a border and a crop meta: the part that the caps describe is what
// counts.
static void check_cropped(GstVideoFormat format, int x, int y)
{
    enum { W = 130, H = 94, FULL_W = 192, FULL_H = 144 };
    GstVideoInfo plain, full, info, part;
    nn_tensor want = make_input(), got = make_input();
    g_autoptr(GstBuffer) picture = make_picture(&plain, FULL_W, FULL_H);
    gst_video_info_set_format(&full, format, FULL_W, FULL_H);
    gst_video_info_set_format(&part, GST_VIDEO_FORMAT_ARGB, W, H);
    gst_video_info_set_format(&info, format, W, H);
    info.colorimetry = full.colorimetry;
    g_autoptr(GstBuffer) coded = convert(picture, &plain, &full);
    GstBuffer *const both[] = {coded, picture};
    for (int i = 0; i < 2; i++) {
        const GstVideoInfo *is = i ? &plain : &full;
        gst_buffer_add_video_meta_full(
            both[i], GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT(is), FULL_W, FULL_H,
            GST_VIDEO_INFO_N_PLANES(is), (gsize *)is->offset, (gint *)is->stride);
        GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta(both[i]);
        crop->x = (guint)x;
        crop->y = (guint)y;
        crop->width = W;
        crop->height = H;
    }
    show_buffer(coded, &info, &got);
    show_buffer(picture, &part, &want);
    double mean, most = difference(&got, &want, &mean);
    if (most > 8 || mean > 2) // up to a pixel beside it where pixels share chroma
        fail_msg("%s cropped at %d,%d: off by up to %.1f, %.2f on average",
                 gst_video_format_to_string(format), x, y, most, mean);
    nn_tensor_release(&want);
    nn_tensor_release(&got);
}

static void test_cropped(void **state)
{
    (void)state;
    static const GstVideoFormat formats[] = {GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_NV21,
                                             GST_VIDEO_FORMAT_YUY2, GST_VIDEO_FORMAT_I420_10LE,
                                             GST_VIDEO_FORMAT_RGB,  GST_VIDEO_FORMAT_P010_10LE,
                                             GST_VIDEO_FORMAT_v210, GST_VIDEO_FORMAT_RGB16};
    for (gsize f = 0; f < G_N_ELEMENTS(formats); f++) {
        check_cropped(formats[f], 0, 0);
        check_cropped(formats[f], 20, 30);
        check_cropped(formats[f], 33, 17);
    }
}

// Rows that are longer than the format needs, as cameras and decoders make them.
static void test_strides(void **state)
{
    (void)state;
    enum { FULL_W = 204, FULL_H = 151 };
    guint n;
    const GstVideoFormat *formats = gst_video_formats_raw(&n);
    nn_tensor want = make_input(), got = make_input();
    for (guint i = 0; i < n; i++) {
        const GstVideoFormatInfo *f = gst_video_format_get_info(formats[i]);
        GstVideoInfo plain, tight, wide;
        GstVideoAlignment align;
        gst_video_alignment_reset(&align);
        align.padding_right = 37;
        align.padding_bottom = 5;
        if (!f->unpack_func || GST_VIDEO_FORMAT_INFO_HAS_PALETTE(f))
            continue;
        g_autoptr(GstBuffer) picture = make_picture(&plain, FULL_W, FULL_H);
        gst_video_info_set_format(&tight, formats[i], FULL_W, FULL_H);
        wide = tight;
        if (GST_VIDEO_FORMAT_INFO_IS_TILED(f) || !gst_video_info_align(&wide, &align))
            continue; // tiles are what they are
        g_autoptr(GstBuffer) plainly = convert(picture, &plain, &tight);
        g_autoptr(GstBuffer) padded = gst_buffer_new_allocate(NULL, wide.size, NULL);
        GstVideoFrame from, to;
        assert_true(gst_video_frame_map(&from, &tight, plainly, GST_MAP_READ));
        assert_true(gst_video_frame_map(&to, &wide, padded, GST_MAP_WRITE));
        assert_true(gst_video_frame_copy(&to, &from));
        gst_video_frame_unmap(&from);
        gst_video_frame_unmap(&to);
        gst_buffer_add_video_meta_full(padded, GST_VIDEO_FRAME_FLAG_NONE, formats[i], FULL_W,
                                       FULL_H, GST_VIDEO_INFO_N_PLANES(&wide), wide.offset,
                                       wide.stride);
        show_buffer(plainly, &tight, &want);
        show_buffer(padded, &tight, &got);
        double mean;
        if (difference(&got, &want, &mean) > 1e-3)
            fail_msg("%s with long rows is not the same", f->name);
    }
    nn_tensor_release(&want);
    nn_tensor_release(&got);
}

// --- boxes ---

static void keep(GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer result)
{
    const NeroMeta *m = nero_meta_get(buffer);
    (void)sink;
    (void)pad;
    assert_non_null(m);
    assert_int_equal(nn_result_copy(result, &m->result), NN_OK);
}

// The boxes that the model for people finds on the picture of the README, after `caps`.
static void find_boxes(const char *caps, nn_result *found)
{
    g_autofree char *text =
        g_strdup_printf("filesrc location=%s/../demo.png ! pngdec ! videoconvert ! %s ! "
                        "neroinfer model=person ! fakesink name=s signal-handoffs=true",
                        g_getenv("NEROSCALE_MODELS"), caps);
    g_autoptr(GError) error = NULL;
    GstElement *pipeline = gst_parse_launch(text, &error);
    if (error)
        fail_msg("%s", error->message);
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "s");
    g_signal_connect(sink, "handoff", G_CALLBACK(keep), found);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    g_autoptr(GstMessage) m =
        gst_bus_timed_pop_filtered(bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    assert_non_null(m);
    if (GST_MESSAGE_TYPE(m) == GST_MESSAGE_ERROR) {
        gst_message_parse_error(m, &error, NULL);
        fail_msg("%s: %s", caps, error->message);
    }
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
}

static const nn_box *find_like(const nn_box *b, const nn_result *among)
{
    for (int i = 0; i < among->count; i++) {
        const nn_box *o = &among->boxes[i];
        if (nn_box_iou(b, o) > 0.8f && fabsf(b->score - o->score) < 0.12f)
            return o;
    }
    return NULL;
}

// Through whole pipelines, interlaced and with pixels that are not square, too: every clear box has
// its like.
static void test_boxes(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "video/x-raw,format=UYVY",
        "video/x-raw,format=NV21",
        "video/x-raw,format=YV12",
        "video/x-raw,format=Y42B",
        "video/x-raw,format=Y444",
        "video/x-raw,format=NV16",
        "video/x-raw,format=P010_10LE",
        "video/x-raw,format=I420_10LE",
        "video/x-raw,format=v210",
        "video/x-raw,format=NV12_64Z32",
        "video/x-raw,format=I420,colorimetry=bt709",
        "video/x-raw,format=UYVY ! capssetter caps=video/x-raw,interlace-mode=interleaved",
        "video/x-raw,format=UYVY ! capssetter caps=video/x-raw,pixel-aspect-ratio=16/11",
    };
    nn_result want, got;
    nn_result_init(&want);
    nn_result_init(&got);
    find_boxes("video/x-raw,format=RGB", &want);
    int clear = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        find_boxes(cases[i], &got);
        clear = 0;
        for (int b = 0; b < want.count; b++) {
            if (want.boxes[b].score < 0.5f)
                continue;
            clear++;
            if (!find_like(&want.boxes[b], &got))
                fail_msg("%s: no box like %.0f,%.0f of score %.2f", cases[i],
                         (double)want.boxes[b].x0, (double)want.boxes[b].y0,
                         (double)want.boxes[b].score);
        }
    }
    print_message("%d clear boxes found in every format\n", clear);
    assert_true(clear >= 2);
    nn_result_release(&want);
    nn_result_release(&got);
}

// --- every format through the element ---

static GstBuffer *load_picture(GstVideoInfo *info)
{
    g_autofree char *path = g_strdup_printf("%s/../demo.png", g_getenv("NEROSCALE_MODELS"));
    nn_image image = {0};
    nn_error err;
    GstVideoFrame frame;
    if (nn_image_load(&image, path, &err) != NN_OK)
        fail_msg("%s", err.text);
    gst_video_info_set_format(info, GST_VIDEO_FORMAT_RGB, (guint)image.width, (guint)image.height);
    GstBuffer *b = gst_buffer_new_allocate(NULL, info->size, NULL);
    gst_video_frame_map(&frame, info, b, GST_MAP_WRITE);
    for (int y = 0; y < image.height; y++)
        memcpy((guint8 *)frame.data[0] + (gsize)y * (gsize)info->stride[0],
               image.rgb + (gsize)y * (gsize)image.width * 3, (gsize)image.width * 3);
    gst_video_frame_unmap(&frame);
    nn_image_release(&image);
    return b;
}

static void infer_buffer(GstHarness *h, GstBuffer *buffer, const GstVideoInfo *info,
                         nn_result *found)
{
    gst_harness_set_src_caps(h, gst_video_info_to_caps(info));
    g_autoptr(GstBuffer) out = gst_harness_push_and_pull(h, gst_buffer_ref(buffer));
    assert_non_null(out);
    assert_non_null(nero_meta_get(out));
    assert_int_equal(nn_result_copy(found, &nero_meta_get(out)->result), NN_OK);
}

// Every clear box has its like, and nothing clear is found that is not there.
static void expect_like(const char *format, const nn_result *want, const nn_result *got)
{
    for (int side = 0; side < 2; side++) {
        const nn_result *a = side ? got : want, *b = side ? want : got;
        for (int i = 0; i < a->count; i++)
            if (a->boxes[i].score > 0.6f && !find_like(&a->boxes[i], b))
                fail_msg("%s: %s box at %.0f,%.0f of score %.2f", format, side ? "an extra" : "no",
                         (double)a->boxes[i].x0, (double)a->boxes[i].y0, (double)a->boxes[i].score);
    }
}

static void test_boxes_in_every_format(void **state)
{
    (void)state;
    guint n;
    int done = 0;
    const GstVideoFormat *formats = gst_video_formats_raw(&n);
    GstVideoInfo plain;
    g_autoptr(GstBuffer) picture = load_picture(&plain);
    GstHarness *h = gst_harness_new_parse("neroinfer model=person async=false threshold=0.3");
    nn_result want, got;
    nn_result_init(&want);
    nn_result_init(&got);
    for (guint i = 0; i < n; i++) {
        GstVideoInfo info;
        const GstVideoFormatInfo *f = gst_video_format_get_info(formats[i]);
        if (!f->unpack_func || formats[i] == GST_VIDEO_FORMAT_RGB8P)
            continue; // its palette cannot be made by the converter
        gst_video_info_set_format(&info, formats[i], (guint)plain.width, (guint)plain.height);
        g_autoptr(GstBuffer) coded = convert(picture, &plain, &info);
        g_autoptr(GstBuffer) back = convert(coded, &info, &plain);
        infer_buffer(h, coded, &info, &got);
        infer_buffer(h, back, &plain, &want);
        assert_true(want.count >= 2);
        expect_like(f->name, &want, &got);
        done++;
    }
    print_message("the same boxes in %d formats\n", done);
    assert_true(done > 100);
    nn_result_release(&want);
    nn_result_release(&got);
    gst_harness_teardown(h);
}

// A source that can make every format makes a usual one, not the widest.
static void test_preference(void **state)
{
    (void)state;
    static const char *const elements[] = {"neroinfer", "nerooverlay", "nerosink"};
    guint n;
    const GstVideoFormat *formats = gst_video_formats_raw(&n);
    g_autoptr(GstCaps) every = gst_video_make_raw_caps(formats, n);
    for (gsize i = 0; i < G_N_ELEMENTS(elements); i++) {
        g_autoptr(GstElement) e = gst_object_ref_sink(gst_element_factory_make(elements[i], NULL));
        g_autoptr(GstPad) pad = gst_element_get_static_pad(e, "sink");
        g_autoptr(GstCaps) taken = gst_pad_query_caps(pad, every);
        GstVideoInfo info;
        taken = gst_caps_fixate(g_steal_pointer(&taken));
        assert_true(gst_video_info_from_caps(&info, taken));
        assert_true(GST_VIDEO_INFO_COMP_DEPTH(&info, 0) == 8);
        assert_true(GST_VIDEO_INFO_SIZE(&info) <= 4);
    }
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_format), cmocka_unit_test(test_colorimetry),
        cmocka_unit_test(test_cropped),      cmocka_unit_test(test_strides),
        cmocka_unit_test(test_boxes),        cmocka_unit_test(test_boxes_in_every_format),
        cmocka_unit_test(test_preference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
