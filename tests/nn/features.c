// SPDX-License-Identifier: MIT
// The table of optional features, and the errors where one is missing.
#include "nn/base/features.h"
#include "nn/io/image/image.h"
#include "tests/support/test.h"

static const nn_feature *find(const char *name)
{
    for (int i = 0; nn_feature_at(i); i++)
        if (strcmp(nn_feature_at(i)->name, name) == 0)
            return nn_feature_at(i);
    return NULL;
}

static void test_table(void **state)
{
    (void)state;
    assert_null(nn_feature_at(-1));
    assert_null(nn_feature_at(1000));
    assert_null(find("teleport"));
    assert_true(find("onnx")->in == NN_HAS_onnx);
    assert_true(find("gif")->in == NN_HAS_gif);
    for (int i = 0; nn_feature_at(i); i++) {
        nn_error err = {0};
        const nn_feature *f = nn_feature_at(i);
        assert_ptr_equal(find(f->name), f);
        assert_int_equal(nn_fail_without(&err, f->name), NN_EUNSUPPORTED);
        assert_true(strstr(err.text, f->lacks) && strstr(err.text, f->packages));
        assert_non_null(strstr(err.text, "=enabled"));
    }
    assert_int_equal(nn_fail_without(NULL, "teleport"), NN_EINVAL);
}

// The error for a kind of picture that this build lacks differs from that for a damaged one.
static void test_picture(void **state)
{
    (void)state;
    nn_image image;
    nn_error err = {0};
    const nn_status status = nn_image_parse(&image, "GIF89a", 6, &err);
    assert_int_equal(status, NN_HAS_gif ? NN_EFORMAT : NN_EUNSUPPORTED);
    assert_int_equal(!strstr(err.text, "libgif-dev"), NN_HAS_gif);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
