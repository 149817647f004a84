// SPDX-License-Identifier: MIT
// Labelling tools' exports, file by file.
#include "tests/support/layouts.h"

#include "tests/support/files.h"
#include "tests/support/labelled.h"
#include "tests/support/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char usual[] = LAYOUT_USUAL;
static const char only_a[] = "a.png: cat 4,2,12,10\n";
static const char only_b[] = "b.png: dog 20,10,40,20\n";

#define VOC_CAT                                                                                    \
    "<annotation><filename>a.png</filename><size><width>40</width><height>20</height></size>"      \
    "<object><name>cat</name><bndbox><xmin>5</xmin><ymin>3</ymin><xmax>12</xmax><ymax>10</ymax>"   \
    "</bndbox></object></annotation>"
#define VOC_DOG                                                                                    \
    "<annotation><filename>b.png</filename><size><width>40</width><height>20</height></size>"      \
    "<object><name>dog</name><bndbox><xmin>21</xmin><ymin>11</ymin><xmax>40</xmax><ymax>20"        \
    "</ymax></bndbox></object></annotation>"

#define COCO_A "{\"id\":0,\"file_name\":\"a.png\",\"width\":40,\"height\":20}"
#define COCO_B "{\"id\":0,\"file_name\":\"b.png\",\"width\":40,\"height\":20}"
#define COCO_C "{\"id\":1,\"file_name\":\"images/b.png\",\"width\":40,\"height\":20}"
#define COCO(image, annotation)                                                                    \
    "{\"images\":[" image "],\"annotations\":[" annotation                                         \
    "],\"categories\":[{\"id\":0,\"name\":\"pets\"},{\"id\":1,\"name\":\"cat\"},{\"id\":2,"        \
    "\"name\":\"dog\"}]}"

const layout layouts[] = {
    {.dir = "roboflow",
     .format = "YOLO with data.yaml",
     .pictures = {"train/images/a.png", "valid/images/b.png"},
     .files = {{"data.yaml", "train: ../train/images\nval: ../valid/images\ntest: ../test/images\n"
                             "\nnc: 2\nnames: ['cat', 'dog']\n\nroboflow:\n  license: CC\n"},
               {"train/labels/a.txt", YOLO_CAT},
               {"valid/labels/b.txt", YOLO_DOG}},
     .train = only_a,
     .val = only_b},
    {.dir = "ultralytics",
     .format = "YOLO with data.yaml",
     .path = "ultralytics/pets.yaml",
     .pictures = {"set/images/train/a.png", "set/images/val/b.png"},
     .files = {{"pets.yaml", "path: set # root\ntrain:\n  - images/train\nval: images/val\n"
                             "names:\n  1: dog\n  0: cat\n"},
               {"set/labels/train/a.txt", YOLO_CAT},
               {"set/labels/val/b.txt", YOLO_DOG}},
     .train = only_a,
     .val = only_b},
    {.dir = "ultralytics_list",
     .format = "YOLO with data.yaml",
     .pictures = {"images/a.png", "images/b.png", "images/c.png"},
     .files = {{"data.yaml", "path: /home/somebody/pets\ntrain: train.txt\nval: val.txt\n"
                             "names: {0: cat, 1: dog}\n"},
               {"train.txt", "./images/a.png\n"},
               {"val.txt", "./images/b.png\n\n"},
               {"labels/a.txt", YOLO_CAT},
               {"labels/b.txt", YOLO_DOG}},
     .train = only_a,
     .val = only_b},
    {.dir = "outlines",
     .format = "YOLO with data.yaml",
     .pictures = {"images/train/a.png", "images/train/b.png"},
     .files = {{"data.yaml", "train: images/train\nnames: [cat, dog]\n"},
               {"labels/train/a.txt", "0 0.1 0.1 0.3 0.1 0.3 0.5 0.2 0.4\n"},
               {"labels/train/b.txt", "1 0.5 0.5 1 0.5 1 1\n"}},
     .noted = "2 outlines became the upright boxes"},
    {.dir = "beside",
     .format = "YOLO beside the pictures",
     .pictures = {"a.png", "b.png"},
     .files = {{"classes.txt", "cat\ndog\n"}, {"a.txt", YOLO_CAT}, {"b.txt", "\r\n" YOLO_DOG}}},
    {.dir = "robodark",
     .format = "YOLO beside the pictures",
     .pictures = {"train/a.png", "valid/b.png", "test/c.png"},
     .files = {{"train/_darknet.labels", "cat\ndog\n"},
               {"valid/_darknet.labels", "cat\ndog\n"},
               {"train/a.txt", YOLO_CAT},
               {"valid/b.txt", YOLO_DOG},
               {"test/c.txt", ""}},
     .train = only_a,
     .val = only_b},
    {.dir = "darknet",
     .format = "Darknet",
     .pictures = {"obj_train_data/a.png", "obj_train_data/b.png"},
     .files = {{"obj.data", "classes = 2\ntrain = data/train.txt\nvalid = data/valid.txt\n"
                            "names = data/obj.names\nbackup = backup/\n"},
               {"obj.names", "cat\ndog\n"},
               {"train.txt", "data/obj_train_data/a.png\ndata/obj_train_data/b.png\n"},
               {"obj_train_data/a.txt", YOLO_CAT},
               {"obj_train_data/b.txt", YOLO_DOG}},
     .train = usual},
    {.dir = "label_img",
     .format = "Pascal VOC beside the pictures",
     .pictures = {"a.png", "b.png", "c.png"},
     .files = {{"a.xml", VOC_CAT}, {"b.xml", VOC_DOG}}},
    {.dir = "roboflow_voc",
     .format = "Pascal VOC beside the pictures",
     .pictures = {"train/a.png", "valid/b.png"},
     .files = {{"train/a.xml", VOC_CAT}, {"valid/b.xml", VOC_DOG}, {"README.txt", "export"}},
     .train = only_a,
     .val = only_b},
    {.dir = "voc_apart",
     .format = "Pascal VOC beside the pictures",
     .pictures = {"images/a.png", "images/b.png"},
     .files = {{"annotations/a.xml", VOC_CAT}, {"annotations/b.xml", VOC_DOG}}},
    {.dir = "test", // a folder above the data says nothing about splits
     .format = "YOLO beside the pictures",
     .pictures = {"a.png", "b.png"},
     .files = {{"classes.txt", "cat\ndog\n"}, {"a.txt", YOLO_CAT}, {"b.txt", YOLO_DOG}}},
    {.dir = "val", // nor does one above the file that the user names
     .format = "COCO",
     .path = "val/found.json",
     .pictures = {"a.png", "images/b.png"},
     .files = {{"found.json",
                COCO(COCO_A "," COCO_C,
                     "{\"id\":1,\"image_id\":0,\"category_id\":1,\"bbox\":[4,2,8,8]},"
                     "{\"id\":2,\"image_id\":1,\"category_id\":2,\"bbox\":[20,10,20,10]}")}}},
    {.dir = "voc_lists",
     .format = "Pascal VOC",
     .pictures = {"JPEGImages/a.png", "JPEGImages/b.png", "JPEGImages/c.png"},
     .files = {{"Annotations/a.xml", VOC_CAT},
               {"Annotations/b.xml", VOC_DOG},
               {"ImageSets/Main/train.txt", "a\n"},
               {"ImageSets/Main/valid.txt", "b\n"}},
     .train = only_a,
     .val = only_b},
    {.dir = "roboflow_coco",
     .format = "COCO",
     .pictures = {"train/a.png", "valid/b.png"},
     .files = {{"train/_annotations.coco.json",
                COCO(COCO_A, "{\"id\":1,\"image_id\":0,\"category_id\":1,\"bbox\":[4,2,8,8],"
                             "\"area\":64,\"segmentation\":[],\"iscrowd\":0}")},
               {"valid/_annotations.coco.json",
                COCO(COCO_B, "{\"id\":1,\"image_id\":0,\"category_id\":2,"
                             "\"bbox\":[20,10,20,10],\"iscrowd\":0}")}},
     .train = only_a,
     .val = only_b},
    {.dir = "coco",
     .format = "COCO",
     .pictures = {"train2017/a.png", "val2017/b.png"},
     .files = {{"annotations/instances_train2017.json",
                COCO(COCO_A, "{\"id\":1,\"image_id\":0,\"category_id\":1,\"bbox\":[4,2,8,8]}")},
               {"annotations/instances_val2017.json",
                COCO(COCO_B,
                     "{\"id\":1,\"image_id\":0,\"category_id\":2,\"bbox\":[20,10,20,10]}")}},
     .train = only_a,
     .val = only_b},
    {.dir = "labelme",
     .format = "labelme",
     .pictures = {"a.png", "b.png"},
     .files = {{"a.json",
                "{\"version\": \"5.0\", \"shapes\": [{\"label\": \"cat\", \"shape_type\": "
                "\"rectangle\", \"points\": [[12, 10], [4, 2]]}, {\"label\": \"cat\", "
                "\"shape_type\": \"point\", \"points\": [[1, 1]]}], \"imagePath\": "
                "\"..\\\\x\\\\a.png\", \"imageHeight\": 20, \"imageWidth\": 40}"},
               {"b.json", "{\"shapes\": [{\"label\": \"dog\", \"points\": [[20, 10], [40, 10], "
                          "[40, 20], [25, 15]]}], \"imagePath\": \"b.png\"}"}},
     .noted = "1 outlines became"},
    {.dir = "cvat",
     .format = "CVAT",
     .pictures = {"images/a.png", "images/b.png"},
     .files = {{"annotations.xml",
                "<?xml version=\"1.0\" encoding=\"utf-8\"?><annotations><version>1.1</version>"
                "<meta><task><size>2</size></task></meta>"
                "<image id=\"0\" name=\"a.png\" width=\"40\" height=\"20\" subset=\"Train\">"
                "<box label=\"cat\" occluded=\"0\" xtl=\"4.00\" ytl=\"2.00\" xbr=\"12.00\" "
                "ybr=\"10.00\" z_order=\"0\"><attribute name=\"age\">3</attribute></box></image>"
                "<image id=\"1\" name=\"b.png\" width=\"40\" height=\"20\" subset=\"Validation\">"
                "<polygon label=\"dog\" points=\"20.0,10.0;40.0,10.0;40.0,20.0\"/></image>"
                "</annotations>"}},
     .train = only_a,
     .val = only_b,
     .noted = "1 outlines"},
    {.dir = "cvat_video",
     .format = "CVAT",
     .pictures = {"images/frame_000000.png", "images/frame_000001.png", "images/frame_000002.png"},
     .files = {{"annotations.xml",
                "<annotations><meta><task><size>16000000</size><original_size><width>40</width>"
                "<height>20</height></original_size></task></meta>"
                "<track id=\"0\" label=\"cat\"><box frame=\"0\" outside=\"0\" xtl=\"4\" ytl=\"2\" "
                "xbr=\"12\" ybr=\"10\"/><box frame=\"1\" outside=\"1\" xtl=\"4\" ytl=\"2\" "
                "xbr=\"12\" ybr=\"10\"/></track>"
                "<track id=\"1\" label=\"dog\"><box frame=\"1\" outside=\"0\" xtl=\"20\" "
                "ytl=\"10\" xbr=\"40\" ybr=\"20\"/></track></annotations>"}},
     .all = "frame_000000.png: cat 4,2,12,10\nframe_000001.png: dog 20,10,40,20\n"
            "frame_000002.png:\n"},
    {.dir = "tensorflow",
     .format = "CSV of boxes",
     .path = "tensorflow/train_labels.csv",
     .pictures = {"images/a.png", "images/b.png"},
     .files = {{"train_labels.csv", "filename,width,height,class,xmin,ymin,xmax,ymax\n"
                                    "a.png,40,20,cat,4,2,12,10\nb.png,40,20,dog,20,10,40,20\n"}},
     .train = usual},
    {.dir = "roboflow_csv",
     .format = "CSV of boxes",
     .pictures = {"train/a.png", "valid/b.png"},
     .files = {{"train/_annotations.csv",
                "filename,width,height,class,xmin,ymin,xmax,ymax\na.png,40,20,cat,4,2,12,10\n"},
               {"valid/_annotations.csv",
                "filename,width,height,class,xmin,ymin,xmax,ymax\nb.png,40,20,dog,20,10,40,20\n"}},
     .train = only_a,
     .val = only_b},
    {.dir = "retinanet",
     .format = "CSV of boxes",
     .path = "retinanet/boxes.csv",
     .pictures = {"a.png", "b.png", "c.png"},
     .files = {{"boxes.csv", "a.png,4,2,12,10,cat\nb.png,20,10,40,20,dog\nc.png,,,,,\n"}},
     .all = "a.png: cat 4,2,12,10\nb.png: dog 20,10,40,20\nc.png:\n"},
    {.dir = "open_images",
     .format = "CSV of boxes",
     .pictures = {"train/a.png", "validation/b.png"},
     .files = {{"class-descriptions-boxable.csv", "/m/01yrx,cat\n/m/0bt9lr,dog\n"},
               {"train-annotations-bbox.csv",
                "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,"
                "IsGroupOf,IsDepiction,IsInside\na,xclick,/m/01yrx,1,0.1,0.3,0.1,0.5,0,0,0,0,0\n"
                "a,xclick,/m/0bt9lr,1,0,1,0,1,0,0,1,0,0\n"},
               {"validation-annotations-bbox.csv",
                "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,"
                "IsGroupOf,IsDepiction,IsInside\nb,xclick,/m/0bt9lr,1,0.5,1,0.5,1,0,0,0,0,0\n"}},
     .all = "a.png: cat 4,2,12,10 (dog 0,0,40,20)\nb.png: dog 20,10,40,20\n",
     .train = "a.png: cat 4,2,12,10 (dog 0,0,40,20)\n",
     .val = only_b},
    {.dir = "visdrone",
     .format = "VisDrone",
     .pictures = {"VisDrone2019-DET-train/images/a.png", "VisDrone2019-DET-val/images/b.png"},
     .files = {{"VisDrone2019-DET-train/annotations/a.txt", "4,2,8,8,1,4,0,0\n0,0,3,3,0,0,0,0\n"},
               {"VisDrone2019-DET-val/annotations/b.txt", "20,10,20,10,1,1,0,2,\n"}},
     .all = "a.png: car 4,2,12,10 (any 0,0,3,3)\nb.png: pedestrian 20,10,40,20\n",
     .train = "a.png: car 4,2,12,10 (any 0,0,3,3)\n",
     .val = "b.png: pedestrian 20,10,40,20\n"},
    {.dir = "kitti",
     .format = "KITTI",
     .pictures = {"training/image_2/a.png", "training/image_2/b.png", "testing/image_2/c.png"},
     .files = {{"training/label_2/a.txt",
                "cat 0.00 0 -1.57 4.00 2.00 12.00 10.00 1.5 1.6 3.7 2.1 1.7 46.9 -1.6\n"
                "DontCare -1 -1 -10 0.0 0.0 3.0 3.0 -1 -1 -1 -1000 -1000 -1000 -10\n"},
               {"training/label_2/b.txt", "dog 0 0 0 20 10 40 20 1 1 1 1 1 1 1\n"}},
     .all = "a.png: cat 4,2,12,10 (any 0,0,3,3)\nb.png: dog 20,10,40,20\n",
     .train = "a.png: cat 4,2,12,10 (any 0,0,3,3)\nb.png: dog 20,10,40,20\n"},
    {.dir = "dota",
     .format = "DOTA",
     .pictures = {"train/images/a.png", "val/images/b.png"},
     .files = {{"train/labelTxt/a.txt",
                "imagesource:GoogleEarth\ngsd:0.146\n4 6 8 2 12 6 8 10 cat 0\n"},
               {"val/labelTxt/b.txt", "20 10 40 10 40 20 20 20 dog 0\n"}},
     .train = only_a,
     .val = only_b,
     .noted = "2 rotated boxes became"},
    {.dir = "mot",
     .format = "MOT challenge",
     .pictures = {"train/S-01/img1/000001.png", "train/S-01/img1/000002.png"},
     .files = {{"train/S-01/seqinfo.ini",
                "[Sequence]\nname=S-01\nimDir=img1\nframeRate=30\n"
                "seqLength=16000000\nimWidth=40\nimHeight=20\nimExt=.png\n"},
               {"train/S-01/gt/gt.txt", "1,1,4,2,8,8,1,1,1\n2,1,20,10,20,10,1,1,1\n"
                                        "1000000000,1,20,10,20,10,1,1,1\n"}}, // not there
     .all = "000001.png: person 4,2,12,10\n000002.png: person 20,10,40,20\n",
     .train = "000001.png: person 4,2,12,10\n000002.png: person 20,10,40,20\n"},
    {.dir = "bare_mot",
     .format = "MOT challenge",
     .path = "bare_mot/gt/gt.txt",
     .pictures = {"img1/000001.png", "img1/000002.PNG"},
     .files = {{"gt/gt.txt", "1,1,4,2,8,8,1,1,1\r\n2,1,20,10,20,10,1,2,1\r\n"},
               {"gt/labels.txt", "cat\ndog\n"}},
     .all = "000001.png: cat 4,2,12,10\n000002.PNG: dog 20,10,40,20\n"},
    // The paths of another machine, a split that is not there, what macOS adds, another alphabet.
    {.dir = "windows",
     .format = "YOLO with data.yaml",
     .pictures = {"train/images/a.png", "train/images/b.png", "train/images/._a.png"},
     .files = {{"data.yaml", "\xef\xbb\xbftrain: C:\\Users\\me\\set\\train\\images\r\n"
                             "val: /content/set/valid/images\r\nnames: [cat, dog]\r\n"},
               {"train/labels/a.txt", "\xef\xbb\xbf" YOLO_CAT},
               {"train/labels/b.txt", "1 0.75 0.75 0.5 0.5\r"},
               {"train/labels/._a.txt", "\x05\x16\x07"}},
     .train = usual,
     .noted = "val: '/content/set/valid/images' is not there"},
    {.dir = "listed",
     .format = "list of pictures",
     .path = "listed/lists/train.txt",
     .pictures = {"lists/images/a.png", "lists/more/b.png"},
     .files = {{"lists/train.txt", "\xef\xbb\xbf\r\n/home/some body/set/images/a.png\r\n"
                                   "D:\\data\\more\\b.png\r\n"},
               {"lists/labels/a.txt", YOLO_CAT},
               {"lists/more/b.txt", YOLO_DOG},
               {"obj.names", "cat\ndog\n"}}},
    {.dir = "supervisely",
     .format = "Supervisely",
     .pictures = {"ds/img/a.png", "ds/img/b.png"},
     .files = {{"meta.json", "{\"classes\": []}"},
               {"ds/ann/a.png.json",
                "{\"size\": {\"height\": 20, \"width\": 40}, \"objects\": [{\"classTitle\": "
                "\"cat\", \"geometryType\": \"rectangle\", \"points\": {\"exterior\": [[4, 2], "
                "[12, 10]], \"interior\": []}}]}"},
               {"ds/ann/b.png.json",
                "{\"size\": {\"height\": 20, \"width\": 40}, \"objects\": [{\"classTitle\": "
                "\"dog\", \"geometryType\": \"polygon\", \"points\": {\"exterior\": [[20, 10], "
                "[40, 10], [40, 20]]}}]}"}},
     .noted = "1 outlines"},
    {.dir = "label_studio",
     .format = "Label Studio",
     .pictures = {"images/a.png", "images/b b.png"},
     .files = {{"project-1-at-2026-01-01.json",
                "[{\"id\": 1, \"annotations\": [{\"result\": [{\"original_width\": 40, "
                "\"original_height\": 20, \"type\": \"rectanglelabels\", \"value\": {\"x\": 10, "
                "\"y\": 10, \"width\": 20, \"height\": 40, \"rotation\": 0, \"rectanglelabels\": "
                "[\"cat\"]}}]}], \"data\": {\"image\": \"/data/upload/1/1a2b3c4d-a.png\"}},\n"
                "{\"id\": 2, \"annotations\": [{\"result\": [{\"original_width\": 40, "
                "\"original_height\": 20, \"value\": {\"points\": [[50, 50], [100, 50], [100, "
                "100]], \"polygonlabels\": [\"dog\"]}}]}], \"data\": {\"image\": "
                "\"/data/local-files/?d=images/b%20b.png\"}},\n"
                "{\"id\": 3, \"annotations\": [], \"data\": {\"image\": \"/c.png\"}}]"}},
     .all = "a.png: cat 4,2,12,10\nb b.png: dog 20,10,40,20\n",
     .noted = "1 outlines"},
    {.dir = "label_studio_min",
     .format = "Label Studio",
     .path = "label_studio_min/min.json",
     .pictures = {"a.png", "b.png"},
     .files = {{"min.json",
                "[{\"image\": \"/data/upload/x-a.png\", \"id\": 1, \"label\": [{\"x\": 10, \"y\": "
                "10, \"width\": 20, \"height\": 40, \"rectanglelabels\": [\"cat\"], "
                "\"original_width\": 40, \"original_height\": 20}]}, {\"image\": \"b.png\", "
                "\"label\": [{\"x\": 100, \"y\": 50, \"width\": 25, \"height\": 100, \"rotation\": "
                "90, \"rectanglelabels\": [\"dog\"], \"original_width\": 40, \"original_height\": "
                "20}]}]"}},
     .noted = "1 rotated boxes"},
};
const int layout_count = sizeof layouts / sizeof *layouts;

// Makes the folders on the way to a file.
static void make_folders(const char *name)
{
    char path[512];
    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(path, sizeof path, "%.*s", (int)(slash - name), name);
        if (mkdir(test_temp(path).text, 0700) != 0)
            assert_int_equal(errno, EEXIST);
    }
}

void make_layout(const layout *l)
{
    char name[512];
    for (int i = 0; i < 8 && l->pictures[i]; i++) {
        snprintf(name, sizeof name, "%s/%s", l->dir, l->pictures[i]);
        make_folders(name);
        make_picture(name, 40, 20);
    }
    for (int i = 0; i < MOST_FILES && l->files[i].name; i++) {
        snprintf(name, sizeof name, "%s/%s", l->dir, l->files[i].name);
        make_folders(name);
        test_write_text(name, l->files[i].text);
    }
}
