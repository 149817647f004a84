// SPDX-License-Identifier: MIT
// A thread that accepts one HTTP client after the other.
#include "camera.h"

#include <arpa/inet.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct camera {
    int socket, per_connection, limit;
    gint connections; // atomic
    char *uri, *jpeg;
    gsize size;
    char *later; // what further connections get; NULL: the same
    gsize later_size;
    const gint *go; // atomic: the first connection may end; NULL: it may
    gint closed;    // atomic
    GThread *thread;
};

static gboolean send_all(int fd, const char *bytes, gsize size)
{
    while (size > 0) {
        ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL);
        if (n <= 0)
            return FALSE;
        bytes += n;
        size -= (gsize)n;
    }
    return TRUE;
}

static void serve(camera *c, int fd)
{
    static const char head[] = "HTTP/1.0 200 OK\r\n"
                               "Content-Type: multipart/x-mixed-replace;boundary=frame\r\n\r\n";
    char request[4096];
    static const char plain[] = "HTTP/1.0 200 OK\r\n\r\n";
    if (recv(fd, request, sizeof request, 0) <= 0)
        return;
    if (c->per_connection == 0 && send_all(fd, plain, strlen(plain)))
        send_all(fd, c->jpeg, c->size);
    if (c->per_connection == 0 || !send_all(fd, head, strlen(head)))
        return;
    const gboolean again = g_atomic_int_get(&c->connections) > 1;
    const char *jpeg = again && c->later ? c->later : c->jpeg;
    const gsize size = again && c->later ? c->later_size : c->size;
    if (again && c->later) // its time is more than that of the whole first connection
        g_usleep(200000);
    for (int i = 0; i < c->per_connection; i++) {
        char part[128];
        g_snprintf(part, sizeof part,
                   "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %u\r\n\r\n",
                   (guint)size);
        if (!send_all(fd, part, strlen(part)) || !send_all(fd, jpeg, size) ||
            !send_all(fd, "\r\n", 2))
            return;
        g_usleep(20000);
    }
    while (!again && c->go && !g_atomic_int_get(c->go) && !g_atomic_int_get(&c->closed))
        g_usleep(10000);
}

static gpointer accept_clients(gpointer data)
{
    camera *c = data;
    for (int fd; (fd = accept(c->socket, NULL, NULL)) >= 0; close(fd)) {
        if (g_atomic_int_get(&c->connections) < c->limit) {
            g_atomic_int_inc(&c->connections);
            serve(c, fd);
        }
    }
    return NULL;
}

camera *camera_open(const char *picture, int per_connection, int connections)
{
    camera *c = g_new0(camera, 1);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    c->per_connection = per_connection;
    c->limit = connections;
    c->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (!g_file_get_contents(picture, &c->jpeg, &c->size, NULL) ||
        bind(c->socket, (struct sockaddr *)&at, size) != 0 || listen(c->socket, 4) != 0 ||
        getsockname(c->socket, (struct sockaddr *)&at, &size) != 0)
        abort();
    c->uri = g_strdup_printf("http://127.0.0.1:%d/video", ntohs(at.sin_port));
    c->thread = g_thread_new("camera", accept_clients, c);
    return c;
}

void camera_comes_back_with(camera *c, const char *picture)
{
    if (!g_file_get_contents(picture, &c->later, &c->later_size, NULL))
        abort();
}

void camera_stays_until(camera *c, const gint *go)
{
    c->go = go;
}

const char *camera_uri(const camera *c)
{
    return c->uri;
}

int camera_connections(const camera *c)
{
    return g_atomic_int_get(&c->connections);
}

void camera_close(camera *c)
{
    g_atomic_int_set(&c->closed, 1);
    shutdown(c->socket, SHUT_RDWR); // wakes accept
    g_thread_join(c->thread);
    close(c->socket);
    g_free(c->uri);
    g_free(c->jpeg);
    g_free(c->later);
    g_free(c);
}
