// SPDX-License-Identifier: MIT
// neroscale run --mqtt and --kafka: lines at a broker, URLs with settings, passwords, failures.
#include "tests/support/broker.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_lines(void **state)
{
    (void)state;
    char url[256];
    broker *b = broker_new("");
    broker_start(b);
    listener *l = listener_new(b, NULL, NULL);
    snprintf(url, sizeof url,
             "mqtt://127.0.0.1:%d/yard/found?mqtt-state-topic=yard/state&tags=%%7B%%22a%%22:1%%7D",
             broker_port(b));
    assert_int_equal(command_run("run", "test", "-n", "5", "--model", "street-nano", "--no-window",
                                 "--mqtt", url, "--json", "-", NULL),
                     0);
    assert_int_equal(listener_wait(l, "yard/found", 5, 20), 5);
    assert_int_equal(listener_wait(l, "yard/state", 2, 20), 2);
    g_autofree char *last = listener_text(l, "yard/found", 4);
    assert_non_null(strstr(last, "\"frame\":5,"));
    assert_non_null(strstr(last, "\"source\":\"test\""));
    assert_non_null(strstr(last, "\"tags\":{\"a\":1}"));
    command_said("\"frame\":5,"); // beside the file of lines
    listener_free(l);
    broker_free(b);
}

// Lines that do not arrive are a failure.
static void test_away(void **state)
{
    (void)state;
    char url[128];
    snprintf(url, sizeof url, "mqtt://127.0.0.1:%d/t?drain-timeout=1", broker_free_port());
    assert_int_equal(command_run("run", "test", "-n", "3", "--model", "street-nano", "--no-window",
                                 "--mqtt", url, NULL),
                     2);
    command_said("No connection to MQTT broker 127.0.0.1:");
    command_said("3 of 3 lines did not reach MQTT");
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const wrong[][3] = {
        {"--mqtt", "localhost", "no topic for MQTT"},
        {"--mqtt", "mqtt://localhost/t?nothing=1", "'nothing' is no setting"},
        {"--mqtt", "mqtt://localhost/t?mqtt-qos=many", "'mqtt-qos' is no setting, or has no such"},
        {"--mqtt", "mqtt://localhost/t?location=/tmp/x", "'location' is no setting"},
        {"--kafka", "mqtt://localhost/t", "it must be kafka:// or kafkas://"},
        {"--kafka", "localhost", "no topic for Kafka"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(
            command_run("run", "test", "-n", "1", "--no-window", wrong[i][0], wrong[i][1], NULL),
            2);
        command_said_one_line(wrong[i][2]);
    }
}

// A password in the URL works, but there is a warning that does not repeat it; one in the
// environment needs none.
static void test_passwords(void **state)
{
    (void)state;
    char url[128];
    snprintf(url, sizeof url, "mqtt://bob:xyzzy-4711@127.0.0.1:%d/t?drain-timeout=0",
             broker_free_port());
    assert_int_equal(command_run("run", "test", "-n", "1", "--model", "street-nano", "--no-window",
                                 "--mqtt", url, NULL),
                     2);
    command_said("the password in --mqtt can be read by all users of this machine");
    command_did_not_say("xyzzy");
    setenv("NEROSCALE_PASSWORD", "xyzzy-4711", 1);
    snprintf(url, sizeof url, "mqtt://bob@127.0.0.1:%d/t?drain-timeout=0", broker_free_port());
    assert_int_equal(command_run("run", "test", "-n", "1", "--model", "street-nano", "--no-window",
                                 "--mqtt", url, NULL),
                     2);
    unsetenv("NEROSCALE_PASSWORD");
    command_did_not_say("the password");
    command_did_not_say("xyzzy");
}

// A file on a full disk: the run goes on, and fails in the end.
static void test_full(void **state)
{
    (void)state;
    assert_int_equal(command_run("run", "test", "-n", "2", "--model", "street-nano", "--no-window",
                                 "--json", "/dev/full", NULL),
                     2);
    command_said("lines are lost until there is room");
    command_said("2 of 2 lines did not reach the JSON");
}

int main(void)
{
    if (!broker_possible()) {
        fprintf(stderr, "skipped: mosquitto is not installed\n");
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),   cmocka_unit_test(test_away),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_passwords),
        cmocka_unit_test(test_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
