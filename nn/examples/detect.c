// SPDX-License-Identifier: MIT
// Prints the objects on a picture: detect MODEL PICTURE
#include <nn/nn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    nn_error err;
    nn_image picture;
    nn_predictor *p;
    nn_result *found = nn_result_new();
    if (argc != 3 || nn_predictor_open(&p, argv[1], NULL, &err) != NN_OK ||
        nn_image_load(&picture, argv[2], &err) != NN_OK) {
        fprintf(stderr, "%s\n", argc == 3 ? err.text : "detect MODEL PICTURE");
        return 1;
    }
    nn_frame frame = nn_image_frame(&picture);
    if (nn_predictor_run(p, &frame, found, &err) == NN_OK)
        for (int i = 0; i < found->count; i++) {
            const nn_box *b = &found->boxes[i];
            printf("%s %.2f at %.0f,%.0f to %.0f,%.0f\n", nn_predictor_class_name(p, b->label),
                   (double)b->score, (double)b->x0, (double)b->y0, (double)b->x1, (double)b->y1);
        }
    nn_result_free(found);
    nn_image_release(&picture);
    nn_predictor_free(p);
    return 0;
}
