// SPDX-License-Identifier: MIT
// Times ncnn with the options that it has when nobody sets any, but for what its own benchmark
// sets: MODEL.param and MODEL.bin.
#include "run.h"

#include <ncnn/net.h>
#include <ncnn/platform.h>
#include <string.h>
#include <string>

struct session {
    ncnn::Net net;
    ncnn::Mat in, out;
};

static void run(void *ctx)
{
    session *s = static_cast<session *>(ctx);
    ncnn::Extractor extractor = s->net.create_extractor();
    extractor.input(s->net.input_names()[0], s->in);
    if (extractor.extract(s->net.output_names()[0], s->out))
        die("ncnn", "a run failed");
}

int main(int argc, char **argv)
{
    const job j = read_job(argc, argv);
    const std::string model = j.model;
    static ncnn::UnlockedPoolAllocator blobs;
    static ncnn::PoolAllocator workspace;
    static session s;
    s.net.opt.num_threads = j.threads;
    s.net.opt.blob_allocator = &blobs;
    s.net.opt.workspace_allocator = &workspace;
    if (s.net.load_param((model + ".param").c_str()) || s.net.load_model((model + ".bin").c_str()))
        die(j.model, "ncnn cannot load it");
    // Each plane of a Mat starts at a multiple of 16 bytes.
    s.in.create(j.size, j.size, 3);
    const size_t plane = (size_t)j.size * (size_t)j.size;
    for (int c = 0; c < 3; c++)
        memcpy(s.in.channel(c), j.input + (size_t)c * plane, plane * sizeof(float));
    time_steps(&j, NCNN_VERSION_STRING, run, &s);
    write_output(&j, static_cast<const float *>(s.out.data), (size_t)s.out.w);
    return 0;
}
