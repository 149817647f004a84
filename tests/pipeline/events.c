// SPDX-License-Identifier: MIT
// Clips of events: of encoded sources without encoding them again, of raw ones by one encoder;
// their JSON and pictures, and what they take on the disk.
#include "clip.h"
#include "nn/io/json.h"
#include "pipeline/appear.h"
#include "pipeline/group.h"
#include "pipeline/keep.h"
#include "pipeline/pipeline.h"
#include "pipeline/reader.h"
#include "pipeline/ring.h"
#include "tests/plugins/models.h"
#include "tests/support/test.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

static char *model;
static GString *notes;

static int make_files(void **state)
{
    (void)state;
    model = clip_path("model.safetensors");
    model_write(model);
    notes = g_string_new(NULL);
    return 0;
}

static int free_files(void **state)
{
    (void)state;
    g_free(model);
    g_string_free(notes, TRUE);
    return 0;
}

// --- parts ---

static void push_frame(vp_ring *r, int i, bool key, gsize size)
{
    GstBuffer *b = gst_buffer_new_allocate(NULL, size, NULL);
    if (!key)
        GST_BUFFER_FLAG_SET(b, GST_BUFFER_FLAG_DELTA_UNIT);
    vp_ring_push(r, b, i * GST_SECOND);
}

static int time_of(const GList *link)
{
    return (int)(((const vp_encoded *)link->data)->time / GST_SECOND);
}

static void ring_is_bounded(void **state)
{
    (void)state;
    gst_init(NULL, NULL);
    vp_ring *r = vp_ring_new(100 * GST_SECOND, 1 << 20);
    push_frame(r, 0, false, 10); // nothing can be decoded yet
    assert_null(vp_ring_find(r, 0));
    for (int i = 1; i <= 300; i++)
        push_frame(r, i, i % 10 == 1, 10);
    assert_int_equal(time_of(vp_ring_find(r, 0)), 191);                // a key frame
    assert_int_equal(time_of(vp_ring_find(r, 250 * GST_SECOND)), 241); // the last before
    assert_int_equal(time_of(vp_ring_find(r, 251 * GST_SECOND)), 251); // or at it
    assert_int_equal(vp_ring_bytes(r), (300 - 191 + 1) * 10);
    vp_ring_free(r);
    r = vp_ring_new(100 * GST_SECOND, 1000); // bytes bound it, too
    for (int i = 1; i <= 50; i++) {
        push_frame(r, i, i % 10 == 1, 40);
        assert_true(vp_ring_bytes(r) <= 1000);
    }
    assert_int_equal(time_of(vp_ring_find(r, 0)), 31);
    vp_ring_free(r);
}

static const char *name_of(const void *labels, int label)
{
    return ((const char *const *)labels)[label];
}

static const nn_box *see(vp_appear *a, double seconds, nn_box *boxes, int count)
{
    static const char *const labels[] = {"person", "car"};
    const char *name = NULL;
    const nn_result result = {.boxes = boxes, .count = count};
    return vp_appear_see(a, &result, name_of, labels, (guint64)(seconds * 1e9), &name);
}

static void objects_appear_once(void **state)
{
    (void)state;
    nn_box person = {.label = 0, .track_id = 7, .predicted = true}; // as all boxes of cameras
    nn_box car = {.label = 1, .track_id = 8};
    nn_box unknown = {.label = 0};
    vp_appear *a = vp_appear_new("person", TRUE);
    assert_null(see(a, 0, &car, 1));
    assert_null(see(a, 0, &unknown, 1)); // the tracker is not sure
    assert_ptr_equal(see(a, 1, &person, 1), &person);
    assert_null(see(a, 9, &person, 1));
    vp_appear_free(a);
    a = vp_appear_new(NULL, FALSE); // without numbers: a class that was away
    assert_ptr_equal(see(a, 0, &unknown, 1), &unknown);
    assert_null(see(a, 1.5, &unknown, 1));
    assert_null(see(a, 3, &unknown, 1));
    assert_ptr_equal(see(a, 5.5, &unknown, 1), &unknown);
    vp_appear_free(a);
}

static void write_file(const char *dir, const char *name, gsize size)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_autofree char *bytes = g_malloc0(size);
    assert_true(g_file_set_contents(path, bytes, (gssize)size, NULL));
}

static bool is_there(const char *dir, const char *name)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

// The oldest events go, with all their files; what is not ours stays.
static void disk_is_bounded(void **state)
{
    (void)state;
    vp_keep k;
    nn_error err = {0};
    g_autofree char *dir = clip_path("kept");
    g_mkdir(dir, 0777);
    write_file(dir, "2020-01-01T00-00-00.000Z-person.mkv", 500000);
    write_file(dir, "2020-01-01T00-00-00.000Z-person.jpg", 1000);
    write_file(dir, "2020-01-01T00-00-00.000Z-person.json", 100);
    write_file(dir, "2020-01-02T00-00-00.000Z-car.mkv.part", 500000); // of a run that was killed
    write_file(dir, "2020-01-03T00-00-00.000Z-enter-gate.mkv", 500000);
    write_file(dir, "2020-holidays.mkv", 900000);
    assert_int_equal(vp_keep_parse(&k, "0.6MB", &err), NN_OK);
    vp_keep_apply(&k, dir, dir);
    assert_false(is_there(dir, "2020-01-01T00-00-00.000Z-person.mkv"));
    assert_false(is_there(dir, "2020-01-01T00-00-00.000Z-person.jpg"));
    assert_false(is_there(dir, "2020-01-01T00-00-00.000Z-person.json"));
    assert_false(is_there(dir, "2020-01-02T00-00-00.000Z-car.mkv.part"));
    assert_true(is_there(dir, "2020-01-03T00-00-00.000Z-enter-gate.mkv"));
    assert_int_equal(vp_keep_parse(&k, "2GB,7d", &err), NN_OK);
    vp_keep_apply(&k, dir, dir);
    assert_false(is_there(dir, "2020-01-03T00-00-00.000Z-enter-gate.mkv"));
    assert_true(is_there(dir, "2020-holidays.mkv"));
    assert_int_equal(vp_keep_parse(&k, "20", &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "write 20GB, 500MB or 7d"));
    g_autofree char *stem = vp_keep_stem(G_GINT64_CONSTANT(1577836800123000), "../a b");
    assert_string_equal(stem, "2020-01-01T00-00-00.123Z----a-b");
}

// Several inputs share one bound: the oldest of all go, but none that another input is writing.
static void disk_is_bounded_for_all_inputs(void **state)
{
    (void)state;
    vp_keep k;
    nn_error err = {0};
    g_autofree char *dir = clip_path("all"), *one = g_build_filename(dir, "input1", NULL);
    g_autofree char *two = g_build_filename(dir, "input2", NULL);
    g_autofree char *other = g_build_filename(dir, "holidays", NULL);
    g_mkdir(dir, 0777);
    g_mkdir(one, 0777);
    g_mkdir(two, 0777);
    g_mkdir(other, 0777);
    write_file(one, "2020-01-01T00-00-00.000Z-person.mkv.part", 500000);
    write_file(two, "2020-01-02T00-00-00.000Z-person.mkv", 500000);
    write_file(two, "2020-01-02T00-00-00.000Z-person.json", 100);
    write_file(one, "2020-01-03T00-00-00.000Z-person.mkv", 500000);
    write_file(two, "2020-01-03T00-00-00.000Z-person.mkv", 500000);
    write_file(dir, "2020-01-04T00-00-00.000Z-person.mkv", 500000); // of one input alone
    write_file(other, "2020-01-01T00-00-00.000Z-person.mkv", 500000);
    assert_int_equal(vp_keep_parse(&k, "1.6MB", &err), NN_OK);
    vp_keep_apply(&k, dir, two);
    assert_true(is_there(one, "2020-01-01T00-00-00.000Z-person.mkv.part"));
    assert_false(is_there(two, "2020-01-02T00-00-00.000Z-person.mkv"));
    assert_false(is_there(two, "2020-01-02T00-00-00.000Z-person.json"));
    assert_false(is_there(one, "2020-01-03T00-00-00.000Z-person.mkv"));
    assert_true(is_there(two, "2020-01-03T00-00-00.000Z-person.mkv"));
    assert_true(is_there(dir, "2020-01-04T00-00-00.000Z-person.mkv"));
    assert_true(is_there(other, "2020-01-01T00-00-00.000Z-person.mkv"));
    vp_keep_apply(&k, dir, one);
    assert_true(is_there(one, "2020-01-01T00-00-00.000Z-person.mkv.part")); // there is room now
    assert_int_equal(vp_keep_parse(&k, "0.7MB", &err), NN_OK);
    vp_keep_apply(&k, dir, one); // its own is not being written: an earlier run left it
    assert_false(is_there(one, "2020-01-01T00-00-00.000Z-person.mkv.part"));
    assert_false(is_there(two, "2020-01-03T00-00-00.000Z-person.mkv"));
    assert_true(is_there(dir, "2020-01-04T00-00-00.000Z-person.mkv"));
}

// --- whole runs ---

static void note_line(void *user, const char *line)
{
    (void)user;
    g_string_append_printf(notes, "%s\n", line);
}

static int run(const char *input, const char *dir, int frames)
{
    vp_pipeline *p;
    nn_error err = {0};
    const vp_options o = {.input = input,
                          .model = model,
                          .threshold = -1,
                          .iou_threshold = -1,
                          .interval = 1,
                          .threads = 1,
                          .max_frames = frames,
                          .record_events = dir,
                          .event_before = 0.5,
                          .event_after = 0.2,
                          .on_notice = note_line};
    g_string_truncate(notes, 0);
    if (vp_pipeline_open(&p, &o, &err) != NN_OK || vp_pipeline_run(p, &err) != NN_OK)
        fail_msg("%s", err.text);
    const int events = vp_pipeline_stats(p).events;
    vp_pipeline_free(p);
    if (notes->len > 0)
        fail_msg("%s", notes->str);
    return events;
}

// The one file in `dir` with that ending (g_free); the test fails when there is another number.
static char *find_one(const char *dir, const char *ending)
{
    char *found = NULL;
    GDir *d = g_dir_open(dir, 0, NULL);
    for (const char *name; (name = g_dir_read_name(d));) {
        assert_false(g_str_has_suffix(name, ".part"));
        if (!g_str_has_suffix(name, ending))
            continue;
        assert_null(found);
        found = g_build_filename(dir, name, NULL);
    }
    g_dir_close(d);
    assert_non_null(found);
    return found;
}

static int count_frames(const char *path, double *seconds)
{
    vp_reader *r;
    nn_frame f;
    nn_error err = {0};
    int frames = 0;
    assert_int_equal(vp_reader_open(&r, path, 0, 0, &err), NN_OK);
    while (vp_reader_next(r, &f, &err) == 1) {
        frames++;
        *seconds = (double)vp_reader_time(r) / 1e9;
        assert_int_equal(f.width, CLIP_WIDTH);
    }
    vp_reader_close(r);
    return frames;
}

static void check_story(const char *dir, const char *source)
{
    gsize size;
    g_autofree char *path = find_one(dir, ".json"), *text = NULL;
    g_autofree char *picture = find_one(dir, ".jpg"), *clip = find_one(dir, ".mkv");
    g_autofree char *clip_name = g_path_get_basename(clip);
    cJSON *json = NULL;
    nn_error err = {0};
    assert_true(g_file_get_contents(path, &text, &size, NULL));
    assert_int_equal(nn_json_parse(&json, text, size, &err), NN_OK);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(json, "clip")), clip_name);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(json, "source")), source);
    const cJSON *event = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "events"), 0);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(event, "type")), "appear");
    const char *label = cJSON_GetStringValue(cJSON_GetObjectItem(event, "label"));
    assert_true(strcmp(label, "person") == 0 || strcmp(label, "car") == 0);
    cJSON_Delete(json);
    double seconds;
    assert_int_equal(count_frames(picture, &seconds), 1);
}

// The bytes of a film's frames, one behind the other.
static char *read_stream(const char *path, const char *demux, gsize *size)
{
    char *bytes = NULL;
    g_autofree char *out = clip_path("stream.bin");
    g_autofree char *text = g_strdup_printf(
        "filesrc location=\"%s\" ! %s ! filesink location=\"%s\"", path, demux, out);
    clip_play(text);
    assert_true(g_file_get_contents(out, &bytes, size, NULL));
    return bytes;
}

// The frames of the clip are those of the source, byte by byte.
static void copies_encoded_frames(void **state)
{
    (void)state;
    gsize all, part;
    double seconds = 0;
    g_autofree char *film = clip_make("film.avi"), *dir = clip_path("encoded");
    assert_int_equal(run(film, dir, 0), 1);
    check_story(dir, film);
    g_autofree char *clip = find_one(dir, ".mkv");
    g_autofree char *source = read_stream(film, "avidemux", &all);
    g_autofree char *copy = read_stream(clip, "matroskademux", &part);
    const int frames = count_frames(clip, &seconds);
    assert_in_range(frames, 6, CLIP_FRAMES); // the event is in the first frames; 0.2 s follow
    assert_true(part > 0 && part <= all);
    assert_memory_equal(source, copy, part);
}

// H.264 with frames that are decoded in another order than shown; a clip begins at a key frame.
static void takes_h264(void **state)
{
    (void)state;
    double seconds = 0;
    g_autofree char *film = clip_path("film.mp4"), *dir = clip_path("h264");
    g_autofree char *text = g_strdup_printf(
        "videotestsrc pattern=ball num-buffers=100 ! video/x-raw,format=I420,width=160,height=120,"
        "framerate=25/1 ! x264enc key-int-max=10 bframes=2 ! h264parse ! mp4mux ! filesink "
        "location=\"%s\"",
        film);
    clip_play(text);
    const int events = run(film, dir, 0);
    assert_true(events >= 1);
    GDir *d = g_dir_open(dir, 0, NULL);
    for (const char *name; (name = g_dir_read_name(d));) {
        g_autofree char *path = g_build_filename(dir, name, NULL);
        if (!g_str_has_suffix(name, ".mkv"))
            continue;
        const int frames = count_frames(path, &seconds);
        assert_in_range(frames, 5, 100);
        assert_true(seconds > (frames - 4) / 25.0 && seconds < (frames + 3) / 25.0);
    }
    g_dir_close(d);
}

// Frames that come raw, as from some cameras, pass an encoder.
static void encodes_raw_frames(void **state)
{
    (void)state;
    double seconds = 0;
    g_autofree char *dir = clip_path("raw"), *film = clip_path("raw.avi");
    g_autofree char *text = g_strdup_printf(
        "videotestsrc pattern=ball num-buffers=40 ! video/x-raw,format=I420,width=160,height=120,"
        "framerate=25/1 ! avimux ! filesink location=\"%s\"",
        film);
    clip_play(text);
    assert_int_equal(run(film, dir, 0), 1);
    check_story(dir, film);
    g_autofree char *clip = find_one(dir, ".mkv");
    assert_in_range(count_frames(clip, &seconds), 5, 40);
}

// Two runs in one folder would count and remove each other's clips.
static void folder_is_locked(void **state)
{
    (void)state;
    vp_pipeline *first, *second;
    nn_error err = {0};
    g_autofree char *dir = clip_path("locked"), *film = clip_make("locked.avi");
    vp_options o = {.input = film,
                    .model = model,
                    .threshold = -1,
                    .iou_threshold = -1,
                    .interval = 1,
                    .record_events = dir};
    assert_int_equal(vp_pipeline_open(&first, &o, &err), NN_OK);
    assert_int_equal(vp_pipeline_open(&second, &o, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "locked"));
    vp_pipeline_free(first);
    o.anonymize = "person";
    assert_int_equal(vp_pipeline_open(&second, &o, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "anonymiz"));
    o.anonymize = NULL;
    o.event_before = 601;
    assert_int_equal(vp_pipeline_open(&second, &o, &err), NN_EINVAL);
}

// A disk without room: a line tells, the run goes on, and what is cut off does not look complete.
static void full_disk_is_told(void **state)
{
    (void)state;
    struct rlimit before, most;
    vp_pipeline *p;
    nn_error err = {0};
    g_autofree char *film = clip_make("tight.avi"), *dir = clip_path("tight");
    const vp_options o = {.input = film,
                          .model = model,
                          .threshold = -1,
                          .iou_threshold = -1,
                          .interval = 1,
                          .threads = 1,
                          .record_events = dir,
                          .event_after = 0.2,
                          .on_notice = note_line};
    g_string_truncate(notes, 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    most = (struct rlimit){4000, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &most), 0);
    const nn_status opened = vp_pipeline_open(&p, &o, &err);
    const nn_status ran = opened == NN_OK ? vp_pipeline_run(p, &err) : opened;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    if (ran != NN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(vp_pipeline_stats(p).events, 0);
    vp_pipeline_free(p);
    assert_non_null(strstr(notes->str, "could not be completed"));
    GDir *d = g_dir_open(dir, 0, NULL);
    for (const char *name; (name = g_dir_read_name(d));)
        assert_false(g_str_has_suffix(name, ".mkv") || g_str_has_suffix(name, ".json"));
    g_dir_close(d);
}

// Several inputs have a folder each.
static void inputs_are_apart(void **state)
{
    (void)state;
    vp_group *g;
    nn_error err = {0};
    g_autofree char *dir = clip_path("several"), *film = clip_make("several.avi");
    g_autofree char *first = g_build_filename(dir, "input1", NULL);
    g_autofree char *second = g_build_filename(dir, "input2", NULL);
    const char *const inputs[] = {film, film};
    const vp_options o = {.model = model,
                          .threshold = -1,
                          .iou_threshold = -1,
                          .interval = 1,
                          .threads = 1,
                          .record_events = dir,
                          .event_after = 0.2,
                          .on_notice = note_line};
    g_string_truncate(notes, 0);
    if (vp_group_open(&g, &o, inputs, 2, &err) != NN_OK || vp_group_run(g, &err) != NN_OK)
        fail_msg("%s", err.text);
    vp_group_free(g);
    assert_int_equal(notes->len, 0);
    check_story(first, film);
    check_story(second, film);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ring_is_bounded),       cmocka_unit_test(objects_appear_once),
        cmocka_unit_test(disk_is_bounded),       cmocka_unit_test(disk_is_bounded_for_all_inputs),
        cmocka_unit_test(copies_encoded_frames), cmocka_unit_test(takes_h264),
        cmocka_unit_test(encodes_raw_frames),    cmocka_unit_test(folder_is_locked),
        cmocka_unit_test(inputs_are_apart),      cmocka_unit_test(full_disk_is_told),
    };
    return cmocka_run_group_tests(tests, make_files, free_files);
}
