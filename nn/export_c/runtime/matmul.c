// SPDX-License-Identifier: MIT
// Products of matrices, y = scale a b for each of several.
typedef struct matmul {
    int rows, columns, depth;
    int a_row, a_depth, b_column, b_depth; // floats down a, along a sum, along a row of y
    int matrices, a_step, b_step;          // floats to the next matrix
    float scale;
} matmul;

static void run_matmul(const matmul *m, const float *a, const float *b, float *y)
{
    for (int i = 0; i < m->matrices * m->rows * m->columns; i++) {
        const int row = i / m->columns % m->rows, matrix = i / m->columns / m->rows;
        const float *from_a = a + matrix * m->a_step + row * m->a_row;
        const float *from_b = b + matrix * m->b_step + i % m->columns * m->b_column;
        double sum = 0;
        for (int k = 0; k < m->depth; k++)
            sum += (double)from_a[k * m->a_depth] * (double)from_b[k * m->b_depth];
        y[i] = m->scale * (float)sum;
    }
}
