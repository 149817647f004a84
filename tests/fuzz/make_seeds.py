#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes corpora whose bytes are a language of their target (heads, card, names, options, checkpoint), and lists
and masks of that of folders."""
import json
import os
import struct
import sys
import zlib

OUT = sys.argv[1]
C, CB, C4, C5, C32, R3, R5 = 4, 5, 6, 7, 8, 9, 10  # classes + 0, 1, 4, 5, 32; 3 and 5 times (5 + classes)
CELLS, MORE, TRIPLE, P8, P16, P32, P64, FACES = 11, 12, 13, 16, 17, 18, 19, 20
NAMES = ['cls8', 'cls16', 'cls32', 'box8', 'box16', 'box32', 'dist8', 'dist16', 'dist32', 'cls64', 'dist64',
         'output', 'boxes', 'scores', 'labels', 'detection_boxes', 'detection_classes', 'detection_scores',
         'num_detections', 'obj8', 'obj16', None, 'pred_logits', 'regression', 'classification', 'loc', 'conf', 'mask',
         'priors', 'proto', 'hm', 'wh', 'offset', 'dets', 'num_dets', 'classes', 'outputs',
         'flat_predictions']
N896, N16, N56, N10, N14, N17, N36, N7, C9, TWO8, TWO16, TWO32, TWOS, NINES, PRIORS, W2, H2, N6, FACE, N27 = range(224, 244)
VALUES = bytes([192, 64, 160, 130, 129, 200, 255, 3, 0, 100, 1, 250])


def write(corpus, name, data):
    folder = os.path.join(OUT, corpus)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), 'wb') as f:
        f.write(data)


def map_of(stride, count):
    """Dims of a map 1 x count x H/stride x W/stride."""
    power = stride.bit_length() - 1
    return [0, count, 24 + power, 32 + power]


def head(name, *outputs, classes=3, anchors=(), size=(64, 96)):
    data = bytes([size[0] - 1, size[1] - 1, 6, 7, classes - 1, 60, 255, len(anchors)])
    for stride, count in anchors:
        data += bytes([stride - 1, count - 1, 100, 10, 2])
    data += bytes([len(outputs) - 1])
    for output, dims in outputs:
        data += bytes([NAMES.index(output), len(dims) - 1, *dims])
    write('heads', name, data + VALUES)


head('classify', ('output', [0, C]))
head('classify4', ('output', [0, C, 0, 0]))
head('fastestdet', ('output', map_of(16, C5)))
head('fcos', ('cls8', map_of(8, C)), ('box8', map_of(8, 2)), ('cls16', map_of(16, C)), ('box16', map_of(16, 2)))
head('object_maps', ('cls8', map_of(8, C)), ('box8', map_of(8, 2)), ('obj8', map_of(8, 0)))
head('object_map16', ('cls16', map_of(16, C)), ('box16', map_of(16, 2)), ('obj16', map_of(16, 0)))
head('gfl', ('cls8', map_of(8, C)), ('dist8', map_of(8, 3)), ('cls16', map_of(16, C)), ('dist16', map_of(16, 3)))
head('nanodet', ('output', [0, CELLS, C32]))
head('nanodet_plus', ('output', [0, MORE, C32]))
head('nanodet_pairs', *[(n, [0, p, d]) for p in (P8, P16, P32) for n, d in (('scores', C), ('boxes', 3))])
head('picodet', *[(n, [0, p, d]) for p in (P8, P16, P32, P64) for n, d in (('scores', C), ('boxes', 3))])
head('picodet_boxes', ('boxes', [0, MORE, 2]), ('scores', [0, C, MORE]))
head('segment', ('output', map_of(4, C)))
head('segment1', ('output', [0, C, 14, 15]))
head('ssd', ('scores', [0, 23, CB]), ('boxes', [0, 23, 2]))
head('ssd_nms', ('boxes', [0, 23, 2]), ('labels', [0, 23]), ('scores', [0, 23]))
head('tf_ssd', ('detection_boxes', [0, 22, 2]), ('detection_classes', [0, 22]), ('detection_scores', [0, 22]),
     ('num_detections', [0]))
head('torchvision', ('boxes', [22, 2]), ('labels', [22]), ('scores', [22]))
head('ultraface', ('scores', [0, FACES, 1]), ('boxes', [0, FACES, 2]), classes=1)
head('yolov2', ('output', map_of(32, R5)))
head('yolov3', *[('output', map_of(s, R3)) for s in (8, 16, 32)])
head('yolov3_tiny', ('output', map_of(16, R3)), ('output', map_of(32, R3)), anchors=((32, 3), (16, 3)))
head('yolov5', ('output', [0, TRIPLE, C5]))
head('yolov5_raw', *[('output', [0, 21, 24 + p, 32 + p, C5]) for p in (3, 4, 5)])
head('yolov8', ('output', [1, C4, CELLS]))
head('yolox', ('output', [1, CELLS, C5]))
head('yunet', *[('output', [0, p, d]) for d in (0, 0, 2, N10) for p in (P8, P16, P32)], classes=1)
head('yunet_priors', ('loc', [0, PRIORS, N14]), ('conf', [0, PRIORS, 1]), ('output', [0, PRIORS, 0]), classes=1)
head('retinaface', ('loc', [0, TWOS, 2]), ('conf', [0, TWOS, 1]), ('output', [0, TWOS, N10]), classes=1)
head('scrfd', *[('output', [p, d]) for d in (0, 2, N10) for p in (TWO8, TWO16, TWO32)], classes=1)
head('blazeface', ('output', [0, N896, N16]), ('scores', [0, N896, 0]), classes=1, size=(128, 128))
head('movenet', ('output', [0, 0, N17, 21]), classes=1)
head('movenet_multi', ('output', [0, N6, N56]), classes=1)
head('simcc', ('output', [0, N17, W2]), ('output', [0, N17, H2]), classes=1)
head('heatmaps', ('output', map_of(4, N17)), classes=1)
head('centernet', ('hm', map_of(4, C)), ('wh', map_of(4, 1)), ('offset', map_of(4, 1)))
head('efficientdet', ('regression', [0, NINES, 2]), ('classification', [0, NINES, C]))
head('efficientdet_maps', *[('output', map_of(8 << i, c)) for c in (C9, N36) for i in range(5)])
head('efficientdet_nms', ('output', [0, 22, N7]))
head('yolact', ('loc', [0, 23, 2]), ('conf', [0, 23, CB]), ('mask', [0, 23, 22]), ('priors', [23, 2]),
     ('proto', [0, 26, 34, 22]))
head('torchvision_many', ('boxes', [22, 2]), ('labels', [22]), ('scores', [22]), classes=60)
head('efficient_nms', ('num_dets', [0, 0]), ('boxes', [0, 22, 2]), ('scores', [0, 22]), ('classes', [0, 22]))
head('yolo_nas_flat', ('flat_predictions', [22, N7]))
head('yolo_nas', ('boxes', [0, CELLS, 2]), ('scores', [0, CELLS, C]))
head('damo_yolo', ('scores', [0, CELLS, C]), ('boxes', [0, CELLS, 2]))
head('ppyoloe', ('boxes', [0, CELLS, 2]), ('scores', [0, C, CELLS]))
head('yolov6', ('outputs', [0, CELLS, C5]))
head('yolov5_face', ('output', [0, TRIPLE, FACE]), classes=1)
head('yolov7_pose', ('output', [0, TRIPLE, C32]), classes=1)
head('yolov5_seg', ('output', [0, TRIPLE, C32]), ('proto', [0, N27, 26, 34]), classes=3)
head('detr', ('pred_logits', [0, 22, CB]), ('boxes', [0, 22, 2]))
head('detr_sigmoid', ('pred_logits', [0, 22, C]), ('boxes', [0, 22, 2]))
head('rtmdet', *[('output', map_of(s, C)) for s in (8, 16, 32)], *[('boxes', map_of(s, 2)) for s in (8, 16, 32)])
head('segment_labels', ('output', [0, 0, 14, 15]))
head('segment_labels2', ('output', [14, 15]))
head('yolo_nas_pose', ('boxes', [0, CELLS, 2]), ('scores', [0, CELLS, 0]), ('output', [0, CELLS, 1, 1]), ('output', [0, CELLS, 1]),
     classes=1)
head('yolo_nas_pose_nms', ('num_dets', [0, 0]), ('boxes', [0, 22, 2]), ('scores', [0, 22]), ('output', [0, 22, 1, 21]), classes=1)
head('yolo_nas_pose_flat', ('flat_predictions', [22, N27]), classes=1)

CARD = {'version': 1, 'network': '', 'options': '', 'task': 'classify', 'head': '', 'input': [32, 32],
        'mean': [0.5, 0.5, 0.5], 'std': [0.25, 0.25, 0.25], 'threshold': 0.1, 'iou_threshold': 0.5,
        'labels': ['cat', 'dog', 'bus'], 'order': 'bgr', 'fit': 'stretch', 'crop': 0.9, 'notice': 'a\nb',
        'probabilities': 'sigmoid', 'anchors': {'16': [[10, 13], [16, 30]]}, 'scale_x_y': {'16': 1.05},
        'training': {'epochs': 3}}
write('card', 'card', b'\0' + json.dumps(CARD).encode())
write('card', 'head', b'\0' + json.dumps({**CARD, 'task': 'detect', 'head': 'yolov3'}).encode())
write('card', 'python', b"\1{0: 'cat', 1: \"do\\'g\", 2: None}")
write('card', 'json', b'\1{"1": "c\\u00e4t", "2": "dog", "3": 7}')
write('card', 'list', b"\1['cat', 'dog', 'b\\x61s']")
write('card', 'cut', b'\1{0: None\xc2')  # half a no-break space
write('card', 'task', b'\2classify')

write('names', 'labels', b'\0person\r\n traffic light \r\ncar\n\n')
write('names', 'marked', b'\0\xef\xbb\xbfa\nb')
write('names', 'classes', b'\1background\nroad\n')
write('names', 'rules', b'\2truck, bus,cyclist,crane\ntruck=bus,cyclist=ignore,3=drop,bus=bus')

TEXTS = {'alexnet': 'classes=10,alpha=0.25,drop=1.5', 'alexpp': 'alpha=0.3333333,beta=0.5,attention=cbam,transformer=2',
         'resnet': 'stem=small,classes=3', 'head': 'levels=8+16,neck=32,alpha=0.125', 'aux': 'aux=1'}
for i, text in enumerate(TEXTS.values()):
    for net in (0, 11, 20):
        write('options', f'{list(TEXTS)[i]}{net}', bytes([net + i, i % 3]) + text.encode())
write('options', 'digits', b'\x15\0alpha=0.05208334,beta=0.00000000000001')


def safetensors(tensors, meta):
    """A file of float32 tensors (name, shape), all 0.25, with the header's text as our writer has it."""
    header, at = {'__metadata__': meta}, 0
    for name, shape in tensors:
        count = 1
        for dim in shape:
            count *= dim
        header[name] = {'dtype': 'F32', 'shape': shape, 'data_offsets': [at, at + 4 * count]}
        at += 4 * count
    text = json.dumps(header, separators=(',', ':')).encode()
    # The settings that the target puts in are of any length: no padding would fit.
    return struct.pack('<Q', len(text)) + text + struct.pack('<f', 0.25) * (at // 4)


PARAMS = [('conv.weight', [1, 3, 3, 3]), ('conv.bias', [1]), ('fc.weight', [2, 4]), ('fc.bias', [2])]
META = {'step': '3', 'optimiser_steps': '2', 'best': '0.5', 'best_epoch': '1', 'seconds': '1.5',
        'options': 'SETTINGS', 'sums': '1 0 0.5 0.7 0 0 1 2 0 ', 'checkpoint': '2'}
TENSORS = [(f'{part}/{name}', shape) for part in ('weight', 'average', 'first', 'second') for name, shape in PARAMS]
write('checkpoint', 'good', safetensors(TENSORS, META))
write('checkpoint', 'far', safetensors(TENSORS, {**META, 'step': '9223372036854775807'}))
write('checkpoint', 'few', safetensors(TENSORS[:5], META))
write('checkpoint', 'odd', safetensors(TENSORS, {**META, 'best': 'nan', 'best_epoch': '99999999999'}))


def png(kind, rows, bits=8, palette=None):
    """A PNG of rows of bytes: grey (0) or palette (3)."""
    def chunk(name, data):
        return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))
    head = struct.pack('>IIBBBBB', len(rows[0]) * 8 // bits, len(rows), bits, kind, 0, 0, 0)
    colours = chunk(b'PLTE', bytes(palette)) if palette else b''
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', head) + colours
            + chunk(b'IDAT', zlib.compress(b''.join(b'\0' + bytes(r) for r in rows))) + chunk(b'IEND', b''))


MASK = [[0, 1, 2, 3, 255, 0, 1, 2]] * 6  # of a picture of 8x6
write('folder', 'voc_list', b'\6a\r\nb 1\n../a -1\na\n')
write('folder', 'masks', b'\7' + png(0, MASK))
write('folder', 'masks_of_two_bits', b'\7' + png(0, [[0x1b, 0x1b]] * 6, bits=2))
write('folder', 'masks_of_places', b'\7' + png(3, [[0, 1, 2, 3, 0, 1, 2, 3]] * 6, palette=range(12)))
write('folder', 'voc_masks', b'\x08' + png(3, [[0, 1, 20, 255, 0, 1, 2, 3]] * 6, palette=[1, 2, 3] * 256))
write('folder', 'voc_masks_list', b'\x09a\nb\n')

write('history', 'two_epochs', b'step,epoch,rate,loss,grad_norm\n10,1,0.001,0.5,1\n20,2,1e-4,,nan\r\n30,3,x')
write('history', 'empty_lines', b'a,b,c\n\n\n,,\n1,2\n1,2,3,4\n')
LAYER = ('{"layer":"conv1","channels":4,"dead_part":0.25,"dead":[2],"saturated":[0],"weights":{"norm":1.5,"count":9,'
         '"zeros":1,"not_finite":0,"histogram":[%s]},"update_ratio":0.001}' % ','.join(['0'] * 27 + ['3', '5', '0', '0', '0']))
write('inspect', 'two_epochs', ''.join('{"epoch":%d,"step":%d,"lowest_exponent":-28,"layers":[%s,{"layer":"relu"}]}\n' %
                                       (e, 20 * e, LAYER) for e in (1, 2)).encode())
write('inspect', 'strange', b'{"epoch":1,"step":3,"layers":[{"layer":"a","channels":1,"dead":[0,0]}]}\n{}\n[1]\n{"epoch":1e9,"step":-1}')
