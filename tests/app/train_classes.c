// SPDX-License-Identifier: MIT
// neroscale train --task classify on the command line: folders of pictures in, a model that
// classifies new ones out.
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/io/image/image.h"
#include "nn/io/io.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { WIDTH = 64, HEIGHT = 48, CLASSES = 4, EACH = 30 };

static const char *const names[CLASSES] = {"bars", "checks", "dots", "rings"};

// Brightness of a pattern at a point, 0 or 1; `size`: period in pixels.
static int pattern_at(int label, int x, int y, int size)
{
    const int u = x % size * 2 < size, v = y % size * 2 < size;
    const double dx = x % size - size / 2.0, dy = y % size - size / 2.0,
                 r = sqrt(dx * dx + dy * dy);
    switch (label) {
    case 0:
        return v;
    case 1:
        return u ^ v;
    case 2:
        return r < 0.3 * size;
    default:
        return r < 0.45 * size && r > 0.25 * size;
    }
}

static void paint(nn_image *image, int label, nn_rng *rng)
{
    const int size = 12 + (int)nn_rng_below(rng, 8), left = (int)nn_rng_below(rng, 20),
              top = (int)nn_rng_below(rng, 20);
    uint8_t colour[2][3];
    for (int i = 0; i < 6; i++)
        colour[i / 3][i % 3] = (uint8_t)((i < 3 ? 10 : 130) + nn_rng_below(rng, 90));
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            for (int c = 0; c < 3; c++)
                image->rgb[3 * (y * WIDTH + x) + c] =
                    (uint8_t)(colour[pattern_at(label, x + left, y + top, size)][c] +
                              nn_rng_below(rng, 30));
}

// Writes SET/CLASS/NN.png.
static void make_folder(const char *set, int each, uint64_t seed)
{
    nn_rng rng = nn_rng_seed(seed);
    nn_image image = {WIDTH, HEIGHT, nn_alloc(3 * WIDTH * HEIGHT)};
    char name[64];
    test_make_dir(set);
    for (int label = 0; label < CLASSES; label++) {
        snprintf(name, sizeof name, "%s/%s", set, names[label]);
        test_make_dir(name);
        for (int i = 0; i < each; i++) {
            snprintf(name, sizeof name, "%s/%s/%02d.png", set, names[label], i);
            paint(&image, label, &rng);
            assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
        }
    }
    nn_image_release(&image);
}

// A cell of history.csv; row and column from 0.
static double cell(const char *csv, int row, int column)
{
    for (row++; row > 0; row--)
        csv = strchr(csv, '\n') + 1;
    for (; column > 0; column--)
        csv = strchr(csv, ',') + 1;
    return strtod(csv, NULL);
}

enum { EPOCHS = 12, EPOCH_COLUMN = 1, LOSS_COLUMN = 3, TOP1_COLUMN = 9 };

static void test_end_to_end(void **state)
{
    (void)state;
    make_folder("set", EACH, 1);
    make_folder("new", 2, 99);
    const test_path set = test_temp("set"), model = test_temp("patterns.safetensors");
    assert_int_equal(command_run("train", "--threads", "1", "--task", "classify", "--data",
                                 set.text, "--network", "neroscale_alexpp", "--options",
                                 "alpha=0.25,beta=0.25,drop=0", "--size", "48", "--epochs", "12",
                                 "--batch", "16", "--lr", "0.004", "--warmup", "10", "--ema",
                                 "0.95", "--colour", "0.3", "--hue", "0", "--out", model.text,
                                 NULL),
                     0);
    command_said("96 pictures to train on, 24 to validate, 0 skipped");
    command_said("to validate: bars 6, checks 6, dots 6, rings 6");
    char *csv = test_read_text("patterns.safetensors.work/history.csv");
    assert_ptr_equal(strstr(csv, "step,epoch,rate,loss,aux_loss,train_top1,grad_norm,"
                                 "images_per_second,seconds,top1,top5,val_loss\n"),
                     csv);
    assert_true(cell(csv, EPOCHS - 1, EPOCH_COLUMN) == EPOCHS);
    double best = 0;
    for (int i = 0; i < EPOCHS; i++)
        best = fmax(best, cell(csv, i, TOP1_COLUMN));
    print_message("loss %.3f -> %.3f, best top-1 %.3f\n", cell(csv, 0, LOSS_COLUMN),
                  cell(csv, EPOCHS - 1, LOSS_COLUMN), best);
    assert_true(cell(csv, EPOCHS - 1, LOSS_COLUMN) < 0.75 * cell(csv, 0, LOSS_COLUMN));
    assert_true(best > 0.8);
    free(csv);
    int right = 0;
    for (int label = 0; label < CLASSES; label++)
        for (int i = 0; i < 2; i++) {
            char name[64];
            snprintf(name, sizeof name, "new/%s/%02d.png", names[label], i);
            const test_path json = test_temp("found.json");
            assert_int_equal(command_run("classify", "--threads", "1", model.text,
                                         test_temp(name).text, "--top", "1", "--json", json.text,
                                         NULL),
                             0);
            char *found = test_read_text("found.json");
            right += strstr(found, names[label]) && strstr(strstr(found, "classes"), names[label]);
            free(found);
        }
    assert_true(right >= 6);
    assert_int_equal(access(test_temp("patterns.safetensors.work/report.md").text, F_OK), 0);
    // The card tells how the model was validated.
    assert_int_equal(command_run("info", model.text, NULL), 0);
    command_said("\"top1\"");
    command_said("bars checks dots rings");
}

// Trains the last layer of a network that knows four patterns for two of them.
static void test_transfer(void **state)
{
    (void)state;
    const test_path set = test_temp("set"), model = test_temp("patterns.safetensors"),
                    out = test_temp("two.safetensors");
    assert_int_equal(
        command_run("train", "--threads", "1", "--task", "classify", "--data", set.text,
                    "--classes", "rings,bars", "--network", "neroscale_alexpp", "--options",
                    "alpha=0.25,beta=0.25,drop=0", "--size", "48", "--init", model.text, "--freeze",
                    "block*", "--freeze", "attention*", "--lr-scale", "fc1.*=0.1", "--epochs", "6",
                    "--batch", "8", "--lr", "0.01", "--ema", "0.9", "--out", out.text, NULL),
        0);
    command_said("2 tensors of another shape start at random: fc2.weight (2x");
    command_said("parameters frozen");
    command_said("60 pictures of classes that the model does not have left out");
    nn_bundle a, b;
    assert_int_equal(nn_bundle_load(&a, model.text, NULL), NN_OK);
    assert_int_equal(nn_bundle_load(&b, out.text, NULL), NN_OK);
    int kept = 0, moved = 0;
    for (int i = 0; i < a.count; i++) {
        const nn_tensor *x = &a.tensors[i].tensor, *y = nn_bundle_find(&b, a.tensors[i].name);
        assert_non_null(y);
        if (strncmp(a.tensors[i].name, "fc", 2) == 0) {
            moved += !nn_shape_equal(&x->shape, &y->shape) ||
                     memcmp(x->data, y->data, nn_tensor_bytes(x)) != 0;
            continue;
        }
        assert_memory_equal(x->data, y->data, nn_tensor_bytes(x)); // with running statistics
        kept++;
    }
    assert_true(kept > 30 && moved == 4);
    nn_bundle_release(&a);
    nn_bundle_release(&b);
    char *csv = test_read_text("two.safetensors.work/history.csv");
    assert_true(cell(csv, 5, TOP1_COLUMN) > 0.8);
    free(csv);
    // ONNX keeps the parameter names except that of the master kernel, a constant there.
    const test_path onnx = test_temp("patterns.onnx");
    assert_int_equal(command_run("convert", model.text, onnx.text, NULL), 0);
    assert_int_equal(command_run("train", "--threads", "1", "--task", "classify", "--data",
                                 set.text, "--network", "neroscale_alexpp", "--options",
                                 "alpha=0.25,beta=0.25", "--size", "48", "--init", onnx.text,
                                 "--epochs", "1", "--epoch-size", "16", "--force", "--out",
                                 out.text, NULL),
                     0);
    command_said("3 tensors are missing from ");
    command_said("start at random: block6.master, block6.to5, block6.to3");
    // Without --network: the graph of the file with a new last layer, whose rows are matched by
    // name.
    assert_int_equal(command_run("train", "--threads", "1", "--task", "classify", "--data",
                                 set.text, "--classes", "rings,bars", "--init", onnx.text, "--lr",
                                 "1e-9", "--ema", "0", "--epochs", "1", "--epoch-size", "16",
                                 "--force", "--out", out.text, NULL),
                     0);
    command_said("with a new layer in place of ");
    command_said("; classes rings, bars by name");
    csv = test_read_text("two.safetensors.work/history.csv");
    assert_true(cell(csv, 0, TOP1_COLUMN) > 0.8);
    free(csv);
    assert_int_equal(command_run("classify", out.text, test_temp("new/rings/00.png").text, NULL),
                     0);
}

// A table of pictures, each labelled with its pattern and with the half of the set it is in.
static void test_multi_label(void **state)
{
    (void)state;
    char table[8192] = "path,label\n";
    for (int label = 0; label < CLASSES; label++)
        for (int i = 0; i < EACH; i++) {
            const size_t used = strlen(table);
            snprintf(table + used, sizeof table - used, "set/%s/%02d.png,%s%s\n", names[label], i,
                     names[label], label % 2 ? "|round" : "");
        }
    test_write(test_temp("table.csv").text, table, strlen(table));
    const test_path csv = test_temp("table.csv"), out = test_temp("several.safetensors"),
                    model = test_temp("patterns.safetensors"), json = test_temp("several.json");
    assert_int_equal(command_run("train", "--threads", "1", "--task", "classify", "--multi-label",
                                 "--data", csv.text, "--network", "neroscale_alexpp", "--options",
                                 "alpha=0.25,beta=0.25,drop=0", "--size", "48", "--init",
                                 model.text, "--epochs", "6", "--batch", "16", "--lr", "0.004",
                                 "--ema", "0.9", "--out", out.text, NULL),
                     0);
    command_said("round 48");
    command_said("mAP");
    // Labels are independent: probabilities need not add up to 1.
    assert_int_equal(command_run("classify", "--threads", "1", out.text,
                                 test_temp("new/checks/00.png").text, "--json", json.text, NULL),
                     0);
    char *found = test_read_text("several.json");
    double sum = 0;
    for (const char *at = found; (at = strstr(at, "\"probability\":"));)
        sum += strtod(at += strlen("\"probability\":"), NULL);
    print_message("probabilities add up to %.3f\n", sum);
    assert_true(fabs(sum - 1) > 0.05);
    free(found);
}

static void test_patience(void **state)
{
    (void)state;
    const test_path set = test_temp("set"), model = test_temp("patterns.safetensors"),
                    out = test_temp("stalled.safetensors");
    // Only one bias moves, by less than float16 resolves.
    assert_int_equal(command_run("train", "--threads", "1", "--task", "classify", "--data",
                                 set.text, "--network", "neroscale_alexpp", "--options",
                                 "alpha=0.25,beta=0.25", "--size", "48", "--init", model.text,
                                 "--freeze", "*.weight", "--freeze", "block*", "--lr", "1e-12",
                                 "--ema", "0", "--epochs", "50", "--patience", "2", "--out",
                                 out.text, NULL),
                     0);
    command_said("no better epoch than 1 for 2 epochs");
    char *csv = test_read_text("stalled.safetensors.work/history.csv");
    int rows = -1;
    for (const char *at = csv; *at; at++)
        rows += *at == '\n';
    assert_int_equal(rows, 3);
    free(csv);
}

static void test_usage_errors(void **state)
{
    (void)state;
    static const char *const bad[][3] = {
        {"--val-split", "1", "--val-split 1 is too large (less than 1)"},
        {"--smoothing", "2", "--smoothing"},
        {"--size", "0", "not '0'"},
        {"--network", "lenet9", "lenet9"},
        {"--val-list", "test", "set/test"},
        {"--init", "nowhere.pth", "--init"},
        {"--freeze", "head*", "no parameter"},
        {"--lr-scale", "fc*", "not GLOB=X"},
        {"--lr-scale", "head*=2", "no param"},
        {"--schedule", "random", "--schedule random"},
        {"--warmup", "2x", "--warmup 2x"},
        {"--accumulate", "0", "--accumulate"},
        {"--train-sizes", "32,a", "not '32,a'"},
        {"--patience", "-1", "--patience"},
    };
    const test_path set = test_temp("set"), out = test_temp("bad.safetensors");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(command_run("train", "--threads", "1", "--task", "classify", "--data",
                                     set.text, "--out", out.text, bad[i][0], bad[i][1], NULL),
                         2);
        command_said(bad[i][2]);
    }
    assert_int_equal(command_run("train", "--threads", "1", "--task", "dream", "--data", set.text,
                                 "--out", out.text, NULL),
                     2);
    command_said("dream");
    assert_int_equal(command_run("train", "--data", set.text, "--out", out.text, NULL), 2);
    command_said("--task classify is for those");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_end_to_end),   cmocka_unit_test(test_transfer),
        cmocka_unit_test(test_multi_label),  cmocka_unit_test(test_patience),
        cmocka_unit_test(test_usage_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
