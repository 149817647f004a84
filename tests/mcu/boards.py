#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compiles programs of export-c for Cortex-M and runs them on emulated boards: their outputs must be those of the
engine. Prints flash, memory and instructions of a run. Usage: boards.py NEROSCALE [MODEL [SIZE]]

Instructions are counted by the timer of the processor: with -icount shift=0 QEMU lets 1 ns pass for each, and the
boards tick at 1 MHz. Flash is the code, its constants and what it needs of libgcc and memcpy; memory is what the program
holds and the stack that a run used."""
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

HERE = pathlib.Path(__file__).parent
NANOSECONDS_PER_TICK = 1000
CORES = {
    'Cortex-M0+': ('mps2-an385', ['-mcpu=cortex-m0plus']),  # an M3 runs the code of an M0+
    'Cortex-M3': ('mps2-an385', ['-mcpu=cortex-m3']),
    'Cortex-M4F': ('mps2-an386', ['-mcpu=cortex-m4', '-mfloat-abi=hard', '-mfpu=fpv4-sp-d16']),
    'Cortex-M7F': ('mps2-an500', ['-mcpu=cortex-m7', '-mfloat-abi=hard', '-mfpu=fpv5-sp-d16']),
}
STRICT = ['-std=c99', '-Wall', '-Wextra', '-Werror', '-pedantic']


def skip(why):
    print(f'skipped: {why}')
    sys.exit(77)


def check_tools():
    for tool in ['arm-none-eabi-gcc', 'qemu-system-arm']:
        if not shutil.which(tool):
            skip(f'{tool} is not installed (Debian: gcc-arm-none-eabi, libnewlib-arm-none-eabi, qemu-system-arm)')
    probe = subprocess.run(['arm-none-eabi-gcc', '-mcpu=cortex-m0plus', '-mthumb', '-fsyntax-only', '-x', 'c', '-'],
                           input='#include <string.h>\n', text=True, capture_output=True)
    if probe.returncode:
        skip('libnewlib-arm-none-eabi is not installed')


def call(*words):
    done = subprocess.run([str(w) for w in words], text=True, capture_output=True, timeout=600,
                          stdin=subprocess.DEVNULL)
    if done.returncode:
        sys.exit(f'{" ".join(map(str, words))}\n{done.stdout}{done.stderr}')
    return done.stdout + done.stderr


def section_bytes(path):
    text, data, bss = call('arm-none-eabi-size', path).split('\n')[1].split()[:3]
    return int(text) + int(data), int(data) + int(bss)


def run(folder, core):
    board, flags = CORES[core]
    gcc = ['arm-none-eabi-gcc', *flags, '-mthumb', '-O2', '-I', folder]
    call(*gcc, *STRICT, '-c', folder / 'net.c', '-o', folder / 'net.o')
    call(*gcc, *STRICT, '-DNET_NO_MAIN', '-c', folder / 'net_test.c', '-o', folder / 'test.o')
    call(*gcc, '-std=gnu11', '-Wall', '-Wextra', '-c', HERE / 'startup.c', '-o', folder / 'startup.o')
    parts = [folder / 'startup.o', folder / 'test.o']
    call(*gcc, '--specs=nano.specs', '-nostartfiles', '-T', HERE / 'board.ld', *parts, folder / 'net.o', '-o',
         folder / 'net.elf')
    said = dict(line.split() for line in call(
        'qemu-system-arm', '-M', board, '-kernel', folder / 'net.elf', '-display', 'none', '-serial', 'none', '-monitor',
        'none', '-semihosting-config', 'enable=on,target=native', '-icount', 'shift=0').split('\n') if line)
    flash = section_bytes(folder / 'net.elf')[0] - sum(section_bytes(p)[0] for p in parts)
    memory = section_bytes(folder / 'net.o')[1] + int(said['stack'])
    instructions = int(said['ticks']) * NANOSECONDS_PER_TICK
    print(f'{core}: flash {flash / 1024:.1f} KiB, memory {memory / 1024:.1f} KiB, '
          f'{instructions / 1e6:.1f} million instructions, {said["wrong"]} wrong numbers')
    return int(said['wrong'])


def write_png(path, side, pixels):
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))

    rows = b''.join(b'\0' + pixels[i:i + 3 * side] for i in range(0, len(pixels), 3 * side))
    path.write_bytes(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', side, side, 8, 2, 0, 0, 0)) +
                     chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))


def make_transformer(neroscale, folder):
    """A classifier of light and dark pictures with attention, in 8 bits."""
    for name, colour in ('dark', 40), ('light', 210):
        (folder / 'pictures' / name).mkdir(parents=True)
        for i in range(4):
            pixels = bytes(colour + i + k * 7 % 30 for k in range(32 * 32 * 3))
            write_png(folder / 'pictures' / name / f'{i}.png', 32, pixels)
    data = ['--data', folder / 'pictures', '--threads', '1']
    call(neroscale, 'train', '--task', 'classify', '--network', 'neroscale_alexpp_nano', '--options', 'transformer=1',
         '--size', '32', '--epochs', '1', '--val-split', '0', *data, '--out', folder / 'float.safetensors')
    call(neroscale, 'quantize', folder / 'float.safetensors', *data, '--out', folder / 'bytes.safetensors')
    return folder / 'bytes.safetensors'


def main():
    check_tools()
    neroscale, models = sys.argv[1], [(m, '32') for m in ('person-int8', 'flowers17-int8')]
    made = tempfile.TemporaryDirectory()
    if len(sys.argv) == 2:
        models.append((make_transformer(neroscale, pathlib.Path(made.name)), '32'))
    cores = ['Cortex-M0+', 'Cortex-M4F']  # with and without a floating point unit and DSP instructions
    if len(sys.argv) > 2:
        models, cores = [(sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None)], CORES
    wrong = 0
    for model, size in models:
        with tempfile.TemporaryDirectory() as folder:
            print(call(neroscale, 'export-c', model, '--out', folder, '--name', 'net',
                       *(['--size', size] if size else [])).split(': ', 1)[1].strip())
            for core in cores:
                wrong += run(pathlib.Path(folder), core)
    made.cleanup()
    sys.exit(1 if wrong else 0)


main()
