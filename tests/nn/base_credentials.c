// SPDX-License-Identifier: MIT
// Passwords in URIs are masked wherever they are in a text, and nothing else is.
#include "nn/base/credentials.h"
#include "nn/base/status.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static void test_addresses(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"rtsp://bob:secret@cam/1", "rtsp://bob:***@cam/1"},
        {"rtsp://bob:s@cam", "rtsp://bob:***@cam"},
        {"rtsp://bob:p@ss@cam/x", "rtsp://bob:***@cam/x"},
        {"rtsp://bob:@cam", "rtsp://bob:***@cam"},
        {"rtsp://bob@cam/x:y@z", "rtsp://bob@cam/x:y@z"},
        {"http://cam:80/a@b", "http://cam:80/a@b"},
        {"http://cam/v?user=bob&pwd=hunter2&size=1", "http://cam/v?user=bob&pwd=***&size=1"},
        {"http://cam/v?PASSWORD=hunter2", "http://cam/v?PASSWORD=***"},
        {"http://cam/v?path=x&token=", "http://cam/v?path=x&token="},
        {"rtsp://cam/user=bob_password=a/b_channel=1?x", "rtsp://cam/user=bob_password=***"},
        {"rtsp://cam/user=bob&password=a/b&channel=1", "rtsp://cam/user=bob&password=***&channel=1"},
        {"rtsp://cam/live/a_token=5&b=1", "rtsp://cam/live/a_token=***&b=1"},
        {"rtsp://cam_1/live=1/my_pass", "rtsp://cam_1/live=1/my_pass"},
        {"no rtsp://a:b@c and http://d:e@f?token=g, done",
         "no rtsp://a:***@c and http://d:***@f?token=*** done"},
        {"\"rtsp://a:b@c\": not found", "\"rtsp://a:***@c\": not found"},
        {"mail a@b:c and x://", "mail a@b:c and x://"},
        {"rtsp://a:***@c", "rtsp://a:***@c"},
        {"like rtsp://USER:PASSWORD@HOST/PATH", "like rtsp://USER:PASSWORD@HOST/PATH"},
        {"rtsp://bob:a/b?c#d@cam/1", "rtsp://bob:***@cam/1"}, // not escaped
        {"'rtsp://bob:it's@cam/1'", "'rtsp://bob:***@cam/1'"},
        {"http://cam:/a@b http://[::1]/a@b", "http://cam:/a@b http://[::1]/a@b"},
        {"rtsp://a:b@c,rtsp://d:e@f?x=1", "rtsp://a:***@c,rtsp://d:***@f?x=1"},
        {"http://a?url=rtsp://b:c@d&x=1", "http://a?url=rtsp://b:***@d&x=1"},
        {"rtsp://c/user=a&password=b&channel=1", "rtsp://c/user=a&password=***&channel=1"},
        {"rtsp://c/user=a_password=b_channel=1", "rtsp://c/user=a_password=***"},
        {"rtsp://c/compass=north", "rtsp://c/compass=north"},
        {"http://c?access_token=a#token=b", "http://c?access_token=***#token=***"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[128];
        snprintf(text, sizeof text, "%s", cases[i][0]);
        nn_mask_credentials(text, sizeof text);
        assert_string_equal(text, cases[i][1]);
    }
}

// A short password makes the text longer than it was.
static void test_room(void **state)
{
    (void)state;
    const char *address = "rtsp://a:b@cam/1";
    for (size_t size = strlen(address) + 1; size < 24; size++) {
        char text[32];
        memset(text, 'x', sizeof text);
        memcpy(text, address, strlen(address) + 1);
        nn_mask_credentials(text, size);
        assert_true(strlen(text) < size);
        assert_memory_equal(text, "rtsp://a:***@cam", strlen(text) < 16 ? strlen(text) : 16);
        assert_int_equal(text[size], 'x');
    }
    char full[10] = "x://a:b@c";
    nn_mask_credentials(full, sizeof full);
    assert_string_equal(full, "x://a:***");
    char cut[] = "'rtsp://admin:secr"; // of a longer text
    nn_mask_credentials(cut, sizeof cut);
    assert_string_equal(cut, "'rtsp://admin:***");
    char port[] = "http://cam:8080";
    nn_mask_credentials(port, sizeof port);
    assert_string_equal(port, "http://cam:8080");
}

static void test_errors(void **state)
{
    (void)state;
    nn_error err;
    nn_fail(&err, NN_EIO, "%s: refused", "rtsp://admin:1234@10.0.0.1/live");
    assert_string_equal(err.text, "rtsp://admin:***@10.0.0.1/live: refused");
    nn_fail_prefix(&err, NN_EIO, "http://u:p@h");
    assert_string_equal(err.text, "http://u:***@h: rtsp://admin:***@10.0.0.1/live: refused");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
