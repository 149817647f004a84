// SPDX-License-Identifier: MIT
// Words that neroscale does not know: those of other tools are accepted or answered, for others the
// nearest is named.
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <stdio.h>

// Each command is refused with status 2 and one line that contains the answer.
static void answers(void **state)
{
    (void)state;
    static const char *const lines[][2] = {
        {"run x --project y", "--json FILE, --record FILE"},
        {"run x --save", "--project"},
        {"run x --device cuda:0", "--device cuda:0: everything runs on the processor"},
        {"run x device=0", "--device 0: everything runs on the processor"},
        {"run x --device", "--device: its value is missing"},
        {"run x --tresholt 0.4", "unknown option --tresholt; --threshold is near"},
        {"run x --banana", "--banana is no option of run"},
        {"run x -z", "-z is no option of run"},
        {"train --nmaes a", "--names is near"},
        {"train --epoch_sizes 3", "--epoch-size is near"},
        {"train --data x --name y", "--out FILE is the model"},
        {"train --data x --hsv_h 0.1", "--hsv H,S,V"},
        {"train --data x --warmup-epochs 3", "--warmup 3e"},
        {"classify x y -l names.txt", "-l is now --names"},
        {"convert x --format onnx", "--out model.onnx"},
        {"evaluat x", "'eval' is near"},
        {"trian", "'train' is near"},
        {"banana", "unknown command 'banana'"},
        {"pose x", "train --task pose"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        if (i == 1)
            continue; // see below
        assert_int_equal(command_line("", lines[i][0]), 2);
        command_said_one_line(lines[i][1]);
    }
    assert_int_equal(command_line("", "prune x --budget-mflops 50"), 2);
    command_said("--macs 0.5 keeps that part");
    assert_int_equal(command_line("", "run x --save"), 2);
    command_said_one_line("--record FILE for a video");
}

// Shows that the word is understood: the last word of the line is what is refused.
static void understands(void **state)
{
    (void)state;
    static const char *const lines[][3] = {
        {"classify nosuch x --conf_thres 2", "--conf-thres", "is no option"},
        {"run x --conf 7", "--conf is --threshold here", "--threshold"},
        {"run x --conf=7", "--conf is --threshold here", "--threshold"},
        {"run x conf_thres=7", "--conf-thres is --threshold here", "--threshold"},
        {"run x --iou_threshold 7", "", "--iou-threshold"},
        {"run x --iou 7", "--iou is --iou-threshold here", "--iou-threshold"},
        {"predict nosuch.avi --no-window", "predict is 'run' here", "nosuch.avi"},
        {"run --source nosuch.avi --no-window", "its value stands alone", "nosuch.avi"},
        {"predict source=nosuch.avi --no-window", "its value stands alone", "nosuch.avi"},
        {"run nosuch.avi --device cpu --no-window", "", "nosuch.avi"},
        {"run nosuch.avi device=CPU --no-window", "", "nosuch.avi"},
        {"val --weights nosuch --data .", "val is 'eval' here", "nosuch"},
        {"eval model=nosuch data=.", "--model is not needed", "nosuch"},
        {"train --imgsz 5x", "--imgsz is --size here", "--size must be"},
        {"train --lr0 -1", "--lr0 is --lr here", "--lr"},
        {"train --batch-size 0", "--batch-size is --batch here", "--batch"},
        {"train data=nowhere epochs=3 out=x.onnx model=nosuch", "--model is --init here", "nosuch"},
        {"train --data nowhere --task=classify --optimizer lion --out x.onnx", "--optimiser",
         "lion"},
        {"track nosuch.avi --no-window", "track is 'run' here", "nosuch.avi"},
        {"train --data nowhere --val 3 --out x.onnx", "--val is --val-data here", "nowhere"},
        {"convert nosuch x.onnx --half", "--half is --fp16 here", "nosuch"},
        {"export nosuch --out x.onnx", "export is 'convert' here", "nosuch"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        assert_int_equal(command_line("", lines[i][0]), 2);
        command_said(lines[i][1]);
        command_said(lines[i][2]);
    }
}

// A file with such a name stays a file, and values are not taken for options.
static void leaves_values_alone(void **state)
{
    (void)state;
    test_write_text("conf=1", "no video\n");
    assert_int_equal(command_line("", "run --no-window conf=1"), 2);
    command_said("conf=1");
    command_did_not_say("--threshold");
    assert_int_equal(command_line("", "run --no-window --names --conf -- --banana"), 2);
    command_said("--banana");
    command_did_not_say("option");
    assert_int_equal(command_line("", "run --help --banana"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(answers), cmocka_unit_test(understands),
                                       cmocka_unit_test(leaves_values_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
