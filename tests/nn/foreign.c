// SPDX-License-Identifier: MIT
// Files and folders of other programs: each is called by its name, with a way to ONNX; ours are
// not.
#include "nn/io/foreign.h"
#include "nn/io/io.h"
#include "nn/predict/load_model.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <string.h>

static void expect_refused(const char *path, const char *name, const char *advice)
{
    nn_error err = {0};
    nn_model *m;
    nn_bundle b;
    assert_int_equal(nn_foreign_check(path, &err), NN_EUNSUPPORTED);
    if (!strstr(err.text, path) || !strstr(err.text, name) || !strstr(err.text, advice))
        fail_msg("'%s': no '%s', '%s'", err.text, name, advice);
    // also where models and weights are loaded
    err.text[0] = '\0';
    assert_int_equal(nn_model_load(&m, path, &err), NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, advice));
    assert_int_equal(nn_bundle_load(&b, path, &err), NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, advice));
}

static void test_files(void **state)
{
    (void)state;
    static const struct {
        const char *file, *bytes;
        size_t size;
        const char *name, *advice;
    } files[] = {
#define BYTES(text) (text), sizeof(text) - 1
        {"any.bin", BYTES("\x1c\0\0\0TFL3\0\0\0\0"), "TensorFlow Lite", "tf2onnx.convert --tflite"},
        {"any.onnx", BYTES("\x1c\0\0\0ORTM"), ".ort", "ONNX file that it was made of"},
        {"yolo.ENGINE", BYTES("\0\0\5\x9f{\"stride\""), "TensorRT", "export the original"},
        {"a.dat", BYTES("ptrt\1\2"), "TensorRT", "export the original"},
        {"a.rknn", BYTES("RKNN"), "RKNN", "export the original"},
        {"a.gguf", BYTES("GGUF\3"), "GGUF", "ggml"},
        {"a.xml", BYTES("<?xml version=\"1.0\"?>\n<net name=\"m\" version=\"11\">"), "OpenVINO",
         "format=onnx"},
        {"a.mlmodel", BYTES("\x08\4\x12\2a"), "Core ML", "ONNX"},
        {"a.pb", BYTES("\n\7\n\1x\x12\2Op"), "frozen graph", "--graphdef"},
        {"saved_model.pb", BYTES("\x08\1\x12\3abc"), "SavedModel", "--saved-model"},
        {"a.keras", BYTES("PK\3\4"), "Keras", "model.export"},
        {"a.pdmodel", BYTES("\n\1\x08"), "PaddlePaddle", "paddle2onnx"},
        {"a.mnn", BYTES("\0\0\0\0"), "MNN", "ONNX"},
        {"a.tnnproto", BYTES("\"1 7 1 4206624770 ,\""), "TNN", "ONNX"},
        {"a.caffemodel", BYTES("\n\3net"), "Caffe", "caffe2ncnn"},
        {"lfs.onnx", BYTES("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
         "Git LFS", "git lfs pull"},
        {"page.onnx", BYTES("<!DOCTYPE html>\n<html><body>Not Found"), "web page", "resolve"},
        {"zoo.tar.gz", BYTES("\x1f\x8b\x08\0"), "compressed", "tar -xf"},
        {"model_final.pkl", BYTES("\x80\4\x95\0\0"), "pickle", "torch.save"},
#undef BYTES
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const test_path path = test_temp(files[i].file);
        test_write(path.text, files[i].bytes, files[i].size);
        expect_refused(path.text, files[i].name, files[i].advice);
    }
    char tar[512] = "name";
    memcpy(tar + 257, "ustar", 5);
    const test_path path = test_temp("old.pt");
    test_write(path.text, tar, sizeof tar);
    expect_refused(path.text, "PyTorch wrote before", "torch.save");
}

static void test_folders(void **state)
{
    (void)state;
    test_make_dir("export");
    test_write_text("export/saved_model.pb", "x");
    expect_refused(test_temp("export").text, "SavedModel", "--saved-model");
    expect_refused(test_make_dir("m.mlpackage").text, "Core ML", "ONNX");
}

// Endings and first bytes alone do not make a file foreign.
static void test_ours(void **state)
{
    (void)state;
    static const char *const files[][2] = {{"onnx.pb", "\x08\7\x12\4test"},
                                           {"page.xml", "<annotation>"},
                                           {"a.tfl", "TFL3"},
                                           {"b", ""}};
    nn_error err = {0};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        test_write_text(files[i][0], files[i][1]);
        if (nn_foreign_check(test_temp(files[i][0]).text, &err) != NN_OK)
            fail_msg("%s", err.text);
    }
    assert_int_equal(nn_foreign_check(test_make_dir("empty").text, &err), NN_OK);
    assert_int_equal(nn_foreign_check(test_temp("missing").text, &err), NN_OK);
    assert_int_equal(nn_foreign_check(test_data("corpus/pth/types_legacy.pth").text, &err), NN_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_folders),
        cmocka_unit_test(test_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
