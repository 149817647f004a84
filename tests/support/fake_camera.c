// SPDX-License-Identifier: MIT
// A V4L2 camera for tests without one: with fake_calls.c preloaded into a program, it makes one
// path a capture device. FAKE_CAMERA is the path (/dev/video77), FAKE_CAMERA_FPS the rate (25).
// While the file FAKE_CAMERA_GONE exists the camera is unplugged: streaming fails with ENODEV,
// opening with ENOENT. While the file FAKE_CAMERA_MOVED exists its last digit is one higher.
#include "tests/support/fake_camera.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

enum { WIDTH = 160, HEIGHT = 120, LINE = WIDTH * 2, SIZE = LINE * HEIGHT, MOST = 8 };

// One opened camera at a time. What a program sees as its descriptor is an eventfd that is readable
// while a filled buffer waits, so that poll needs no help; it may be duplicated.
static struct camera {
    pthread_mutex_t lock; // guards what follows
    int fd, copies[MOST]; // 0: closed
    bool streaming, quit;
    pthread_t thread;
    unsigned char *memory; // `count` buffers of SIZE bytes
    int count;
    int queued[MOST], waiting; // empty buffers, oldest first
    int filled[MOST], ready;   // full ones
    uint32_t sequence[MOST], frames;
    struct timeval stamp[MOST];
} camera = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool has_moved(void)
{
    const char *file = getenv("FAKE_CAMERA_MOVED");
    struct stat st;
    return file && fstatat(AT_FDCWD, file, &st, 0) == 0;
}

bool fake_is_path(const char *path)
{
    const char *mine = getenv("FAKE_CAMERA");
    const size_t last = mine ? strlen(mine) - 1 : 0;
    if (!mine || !path || strlen(path) != last + 1 || strncmp(path, mine, last) != 0)
        return false;
    return path[last] == mine[last] + has_moved();
}

bool fake_is_gone(void)
{
    const char *file = getenv("FAKE_CAMERA_GONE");
    struct stat st;
    return file && fstatat(AT_FDCWD, file, &st, 0) == 0;
}

static int *find_copy(int fd)
{
    for (int i = 0; i < MOST && fd > 0; i++)
        if (camera.copies[i] == fd)
            return &camera.copies[i];
    return NULL;
}

bool fake_is_fd(int fd)
{
    return fd > 0 && (fd == camera.fd || find_copy(fd));
}

static int fail(int error)
{
    errno = error;
    return -1;
}

// --- the sensor ---

static int take(int *list, int *count)
{
    int first = list[0];
    memmove(list, list + 1, (size_t)-- * count * sizeof *list);
    return first;
}

// A white bar that walks over grey, YUYV.
static void draw(unsigned char *picture, uint32_t frame)
{
    int bar = (int)(frame * 4 % WIDTH);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            bool inside = x >= bar && x < bar + 16 && y > 30 && y < 90;
            picture[y * LINE + 2 * x] = inside ? 235 : 90;
            picture[y * LINE + 2 * x + 1] = 128;
        }
}

static void fill_one(void)
{
    if (camera.waiting == 0) {
        camera.frames++; // the program is slow: this frame is lost
        return;
    }
    int i = take(camera.queued, &camera.waiting);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    draw(camera.memory + (size_t)i * SIZE, camera.frames);
    camera.sequence[i] = camera.frames++;
    camera.stamp[i] = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    camera.filled[camera.ready++] = i;
    eventfd_write(camera.fd, 1);
}

static void *work(void *unused)
{
    const char *fps = getenv("FAKE_CAMERA_FPS");
    long rate = fps ? strtol(fps, NULL, 10) : 25;
    struct timespec pause = {0, 1000000000L / (rate > 1 ? rate : 25)};
    (void)unused;
    for (bool quit = false; !quit;) {
        nanosleep(&pause, NULL);
        pthread_mutex_lock(&camera.lock);
        quit = camera.quit;
        if (!quit && fake_is_gone())
            eventfd_write(camera.fd, 1); // wakes the program, which then gets ENODEV
        else if (!quit)
            fill_one();
        pthread_mutex_unlock(&camera.lock);
    }
    return NULL;
}

static void stop(void)
{
    pthread_mutex_lock(&camera.lock);
    bool was = camera.streaming;
    camera.streaming = false;
    camera.quit = true;
    pthread_mutex_unlock(&camera.lock);
    if (was)
        pthread_join(camera.thread, NULL);
    eventfd_t events;
    eventfd_read(camera.fd, &events);
    camera.waiting = camera.ready = 0;
}

static int start(void)
{
    if (camera.streaming)
        return 0;
    camera.quit = false;
    camera.streaming = true;
    return pthread_create(&camera.thread, NULL, work, NULL) == 0 ? 0 : fail(ENOMEM);
}

// --- ioctls ---

static int query_capabilities(struct v4l2_capability *c)
{
    memset(c, 0, sizeof *c);
    memcpy(c->driver, "fake", sizeof "fake");
    memcpy(c->card, "Fake camera", sizeof "Fake camera");
    memcpy(c->bus_info, "platform:fake", sizeof "platform:fake");
    c->version = 6 << 16;
    c->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
    c->capabilities = c->device_caps | V4L2_CAP_DEVICE_CAPS;
    return 0;
}

static int enumerate_formats(struct v4l2_fmtdesc *f)
{
    if (f->type != V4L2_BUF_TYPE_VIDEO_CAPTURE || f->index > 0)
        return fail(EINVAL);
    memcpy(f->description, "YUYV 4:2:2", sizeof "YUYV 4:2:2");
    f->pixelformat = V4L2_PIX_FMT_YUYV;
    f->flags = 0;
    return 0;
}

static int enumerate_sizes(struct v4l2_frmsizeenum *f)
{
    if (f->index > 0 || f->pixel_format != V4L2_PIX_FMT_YUYV)
        return fail(EINVAL);
    f->type = V4L2_FRMSIZE_TYPE_DISCRETE;
    f->discrete = (struct v4l2_frmsize_discrete){WIDTH, HEIGHT};
    return 0;
}

static int enumerate_intervals(struct v4l2_frmivalenum *f)
{
    if (f->index > 0 || f->width != WIDTH || f->height != HEIGHT)
        return fail(EINVAL);
    f->type = V4L2_FRMIVAL_TYPE_DISCRETE;
    f->discrete = (struct v4l2_fract){1, 25};
    return 0;
}

// The only format there is, whatever was asked for.
static int set_format(struct v4l2_format *f)
{
    if (f->type != V4L2_BUF_TYPE_VIDEO_CAPTURE)
        return fail(EINVAL);
    memset(&f->fmt.pix, 0, sizeof f->fmt.pix);
    f->fmt.pix = (struct v4l2_pix_format){.width = WIDTH,
                                          .height = HEIGHT,
                                          .pixelformat = V4L2_PIX_FMT_YUYV,
                                          .field = V4L2_FIELD_NONE,
                                          .bytesperline = LINE,
                                          .sizeimage = SIZE,
                                          .colorspace = V4L2_COLORSPACE_SRGB};
    return 0;
}

static int set_rate(struct v4l2_streamparm *p)
{
    if (p->type != V4L2_BUF_TYPE_VIDEO_CAPTURE)
        return fail(EINVAL);
    p->parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
    p->parm.capture.timeperframe = (struct v4l2_fract){1, 25};
    return 0;
}

static int request_buffers(struct v4l2_requestbuffers *r)
{
    if (r->type != V4L2_BUF_TYPE_VIDEO_CAPTURE || r->memory != V4L2_MEMORY_MMAP)
        return fail(EINVAL);
    free(camera.memory);
    camera.memory = NULL;
    camera.count = (int)(r->count < MOST ? r->count : MOST);
    r->count = (uint32_t)camera.count;
    r->capabilities = V4L2_BUF_CAP_SUPPORTS_MMAP;
    if (camera.count > 0 && !(camera.memory = calloc((size_t)camera.count, SIZE)))
        return fail(ENOMEM);
    return 0;
}

static void describe(struct v4l2_buffer *b, int index, uint32_t flags)
{
    b->index = (uint32_t)index;
    b->type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    b->memory = V4L2_MEMORY_MMAP;
    b->flags = flags | V4L2_BUF_FLAG_MAPPED | V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    b->field = V4L2_FIELD_NONE;
    b->length = SIZE;
    b->bytesused = flags & V4L2_BUF_FLAG_DONE ? SIZE : 0;
    b->m.offset = (uint32_t)index * SIZE;
}

static int queue(struct v4l2_buffer *b)
{
    if (b->index >= (uint32_t)camera.count || camera.waiting == MOST)
        return fail(EINVAL);
    camera.queued[camera.waiting++] = (int)b->index;
    describe(b, (int)b->index, V4L2_BUF_FLAG_QUEUED);
    return 0;
}

static int dequeue(struct v4l2_buffer *b)
{
    eventfd_t events;
    if (camera.ready == 0)
        return fail(EAGAIN);
    int i = take(camera.filled, &camera.ready);
    if (camera.ready == 0)
        eventfd_read(camera.fd, &events);
    describe(b, i, V4L2_BUF_FLAG_DONE);
    b->sequence = camera.sequence[i];
    b->timestamp = camera.stamp[i];
    return 0;
}

static int answer_locked(unsigned long request, void *argument)
{
    if (fake_is_gone())
        return fail(ENODEV);
    switch (request) {
    case VIDIOC_QUERYCAP:
        return query_capabilities(argument);
    case VIDIOC_ENUM_FMT:
        return enumerate_formats(argument);
    case VIDIOC_ENUM_FRAMESIZES:
        return enumerate_sizes(argument);
    case VIDIOC_ENUM_FRAMEINTERVALS:
        return enumerate_intervals(argument);
    case VIDIOC_G_FMT:
    case VIDIOC_S_FMT:
    case VIDIOC_TRY_FMT:
        return set_format(argument);
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM:
        return set_rate(argument);
    case VIDIOC_REQBUFS:
        return request_buffers(argument);
    case VIDIOC_QUERYBUF:
        describe(argument, (int)((struct v4l2_buffer *)argument)->index, 0);
        return 0;
    case VIDIOC_QBUF:
        return queue(argument);
    case VIDIOC_DQBUF:
        return dequeue(argument);
    case VIDIOC_STREAMON:
        return start();
    case VIDIOC_G_INPUT:
        *(int *)argument = 0;
        return 0;
    default:
        return fail(ENOTTY); // as every driver says of what it cannot do
    }
}

int fake_ioctl(unsigned long request, void *argument)
{
    if ((uint32_t)request == (uint32_t)VIDIOC_STREAMOFF) {
        stop();
        return 0;
    }
    pthread_mutex_lock(&camera.lock);
    int result = answer_locked((uint32_t)request, argument);
    int error = errno;
    pthread_mutex_unlock(&camera.lock);
    errno = error;
    return result;
}

// --- its descriptors and memory ---

int fake_open(void)
{
    if (fake_is_gone())
        return fail(ENOENT);
    if (camera.fd)
        return fail(EBUSY);
    camera.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return camera.fd;
}

void fake_note_copy(int fd, int copy)
{
    for (int i = 0; i < MOST && copy > 0 && fake_is_fd(fd) && !fake_is_fd(copy); i++)
        if (!camera.copies[i])
            camera.copies[i] = copy;
}

void fake_close(int fd)
{
    if (fd == camera.fd) {
        stop();
        camera.fd = 0;
    } else if (find_copy(fd)) {
        *find_copy(fd) = 0;
    }
}

void *fake_map(size_t size, off_t offset)
{
    if (!camera.memory || offset < 0 || size > SIZE ||
        offset > (off_t)(camera.count - 1) * (off_t)SIZE) {
        errno = EINVAL;
        return MAP_FAILED;
    }
    return camera.memory + offset;
}

bool fake_is_mapped(const void *at)
{
    const unsigned char *p = at;
    return camera.memory && p >= camera.memory && p < camera.memory + (size_t)camera.count * SIZE;
}
