// SPDX-License-Identifier: MIT
// The words of all options on the command line, each with its letter, value, range and help.
#include "app/cli/option_table.h"

#include "app/task_names.inc"
#include "nn/base/pool.h"
#include "nn/data/augment/augment.h"
#include "nn/train/options.h"
#include "po/translate.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#define ROW(word, kind, argument, ...)                                                             \
    {                                                                                              \
        .row = {.field = {.name = word, .type = NN_FIELD_##kind, .count = 1},                      \
                .arg = argument,                                                                   \
                .help = __VA_ARGS__},                                                              \
    }
// With a short form.
#define SHORT(sign, word, kind, argument, ...)                                                     \
    {                                                                                              \
        .letter = sign,                                                                            \
        .row = {.field = {.name = word, .type = NN_FIELD_##kind, .count = 1},                      \
                .arg = argument,                                                                   \
                .help = __VA_ARGS__},                                                              \
    }
#define FLAG(word, ...) ROW(word, BOOL, NULL, __VA_ARGS__)
#define TEXT(word, argument, ...) ROW(word, TEXT, argument, __VA_ARGS__)
#define INT(word, least, most, ...) ROW(word, INT, "N", __VA_ARGS__, .low = least, .high = most)
#define REAL(word, least, most, ...) ROW(word, DOUBLE, "X", __VA_ARGS__, .low = least, .high = most)
#define POSITIVE .flags = NN_OPTION_ABOVE
#define OPEN .flags = NN_OPTION_ABOVE | NN_OPTION_BELOW

// Rows of tables with defaults (train, data) take what they do not say from here.
static const struct {
    nn_option row;
    char letter;
} words[] = {
    // models
    SHORT('m', "model", PATH, "MODEL", "Model: a file, or the name of an installed one"),
    TEXT("head", "HEAD", "Head that decodes the outputs, see 'neroscale list heads'"),
    TEXT("names", "NAMES",
         "Class names: what class numbers mean; A,B,... or a text file with one a line"),
    TEXT("model-names", "NAMES", "Class names of the model, as --names, which then are the data's"),
    TEXT("network", "NAME", "Network of 'neroscale list'; of weights alone, theirs"),
    TEXT("options", "A=1,B=2", "Options of the network, see 'neroscale list options'"),
    SHORT('p', "parameters", PATH, "FILE",
          "Parameters of a network: 'reference', 'random' or a file of tensors",
          .flags = APP_OPTION_OR_WORD),
    ROW("parameters-b", PATH, "FILE", "Parameters of B", .flags = APP_OPTION_OR_WORD),
    TEXT("size", "WxH", "Input size: WIDTHxHEIGHT, or one number for both"),
    INT("threads", 0, NN_POOL_MAX_THREADS, "Threads; 0: one per core"),
    TEXT("precision", "float32|bf16|auto",
         "Numbers that convolutions multiply: bf16 where it is faster, auto if it is exact enough"),
    TEXT("sigmas", "X,Y,...",
         "Sigma of each keypoint in the object keypoint similarity: how far off it may be"),
    FLAG("eleven-points",
         "AP of 11 points of recall, as VOC 2007 and DOTA have it, not of COCO's 101"),
    REAL("tail-memory", 0, 1 << 20,
         "MiB that nodes with sizes that depend on the picture may take ('help formats')"),
    REAL("tail-seconds", 0, 3600, "Seconds that they may take for a picture"),
    TEXT("text", "TEXT,...|FILE",
         "Texts as classes, of a model that compares pictures with texts; a file has one a line"),
    ROW("tokenizer", PATH, "FILE|DIR",
        "Byte-pair tokenizer: bpe_simple_vocab_16e6.txt(.gz), or vocab.json and merges.txt in DIR"),
    ROW("text-model", PATH, "FILE", "Its side of texts, where that has a file of its own"),
    // results
    TEXT("name", "NAME", "Name of the C symbols and files: letters, digits and _"),
    SHORT('o', "out", PATH, "PATH", "File or folder to write"),
    SHORT('j', "json", PATH, "FILE", "Write the results to FILE as JSON; '-': standard output"),
    ROW("mqtt", OTHER, "URL", "Publish the JSON to a broker: mqtt[s]://USER@HOST:PORT/TOPIC"),
    ROW("kafka", OTHER, "URL", "Publish the JSON to Kafka: kafka[s]://USER@HOST:PORT/TOPIC"),
    SHORT('r', "record", PATH, "FILE", "Record the video with its boxes to .mp4 or .mkv"),
    FLAG("record-clean", "Record the video without boxes"),
    TEXT("record-segment", "TIME",
         "Begin a new file each 90s, 10m or 1h: NAME-2026-01-31T...Z.mp4"),
    TEXT("record-limit", "SIZE",
         "Most that these files take on the disk, 500M or 5G; the oldest go (files of 10m)"),
    ROW("record-events", PATH, "DIR", "Record a clip, a picture and JSON of each event in DIR"),
    TEXT("record-on", "A,B,...", "An event is the appearance of an object of these classes"),
    REAL("event-before", 0, 600, "Seconds of a clip before its event"),
    REAL("event-after", 0, 600, "Seconds of a clip after its event"),
    TEXT("record-keep", "SIZE", "Most that events take on the disk, 20GB or 7d; the oldest go"),
    ROW("snapshot", PATH, "FILE", "Save the frame with the highest scores as PNG"),
    ROW("report", PATH, "DIR", "Write report.md, report.json and pictures of the mistakes to DIR"),
    ROW("dot", PATH, "FILE", "Write the graph for Graphviz, too; '-': print the graph only"),
    ROW("save-txt", PATH, "DIR", "Write the boxes of each picture to DIR as YOLO text"),
    FLAG("save-conf", "Write scores into the files of --save-txt, too"),
    ROW("save-results", PATH, "FILE",
        "Write what was found to FILE as COCO's results, for other tools to score"),
    ROW("save-json", PATH, "FILE", "Write the boxes of all pictures to FILE as COCO's JSON"),
    FLAG("force", "Replace what exists, without asking"),
    ROW("config", PATH, "FILE", "Read options from FILE, see 'neroscale help config'"),
    FLAG("print-config", "Print the options in force as such a file, and end"),
    FLAG("bench", "Measure the speed of each model"),
    ROW("sheet", PATH, "FILE", "Draw what each model finds in a picture into FILE, a PNG"),
    ROW("picture", PATH, "FILE", "Picture for --sheet"),
    // detection
    {.letter = 't',
     .row = {.field = {"threshold", NN_FIELD_DOUBLE, 0, 1, NULL},
             .high = 1,
             .arg = "X",
             .help = N_("Score from which boxes count")}},
    ROW("calibrate", PATH, "FILE",
        "Write the model to FILE with the score thresholds that suit the data, for each class"),
    REAL("false-alarms", 0, 1,
         "--calibrate: part of the pictures without a class on which it may be found", POSITIVE),
    REAL("iou-threshold", 0, 1, "NMS drops the weaker of two boxes with a larger IoU"),
    FLAG("agnostic-nms", "NMS also drops the weaker of two boxes of different classes"),
    TEXT("classes", "A,B,...", "Use only these classes"),
    FLAG("tile-motion", "Look only at tiles, or frames, where something has changed"),
    TEXT("roi", "X,Y,X,Y,...", "Look only at these areas, in fractions of the frame or pixels"),
    TEXT("ignore-area", "X,Y,X,Y,...", "Drop boxes that stand in these areas"),
    INT("interval", 1, INT_MAX, "Use every Nth frame of a video"),
    ROW("latency-budget", DOUBLE, "MS",
        "Milliseconds that an inference may take: input size and interval follow; 0: any",
        .high = 60000),
    INT("top", 1, INT_MAX, "Number of the best to show"),
    REAL("centre-crop", 0, 1, "Part of a picture's shorter side that classifiers see"),
    FLAG("stretch", "Stretch pictures to the input of a classifier instead of cropping them"),
    // run
    FLAG("no-track", "Give objects no numbers that they keep from frame to frame"),
    FLAG("camera-motion",
         "Follow objects over the ground while the camera moves: drones, hands, pan, zoom"),
    TEXT("inside", "CLASS:MODEL",
         "Run a second model inside of each box of CLASS: keypoints of a person, a classifier or a "
         "detector; without 'CLASS:' of every box"),
    TEXT("tracker", "zero-term|zero-term-imageless", "What objects are recognised by"),
    FLAG("track", "Score tracks: labels of the MOT challenge, which tell who is who"),
    ROW("zone", TEXTS, "NAME:x,y,x,y,...",
        "Count in a zone: corners in fractions of the frame, or pixels; may be repeated"),
    ROW("line", TEXTS, "NAME:x0,y0,x1,y1",
        "Count over a line: from left to right, what moves down is in; may be repeated"),
    ROW("analytics", PATH, "FILE", "JSON file of zones and lines, see 'neroscale help zones'"),
    ROW("trails", OTHER, "SECONDS",
        "Draw the ways of the objects; without a number: of the last 3 seconds"),
    TEXT("color-by", "track|class", "What has a colour of its own"),
    TEXT("anonymize", "A,B,...",
         "Make objects of these classes unrecognisable in everything that is shown or written; "
         "'all': every class"),
    FLAG("no-window", "Open no window; infer every frame, as fast as possible"),
    SHORT('f', "fullscreen", BOOL, NULL, "Start in full screen"),
    {.letter = 'n',
     .row = {.field = {"max-frames", NN_FIELD_INT64, 0, 1, NULL},
             .arg = "N",
             .help = N_("Stop after N frames")}},
    TEXT("camera-size", "WxH", "Pictures to ask of a camera; the nearest that it has are taken"),
    FLAG("insecure", "Take any certificate of rtsps:// and https:// (many cameras sign their own)"),
    ROW("source-file", PATH, "FILE",
        "Read inputs from FILE, one a line, so that no password is on the command line"),
    ROW("wait", OTHER, "SECONDS",
        "Longest wait for a camera or stream; without a number: for ever; 0: none"),
    FLAG("learn", "Train a specialist beside the stream"),
    ROW("learn-dir", PATH, "DIR", "Folder for what --learn keeps, and for boxes you mark or draw"),
    REAL("learn-every", 0.01, 86400, "Seconds between the frames that --learn considers"),
    FLAG("learn-urgent", "Learn on a busy processor, too: nice 19 instead of idle priority"),
    INT("learn-frames", 1, INT_MAX, "Frames that --learn collects before its first training"),
    INT("learn-epochs", 1, INT_MAX, "Epochs of each training of --learn"),
    INT("learn-most", 1, INT_MAX, "Most frames that --learn keeps on disk"),
    // files of models
    FLAG("fp16", "Store weights as float16; biases, norms and statistics stay float32"),
    ROW("card", PATH, "FILE", "JSON file whose keys replace those of the model's card"),
    TEXT("blend", "MODEL=X",
         "Interpolate with a model of the same network: X * MODEL + (1-X) * IN"),
    INT("batch", 0, 4096, "Batch size"),
    TEXT("method", "METHOD", "One of the methods"),
    ROW("keep", TEXTS, "LAYER", "Keep this layer float32; may be repeated"),
    FLAG("reduce-range",
         "Make weights that processors without VNNI multiply 1.6 times as fast; they lose up to a "
         "bit each"),
    REAL("max-loss", 0, 1, "Most that the score may fall"),
    REAL("macs", 0, 1, "Part of the multiply-adds that stays", OPEN),
    REAL("speed-up", 1, 100, "How many times as fast the model shall be on this machine"),
    INT("pictures", 1, 1000000, "Pictures to calibrate with"),
    FLAG("fused", "Fold batch norms and activations into the layers before them"),
    // comparing and measuring
    SHORT('i', "input", PATH, "FILE", "Input: 'reference', or a file of tensors",
          .flags = APP_OPTION_OR_WORD),
    ROW("tap", TEXTS, "NODE", "Write the output of this node, too; may be repeated"),
    REAL("tolerance", 0, HUGE_VAL,
         "Largest error that counts as equal, relative to the largest value"),
    SHORT('a', "all", BOOL, NULL, "Print every node that both models have"),
    TEXT("run-a", "plain|fused|compiled|exact|half", "How to run A"),
    TEXT("run-b", "plain|fused|compiled|exact|half", "How to run B"),
    INT("runs", 0, 1000000, "Number of runs; 0: as many as --seconds allows"),
    REAL("seconds", 0, 3600, "Seconds to measure, unless --runs is given", POSITIVE),
    FLAG("layers", "Print a table of all layers, too"),
    FLAG("exact", "Round like plain float32 sums: no Winograd, no float16 weights, "
                  "no sums of two bfloat16 for AMX"),
    TEXT("without", "NAME,...", "Leave out rewrites of the network"),
    FLAG("tune", "Measure all implementations of each layer; keep the fastest in MODEL.tuned.json"),
    FLAG("training", "Measure training steps: forward, backward, SGD"),
    INT("train", 1, INT_MAX, "Train each network first, for N epochs"),
    REAL("budget-ms", 0, 1e6, "Most milliseconds of a picture with one thread", POSITIVE),
    REAL("budget-mflops", 0, 1e9, "Most millions of operations of a picture", POSITIVE),
    INT("candidates", 1, 64, "Networks that fill the budget and learn"),
    INT("rounds", 1, 6, "Rounds of training; the better half of each goes on"),
    TEXT("train-options", "WORDS", "More options of 'neroscale train', in quotes"),
    ROW("csv", PATH, "FILE", "Write the table to FILE as CSV; '-': standard output"),
    FLAG("pin", "Pin this thread to the first core and keep the others off it"),
    // what a network sees
    TEXT("layer", "LAYER", "Layer to look into, see --list-layers"),
    INT("channel", 0, INT_MAX, "Channel of the layer"),
    TEXT("class", "CLASS", "Class to explain: its name or number"),
    INT("box", 1, INT_MAX, "Box to explain: 1 has the highest score"),
    INT("strongest", 0, INT_MAX, "Explain only the N largest activations; 0: all"),
    FLAG("all-layers", "Draw a sheet of all layers"),
    FLAG("list-layers", "Print the layers of the model"),
    ROW("raw", PATH, "FILE", "Write the numbers of a picture to FILE as safetensors, too"),
    ROW("top-over", PATH, "DATA",
        "Draw what excites each channel most in a folder of pictures or a video"),
    ROW("channel-use", PATH, "DATA",
        "Print dead and saturated channels of a folder of pictures or a video"),
    FLAG("occlusion", "Draw what changes when a grey square covers one place after the other"),
    FLAG("invariance", "Draw curves of a picture that is moved, scaled and rotated"),
    INT("samples", 1, 10000, "smoothgrad: noisy pictures"),
    REAL("noise", 0, 10, "smoothgrad: deviation of the noise in parts of the input's range"),
    INT("steps", 1, 10000, "Steps: of integrated along its path, of maximize upwards, of prune"),
    REAL("baseline", 0, 1, "integrated: grey that the path begins at"),
    INT("patch", 0, 8192, "occlusion: side of the covered square in input pixels"),
    INT("stride", 0, 8192,
        "Step: from one square of occlusion to the next in pixels, of a video's labels in frames"),
    // data
    TEXT("task", APP_TASK_WORDS, "What the model finds in a picture"),
    ROW("data", PATH, "DIR", "Labelled pictures, in the layout of any common tool"),
    ROW("val-data", PATH, "DIR", "Labelled pictures to validate on, and not to train on"),
    ROW("video", PATH, "FILE", "Video whose boxes are in --labels"),
    ROW("negatives", PATH, "PATH",
        "Pictures without objects: a folder, a video, or 'patterns' (test cards, ramps, noise)",
        .flags = APP_OPTION_OR_WORD),
    ROW("labels", PATH, "PATH",
        "Annotations: MOT text of a video (frame,id,x,y,w,h,...), or a file or folder"),
    TEXT("frames", "A-B", "Frames of the video to use"),
    TEXT("map", "A=B,...", "Treat class A as B; B may be ignore or drop"),
    TEXT("val-match", "GLOB,...", "Names of pictures to hold back for validation"),
    TEXT("val-frames", "A-B", "Frames of the video to hold back for validation"),
    TEXT("val-list", "NAME", "List of the data that --val-data uses"),
    REAL("val-split", 0, 1, "Part of the data to hold back for validation",
         .flags = NN_OPTION_BELOW),
    INT("min-track", 1, 100000, "Drop objects that are seen on fewer frames"),
    INT("cache-mb", 0, 1 << 24, "Megabytes of decoded pictures kept in memory"),
    INT("near", -1, 64,
        "Pictures look alike when at most N of their 128 hash bits differ; -1: off"),
    INT("max-lines", 0, INT_MAX, "Most lines of each list"),
    TEXT("train-size", "WxH", "Input size while training, cut out of larger pictures"),
    INT("rows", 1, 100, "Number of pictures"),
    INT("columns", 2, 100, "Views of each picture, the first as in inference"),
    INT("quality", 1, 100, "Quality of JPEGs"),
    TEXT("to", "yolo|coco|voc|mot", "Format to write"),
    FLAG("outlines", "Write outlines, for segmentation, instead of boxes (yolo)"),
    FLAG("link", "Link to the pictures instead of copying them; changes show in both places"),
    // labelling
    TEXT("teacher", "MODEL,...", "Detectors that label the pictures: files or installed models"),
    TEXT("teacher-scales", "X,...", "Input sizes of the teachers, as factors"),
    TEXT("tiles", "NxM", "Columns and rows of tiles to look at, too, for small things"),
    REAL("tile-overlap", 0, 0.5, "Overlap of neighbouring tiles, as a part of their side"),
    FLAG("no-mirror", "Skip the pass over the mirror image"),
    REAL("ignore", 0, 1, "Boxes between this score and --threshold are undecided", POSITIVE),
    INT("lost", 1, 1000000, "Frames that a track survives without a box"),
    TEXT("format", "yolo|voc|coco|mot", "Format of the labels; mot is for a video"),
    INT("max-pictures", 0, INT_MAX, "Most pictures to use, the most varied ones; 0: all"),
    REAL("minutes", 0, 1e4, "Minutes to record from a camera", POSITIVE),
    TEXT("window-size", "WxH", "Size of the window"),
    ROW("script", PATH, "FILE", "Run the actions in a file, see below"),
    // specialists
    ROW("work", PATH, "DIR", "Folder for checkpoints and records"),
    ROW("init", PATH, "MODEL", "Model to continue from: a file, or the name of an installed one"),
    REAL("budget", 0, 1e5, "Most minutes of training", POSITIVE),
    ROW("general", PATH, "MODEL", "Model to compare with: a file, or the name of an installed one"),
    TEXT("general-head", "HEAD", "Head of --general"),
    FLAG("even-if-worse", "Write OUT whatever the result of the comparison"),
};

const nn_option *app_option_at(int i)
{
    return i < (int)G_N_ELEMENTS(words) ? &words[i].row : NULL;
}

const nn_option *app_option_described(const char *word)
{
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (strcmp(words[i].row.field.name, word) == 0)
            return &words[i].row;
    return NULL;
}

const nn_option *app_option_find(const char *word, char *letter)
{
    char none;
    letter = letter ? letter : &none;
    *letter = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (strcmp(words[i].row.field.name, word) == 0) {
            *letter = words[i].letter;
            return &words[i].row;
        }
    const nn_option *row = nn_option_find(nn_trainer_option_rows(), word);
    row = row ? row : nn_option_find(nn_augment_option_rows(), word);
    return row && !(row->flags & NN_OPTION_HIDDEN) ? row : NULL;
}

const char *app_option_arg(const nn_option *row)
{
    const nn_option *described = app_option_described(row->field.name);
    row = described ? described : row;
    const nn_field *f = &row->field;
    if (f->type == NN_FIELD_ENUM && f->names) {
        g_autofree char *words = g_strjoinv("|", (char **)f->names);
        return g_intern_string(words);
    }
    if (row->arg || f->type == NN_FIELD_BOOL)
        return row->arg;
    switch (f->type) {
    case NN_FIELD_INT:
    case NN_FIELD_INT64:
        return "N";
    case NN_FIELD_SIZE:
        return f->count > 1 ? "WxH,..." : "WxH";
    case NN_FIELD_PATH:
    case NN_FIELD_PATHS:
        return "FILE";
    default:
        return row->flags & NN_OPTION_RANGE ? "A:B" : "X";
    }
}
