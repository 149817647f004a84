// SPDX-License-Identifier: MIT
// Runs a small ncnn model in plain float32: MODEL.param MODEL.bin INPUTS (BLOB C H W FILE)...
// OUTPUT... ; dims of 0 are left out. Prints the shape and the numbers of each output.
#include <ncnn/net.h>

#include <cstdio>
#include <cstdlib>

static ncnn::Mat read_input(char **arg)
{
    const int c = atoi(arg[1]), h = atoi(arg[2]), w = atoi(arg[3]);
    ncnn::Mat m = c ? ncnn::Mat(w, h, c) : h ? ncnn::Mat(w, h) : ncnn::Mat(w);
    FILE *file = fopen(arg[4], "rb");
    for (int q = 0; q < m.c; q++)
        if (!file || fread(m.channel(q), 4, (size_t)m.w * m.h, file) != (size_t)m.w * m.h)
            exit(2);
    fclose(file);
    return m;
}

static void print(const ncnn::Mat &m)
{
    const int dims[4] = {m.c, m.d, m.h, m.w};
    for (int i = 0; i < 4; i++)
        if (m.dims == 4 || (m.dims == 3 && i != 1) || (m.dims == 2 && i > 1) ||
            (m.dims == 1 && i > 2))
            printf("%d ", dims[i]);
    printf("|");
    for (int q = 0; q < m.c; q++) {
        const float *x = m.channel(q);
        for (int i = 0; i < m.w * m.h * m.d; i++)
            printf(" %.9g", x[i]);
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    ncnn::Net net;
    net.opt.num_threads = 1;
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = false;
    net.opt.use_bf16_storage = net.opt.use_packing_layout = false;
    net.opt.use_winograd_convolution = net.opt.use_sgemm_convolution = false;
    if (argc < 5 || net.load_param(argv[1]) || net.load_model(argv[2]))
        return 2;
    const int inputs = atoi(argv[3]);
    ncnn::Extractor extractor = net.create_extractor();
    extractor.set_light_mode(false);
    for (int i = 0; i < inputs; i++)
        extractor.input(argv[4 + 5 * i], read_input(argv + 4 + 5 * i));
    for (int i = 4 + 5 * inputs; i < argc; i++) {
        ncnn::Mat out;
        if (extractor.extract(argv[i], out))
            return 2;
        print(out);
    }
    return 0;
}
