// SPDX-License-Identifier: MIT
// neropublish to a real MQTT broker, which is killed and started again; a queue that overflows.
#include "tests/plugins/lines.h"
#include "tests/support/broker.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE = 60 }; // seconds for what takes milliseconds

static GstHarness *open_mqtt(int port, const char *more)
{
    g_autofree char *text = g_strdup_printf(
        "method=mqtt address=127.0.0.1:%d max-reconnect-interval=1 drain-timeout=%d %s", port,
        PATIENCE, more);
    return lines_open(NULL, text);
}

static void push_frames(GstHarness *h, int count)
{
    for (int i = 0; i < count; i++)
        lines_push(h, i * GST_MSECOND, lines_two, 2, 0);
}

static void wait_stat(GstHarness *h, const char *name, guint64 value)
{
    for (int i = 0; i < PATIENCE * 100 && lines_stat(h, name) < value; i++)
        g_usleep(10 * 1000);
    assert_int_equal(lines_stat(h, name), value);
}

// Counts how often each frame came, into counts[1..most]; returns the number of lines.
static guint count_frames(listener *l, const char *topic, guint *counts, guint most)
{
    guint n = 0;
    for (char *text; (text = listener_text(l, topic, n)); g_free(text), n++) {
        cJSON *line = cJSON_Parse(text);
        assert_non_null(line); // whole
        const int frame = (int)lines_number(line, "frame");
        assert_in_range(frame, 1, most);
        counts[frame]++;
        cJSON_Delete(line);
    }
    return n;
}

static void check_versions(const char *version)
{
    broker *b = broker_new("");
    broker_start(b);
    listener *l = listener_new(b, NULL, NULL);
    g_autofree char *more = g_strdup_printf("topic=yard/objects mqtt-state-topic=yard/state "
                                            "mqtt-client-id=gate mqtt-version=%s",
                                            version);
    GstHarness *h = open_mqtt(broker_port(b), more);
    push_frames(h, 30);
    assert_true(gst_harness_push_event(h, gst_event_new_eos()));
    assert_int_equal(lines_stat(h, "sent"), 30); // the end of the stream has waited
    assert_int_equal(lines_stat(h, "lost"), 0);
    gst_harness_teardown(h);
    guint counts[31] = {0};
    assert_int_equal(listener_wait(l, "yard/objects", 30, PATIENCE), 30);
    count_frames(l, "yard/objects", counts, 30);
    for (int i = 1; i <= 30; i++)
        assert_int_equal(counts[i], 1);
    assert_int_equal(listener_wait(l, "yard/state", 2, PATIENCE), 2);
    g_autofree char *first = listener_text(l, "yard/state", 0);
    g_autofree char *second = listener_text(l, "yard/state", 1);
    assert_string_equal(first, "online");
    assert_string_equal(second, "offline");
    listener_free(l);
    broker_free(b);
}

static void test_versions(void **state)
{
    (void)state;
    check_versions("3.1.1");
    check_versions("5");
}

static void test_qos0(void **state)
{
    (void)state;
    broker *b = broker_new("");
    broker_start(b);
    listener *l = listener_new(b, NULL, NULL);
    GstHarness *h = open_mqtt(broker_port(b), "topic=t mqtt-qos=0");
    push_frames(h, 30);
    assert_int_equal(listener_wait(l, "t", 30, PATIENCE), 30);
    wait_stat(h, "sent", 30);
    gst_harness_teardown(h);
    listener_free(l);
    broker_free(b);
}

// Everything was confirmed when the broker died: nothing is lost, nothing comes twice.
static void test_killed(void **state)
{
    (void)state;
    enum { BEFORE = 20, WHILE = 100, AFTER = 10, ALL = BEFORE + WHILE + AFTER };
    guint counts[ALL + 1] = {0};
    broker *b = broker_new("");
    broker_start(b);
    listener *l = listener_new(b, NULL, NULL);
    GstHarness *h = open_mqtt(broker_port(b), "topic=t");
    GstBus *bus = lines_bus(h);
    push_frames(h, BEFORE);
    wait_stat(h, "sent", BEFORE);
    assert_int_equal(listener_wait(l, "t", BEFORE, PATIENCE), BEFORE);
    listener_settle(l);
    broker_save(b);
    broker_kill(b, SIGKILL);
    g_autofree char *warning = lines_said(bus, GST_MESSAGE_WARNING);
    assert_non_null(strstr(warning, "lines wait until there is one"));
    push_frames(h, WHILE);
    assert_int_equal(lines_stat(h, "sent"), BEFORE);
    broker_start(b);
    g_autofree char *info = lines_said(bus, GST_MESSAGE_INFO);
    assert_non_null(strstr(info, "is there again"));
    push_frames(h, AFTER);
    assert_int_equal(listener_wait(l, "t", ALL, PATIENCE), ALL);
    wait_stat(h, "sent", ALL);
    assert_int_equal(lines_stat(h, "lost"), 0);
    gst_object_unref(bus);
    gst_harness_teardown(h);
    assert_int_equal(count_frames(l, "t", counts, ALL), ALL);
    for (int i = 1; i <= ALL; i++)
        assert_int_equal(counts[i], 1);
    listener_free(l);
    broker_free(b);
}

// Restarts in the middle of the stream: QoS 1 may repeat what was in flight, never lose it.
static void test_restarts(void **state)
{
    (void)state;
    enum { RESTARTS = 3, EACH = 200, ALL = RESTARTS * EACH, IN_FLIGHT = 20 };
    g_autofree guint *counts = g_new0(guint, ALL + 1);
    broker *b = broker_new("");
    broker_start(b);
    listener *l = listener_new(b, NULL, NULL);
    GstHarness *h = open_mqtt(broker_port(b), "topic=t");
    for (int i = 0; i < RESTARTS; i++) {
        push_frames(h, EACH / 2);
        broker_kill(b, SIGTERM);
        push_frames(h, EACH / 2);
        broker_start(b);
    }
    assert_true(gst_harness_push_event(h, gst_event_new_eos()));
    assert_int_equal(lines_stat(h, "sent"), ALL);
    assert_int_equal(lines_stat(h, "lost"), 0);
    gst_harness_teardown(h);
    listener_wait(l, "t", ALL, PATIENCE);
    g_usleep(500 * 1000); // for repetitions
    const guint lines = count_frames(l, "t", counts, ALL);
    for (int i = 1; i <= ALL; i++)
        assert_true(counts[i] >= 1);
    assert_in_range(lines, ALL, ALL + RESTARTS * IN_FLIGHT * 2); // ours and the listener's
    listener_free(l);
    broker_free(b);
}

// A queue that is too small keeps the newest lines and counts the rest.
static void test_overflow(void **state)
{
    (void)state;
    broker *b = broker_new("");
    GstHarness *h = open_mqtt(broker_port(b), "topic=t queue-size=10");
    push_frames(h, 50);
    assert_int_equal(lines_stat(h, "dropped"), 40);
    assert_int_equal(lines_stat(h, "queued"), 10);
    broker_start(b);
    listener *l = listener_new(b, NULL, NULL);
    wait_stat(h, "sent", 10);
    gst_harness_teardown(h);
    // The listener may have come after some of them; what it has is of the newest.
    push_frames(h = open_mqtt(broker_port(b), "topic=t source=second"), 1);
    assert_true(gst_harness_push_event(h, gst_event_new_eos()));
    gst_harness_teardown(h);
    guint n = 0;
    for (char *text; (text = listener_text(l, "t", n)) && !strstr(text, "second");
         g_free(text), n++) {
        cJSON *line = cJSON_Parse(text);
        assert_in_range((int)lines_number(line, "frame"), 41, 50);
        cJSON_Delete(line);
    }
    listener_free(l);
    broker_free(b);
}

// A server that accepts and says nothing: the stream does not wait, and the end is bounded.
static void test_silent(void **state)
{
    (void)state;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, size), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
    GstHarness *h = open_mqtt(ntohs(a.sin_port), "topic=t drain-timeout=1");
    const gint64 start = g_get_monotonic_time();
    push_frames(h, 200);
    assert_true(g_get_monotonic_time() - start < 5 * G_USEC_PER_SEC);
    const gint64 end = g_get_monotonic_time();
    gst_harness_teardown(h);
    assert_true(g_get_monotonic_time() - end < 5 * G_USEC_PER_SEC);
    close(fd);
}

static void test_gives_up(void **state)
{
    (void)state;
    GstHarness *h = open_mqtt(broker_free_port(), "topic=t max-connect-attempts=2");
    GstBus *bus = lines_bus(h);
    g_autofree char *warning = lines_said(bus, GST_MESSAGE_WARNING);
    assert_non_null(strstr(warning, "No connection to MQTT broker 127.0.0.1:"));
    g_autofree char *error = lines_said(bus, GST_MESSAGE_ERROR);
    assert_non_null(strstr(warning, "lines wait until there is one"));
    assert_non_null(strstr(error, "Cannot connect to MQTT broker 127.0.0.1:"));
    GstBuffer *in = frame_new("GRAY8", LINES_W, LINES_H, 0);
    assert_int_equal(gst_harness_push(h, in), GST_FLOW_ERROR);
    gst_object_unref(bus);
    gst_harness_teardown(h);
}

static char *refused(const char *settings)
{
    g_autofree char *text = g_strdup_printf("neropublish method=mqtt %s", settings);
    GstElement *e = gst_object_ref_sink(gst_parse_launch(text, NULL));
    GstBus *bus = gst_bus_new();
    gst_element_set_bus(e, bus);
    assert_int_equal(gst_element_set_state(e, GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
    char *said = lines_said(bus, GST_MESSAGE_ERROR);
    gst_element_set_state(e, GST_STATE_NULL);
    gst_object_unref(e);
    gst_object_unref(bus);
    return said;
}

// A file of settings that is none.
static void test_bad_config(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "[]", "{\"address\":"};
    test_path path = test_temp("bad.json");
    g_autofree char *settings =
        g_strdup_printf("address=localhost topic=t mqtt-config=%s", path.text);
    for (gsize i = 0; i < 3; i++) {
        test_write(path.text, wrong[i], strlen(wrong[i]));
        g_autofree char *said = refused(settings);
        assert_non_null(strstr(said, "bad.json"));
    }
}

static void test_settings(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"topic=t", "no address; set address=HOST:PORT"},
        {"address=localhost", "no topic for MQTT"},
        {"address=localhost topic=a/#", "wildcard"},
        {"address=localhost:0 topic=a", "port"},
        {"address=kafka://localhost/t", "it must be mqtt:// or mqtts://"},
        {"address=localhost topic=t ca-file=/nowhere.pem", "cannot read ca-file \"/nowhere.pem\""},
        {"address=localhost topic=t key-file=/dev/null", "belong together"},
        {"address=localhost topic=t mqtt-config=/nowhere.json", "cannot read mqtt-config"},
        {"address=localhost topic=t password-file=/nowhere", "cannot read password-file"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *said = refused(wrong[i][0]);
        if (!strstr(said, wrong[i][1]))
            fail_msg("%s: %s", wrong[i][0], said);
    }
}

// DL Streamer's file of settings.
static void test_config(void **state)
{
    (void)state;
    broker *b = broker_new("");
    broker_start(b);
    listener *l = listener_new(b, NULL, NULL);
    g_autofree char *json = g_strdup_printf(
        "{\"address\":\"127.0.0.1:%d\",\"topic\":\"from/file\",\"client-id\":\"me\"}",
        broker_port(b));
    test_path path = test_temp("mqtt.json");
    test_write(path.text, json, strlen(json));
    g_autofree char *text = g_strdup_printf("method=mqtt topic=other mqtt-config=%s", path.text);
    GstHarness *h = lines_open(NULL, text);
    push_frames(h, 1);
    assert_int_equal(listener_wait(l, "from/file", 1, PATIENCE), 1);
    gst_harness_teardown(h);
    listener_free(l);
    broker_free(b);
}

typedef struct Stream {
    GstHarness *harness;
    int frames;
} Stream;

static gpointer push_stream(gpointer data)
{
    Stream *s = data;
    push_frames(s->harness, s->frames);
    gst_harness_teardown(s->harness);
    return NULL;
}

// Elements with the same settings share a connection; what they send last arrives, too, when they
// stop at the same time.
static void test_shared(void **state)
{
    (void)state;
    enum { STREAMS = 4, EACH = 50 };
    Stream streams[STREAMS];
    GThread *threads[STREAMS];
    broker *b = broker_new("");
    broker_start(b);
    listener *l = listener_new(b, NULL, NULL);
    for (int i = 0; i < STREAMS; i++)
        streams[i] = (Stream){open_mqtt(broker_port(b), "topic=t mqtt-state-topic=state"), EACH};
    for (int i = 0; i < STREAMS; i++)
        threads[i] = g_thread_new("stream", push_stream, &streams[i]);
    for (int i = 0; i < STREAMS; i++)
        g_thread_join(threads[i]);
    assert_int_equal(listener_wait(l, "t", STREAMS * EACH, PATIENCE), STREAMS * EACH);
    assert_int_equal(listener_wait(l, "state", 2, PATIENCE), 2); // one connection
    listener_free(l);
    broker_free(b);
}

int main(int argc, char **argv)
{
    if (!broker_possible()) {
        fprintf(stderr, "skipped: mosquitto is not installed\n");
        return 77;
    }
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions), cmocka_unit_test(test_qos0),
        cmocka_unit_test(test_killed),   cmocka_unit_test(test_restarts),
        cmocka_unit_test(test_overflow), cmocka_unit_test(test_silent),
        cmocka_unit_test(test_gives_up), cmocka_unit_test(test_settings),
        cmocka_unit_test(test_config),   cmocka_unit_test(test_bad_config),
        cmocka_unit_test(test_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
