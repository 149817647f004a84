// SPDX-License-Identifier: MIT
// Recordings contain every frame, at any size, format and time, and survive failures.
#include "pipeline/record.h"
#include "camera.h"
#include "clip.h"
#include "pipeline/pipeline.h"
#include "pipeline/reader.h"
#include "pipeline/recorder.h"
#include "pipeline/state.h"
#include "pipeline/window_record.h"
#include "tests/plugins/models.h"
#include "tests/support/test.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <gst/video/video.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

static char *model;
static GString *notes;
static gint plays; // atomic: the pipeline of run_until_it_plays does

static int make_files(void **state)
{
    (void)state;
    model = clip_path("model.safetensors");
    model_write(model);
    return 0;
}

static int free_files(void **state)
{
    (void)state;
    g_free(model);
    return 0;
}

static int begin(void **state)
{
    (void)state;
    notes = g_string_new(NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    g_string_free(notes, TRUE);
    return 0;
}

static void note_line(void *user, const char *line)
{
    (void)user;
    g_string_append_printf(notes, "%s\n", line);
}

static vp_options options(const char *input, const char *record)
{
    return (vp_options){.input = input,
                        .model = model,
                        .threshold = -1,
                        .iou_threshold = -1,
                        .interval = 1,
                        .threads = 1,
                        .record = record,
                        .on_notice = note_line};
}

static int64_t run(const vp_options *o)
{
    vp_pipeline *p;
    nn_error err = {0};
    if (vp_pipeline_open(&p, o, &err) != NN_OK || vp_pipeline_run(p, &err) != NN_OK)
        fail_msg("%s", err.text);
    const int64_t frames = vp_pipeline_stats(p).frames;
    vp_pipeline_free(p);
    return frames;
}

typedef struct film {
    int frames, width, height;
    int64_t time; // of the last frame, in milliseconds
} film;

static film read_film(const char *path)
{
    vp_reader *r;
    nn_frame f;
    nn_error err = {0};
    film found = {0};
    int got;
    if (vp_reader_open(&r, path, 0, 0, &err) != NN_OK)
        fail_msg("%s", err.text);
    while ((got = vp_reader_next(r, &f, &err)) == 1) {
        if (found.frames++ > 0)
            assert_true(found.width == f.width && found.height == f.height);
        found.width = f.width;
        found.height = f.height;
        found.time = vp_reader_time(r) / 1000000;
    }
    vp_reader_close(r);
    if (got < 0)
        fail_msg("%s", err.text);
    return found;
}

// `frames` concatenated JPEG pictures: a film without timestamps.
static char *make_jpegs(const char *name, const char *format, int frames)
{
    char *path = clip_path(name);
    g_autofree char *text =
        g_strdup_printf("videotestsrc pattern=ball num-buffers=%d ! video/x-raw,%s,framerate=25/1 "
                        "! jpegenc ! filesink location=\"%s\"",
                        frames, format, path);
    clip_play(text);
    return path;
}

static const char *const containers[] = {"film.mp4", "film.mkv"};

#define X264 "x264enc tune=zerolatency ! h264parse"

static void takes_all_formats(void **state)
{
    (void)state;
    static const struct {
        const char *format, *codec;
        int width, height; // of the recording
    } cases[] = {{"format=I420,width=53,height=41", "identity", 54, 42},
                 {"format=I420,width=7,height=5", "identity", 16, 16},
                 {"format=I420,width=64,height=48,pixel-aspect-ratio=2/1", "identity", 64, 48},
                 {"format=AYUV,width=53,height=41", "identity", 54, 42},
                 {"format=Y444,width=53,height=41", X264, 54, 42},
                 {"format=Y444,width=64,height=48", X264, 64, 48},
                 {"format=I420_10LE,width=62,height=46", X264, 62, 46}};
    for (size_t i = 0; i < 2 * G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = clip_path("in.mkv"), *record = clip_path(containers[i % 2]);
        g_autofree char *text = g_strdup_printf(
            "videotestsrc pattern=ball num-buffers=9 ! video/x-raw,%s,framerate=25/1 ! "
            "%s ! matroskamux ! filesink location=\"%s\"",
            cases[i / 2].format, cases[i / 2].codec, path);
        clip_play(text);
        vp_options o = options(path, record);
        assert_int_equal(run(&o), 9);
        const film f = read_film(record);
        assert_int_equal(f.frames, 9);
        assert_int_equal(f.width, cases[i / 2].width);
        assert_int_equal(f.height, cases[i / 2].height);
    }
    assert_string_equal(notes->str, "");
}

static void makes_up_times(void **state)
{
    (void)state;
    g_autofree char *path = make_jpegs("plain.mjpeg", "width=64,height=48", 20);
    for (size_t i = 0; i < G_N_ELEMENTS(containers); i++) {
        g_autofree char *record = clip_path(containers[i]);
        vp_options o = options(path, record);
        run(&o);
        const film f = read_film(record);
        assert_int_equal(f.frames, 20);
        assert_in_range(f.time, 755, 765); // 25 frames a second
    }
}

// All frames are in one film of one size; what has another shape gets bars.
static void follows_a_size_that_changes(void **state)
{
    (void)state;
    g_autofree char *a = make_jpegs("a.mjpeg", "width=64,height=48", 11);
    g_autofree char *b = make_jpegs("b.mjpeg", "width=90,height=131", 12);
    g_autofree char *first = NULL, *second = NULL, *path = clip_path("both.mjpeg");
    gsize size, more;
    assert_true(g_file_get_contents(a, &first, &size, NULL));
    assert_true(g_file_get_contents(b, &second, &more, NULL));
    GString *both = g_string_new_len(first, (gssize)size);
    g_string_append_len(both, second, (gssize)more);
    assert_true(g_file_set_contents(path, both->str, (gssize)both->len, NULL));
    g_string_free(both, TRUE);
    for (size_t i = 0; i < G_N_ELEMENTS(containers); i++) {
        g_autofree char *record = clip_path(containers[i]);
        vp_options o = options(path, record);
        assert_int_equal(run(&o), 23);
        const film f = read_film(record);
        assert_int_equal(f.frames, 23);
        assert_true(f.width == 64 && f.height == 48);
    }
}

static gpointer set_when_it_plays(gpointer pipeline)
{
    GstState now = GST_STATE_NULL;
    while (now != GST_STATE_PLAYING && !g_atomic_int_get(&plays)) {
        g_usleep(10000);
        gst_element_get_state(pipeline, &now, NULL, 0);
    }
    g_atomic_int_set(&plays, 1);
    return NULL;
}

// Before the first frame is through, which takes its time, there is no time that the pause of the
// camera could be measured by.
static int64_t run_until_it_plays(const vp_options *o)
{
    vp_pipeline *p;
    nn_error err = {0};
    g_atomic_int_set(&plays, 0);
    if (vp_pipeline_open(&p, o, &err) != NN_OK)
        fail_msg("%s", err.text);
    GThread *thread = g_thread_new("plays", set_when_it_plays, p->pipeline);
    const nn_status status = vp_pipeline_run(p, &err);
    g_atomic_int_set(&plays, 1); // it has ended, in whatever way
    g_thread_join(thread);
    if (status != NN_OK)
        fail_msg("%s", err.text);
    const int64_t frames = vp_pipeline_stats(p).frames;
    vp_pipeline_free(p);
    return frames;
}

// The pictures have no times of their own: each one after the first connection, of five, is from
// when it came.
static void expect_times(const char *json)
{
    g_autofree char *text = NULL;
    gint64 last = 500 * G_GINT64_CONSTANT(1000000); // it was away for half a second
    assert_true(g_file_get_contents(json, &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    assert_int_equal(g_strv_length(lines), 12 + 1);
    for (int i = 5; i < 12; i++) {
        const char *at = strstr(lines[i], "\"timestamp\":");
        if (!at)
            fail_msg("no time in %s", lines[i]);
        const gint64 time = g_ascii_strtoll(strchr(at, ':') + 1, NULL, 10);
        assert_true(time > last);
        last = time;
    }
}

static void goes_on_with_a_camera_of_another_size(void **state)
{
    (void)state;
    g_autofree char *json = clip_path("film.jsonl");
    g_autofree char *a = make_jpegs("small.jpg", "width=64,height=48", 1);
    g_autofree char *b = make_jpegs("large.jpg", "width=100,height=60", 1);
    for (size_t i = 0; i < G_N_ELEMENTS(containers); i++) {
        g_autofree char *record = clip_path(containers[i]);
        camera *c = camera_open(a, 5, 100);
        camera_comes_back_with(c, b);
        camera_stays_until(c, &plays);
        vp_options o = options(camera_uri(c), record);
        o.max_frames = 12;
        o.json = json;
        assert_int_equal(run_until_it_plays(&o), 12);
        expect_times(json);
        camera_close(c);
        const film f = read_film(record);
        assert_int_equal(f.frames, 12);
        assert_true(f.width == 64 && f.height == 48);
        assert_true(f.time > 500); // it was away for half a second
    }
}

static void keeps_what_a_killed_run_left(void **state)
{
    (void)state;
    g_autofree char *record = clip_path("yard.mkv"), *clip = clip_make("clip.avi");
    static const char *const kept[] = {"yard.recovered.mkv", "yard.recovered-2.mkv"};
    for (size_t i = 0; i < G_N_ELEMENTS(kept); i++) {
        g_autofree char *part = clip_text("yard.mkv.part", kept[i]), *text = NULL;
        g_autofree char *path = clip_path(kept[i]);
        vp_options o = options(clip, record);
        assert_int_equal(run(&o), CLIP_FRAMES);
        assert_int_equal(read_film(record).frames, CLIP_FRAMES);
        assert_int_not_equal(g_access(part, F_OK), 0);
        assert_true(g_file_get_contents(path, &text, NULL, NULL));
        assert_string_equal(text, kept[i]);
        if (!strstr(notes->str, path))
            fail_msg("no '%s' in: %s", path, notes->str);
    }
}

static void is_the_only_one_that_writes_there(void **state)
{
    (void)state;
    vp_pipeline *p, *q;
    nn_error err = {0};
    g_autofree char *record = clip_path("one.mp4"), *part = clip_path("one.mp4.part");
    g_autofree char *clip = clip_make("clip.avi");
    vp_options o = options(clip, record);
    assert_int_equal(vp_pipeline_open(&p, &o, &err), NN_OK);
    assert_int_equal(vp_pipeline_open(&q, &o, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "one.mp4: another run (process "));
    assert_int_equal(vp_pipeline_run(p, &err), NN_OK);
    vp_pipeline_free(p);
    assert_int_equal(read_film(record).frames, CLIP_FRAMES);
    assert_int_not_equal(g_access(part, F_OK), 0);
}

static struct rlimit allow_files_of(rlim_t size)
{
    struct rlimit before, most;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    most = (struct rlimit){size, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &most), 0);
    return before;
}

static bool disk_is_tight;

// In place of libc's: one block is left on the disk, or more than any file needs.
int fstatvfs(int file, struct statvfs *disk)
{
    (void)file;
    *disk = (struct statvfs){.f_frsize = 4096, .f_bavail = disk_is_tight ? 1 : 1 << 20};
    return 0;
}

// A frame of 64x48 at the start of the stream. gst_sample_unref.
static GstSample *first_frame(void)
{
    GstSegment segment;
    GstVideoInfo info;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_video_info_set_format(&info, GST_VIDEO_FORMAT_I420, 64, 48);
    g_autoptr(GstCaps) caps = gst_video_info_to_caps(&info);
    g_autoptr(GstBuffer) frame = gst_buffer_new_allocate(NULL, info.size, NULL);
    gst_buffer_memset(frame, 0, 128, info.size);
    GST_BUFFER_PTS(frame) = 0;
    return gst_sample_new(frame, caps, &segment, NULL);
}

// When the disk is so full that the end of the file does not fit, either, that is a failure; once
// it has been told that the recording ends, no second one.
static void a_disk_that_was_full_before_is_told_once(void **state)
{
    (void)state;
    g_autoptr(GstSample) frame = first_frame();
    for (int told = 0; told < 2; told++) {
        vp_recorder *r;
        nn_error err = {0};
        bool any = false;
        g_autofree char *left = NULL, *path = clip_path(told ? "told.mkv" : "tight.mkv");
        assert_int_equal(vp_recorder_new(&r, path, &err), NN_OK);
        assert_int_equal(vp_recorder_start(r, &err), NN_OK);
        vp_recorder_take(r, frame);
        const struct rlimit before = allow_files_of(100);
        disk_is_tight = told;
        assert_true(!told || vp_recorder_watch(r, &any, &err));
        disk_is_tight = false;
        assert_int_equal(vp_recorder_finish(r, true, &left, &err), told ? NN_OK : NN_EIO);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_non_null(strstr(err.text, "the recording '"));
        vp_recorder_free(r);
    }
}

// One line of error, a playable file, and the run continues.
static void a_full_disk_ends_the_recording_alone(void **state)
{
    (void)state;
    enum { FRAMES = 150 };
    g_autofree char *input = clip_path("long.avi");
    g_autofree char *text = g_strdup_printf(
        "videotestsrc pattern=snow num-buffers=%d ! video/x-raw,format=I420,width=64,height=48,"
        "framerate=25/1 ! avimux ! filesink location=\"%s\"",
        FRAMES, input);
    clip_play(text);
    for (size_t i = 0; i < G_N_ELEMENTS(containers); i++) {
        struct stat st;
        g_autofree char *record = clip_path(containers[i]);
        vp_options o = options(input, record);
        assert_int_equal(run(&o), FRAMES);
        assert_int_equal(stat(record, &st), 0);
        g_string_truncate(notes, 0);
        const struct rlimit before = allow_files_of((rlim_t)st.st_size * 2 / 3);
        const int64_t frames = run(&o);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(frames, FRAMES);
        assert_non_null(strstr(notes->str, "cannot write the recording"));
        assert_non_null(strstr(notes->str, "the run goes on\n"));
        assert_ptr_equal(strchr(notes->str, '\n'), notes->str + notes->len - 1); // one line
        assert_in_range(read_film(record).frames, FRAMES / 2, FRAMES - 10);
    }
}

// Number of files in the folder whose names begin and end so, the sum of their frames and bytes.
static int count_segments(const char *dir, const char *begin, int *frames, int64_t *bytes)
{
    int n = 0;
    GDir *d = g_dir_open(dir, 0, NULL);
    *frames = 0;
    *bytes = 0;
    for (const char *name; (name = g_dir_read_name(d));) {
        g_autofree char *path = g_build_filename(dir, name, NULL);
        struct stat st;
        assert_false(g_str_has_suffix(name, ".part"));
        if (!g_str_has_prefix(name, begin) || strlen(name) < 20)
            continue;
        assert_int_equal(stat(path, &st), 0);
        *bytes += st.st_size;
        *frames += read_film(path).frames;
        n++;
    }
    g_dir_close(d);
    return n;
}

// No frame is lost between files, each can be played, the oldest go, and no file of others.
static void files_follow_each_other(void **state)
{
    (void)state;
    enum { FRAMES = 85, SECONDS = 4 };
    g_autofree char *input = clip_path("follow.avi");
    g_autofree char *text = g_strdup_printf(
        "videotestsrc pattern=snow num-buffers=%d ! video/x-raw,format=I420,width=160,height=120,"
        "framerate=25/1 ! jpegenc ! avimux ! filesink location=\"%s\"",
        FRAMES, input);
    clip_play(text);
    for (size_t i = 0; i < G_N_ELEMENTS(containers); i++) {
        int frames, files;
        int64_t bytes, all;
        g_autofree char *dir = clip_path("follow");
        g_autofree char *record = g_build_filename(dir, containers[i], NULL);
        g_autofree char *other = g_build_filename(dir, "film-2026.mp4", NULL);
        assert_int_equal(g_mkdir(dir, 0777), 0);
        vp_options o = options(input, record);
        o.record_segment = 1;
        assert_int_equal(run(&o), FRAMES);
        assert_int_equal(count_segments(dir, "film-", &frames, &all), SECONDS);
        assert_int_equal(frames, FRAMES);
        assert_true(g_file_set_contents(other, "mine", 4, NULL));
        o.record_limit = (uint64_t)all / 2;
        assert_int_equal(run(&o), FRAMES);
        files = count_segments(dir, "film-", &frames, &bytes);
        assert_in_range(files, 1, SECONDS / 2);
        assert_true(bytes <= all / 2);
        assert_int_equal(g_access(other, F_OK), 0);
        assert_int_equal(g_access(record, F_OK), -1);
        assert_int_equal(notes->len, 0);
        g_autofree char *remove = g_strdup_printf("rm -r '%s'", dir);
        assert_int_equal(system(remove), 0);
    }
}

static bool has_colours(const char *path)
{
    vp_reader *r;
    nn_frame f;
    nn_error err = {0};
    bool any = false;
    assert_int_equal(vp_reader_open(&r, path, 0, 0, &err), NN_OK);
    while (vp_reader_next(r, &f, &err) == 1)
        for (int y = 0; y < f.height; y++)
            for (int x = 0; x < f.width; x++) {
                const uint8_t *p = f.plane[0] + (size_t)y * (size_t)f.stride[0] + 3 * x;
                any = any || ABS(p[0] - p[2]) > 60 || ABS(p[0] - p[1]) > 60;
            }
    vp_reader_close(r);
    return any;
}

static void boxes_are_left_out(void **state)
{
    (void)state;
    g_autofree char *input = clip_make("grey.avi"), *record = clip_path("boxes.mkv");
    vp_options o = options(input, record);
    run(&o);
    assert_true(has_colours(record));
    o.record_clean = true;
    run(&o);
    assert_false(has_colours(record));
}

static void says_when_nothing_can_be_recorded(void **state)
{
    (void)state;
    vp_pipeline *p;
    nn_error err = {0};
    g_autofree char *record = clip_path("none.mp4"), *part = clip_path("none.mp4.part");
    vp_options o = options("test", record);
    const struct rlimit before = allow_files_of(100);
    assert_int_equal(vp_pipeline_open(&p, &o, &err), NN_OK);
    const nn_status status = vp_pipeline_run(p, &err); // would not end
    vp_pipeline_free(p);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, NN_EIO);
    assert_non_null(strstr(err.text, "cannot write the recording"));
    assert_non_null(strstr(err.text, "none.mp4"));
    assert_int_not_equal(g_access(part, F_OK), 0);
}

static void records_a_camera_alone(void **state)
{
    (void)state;
    nn_error err = {0};
    const sig_atomic_t stop = 0;
    g_autofree char *path = make_jpegs("odd.mjpeg", "width=63,height=47", 20);
    g_autofree char *record = clip_path("alone.mkv"), *part = clip_path("alone.mkv.part");
    if (vp_record(path, record, 60, &stop, NULL, NULL, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(read_film(record).frames, 20);
    assert_int_not_equal(g_access(part, F_OK), 0);
}

// What the user of a window records; a sink stands for the window. A full disk ends it.
static void the_user_records_the_window(void **state)
{
    (void)state;
    enum { WIDTH = 640, HEIGHT = 480, TURNS = 200 };
    nn_error err = {0};
    vp_window_record *r = NULL;
    g_autofree char *here = g_get_current_dir(), *folder = clip_path("");
    assert_int_equal(g_chdir(folder), 0);
    GstElement *p = gst_parse_launch("videotestsrc pattern=snow is-live=true ! video/x-raw,"
                                     "width=640,height=480,framerate=25/1 ! fakesink name=view",
                                     NULL);
    g_autoptr(GstElement) view = gst_bin_get_by_name(GST_BIN(p), "view");
    assert_int_equal(vp_window_record_start(&r, view, &err), NN_OK);
    assert_false(vp_window_record_ended(r, &err));
    assert_int_equal(vp_window_record_end(&r, &err), NN_EIO); // nothing was shown
    assert_string_equal(err.text, "no frame came");
    assert_false(vp_window_record_ended(NULL, &err));
    gst_element_set_state(p, GST_STATE_PLAYING);
    for (int full = 0; full < 2; full++) {
        int turns = 0;
        const struct rlimit before = allow_files_of(full ? 100000 : RLIM_INFINITY);
        assert_int_equal(vp_window_record_start(&r, view, &err), NN_OK);
        g_autofree char *path = g_strdup(vp_window_record_path(r));
        while (turns++ < (full ? TURNS : 20) && !vp_window_record_ended(r, &err))
            g_usleep(50000);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        const nn_status status = vp_window_record_end(&r, full ? NULL : &err);
        assert_null(r);
        if (full) {
            assert_true(turns < TURNS);
            assert_non_null(strstr(err.text, "cannot write the recording"));
        } else {
            assert_int_equal(status, NN_OK);
            const film f = read_film(path);
            // how many frames a second has depends on the machine
            assert_true(f.frames > 0 && f.width == WIDTH && f.height == HEIGHT);
        }
        g_unlink(path);
    }
    gst_element_set_state(p, GST_STATE_NULL);
    gst_object_unref(p);
    assert_int_equal(g_chdir(here), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(takes_all_formats),
        TEST(makes_up_times),
        TEST(follows_a_size_that_changes),
        TEST(goes_on_with_a_camera_of_another_size),
        TEST(keeps_what_a_killed_run_left),
        TEST(is_the_only_one_that_writes_there),
        TEST(a_disk_that_was_full_before_is_told_once),
        TEST(a_full_disk_ends_the_recording_alone),
        TEST(files_follow_each_other),
        TEST(boxes_are_left_out),
        TEST(says_when_nothing_can_be_recorded),
        TEST(records_a_camera_alone),
        TEST(the_user_records_the_window),
    };
    g_unsetenv("http_proxy");
    return cmocka_run_group_tests(tests, make_files, free_files);
}
