// SPDX-License-Identifier: MIT
// Modules are found beside the build's libraries, open once, and one that is not there is an error.
#include "tests/support/files.h"
#include "tests/support/test.h"

#include "nn/base/late.h"
#include "nn/base/own_folder.h"

#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void opens_once(void **state)
{
    (void)state;
    nn_error err = {0};
    nn_late blas = {.folder = "nn", .word = "blas"};
    assert_null(atomic_load(&blas.table));
    if (nn_late_open(&blas, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_true(nn_late_is_there(&blas));
    const void *table = atomic_load(&blas.table);
    assert_non_null(table);
    assert_int_equal(nn_late_open(&blas, NULL), NN_OK);
    assert_ptr_equal(atomic_load(&blas.table), table);
}

static void absent_is_an_error(void **state)
{
    (void)state;
    nn_error err = {0};
    nn_late none = {.folder = "nn", .word = "no-such-library"};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(nn_late_open(&none, &err), NN_EUNSUPPORTED);
        assert_non_null(strstr(err.text, "libneroscale-no-such-library.so"));
        assert_null(atomic_load(&none.table));
        assert_false(nn_late_is_there(&none));
    }
}

// A copy of an installation that lies elsewhere: modules are in neroscale/ beside the library. This
// one has another symbol, which the reason then names.
static void moved_installations_are_found(void **state)
{
    char folder[4096], module[4096], real[4096];
    nn_error err = {0};
    nn_late moved = {.folder = "no-such-folder", .word = "moved-test"};
    (void)state;
    assert_true(nn_own_folder("neroscale", folder, sizeof folder));
    assert_true(nn_own_folder("neroscale/libneroscale-moved-test.so", module, sizeof module));
    assert_true(nn_own_folder("../../nn/libneroscale-blas.so", real, sizeof real));
    mkdir(folder, 0777);
    unlink(module);
    assert_int_equal(symlink(real, module), 0);
    assert_int_equal(nn_late_open(&moved, &err), NN_EUNSUPPORTED);
    unlink(module);
    rmdir(folder);
    print_message("%s\n", err.text);
    assert_non_null(strstr(err.text, "neroscale_late_moved-test"));
}

// A module whose list of functions is another one is refused.
static void other_versions_are_refused(void **state)
{
    nn_error err = {0};
    nn_late old = {.folder = "nn", .word = "blas", .list = "blas 00000000"};
    (void)state;
    assert_int_equal(nn_late_open(&old, &err), NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "libneroscale-blas.so is of another version"));
    assert_null(atomic_load(&old.table));
}

// A file that is there and does not load is the reason, not the folders in which there is none.
static void the_reason_is_of_the_file_that_is_there(void **state)
{
    char folder[4096], module[4096];
    nn_error err = {0};
    nn_late broken = {.folder = "nn", .word = "broken-test"};
    (void)state;
    assert_true(nn_own_folder("neroscale", folder, sizeof folder));
    assert_true(nn_own_folder("neroscale/libneroscale-broken-test.so", module, sizeof module));
    mkdir(folder, 0777);
    test_write(module, "no library", 10);
    assert_int_equal(nn_late_open(&broken, &err), NN_EUNSUPPORTED);
    unlink(module);
    rmdir(folder);
    print_message("%s\n", err.text);
    assert_non_null(strstr(err.text, "neroscale/libneroscale-broken-test.so: "));
    assert_null(strstr(err.text, "No such file"));
}

static nn_late together = {.folder = "nn", .word = "blas"};

static void *open_together(void *table)
{
    if (nn_late_open(&together, NULL) == NN_OK)
        *(const void **)table = atomic_load(&together.table);
    return NULL;
}

static void threads_get_one_table(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    pthread_t thread[THREADS];
    const void *table[THREADS] = {NULL};
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, open_together, (void *)&table[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    for (int i = 0; i < THREADS; i++)
        assert_true(table[i] && table[i] == table[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_once),
        cmocka_unit_test(absent_is_an_error),
        cmocka_unit_test(moved_installations_are_found),
        cmocka_unit_test(other_versions_are_refused),
        cmocka_unit_test(the_reason_is_of_the_file_that_is_there),
        cmocka_unit_test(threads_get_one_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
