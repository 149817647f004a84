// SPDX-License-Identifier: MIT
// What `neroscale help TOPIC` prints: texts that several commands share.
#include "app/cli/help_topics.h"

#include "app/cli/heads.h"
#include "app/cli/help_layout.h"
#include "app/report/task.h"
#include "nn/data/folder.h"
#include "nn/vision/analytics/rule.h"
#include "po/translate.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

static const char layouts_text[] =
    N_("--data takes what labelling tools export, as it is: a folder, a data.yaml, an\n"
       "annotation file, or a zip archive of them. What it is, is recognised by its\n"
       "files and said in one line. --data may be given several times; options such as\n"
       "--match, --list, --label-dir, --known, --share and --ignore-below belong to the\n"
       "--data or --video before them.\n"
       "\n"
       "Pictures are JPEG, PNG, WebP, TIFF, BMP or GIF, and are turned upright by Exif.\n"
       "Outlines and rotated boxes become the upright boxes around them for detectors.\n"
       "Models that find masks, keypoints or rotated boxes are scored by them where the\n"
       "data have them: outlines and keypoints in COCO's JSON; YOLO's lines with outlines\n"
       "or with keypoints (kpt_shape and flip_idx in data.yaml, else --keypoints 17,3);\n"
       "sigmas of keypoints come from --sigmas, or from \"sigmas\" of COCO's categories;\n"
       "four corners of an outline for a model of rotated boxes, and DOTA.\n"
       "\n"
       "Validation: a split of the data (valid, val) where it has one, else a fifth; or\n"
       "  --val-data PATH      other data\n"
       "  --val-list NAME      a list of the data, such as ImageSets/Main/NAME.txt\n"
       "  --val-match GLOB     pictures by name: 'cam2*'\n"
       "  --val-frames A-B     frames of a --video\n"
       "  --val-split 0.2      a part of the pictures, whole sequences together\n"
       "\n"
       "A video has its boxes in --labels FILE, MOT text with one box a line:\n"
       "  frame,id,x,y,width,height[,score[,class]]\n"
       "\n"
       "Masks hold class numbers: 0 is the background, 255 does not count.\n"
       "\n"
       "'neroscale data PATH' checks data: broken files, wrong boxes, look-alikes.\n"
       "See also: neroscale help classes, neroscale help training.\n");

static const char classes_text[] =
    N_("--names    what class numbers mean, in their order: A,B,... or a text file with\n"
       "           one name a line. Data bring them along in data.yaml, classes.txt or\n"
       "           obj.names, models in their card; --names is for those that do not.\n"
       "--classes  a choice of classes: those to learn, to label, or to report.\n"
       "--labels   annotations: the boxes themselves, never names.\n"
       "--map      other names for classes of the data: truck=bus learns trucks as\n"
       "           buses, truck=ignore leaves them out of loss and scores, truck=drop\n"
       "           makes them background.\n"
       "--known    classes that a --data labels completely, where others may be in the\n"
       "           pictures without a label.\n"
       "--rivals   classes that a detector learns to tell from its own, and never reports.\n"
       "\n"
       "Classes of data and models are matched by name. In eval, classes that the model\n"
       "does not have count as background for detectors; for classifiers, --map A=drop\n"
       "leaves their pictures out.\n"
       "\n"
       "Examples:\n"
       "  neroscale train --data aerial --names car,truck,bus --classes car,bus \\\n"
       "      --map truck=ignore --out vehicle.safetensors\n"
       "  neroscale run street.avi --classes person,car\n"
       "  neroscale run street.avi --model yolox.onnx --head yolox --names coco.names\n");

static const char models_text[] =
    N_("A MODEL is one of:\n"
       "  street, person, ...   a model that is installed ($NEROSCALE_MODELS, or the\n"
       "                        installed folder)\n"
       "  auto, auto:person     for run: the faster one of street and street-int8, of person\n"
       "                        and person-int8, as measured here\n"
       "  FILE.safetensors      weights, class names, preprocessing and thresholds in one\n"
       "                        file, as train writes it\n"
       "  FILE.onnx             ONNX\n"
       "  FILE.param            ncnn, with FILE.bin beside it\n"
       "  FILE.cfg              Darknet, with FILE.weights beside it\n"
       "  FILE.pth, FILE.h5     weights of PyTorch or Keras: with --network NAME the\n"
       "                        network of 'neroscale list' that they belong to\n"
       "  FOLDER                of Hugging Face: such weights in its model.safetensors, or in\n"
       "                        the files that its model.safetensors.index.json names\n"
       "\n"
       "The head says how outputs become boxes or classes. It is in the model, or it is\n"
       "recognised by the shapes of the outputs, or --head NAME gives it.\n"
       "\n"
       "FILE.json beside FILE.onnx changes what a model says of itself; all keys are\n"
       "optional: {\"head\": \"yolox\", \"labels\": [\"cat\", \"dog\"], \"threshold\": 0.4, ...}\n"
       "\n"
       "Nodes of an ONNX file with sizes that depend on the picture (loops, suppression)\n"
       "may take --tail-memory MiB and --tail-seconds a picture; more is an error.\n"
       "\n"
       "  neroscale info MODEL              what it is and how it was trained\n"
       "  neroscale convert MODEL OUT.onnx  another format\n"
       "  neroscale list                    networks that can be built and trained\n"
       "\n");

static const char sources_text[] =
    N_("The INPUT of run (and of label, adapt and annotate, where it fits) is one of:\n"
       "  street.avi              a video file, in any format that GStreamer plays\n"
       "  /dev/video0             a camera; the default of run. It is asked for pictures near\n"
       "                          1280x720, 24 to 30 a second (--camera-size), and found again\n"
       "                          when it comes back under another number\n"
       "  rtsp://10.0.0.7/live    an IP camera; rtspt:// uses TCP, where a network drops\n"
       "                          UDP packets\n"
       "  http://host/stream      any URI that GStreamer opens: http, HLS, motion JPEG, udp, rtp,\n"
       "                          srt; the KLV data of a drone's MPEG-TS goes into the JSON\n"
       "  rtsps://host/stream     RTSP over TLS; --insecure takes a certificate that the camera\n"
       "                          has signed itself\n"
       "  yard.jpg                a picture\n"
       "  photos/                 a folder of pictures, in natural order\n"
       "  '*.jpg', img%03d.png    a pattern of pictures; numbered ones are a video\n"
       "  screen                  the screen of the X server, 15 frames a second\n"
       "  pipewire:NAME           a node of PipeWire (pw-cli ls Node lists their node.name); pipewire:\n"
       "                          is the one it prefers\n"
       "  test                    a test picture that moves\n"
       "Without one it is the environment variable NEROSCALE_SOURCE, else /dev/video0.\n"
       "--source-file FILE reads inputs from a file, one a line. Both keep a password, as in\n"
       "rtsp://USER:PASSWORD@HOST/live, out of the shell's history; ps and all messages show\n"
       "*** in its place.\n"
       "\n"
       "A name of an existing file is always that file, even a:b.mp4. Write ./-x.jpg, or\n"
       "-- before it, for a name that begins with a dash.\n"
       "\n"
       "A camera or stream that is not ready is waited for (--wait). One that breaks is\n"
       "opened again. When a camera changes its size, its frames are scaled to that of\n"
       "the first.\n");

static const char output_text[] = N_(
    "run writes what it finds\n"
    "  --json FILE       one line of JSON a frame, '-' for standard output: DL\n"
    "                    Streamer's keys plus frame, age_ms and predicted, and for\n"
    "                    pictures file\n"
    "  --mqtt URL        the same lines to an MQTT broker, --kafka URL to Kafka\n"
    "  --record FILE     the video with its boxes, .mp4 or .mkv; --record-clean: without.\n"
    "                    --record-segment 10m: a new file each ten minutes, named by its\n"
    "                    time in UTC; --record-limit 5G: the oldest of them go\n"
    "  --record-events DIR  a clip, a picture and JSON of each event, from --event-before\n"
    "                    to --event-after seconds; --record-on CLASS says of what,\n"
    "                    --record-keep 20GB or 7d how much stays. The frames of the\n"
    "                    source are copied, so a clip begins at one of its key frames\n"
    "  --snapshot FILE   the frame with the highest scores, PNG\n"
    "  --save-txt DIR    the boxes of each picture or frame as YOLO text; --save-conf adds scores\n"
    "  --save-json FILE  the boxes of all of them as COCO's JSON; both with the outlines,\n"
    "                    keypoints or corners of rotated boxes that the model finds\n"
    "\n"
    "A recording is complete however the run ends: by q, Ctrl-C, kill or a closed\n"
    "terminal. What a crash or kill -9 leaves can be played, too; the next run names\n"
    "it. A full disk ends the recording only, not the run.\n"
    "\n"
    "mqtts:// and kafkas:// encrypt. The password of USER is in NEROSCALE_PASSWORD.\n"
    "Settings of the element neropublish follow a question mark:\n"
    "'mqtts://bob@broker/yard?ca-file=ca.pem&mqtt-state-topic=yard/state'. While the\n"
    "server is away, lines wait, the oldest of more than 3000 are dropped.\n"
    "\n"
    "Without a display (DISPLAY and WAYLAND_DISPLAY unset) frames are drawn in memory,\n"
    "as fast as possible; --no-window does so with a display.\n"
    "\n"
    "With --learn-dir DIR, what a user says of boxes in the window (keys x and a) goes\n"
    "into DIR/feedback, which train --data reads. Zones and lines that are drawn or changed\n"
    "there are kept, with those of --zone and --line, for the next run on the same input: in\n"
    "the file of --analytics, else in $XDG_CONFIG_HOME/neroscale/zones. --zone and\n"
    "--line replace those of the same name there. A file stays in the window at its end.\n"
    "\n"
    "Keys and mouse in the window:\n");

static const char zones_text[] =
    N_("run counts who enters a zone or crosses a line, and prints what happens:\n"
       "  neroscale run street.avi --line gate:0,0.5,1,0.5\n"
       "  neroscale run /dev/video0 --zone yard:0.3,0.4,0.8,0.4,1,1,0,1 --json found.jsonl\n"
       "  neroscale run drone.mp4 --model vehicle --analytics crossing.json\n"
       "\n"
       "--zone NAME:x,y,x,y,...   corners of a polygon, or two opposite ones of a\n"
       "                          rectangle\n"
       "--line NAME:x0,y0,x1,y1   seen from the first point to the second, who goes from\n"
       "                          the left hand to the right goes in: over a line from\n"
       "                          left to right down is in, up is out\n"
       "Numbers are fractions of the frame, 0 to 1, or pixels when one is above 1. Both\n"
       "options may be repeated. An object is where the middle of its lower edge is.\n"
       "\n"
       "  0:07.4  cross      gate  person 7 in  (3 in, 1 out)\n"
       "  0:31.0  leave      yard  person 7 after 23.6 s  (4 in, 2 out, 2 there)\n"
       "\n"
       "--analytics FILE is JSON with the same, and with the ground for speeds: four\n"
       "points of the picture and where they are in metres.\n"
       "  {\"zones\": [{\"name\": \"yard\", \"points\": [[0.3, 0.4], [0.8, 0.4], [1, 1], [0, 1]],\n"
       "              \"max-objects\": 5, \"loitering-time\": 20000, \"classes\": [\"person\"]}],\n"
       "   \"lines\": [{\"name\": \"gate\", \"points\": [[0, 0.5], [1, 0.5]]}],\n"
       "   \"ground\": {\"image\": [[0.4, 0.2], [0.6, 0.2], [1, 1], [0, 1]],\n"
       "              \"metres\": [[0, 20], [5, 20], [5, 0], [0, 0]]}}\n"
       "\n"
       "What a zone or line may have, in the file or as NAME:x,y,...:KEY=VALUE :\n"
       "  classes         only these count: person,car\n"
       "  ground          ground of a zone: x0,y0,...,x3,y3/X0,Y0,...,X3,Y3\n");

static const char training_text[] =
    N_("Classes, a folder of pictures for each:\n"
       "  neroscale train --task classify --data flowers --out flowers.safetensors\n"
       "Boxes, as labelling tools export them; --init starts with a model that knows much:\n"
       "  neroscale train --data yard --init street --out yard.safetensors\n"
       "A class for every pixel, from masks:\n"
       "  neroscale train --task segment --data shapes --out shapes.safetensors\n"
       "Boxes with keypoints, with masks, or rotated: pose, instance, obb:\n"
       "  neroscale train --task pose --data people --out pose.safetensors\n"
       "Pictures or a video without labels first, and then a few with labels:\n"
       "  neroscale train --task pretrain --data yard.mp4 --out start.safetensors\n"
       "  neroscale train --init start.safetensors --data yard --out yard.safetensors\n"
       "A video; the last frames are held back:\n"
       "  neroscale train --video street.avi --labels street.txt --frames 1-540 \\\n"
       "      --val-frames 541-600 --classes person --out person.safetensors\n"
       "A small network of its own size for one camera:\n"
       "  neroscale train --data yard --options alpha=0.25,beta=0.5 --size 384x288 \\\n"
       "      --epochs 40 --out small.safetensors\n"
       "Large pictures, of which training sees parts:\n"
       "  neroscale train --data aerial --size 1024x576 --train-size 512x512 \\\n"
       "      --flip-v 0.5 --rotate 0.5 --out aerial.safetensors\n"
       "Two sets, the second of which labels cars and buses only:\n"
       "  neroscale train --data street --data cars --known car,bus \\\n"
       "      --classes person,car,bus --out street.safetensors\n"
       "Pictures and test cards without objects, an eighth of every epoch each:\n"
       "  neroscale train --data people --share 6 --negatives rooms --share 1 \\\n"
       "      --negatives patterns --share 1 --out person.safetensors\n"
       "A published model goes on with your classes, and learns from a larger one:\n"
       "  neroscale train --init nanodet.param --distill large.onnx --data yard \\\n"
       "      --lr 1e-4 --epochs 10 --out yard.safetensors\n"
       "The pictures of each batch divided among four processes:\n"
       "  mpirun -n 4 neroscale train --data bccd --batch 16 --out bccd.safetensors\n"
       "\n"
       "The best epoch on the held-back data becomes OUT. The work folder (--work, else\n"
       "OUT.work) gets history.csv, curves, checkpoints and a report. After any\n"
       "interruption the same command with --resume goes on as if there had been none.\n"
       "\n"
       "Defaults in --help-all are those of detectors and, where they differ, of other\n"
       "tasks: 'Epochs (16; classify, segment 40)'.\n"
       "\n"
       "  neroscale augment DATA     draws what the network will see\n"
       "  neroscale eval MODEL --data NEW --report DIR     scores and mistakes\n");

static const char cameras_text[] =
    N_("A specialist for one camera, small and fast, without drawing a box by hand:\n"
       "  neroscale adapt /dev/video0 --minutes 20 --out yard.safetensors\n"
       "records, lets large detectors (the teachers) label the scene, trains street-nano\n"
       "further, and writes the model only when it is faster and not worse than the\n"
       "general one on the last part of the recording.\n"
       "\n"
       "  neroscale run /dev/video0 --learn\n"
       "does so beside the stream, while the processor is idle. It collects frames, the\n"
       "teacher labels them, and the new model takes over when it is better on frames\n"
       "held back. When it proves worse on later frames, the old model comes back. It\n"
       "knows only classes that were seen. All is kept in --learn-dir, where the next run\n"
       "continues.\n"
       "\n"
       "  neroscale label street.avi --teacher a.onnx,b.param --out street\n"
       "labels alone: pictures, a video or a camera, by one or several models.\n"
       "  neroscale annotate street --model person\n"
       "draws and corrects boxes by hand.\n");

// The layouts, by task.
static void add_layouts(GString *to)
{
    const app_task *task;
    for (int k = 0; (task = app_task_at(k)) != NULL; k++) {
        if (app_task_of(app_task_kind(task)) != task)
            continue; // another task has the same data
        g_string_append_printf(to, "\n%c%s (", g_ascii_toupper(*task->holds), task->holds + 1);
        const app_task *same;
        for (int i = k; (same = app_task_at(i)) != NULL; i++)
            if (app_task_kind(same) == app_task_kind(task))
                g_string_append_printf(to, "%s%s", i > k ? ", " : "", same->name);
        g_string_append(to, "):\n");
        for (int i = 0; nn_data_format_at(i); i++) {
            const nn_data_format *f = nn_data_format_at(i);
            if (f->kind == app_task_kind(task))
                g_string_append_printf(to, "  %-30s %s\n", f->name, f->looks_like);
        }
    }
}

static void add_heads(GString *to)
{
    g_autofree char *text = app_heads_text();
    g_string_append_printf(to, "%s\n", text);
}

static void add_settings(GString *to)
{
    const nn_setting *s;
    for (int i = 0; (s = nn_setting_at(i)); i++) {
        if (!s->key)
            continue;
        g_string_append_printf(to, "  %-14s  %s", s->key, _(s->about));
        if (s->usual > 0)
            g_string_append_printf(to, " (%g)", s->usual);
        g_string_append_c(to, '\n');
    }
}

// The keys of the window, from its own table.
static void add_keys(GString *to)
{
    static const char *const rows[][2] = {
#define NERO_KEY(action, key, other, needs, shown, text) {shown, text},
#include "plugins/sink/window_keys.inc"
#undef NERO_KEY
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i][0][0])
            g_string_append_printf(to, "  %-13s %s\n", _(rows[i][0]), _(rows[i][1]));
}

static const char config_text[] =
    N_("A file of options saves typing. It has a group for each command, and [common]\n"
       "for options of all commands that have them:\n"
       "\n"
       "  # yard.ini\n"
       "  [common]\n"
       "  threads = 2\n"
       "\n"
       "  [run]\n"
       "  arguments = rtsp://10.0.0.7/live\n"
       "  model = yard.safetensors\n"
       "  threshold = person=0.5,car=0.3\n"
       "  zone = gate:0,0,0.3,0.5; door:0.6,0.4,0.9,1\n"
       "  trails =\n"
       "  no-window = true\n"
       "\n"
       "  neroscale run --config yard.ini\n"
       "  neroscale run --config yard.ini --threshold 0.4 --no-window=false\n"
       "\n"
       "A key is the word of an option without its dashes. Options without a value are\n"
       "true or false. Options that may be repeated are lists with ';' between the values.\n"
       "'arguments' are the words behind the options. Relative paths begin at the folder of\n"
       "the file. Comments begin with '#', in a line of their own. Options that belong to\n"
       "one of several --data stay on the command line.\n"
       "\n"
       "neroscale/neroscale.ini in $XDG_CONFIG_HOME (~/.config) is read unasked. The command\n"
       "line wins over --config FILE, and FILE over that file; --config none reads neither.\n"
       "--print-config prints the options in force as such a file, with every option that\n"
       "the command has. Passwords are not printed.\n"
       "\n"
       "  neroscale run rtsp://10.0.0.7/live --trails --print-config > yard.ini\n");

static const app_help_topic topics[APP_HELP_TOPICS] = {
    // none has the name of a command
    {"layouts", N_("labelled pictures for --data, and what is held back"), layouts_text,
     add_layouts},
    {"classes", N_("class names, choices of classes, other names"), classes_text, NULL},
    {"formats", N_("model files, formats and heads"), models_text, add_heads},
    {"sources", N_("videos, cameras, streams and pictures to run on"), sources_text, NULL},
    {"output", N_("JSON, recordings, the window and its keys"), output_text, add_keys},
    {"zones", N_("zones and lines: counts and events"), zones_text, add_settings},
    {"training", N_("examples of trainings, work folders, going on"), training_text, NULL},
    {"config", N_("options from files"), config_text, NULL},
    {"cameras", N_("a small detector for one camera"), cameras_text, NULL},
};

const app_help_topic *app_help_topic_at(int i)
{
    return i < APP_HELP_TOPICS ? &topics[i] : NULL;
}

bool app_help_print(const char *word)
{
    for (size_t i = 0; i < G_N_ELEMENTS(topics); i++)
        if (strcmp(topics[i].word, word) == 0) {
            g_autofree char *words = app_help_translate(topics[i].text);
            g_autoptr(GString) text = g_string_new(words);
            if (topics[i].more)
                topics[i].more(text);
            app_help_show(text->str);
            return true;
        }
    return false;
}
