// SPDX-License-Identifier: MIT
// Runs the ONNX backend tests of Debian's libonnx-testdata: every case must pass whose operators
// and types of inputs and outputs we claim (nn_onnx_check_graph), but for UNCLAIMED. Those listed
// in tests/data/onnx/passing must be among them: what we claim only grows. Each is saved as
// safetensors and must be the same model when it is read again. --list prints all.
#include "nn/graph/plan.h"
#include "nn/io/io.h"
#include "nn/io/onnx/onnx.h"
#include "nn/io/onnx/onnx_proto.h"
#include "nn/predict/load_model.h"
#include "onnx.pb-c.h"
#include "tests/support/files.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char ROOT[] = "/usr/share/libonnx-testdata/data";
static const char *const FOLDERS[] = {"node", "simple", "pytorch-converted", "pytorch-operator"};
enum { MAX_TENSORS = 16, SKIPPED = 77 };

// Texts of accepted refusals: unsupported operators and types, and random dropout, which has no
// expected output.
static const char *const UNCLAIMED[] = {"onnx: not supported: ", "training mode is not supported",
                                        "Scan of opset 8"};

// Cases whose outputs contradict the standard's text, which PyTorch, TensorFlow and ONNX Runtime
// follow: they align corners by scale * length instead of by the length of the result.
static const char *const CONTRADICTORY[] = {
    "node/test_resize_downsample_scales_cubic_align_corners",
    "node/test_resize_downsample_scales_linear_align_corners"};

static bool is_contradictory(const char *name)
{
    for (size_t i = 0; i < sizeof CONTRADICTORY / sizeof *CONTRADICTORY; i++)
        if (strcmp(CONTRADICTORY[i], name) == 0)
            return true;
    return false;
}

static bool is_unclaimed(const nn_error *err)
{
    for (size_t i = 0; i < sizeof UNCLAIMED / sizeof *UNCLAIMED; i++)
        if (strstr(err->text, UNCLAIMED[i]))
            return true;
    return false;
}

typedef enum verdict { PASSED, FAILED, FOREIGN } verdict;

typedef struct tensors {
    nn_tensor t[MAX_TENSORS];
    int type[MAX_TENSORS]; // as the model declares it; 0: not at all
    int count;
} tensors;

static int declared_type(const Onnx__ValueInfoProto *info)
{
    const bool tensor = info->type && info->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    return tensor ? info->type->tensor_type->elem_type : 0;
}

static void read_types(const char *folder, tensors *in, tensors *out)
{
    char path[1200];
    Onnx__ModelProto *model;
    size_t size;
    snprintf(path, sizeof path, "%s/model.onnx", folder);
    uint8_t *bytes = test_read(path, &size);
    if (nn_onnx_read_proto(&model, bytes, size, NULL) == NN_OK) {
        for (size_t i = 0; i < model->graph->n_input && i < MAX_TENSORS; i++)
            in->type[i] = declared_type(model->graph->input[i]);
        for (size_t i = 0; i < model->graph->n_output && i < MAX_TENSORS; i++)
            out->type[i] = declared_type(model->graph->output[i]);
    }
    nn_onnx_free_proto(model);
    free(bytes);
}

// bfloat16 is stored in the files as uint16 bits.
static void read_bits(nn_tensor *t, const Onnx__TensorProto *file)
{
    float *x = t->data;
    for (int64_t i = 0;
         file->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT16 && i < nn_shape_count(&t->shape);
         i++) {
        const uint16_t bits = (uint16_t)x[i];
        nn_convert(NN_F32, &x[i], NN_BF16, &bits, 1);
    }
}

static nn_status read_tensor(nn_tensor *out, int type, const char *path, nn_error *err)
{
    size_t size;
    nn_shape shape;
    uint8_t *bytes = test_read(path, &size);
    Onnx__TensorProto *file = onnx__tensor_proto__unpack(NULL, size, bytes);
    free(bytes);
    if (!file)
        return nn_fail(err, NN_EFORMAT, "not a tensor");
    nn_status status = nn_onnx_tensor_shape(file, &shape, err);
    if (status == NN_OK)
        status = nn_tensor_init(out, NN_F32, &shape, err);
    if (status == NN_OK)
        nn_onnx_tensor_data(file, out->data);
    if (status == NN_OK && type == ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16)
        read_bits(out, file);
    onnx__tensor_proto__free_unpacked(file, NULL);
    return status;
}

// kind_0.pb, kind_1.pb, ... of the first data set.
static nn_status read_tensors(tensors *out, const char *folder, const char *kind, nn_error *err)
{
    out->count = 0;
    for (; out->count < MAX_TENSORS; out->count++) {
        char path[1200];
        snprintf(path, sizeof path, "%s/test_data_set_0/%s_%d.pb", folder, kind, out->count);
        if (access(path, R_OK) != 0)
            break;
        const nn_status status = read_tensor(&out->t[out->count], out->type[out->count], path, err);
        if (status != NN_OK)
            return nn_fail_prefix(err, status, "%s_%d.pb", kind, out->count);
    }
    return NN_OK;
}

static void release_tensors(tensors *t)
{
    for (int i = 0; i < t->count; i++)
        nn_tensor_release(&t->t[i]);
    t->count = 0;
}

// Whether `have` is `want` with more rows, all of -1: what NonMaxSuppression leaves free.
static bool has_free_rows(const nn_tensor *have, const nn_tensor *want)
{
    if (have->shape.rank != 2 || want->shape.rank != 2 ||
        have->shape.dim[1] != want->shape.dim[1] || have->shape.dim[0] < want->shape.dim[0])
        return false;
    for (int64_t i = nn_shape_count(&want->shape); i < nn_shape_count(&have->shape); i++)
        if (((const float *)have->data)[i] != -1)
            return false;
    return true;
}

// As onnx.backend.test compares: |a - b| <= 1e-7 + 1e-3 |b|, here with a floor for float32 sums.
// All is float32 for us: what is bfloat16 in the file has lost up to 2^-7, its mantissa was cut.
static nn_status compare(const nn_tensor *have, const nn_tensor *want, int type, nn_error *err)
{
    const float part = type == ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16 ? 0x1p-7f : 1e-3f;
    char a[96], b[96];
    if (!nn_shape_equal(&have->shape, &want->shape) && !has_free_rows(have, want))
        return nn_fail(err, NN_ESHAPE, "the output is %s, expected %s",
                       nn_shape_text(&have->shape, a, sizeof a),
                       nn_shape_text(&want->shape, b, sizeof b));
    const float *x = have->data, *y = want->data;
    for (int64_t i = 0; i < nn_shape_count(&want->shape); i++) {
        bool same = x[i] == y[i] || (isnan(x[i]) && isnan(y[i]));
        if (!same && !(fabsf(x[i] - y[i]) <= 2e-6f + part * fabsf(y[i])))
            return nn_fail(err, NN_EINVAL, "element %lld is %g, expected %g", (long long)i,
                           (double)x[i], (double)y[i]);
    }
    return NN_OK;
}

// `constant` of the inputs, from the last backwards, were given to the reader.
static nn_status run_model(const nn_model *m, const tensors *in, int constant, const tensors *want,
                           nn_error *err)
{
    nn_plan *plan;
    const int fed = in->count - constant;
    if (nn_graph_input_count(m->graph) != fed || want->count > nn_graph_output_count(m->graph))
        return nn_fail(err, NN_EINVAL, "%d inputs", nn_graph_input_count(m->graph));
    nn_status status = nn_plan_new(&plan, m, m->fixed_inputs, fed, NULL, err);
    if (status != NN_OK)
        return status;
    for (int i = 0; i < fed; i++)
        memcpy(nn_plan_input(plan, i)->data, in->t[i].data, nn_tensor_bytes(&in->t[i]));
    nn_plan_run(plan);
    for (int i = 0; i < want->count && status == NN_OK; i++)
        status = compare(nn_plan_output(plan, i), &want->t[i], want->type[i], err);
    nn_plan_free(plan);
    return status;
}

static nn_status run_both(const nn_model *a, const nn_model *b, const tensors *in, nn_error *err)
{
    const nn_model *models[] = {a, b};
    nn_plan *plans[2] = {NULL, NULL};
    nn_status status = NN_OK;
    for (int k = 0; k < 2 && status == NN_OK; k++) {
        const int fed = nn_graph_input_count(models[k]->graph);
        status = nn_plan_new(&plans[k], models[k], models[k]->fixed_inputs, fed, NULL, err);
        for (int i = 0; i < fed && status == NN_OK; i++)
            memcpy(nn_plan_input(plans[k], i)->data, in->t[i].data, nn_tensor_bytes(&in->t[i]));
        if (status == NN_OK)
            nn_plan_run(plans[k]);
    }
    for (int i = 0; i < nn_graph_output_count(a->graph) && status == NN_OK; i++) {
        const nn_tensor *x = nn_plan_output(plans[0], i), *y = nn_plan_output(plans[1], i);
        if (!nn_shape_equal(&x->shape, &y->shape) || memcmp(x->data, y->data, nn_tensor_bytes(x)))
            status = nn_fail(err, NN_EINVAL, "output %d is another one after saving", i);
    }
    nn_plan_free(plans[0]);
    nn_plan_free(plans[1]);
    return status;
}

// As a file of ours the model must be the same, bit by bit.
static nn_status save_and_run(const nn_model *m, const tensors *in, nn_error *err)
{
    const test_path path = test_temp("saved.safetensors");
    nn_model *back = NULL;
    nn_status status = nn_model_save(m, path.text, false, err);
    if (status == NN_OK)
        status = nn_model_load(&back, path.text, err);
    if (status == NN_OK && !nn_graph_equal(m->graph, back->graph))
        status = nn_fail(err, NN_EINVAL, "the graph is another one after saving");
    if (status == NN_OK)
        status = run_both(m, back, in, err);
    nn_model_free(back);
    return status;
}

static nn_status load_and_run(const char *folder, const tensors *in, int constant,
                              const tensors *want, nn_error *err)
{
    char path[1200];
    nn_shape shapes[MAX_TENSORS];
    nn_tensor constants[MAX_TENSORS];
    nn_model *m = NULL;
    snprintf(path, sizeof path, "%s/model.onnx", folder);
    for (int i = 0; i < in->count; i++) {
        shapes[i] = in->t[i].shape;
        constants[i] = i >= in->count - constant ? in->t[i] : (nn_tensor){0};
    }
    const nn_onnx_options options = {
        .inputs = shapes, .n_inputs = in->count, .constants = constants};
    nn_status status = nn_onnx_load(&m, path, &options, err);
    if (status == NN_OK)
        status = run_model(m, in, constant, want, err);
    if (status == NN_OK)
        status = save_and_run(m, in, err);
    nn_model_free(m);
    return status;
}

// Shapes given as inputs must be constants for our reader. Where it says so, all inputs but the
// first become constants; where that is not enough, all do.
static verdict run_case(const char *folder, nn_error *err)
{
    tensors in = {0}, want = {0};
    nn_error data = {0};
    read_types(folder, &in, &want);
    nn_status status = read_tensors(&in, folder, "input", &data);
    if (status == NN_OK)
        status = read_tensors(&want, folder, "output", &data);
    const int tries[] = {0, in.count > 1 ? in.count - 1 : in.count, in.count};
    nn_status run = NN_OK;
    for (int i = 0; i < 3; i++) {
        *err = (nn_error){0};
        run = load_and_run(folder, &in, tries[i], &want, err);
        if (run == NN_OK ||
            (!strstr(err->text, "depends on the model's data") && !strstr(err->text, "constant")))
            break;
    }
    const bool foreign = is_unclaimed(err);
    if (status != NN_OK && !foreign)
        *err = data;
    release_tensors(&in);
    release_tensors(&want);
    return foreign ? FOREIGN : run == NN_OK && status == NN_OK ? PASSED : FAILED;
}

// Whether `name` is the first word of a line.
static bool is_listed(const char *list, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = list; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL)
        if (strncmp(p, name, n) == 0 && (p[n] == ' ' || p[n] == '\n'))
            return true;
    return false;
}

static char *read_list(const char *name)
{
    size_t size;
    uint8_t *bytes = test_read(test_data(name).text, &size);
    char *text = malloc(size + 1);
    memcpy(text, bytes, size);
    text[size] = '\0';
    free(bytes);
    return text;
}

static int count_lines(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

typedef struct totals {
    const char *passing;
    int passed, listed, bad, foreign;
    bool list;
} totals;

static void judge(totals *t, const char *name, const char *folder)
{
    nn_error err = {0};
    const verdict v = is_contradictory(name) ? FOREIGN : run_case(folder, &err);
    const bool must = is_listed(t->passing, name);
    const bool bad = v == FAILED || (must && v != PASSED);
    t->passed += v == PASSED;
    t->foreign += v == FOREIGN;
    t->listed += v == PASSED && must;
    t->bad += bad;
    if (t->list)
        printf("%s %s %s\n",
               v == PASSED    ? "pass"
               : v == FOREIGN ? "-"
                              : "FAIL",
               name, v == PASSED ? "" : err.text);
    else if (bad)
        printf("%s does not pass: %s\n", name, err.text);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void judge_folder(totals *t, const char *folder)
{
    enum { MAX_CASES = 4096 };
    static char *names[MAX_CASES];
    char path[1024];
    int count = 0;
    snprintf(path, sizeof path, "%s/%s", ROOT, folder);
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir)) && count < MAX_CASES;)
        if (e->d_name[0] != '.')
            names[count++] = strdup(e->d_name);
    if (dir)
        closedir(dir);
    qsort(names, (size_t)count, sizeof *names, compare_names);
    for (int i = 0; i < count; i++) {
        char name[600];
        snprintf(name, sizeof name, "%s/%s", folder, names[i]);
        snprintf(path, sizeof path, "%s/%s", ROOT, name);
        judge(t, name, path);
        free(names[i]);
    }
}

int main(int argc, char **argv)
{
    totals t = {.list = argc > 1 && strcmp(argv[1], "--list") == 0};
    if (access(ROOT, R_OK) != 0) {
        printf("skipped: the package libonnx-testdata is not installed\n");
        return SKIPPED;
    }
    char *passing = read_list("onnx/passing");
    t.passing = passing;
    for (size_t i = 0; i < sizeof FOLDERS / sizeof *FOLDERS; i++)
        judge_folder(&t, FOLDERS[i]);
    int must = count_lines(passing);
    printf("%d cases pass (%d of them are listed, %d must be), %d fail, %d use operators or types "
           "that we do not claim, or contradict the standard\n",
           t.passed, t.listed, must, t.bad, t.foreign);
    free(passing);
    return t.bad == 0 && t.listed == must ? 0 : 1;
}
