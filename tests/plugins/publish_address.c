// SPDX-License-Identifier: MIT
// Addresses of servers for neropublish: their parts, and texts that are none.
#include "nn/base/rng.h"
#include "plugins/publish/server.h"
#include "tests/support/test.h"

#include <string.h>

typedef struct Case {
    const char *address, *host;
    guint port;
    const char *user, *password, *topic;
    gboolean tls;
} Case;

static void test_parts(void **state)
{
    (void)state;
    static const Case cases[] = {
        {"broker", "broker", 1883, NULL, NULL, NULL, FALSE},
        {"broker:1", "broker", 1, NULL, NULL, NULL, FALSE},
        {"[::1]:65535", "::1", 65535, NULL, NULL, NULL, FALSE},
        {"[fe80::1]", "fe80::1", 1883, NULL, NULL, NULL, FALSE},
        {"bob@broker", "broker", 1883, "bob", NULL, NULL, FALSE},
        {"mqtt://broker", "broker", 1883, NULL, NULL, NULL, FALSE},
        {"MQTTS://broker", "broker", 8883, NULL, NULL, NULL, TRUE},
        {"mqtts://broker:99/a/b", "broker", 99, NULL, NULL, "a/b", TRUE},
        {"mqtt://bob:p%2Fw%40@broker/a%20b", "broker", 1883, "bob", "p/w@", "a b", FALSE},
        {"mqtt://b%3Ab:a:b@[::1]:7/t", "::1", 7, "b:b", "a:b", "t", FALSE},
        {"mqtt://broker/a@b", "broker", 1883, NULL, NULL, "a@b", FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        NeroServer s;
        nn_error err = {0};
        if (nero_server_parse(&s, cases[i].address, "mqtt", 1883, 8883, &err) != NN_OK)
            fail_msg("%s: %s", cases[i].address, err.text);
        if (g_strcmp0(s.host, cases[i].host) || s.port != cases[i].port ||
            g_strcmp0(s.user, cases[i].user) || g_strcmp0(s.password, cases[i].password) ||
            g_strcmp0(s.topic, cases[i].topic) || s.tls != cases[i].tls)
            fail_msg("%s: host %s port %u user %s password %s topic %s", cases[i].address, s.host,
                     s.port, s.user, s.password, s.topic);
        nero_server_clear(&s);
    }
}

// Errors say what to write, and never what the password is.
static void test_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        NULL,
        "",
        ":1883",
        "broker:",
        "broker:0",
        "broker:65536",
        "broker:1x",
        "mqtt://",
        "mqtt://bob:xyzzy@",
        "mqtt://bob:xyzzy@broker:port/t",
        "mqtt://bob:xy/zzy@broker/t", // a slash must be written %2F
        "http://bob:xyzzy@broker",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        NeroServer s;
        nn_error err = {0};
        assert_int_equal(nero_server_parse(&s, cases[i], "mqtt", 1883, 8883, &err), NN_EINVAL);
        assert_non_null(strstr(err.text, "address"));
        assert_null(strstr(err.text, "zzy"));
        nero_server_clear(&s);
    }
}

// Any text either has a host or an error.
static void test_noise(void **state)
{
    (void)state;
    static const char letters[] = ":/@[]%ab1.-mqts\xc3\xff";
    nn_rng rng = nn_rng_seed(5);
    for (int i = 0; i < 50000; i++) {
        char text[40];
        const gsize length = nn_rng_next(&rng) % (sizeof text - 8);
        gsize n = nn_rng_next(&rng) % 2 ? g_strlcpy(text, "mqtt://", sizeof text) : 0;
        for (gsize j = 0; j < length && n < sizeof text - 1; j++)
            text[n++] = letters[nn_rng_next(&rng) % (sizeof letters - 1)];
        text[n] = 0;
        NeroServer s;
        nn_error err = {0};
        if (nero_server_parse(&s, text, "mqtt", 1883, 8883, &err) == NN_OK)
            assert_true(s.host && *s.host && s.port > 0 && s.port < 65536);
        else
            assert_true(err.text[0]);
        nero_server_clear(&s);
    }
}

// What libraries say of certificates is told in plain words, other errors as they are.
static void test_explained(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed",
         "its certificate has expired, or is of an authority that is not in ca-file"},
        {"Error: host name verification failed.", "its certificate is for another host name"},
        {"ssl://b:1/bootstrap: Receive failed: error:0A00045C:SSL routines::tlsv13 alert "
         "certificate required: SSL alert number 116",
         "it wants a certificate: set cert-file and key-file"},
        {"ssl.key.location failed: error:05800074:x509 certificate routines::key values mismatch",
         "key-file is not the key of cert-file"},
        {"Connection refused", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *means = nero_server_explain(cases[i][0]);
        if (g_strcmp0(means, cases[i][1]) != 0)
            fail_msg("%s: %s", cases[i][0], means ? means : "nothing");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_explained),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
