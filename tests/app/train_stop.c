// SPDX-License-Identifier: MIT
// Trainings that are killed, stopped, or meet a full disk, and continue with the same result.
#include "tests/support/files.h"
#include "tests/support/test.h"

#include "nn/base/rng.h"
#include "nn/io/image/image.h"
#include "nn/io/io.h"

#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PICTURES = 48, SIDE = 64, SQUARE = 24, ROOM = 200000 };

// A red or a blue square in each picture: in classes/red and classes/blue, and in boxes/ with
// labels.
static int make_sets(void **state)
{
    (void)state;
    static const char *const folders[] = {"classes", "classes/red",  "classes/blue",
                                          "boxes",   "boxes/images", "boxes/labels"};
    static uint8_t rgb[3 * SIDE * SIDE];
    const nn_image image = {SIDE, SIDE, rgb};
    for (int i = 0; i < 6; i++)
        test_make_dir(folders[i]);
    for (int i = 0; i < PICTURES; i++) {
        char name[64], label[64];
        nn_rng rng = nn_rng_stream(4, (uint64_t)i);
        const int x = (int)nn_rng_below(&rng, SIDE - SQUARE);
        const int y = (int)nn_rng_below(&rng, SIDE - SQUARE);
        for (int k = 0; k < 3 * SIDE * SIDE; k++)
            rgb[k] = (uint8_t)(90 + nn_rng_below(&rng, 60));
        for (int k = 0; k < SQUARE * SQUARE; k++)
            rgb[3 * ((y + k / SQUARE) * SIDE + x + k % SQUARE) + 2 * (i % 2)] = 250;
        snprintf(name, sizeof name, "classes/%s/%02d.png", i % 2 ? "blue" : "red", i);
        assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
        snprintf(name, sizeof name, "boxes/images/%02d.png", i);
        assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
        const int length = snprintf(label, sizeof label, "%d %.5f %.5f 0.375 0.375\n", i % 2,
                                    (x + 12.0) / SIDE, (y + 12.0) / SIDE);
        snprintf(name, sizeof name, "boxes/labels/%02d.txt", i);
        test_write(test_temp(name).text, label, (size_t)length);
    }
    return 0;
}

// How a run ends early.
typedef enum ending { NOT_AT_ALL, KILLED, ASKED, DISK_FULL } ending;

// Trains into OUT; killed or stopped after `seconds`, or with no disk space for a checkpoint.
// Returns whether it finished.
static bool train(const char *task, const char *out, const char *threads, ending how,
                  double seconds)
{
    const char *program = getenv("NEROSCALE");
    const bool detect = strcmp(task, "detect") == 0;
    const test_path set = test_temp(detect ? "boxes" : "classes"), model = test_temp(out);
    const char *words[] = {program,       "train",
                           "--task",      task,
                           "--data",      set.text,
                           "--options",   "alpha=0.125,beta=0",
                           "--val-match", "*[012].png",
                           "--size",      detect ? "64x64" : "32",
                           "--epochs",    "5",
                           "--batch",     "8",
                           "--threads",   threads,
                           "--out",       model.text,
                           "--resume",    detect ? "--classes" : NULL,
                           "red,blue",    NULL};
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit most = {ROOM, ROOM};
        if (how == DISK_FULL) {
            signal(SIGXFSZ, SIG_IGN);
            setrlimit(RLIMIT_FSIZE, &most);
        }
        if (freopen("/dev/null", "w", stderr))
            execv(program, (char *const *)words);
        _exit(127);
    }
    if (how == KILLED || how == ASKED) {
        usleep((useconds_t)(1e6 * seconds));
        kill(child, how == KILLED ? SIGKILL : SIGTERM);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (how == DISK_FULL) // or nothing was left to write
        assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == 2 || WEXITSTATUS(status) == 0));
    else
        assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0 ||
                    (how == ASKED && WEXITSTATUS(status) == 130));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void assert_same_tensors(const char *one, const char *other)
{
    nn_bundle a, b;
    assert_int_equal(nn_bundle_load(&a, test_temp(one).text, NULL), NN_OK);
    assert_int_equal(nn_bundle_load(&b, test_temp(other).text, NULL), NN_OK);
    assert_int_equal(a.count, b.count);
    for (int i = 0; i < a.count; i++) {
        assert_string_equal(a.tensors[i].name, b.tensors[i].name);
        assert_int_equal(nn_tensor_bytes(&a.tensors[i].tensor),
                         nn_tensor_bytes(&b.tensors[i].tensor));
        assert_memory_equal(a.tensors[i].tensor.data, b.tensors[i].tensor.data,
                            nn_tensor_bytes(&a.tensors[i].tensor));
    }
    nn_bundle_release(&a);
    nn_bundle_release(&b);
}

// Compares histories without the columns of times.
static void assert_same_history(const char *one, const char *other)
{
    enum { SPEED = 7, SECONDS = 8 };
    char *a = test_read_text(one), *b = test_read_text(other);
    int column = 0;
    for (const char *x = a, *y = b; *x || *y;) {
        const size_t n = strcspn(x, ",\n"), m = strcspn(y, ",\n");
        if (column != SPEED && column != SECONDS)
            assert_true(n == m && memcmp(x, y, n) == 0);
        assert_int_equal(x[n], y[m]);
        column = x[n] == ',' ? column + 1 : 0;
        x += n + (x[n] != 0);
        y += m + (y[m] != 0);
    }
    free(a);
    free(b);
}

static bool has_checkpoint(const char *work)
{
    char name[64];
    snprintf(name, sizeof name, "%s/last.safetensors", work);
    const bool last = access(test_temp(name).text, F_OK) == 0;
    snprintf(name, sizeof name, "%s/previous.safetensors", work);
    return last || access(test_temp(name).text, F_OK) == 0;
}

// Counts unfinished files of a killed run.
static int count_leftovers(const char *work)
{
    glob_t found;
    char pattern[128];
    snprintf(pattern, sizeof pattern, "%s/*.tmp", work);
    const bool any = glob(test_temp(pattern).text, 0, NULL, &found) == 0;
    const int count = any ? (int)found.gl_pathc : 0;
    globfree(&found);
    return count;
}

// Wherever it is stopped, and with another number of threads, a resumed training ends with the same
// weights, averages, moments and history.
static void stop_and_resume(const char *task)
{
    char whole[64], stopped[64], work[80], one[128], other[128];
    int stops = 0;
    snprintf(whole, sizeof whole, "whole_%s.safetensors", task);
    snprintf(stopped, sizeof stopped, "stopped_%s.safetensors", task);
    snprintf(work, sizeof work, "%s.work", stopped);
    assert_true(train(task, whole, "2", NOT_AT_ALL, 0));
    for (double wait = 0.08;; wait *= 1.2) {
        static const ending kinds[] = {KILLED, ASKED, DISK_FULL};
        const bool had = has_checkpoint(work);
        if (train(task, stopped, "1", kinds[stops % 3], wait))
            break;
        assert_true(!had || has_checkpoint(work));
        assert_true(++stops < 200);
    }
    print_message("%s: stopped %d times\n", task, stops);
    assert_same_tensors(whole, stopped);
    snprintf(one, sizeof one, "%s.work/last.safetensors", whole);
    snprintf(other, sizeof other, "%s/last.safetensors", work);
    assert_same_tensors(one, other);
    snprintf(one, sizeof one, "%s.work/history.csv", whole);
    snprintf(other, sizeof other, "%s/history.csv", work);
    assert_same_history(one, other);
    assert_int_equal(count_leftovers(work), 0);
}

static void test_classes(void **state)
{
    (void)state;
    stop_and_resume("classify");
}

static void test_boxes(void **state)
{
    (void)state;
    stop_and_resume("detect");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_boxes),
    };
    return cmocka_run_group_tests(tests, make_sets, NULL);
}
