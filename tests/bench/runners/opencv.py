#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Times OpenCV's DNN module on an ONNX file (Debian: python3-opencv)."""
import cv2

from run import Job

job = Job()
cv2.setNumThreads(job.threads)
net = cv2.dnn.readNetFromONNX(job.model)


def step():
    net.setInput(job.input)
    return net.forward()


job.run(cv2.__version__, step)
