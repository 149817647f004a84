// SPDX-License-Identifier: MIT
// The same in C++, with handles that free themselves: detect MODEL PICTURE
#include <cstdio>
#include <memory>
#include <nn/nn.h>
#include <stdexcept>

namespace
{

void check(nn_status status, const nn_error &err)
{
    if (status != NN_OK)
        throw std::runtime_error(err.text);
}

void detect(const char *model, const char *path)
{
    nn_error err;
    nn_predictor *opened;
    check(nn_predictor_open(&opened, model, nullptr, &err), err);
    std::unique_ptr<nn_predictor, decltype(&nn_predictor_free)> p(opened, nn_predictor_free);
    std::unique_ptr<nn_result, decltype(&nn_result_free)> found(nn_result_new(), nn_result_free);
    nn_image loaded;
    check(nn_image_load(&loaded, path, &err), err);
    std::unique_ptr<nn_image, decltype(&nn_image_release)> picture(&loaded, nn_image_release);
    const nn_frame frame = nn_image_frame(&loaded);
    check(nn_predictor_run(p.get(), &frame, found.get(), &err), err);
    for (int i = 0; i < found->count; i++)
        std::printf("%s %.2f\n", nn_predictor_class_name(p.get(), found->boxes[i].label),
                    double(found->boxes[i].score));
}

} // namespace

int main(int argc, char **argv)
try {
    if (argc != 3)
        throw std::runtime_error("detect MODEL PICTURE");
    detect(argv[1], argv[2]);
    return 0;
} catch (const std::exception &e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
}
