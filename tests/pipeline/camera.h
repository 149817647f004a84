// SPDX-License-Identifier: MIT
// A network camera for tests: motion JPEG over HTTP on this machine, which hangs up after some
// pictures.
#ifndef TESTS_PIPELINE_CAMERA_H
#define TESTS_PIPELINE_CAMERA_H

typedef struct camera camera;

// Serves `picture` (a JPEG file) `per_connection` times to everyone who connects, then closes;
// after `connections` of them it refuses. 0 times: the file of any kind as it is, no stream. Aborts
// when it cannot listen.
camera *camera_open(const char *picture, int per_connection, int connections);
// All connections but the first get this picture, after 200 ms; before anybody connects.
void camera_comes_back_with(camera *c, const char *picture);
// The first connection does not end before *go is set, or the camera is closed; before anybody
// connects.
void camera_stays_until(camera *c, const int *go);
const char *camera_uri(const camera *c);
int camera_connections(const camera *c); // so far
void camera_close(camera *c);

#endif
