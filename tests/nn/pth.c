// SPDX-License-Identifier: MIT
// PyTorch files: every type and view, nesting, both containers; nothing in them is run, and
// damaged, greedy and hostile ones are refused with the reason.
#include "nn/io/io.h"
#include "nn/io/params.h"
#include "nn/io/torch/pth_save.h"
#include "nn/ops/ops.h"
#include "tests/support/alloc.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <unistd.h>
#include <zip.h>

static nn_bundle load(const char *name)
{
    nn_bundle b;
    nn_error err = {0};
    char path[64];
    snprintf(path, sizeof path, "corpus/pth/%s", name);
    if (nn_bundle_load(&b, test_data(path).text, &err) != NN_OK)
        fail_msg("%s", err.text);
    return b;
}

static void expect(const nn_bundle *b, const char *name, nn_dtype dtype, nn_shape shape,
                   const void *data)
{
    const nn_tensor *t = nn_bundle_find(b, name);
    if (!t)
        fail_msg("no tensor '%s'", name);
    assert_int_equal(t->dtype, dtype);
    assert_true(nn_shape_equal(&t->shape, &shape));
    assert_int_equal((uintptr_t)t->data % nn_dtype_size(dtype), 0);
    assert_memory_equal(t->data, data, nn_tensor_bytes(t));
}

static void expect_types(const char *file)
{
    nn_bundle b = load(file);
    assert_int_equal(b.count, 15);
    float weight[12], transposed[12], third[4];
    for (int i = 0; i < 12; i++) {
        weight[i] = (float)i / 4;
        transposed[i % 4 * 3 + i / 4] = weight[i];
    }
    for (int i = 0; i < 4; i++)
        third[i] = (float)(weight[i] / 3.0);
    expect(&b, "weight", NN_F32, nn_shape_2d(3, 4), weight);
    expect(&b, "transposed", NN_F32, nn_shape_2d(4, 3), transposed);
    expect(&b, "part", NN_F32, nn_shape_2d(2, 2), (float[]){1, 1.5f, 2, 2.5f});
    expect(&b, "double", NN_F32, nn_shape_1d(4), third);
    expect(&b, "half", NN_F16, nn_shape_1d(4), (uint16_t[]){0x4000, 0x4080, 0x4100, 0x4180});
    expect(&b, "bf16", NN_BF16, nn_shape_1d(4), (uint16_t[]){0x4000, 0x4010, 0x4020, 0x4030});
    expect(&b, "i64", NN_I64, nn_shape_1d(2), (int64_t[]){-5, (int64_t)1 << 40});
    expect(&b, "i32", NN_I32, nn_shape_1d(2), (int32_t[]){7, -7});
    expect(&b, "i16", NN_I32, nn_shape_1d(1), (int32_t[]){-300});
    expect(&b, "i8", NN_I32, nn_shape_1d(2), (int32_t[]){-3, 3});
    expect(&b, "u8", NN_U8, nn_shape_1d(1), (uint8_t[]){200});
    expect(&b, "flag", NN_U8, nn_shape_1d(2), (uint8_t[]){1, 0});
    expect(&b, "scalar", NN_F32, nn_shape_make(0, NULL), (float[]){1.5f});
    expect(&b, "empty", NN_F32, nn_shape_2d(0, 3), weight);
    expect(&b, "wide", NN_F32, nn_shape_2d(2, 3), (float[]){1, 1, 1, 1, 1, 1});
    nn_bundle_release(&b);
}

static void test_types_and_views(void **state)
{
    (void)state;
    expect_types("types.pth");
    expect_types("types_legacy.pth");
    expect_types("types_framed.pth");  // protocol 5
    expect_types("types_decimal.pth"); // protocol 1
}

static void test_nested_dicts(void **state)
{
    (void)state;
    static const char *const files[] = {"nested.pth",  "nested_legacy.pth", "parameters.pth",
                                        "framed4.pth", "framed5.pth",       "deep.pth"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        nn_bundle b = load(files[i]);
        assert_int_equal(b.count, 2);
        expect(&b, "weight", NN_F32, nn_shape_2d(3, 2),
               (float[]){0, 0.125f, 0.25f, 0.375f, 0.5f, 0.625f});
        expect(&b, "bias", NN_F32, nn_shape_1d(3), (float[]){1, 2, 3});
        nn_bundle_release(&b);
    }
}

// The structures that training programs write around the weights of the same layer.
static void test_checkpoints(void **state)
{
    (void)state;
    static const struct {
        const char *file, *prefix;
        int count;
    } files[] = {{"prefixes.pth", "", 2},
                 {"averaged.pth", "", 2},
                 {"lightning.pth", "model.net.", 3},
                 {"ema.pth", "", 2},
                 {"ultralytics.pt", "model.0.", 2}, // objects of classes that are not there
                 {"whole.pt", "", 2},               // DataParallel
                 {"whole_legacy.pt", "model.0.", 2},
                 {"mmdet.pth", "0.", 2},
                 {"module.pth", "", 2},
                 {"script_module.pt", "fc.", 2}, // TorchScript
                 {"named.pth", "", 2}};
    nn_graph *g = nn_graph_new();
    const nn_shape weight = nn_shape_2d(3, 2), bias = nn_shape_1d(3);
    const nn_value in[] = {nn_graph_input(g, "x"),
                           nn_graph_param(g, "weight", NN_PARAM_WEIGHT, &weight),
                           nn_graph_param(g, "bias", NN_PARAM_BIAS, &bias)};
    const nn_linear_params plain = {0};
    nn_graph_output(g, "y", nn_graph_node(g, &nn_op_linear, "fc", &plain, in, 3));
    nn_model *m;
    assert_int_equal(nn_model_new(&m, g, NULL), NN_OK);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        nn_bundle b = load(files[i].file);
        nn_error err = {0};
        assert_int_equal(b.count, files[i].count);
        assert_string_equal(nn_params_source_of(m->graph, &b).prefix, files[i].prefix);
        for (int p = 0; p < 2; p++)
            memset(m->params[p].data, 0, nn_tensor_bytes(&m->params[p]));
        if (nn_model_set_params(m, &b, &err) != NN_OK)
            fail_msg("%s: %s", files[i].file, err.text);
        assert_memory_equal(nn_model_param(m, "weight")->data,
                            ((float[]){0, 0.125f, 0.25f, 0.375f, 0.5f, 0.625f}), 24);
        assert_memory_equal(nn_model_param(m, "bias")->data, ((float[]){1, 2, 3}), 12);
        nn_bundle_release(&b);
    }
    nn_model_free(m);
}

static void expect_refused(const void *bytes, size_t size, nn_status status, const char *says)
{
    uint8_t *copy = malloc(size ? size : 1);
    memcpy(copy, bytes, size);
    nn_bundle b;
    nn_error err = {0};
    nn_status got = nn_bundle_parse(&b, copy, size, &err);
    if (got != status || !strstr(err.text, says))
        fail_msg("%s: '%s', expected %s: '%s'", nn_status_name(got), err.text,
                 nn_status_name(status), says);
    assert_null(b.tensors);
    free(copy);
}

static void test_globals_are_refused(void **state)
{
    (void)state;
    static const char *const files[][2] = {
        {"corpus/pth/call.pth", "'posix.system'"},
        {"corpus/pth/call_legacy.pth", "'posix.system'"},
        {"corpus/pth/call_framed.pth", "'posix.system'"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        size_t size;
        uint8_t *bytes = test_read(test_data(files[i][0]).text, &size);
        expect_refused(bytes, size, NN_EUNSUPPORTED, files[i][1]);
        free(bytes);
    }
    assert_null(fopen("/tmp/neroscale-pickle-ran", "r"));
}

// A file of the older kind around a pickle.
#define HEAD "\x80\2\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\2M\xe9\3.\x80\2}."
#define TAIL                                                                                       \
    "\x80\2]X\1\0\0\0"                                                                             \
    "0a."
#define COUNT_1 "\1\0\0\0\0\0\0\0"
#define STORAGE(count)                                                                             \
    "(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0"                                             \
    "0X\3\0\0\0cpu" count "NtQ"
#define TENSOR(size, stride)                                                                       \
    "ctorch._utils\n_rebuild_tensor_v2\n(" STORAGE("K\1") "K\0" size stride "\x89NtR"
#define FILE_OF(pickle) HEAD "\x80\2" pickle "." TAIL COUNT_1 "\0\0\x80\x3f"

#define FILE_WITHOUT(pickle) HEAD "\x80\2" pickle ".\x80\2]."

typedef struct hostile {
    const char *bytes;
    size_t size;
    nn_status status;
    const char *says;
} hostile;
#define KEY(letter) "X\1\0\0\0" letter
#define SAME(letter) KEY(letter) "h\1"
#define MODULE(memo, parameters, children)                                                         \
    "cm\nM\n)\x81q" memo "}(X\13\0\0\0_parameters}(" parameters "uX\10\0\0\0_modules}(" children   \
    "uub0"
#define FOUR(memo, child)                                                                          \
    MODULE(memo, "", KEY("a") "h" child KEY("b") "h" child KEY("c") "h" child KEY("d") "h" child)
#define HOSTILE(file, status, says)                                                                \
    {                                                                                              \
        file, sizeof(file) - 1, status, says                                                       \
    }

static const hostile HOSTILES[] = {
    HOSTILE(FILE_OF("}X\1\0\0\0w" TENSOR("K\1\x85", "K\1\x85") "s"), NN_OK, ""),
    HOSTILE(FILE_WITHOUT("}"), NN_EUNSUPPORTED, "no dict of tensors"),
    HOSTILE(FILE_WITHOUT("]"), NN_EUNSUPPORTED, "no dict of tensors"),
    HOSTILE(FILE_OF("}X\1\0\0\0w" TENSOR("K\2\x85", "K\1\x85") "s"), NN_EFORMAT, "behind"),
    HOSTILE(FILE_OF("}X\1\0\0\0w" TENSOR("K\1\x85", "K\1K\1\x86") "s"), NN_EUNSUPPORTED, "strides"),
    HOSTILE(FILE_OF("}X\1\0\0\0w" TENSOR("J\xff\xff\xff\xff\x85", "K\1\x85") "s"), NN_EUNSUPPORTED,
            "numbers >= 0"),
    HOSTILE(FILE_OF("}X\1\0\0\0w" TENSOR("K\1\x85", "J\xff\xff\xff\xff\x85") "s"), NN_EUNSUPPORTED,
            "numbers >= 0"),
    HOSTILE(FILE_OF("}X\1\0\0\0w" TENSOR("(K\1K\1K\1K\1K\1K\1K\1K\1K\1t",
                                         "(K\1K\1K\1K\1K\1K\1K\1K\1K\1t") "s"),
            NN_EUNSUPPORTED, "up to 8"),
    HOSTILE(
        FILE_OF("}X\1\0\0\0w" TENSOR("J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86", "K\0K\0\x86") "s"),
        NN_ESHAPE, "too many"),
    HOSTILE(FILE_OF("}X\1\0\0\0w" TENSOR("J\0\0\0\x10\x85", "K\0\x85") "s"), NN_EFORMAT,
            "16 times"),
    HOSTILE(FILE_OF("}X\1\0\0\0w" TENSOR("K\2K\1\x86",
                                         "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7fK\1\x86") "s"),
            NN_EFORMAT, "behind"),
    HOSTILE(FILE_OF("}K\1" TENSOR("K\1\x85", "K\1\x85") "s"), NN_EFORMAT, "name"),
    HOSTILE(FILE_OF("}X\2\0\0\0\x1b[" TENSOR("K\1\x85", "K\1\x85") "s"), NN_EFORMAT, "name"),
    HOSTILE(FILE_OF("}(X\1\0\0\0w" TENSOR("K\1\x85", "K\1\x85") "X\1\0\0\0w" TENSOR("K\1\x85",
                                                                                    "K\1\x85") "u"),
            NN_EFORMAT, "twice"),
    HOSTILE(FILE_OF("cos\nsystem\n"), NN_EUNSUPPORTED, "'os.system'"),
    HOSTILE(FILE_WITHOUT("c\x1b[2J\nx\n"), NN_EUNSUPPORTED, "objects of '?.x'"),
    HOSTILE(FILE_WITHOUT("K\1)\x81"), NN_EFORMAT, "no class"),
    HOSTILE(FILE_OF("X\10\0\0\0builtinsX\4\0\0\0eval\x93"), NN_EUNSUPPORTED, "'builtins.eval'"),
    HOSTILE(FILE_OF("ctorch\nFloatStorage\n)R"), NN_EFORMAT, "cannot be called"),
    HOSTILE(FILE_OF("ccollections\nOrderedDict\nK\1\x85R"), NN_EFORMAT, "OrderedDict"),
    HOSTILE(FILE_OF("ctorch._utils\n_rebuild_parameter\nK\1\x85R"), NN_EFORMAT, "_rebuild_p"),
    HOSTILE(FILE_OF("ctorch._utils\n_rebuild_tensor_v2\n)R"), NN_EFORMAT, "_rebuild_t"),
    HOSTILE(FILE_OF("X\1\0\0\0xQ"), NN_EFORMAT, "no storage"),
    HOSTILE(FILE_OF("]}b"), NN_EFORMAT, "attributes"),
    HOSTILE(FILE_OF("}u"), NN_EFORMAT, "no mark"),
    HOSTILE(FILE_OF("}(K\1u"), NN_EFORMAT, "too few"),
    HOSTILE(FILE_OF("K\1K\2K\3s"), NN_EFORMAT, "holds none"),
    HOSTILE(FILE_OF("a"), NN_EFORMAT, "too few"),
    HOSTILE(FILE_OF("\x87"), NN_EFORMAT, "too few"),
    HOSTILE(FILE_OF("}r\xff\xff\xff\x7f"), NN_EFORMAT, "out of order"),
    HOSTILE(FILE_OF("j\xff\xff\xff\x7f"), NN_EFORMAT, "no such memo"),
    HOSTILE(FILE_OF("X\xff\xff\xff\xff"), NN_EFORMAT, "ends here"),
    HOSTILE(FILE_OF("\x8d\xff\xff\xff\xff\xff\xff\xff\xff"), NN_EFORMAT, "ends here"),
    HOSTILE(FILE_OF("\x96\xff\xff\xff\xff\xff\xff\xff\xff"), NN_EFORMAT, "ends here"),
    HOSTILE(FILE_OF("\x97"), NN_EUNSUPPORTED, "outside of the file (NEXT_BUFFER)"),
    HOSTILE(FILE_OF("L12"), NN_EFORMAT, "without an end"),
    HOSTILE(FILE_OF("L12\n"), NN_EFORMAT, "a number that is none"),
    HOSTILE(FILE_OF("I\n"), NN_EFORMAT, "a number that is none"),
    HOSTILE(FILE_OF("Pstorage 0\n"), NN_EUNSUPPORTED, "protocol 0 loses"),
    HOSTILE(FILE_OF("\x98"), NN_EUNSUPPORTED, "outside of the file (NEXT_BUFFER)"),
    HOSTILE(FILE_OF("\x90"), NN_EFORMAT, "no mark"),
    HOSTILE(FILE_OF("\x91"), NN_EFORMAT, "no mark"),
    HOSTILE(FILE_OF("\x94"), NN_EFORMAT, "out of order"),
    HOSTILE(FILE_OF("\x93"), NN_EFORMAT, "without a name"),
    HOSTILE(FILE_OF("F1\n"), NN_EUNSUPPORTED, "0x46"),
    HOSTILE(FILE_OF("i"), NN_EUNSUPPORTED, "0x69"),
    HOSTILE(FILE_OF(""), NN_EFORMAT, "without a value"),
    // A dict that holds itself, under the name that is followed.
    HOSTILE(FILE_WITHOUT("}q\0X\5\0\0\0modelh\0s"), NN_EUNSUPPORTED, "no dict of tensors"),
    // A module that is its own child.
    HOSTILE(FILE_WITHOUT("cm\nM\n)\x81q\0}(X\13\0\0\0_parameters}X\10\0\0\0_modules}X\1\0\0\0"
                         "ah\0sub"),
            NN_EUNSUPPORTED, "in each other"),
    HOSTILE(FILE_WITHOUT("cm\nM\n)\x81}(X\13\0\0\0_parametersNX\10\0\0\0_modules}ub"),
            NN_EUNSUPPORTED, "objects of 'm.M'"),
    // Seven levels of modules with four times the one before, and 17 tensors in the innermost.
    HOSTILE(FILE_OF(MODULE("\0",
                           KEY("a") TENSOR("K\1\x85", "K\1\x85") "q\1" SAME("b") SAME("c") SAME("d")
                               SAME("e") SAME("f") SAME("g") SAME("h") SAME("i") SAME("j") SAME("k")
                                   SAME("l") SAME("m") SAME("n") SAME("o") SAME("p") SAME("q"),
                           "") FOUR("\2", "\0") FOUR("\3", "\2") FOUR("\4", "\3") FOUR("\5", "\4")
                        FOUR("\6", "\5") FOUR("\7", "\6") FOUR("\10", "\7") "h\10"),
            NN_EUNSUPPORTED, "over 262144 tensors"),
    HOSTILE(FILE_OF("ctorch._tensor\n_rebuild_from_type_v2\n)R"), NN_EFORMAT, "_rebuild_from"),
    HOSTILE(HEAD "\x80\2}X\1\0\0\0w" TENSOR("K\1\x85", "K\1\x85") "s.\x80\2].", NN_EFORMAT,
            "does not hold"),
    HOSTILE(HEAD "\x80\2}.\x80\2]K\1a.", NN_EFORMAT, "belongs to no tensor"),
    HOSTILE(HEAD "\x80\2}X\1\0\0\0w" TENSOR("K\1\x85", "K\1\x85") "s." TAIL
                                                                  "\xff\xff\xff\xff\xff\xff\xff\x7f"
                                                                  "1234",
            NN_EFORMAT, "behind the file"),
    HOSTILE(HEAD "\x80\2}X\1\0\0\0w" TENSOR("K\1\x85", "K\1\x85") "s." TAIL "\2\0\0\0\0\0\0\0"
                                                                  "12345678",
            NN_EFORMAT, "8 bytes for a storage"),
};

static void test_hostile_pickles(void **state)
{
    (void)state;
    for (size_t i = 1; i < sizeof HOSTILES / sizeof *HOSTILES; i++)
        expect_refused(HOSTILES[i].bytes, HOSTILES[i].size, HOSTILES[i].status, HOSTILES[i].says);
    // The frame of all of these is fine.
    nn_bundle b;
    assert_int_equal(nn_bundle_parse(&b, HOSTILES[0].bytes, HOSTILES[0].size, NULL), NN_OK);
    expect(&b, "w", NN_F32, nn_shape_1d(1), (float[]){1});
    nn_bundle_release(&b);
}

static void test_deep_pickle(void **state)
{
    (void)state;
    enum { DEEP = 300000 };
    const size_t head = sizeof(HEAD) - 1;
    uint8_t *bytes = malloc(head + DEEP + 1);
    memcpy(bytes, HEAD, head);
    memset(bytes + head, 0x85, DEEP); // tuples of one, each in the next
    bytes[head] = 'N';
    bytes[head + DEEP] = '.';
    expect_refused(bytes, head + DEEP + 1, NN_EFORMAT, "ends here");
    free(bytes);
}

static void test_every_truncation_fails(void **state)
{
    (void)state;
    static const char *const files[] = {"corpus/pth/nested.pth", "corpus/pth/nested_legacy.pth",
                                        "corpus/pth/types_legacy.pth", "corpus/pth/framed5.pth"};
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        size_t size;
        uint8_t *whole = test_read(test_data(files[f]).text, &size);
        for (size_t n = 0; n < size; n++)
            expect_refused(whole, n, NN_EFORMAT, "");
        free(whole);
    }
}

// A zip file of these entries, deflated when `deflate`.
static uint8_t *make_zip(const char *const *names, const void *const *data, const size_t *sizes,
                         int count, bool deflate, size_t *size)
{
    test_path path = test_temp("made.zip");
    remove(path.text);
    zip_t *zip = zip_open(path.text, ZIP_CREATE, NULL);
    for (int i = 0; i < count; i++) {
        zip_source_t *source = zip_source_buffer(zip, data[i], sizes[i], 0);
        zip_int64_t index = zip_file_add(zip, names[i], source, 0);
        assert_true(index >= 0);
        zip_set_file_compression(zip, (zip_uint64_t)index, deflate ? ZIP_CM_DEFLATE : ZIP_CM_STORE,
                                 9);
    }
    assert_int_equal(zip_close(zip), 0);
    return test_read(path.text, size);
}

#define ZIP_PICKLE "\x80\2}X\1\0\0\0w" TENSOR("K\1\x85", "K\1\x85") "s."

static void test_hostile_zips(void **state)
{
    (void)state;
    static const uint8_t zeros[1 << 20];
    const char *const names[] = {"a/data.pkl", "a/data/0"};
    const void *const data[] = {ZIP_PICKLE, zeros};
    size_t size, sizes[] = {sizeof ZIP_PICKLE - 1, sizeof zeros};
    uint8_t *bytes = make_zip(names, data, sizes, 2, true, &size);
    expect_refused(bytes, size, NN_EUNSUPPORTED, "compressed");
    free(bytes);
    sizes[1] = 8;
    bytes = make_zip(names, data, sizes, 2, false, &size);
    expect_refused(bytes, size, NN_EFORMAT, "tensor 'w': 8 bytes for a storage");
    free(bytes);
    sizes[1] = 4;
    bytes = make_zip(names, data, sizes, 2, false, &size);
    nn_bundle b;
    assert_int_equal(nn_bundle_parse(&b, bytes, size, NULL), NN_OK);
    nn_bundle_release(&b);
    // A wrong checksum: flips a bit of the storage's data, which is after the pickle.
    uint8_t *at = memmem(bytes, size, "a/data/0", 8);
    at[8] ^= 1;
    expect_refused(bytes, size, NN_EFORMAT, "tensor 'w': zip: ");
    free(bytes);
    bytes = make_zip(names, data, sizes, 1, false, &size);
    expect_refused(bytes, size, NN_EFORMAT, "tensor 'w': the zip file has no entry");
    free(bytes);
    const char *const others[] = {"a/b/data.pkl", "readme"};
    bytes = make_zip(others, data, sizes, 2, false, &size);
    expect_refused(bytes, size, NN_EUNSUPPORTED, "no data.pkl");
    free(bytes);
}

// A directory that names the same entry again and again (Fifield 2019) and one whose 64-bit end
// claims 2^40 entries.
static void test_zip_directories(void **state)
{
    (void)state;
    static const uint8_t block[4096];
    const char *const names[] = {"a/data.pkl", "a/data/0"};
    const void *const data[] = {ZIP_PICKLE, block};
    const size_t sizes[] = {sizeof ZIP_PICKLE - 1, sizeof block};
    size_t size;
    uint8_t *bytes = make_zip(names, data, sizes, 2, false, &size);
    uint8_t *entry = memmem(bytes, size, "PK\1\2", 4), *end = memmem(bytes, size, "PK\5\6", 4);
    entry = memmem(entry + 1, (size_t)(end - entry) - 1, "PK\1\2", 4);
    enum { AGAIN = 9 };
    size_t length = (size_t)(end - entry), head = (size_t)(end - bytes), at = head;
    uint8_t *more = malloc(size + AGAIN * length);
    memcpy(more, bytes, head);
    for (int i = 0; i < AGAIN; i++, at += length) {
        memcpy(more + at, entry, length);
        more[at + length - 1] = (uint8_t)('1' + i); // a/data/1, ...
    }
    memcpy(more + at, end, size - head);
    uint32_t directory;
    memcpy(&directory, end + 12, 4);
    directory += AGAIN * (uint32_t)length;
    memcpy(more + at + 12, &directory, 4);
    more[at + 8] = more[at + 10] = 2 + AGAIN;
    expect_refused(more, size + AGAIN * length, NN_EFORMAT, "zip: ");
    free(more);
    // Its locator says where it is; the 32-bit end follows.
    uint8_t end64[4 + 56 + 20 + 22] = "PK\3\4PK\6\6";
    end64[4 + 32 + 5] = 1;
    memcpy(end64 + 4 + 56, "PK\6\7", 4);
    end64[4 + 56 + 8] = 4;
    memcpy(end64 + 4 + 56 + 20, "PK\5\6", 4);
    expect_refused(end64, sizeof end64, NN_EFORMAT, "more entries");
    free(bytes);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    static const char *const files[] = {"corpus/pth/nested.pth", "corpus/pth/nested_legacy.pth"};
    for (size_t f = 0; f < 2; f++) {
        size_t size;
        uint8_t *bytes = test_read(test_data(files[f]).text, &size);
        nn_bundle b;
        long n = 0;
        for (;; n++) {
            nn_error err = {0};
            alloc_reset(n);
            nn_status status = nn_bundle_parse(&b, bytes, size, &err);
            alloc_reset(-1);
            if (status == NN_OK)
                break;
            assert_int_equal(status, NN_ENOMEM);
        }
        assert_true(n > 5);
        nn_bundle_release(&b);
        free(bytes);
    }
}

// What is written is read back: every type, empty tensors, metadata. The bytes are the same each
// time, and any allocation may fail.
static void test_written(void **state)
{
    (void)state;
    nn_bundle a = load("types.pth"), b;
    const char *names[15], *const meta[] = {"neroscale", "{\"a\": \"\303\251\"}", "format", "pt"};
    nn_tensor tensors[15];
    nn_error err = {0};
    const test_path one = test_temp("one.pth"), two = test_temp("two.pth");
    assert_int_equal(a.count, 15);
    for (int i = 0; i < a.count; i++) {
        names[i] = a.tensors[i].name;
        tensors[i] = a.tensors[i].tensor;
    }
    long n = 0;
    nn_status status = NN_ENOMEM;
    for (; status == NN_ENOMEM; n++) {
        alloc_reset(n);
        status = nn_pth_save(one.text, names, tensors, a.count, meta, 2, &err);
        alloc_reset(-1);
        assert_int_equal(access(one.text, F_OK), status == NN_OK ? 0 : -1);
    }
    assert_int_equal(status, NN_OK);
    assert_true(n > 3);
    assert_int_equal(nn_bundle_load(&b, one.text, &err), NN_OK);
    assert_int_equal(b.count, a.count);
    for (int i = 0; i < a.count; i++)
        expect(&b, names[i], tensors[i].dtype, tensors[i].shape, tensors[i].data);
    assert_string_equal(nn_bundle_meta(&b, "neroscale"), meta[1]);
    assert_string_equal(nn_bundle_meta(&b, "format"), "pt");
    nn_bundle_release(&b);
    assert_int_equal(nn_pth_save(two.text, names, tensors, a.count, meta, 2, &err), NN_OK);
    size_t size, again;
    uint8_t *first = test_read(one.text, &size), *second = test_read(two.text, &again);
    assert_int_equal(size, again);
    assert_memory_equal(first, second, size);
    free(first);
    free(second);
    nn_bundle_release(&a);
}

static void test_cannot_be_written(void **state)
{
    (void)state;
    nn_error err = {0};
    float v[1] = {0};
    const nn_tensor t = {.shape = nn_shape_1d(1), .dtype = NN_F32, .data = v};
    const char *bad = "a\nb", *good = "a", *const meta[] = {"a/b", "x"};
    const char *path = test_temp("bad.pth").text;
    assert_int_equal(nn_pth_save(path, &bad, &t, 1, NULL, 0, &err), NN_EINVAL);
    assert_int_equal(nn_pth_save(path, &good, &t, 1, meta, 1, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "metadata 'a/b'"));
    assert_int_equal(nn_pth_save(test_temp("none/x.pth").text, &good, &t, 1, NULL, 0, &err),
                     NN_ENOTFOUND);
    assert_true(access(path, F_OK) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types_and_views),
        cmocka_unit_test(test_nested_dicts),
        cmocka_unit_test(test_checkpoints),
        cmocka_unit_test(test_globals_are_refused),
        cmocka_unit_test(test_hostile_pickles),
        cmocka_unit_test(test_deep_pickle),
        cmocka_unit_test(test_every_truncation_fails),
        cmocka_unit_test(test_hostile_zips),
        cmocka_unit_test(test_zip_directories),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_written),
        cmocka_unit_test(test_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
