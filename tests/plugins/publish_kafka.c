// SPDX-License-Identifier: MIT
// neropublish to the cluster that librdkafka brings for tests: lines, an outage, a full queue.
#include "tests/plugins/lines.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

enum { PATIENCE = 60, BROKERS = 3 };

typedef struct Cluster {
    rd_kafka_t *owner, *reader;
    rd_kafka_mock_cluster_t *mock;
    const char *servers; // borrowed
} Cluster;

static rd_kafka_t *new_client(rd_kafka_type_t type, const char *servers)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "0", NULL, 0);
    if (servers)
        rd_kafka_conf_set(conf, "bootstrap.servers", servers, NULL, 0);
    if (type == RD_KAFKA_CONSUMER)
        rd_kafka_conf_set(conf, "group.id", "test", NULL, 0);
    rd_kafka_t *client = rd_kafka_new(type, conf, why, sizeof why);
    assert_non_null(client);
    return client;
}

static void set_down(Cluster *c, gboolean down)
{
    for (int i = 1; i <= BROKERS; i++) {
        if (down)
            rd_kafka_mock_broker_set_down(c->mock, i);
        else
            rd_kafka_mock_broker_set_up(c->mock, i);
    }
}

// Three brokers with the topic "objects" of one partition, and a reader of it.
static Cluster open_cluster(void)
{
    Cluster c = {.owner = new_client(RD_KAFKA_PRODUCER, NULL)};
    c.mock = rd_kafka_mock_cluster_new(c.owner, BROKERS);
    assert_int_equal(rd_kafka_mock_topic_create(c.mock, "objects", 1, BROKERS), 0);
    c.servers = rd_kafka_mock_cluster_bootstraps(c.mock);
    c.reader = new_client(RD_KAFKA_CONSUMER, c.servers);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, "objects", 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    assert_int_equal(rd_kafka_assign(c.reader, list), 0);
    rd_kafka_topic_partition_list_destroy(list);
    return c;
}

static void close_cluster(Cluster *c)
{
    rd_kafka_consumer_close(c->reader);
    rd_kafka_destroy(c->reader);
    rd_kafka_mock_cluster_destroy(c->mock);
    rd_kafka_destroy(c->owner);
}

// The next frame number in the topic; 0 when none comes in time.
static int next_frame(Cluster *c, int milliseconds)
{
    const gint64 until = g_get_monotonic_time() + milliseconds * 1000;
    int frame = 0;
    while (!frame && g_get_monotonic_time() < until) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(c->reader, 100);
        if (m && m->err == 0) {
            g_autofree char *text = g_strndup(m->payload, m->len);
            cJSON *line = cJSON_Parse(text);
            assert_non_null(line);
            frame = (int)lines_number(line, "frame");
            cJSON_Delete(line);
        }
        if (m)
            rd_kafka_message_destroy(m);
    }
    return frame;
}

static GstHarness *open_kafka(const Cluster *c, const char *more)
{
    g_autofree char *text = g_strdup_printf("method=kafka address=\"%s\" topic=objects "
                                            "max-reconnect-interval=1 %s",
                                            c->servers, more);
    return lines_open(NULL, text);
}

static void push_frames(GstHarness *h, int count)
{
    for (int i = 0; i < count; i++)
        lines_push(h, i * GST_MSECOND, lines_two, 2, 0);
}

static void test_lines(void **state)
{
    (void)state;
    Cluster c = open_cluster();
    test_path config = test_temp("kafka.properties");
    const char *text = "# a comment\ncompression.codec = lz4\nlinger.ms=1\n";
    test_write(config.text, text, strlen(text));
    g_autofree char *more = g_strdup_printf("kafka-config=%s", config.text);
    GstHarness *h = open_kafka(&c, more);
    push_frames(h, 50);
    assert_true(gst_harness_push_event(h, gst_event_new_eos()));
    assert_int_equal(lines_stat(h, "sent"), 50);
    assert_int_equal(lines_stat(h, "lost"), 0);
    gst_harness_teardown(h);
    for (int i = 1; i <= 50; i++)
        assert_int_equal(next_frame(&c, PATIENCE * 1000), i);
    assert_int_equal(next_frame(&c, 300), 0);
    close_cluster(&c);
}

// All brokers go and come back: no line is missing, none is there twice, and all are in order.
static void test_outage(void **state)
{
    (void)state;
    enum { EACH = 40, ALL = 3 * EACH };
    Cluster c = open_cluster();
    GstHarness *h = open_kafka(&c, "drain-timeout=30");
    GstBus *bus = lines_bus(h);
    push_frames(h, EACH);
    for (int i = 0; i < PATIENCE * 100 && lines_stat(h, "sent") < EACH; i++)
        g_usleep(10 * 1000);
    assert_int_equal(lines_stat(h, "sent"), EACH);
    set_down(&c, TRUE);
    push_frames(h, EACH);
    g_autofree char *warning = lines_said(bus, GST_MESSAGE_WARNING);
    assert_non_null(strstr(warning, "No connection to Kafka at 127.0.0.1:"));
    assert_int_equal(lines_stat(h, "sent"), EACH);
    set_down(&c, FALSE);
    push_frames(h, EACH);
    assert_true(gst_harness_push_event(h, gst_event_new_eos()));
    assert_int_equal(lines_stat(h, "sent"), ALL);
    gst_object_unref(bus);
    gst_harness_teardown(h);
    for (int i = 1; i <= ALL; i++)
        assert_int_equal(next_frame(&c, PATIENCE * 1000), i);
    assert_int_equal(next_frame(&c, 300), 0);
    close_cluster(&c);
}

// Brokers that refuse lines for a while.
static void test_refusals(void **state)
{
    (void)state;
    Cluster c = open_cluster();
    rd_kafka_mock_push_request_errors(c.mock, 0 /* Produce */, 2,
                                      RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                                      RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
    GstHarness *h = open_kafka(&c, "drain-timeout=30");
    push_frames(h, 5);
    assert_true(gst_harness_push_event(h, gst_event_new_eos()));
    assert_int_equal(lines_stat(h, "sent"), 5);
    gst_harness_teardown(h);
    for (int i = 1; i <= 5; i++)
        assert_int_equal(next_frame(&c, PATIENCE * 1000), i);
    close_cluster(&c);
}

// Without a cluster: the stream does not wait, our queue keeps the newest, the end is bounded.
static void test_overflow(void **state)
{
    (void)state;
    enum { IN_FLIGHT = 500, QUEUE = 20, FRAMES = 700 };
    GstHarness *h = lines_open(NULL, "method=kafka address=127.0.0.1:1 topic=t queue-size=20 "
                                     "drain-timeout=1");
    const gint64 start = g_get_monotonic_time();
    push_frames(h, FRAMES);
    assert_true(g_get_monotonic_time() - start < 30 * G_USEC_PER_SEC);
    assert_true(lines_stat(h, "dropped") >= FRAMES - IN_FLIGHT - QUEUE);
    assert_int_equal(
        lines_stat(h, "dropped") + lines_stat(h, "queued") + lines_stat(h, "in-flight"), FRAMES);
    const gint64 end = g_get_monotonic_time();
    gst_harness_teardown(h);
    assert_true(g_get_monotonic_time() - end < 30 * G_USEC_PER_SEC);
}

// When the attempts are used up nothing is waited for any more.
static void test_gives_up(void **state)
{
    (void)state;
    GstHarness *h = lines_open(NULL, "method=kafka address=127.0.0.1:1 topic=t drain-timeout=60 "
                                     "max-connect-attempts=1");
    GstBus *bus = lines_bus(h);
    gst_harness_push(h, frame_new("GRAY8", LINES_W, LINES_H, 0));
    g_autofree char *error = lines_said(bus, GST_MESSAGE_ERROR);
    assert_non_null(strstr(error, "Cannot connect to Kafka at 127.0.0.1:1"));
    assert_int_equal(gst_harness_push(h, frame_new("GRAY8", LINES_W, LINES_H, 1)), GST_FLOW_ERROR);
    const gint64 end = g_get_monotonic_time();
    gst_object_unref(bus);
    gst_harness_teardown(h);
    assert_true(g_get_monotonic_time() - end < 30 * G_USEC_PER_SEC);
}

static char *refused(const char *settings, const char *config)
{
    test_path path = test_temp("wrong.properties");
    test_write(path.text, config, strlen(config));
    g_autofree char *text =
        g_strdup_printf("neropublish method=kafka kafka-config=%s %s", path.text, settings);
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

static void test_settings(void **state)
{
    (void)state;
    static const char *const wrong[][3] = {
        {"topic=t", "", "no address"},
        {"address=localhost", "", "no topic for Kafka"},
        {"address=mqtt://localhost/t", "", "it must be kafka:// or kafkas://"},
        {"address=localhost topic=t", "acks", "line 1 is not KEY=VALUE"},
        {"address=localhost topic=t", "acks=1\n\nno.such=1", "line 3: Kafka's property no.such"},
        {"address=localhost topic=t", "security.protocol=ssl\nssl.key.pem=xyzzy-4711",
         "the settings of Kafka cannot be used"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *said = refused(wrong[i][0], wrong[i][1]);
        if (!strstr(said, wrong[i][2]) || strstr(said, "xyzzy"))
            fail_msg("%s: %s", wrong[i][0], said);
    }
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),    cmocka_unit_test(test_outage),
        cmocka_unit_test(test_refusals), cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_gives_up), cmocka_unit_test(test_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
