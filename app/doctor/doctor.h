// SPDX-License-Identifier: MIT
// The checks of 'neroscale doctor'. Each adds its findings; none fails.
#ifndef APP_DOCTOR_DOCTOR_H
#define APP_DOCTOR_DOCTOR_H

#include "app/doctor/findings.h"

void app_doctor_machine(app_findings *f);   // processor, kernels, threads, memory
void app_doctor_media(app_findings *f);     // GStreamer: plug-ins, sources, formats
void app_doctor_display(app_findings *f);   // where a window would open
void app_doctor_models(app_findings *f);    // installed models and their checksums
void app_doctor_files(app_findings *f);     // folders that are written to
void app_doctor_libraries(app_findings *f); // what is loaded when it is needed, or left out

// Video nodes of the folder `dev`, "/dev" but in tests.
void app_doctor_cameras(app_findings *f, const char *dev);

#endif
