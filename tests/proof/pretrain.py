#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures what pretraining without labels gains where labels are few.

pretrain.py PROGRAM DATA WORK [--settings usual best] [--labelled N] [--held-back N] [--seeds 1,2,3]

DATA has a folder of pictures for each class, such as Oxford's 17 flowers. Of each class, --held-back pictures are kept for
the scores and seen by nothing else. One network learns from all others without their labels. Then, for each seed, --labelled
pictures of each class train a classifier twice, from these weights and from random ones, and both are scored on the pictures
held back. With the settings "usual" every training is as the program does it unasked, and both classifiers take as long; with
"best" each start has the time and the options that suit it best. WORK keeps everything: the same command again goes on where
it was interrupted. Ends with exit status 1 when a mean gain is below five points of top-1."""
import argparse
import json
import os
import random
import subprocess
import sys

SIZE = '64x64'
NETWORK = ['--network', 'resnet18', '--options', 'alpha=0.25']
# Options of pretraining, and of the classifiers of both starts. The best pretraining of several is the one whose classifier
# had the best top-1 of seed 1 on the pictures of the pool that are not labelled (app/TRAINING.md has the others); what suits
# each start best has it by the same score.
FEW = ['--batch', '17', '--ema', '0.99', '--val-split', '0', '--cutmix', '1', '--mixup', '0.2', '--mix', '0.5']
SETTINGS = {
    'usual': {'pretrain': [], 'random': [], 'pretrained': []},
    'best': {'pretrain': ['--epochs', '600', '--lr', '0.003', '--temperature', '0.1'],
             'random': [*FEW, '--epochs', '1600', '--lr', '0.006'],
             'pretrained': [*FEW, '--epochs', '800', '--lr', '0.003']},
}
BAR = 0.05


def divide(args):
    """Links DATA into WORK: test, pool, and labelled-SEED of the pool."""
    for name in sorted(os.listdir(args.data)):
        folder = os.path.join(args.data, name)
        if not os.path.isdir(folder):
            continue
        pictures = sorted(os.listdir(folder))
        random.Random('split' + name).shuffle(pictures)
        pool = pictures[args.held_back:]
        parts = {'test': pictures[:args.held_back], 'pool': pool}
        for seed in args.seeds:
            parts[f'labelled-{seed}'] = random.Random(f'{seed}{name}').sample(pool, args.labelled)
        for part, files in parts.items():
            os.makedirs(os.path.join(args.work, part, name), exist_ok=True)
            for file in files:
                link = os.path.join(args.work, part, name, file)
                if not os.path.lexists(link):
                    os.symlink(os.path.abspath(os.path.join(folder, file)), link)


def run(args, *words):
    print('neroscale', *words, flush=True)
    subprocess.run([args.program, *words], cwd=args.work, check=True)


def train(args, out, *words):
    if not os.path.exists(os.path.join(args.work, out)):
        run(args, 'train', *words, '--out', out, '--work', out + '.work', '--resume')


def top1(args, model):
    run(args, 'eval', model, '--data', 'test', '--json', model + '.json', '--force')
    with open(os.path.join(args.work, model + '.json'), encoding='utf-8') as file:
        return json.load(file)['top1']


def mean_gain(args, name):
    settings = SETTINGS[name]
    start = f'{name}-start.safetensors'
    train(args, start, '--task', 'pretrain', '--data', 'pool', *NETWORK, '--size', SIZE, *settings['pretrain'])
    gains = []
    for seed in args.seeds:
        scores = []
        for kind, weights in ('random', NETWORK), ('pretrained', ['--init', start]):
            out = f'{name}-{kind}-{seed}.safetensors'
            train(args, out, '--task', 'classify', '--data', f'labelled-{seed}', *weights, '--size', SIZE, *settings[kind],
                  '--seed', str(seed))
            scores.append(top1(args, out))
        gains.append(scores[1] - scores[0])
        print(f'{name}, seed {seed}: top-1 {scores[0]:.3f} from random weights, {scores[1]:.3f} pretrained', flush=True)
    mean = sum(gains) / len(gains)
    print(f'{name}: gain {mean:+.3f}, seed by seed ' + ' '.join(f'{gain:+.3f}' for gain in gains), flush=True)
    return mean


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program', type=os.path.abspath)
    parser.add_argument('data')
    parser.add_argument('work')
    parser.add_argument('--settings', nargs='+', choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument('--labelled', type=int, default=5)
    parser.add_argument('--held-back', type=int, default=20)
    parser.add_argument('--seeds', type=lambda text: [int(n) for n in text.split(',')], default=[1, 2, 3])
    args = parser.parse_args()
    divide(args)
    means = [mean_gain(args, name) for name in args.settings]
    return min(means) < BAR


if __name__ == '__main__':
    sys.exit(main())
