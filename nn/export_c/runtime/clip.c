// SPDX-License-Identifier: MIT
// The part of a pooling window that lies inside of the image.
typedef struct pool {
    int in_h, in_w, channels, out_h, out_w;
    int kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left, pad_bottom, pad_right;
    int adaptive;      // windows share out the image instead
    int count_padding; // padding counts in the divisor of a mean
} pool;

typedef struct clip {
    int top, bottom, left, right, divisor;
} clip;

static int pool_share(int at, int in, int out)
{
    return (at * in + out - 1) / out;
}

static clip pool_clip(const pool *p, int y, int x)
{
    clip c;
    if (p->adaptive) {
        c.top = y * p->in_h / p->out_h, c.bottom = pool_share(y + 1, p->in_h, p->out_h);
        c.left = x * p->in_w / p->out_w, c.right = pool_share(x + 1, p->in_w, p->out_w);
        c.divisor = (c.bottom - c.top) * (c.right - c.left);
        return c;
    }
    const int top = y * p->stride_h - p->pad_top, left = x * p->stride_w - p->pad_left;
    const int bottom = top + p->kernel_h, right = left + p->kernel_w;
    const int last_h = p->in_h + p->pad_bottom, last_w = p->in_w + p->pad_right;
    c.top = top > 0 ? top : 0, c.bottom = bottom < p->in_h ? bottom : p->in_h;
    c.left = left > 0 ? left : 0, c.right = right < p->in_w ? right : p->in_w;
    c.divisor = (c.bottom - c.top) * (c.right - c.left);
    if (p->count_padding)
        c.divisor = ((bottom < last_h ? bottom : last_h) - top) *
                    ((right < last_w ? right : last_w) - left);
    return c;
}
