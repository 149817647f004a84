// SPDX-License-Identifier: MIT
// neropublish with users, passwords and certificates: that they work, and that no password is in
// any output, at any level of GST_DEBUG.
#include "tests/plugins/lines.h"
#include "tests/support/broker.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

enum { PATIENCE = 60 }; // seconds for what takes milliseconds

static const char SECRET[] = "xyzzy-4711";

static gboolean run_quietly(const char *format, ...)
{
    int status;
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *out = NULL, *err = NULL;
    return g_spawn_command_line_sync(text, &out, &err, &status, NULL) && status == 0;
}

// A broker that knows the user bob.
static broker *guarded_broker(void)
{
    test_path users = test_temp("users");
    test_write(users.text, "", 0);
    if (!run_quietly("mosquitto_passwd -b %s bob %s", users.text, SECRET))
        return NULL;
    g_autofree char *more = g_strdup_printf("allow_anonymous false\npassword_file %s", users.text);
    return broker_new(more);
}

static char *password_file(const char *password)
{
    test_path path = test_temp("password");
    g_autofree char *line = g_strdup_printf("%s\n", password);
    test_write(path.text, line, strlen(line));
    return g_strdup(path.text);
}

static void test_password(void **state)
{
    (void)state;
    broker *b = guarded_broker();
    if (!b)
        skip();
    broker_start(b);
    listener *l = listener_new(b, "bob", SECRET);
    g_autofree char *file = password_file(SECRET);
    g_autofree char *text = g_strdup_printf(
        "method=mqtt address=mqtt://bob@127.0.0.1:%d/t password-file=%s", broker_port(b), file);
    GstHarness *h = lines_open(NULL, text);
    lines_push(h, 0, lines_two, 2, 0);
    assert_int_equal(listener_wait(l, "t", 1, PATIENCE), 1);
    gst_harness_teardown(h);
    listener_free(l);
    broker_free(b);
}

static void check_wrong(broker *b, const char *version)
{
    g_autofree char *text =
        g_strdup_printf("method=mqtt address=mqtt://bob:wrong-one@127.0.0.1:%d/t mqtt-version=%s "
                        "drain-timeout=0",
                        broker_port(b), version);
    GstHarness *h = lines_open(NULL, text);
    GstBus *bus = lines_bus(h);
    g_autofree char *warning = lines_said(bus, GST_MESSAGE_WARNING);
    g_autofree char *small = g_ascii_strdown(warning, -1);
    if (!strstr(small, "authori"))
        fail_msg("%s", warning);
    assert_null(strstr(warning, "wrong-one"));
    gst_object_unref(bus);
    gst_harness_teardown(h);
}

static void test_wrong_password(void **state)
{
    (void)state;
    broker *b = guarded_broker();
    if (!b)
        skip();
    broker_start(b);
    check_wrong(b, "3.1.1");
    check_wrong(b, "5");
    broker_free(b);
}

// Properties do not give passwords away.
static void test_reading(void **state)
{
    (void)state;
    char *address = NULL;
    GstElement *e = gst_object_ref_sink(gst_element_factory_make("neropublish", NULL));
    GObjectClass *klass = G_OBJECT_GET_CLASS(e);
    assert_false(g_object_class_find_property(klass, "password")->flags & G_PARAM_READABLE);
    static const char *const urls[][2] = {
        {"mqtts://bob:xyzzy-4711@host:1/t", "mqtts://bob:***@host:1/t"},
        {"mqtt://bob:xy/zzy-4711@host/t", "mqtt://bob:***@host/t"},
        {"bob:xyzzy-4711@host", "bob:***@host"},
        {"host:1883", "host:1883"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(urls); i++) {
        g_object_set(e, "address", urls[i][0], NULL);
        g_object_get(e, "address", &address, NULL);
        assert_string_equal(address, urls[i][1]);
        g_clear_pointer(&address, g_free);
    }
    gst_object_unref(e);
}

// Runs this program again as `part` with all debugging; its whole output (g_free).
static char *run_part(const char *part, int port, const char *secret)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *number = g_strdup_printf("%d", port);
    test_path log = test_temp("debug.log");
    g_autofree char *out = NULL, *err = NULL, *text = NULL;
    const char *argv[] = {self, part, number, NULL};
    g_auto(GStrv) env = g_get_environ();
    env = g_environ_setenv(env, "GST_DEBUG", "*:5", TRUE);
    env = g_environ_setenv(env, "GST_DEBUG_FILE", log.text, TRUE);
    env = g_environ_setenv(env, "NEROSCALE_PASSWORD", secret, TRUE);
    int status;
    assert_true(g_spawn_sync(NULL, (char **)argv, env, G_SPAWN_DEFAULT, NULL, NULL, &out, &err,
                             &status, NULL));
    assert_int_equal(status, 0);
    text = lines_file(log.text);
    assert_non_null(strstr(text, "neropublish")); // it was logged
    return g_strconcat(out, err, text, NULL);
}

static int be_part(const char *part, const char *port)
{
    const gboolean by_property = strcmp(part, "property") == 0;
    const gboolean kafka = strcmp(part, "kafka") == 0;
    g_autofree char *text = g_strdup_printf(
        "neropublish name=p method=%s address=127.0.0.1:%s topic=t user=bob drain-timeout=1 "
        "max-reconnect-interval=1 mqtt-state-topic=state ! fakesink",
        kafka ? "kafka" : "mqtt", kafka ? "1" : port);
    g_autofree char *whole =
        g_strdup_printf("videotestsrc %s ! video/x-raw,width=32,height=32 ! %s",
                        strcmp(part, "live") == 0 ? "is-live=true" : "num-buffers=5", text);
    GstElement *pipeline = gst_parse_launch(whole, NULL);
    g_autoptr(GstElement) p = gst_bin_get_by_name(GST_BIN(pipeline), "p");
    if (by_property)
        g_object_set(p, "password", g_getenv("NEROSCALE_PASSWORD"), NULL);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    GstMessage *m =
        gst_bus_timed_pop_filtered(bus, PATIENCE * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    const int status = m && GST_MESSAGE_TYPE(m) == GST_MESSAGE_EOS ? 0 : 1;
    g_clear_pointer(&m, gst_message_unref);
    GST_DEBUG_BIN_TO_DOT_FILE(GST_BIN(pipeline), GST_DEBUG_GRAPH_SHOW_ALL, "publish");
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
    return status;
}

static void test_no_output(void **state)
{
    (void)state;
    broker *b = guarded_broker();
    if (!b)
        skip();
    broker_start(b);
    listener *l = listener_new(b, "bob", SECRET);
    g_autofree char *good = run_part("environment", broker_port(b), SECRET);
    g_autofree char *set = run_part("property", broker_port(b), SECRET);
    g_autofree char *kafka = run_part("kafka", 1, SECRET); // nobody listens
    g_autofree char *wrong = run_part("environment", broker_port(b), "plugh-0815");
    assert_int_equal(listener_wait(l, "t", 10, PATIENCE), 10); // it was used
    assert_null(strstr(good, SECRET));
    assert_null(strstr(set, SECRET));
    assert_null(strstr(kafka, SECRET));
    assert_null(strstr(wrong, "plugh-0815"));
    listener_free(l);
    broker_free(b);
}

static void test_inspect(void **state)
{
    (void)state;
    g_autofree char *out = NULL;
    g_setenv("NEROSCALE_PASSWORD", SECRET, TRUE);
    const gboolean there =
        g_spawn_command_line_sync("gst-inspect-1.0 neropublish", &out, NULL, NULL, NULL);
    g_unsetenv("NEROSCALE_PASSWORD");
    if (!there || !strstr(out, "NEROSCALE_PASSWORD")) // the program cannot load a sanitized plug-in
        skip();
    assert_null(strstr(out, SECRET));
}

// Makes a CA, and a certificate of it for localhost and for a client.
static gboolean make_certificates(const char *folder)
{
    gboolean ok = run_quietly("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
                              "-nodes -days 2 -subj /CN=test-ca -keyout %s/ca.key -out %s/ca.pem",
                              folder, folder);
    g_autofree char *names = g_build_filename(folder, "names", NULL);
    g_file_set_contents(names, "subjectAltName=DNS:localhost\n", -1, NULL);
    static const char *const who[] = {"server", "client"};
    for (gsize i = 0; i < G_N_ELEMENTS(who) && ok; i++)
        ok = run_quietly("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
                         "-subj /CN=%s -keyout %s/%s.key -out %s/%s.csr",
                         who[i], folder, who[i], folder, who[i]) &&
             run_quietly("openssl x509 -req -days 2 -in %s/%s.csr -CA %s/ca.pem -CAkey %s/ca.key "
                         "-CAcreateserial -extfile %s -out %s/%s.pem",
                         folder, who[i], folder, folder, names, folder, who[i]);
    return ok;
}

static void check_tls_at(broker *b, const char *host, const char *settings, const char *refusal)
{
    g_autofree char *text =
        g_strdup_printf("method=mqtt address=mqtts://%s:%d/t drain-timeout=%d %s", host,
                        broker_port(b), refusal ? 0 : PATIENCE, settings);
    GstHarness *h = lines_open(NULL, text);
    GstBus *bus = lines_bus(h);
    lines_push(h, 0, lines_two, 2, 0);
    if (refusal) {
        g_autofree char *warning = lines_said(bus, GST_MESSAGE_WARNING);
        if (!strstr(warning, refusal))
            fail_msg("%s", warning);
        assert_int_equal(lines_stat(h, "sent"), 0);
    } else {
        assert_true(gst_harness_push_event(h, gst_event_new_eos()));
        assert_int_equal(lines_stat(h, "sent"), 1);
    }
    gst_object_unref(bus);
    gst_harness_teardown(h);
}

static void check_tls(broker *b, const char *settings, const char *refusal)
{
    check_tls_at(b, "localhost", settings, refusal);
}

static void test_tls(void **state)
{
    (void)state;
    test_path ours = test_make_dir("certificates"), others = test_make_dir("others");
    if (!make_certificates(ours.text) || !make_certificates(others.text)) {
        print_message("skipped: no openssl program\n");
        skip();
    }
    g_autofree char *more = g_strdup_printf("allow_anonymous true\ncafile %s/ca.pem\n"
                                            "certfile %s/server.pem\nkeyfile %s/server.key\n"
                                            "require_certificate true",
                                            ours.text, ours.text, ours.text);
    broker *b = broker_new(more);
    broker_start(b);
    g_autofree char *right =
        g_strdup_printf("ca-file=%s/ca.pem cert-file=%s/client.pem key-file=%s/client.key",
                        ours.text, ours.text, ours.text);
    g_autofree char *wrong =
        g_strdup_printf("ca-file=%s/ca.pem cert-file=%s/client.pem key-file=%s/client.key",
                        others.text, ours.text, ours.text);
    g_autofree char *no_ca =
        g_strdup_printf("ca-file=%s/names cert-file=%s/client.pem key-file=%s/client.key",
                        ours.text, ours.text, ours.text);
    g_autofree char *key = g_strdup_printf("ca-file=%s/ca.pem cert-file=%s/client.pem "
                                           "key-file=%s/server.key",
                                           ours.text, ours.text, ours.text);
    check_tls(b, right, NULL);
    check_tls(b, wrong, "or is of an authority that is not in ca-file");
    check_tls(b, no_ca, "ca-file has no certificate in it");
    check_tls_at(b, "127.0.0.1", right, "its certificate is for another host name");
    check_tls(b, key, "key-file is not the key of cert-file");
    broker_free(b);
}

// A process that dies says nothing; the broker does, by the last will.
static void test_last_will(void **state)
{
    (void)state;
    broker *b = broker_new("");
    broker_start(b);
    listener *l = listener_new(b, NULL, NULL);
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *port = g_strdup_printf("%d", broker_port(b));
    const char *argv[] = {self, "live", port, NULL};
    GPid pid;
    assert_true(g_spawn_async(NULL, (char **)argv, NULL,
                              G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL,
                              &pid, NULL));
    assert_int_equal(listener_wait(l, "state", 1, PATIENCE), 1);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_int_equal(listener_wait(l, "state", 2, PATIENCE), 2);
    g_autofree char *last = listener_text(l, "state", 1);
    assert_string_equal(last, "offline");
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
    if (argc == 3)
        return be_part(argv[1], argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_password),  cmocka_unit_test(test_wrong_password),
        cmocka_unit_test(test_reading),   cmocka_unit_test(test_no_output),
        cmocka_unit_test(test_inspect),   cmocka_unit_test(test_tls),
        cmocka_unit_test(test_last_will),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
