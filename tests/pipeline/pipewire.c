// SPDX-License-Identifier: MIT
// Nodes of PipeWire as inputs: a real server and session manager of this test, and senders that can
// be killed.
#include "pipeline/pipeline.h"

#include "clip.h"
#include "tests/plugins/models.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <gst/gst.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FRAMES = 20, PATIENCE = 100 }; // seconds, for what takes one or two

static struct {
    char *folder, *model;
    pid_t server, manager;
} all;

static void begin_child(gpointer unused)
{
    (void)unused;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static pid_t start(const char *const *words)
{
    GPid pid = 0;
    GError *error = NULL;
    const GSpawnFlags flags = G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
                              G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL;
    if (!g_spawn_async(NULL, (char **)words, NULL, flags, begin_child, NULL, &pid, &error))
        fail_msg("%s", error->message);
    return pid;
}

static void end(pid_t *pid)
{
    if (*pid > 0) {
        kill(*pid, SIGKILL);
        waitpid(*pid, NULL, 0);
    }
    *pid = 0;
}

// A camera of PipeWire with this node.name.
static pid_t start_node(const char *name, int width)
{
    g_autofree char *caps =
        g_strdup_printf("video/x-raw,format=YUY2,width=%d,height=120,framerate=25/1", width);
    g_autofree char *properties =
        g_strdup_printf("stream-properties=properties,node.name=%s,media.class=Video/Source", name);
    return start((const char *[]){"gst-launch-1.0", "-q", "videotestsrc", "is-live=true",
                                  "pattern=ball", "!", caps, "!", "pipewiresink", "mode=provide",
                                  properties, NULL});
}

static gboolean is_installed(const char *program)
{
    g_autofree char *path = g_find_program_in_path(program);
    return path != NULL;
}

// libpipewire looks for the socket in PIPEWIRE_RUNTIME_DIR. The session manager keeps files in
// XDG_STATE_HOME.
static int make_server(void **state)
{
    (void)state;
    gst_init(NULL, NULL);
    g_autoptr(GstElementFactory) source = gst_element_factory_find("pipewiresrc");
    if (!source || !is_installed("pipewire") || !is_installed("wireplumber") ||
        !is_installed("dbus-run-session") || !is_installed("gst-launch-1.0"))
        return 0;
    all.folder = g_strdup(test_make_dir("pw").text);
    all.model = clip_path("model.safetensors");
    model_write(all.model);
    g_setenv("PIPEWIRE_RUNTIME_DIR", all.folder, TRUE);
    g_setenv("XDG_STATE_HOME", all.folder, TRUE);
    all.server = start((const char *[]){"pipewire", NULL});
    g_autofree char *socket = g_build_filename(all.folder, "pipewire-0", NULL);
    for (int i = 0; access(socket, R_OK) != 0; i++) {
        assert_in_range(i, 0, PATIENCE * 50);
        g_usleep(20000);
    }
    all.manager = start((const char *[]){"dbus-run-session", "--", "wireplumber", NULL});
    return 0;
}

static int end_server(void **state)
{
    (void)state;
    end(&all.server);
    if (all.manager > 0)
        waitpid(all.manager, NULL, 0); // it ends with the server, and its bus with it
    g_clear_pointer(&all.folder, g_free);
    g_clear_pointer(&all.model, g_free);
    return 0;
}

typedef struct Story {
    pid_t node;
    int kill_at;   // the frame at which the node dies; 0: it lives
    char *notices; // owned: all lines
} Story;

static void see_frame(void *user, int64_t frame, const nn_result *result)
{
    Story *s = user;
    (void)result;
    if (frame == s->kill_at)
        end(&s->node);
}

// The node comes, or comes back, when the run has noticed that it is not there. pipewiresink sends
// nothing to one of ten new links, of which another node is no part.
static void see_notice(void *user, const char *line)
{
    Story *s = user;
    char *before = s->notices;
    s->notices = g_strconcat(before ? before : "", line, "\n", NULL);
    g_free(before);
    if (s->node != 0 && strstr(line, "no frame came"))
        end(&s->node);
    if (s->node == 0)
        s->node = start_node("yard", 176);
}

static nn_status play(const char *input, double wait, Story *story, vp_stats *stats, nn_error *err)
{
    const vp_options o = {.input = input,
                          .model = all.model,
                          .threshold = -1,
                          .iou_threshold = -1,
                          .interval = 1,
                          .threads = 1,
                          .max_frames = FRAMES,
                          .wait = wait,
                          .on_frame = see_frame,
                          .on_notice = see_notice,
                          .user = story};
    vp_pipeline *p;
    nn_status status = vp_pipeline_open(&p, &o, err);
    if (status != NN_OK)
        return status;
    status = vp_pipeline_run(p, err);
    *stats = vp_pipeline_stats(p);
    vp_pipeline_free(p);
    return status;
}

static void expect_frames(const char *input, Story *story, const vp_stats *stats, nn_status status,
                          const nn_error *err)
{
    if (status != NN_OK)
        fail_msg("%s: %s; %s", input, err->text, story->notices);
    assert_int_equal(stats->frames, FRAMES);
    assert_true(stats->detections > 0);
}

#define NEEDS_SERVER                                                                               \
    if (!all.folder) {                                                                             \
        print_message(                                                                             \
            "without pipewire, wireplumber, dbus-run-session, gst-launch-1.0, pipewiresrc\n");     \
        skip();                                                                                    \
    }

static void waits_for_a_node(void **state)
{
    NEEDS_SERVER(void) state;
    Story story = {0};
    vp_stats stats = {0};
    nn_error err = {0};
    const nn_status status = play("pipewire:yard", PATIENCE, &story, &stats, &err);
    expect_frames("pipewire:yard", &story, &stats, status, &err);
    assert_non_null(strstr(story.notices, "PipeWire has no video source"));
    assert_non_null(strstr(story.notices, "'pipewire:yard' is there"));
    // Now that it is there: without a name, with another one, and without a server.
    expect_frames("pipewire:", &story, &stats, play("pipewire:", 0, &story, &stats, &err), &err);
    assert_int_equal(play("pipewire:gate", 0, &story, &stats, &err), NN_ENOTFOUND);
    assert_non_null(strstr(err.text, "no video source 'gate'; it has yard"));
    g_setenv("PIPEWIRE_REMOTE", "nowhere", TRUE);
    assert_int_equal(play("pipewire:yard", 0, &story, &stats, &err), NN_ENOTFOUND);
    assert_non_null(strstr(err.text, "PipeWire does not run for this user"));
    g_unsetenv("PIPEWIRE_REMOTE");
    end(&story.node);
    g_free(story.notices);
}

// Another node does not take its place. It comes back with another size.
static void a_node_goes_and_comes_back(void **state)
{
    NEEDS_SERVER(void) state;
    pid_t other = start_node("other", 160);
    Story story = {.node = start_node("yard", 160), .kill_at = FRAMES / 2};
    vp_stats stats = {0};
    nn_error err = {0};
    const nn_status status = play("pipewire:yard", PATIENCE, &story, &stats, &err);
    expect_frames("pipewire:yard", &story, &stats, status, &err);
    assert_true(stats.reconnects > 0);
    assert_non_null(strstr(story.notices, "'pipewire:yard' was lost"));
    assert_non_null(strstr(story.notices, "'pipewire:yard' is back"));
    end(&story.node);
    end(&other);
    g_free(story.notices);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_for_a_node),
        cmocka_unit_test(a_node_goes_and_comes_back),
    };
    return cmocka_run_group_tests(tests, make_server, end_server);
}
