#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a live pipeline for a long time and fails when it grows.

soak.py PROGRAM RTSP_SERVER [--minutes N] [--clip FILE] [--log FILE] [--options WORDS]

A film that begins again for ever (vtest.avi of Debian's opencv-doc, or a ball without it) comes from an RTSP server.
PROGRAM shows it in a window (SDL's dummy driver, or that of SDL_VIDEODRIVER), tracks, writes JSON and records. Every
10 s resident memory (and how much of it is anonymous), threads and open files are noted. After the first minute memory
may grow by 2 MiB, threads and files not at all."""
import argparse
import os
import subprocess
import sys
import tempfile
import time

VTEST = '/usr/share/doc/opencv-doc/examples/data/vtest.avi'
BALL = 'videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=480,framerate=15/1 ! '
ENCODE = 'x264enc tune=zerolatency key-int-max=15 bitrate=1500 ! '
FIRST, STEP, MOST_KIB = 60, 10, 2048


def encode_once(clip, folder):
    """The film as a raw H.264 stream, which can begin again without a gap; None without a film."""
    out = os.path.join(folder, 'film.h264')
    text = (f'filesrc location={clip} ! decodebin ! videoconvert ! videoscale ! video/x-raw,width=640,height=480 ! '
            f'videorate ! video/x-raw,framerate=15/1 ! {ENCODE} h264parse ! '
            f'video/x-h264,stream-format=byte-stream,alignment=au ! filesink location={out}')
    return out if os.path.exists(clip) and subprocess.call(['gst-launch-1.0', '-q'] + text.split()) == 0 else None


def start_server(program, film):
    loop = (f'multifilesrc location={film} loop=true ! h264parse ! video/x-h264,framerate=15/1 ! '
            'identity sync=true ! rtph264pay config-interval=1 name=pay0')
    stream = loop if film else BALL + ENCODE + 'rtph264pay name=pay0'
    server = subprocess.Popen([program, '0', 'any', stream], stdout=subprocess.PIPE, text=True)
    return server, int(server.stdout.readline())


def look(pid):
    """KiB of resident memory, threads, open files, KiB of anonymous memory."""
    with open(f'/proc/{pid}/status') as f:
        status = dict(line.split(':', 1) for line in f)
    kib = {key: int(status[key].split()[0]) for key in ('VmRSS', 'RssAnon')}
    return kib['VmRSS'], int(status['Threads']), len(os.listdir(f'/proc/{pid}/fd')), kib['RssAnon']


def judge(rows):
    """Reasons why the run fails. Of memory the means of minutes count: allocators keep what they had at a peak."""
    later = [r for r in rows if r[0] >= FIRST]
    if len(later) < 12:
        return ['the run was too short']
    minute = FIRST // STEP
    begin, end = later[:minute], later[-minute:]
    growth = sum(r[1] for r in end) / len(end) - sum(r[1] for r in begin) / len(begin)
    print(f'memory grew by {growth:.0f} KiB, from {begin[0][1]} to {end[-1][1]}; threads '
          f'{min(r[2] for r in later)} to {max(r[2] for r in later)}, files '
          f'{min(r[3] for r in later)} to {max(r[3] for r in later)}')
    bad = [f'memory grew by {growth:.0f} KiB'] if growth > MOST_KIB else []
    for column, what in ((2, 'threads'), (3, 'files')):
        if end[-1][column] > begin[0][column]:
            bad.append(f'{what}: {begin[0][column]} became {end[-1][column]}')
    return bad


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('program')
    p.add_argument('server')
    p.add_argument('--minutes', type=float, default=60)
    p.add_argument('--clip', default=VTEST)
    p.add_argument('--log', help='file for the measurements, as CSV')
    p.add_argument('--options', default='', help='more options of the program')
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server, port = start_server(a.server, encode_once(a.clip, folder))
        env = dict(os.environ, SDL_VIDEODRIVER=os.environ.get('SDL_VIDEODRIVER', 'dummy'))
        errors = open(os.path.join(folder, 'stderr'), 'w+')
        run = subprocess.Popen([a.program, 'run', f'rtspt://127.0.0.1:{port}/live', '--json',
                                os.path.join(folder, 'found.jsonl'), '--record', os.path.join(folder, 'film.mkv'),
                                '--trails'] + a.options.split(), env=env, stderr=errors)
        rows, begin = [], time.monotonic()
        log = open(a.log, 'w') if a.log else sys.stdout
        print('seconds,rss_kib,threads,files,anonymous_kib', file=log)
        while time.monotonic() - begin < a.minutes * 60 and run.poll() is None:
            rows.append((round(time.monotonic() - begin), *look(run.pid)))
            print(*rows[-1], sep=',', file=log, flush=True)
            time.sleep(STEP)
        bad = [f'the program ended with status {run.returncode}'] if run.poll() is not None else []
        run.terminate()  # SIGINT is ignored by what a shell runs in the background
        try:
            run.wait(30)
        except subprocess.TimeoutExpired:
            run.kill()
            bad.append('the program does not end')
        server.kill()
        server.wait()
        lines = open(os.path.join(folder, 'found.jsonl')).read().count('\n')
        print(f'{lines} frames, recording of {os.path.getsize(os.path.join(folder, "film.mkv"))} bytes')
        errors.seek(0)
        sys.stdout.write(errors.read())
        bad += judge(rows)
        for line in bad:
            print('FAILED:', line)
        return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
